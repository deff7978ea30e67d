# Who could get back in alone, asking them to see to it, and trying it out.

readiness-title = Who cannot get back in alone
readiness-lead = The share of members who could get back in by themselves if they forgot their password.
readiness-taken = As of { $at }. What changes is in the figures a few minutes later.
readiness-not-yet = Members are being counted. Open this page again in a while.
readiness-share = { $share }% can get back in
readiness-of-all = { $ready } of { $all } members
readiness-nobody = There are no members to count yet.
readiness-trend = How it went
readiness-trend-text = Share of those who can get back in, day by day. First { $first }%, now { $last }%.
readiness-trend-table = Show the figures day by day
readiness-col-day = Day
readiness-col-share = Share
readiness-col-ready = Can
readiness-col-not = Cannot
readiness-reasons = Why they cannot
readiness-col-reason = Reason
readiness-col-members = Members
readiness-members = { NUMBER($n) ->
    [one] 1 member
   *[other] { $n } members
 }
readiness-export-all = Export all as CSV
readiness-export-one = Export this list as CSV
readiness-export-note = That it was exported is in the log.
readiness-drilled = Who has tried it out
readiness-drilled-text = { NUMBER($n) ->
    [one] 1 member has gone through the drill.
   *[other] { $n } members have gone through the drill.
 }
readiness-drilled-list = Show who did
readiness-drilled-none = Nobody has gone through the drill yet.
readiness-col-drilled = Tried it out
readiness-none-left = Nobody is on this list now.
readiness-unknown = Being counted
readiness-ready = Can get back in
readiness-no-contact = No contact
readiness-unverified = Contact not confirmed
readiness-waiting = Waits 24 hours
readiness-bounced = Messages come back
readiness-frozen = Contact frozen
readiness-stale = Not confirmed lately
readiness-never-set = Invitation ran out
readiness-apart = Not counted
readiness-unknown-about = This will be counted soon.
readiness-ready-about = Can get back in alone after forgetting the password.
readiness-no-contact-about = There is neither a mobile number nor a personal email address. The member should sign in and register one.
readiness-unverified-about = There is a contact, but its code was never entered. The member should sign in and confirm it.
readiness-waiting-about = A new contact can be used after 24 hours. Nothing needs to be done.
readiness-bounced-about = Messages to the registered contact did not arrive. The member should check whether the number or address changed, and what filters it has. Once a code that arrived is entered, all is well again.
readiness-frozen-about = Somebody said “that was not me”, so the contact is frozen. The member decides by another contact, or an administrator makes sure who it is and releases it.
readiness-stale-about = No contact was confirmed for as long as your rules say. The member should sign in and check that it still reaches them.
readiness-never-set-about = No password was ever set, and the invitation's link no longer works. Invite this member again.
readiness-apart-about = Suspended, deleted, or waiting with an invitation that still works.
desk-readiness = Getting back in
desk-drilled = Tried out on { $at }
desk-drilled-never = Not yet
desk-drill = Recovery drill
way-nudge = Ask to see to contacts
nudge-all = Ask them all
nudge-why = How it stands
nudge-prompt = When the member opens their page next, it asks them to register or confirm a contact, even if they put that off.
nudge-prompt-all = { $n } members (as of { $at }) are asked on their own page to register or confirm a contact, even if they put that off.
nudge-once = Nobody is asked twice within a day. Those asked in the last 24 hours are left out.
nudge-rank = Those of your own or a higher role are left out.
nudge-mail = Also send an email to { $shown }
nudge-mail-all = Also send an email to those who have confirmed an email address before
nudge-mail-none = There is no contact for an email. To ask on paper, use the slip below.
nudge-button = Ask
nudge-asked = They were last asked on { $at }.
nudge-wait = They can be asked again from { $at }.
nudge-not-needed = There is nothing to ask for now.
nudge-run-going = Asking those with “{ $what }”. { $asked } were asked and { $passed } left out so far.
nudge-run-done = Those with “{ $what }” have been asked (begun { $at }). { $asked } were asked and { $passed } left out.
nudge-run-stopped = Asking those with “{ $what }” stopped on the way (begun { $at }). { $asked } were asked. You can begin again.
slips-title = Slips to hand out
slips-print = Make slips (to print)
slips-about = One slip a member with the steps in plain words. There is no password on it.
slips-how = Print this page, cut the slips apart, and hand them out.
slips-next = Next slips (50 members)
slips-none = There is nobody to make a slip for.
slip-for = For { $name }
slip-why = Make sure that you can get back in by yourself if you forget your password. It takes three minutes.
slip-step-open = Open this on your phone:
slip-step-sign-in = Sign in with the ID { $login } and your usual password.
slip-step-add = Press “Contacts” and register a mobile number or personal email address.
slip-step-frozen = Press “Contacts” and choose what becomes of the frozen contact.
slip-step-bounced = Press “Contacts” and register a new contact, or have a code sent to the present one again.
slip-step-stale = Press the button under “Do you still use this contact?”.
slip-step-code = Enter the 8 digits that arrive, and you are done. Never tell them to anybody.
slip-step-wait = Your contact can be used after 24 hours. There is nothing to do.
slip-step-invite = Tell your administrator: “Please invite me again.” Your ID is { $login }.
slip-step-link = Set a password as the invitation says.
slip-ask = If you are stuck
drill-title = Recovery drill
drill-link = Recovery drill
drill-link-text = For the day you forget your password
drill-lead = Try out what to do when you forget your password. This is a drill: your password does not change, and you are signed out nowhere.
drill-banner = This is a drill. Your password does not change.
drill-to = Choose where the code goes
drill-send = Send a drill code
drill-last = You last did this on { $at }.
drill-no-contact = No contact can be used right now. First register a mobile number or personal email address. A new one can be used after 24 hours.
drill-no-contact-go = Open my contacts
drill-code-lead-mobile = A drill code is on its way to { $shown } by SMS.
drill-code-lead-email = A drill code is on its way to { $shown } by email.
drill-again = Send another drill code
drill-done-title = Well done
drill-done-text = If you had really forgotten your password, you could choose a new one now. The drill ends here, and your password is unchanged.
drill-done-how = When it is real, start from “Forgot your password or ID” on the sign-in page.
drill-done-back = Back
drill-step-to = Choose a contact
drill-step-code = Enter the code
drill-step-end = Done
drill-leave = Stop the drill
home-asked = Your administrator asks you for this.
said-drill-ended = The drill's time is over, or the contact can no longer be used. You can start again.
said-nudged = Asked. It stands on the member's page when they open it next.
said-nudged-mailed = Asked. It stands on the member's page when they open it next, and an email is on its way.
said-nudge-already = They were asked in the last 24 hours. Nothing has changed.
said-nudge-not-needed = There is nothing to ask this member for now. Nothing has changed.
said-nudge-begun = Asking has begun. You can follow it on this page.
change-drilled = You went through the recovery drill
deed-nudged = Asked to see to contacts
deed-nudge-begun = Began to ask many to see to their contacts
deed-slips-printed = Made slips to hand out
deed-readiness-exported = Exported who cannot get back in alone
sms-drill-code-long = Aikagi drill: { $code } (mark { $mark }). Good for 10 minutes, for trying out only.
sms-drill-code-short = Aikagi drill: { $code } (mark { $mark }), 10 min. Only a drill.
mail-drill-code-subject = Aikagi drill: code { $code } (mark { $mark })
mail-drill-code =
    This is the code of your recovery drill. It is only a drill.

    Drill code  { $code }
    Mark        { $mark }

    Enter it on the page of the drill. It is good for 10 minutes, once.
    Nobody can change a password with this code.

    If you did not start a drill, somebody may be signed in to your account. Sign in and change your password.

    Aikagi
mail-nudge-subject = Aikagi: please check your contacts
mail-nudge =
    Your administrator asks you for this.

    Workplace  { $workspace }
    ID         { $login }

    The contacts for the day you forget your password have not been confirmed for some time. As it is, you may not be able to get back in by yourself.

    Sign in as you always do and check your contacts. It takes three minutes.
    There is no link in this email. If a similar one comes with a link, do not open it.

    Aikagi
