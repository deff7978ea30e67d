# Owners who locked themselves out.
owners-title = Owners, in case
owners-lead = When an owner cannot sign in any more, nobody is left to choose administrators. Make two things ready before that happens.
owners-second = A second owner
owners-second-there = There is another owner.
owners-second-lacks = You are the only owner. Make somebody you trust an owner, too.
owners-code = A code in an envelope
owners-code-lacks = None was made yet.
owners-code-made = Made on { $at }, not used.
owners-code-used = It was used on { $at }. Make a new one.
owners-code-what = With it an owner who lost every contact and the password can choose a new password. Write it on paper, seal it, and keep it in a safe.
owners-code-bells = Using it tells every administrator and owner. It can be used once.
owners-code-new = A new one ends the one before.
owners-code-button = Make a new code
owners-host = Whoever runs the server
owners-host-text = If neither is left, whoever runs the server can let you in by “aikagi owner recover”.
sealed-title = The code for the envelope
sealed-lead = Copy it or print it, put it into an envelope, and seal it.
sealed-where = Where it is typed
sealed-at = Made on
sealed-done = It is sealed, close this
break-glass-title = Get back in by the owner’s envelope
break-glass-lead = This page is for owners who have neither a contact nor the password left.
break-glass-code = The code from the envelope
break-glass-code-hint = 18 signs, for instance CDF-234-HJK-567-LMN-89P
break-glass-bells = Using it tells every administrator and owner.
break-glass-button = Choose a new password
break-glass-wrong = This code and ID open nothing. Look again whether a sign was taken for another. A code that was used, or replaced by a newer one, opens nothing any more. If you cannot get in, ask whoever runs the server.
break-glass-link = You are an owner, and have the code from the envelope
change-owner-recovered = Whoever runs the server let an owner back in
change-break-glass-used = An owner came back in by the code from the envelope
deed-break-glass-outside = The code from the envelope was typed outside the networks that may sign in
deed-break-glass-sealed = A code for the envelope was made
sms-alert-break-glass-used = Aikagi, to administrators: an owner’s sealed code was used. If you do not know why, ask at once.
sms-alert-break-glass-sealed = Aikagi, to administrators: a new sealed code for owners was made.
sms-alert-owner-recovered = Aikagi, to administrators: the operator let an owner back in. If you do not know why, ask at once.
mail-alert-break-glass-used-subject = Aikagi, to administrators: an owner’s sealed code was used
mail-alert-break-glass-used =
    By the code that was kept in an envelope an owner came back into the account.
mail-alert-break-glass-sealed-subject = Aikagi, to administrators: a new sealed code for owners
mail-alert-break-glass-sealed =
    An owner made a new code for the envelope. The one before opens nothing any more.
mail-alert-owner-recovered-subject = Aikagi, to administrators: an owner was let back in
mail-alert-owner-recovered =
    Whoever runs the server made it possible for an owner to come back into the account.
mail-alert-owner-next =
    If you do not know why, ask the owner and whoever runs the server at once. Another owner can stop the account at the desk.
# One owner about another.
owner-step-title = Ask for a step about this owner
owner-step-legend = What should be done?
owner-step-suspend = Suspend them
owner-step-resume = Let them in again
owner-step-release = Release the hold
owner-step-force = Demand a new password at once
owner-step-demote = Make them an administrator instead of an owner
owner-step-third = With three owners or more, it is done when another owner agrees.
owner-step-two = With only two owners, you can go on after 24 hours.
owner-step-bells = Every administrator and owner is told. Any owner can refuse it before it is done.
owner-step-ask = Ask for it
owner-steps-waiting = What waits for an agreement or for its time
owner-steps-by = Asked for by { $by }
owner-steps-until = until { $at }
owner-steps-from = Can be done from { $at }. If another owner agrees, it is done at once.
owner-steps-agree = Agree, and do it now
owner-steps-carry-out = Do it now
owner-steps-refuse = Refuse
owner-steps-withdraw = Withdraw
said-owner-step-asked = It was asked for. Every administrator and owner was told.
said-owner-step-done = It was done.
said-owner-step-refused = It is not to be. Nothing has changed.
change-owner-step-asked = Another owner asked for a step about this owner
change-owner-step-done = A step about an owner was taken
change-owner-step-refused = A step about an owner was called off
sms-alert-owner-step-asked = Aikagi (administrators): a step about an owner was asked for. Please look at the administrators' pages
sms-alert-owner-step-done = Aikagi (administrators): a step about an owner was taken
sms-alert-owner-step-refused = Aikagi (administrators): a step about an owner was called off
mail-alert-owner-step-asked-subject = Aikagi (administrators): a step about an owner was asked for
mail-alert-owner-step-asked =
    An owner asked for a step about the owner below.
mail-alert-owner-step-next =
    It is done when another owner agrees or, with only two owners, after 24 hours. Owners can see and refuse it at the administrators' pages, under the owners' safety.
mail-alert-owner-step-done-subject = Aikagi (administrators): a step about an owner was taken
mail-alert-owner-step-done =
    A step about the owner below was taken. The administrators' history says which.
mail-alert-owner-step-refused-subject = Aikagi (administrators): a step about an owner was called off
mail-alert-owner-step-refused =
    The step about the owner below was called off. Nothing has changed.
