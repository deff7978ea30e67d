sign-in-title = Sign in
sign-in-id = ID
sign-in-id-hint = For example tanaka@sakura
sign-in-id-hint-workspace = For example tanaka
sign-in-button = Sign in
sign-in-wait = After several misses there is a short pause. You can try again in { $time }.
sign-in-help = Even without your ID or password you can get back in by yourself, with your mobile phone or personal email.
sign-in-help-link = Forgot your password or ID
sign-in-cannot = Cannot sign in
sign-in-not-me = “That was not me”

cannot-title = When you cannot sign in
cannot-lead = Choose what comes closest to see what to do.
cannot-forgot = I forgot my password
cannot-forgot-text = We send a code to the mobile number or personal email address you registered. After that you set a new password.
cannot-forgot-go = Set a new password
cannot-id = I forgot my ID
cannot-id-text = Confirm your registered mobile number or personal email address, and your ID is shown. Your password can stay as it is.
cannot-id-go = Find my ID
cannot-typed = It should be right, but I cannot get in
cannot-typed-caps = Is Caps Lock on? Capital and small letters differ in a password.
cannot-typed-kana = Is the keyboard set to kana? Press “Show” to see what you typed.
cannot-typed-at = Is the part after the “@” in your ID, the name of your workplace, right?
cannot-typed-other = Did you change your password lately? Another device may still remember the old one.
cannot-typed-go = Try to sign in again
cannot-typed-recover = If it still fails, set a new password
cannot-contact = My mobile number or email address has changed
cannot-contact-text = If the other one you registered still works, get back in with it and then register the new one. If neither works, ask your administrator.
cannot-contact-go = Use the one that works
cannot-stopped = It says the account is stopped
cannot-stopped-text = Your administrator has suspended it, or it is held for safety. A new password does not open it again.
cannot-lost = My telephone is lost or stolen
cannot-lost-text = Tell your administrator first: they can stop sign-ins from the lost device at once. Ask your carrier to stop the line, too.
cannot-lost-go = Get back in by personal email
cannot-trial = It says the trial has ended
cannot-trial-text = Nothing is wrong with your ID or password. Your administrator decides about the contract.
cannot-trouble = The page does not open, or shows an error
cannot-trouble-text = The service itself may be in trouble. Wait a few minutes and open it again. If it goes on, tell your administrator the reference number that is shown.

set-password-title = Choose your password
set-password-lead = You have an account at { $workspace }. Choose a password to start using it.
set-password-lead-forced = An administrator at { $workspace } demands a new password. Choose the one to use from now on. No administrator sees it.
set-password-id = Your ID
set-password-button = Use this password

stopped-held-title = Your account is held for now
stopped-held-text = Somebody answered “that was not me”, or asked for something without proving who they are, so the account is held until we know it is safe. Your password is right.
stopped-held-next = Your administrator makes sure that it is you, and opens it again.
stopped-held-alone = If it was you who said “that was not me”, open that notice again (or type the letters of the SMS): from there you can open the account by another contact that you have registered.
stopped-held-alone-go = Type the letters of the SMS
stopped-suspended-title = This account is suspended
stopped-suspended-text = Your password is right, but your administrator has suspended the account.
stopped-suspended-next = Ask your administrator about opening it again.

stopped-demanded-title = You need a new password
stopped-demanded-text = Your administrator demands a new password. What you entered is right, but it opens nothing any more.
stopped-demanded-secret-title = If you have a temporary password
stopped-demanded-secret = It came to your mobile number or personal email. Enter it in the password field of the sign-in page. The page to choose a new password follows.
stopped-demanded-secret-go = Back to the sign-in page
stopped-demanded-recover-title = If none came, or its time is over
stopped-demanded-recover = Confirm your mobile number or personal email, and choose a new password by yourself.
stopped-demanded-recover-go = Get back your ID or password
stopped-demanded-ask-title = If you can do neither

spelling =
    { $sign ->
        [C] C as in Charlie
        [D] D as in Delta
        [F] F as in Foxtrot
        [H] H as in Hotel
        [J] J as in Juliett
        [K] K as in Kilo
        [L] L as in Lima
        [M] M as in Mike
        [N] N as in November
        [P] P as in Papa
        [R] R as in Romeo
        [T] T as in Tango
        [V] V as in Victor
        [W] W as in Whiskey
        [X] X as in X-ray
        [Y] Y as in Yankee
        [d2] the digit two (2)
        [d3] the digit three (3)
        [d4] the digit four (4)
        [d5] the digit five (5)
        [d6] the digit six (6)
        [d7] the digit seven (7)
        [d8] the digit eight (8)
        [d9] the digit nine (9)
       *[other] { $sign }
    }
