# What stood out: alerts, who is told, the webhook.
alerts-title = 気になる動き
alerts-none = 気になる動きは、まだありません。
alerts-older = 前の30件
alerts-no-more = これより前の動きはありません。
alerts-go-settings = 知らせ方を変える
alerts-what-to-do = していただきたいこと
alerts-go-log = サインインの記録を見る
alerts-seen-by = { $name }さんが { $at } に確認しました。
alerts-see-to = 確認した
alerts-for-owners = 確認できるのは、オーナーだけです。
alerts-look = くわしく見る
alerts-whose = （{ $name }さん）
alert-guesses = 認証番号の間違いが続いています
alert-sweep = 認証番号の間違いが急に増えています
alert-after-failures = 間違いが続いたあとのサインイン
alert-network = 1つの場所から、多くのIDが試されています
alert-chain = 変更の記録が、書きかえられています
alert-messages = 認証番号が届いていないおそれがあります
alert-countries = 1つの場所から、多くの国への認証番号
alert-budget = SMSの予算が終わりました
alert-unconfirmed = 確認されていない番号への認証番号が多くなっています
alert-what-guesses = 認証番号が、続けて { $n } 回間違えられました。このメンバーは、認証番号では入り直せなくなっています。
alert-what-sweep = 認証番号の間違いが、いつもよりずっと多くなりました。初めての場所からの入り直しを、1日止めました。
alert-what-after-failures = パスワードの間違いが続けて { $n } 回あったあとに、サインインできました。
alert-what-network = 1つのネットワーク（{ $network }）から、1時間のあいだに { $n } 個のIDでサインインが試され、入れませんでした。
alert-what-chain = 記録の { $n } 番目の行が、書きこまれたときのままではありません。書きかえられたか、抜きとられたか、差しこまれています。
alert-what-messages = 認証番号のSMSやメールが送れていないか、1分より長く待っています。
alert-what-countries = 1つのネットワーク（{ $network }）から、1日のうちに { $n } か国の番号へ認証番号が求められ、どれも入力されませんでした。この場所からの認証番号を、1日止めました。
alert-what-budget = SMSの1日の予算が足りず、{ $n } 通を送れませんでした。予算の5分の1は、これまで使った端末のために残してあります。
alert-what-unconfirmed = まだ確認されていない携帯番号への認証番号が、いつもより多く求められています。
alert-next-guesses = ご本人に、心当たりがあるか確かめてください。ご本人がサインインすると、元に戻ります。
alert-next-sweep = 入れないという連絡を受けたら、会社の中など、いつもの場所から試すように伝えてください。1日たつと元に戻ります。
alert-next-after-failures = ご本人に、自分で入ったかを確かめてください。心当たりがないときは、そのメンバーの画面で「パスワードを強制変更する」を選んでください。
alert-next-network = 会社の中の場所でなければ、IDとパスワードを試されているおそれがあります。サインインの記録を見て、同じ場所から入れた人がいないか確かめてください。
alert-next-chain = すぐにサーバーの担当者に知らせて、「aikagi audit verify --database」で調べてもらってください。オーナーが「確認した」を押すまで、この知らせは消えません。
alert-next-messages = サーバーの担当者に、メールやSMSが送れているかを確かめてもらってください。入れない方には、電話などで対応してください。
alert-next-countries = SMSの料金をねらった、いたずらのおそれがあります。その場所がふだん使うところなら、入れない方には電話などで対応してください。
alert-next-budget = サーバーの担当者に、予算を増やすかを相談してください。入れない方には、メールで認証番号を受けとるように伝えてください。
alert-next-unconfirmed = 多くのメンバーが番号を登録している時期でなければ、サーバーの担当者に知らせてください。
alerts-settings = 知らせ方
alerts-kinds = 知らせるもの
alerts-kind-always = いつも知らせます。
alerts-failures = 続けて何回間違えたあとのサインインを知らせるか
alerts-failures-hint = 1時間のあいだの回数です。
alerts-members = 1つの場所から何人分のIDが試されたら知らせるか
alerts-members-hint = 1時間のあいだの人数です。多くの人が同じ場所から入る会社では、大きくしてください。
alerts-mails = メールを受けとる人
alerts-mails-all = すべての管理者とオーナー
alerts-mails-owners = オーナーだけ
alerts-mails-nobody = だれにも送らない
alerts-mails-nobody-about = 「変更の記録が、書きかえられています」は、オーナーに届きます。
alerts-heads = 記録の控え
alerts-heads-about = 変更の記録が、あとから書きかえられていないことを確かめるための短い文字です。1日1回送ります。サーバーの外に残しておくと、証拠になります。
alerts-heads-nobody = 送らない
alerts-heads-owners = オーナーに送る
alerts-heads-address = 決めたメールアドレスに送る
alerts-heads-to = 控えを送るメールアドレス
alerts-heads-webhook = 控えを、外のプログラムにも送る
alerts-save = この知らせ方にする
webhook-title = 外のプログラムへの知らせ（Webhook）
webhook-about = 気になる動きを、見張りのプログラムやチャットの窓口に送ります。名前や連絡先は送りません。
webhook-to = いまの送り先
webhook-both = { $at } までは、前の鍵でも署名しています。それまでに、受けとる側の鍵を新しいものに変えてください。
webhook-test = 試しに送る
webhook-renew = 鍵を新しくする
webhook-remove = 送るのをやめる
webhook-url = 送り先のアドレス
webhook-url-hint = https:// で始まるものです。
webhook-set = ここに送る
webhook-change = 送り先を変える
webhook-lately = 最近送ったもの
webhook-what = 種類
webhook-state = 結果
webhook-answer = 相手の答え
webhook-sent = 届きました
webhook-waiting = 送っています
webhook-failed = 届きませんでした
webhook-again = 次は { $at } に送ります
webhook-look-again = 結果を見なおす
webhook-secret = 署名の鍵
webhook-secret-lead = 受けとるプログラムに、この文字を入れてください。届いたものが本物かどうかを、これで確かめられます。
webhook-secret-renewed = 前の鍵も、これから24時間は使えます。
webhook-secret-done = 写しおわったので閉じる
said-alert-seen = 確認ずみにしました。
said-alert-seen-before = ほかの方が、先に確認していました。
said-alert-for-owners = これを確認できるのは、オーナーだけです。
said-alerts-set = 知らせ方を変えました。
said-webhook-removed = 送るのをやめました。
said-webhook-tested = 試しに送っています。結果は、下の「最近送ったもの」に出ます。
said-webhook-tests-spent = 1時間に試せる回数を超えました。しばらくしてからお試しください。
slip-url-unreadable = アドレスとして読めません。例：https://hooks.example.jp/aikagi
slip-url-not-https = https:// で始まるアドレスを入れてください。
slip-url-user = アドレスに、利用者名やパスワードを入れないでください。
slip-url-port = この番号のポートには送れません。サーバーの担当者に相談してください。
slip-url-inside = 会社の中のアドレスには送れません。サーバーの担当者に相談してください。
deed-guesses-in-a-row = 認証番号の間違いが続き、番号による入り直しが止まりました
deed-sweep = 認証番号の間違いが急に増え、警戒が始まりました
deed-sign-in-after-failures = 間違いが続いたあとのサインインが、管理者に知らされました
deed-network-failures = 1つの場所から多くのIDが試されたことが、管理者に知らされました
deed-chain-broken = 変更の記録が合わないことが見つかりました
deed-messages-failing = 認証番号が送れていないことが見つかりました
deed-many-countries = 多くの国への認証番号を求めた場所が、1日止められました
deed-budget-spent = SMSの予算が終わったことが、管理者に知らされました
deed-unconfirmed-over = 確認されていない番号への認証番号が多いことが、管理者に知らされました
deed-alert-acknowledged = 気になる動きが確認されました
deed-alerts-changed = 知らせ方が変わりました
deed-webhook-changed = 外のプログラムへの送り先が変わりました
deed-webhook-secret-renewed = 外のプログラムへの署名の鍵が新しくなりました
sms-alert-look = 合鍵（管理者の方へ）：気になる動きがあります。管理者画面の「気になる動き」をごらんください
mail-alert-from = 場所（ネットワーク）：{ $network }
mail-alert-after-failures-subject = 合鍵（管理者の方へ）：間違いが続いたあとに、サインインがありました
mail-alert-after-failures =
    次のメンバーのパスワードが続けて { $n } 回間違えられたあとに、サインインできました。
mail-alert-after-failures-next =
    ■ していただきたいこと
    ご本人に、自分で入ったかを確かめてください。心当たりがないときは、管理者画面のそのメンバーの画面で「パスワードを強制変更する」を選んでください。
mail-alert-network-subject = 合鍵（管理者の方へ）：1つの場所から、多くのIDが試されています
mail-alert-network =
    1つの場所（ネットワーク）から、1時間のあいだに { $n } 個のIDでサインインが試され、入れませんでした。
mail-alert-network-next =
    ■ していただきたいこと
    会社の中の場所でなければ、IDとパスワードを試されているおそれがあります。管理者画面のサインインの記録で、同じ場所から入れた人がいないか確かめてください。
    同じ場所については、1日に1回だけお知らせします。
mail-alert-countries-subject = 合鍵（管理者の方へ）：1つの場所から、多くの国への認証番号が求められました
mail-alert-countries =
    1つの場所（ネットワーク）から、1日のうちに { $n } か国の番号へ認証番号が求められ、どれも入力されませんでした。この場所からの認証番号を、1日止めました。
mail-alert-countries-next =
    ■ していただきたいこと
    SMSの料金をねらった、いたずらのおそれがあります。その場所がふだん使うところなら、入れない方には電話などで対応してください。
    1日たつと元に戻ります。
mail-alert-budget-subject = 合鍵（管理者の方へ）：SMSの予算が終わりました
mail-alert-budget =
    SMSの1日の予算が足りず、送れなかったメッセージがあります。予算の5分の1は、これまで使った端末のために残してあります。
mail-alert-budget-next =
    ■ していただきたいこと
    サーバーの担当者に、予算を増やすかを相談してください。入れない方には、メールで認証番号を受けとるように伝えてください。
    1日に1回だけお知らせします。
mail-alert-unconfirmed-subject = 合鍵（管理者の方へ）：確認されていない番号への認証番号が多くなっています
mail-alert-unconfirmed =
    まだ確認されていない携帯番号への認証番号が、いつもより多く求められています。
mail-alert-unconfirmed-next =
    ■ していただきたいこと
    多くのメンバーが番号を登録している時期でなければ、サーバーの担当者に知らせてください。
    国ごとに、1日に1回だけお知らせします。
mail-alert-chain-subject = 合鍵（管理者の方へ）：変更の記録が、書きかえられています
mail-alert-chain =
    変更の記録のうち、{ $n } 番目の行が、書きこまれたときのままではありません。書きかえられたか、抜きとられたか、差しこまれています。
mail-alert-chain-next =
    ■ していただきたいこと
    すぐにサーバーの担当者に知らせて、「aikagi audit verify --database」で調べてもらってください。
mail-head-subject = 合鍵：変更の記録の控え
mail-head =
    変更の記録の、きょうの控えです。あとから記録が書きかえられていないことを確かめるときに使います。このメールを残しておいてください。
mail-head-next =
    ■ 確かめるとき
    このメールの本文をファイルに保存して、サーバーの担当者が「aikagi audit verify --database --heads ファイル」で調べます。
alert-new-country = はじめての国からのサインイン
alert-what-new-country = この90日になかった国（ネットワーク { $network }）から、サインインがありました。本人にも知らせました。
alert-next-new-country = 出張や旅行でないか、いつもの電話や対面で本人にたずねてください。ちがうときは、アカウントを止めて、パスワードを変えてもらってください。
alert-far-apart = 離れた場所からの続けてのサインイン
alert-what-far-apart = 前のサインインから { $n } km離れた場所（ネットワーク { $network }）で、移動できないほど短い時間にサインインがありました。本人にも知らせました。
alert-next-far-apart = VPNを使っていないか、本人にたずねてください。会社のVPNなら、その出口を方針の「ネットワーク」に加えると知らせません。ちがうときは、アカウントを止めてください。
deed-new-country = はじめての国からのサインインが、管理者に知らされました
deed-far-apart = 離れた場所からの続けてのサインインが、管理者に知らされました
mail-alert-new-country-subject = 合鍵（管理者の方へ）：はじめての国からサインインがありました
mail-alert-new-country =
    この90日になかった国から、サインインがありました。本人にも知らせました。
mail-alert-new-country-next =
    ■ していただきたいこと
    出張や旅行でないか、いつもの電話や対面で本人にたずねてください。
    ちがうときは、アカウントを止めて、パスワードを変えてもらってください。
mail-alert-far-apart-subject = 合鍵（管理者の方へ）：離れた場所から続けてサインインがありました
mail-alert-far-apart =
    前のサインインから { $n } km離れた場所で、移動できないほど短い時間にサインインがありました。本人にも知らせました。
mail-alert-far-apart-next =
    ■ していただきたいこと
    VPNを使っていないか、いつもの電話や対面で本人にたずねてください。
    ちがうときは、アカウントを止めて、パスワードを変えてもらってください。
event-new-country = はじめての国から、サインインがありました
event-far-apart = 短い時間に、離れた場所からサインインがありました
event-after-failures = パスワードの間違いが続いたあとに、サインインがありました
event-failed-tries = パスワードの間違いが続いています
sms-notice-new-country = はじめての国からサインインがありました
sms-notice-far-apart = 離れた場所からサインインがありました
sms-notice-after-failures = 間違いが続いたあとサインインがありました
sms-notice-failed-tries = パスワードの間違いが続いています
mail-notice-place = 場所　　{ $place }
mail-notice-tries =
    だれもサインインしていません。ご自身の打ちまちがいなら、何もする必要はありません。
    ほかの人が試しているおそれがあるときは、ほかで使っていない、推測されにくいパスワードかどうかを確かめてください。
alert-loss = メンバーが端末の紛失・盗難を届け出ました
alert-what-loss = メンバーが、端末の紛失・盗難などを届け出ました。届け出た端末と連絡先は、すでに止まっています。
alert-next-loss = メンバーの画面の「紛失・盗難」を開き、残りの対応を進めてください。
deed-member-loss = 端末の紛失・盗難の届け出が、管理者に知らされました
mail-alert-loss-subject = 合鍵（管理者の方へ）：メンバーが端末の紛失・盗難を届け出ました
mail-alert-loss =
    メンバーが、端末の紛失・盗難などを届け出ました。届け出た端末と連絡先は、すでに止まっています。
mail-alert-loss-next =
    ■ していただきたいこと
    管理者画面の「紛失・盗難」を開き、残りの対応を進めてください。
alert-objected = メンバーが「自分ではない」でアカウントを止めました
alert-what-objected = お知らせを受け取ったメンバーが、自分の操作ではないとして、アカウントを止めました。
alert-next-objected = メンバーの画面の「紛失・盗難」を開き、本人に連絡して、残りの対応を進めてください。
deed-member-objected = 「自分ではない」による停止が、管理者に知らされました
mail-alert-objected-subject = 合鍵（管理者の方へ）：メンバーが「自分ではない」でアカウントを止めました
mail-alert-objected =
    お知らせを受け取ったメンバーが、自分の操作ではないとして、アカウントを止めました。
mail-alert-objected-next =
    ■ していただきたいこと
    管理者画面で「紛失・盗難の対応中」を開き、本人に連絡して、残りの対応を進めてください。
