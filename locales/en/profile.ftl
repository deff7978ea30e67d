home-title = Hello, { $name }
home-contacts = Contacts
home-contacts-none = None yet
home-contacts-count = { $n } confirmed
home-password = Password
home-password-at = Set on { $at }
home-sessions = Signed-in devices
home-sessions-count =
    { NUMBER($n) ->
        [one] 1 device
       *[other] { $n } devices
    }
home-add-title = For the day you cannot get in
home-add-text = Register a mobile number or personal email address, and you can get back in by yourself when you forget your password. It takes a minute.
home-add-mobile = Register a mobile number
home-add-email = Register a personal email address
home-later = Later
home-later-must = Please register one by { $at }.
home-reconfirm-title = Do you still use this contact?
home-reconfirm-text = It has been some time since you confirmed { $shown }. Please make sure that it still reaches you.
home-reconfirm-go = Send a code and confirm
home-reconfirm-mend = Change my contacts
home-checkup-title = A look around after your recovery
home-checkup-text = You got back in by recovery lately. Please make sure that you know every contact and device.
home-checkup-go = Start

contacts-title = Contacts
contacts-lead = With these you get back in when you forget your password or ID. It is safer to have two or more.
contacts-mobiles = Mobile numbers
contacts-emails = Personal email
contacts-no-mobile = None yet. With one, you can get back in by SMS.
contacts-no-email = None yet. With one, you can get back in even after changing telephones.
contacts-add-mobile = Add a mobile number
contacts-add-email = Add a personal email address
contacts-verify = Enter the code
contacts-remove = Remove
contacts-remove-this = Remove { $shown }
contacts-verify-this = Enter the code for { $shown }
state-verified = Confirmed
state-unverified = Not confirmed
state-waiting =
    { NUMBER($hours) ->
        [one] Usable for recovery in 1 hour
       *[other] Usable for recovery in { $hours } hours
    }
state-frozen = Frozen
state-unreachable = Cannot be reached
state-frozen-note = Somebody answered “that was not me”, so it cannot be used until your administrator has checked.
state-waiting-note = For 24 hours after adding it you cannot get back in with this contact alone, in case somebody else added it.
add-mobile-title = Add a mobile number
add-mobile-lead = We send an 8-digit code by SMS to the number. Once you enter the code, it is registered.
add-email-title = Add a personal email address
add-email-lead = We send an 8-digit code to the address. Once you enter the code, it is registered.
add-email-hint = For example tanaka@example.com; not your work address, but your own
add-notice = We tell all your registered contacts about the new one.
verify-title = Enter the code you received
verify-lead-mobile = We sent an SMS to { $shown }.
verify-lead-email = We sent an email to { $shown }.
verify-button = Register
verify-later = Enter it later (back to contacts)
remove-title = Remove this contact?
remove-text = You can then no longer get back in with it.
remove-last = This is your only confirmed contact. Without it you cannot get back in by yourself when you forget your password. It is better to add another one first.
remove-not-before = For 24 hours after a recovery no contact can be removed, in case it was somebody else who recovered. You can remove it from { $at }. If it is urgent, ask your administrator.
remove-button = Remove
remove-keep = Keep it and go back
reauth-title = Enter your password once more
reauth-lead = Before an important change we make sure that it is you.
reauth-button = Confirm
change-password-title = Change your password
change-password-current = Present password
change-password-button = Change the password
change-password-after = All devices but this one are signed out when you change it.
sessions-title = Signed-in devices
sessions-lead = If you do not know one of them, sign it out and then change your password.
sessions-this = This device
sessions-started = Signed in
sessions-seen = Last used
sessions-end = Sign out
sessions-end-this = Sign out { $device }
sessions-end-others = Sign out all other devices
sessions-only = No other device is signed in.
checkup-title = A look around after your recovery
checkup-lead = This account was recovered. Please look at these three and make sure that it was you.
checkup-contacts = Contacts
checkup-contacts-none = No contact is registered.
checkup-contacts-mend = Change contacts
checkup-sessions = Signed-in devices
checkup-sessions-mend = Change devices
checkup-changes = Recent changes
checkup-changes-none = No recent changes.
checkup-fine = Everything is right
checkup-not-me = If there is something you do not know
checkup-not-me-text = Change your password first, then tell your administrator.

agent-unknown = Not a browser
rules-classes = At least { $n } of: small letters, capital letters, digits, symbols
change-recovered = You got back in by ID and password help
change-password-changed = The password was changed
change-password-set = The first password was set
change-contact-added = A contact was added
change-contact-removed = A contact was removed
change-held = The account was held by “That was not me”
change-released = The account was released
change-suspended = An administrator suspended the account
change-resumed = An administrator let the account in again
