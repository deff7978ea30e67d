# Who could get back in alone, asking them to see to it, and trying it out.

readiness-title = 自分で入り直せない人
readiness-lead = パスワードを忘れたとき、自分だけで入り直せるメンバーの割合です。
readiness-taken = { $at } の集計です。新しい変更は、数分後に数字に入ります。
readiness-not-yet = 今、数えています。しばらくしてから開き直してください。
readiness-share = { $share }％が入り直せます
readiness-of-all = { $all }人のうち { $ready }人
readiness-nobody = 数えるメンバーがまだいません。
readiness-trend = これまで
readiness-trend-text = 日ごとの、入り直せる人の割合。はじめ { $first }％、いま { $last }％。
readiness-trend-table = 日ごとの数を見る
readiness-col-day = 日
readiness-col-share = 割合
readiness-col-ready = 入り直せる
readiness-col-not = 入り直せない
readiness-reasons = 入り直せないわけ
readiness-col-reason = わけ
readiness-col-members = 人数
readiness-members = { $n }人
readiness-export-all = 全員をCSVに書き出す
readiness-export-one = この一覧をCSVに書き出す
readiness-export-note = 書き出したことは記録に残ります。
readiness-drilled = 練習をした人
readiness-drilled-text = 「入り直しの練習」を最後までした人は { $n }人です。
readiness-drilled-list = 練習をした人を見る
readiness-drilled-none = 練習をした人は、まだいません。
readiness-col-drilled = 練習をした日時
readiness-none-left = このわけの人は、今いません。
readiness-unknown = 集計中
readiness-ready = 入り直せる
readiness-no-contact = 連絡先なし
readiness-unverified = 連絡先が未確認
readiness-waiting = 24時間の待ち
readiness-bounced = 連絡先に届かない
readiness-frozen = 連絡先が凍結中
readiness-stale = 確認が古い
readiness-never-set = 招待の期限切れ
readiness-apart = 対象外
readiness-unknown-about = まもなく集計されます。
readiness-ready-about = パスワードを忘れても、自分で入り直せます。
readiness-no-contact-about = 携帯番号も個人メールもありません。本人がサインインして、どちらかを登録してください。
readiness-unverified-about = 連絡先はありますが、届いた番号が一度も入力されていません。本人がサインインして、確認してください。
readiness-waiting-about = 新しい連絡先は、24時間たつと使えるようになります。待つだけで大丈夫です。
readiness-bounced-about = 登録ずみの連絡先に、メッセージが届きませんでした。番号やアドレスが変わっていないか、受信の設定を、本人に確かめてもらってください。届いた番号が入力されると、元に戻ります。
readiness-frozen-about = 「自分ではない」という申し出で、連絡先が止まっています。本人が別の連絡先で決めるか、管理者が本人を確かめて解いてください。
readiness-stale-about = 決められた日数、確認されていません。今も届くかどうか、本人がサインインして確かめてください。
readiness-never-set-about = パスワードが一度も決められておらず、招待のリンクも使えません。もう一度招待してください。
readiness-apart-about = 停止中、削除ずみ、または招待のリンクを待っている方です。
desk-readiness = 入り直し
desk-drilled = { $at } に練習ずみ
desk-drilled-never = まだしていません
desk-drill = 入り直しの練習
way-nudge = 連絡先のお願いをする
nudge-all = 全員にお願いする
nudge-why = 今のようす
nudge-prompt = 次に開いたとき、本人の画面に「連絡先の登録・確認」のお願いが出ます。本人が「あとで」にしていても出ます。
nudge-prompt-all = { $n }人（{ $at } の集計）の画面に、「連絡先の登録・確認」のお願いが出ます。「あとで」にしている人にも出ます。
nudge-once = 同じ人へのお願いは、1日に1回までです。24時間以内にお願いした人は、とばします。
nudge-rank = ご自身と同じか、上の役割の方は、とばします。
nudge-mail = { $shown } にメールも送る
nudge-mail-all = 確認したことのあるメールアドレスがある人には、メールも送る
nudge-mail-none = メールを送れる連絡先はありません。紙でお願いするときは、下のお願いの紙をお使いください。
nudge-button = お願いする
nudge-asked = 最後のお願いは { $at } です。
nudge-wait = { $at } から、またお願いできます。
nudge-not-needed = 今は、お願いすることがありません。
nudge-run-going = 「{ $what }」の人にお願いしています。{ $asked }人にお願いし、{ $passed }人をとばしました。続いています。
nudge-run-done = 「{ $what }」の人へのお願いが終わりました（{ $at } 開始）。{ $asked }人にお願いし、{ $passed }人をとばしました。
nudge-run-stopped = 「{ $what }」の人へのお願いは、途中で止まりました（{ $at } 開始）。{ $asked }人にお願いしました。もう一度はじめられます。
slips-title = お願いの紙
slips-print = お願いの紙を作る（印刷用）
slips-about = 1人に1枚、手順を書いた紙を作ります。パスワードなどは書かれません。
slips-how = ブラウザーの「印刷」で印刷し、切りはなして渡してください。
slips-next = 次の紙（50人）
slips-none = 紙を作る人はいません。
slip-for = { $name } 様
slip-why = パスワードを忘れたときに、自分で入り直せるようにしましょう。3分で終わります。
slip-step-open = スマートフォンで、次の場所を開きます。
slip-step-sign-in = ID { $login } と、いつものパスワードで入ります。
slip-step-add = 「連絡先」をおして、携帯番号か個人メールを登録します。
slip-step-frozen = 「連絡先」をおして、止まっている連絡先をどうするか選びます。
slip-step-bounced = 「連絡先」をおして、新しい連絡先を登録するか、いまの連絡先にもう一度番号を送ります。
slip-step-stale = 「連絡先は、いまも使えますか」のボタンをおします。
slip-step-code = 届いた8けたの番号を入れたら、できあがりです。番号は誰にも教えないでください。
slip-step-wait = 登録した連絡先は、24時間たつと使えるようになります。することはありません。
slip-step-invite = 管理者に「招待をもう一度送ってください」と伝えます。ID は { $login } です。
slip-step-link = 届いた案内のとおりに、パスワードを決めます。
slip-ask = わからないときは
drill-title = 入り直しの練習
drill-link = 入り直しの練習
drill-link-text = パスワードを忘れたときのために
drill-lead = パスワードを忘れたときの手順を、ためしてみましょう。これは練習です。パスワードは変わらず、どこからもサインアウトされません。
drill-banner = これは練習です。パスワードは変わりません。
drill-to = 番号の送り先をえらんでください
drill-send = 練習の番号を送る
drill-last = 最後に練習したのは { $at } です。
drill-no-contact = 今すぐ使える連絡先がありません。先に、携帯番号か個人メールを登録してください。新しい連絡先は、24時間たつと使えるようになります。
drill-no-contact-go = 連絡先を開く
drill-code-lead-mobile = { $shown } に、練習の番号をSMSで送りました。
drill-code-lead-email = { $shown } に、練習の番号をメールで送りました。
drill-again = 練習の番号をもう一度送る
drill-done-title = できました
drill-done-text = 本当に忘れたときは、このあと新しいパスワードを決められます。練習はここまでです。パスワードは変わっていません。
drill-done-how = 本当のときは、サインインの画面の「パスワードを忘れた方」から始めてください。
drill-done-back = もどる
drill-step-to = 送り先をえらぶ
drill-step-code = 番号を入れる
drill-step-end = ここまで
drill-leave = 練習をやめる
home-asked = 会社の管理者からのお願いです。
said-drill-ended = 練習の時間が過ぎたか、送り先が使えなくなりました。もう一度はじめからためせます。
said-nudged = お願いしました。次に開いたとき、本人の画面に出ます。
said-nudged-mailed = お願いしました。次に開いたとき、本人の画面に出ます。メールも送りました。
said-nudge-already = 24時間以内にお願いしています。何も変わっていません。
said-nudge-not-needed = この方には、今はお願いすることがありません。何も変わっていません。
said-nudge-begun = お願いをはじめました。終わるまで、この画面で数を見られます。
change-drilled = 入り直しの練習をしました
deed-nudged = 連絡先のお願いをしました
deed-nudge-begun = 連絡先のお願いを、まとめてはじめました
deed-slips-printed = お願いの紙を作りました
deed-readiness-exported = 入り直せない人の一覧が書き出されました
sms-drill-code-long = 合鍵：入り直しの練習の番号 { $code }（控え { $mark }）10分有効。本番では使えません
sms-drill-code-short = 合鍵 練習の番号{ $code }（控え{ $mark }）10分有効。練習です
mail-drill-code-subject = 合鍵：入り直しの練習の番号 { $code }（控え { $mark }）
mail-drill-code =
    入り直しの練習のための番号です。これは練習で、本当の手続きではありません。

    練習の番号　{ $code }
    控え　　　　{ $mark }

    練習の画面に入力してください。10分間、1回だけ使えます。
    この番号で、パスワードを変えることはできません。

    心当たりがないときは、だれかがあなたのアカウントにサインインしているおそれがあります。サインインして、パスワードを変えてください。

    合鍵 Aikagi
mail-nudge-subject = 合鍵：連絡先の確認のお願い
mail-nudge =
    会社の管理者からのお願いです。

    会社　　{ $workspace }
    ID　　　{ $login }

    パスワードを忘れたときのための連絡先が、しばらく確認されていません。今のままでは、自分で入り直せないかもしれません。

    いつものようにサインインして、「連絡先」を確かめてください。3分ほどで終わります。
    このメールにリンクはありません。リンクのついた同じようなメールが届いたら、開かないでください。

    合鍵 Aikagi
