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
contacts-decide = Decide what to do
contacts-decide-this = Decide what to do with { $shown }
state-verified = Confirmed
state-unverified = Not confirmed
state-waiting =
    { NUMBER($hours) ->
        [one] Usable for recovery in 1 hour
       *[other] Usable for recovery in { $hours } hours
    }
state-frozen = Frozen
state-unreachable = Cannot be reached
state-frozen-note = Somebody answered “that was not me” to the change of contacts on { $changed }, so it has not been usable since { $at }.
state-frozen-note-undated = Somebody answered “that was not me”, so it cannot be used.
state-waiting-note = For 24 hours after it was added, or was frozen and kept, you cannot get back in with this contact alone, in case it was somebody else who did so.
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
verify-again-button = Confirm
verify-later = Enter it later (back to contacts)
remove-title = Remove this contact?
remove-text = You can then no longer get back in with it.
remove-last = This is your only confirmed contact. Without it you cannot get back in by yourself when you forget your password. It is better to add another one first.
remove-not-before = For 24 hours after a recovery a contact can be removed only if you prove in a second way that it is you, in case it was somebody else who recovered. From { $at } it can be removed without that.
remove-prove-title = To remove it now
remove-prove-text = We send a code to one of these contacts. Once you enter it, you come back to this page and can remove the contact.
remove-prove-none = There is no other contact by which you can prove it now. Unless it is urgent, wait until the time above.
prove-button = Send a code to { $shown }
remove-hold-title = If you have no way to prove it and it is urgent
remove-hold-text = If you lost your telephone, for example, you can stop the account and have your administrator make sure that it is you. Stopping it means:
remove-hold-signed-out = All devices are signed out, this one included.
remove-hold-closed = You cannot sign in either until your administrator has made sure that it is you and opens the account again.
remove-hold-stays = This contact is not removed yet. Remove it yourself once the account is open again.
remove-hold-told = We tell all your registered contacts.
remove-hold-button = Stop the account and ask the administrator
removal-held-title = The account is stopped for now
removal-held-lead = We could not make sure that it was you who asked to remove a contact. All devices are signed out and nobody can sign in. The contact has not been removed.
removal-held-ask = Tell your administrator that the account was stopped because you asked to remove a contact.
removal-held-then = Once your administrator has made sure that it is you and opens the account, you can sign in again. Then remove the contact once more.
decide-title = What should become of this contact?
decide-lead = Somebody answered “that was not me” to a change of contacts. We cannot tell which of the two is you, so neither the changed contact nor the one that answered can be used for now.
decide-verified-at = When this contact was registered
decide-changed-at = The change that was answered
decide-frozen-at = Frozen since
decide-prove-title = First confirm another contact
decide-prove-text = We send a code to a contact that is older than the change. Once you enter it, you come back to this page and can decide.
decide-prove-else = If none of them reaches you, ask your administrator, who sets it right after making sure that it is you.
decide-none = There is no other contact that is older than the change and still usable. Your administrator sets it right after making sure that it is you.
decide-not-before = For 24 hours after a recovery you need to confirm in another way than the one that recovered, and you have no contact for that. You can decide from { $at }. If it is urgent, ask your administrator.
decide-keep-title = If it is yours
decide-keep-text =
    { NUMBER($hours) ->
        [one] It is a confirmed contact again. You can get back in with it alone after 1 hour.
       *[other] It is a confirmed contact again. You can get back in with it alone after { $hours } hours.
    }
decide-keep-button = Keep using this contact
decide-remove-title = If you do not know it
decide-remove-text = You can then no longer get back in with it.
decide-remove-button = Remove this contact
decide-told = Either way we tell all your registered contacts.
decide-later = Go back without deciding
remove-button = Remove
remove-keep = Keep it and go back
reauth-title = Enter your password once more
reauth-lead = Before an important change we make sure that it is you.
reauth-button = Confirm
change-password-title = Change your password
change-password-asked = Your administrator asks for a new password. Choose one to go on.
change-password-current = Present password
change-password-button = Change the password
change-password-after = All devices but this one are signed out when you change it.
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
change-demanded-done = The password was changed, as an administrator demanded
change-forced = An administrator demanded a new password
change-requested = An administrator asked for a new password at the next sign-in
change-password-set = The first password was set
change-contact-added = A contact was added
change-contact-removed = A contact was removed
change-contact-kept = A frozen contact counts again
change-removal-held = The account was held because a contact was to be removed
change-held = The account was held by “That was not me”
change-released = The account was released
change-released-by-member = The account, stopped by “That was not me”, was opened again by another contact
change-suspended = An administrator suspended the account
change-resumed = An administrator let the account in again
