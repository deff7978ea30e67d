# Owners who locked themselves out.
owners-title = オーナーの備え
owners-lead = オーナーがサインインできなくなると、管理者を決められる人がいなくなります。困る前に、2つの備えをしておいてください。
owners-second = もう一人のオーナー
owners-second-there = ほかにもオーナーがいます。
owners-second-lacks = オーナーはあなただけです。信頼できる方をもう一人、オーナーにしておくと安心です。
owners-code = 封筒に入れておく番号
owners-code-lacks = まだ作られていません。
owners-code-made = { $at } に作りました。まだ使われていません。
owners-code-used = { $at } に使われました。新しい番号を作ってください。
owners-code-what = オーナーが、連絡先もパスワードもなくしたときに、新しいパスワードを決めるための番号です。紙に書き、封をして、金庫などにしまってください。
owners-code-bells = 使うと、すべての管理者とオーナーに知らせが届きます。1回だけ使えます。
owners-code-new = 新しく作ると、前の番号は使えなくなります。
owners-code-button = 新しい番号を作る
owners-host = サーバーの担当者
owners-host-text = どちらもないときは、サーバーの担当者が「aikagi owner recover」で戻せます。
sealed-title = 封筒に入れておく番号
sealed-lead = 紙に書き写すか印刷して、封筒に入れて封をしてください。
sealed-where = 入力する画面
sealed-at = 作った日時
sealed-done = しまいおわったので閉じる
break-glass-title = オーナーの封筒の番号で入り直す
break-glass-lead = 連絡先もパスワードも使えなくなったオーナーのための画面です。
break-glass-code = 封筒の番号
break-glass-code-hint = 18文字です。例：CDF-234-HJK-567-LMN-89P
break-glass-bells = 使うと、すべての管理者とオーナーに知らせが届きます。
break-glass-button = 新しいパスワードを決める
break-glass-wrong = この番号とIDでは開けません。読みまちがえやすい文字がないか、確かめてください。使われた番号や、新しく作り直す前の番号は使えません。入れないときは、サーバーの担当者に相談してください。
break-glass-link = オーナーの方で、封筒の番号をお持ちのとき
change-owner-recovered = サーバーの担当者が、オーナーを入り直させました
change-break-glass-used = 封筒の番号で、オーナーが入り直しました
deed-break-glass-outside = 封筒の番号が、決められたネットワークの外から入力されました
deed-break-glass-sealed = 封筒の番号が作られました
sms-alert-break-glass-used = 合鍵（管理者の方へ）：オーナーの封筒の番号が使われました。覚えがなければ、すぐに確かめてください
sms-alert-break-glass-sealed = 合鍵（管理者の方へ）：オーナーの封筒の番号が、新しく作られました
sms-alert-owner-recovered = 合鍵（管理者の方へ）：サーバーの担当者が、オーナーを入り直させました。覚えがなければ、すぐに確かめてください
mail-alert-break-glass-used-subject = 合鍵（管理者の方へ）：オーナーの封筒の番号が使われました
mail-alert-break-glass-used =
    封筒に入れておいた番号で、オーナーがアカウントに入り直しました。
mail-alert-break-glass-sealed-subject = 合鍵（管理者の方へ）：オーナーの封筒の番号が作られました
mail-alert-break-glass-sealed =
    オーナーが、封筒に入れておく番号を新しく作りました。前の番号は使えません。
mail-alert-owner-recovered-subject = 合鍵（管理者の方へ）：オーナーが入り直しました
mail-alert-owner-recovered =
    サーバーの担当者が、オーナーのアカウントを入り直せるようにしました。
mail-alert-owner-next =
    覚えのない方は、すぐにオーナー本人とサーバーの担当者に確かめてください。ほかのオーナーは、管理者画面でそのアカウントを止められます。
