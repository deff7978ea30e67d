# What to do when a form cannot be taken, and what just happened. Never blame; always the next step.

slip-sign-in-failed = The ID and password do not match. Please check both. If you cannot remember, use “Forgot your password or ID” below.
slip-login-empty = Enter your ID.
slip-password-empty = Enter a password.
slip-number-empty = Enter your mobile number.
slip-number-unreadable = We could not read this as a mobile number. Enter the 11 digits that start with 090 or the like.
slip-number-landline = This number cannot receive SMS. Enter a mobile number that starts with 090, 080, 070 or 060.
slip-number-foreign = We cannot send SMS to this country. Enter a Japanese mobile number or use your personal email.
slip-email-empty = Enter your email address.
slip-email-unreadable = We could not read this as an email address. Check what stands before and after the “@” and enter it again.
slip-email-work = This is a work address. Enter a personal one that you can read when you cannot sign in.
slip-email-typo = Did you mean “{ $suggestion }”? Please check and send it again.
slip-code-empty = Enter the 8 digits you received.
slip-code-shape = The code has 8 digits. Enter it again as you received it.
slip-code-wrong =
    { NUMBER($left) ->
        [one] This is not the code. Check the newest one you received. You have 1 more try.
       *[other] This is not the code. Check the newest one you received. You have { $left } more tries.
    }
slip-code-over = After several wrong numbers this code no longer works. Please send a new one.
slip-code-expired = The time for this code is over. Please send a new one.
slip-resend-soon = Please wait { $time } before sending it again.
slip-nothing-picked = Choose the ID that needs a new password.
slip-password-short =
    { NUMBER($more) ->
        [one] 1 more character is needed: make it { $min } or more.
       *[other] { $more } more characters are needed: make it { $min } or more.
    }
slip-password-long = The password is too long. Keep it within 1,024 bytes (about 1,000 letters).
slip-password-common = This is a common word or sequence and easy to guess. Please join other words.
slip-password-leaked = This password is on a list that leaked from another service. Please choose another.
slip-password-own = It holds your ID, your name or your workplace and is easy to guess. Please choose other words.
slip-password-again = You used this password before. Choose one that you have not used.
slip-password-classes = Use at least { $n } of these kinds: capitals, small letters, digits, signs.
slip-password-wrong = This is not your present password. Enter it again.
slip-word-empty = Enter the letters from the SMS.
slip-word-unknown = We found no notice with these letters. Check the letters at the end of the SMS (such as BCDF-GHJK-MNPQ) once more.
slip-contact-taken = This contact is registered already.
slip-contact-full = There is no room for more. Remove one that you no longer use, then add this one.
slip-tries-spent = The password was wrong too many times, so it cannot be checked here. Sign out and get back in by “Forgot your password or ID”.
slip-login-unreadable = The ID seems to hold a sign that IDs do not have. Check it for spaces and the like.
slip-login-phone = You cannot sign in with a telephone number. Enter your ID. If you do not know it, use “Forgot your password or ID” below.
slip-login-ats = There is more than one “@”. Enter it like tanaka@sakura.
slip-login-workspace = Check the part after the “@”, the name of your workplace.
slip-login-workspace-missing = Enter the name of your workplace, too, for example tanaka@sakura.
slip-login-email = Enter your ID here, not an email address; for example tanaka.
slip-number-short = Digits are missing. Enter the 11 digits that start with 090 or the like.
slip-number-long = There are too many digits. Enter the 11 digits that start with 090 or the like.
slip-number-ip = Numbers that start with 050 cannot receive SMS. Enter a mobile number that starts with 090 or the like.
slip-email-several = Enter one email address only.
slip-email-no-at = The “@” is missing. Enter it like tanaka@example.com.
slip-email-domain = Check the part after the “@”, for example tanaka@example.com.
slip-email-look-alike = It seems to hold letters that look like others. Enter it again in plain letters and digits.
slip-email-phone = This looks like a telephone number. Enter an email address.
slip-code-sender = This looks like the number that the message came from. Enter the 8 digits in its text.
slip-password-control = It holds a sign that no keyboard can type. If you pasted it, check it for extra signs.
slip-password-repeats = It is mostly one sign or sequence again and again, and easy to guess. Please join other words.
slip-password-everyday = It is mostly a word such as a workplace, season or town, and easy to guess. Please join other words.

said-password-set = Your new password is set. Sign in with it.
said-password-changed = Your password is changed. Other devices are signed out.
said-code-sent-again = Sent again. The earlier code no longer works; enter the newest one.
said-contact-added = The contact is added.
said-contact-removed = The contact is removed.
said-contact-kept = The contact counts again.
said-contact-confirmed = The contact is confirmed.
said-session-ended = That device is signed out.
said-sessions-ended = All other devices are signed out.
said-signed-out = You are signed out.
said-session-over = You were signed out after some time without use. Please sign in again.
said-over-elsewhere = This device was signed out from another device.
said-over-lost = This device was reported as lost or stolen, so it was signed out.
said-over-by-desk = An administrator signed you out. Please sign in again.
said-over-new-password = You were signed out because the password was changed. Please sign in with the new password.
said-over-recovered = You were signed out because the account was recovered. If that was not you, use “That was not me” in the notice you got.
said-over-stopped = This account cannot be used for now.
said-over-outside = You were signed out because you were outside the networks that your workplace allows.
said-checkup-done = All checked. Thank you.
said-recovery-running = Somebody is getting back into this account right now. If it is not you, tell your administrator at once.

problem-not-found-title = There is no such page
problem-not-found-text = The address has changed, or differs from the one you meant.
problem-form-title = Please try once more
problem-form-text = The page had been open for some time, so we could not verify what you sent. Open the page again and send it once more.
problem-form-cookies = If it happens again, check that your browser accepts cookies.
problem-busy-title = Please wait a little
problem-busy-text = There were many actions in a short time. You can try again in about { $time }.
problem-away-title = We are busy right now
problem-away-text = Wait a minute and try again. What you typed has not been sent.
problem-closed-title = This is not available right now
problem-closed-text = Wait a minute, look whether what you just did is done, and try again if it is not.
problem-broken-title = That did not work
problem-broken-text = Something went wrong on our side. Wait a little and try again. If it goes on, tell your administrator this number.
problem-link-title = This link no longer works
problem-link-text = A link works once, and only for a certain time. If you cannot sign in, get back in from here.
problem-link-recover = Get back in
problem-home = To the sign-in page
