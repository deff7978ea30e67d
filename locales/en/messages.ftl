# What leaves the house. An SMS is one part: 160 characters of the GSM alphabet, so no curly quotes here.

sms-code-recovery-long = Aikagi: your code is { $code } (mark { $mark }). Good for 10 minutes. Never tell anybody.
sms-code-recovery-short = Aikagi: code { $code } (mark { $mark }), 10 min. Tell nobody.
sms-code-contact-long = Aikagi: { $code } registers this number. Good for 10 minutes. Never tell anybody.
sms-code-contact-short = Aikagi: { $code } registers this number, 10 min. Tell nobody.
sms-forced = Aikagi: you need a new password. On the sign-in page enter the temporary password { $secret } (good for { $time }). Never tell anybody.
sms-test = Aikagi: a test message. It arrives. There is nothing to do.
sms-notice-word = Aikagi: { $what }. Not you? On the sign-in page choose "That was not me" and enter { $word }
sms-notice-ask = Aikagi: { $what }. If this was not you, tell your administrator.
sms-notice-recovered = your password was set anew by recovery
sms-notice-password-changed = your password was changed
sms-notice-contact-added = a contact was added
sms-notice-contact-removed = a contact was removed
sms-notice-contact-kept = a frozen contact counts again
sms-notice-change-forced = an administrator demands a new password
sms-notice-other = something changed in your account
sms-notice-held = your account was stopped for now
sms-notice-released = your account was opened again
sms-notice-suspended = your account was suspended
sms-notice-resumed = your account is open again
sms-notice-signed-out = you were signed out on every device
sms-notice-deleted = your account was deleted
sms-notice-role-changed = your administrator role changed
sms-alert-guesses = Aikagi, to administrators: after many wrong codes, recovery by code is closed for one member.
sms-alert-sweep = Aikagi, to administrators: many wrong codes. Recovery is closed to places where nobody signed in before.

mail-test-subject = Aikagi: a test message
mail-test =
    This is a test message. It arrives at this address.

    Workplace: { $workspace }

    There is nothing to do.
mail-code-recovery-subject = Aikagi: code { $code } (mark { $mark })
mail-code-recovery =
    This is the code to get back to your ID or password.

    Code  { $code }
    Mark  { $mark }

    Enter it on the page that asked for it. It works once, within 10 minutes.
    If the page does not show the mark "{ $mark }", do not enter this code.

    Nobody at your workplace or at Aikagi will ever ask you for it. Tell nobody.
    If you did not ask for it, delete this email. As long as you tell nobody, nothing changes.

    Aikagi
mail-code-contact-subject = Aikagi: code { $code } to register a contact
mail-code-contact =
    With this code you register this address as a contact of your account.

    Code  { $code }

    Enter it on the page where you register. It works once, within 10 minutes.

    Tell nobody.
    If you did not ask for it, delete this email. Unless the code is entered, nothing is registered.

    Aikagi
mail-notice-subject = Aikagi: { $what }
mail-notice-what = { $what }.
mail-notice-workspace = Workplace: { $workspace }
mail-notice-login = ID: { $login }
mail-notice-reference = Reference number: { $reference }
mail-notice-at = Time: { $at } (Japan)
mail-notice-contact = Contact: { $contact }
mail-notice-mine = If you did this yourself, there is nothing to do.
mail-notice-forced = A temporary password, with which to choose a new one, went to another contact on file. The present password opens nothing any more.
mail-notice-not-me =
    If this was not you
    Open this page and stop it at once. Opening it alone changes nothing.
    { $url }
mail-notice-ask =
    If this was not you
    Tell your administrator at once.
mail-alert-guesses-subject = Aikagi, to administrators: many wrong codes in a row
mail-alert-guesses =
    Codes of this member were mistyped many times in a row. Somebody may be trying to guess them, so recovery by code is closed for this member.
mail-alert-guesses-next =
    What to do
    Ask the member whether it was them. Signing in with the password works as before.
    Once the member signs in, recovery is open again. If they cannot, whoever runs the server can release it.
mail-alert-sweep-subject = Aikagi, to administrators: many wrong codes
mail-alert-sweep =
    Far more codes than usual were mistyped. Somebody may be trying to guess those of many accounts, so from places (networks) where nobody ever signed in, nobody can recover now, even with the right code.
mail-alert-sweep-next =
    What to do
    If somebody cannot get back in, ask them to try again from a usual place, such as the office, or on a device they have used before.
    After a day all is as before. Whoever runs the server can end it sooner.
mail-forced-subject = Aikagi: you need a new password
mail-forced =
    An administrator at { $workspace } demands that you choose a new password. The present one opens nothing any more.

    ID                  { $login }
    Temporary password  { $secret }

    Open the sign-in page as always and enter the temporary password in the password field. The page to choose a new one follows.
    It works once, within { $time }. After that, choose a new password by yourself with "Forgot your password" on the sign-in page.

    Nobody at your workplace or at Aikagi will ever ask you for it. Tell nobody.
    If you know nothing of this, tell your administrator.

    Aikagi
mail-foot = Aikagi
mail-activation-subject = Your account at { $workspace }
mail-activation =
    You have an account at { $workspace }.
    Choose a password on this page to start using it.

    ID  { $login }

    { $url }

    The page works once, within { $time }. After that, ask your administrator to send it again.
    If this does not concern you, delete this email.

    Aikagi
sms-invitation = Aikagi: you are invited. Enter the code { $code } at { $host } (good for 14 days).
mail-invitation-subject = Invitation from { $workspace }
mail-invitation =
    You were invited to become a member of { $workspace }.

    Your ID: { $login }

    Open this page and choose a password. It works once, within 14 days.
    { $link }

    If the page does not open, choose “I have an invitation code” on the sign-in page and enter this code.
    { $code }

    Never tell anybody the code. If you did not expect this, throw the email away.
