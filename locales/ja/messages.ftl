# What leaves the house. An SMS is one part: 70 characters in all, with the last line "@host #code" (36 of them for the longest host).

sms-code-recovery-long = 合鍵：認証番号 { $code }（控え { $mark }）10分有効。誰にも教えないでください
sms-code-recovery-short = 合鍵 番号{ $code }（控え{ $mark }）10分有効。誰にも教えないで
sms-code-contact-long = 合鍵：この番号を登録する認証番号 { $code } 10分有効。誰にも教えないで
sms-code-contact-short = 合鍵 登録用の番号{ $code } 10分有効。誰にも教えないで
sms-forced = 合鍵：パスワード変更が必要です。サインイン画面で仮パスワード { $secret }（{ $time }有効）誰にも教えないで
sms-test = 合鍵：ためしのメッセージです。この端末に届いています。何もする必要はありません。
sms-notice-word = 合鍵：{ $what }。心当たりがなければ、サインイン画面の「自分ではない」で { $word }
sms-notice-ask = 合鍵：{ $what }。心当たりがなければ、会社の管理者に連絡してください。
sms-notice-recovered = 入り直しでパスワードが変わりました
sms-notice-password-changed = パスワードが変わりました
sms-notice-contact-added = 連絡先が追加されました
sms-notice-contact-removed = 連絡先が削除されました
sms-notice-contact-kept = 凍結中の連絡先が元にもどりました
sms-notice-change-forced = 管理者がパスワードの変更を求めました
sms-notice-other = アカウントに変更がありました
sms-notice-held = アカウントを一時的に止めました
sms-notice-released = アカウントが再開されました
sms-notice-suspended = アカウントの利用が停止されました
sms-notice-resumed = アカウントの利用が再開されました
sms-notice-signed-out = 全端末からサインアウトされました
sms-notice-deleted = アカウントが削除されました
sms-notice-role-changed = 管理者としての役割が変わりました
sms-alert-guesses = 合鍵（管理者の方へ）：認証番号の間違いが続いたメンバー1名の、番号による入り直しを止めました
sms-alert-sweep = 合鍵（管理者の方へ）：認証番号の間違いが急に増えたため、初めての場所からの入り直しを止めています

mail-test-subject = 合鍵：ためしのメッセージです
mail-test =
    ためしのメッセージです。このアドレスに届いています。

    会社　{ $workspace }

    何もする必要はありません。
mail-code-recovery-subject = 合鍵：認証番号 { $code }（控え { $mark }）
mail-code-recovery =
    ID・パスワードの確認のための認証番号です。

    認証番号　{ $code }
    控え　　　{ $mark }

    認証番号を求めた画面に入力してください。10分間、1回だけ使えます。
    画面の控えが「{ $mark }」でないときは、この番号を入力しないでください。

    会社の管理者や合鍵の担当者が、この番号をおたずねすることはありません。誰にも教えないでください。
    心当たりがないときは、このメールを消してください。番号を教えなければ、何も変わりません。

    合鍵 Aikagi
mail-code-contact-subject = 合鍵：連絡先を登録する認証番号 { $code }
mail-code-contact =
    あなたのアカウントの連絡先に、このメールアドレスを登録するための認証番号です。

    認証番号　{ $code }

    登録の画面に入力してください。10分間、1回だけ使えます。

    誰にも教えないでください。
    心当たりがないときは、このメールを消してください。番号を入力しなければ、登録されません。

    合鍵 Aikagi
mail-notice-subject = 合鍵：{ $what }
mail-notice-what = { $what }。
mail-notice-workspace = 会社　　{ $workspace }
mail-notice-login = ID　　　{ $login }
mail-notice-reference = お問い合わせ番号　{ $reference }
mail-notice-at = 日時　　{ $at }（日本時間）
mail-notice-contact = 連絡先　{ $contact }
mail-notice-mine = ご自身で行ったことなら、何もする必要はありません。
mail-notice-forced = 新しいパスワードを決めるための仮パスワードを、登録されている別の連絡先に送りました。いまのパスワードは使えません。
mail-notice-not-me =
    ■ 心当たりがない場合
    次のページを開いて、すぐに止めてください。開いただけでは、何も変わりません。
    { $url }
mail-notice-ask =
    ■ 心当たりがない場合
    すぐに会社の管理者に連絡してください。
mail-alert-guesses-subject = 合鍵（管理者の方へ）：認証番号の間違いが続いています
mail-alert-guesses =
    次のメンバーの認証番号が、続けて何度も間違えられました。他人が番号を当てようとしているおそれがあるため、このメンバーについては、認証番号による「ID・パスワードの確認」を止めました。
mail-alert-guesses-next =
    ■ していただきたいこと
    ご本人に連絡して、心当たりをたずねてください。パスワードでのサインインは、これまでどおりできます。
    ご本人がサインインすると、「ID・パスワードの確認」もまた使えます。サインインできないときは、サーバーの担当者が解除できます。
mail-alert-sweep-subject = 合鍵（管理者の方へ）：認証番号の間違いが急に増えています
mail-alert-sweep =
    認証番号の間違いが、いつもよりずっと多くなっています。他人が多くのアカウントの番号を当てようとしているおそれがあるため、これまでに誰もサインインしたことのない場所（ネットワーク）からは、正しい番号でも「ID・パスワードの確認」ができないようにしました。
mail-alert-sweep-next =
    ■ していただきたいこと
    入れないという連絡を受けたら、会社の中など、いつもの場所からもう一度試すよう伝えてください。いつもの端末からもできます。
    1日たつと元に戻ります。サーバーの担当者は、その前に解除できます。
mail-forced-subject = 合鍵：パスワードの変更が必要です
mail-forced =
    { $workspace }の管理者が、パスワードの変更を求めています。いまのパスワードは、もう使えません。

    ID　　　　　　{ $login }
    仮パスワード　{ $secret }

    いつものサインイン画面を開き、パスワードの欄に仮パスワードを入力してください。新しいパスワードを決める画面に進みます。
    { $time } の間、1回だけ使えます。過ぎたときは、サインイン画面の「パスワードを忘れた方」から、ご自身で決め直せます。

    会社の管理者や合鍵の担当者が、仮パスワードをおたずねすることはありません。誰にも教えないでください。
    心当たりがないときは、会社の管理者に連絡してください。

    合鍵 Aikagi
mail-foot = 合鍵 Aikagi
mail-activation-subject = { $workspace }のアカウントができました
mail-activation =
    { $workspace }のアカウントができました。
    次のページでパスワードを決めると、使いはじめられます。

    ID　{ $login }

    { $url }

    このページは { $time } の間、1回だけ使えます。過ぎたときは、会社の管理者にもう一度送るよう頼んでください。
    心当たりがないときは、このメールを消してください。

    合鍵 Aikagi
sms-invitation = 合鍵：招待コード { $code }（14日有効）{ $host } で入力
mail-invitation-subject = { $workspace } からの招待
mail-invitation =
    { $workspace } のメンバーに招待されました。

    あなたのID：{ $login }

    次のページを開いて、パスワードを決めてください。一度だけ使えます（14日有効）。
    { $link }

    ページが開けないときは、サインイン画面の「招待コードをお持ちの方」で、次のコードを入力してください。
    { $code }

    このコードは、だれにも教えないでください。心当たりがなければ、このメールは捨ててください。
