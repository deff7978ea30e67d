# 入れない人の受付と、電話の本人確認。

queue-title = 入れない人の受付
queue-badge = { $n }人が待っています
queue-call = 電話を受ける
queue-empty = 待っている人はいません。「どちらも使えない」から頼まれると、ここに出ます。
queue-done = 終わったもの
queue-col-who = 本人が書いた名前
queue-col-cause = 申し出
queue-col-check = 本人確認
queue-col-age = 待ち時間
queue-col-next = つぎの一歩
queue-checked = 確認ずみ
queue-unchecked = 未確認
queue-begin = 見る
queue-go-on = つづける
queue-other = { $name }さんが対応中
queue-agree = 同意を待っている電話
request-written = 本人が書いたこと
request-written-note = まだ、だれが書いたか確かめていません。ここに書かれた連絡先へ、秘密やリンクを送らないでください。
request-name = 名前
request-reach = 連絡の方法
request-more = くわしく
request-none = 書いていない
request-reference = 受付番号
request-at = 受け付けた日時
request-network = 送った場所
request-take = 対応をはじめる
request-take-over = 引きつぐ
request-taken-note = { $name }さんが対応しています。30分なにもなければ、引きつげます。
request-check = 本人確認をはじめる
request-check-note = 本人が名乗ったIDで、電話の本人確認をはじめます。
request-check-go-on = 本人確認をつづける
request-member = メンバーを見る
request-answer = 返事を書く
request-answer-hint = 本人の「頼みごとのようす」の画面に出ます。まだ本人と決まっていない人も読むので、アカウントの内容は書かないでください。
request-answer-button = 返事をして終える
request-close = 返事をせずに終える
request-answered = 書いた返事
request-remedies = 入り直しの手続き
request-remedies-none = 本人確認がすむと、ここからメンバーの画面へ進めます。
call-new-title = 電話を受ける
call-new-lead = 相手が名乗ったIDを入力してください。本人とわかるまで、アカウントの内容は何も出ません。
call-new-id = 相手が名乗ったID
call-new-button = 本人確認をはじめる
call-wait = 本人確認の回数が多すぎます。同じIDは明日、ほかのIDは1時間後にためせます。
call-title = 電話の本人確認
call-opened = 電話を受け付けました。このIDのメンバーがいるかどうかも、本人とわかるまで出ません。
call-about = 名乗ったID
call-until = { $at } まで確かめられます
call-code-title = 方法1　英字4文字を読み上げてもらう
call-code-text = 確認済みの連絡先に、英字4文字を送ります。届いた文字を、電話で読み上げてもらってください。
call-code-sms = SMSで送る
call-code-email = メールで送る
call-code-sent-sms = 確認済みの携帯番号があれば、SMSが届きます。
call-code-sent-email = 確認済みの個人メールがあれば、メールが届きます。
call-code-field = 読み上げられた英字4文字
call-code-check = 確かめる
call-code-over = この英字はもう使えません。
call-code-no-more = この電話では、もう送れません。ほかの方法をためすか、電話を終えてください。
call-code-shape = 英字4文字を入力してください。数字は入りません。
call-code-wrong = 合っていません。あと{ $left }回 ためせます。
call-code-dead = もう確かめられません。送り直すか、ほかの方法をためしてください。
call-prompt-title = 方法2　サインインしている端末で答えてもらう
call-prompt-text = 本人がどこかの端末でサインインしていれば、「ホーム」の画面に番号が出ます。番号を読み上げて「話している」をおしてもらってください。
call-prompt-button = 端末に出す
call-number-field = 読み上げられた2けたの番号
call-number-wrong = 番号が合っていないか、まだ「話している」がおされていません。あと{ $left }回 ためせます。
call-number-dead = この方法はもう使えません。ほかの方法をためしてください。
call-second-title = 方法3　もう一人の管理者に同意してもらう
call-second-text = 本人を知っている、あなた以外の管理者が、管理者画面で同意します。
call-second-button = 同意を頼む
call-second-asked = 同意を待っています。管理者には「入れない人の受付」に出ています。
call-reload = いまのようすを見る
call-end = 電話を終える
call-ended = この電話は終わっています。もう一度受けるときは、はじめからやり直してください。
call-proved = 本人とわかりました
call-proved-until = { $at } まで、あなただけがこのメンバーの画面を見られます。見たことは記録され、本人の連絡先に知らせました。
call-see = メンバーの画面を見る
call-back-request = 受付にもどる
agree-title = 同意を待っている電話
agree-lead = 相手が本人であることを、あなたが自分で確かめたときだけ同意してください。
agree-empty = 同意を待っている電話はありません。
agree-button = 本人であると同意する
agree-no-member = このIDの、あなたが手伝えるメンバーはいません。
agree-opener = 受けた人
agree-said = 名乗ったID
agree-member = メンバー
agree-at = 頼まれた日時
deed-call-opened = 電話の本人確認がはじまりました
deed-call-code-sent = 電話の本人確認の英字を送りました
deed-call-prompted = 端末の画面で、電話の本人確認をたずねました
deed-call-second-asked = もう一人の管理者に、電話の相手の確認を頼みました
deed-call-ended = 電話の本人確認を終えました
deed-call-confirmed = 端末の画面で「話している」と答えました
change-call-proved = 電話で本人確認ができ、ヘルプデスクにアカウントの内容が見えるようになりました
change-looked-in-call = ヘルプデスクが、電話の本人確認のあとでアカウントの内容を見ました
change-call-denied = 端末の画面で、ヘルプデスクとは話していないと答えました
event-call-proved = 電話の本人確認ができ、会社のヘルプデスクがあなたのアカウントの内容を見ました
sms-notice-call-proved = 会社のヘルプデスクがアカウントの内容を見ました
sms-call-code = 合鍵：ヘルプデスクと電話中なら { $code } を読み上げてください。話していなければ教えないでください
mail-call-code-subject = 合鍵：ヘルプデスクと電話中の方へ
mail-call-code =
    { $workspace }のヘルプデスクと、いま電話で話している方への英字です。

    英字　{ $code }

    電話の相手に、読み上げてください。10分間、一度だけ使えます。

    いまヘルプデスクと話していないときは、だれにも教えず、会社の管理者に知らせてください。
    だれかが、あなたになりすまして電話をかけているおそれがあります。

    合鍵
sms-locked-out-new = 合鍵、管理者の方へ：入れない人からの頼みが届きました。管理者画面の「入れない人の受付」をご覧ください
sms-locked-out-waits = 合鍵、管理者の方へ：入れない人が{ $time }より長く待っています。管理者画面をご覧ください
mail-locked-out-new-subject = 合鍵：入れない人からの頼みが届きました
mail-locked-out-new =
    { $workspace }で、入れない人からの頼みが届きました。

    管理者画面の「入れない人の受付」で、内容を読んで、本人を確かめてください。
    { $link }

    この知らせは、15分に1通までです。

    合鍵
mail-locked-out-waits-subject = 合鍵：入れない人が{ $time }より長く待っています
mail-locked-out-waits =
    { $workspace }で、入れない人が{ $time }より長く待っています。

    管理者画面の「入れない人の受付」をご覧ください。
    { $link }

    合鍵
said-call-agreed = 同意しました。電話を受けた人に、メンバーの画面が見えます。
call-remedies = この方のためにできること
call-no-contact-ask = 確認済みの連絡先がないため、ヘルプデスクからは変えられません。管理者に頼んでください。
