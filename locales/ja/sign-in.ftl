sign-in-title = サインイン
sign-in-id = ID
sign-in-id-hint = 例：tanaka@sakura
sign-in-id-hint-workspace = 例：tanaka
sign-in-button = サインインする
sign-in-wait = 続けてまちがえたため、少し間をおいています。あと { $time } で、もう一度試せます。
sign-in-help = ID・パスワードがわからないときも、携帯電話か個人のメールがあれば、ご自身で入り直せます。
sign-in-help-link = パスワードを忘れた方・ID・パスワードの確認
sign-in-cannot = ログインできない
sign-in-not-me = 「自分ではない」

cannot-title = ログインできないとき
cannot-lead = いちばん近いものをえらんでください。次にすることがわかります。
cannot-forgot = パスワードを忘れた
cannot-forgot-text = 登録した携帯番号か個人メールに認証番号を送ります。確認ができたら、新しいパスワードを決められます。
cannot-forgot-go = パスワードを決め直す
cannot-id = IDを忘れた
cannot-id-text = 登録した携帯番号か個人メールで確認すると、あなたのIDが表示されます。パスワードはそのままでもかまいません。
cannot-id-go = IDを確認する
cannot-typed = 合っているはずなのに入れない
cannot-typed-caps = Caps Lock がオンになっていませんか。パスワードは大文字と小文字を区別します。
cannot-typed-kana = かな入力になっていませんか。「表示」を押すと、入力した文字を目で確かめられます。
cannot-typed-at = IDの「@」より後ろ（会社の名前）は合っていますか。
cannot-typed-other = 最近パスワードを変えていませんか。ほかの端末に覚えさせたパスワードが古いままのことがあります。
cannot-typed-go = サインインをもう一度試す
cannot-typed-recover = それでも入れないときは、パスワードを決め直す
cannot-contact = 携帯番号やメールが変わった
cannot-contact-text = 登録してあるもう一方（携帯番号か個人メール）が使えるなら、そちらで入り直してから、新しい連絡先を登録できます。どちらも使えないときは、管理者に相談してください。
cannot-contact-go = 使えるほうで確認する
cannot-stopped = 「利用が止められている」と表示された
cannot-stopped-text = 会社の管理者が利用を止めているか、安全のために一時的に止まっています。パスワードを変えても再開しません。
cannot-lost = 携帯電話をなくした・盗まれた
cannot-lost-text = 先に管理者へ連絡してください。なくした端末からのサインインを、管理者がすぐに止められます。携帯電話会社にも、回線を止めるよう連絡してください。
cannot-lost-go = 個人メールで入り直す
cannot-trial = おためし期間が終わったと表示された
cannot-trial-text = あなたのIDやパスワードの問題ではありません。契約の切りかえは、会社の管理者が行います。
cannot-trouble = 画面が開かない・エラーになる
cannot-trouble-text = サービスの側に問題があるかもしれません。数分おいて、もう一度開いてください。続くときは、表示されたお問い合わせ番号を管理者に伝えてください。

set-password-title = パスワードを決めてください
set-password-lead = { $workspace }のアカウントができました。サインインに使うパスワードを決めると、使いはじめられます。
set-password-lead-forced = { $workspace }の管理者が、パスワードの変更を求めています。これから使う新しいパスワードを決めてください。管理者には見えません。
set-password-id = あなたのID
set-password-button = このパスワードにする

stopped-held-title = アカウントを一時的に止めています
stopped-held-text = 「自分ではない」という知らせや、ご本人か確かめられない操作があったため、安全を確かめるまで止めています。パスワードは合っています。
stopped-held-next = 再開するには、会社の管理者が本人であることを確かめます。
stopped-held-alone = ご自身で「自分ではない」と知らせたのであれば、そのお知らせをもう一度開くと（SMSなら英字を入れると）、登録してある別の連絡先で再開できます。
stopped-held-alone-go = SMSの英字を入れる
stopped-suspended-title = このアカウントは利用が止められています
stopped-suspended-text = パスワードは合っています。会社の管理者が利用を止めているため、サインインできません。
stopped-suspended-next = 再開については、会社の管理者に相談してください。

stopped-demanded-title = 新しいパスワードが必要です
stopped-demanded-text = 会社の管理者が、パスワードの変更を求めています。入力は合っていますが、それではもう入れません。
stopped-demanded-secret-title = 仮パスワードが届いているとき
stopped-demanded-secret = 携帯電話か個人メールに届いた仮パスワードを、サインイン画面のパスワードの欄に入力してください。新しいパスワードを決める画面に進みます。
stopped-demanded-secret-go = サインイン画面にもどる
stopped-demanded-recover-title = 届かないとき、期限が過ぎたとき
stopped-demanded-recover = 登録した携帯番号か個人メールで確認すると、ご自身で新しいパスワードを決められます。
stopped-demanded-recover-go = ID・パスワードの確認へ進む
stopped-demanded-ask-title = どちらもできないとき

spelling =
    { $sign ->
        [C] カナダのC
        [D] デンマークのD
        [F] フランスのF
        [H] ホテルのH
        [J] ジャパンのJ
        [K] キログラムのK
        [L] ロンドンのL
        [M] メキシコのM
        [N] ニッポンのN
        [P] パリのP
        [R] ローマのR
        [T] 東京のT
        [V] ビクトリーのV
        [W] ワシントンのW
        [X] エックス線のX
        [Y] 横浜のY
        [d2] 数字のに（2）
        [d3] 数字のさん（3）
        [d4] 数字のよん（4）
        [d5] 数字のご（5）
        [d6] 数字のろく（6）
        [d7] 数字のなな（7）
        [d8] 数字のはち（8）
        [d9] 数字のきゅう（9）
       *[other] { $sign }
    }
