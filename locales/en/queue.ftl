# The queue of people who cannot get in, and the check of callers.

queue-title = Locked-out people
queue-badge = { NUMBER($n) ->
    [one] { $n } person waits
   *[other] { $n } people wait
 }
queue-call = Take a call
queue-empty = Nobody waits. Requests of people who can use neither way appear here.
queue-done = Over
queue-col-who = Name as they wrote it
queue-col-cause = Request
queue-col-check = Caller check
queue-col-age = Waiting for
queue-col-next = Next step
queue-checked = Checked
queue-unchecked = Not checked
queue-begin = Look
queue-go-on = Go on
queue-other = { $name } is on it
queue-agree = Calls that wait for agreement
request-written = What they wrote
request-written-note = Nobody has checked yet who wrote this. Send no secret and no link to a contact that stands here.
request-name = Name
request-reach = How to reach them
request-more = In their words
request-none = Nothing
request-reference = Reference number
request-at = Came at
request-network = Sent from
request-take = Work on it
request-take-over = Take over
request-taken-note = { $name } is working on it. You can take over when nothing happened for 30 minutes.
request-check = Start the caller check
request-check-note = Starts a caller check for the ID that the person named.
request-check-go-on = Go on with the caller check
request-member = See the member
request-answer = Write an answer
request-answer-hint = It is shown on the person’s own page of the request. Whoever reads it may not be the member: write nothing from the account.
request-answer-button = Answer and finish
request-close = Finish without an answer
request-answered = The answer
request-remedies = What you can do
request-remedies-none = After the caller check you get to the member’s page from here.
call-new-title = Take a call
call-new-lead = Type the ID that the caller names. Nothing of the account is shown before we know that it is them.
call-new-id = ID that the caller names
call-new-button = Start the caller check
call-wait = That was too many checks. Try this ID again tomorrow, other IDs in an hour.
call-title = Caller check
call-opened = A call was opened. Even whether there is such a member is not shown before the caller has proved it.
call-about = ID they named
call-until = Can be proved until { $at }
call-code-title = Way 1: four letters, read out
call-code-text = We send four letters to a confirmed contact. Have the caller read them to you.
call-code-sms = Send by SMS
call-code-email = Send by email
call-code-sent-sms = If there is a confirmed mobile number, an SMS arrives.
call-code-sent-email = If there is a confirmed personal email address, an email arrives.
call-code-field = The four letters read out
call-code-check = Check
call-code-over = These letters can no longer be used.
call-code-no-more = No more can be sent in this call. Try another way, or end the call.
call-code-shape = Type four letters. There are no digits in them.
call-code-wrong = These are not the letters. You have { NUMBER($left) ->
    [one] { $left } more try
   *[other] { $left } more tries
 }.
call-code-dead = This can no longer be checked. Send letters again or try another way.
call-prompt-title = Way 2: an answer on a signed-in device
call-prompt-text = If the member is signed in somewhere, a number appears on their Home page. Have them read it out and press “Yes, I am”.
call-prompt-button = Show it on their devices
call-number-field = The two digits read out
call-number-wrong = The number is another, or “Yes, I am” was not pressed yet. You have { NUMBER($left) ->
    [one] { $left } more try
   *[other] { $left } more tries
 }.
call-number-dead = This way can no longer be used. Try another way.
call-second-title = Way 3: a second administrator agrees
call-second-text = Another administrator, who knows the person, agrees at the admin desk.
call-second-button = Ask for agreement
call-second-asked = Waiting for agreement. Administrators see it under “Locked-out people”.
call-reload = See how it stands
call-end = End the call
call-ended = This call is over. To check the caller again, start anew.
call-proved = It is the member
call-proved-until = Until { $at } you alone can see this member’s page. Each look is written down, and the member’s contacts were told.
call-see = See the member’s page
call-back-request = Back to the request
agree-title = Calls that wait for agreement
agree-lead = Agree only if you have made sure yourself that it is this person.
agree-empty = No call waits for agreement.
agree-button = Agree that it is them
agree-no-member = There is no member with this ID whom you can help.
agree-opener = Taken by
agree-said = ID they named
agree-member = Member
agree-at = Asked at
deed-call-opened = A caller check was started
deed-call-code-sent = Letters for a caller check were sent
deed-call-prompted = A caller check was asked on signed-in devices
deed-call-second-asked = A second administrator was asked about a caller
deed-call-ended = A caller check was ended
deed-call-confirmed = “Yes, I am talking to the help desk” was pressed
change-call-proved = A caller check was passed, and the help desk could see the account
change-looked-in-call = The help desk looked at the account after a caller check
change-call-denied = “I am not talking to the help desk” was pressed
event-call-proved = After a caller check the help desk was shown your account
sms-notice-call-proved = the help desk was shown your account
sms-call-code = Aikagi: read { $code } to the help desk if you are on the phone with them now. If not, tell nobody.
mail-call-code-subject = Aikagi: for your call with the help desk
mail-call-code =
    These letters are for your telephone call with the help desk of { $workspace }.

    Letters  { $code }

    Read them out to the person you are talking to. They work once, within 10 minutes.

    If you are not talking to the help desk now, tell nobody these letters, and tell your administrators.
    Somebody may be calling in your name.

    Aikagi
sms-locked-out-new = Aikagi, to administrators: somebody cannot get in and asks for help. See "Locked-out people" at the admin desk.
sms-locked-out-waits = Aikagi, to administrators: somebody locked out has waited for more than { $time }. See the admin desk.
mail-locked-out-new-subject = Aikagi: somebody cannot get in and asks for help
mail-locked-out-new =
    Somebody at { $workspace } cannot get in and asks for help.

    Read the request under "Locked-out people" at the admin desk, and make sure who it is.
    { $link }

    You get at most one of these messages in 15 minutes.

    Aikagi
mail-locked-out-waits-subject = Aikagi: somebody locked out has waited for more than { $time }
mail-locked-out-waits =
    Somebody locked out of { $workspace } has waited for more than { $time }.

    See "Locked-out people" at the admin desk.
    { $link }

    Aikagi
said-call-agreed = You agreed. Who took the call can see the member’s page now.
call-remedies = What you can do for them
call-no-contact-ask = No confirmed contact reaches them, so the help desk cannot do this. Please ask an administrator.
