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
# One owner about another.
owner-step-title = ほかのオーナーについて、手続きをする
owner-step-legend = 何をしますか
owner-step-suspend = 利用を止める
owner-step-resume = 利用を再開する
owner-step-release = 一時的に止めたのを解く
owner-step-force = すぐにパスワードを変えてもらう
owner-step-demote = オーナーから管理者にする
owner-step-third = オーナーが3人以上いるときは、別のオーナーが同意すると行われます。
owner-step-two = オーナーが2人だけのときは、24時間たってから行えます。
owner-step-bells = すべての管理者とオーナーに知らせが届きます。オーナーならだれでも、行われる前に断れます。
owner-step-ask = 手続きを始める
owner-steps-waiting = 同意か時間を待っている手続き
owner-steps-by = 始めた人：{ $by }
owner-steps-until = { $at } まで
owner-steps-from = { $at } から行えます。ほかのオーナーが同意すれば、すぐに行われます。
owner-steps-agree = 同意して、すぐに行う
owner-steps-carry-out = いま行う
owner-steps-refuse = 断る
owner-steps-withdraw = 取り下げる
said-owner-step-asked = 手続きを始めました。すべての管理者とオーナーに知らせました。
said-owner-step-done = 行いました。
said-owner-step-refused = 手続きを取りやめました。何も変わっていません。
change-owner-step-asked = ほかのオーナーが、このオーナーについて手続きを始めました
change-owner-step-done = オーナーについての手続きが行われました
change-owner-step-refused = オーナーについての手続きが取りやめになりました
sms-alert-owner-step-asked = 合鍵（管理者の方へ）：オーナーについての手続きが始まりました。管理者画面で確かめてください
sms-alert-owner-step-done = 合鍵（管理者の方へ）：オーナーについての手続きが行われました
sms-alert-owner-step-refused = 合鍵（管理者の方へ）：オーナーについての手続きが取りやめになりました
mail-alert-owner-step-asked-subject = 合鍵（管理者の方へ）：オーナーについての手続きが始まりました
mail-alert-owner-step-asked =
    あるオーナーが、下のオーナーについて手続きを始めました。
mail-alert-owner-step-next =
    別のオーナーが同意するか、オーナーが2人だけのときは24時間たつと、行われます。オーナーの方は、管理者画面の「オーナーの備え」で内容を見て、断れます。
mail-alert-owner-step-done-subject = 合鍵（管理者の方へ）：オーナーについての手続きが行われました
mail-alert-owner-step-done =
    下のオーナーについての手続きが行われました。内容は、管理者画面の操作の記録にあります。
mail-alert-owner-step-refused-subject = 合鍵（管理者の方へ）：オーナーについての手続きが取りやめになりました
mail-alert-owner-step-refused =
    下のオーナーについての手続きは、取りやめになりました。何も変わっていません。
