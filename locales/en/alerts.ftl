# What stood out: alerts, who is told, the webhook.
alerts-title = Alerts
alerts-none = Nothing has stood out yet.
alerts-older = The 30 before
alerts-no-more = There is nothing older.
alerts-go-settings = Change who is told
alerts-what-to-do = What to do
alerts-go-log = See the sign-in log
alerts-seen-by = { $name } has seen to it, { $at }.
alerts-see-to = I have seen to it
alerts-for-owners = Only an owner can see to this.
alerts-look = See more
alerts-whose = { " " }({ $name })
alert-guesses = Many wrong codes in a row
alert-sweep = Many wrong codes
alert-after-failures = A sign-in after many wrong passwords
alert-network = Many IDs tried from one place
alert-chain = The audit log was tampered with
alert-messages = Codes may not be arriving
alert-countries = Codes toward many countries from one place
alert-budget = The budget for SMS is spent
alert-unconfirmed = Many codes to unconfirmed numbers
alert-what-guesses = Codes were mistyped { $n } times in a row. This member cannot get back in by a code for now.
alert-what-sweep = Far more codes than usual were mistyped. Places where nobody had signed in before can recover nothing for a day.
alert-what-after-failures = After { $n } wrong passwords in a row somebody signed in.
alert-what-network = From one network ({ $network }) { $n } IDs were tried within an hour, and did not get in.
alert-what-chain = Of the audit log, line { $n } is not as it was written: something was changed, taken out or put in.
alert-what-messages = Codes by SMS or email cannot be sent, or have waited for more than a minute.
alert-what-countries = From one network ({ $network }), codes toward { $n } countries were asked for within a day, and none was typed. Codes for that place are stopped for a day.
alert-what-budget = The day's budget for SMS did not suffice: { $n } messages were not sent. A fifth of it is kept for devices that were used before.
alert-what-unconfirmed = More codes than usual are asked for to mobile numbers that nobody has confirmed yet.
alert-next-guesses = Ask the member whether it was them. Once they sign in, all is as before.
alert-next-sweep = If somebody cannot get back in, ask them to try from a usual place, such as the office. After a day all is as before.
alert-next-after-failures = Ask the member whether it was them. If not, force a new password on that member’s page.
alert-next-network = Unless this is your own office, somebody may be trying IDs and passwords. See in the sign-in log whether anybody got in from there.
alert-next-chain = Tell whoever runs the server at once, and ask them to run “aikagi audit verify --database”. This stays here until an owner has seen to it.
alert-next-messages = Ask whoever runs the server whether email and SMS leave it. Help those who cannot get in by telephone meanwhile.
alert-next-countries = Somebody may be after what SMS cost. If people usually work from that place, help those who cannot get in by telephone.
alert-next-budget = Ask whoever runs the server whether to raise the budget. Tell those who cannot get in to get their code by email.
alert-next-unconfirmed = Unless many members are adding their numbers these days, tell whoever runs the server.
alerts-settings = Who is told
alerts-kinds = What is told
alerts-kind-always = Is always told.
alerts-failures = Wrong passwords in a row after which a sign-in is told
alerts-failures-hint = Within an hour.
alerts-members = People whose IDs are tried from one place before that is told
alerts-members-hint = Within an hour. Choose a larger number where many people sign in from one place.
alerts-mails = Who gets emails
alerts-mails-all = All administrators and owners
alerts-mails-owners = Owners alone
alerts-mails-nobody = Nobody
alerts-mails-nobody-about = Owners still hear when the audit log was tampered with.
alerts-heads = Proof of the record
alerts-heads-about = A short text, once a day, by which it can be found out later whether the audit log was tampered with. It is proof when it is kept outside of the server.
alerts-heads-nobody = Do not send it
alerts-heads-owners = Send it to the owners
alerts-heads-address = Send it to another email address
alerts-heads-to = Email address for the proof
alerts-heads-webhook = Send it to the program elsewhere, too
alerts-save = Save
webhook-title = A program elsewhere (webhook)
webhook-about = Alerts go to a monitoring program or a chat. No names and no contacts are sent.
webhook-to = Sent to
webhook-both = Until { $at } the secret before signs, too. Give the receiving program the new one by then.
webhook-test = Send a test
webhook-renew = Make a new secret
webhook-remove = Send no more
webhook-url = Address to send to
webhook-url-hint = It begins with https://.
webhook-set = Send there
webhook-change = Send there instead
webhook-lately = Sent lately
webhook-what = Kind
webhook-state = Result
webhook-answer = What came back
webhook-sent = Delivered
webhook-waiting = On its way
webhook-failed = Not delivered
webhook-again = Next try { $at }
webhook-look-again = Look again
webhook-secret = The secret that signs
webhook-secret-lead = Give this text to the receiving program. By it the program can tell what really comes from here.
webhook-secret-renewed = The secret before can be used for 24 hours more.
webhook-secret-done = I have copied it
said-alert-seen = Noted as seen to.
said-alert-seen-before = Somebody else has seen to it already.
said-alert-for-owners = Only an owner can see to this.
said-alerts-set = The change is saved.
said-webhook-removed = Nothing is sent any more.
said-webhook-tested = A test is on its way. What came back appears below.
said-webhook-tests-spent = That was enough for an hour. Please try again later.
slip-url-unreadable = This is no address, like https://hooks.example.jp/aikagi
slip-url-not-https = Type an address that begins with https://.
slip-url-user = Leave user names and passwords out of the address.
slip-url-port = This port is not open. Please ask whoever runs the server.
slip-url-inside = Nothing can be sent to an address inside the house. Please ask whoever runs the server.
deed-guesses-in-a-row = Recovery by code was closed after many wrong codes in a row
deed-sweep = An alarm began after many wrong codes
deed-sign-in-after-failures = Administrators were told of a sign-in after many wrong passwords
deed-network-failures = Administrators were told of many IDs tried from one place
deed-chain-broken = The audit log was found not to fit
deed-messages-failing = Codes were found not to leave
deed-many-countries = A place that asked for codes toward many countries was stopped for a day
deed-budget-spent = Administrators were told that the budget for SMS is spent
deed-unconfirmed-over = Administrators were told of many codes to unconfirmed numbers
deed-alert-acknowledged = An alert was seen to
deed-alerts-changed = Who is told of alerts was changed
deed-webhook-changed = The webhook was changed
deed-webhook-secret-renewed = The webhook got a new secret
sms-alert-look = Aikagi, to administrators: something stood out. Please look at Alerts on your desk.
mail-alert-from = Place (network): { $network }
mail-alert-after-failures-subject = Aikagi, to administrators: a sign-in after many wrong passwords
mail-alert-after-failures =
    After { $n } wrong passwords in a row somebody signed in to the account of this member.
mail-alert-after-failures-next =
    What to do
    Ask the member whether it was them. If not, force a new password on that member’s page at your desk.
mail-alert-network-subject = Aikagi, to administrators: many IDs tried from one place
mail-alert-network =
    From one place (network) { $n } IDs were tried within an hour, and did not get in.
mail-alert-network-next =
    What to do
    Unless this is your own office, somebody may be trying IDs and passwords. See in the sign-in log at your desk whether anybody got in from there.
    You are told of the same place once a day at most.
mail-alert-countries-subject = Aikagi, to administrators: codes toward many countries were asked for from one place
mail-alert-countries =
    From one place (network), codes toward { $n } countries were asked for within a day, and none was typed. Codes for that place are stopped for a day.
mail-alert-countries-next =
    What to do
    Somebody may be after what SMS cost. If people usually work from that place, help those who cannot get in by telephone.
    After a day it is open again.
mail-alert-budget-subject = Aikagi, to administrators: the budget for SMS is spent
mail-alert-budget =
    The day's budget for SMS did not suffice, and some messages were not sent. A fifth of it is kept for devices that were used before.
mail-alert-budget-next =
    What to do
    Ask whoever runs the server whether to raise the budget. Tell those who cannot get in to get their code by email.
    You are told once a day at most.
mail-alert-unconfirmed-subject = Aikagi, to administrators: many codes to unconfirmed numbers
mail-alert-unconfirmed =
    More codes than usual are asked for to mobile numbers that nobody has confirmed yet.
mail-alert-unconfirmed-next =
    What to do
    Unless many members are adding their numbers these days, tell whoever runs the server.
    You are told once a day at most, for each country.
mail-alert-chain-subject = Aikagi, to administrators: the audit log was tampered with
mail-alert-chain =
    Of the audit log, line { $n } is not as it was written: something was changed, taken out or put in.
mail-alert-chain-next =
    What to do
    Tell whoever runs the server at once, and ask them to run “aikagi audit verify --database”.
mail-head-subject = Aikagi: proof of the audit log
mail-head =
    This is today’s proof of the audit log, by which it can be found out later whether it was tampered with. Please keep this email.
mail-head-next =
    To check
    Save the text of this email as a file; whoever runs the server checks it by “aikagi audit verify --database --heads FILE”.
alert-new-country = Sign-in from a new country
alert-what-new-country = There was a sign-in from a country not seen for this member in 90 days (network { $network }). The member was told, too.
alert-next-new-country = Ask the member, by the telephone you always use or in person, whether they are travelling. If not, hold the account and have the password changed.
alert-far-apart = Sign-ins too far apart
alert-what-far-apart = A sign-in came from { $n } km away from the one before (network { $network }), sooner than anybody travels. The member was told, too.
alert-next-far-apart = Ask the member whether they use a VPN. If it is the workplace’s, add where it comes out to the policy’s networks, and it is not told any more. If not, hold the account.
deed-new-country = Administrators were told of a sign-in from a new country
deed-far-apart = Administrators were told of sign-ins too far apart
mail-alert-new-country-subject = Aikagi, to administrators: a sign-in from a new country
mail-alert-new-country =
    There was a sign-in from a country not seen for this member in 90 days. The member was told, too.
mail-alert-new-country-next =
    What to do
    Ask the member, by the telephone you always use or in person, whether they are travelling.
    If not, hold the account and have the password changed.
mail-alert-far-apart-subject = Aikagi, to administrators: sign-ins too far apart
mail-alert-far-apart =
    A sign-in came from { $n } km away from the one before, sooner than anybody travels. The member was told, too.
mail-alert-far-apart-next =
    What to do
    Ask the member, by the telephone you always use or in person, whether they use a VPN.
    If not, hold the account and have the password changed.
event-new-country = There was a sign-in from a country that is new to this account
event-far-apart = There was a sign-in from far away, too soon after another
event-after-failures = There was a sign-in after many wrong passwords
event-failed-tries = Many wrong passwords were typed in a row
sms-notice-new-country = there was a sign-in from a new country
sms-notice-far-apart = there was a sign-in from far away
sms-notice-after-failures = there was a sign-in after wrong passwords
sms-notice-failed-tries = many wrong passwords were typed
mail-notice-place = Place: { $place }
mail-notice-tries =
    Nobody got in. If you mistyped your password yourself, there is nothing to do.
    If somebody else may be trying, see that your password is hard to guess and used nowhere else.
alert-loss = A member reported a lost device
alert-what-loss = A member reported a device as lost or stolen. The device and the contacts on it are stopped already.
alert-next-loss = Open “Lost or stolen” on the member's page and take the steps that are left.
deed-member-loss = Administrators were told of a lost device
mail-alert-loss-subject = Aikagi, to administrators: a member reported a lost device
mail-alert-loss =
    A member reported a device as lost or stolen. The device and the contacts on it are stopped already.
mail-alert-loss-next =
    What to do
    Open “Lost or stolen” on the member's page at the desk and take the steps that are left.
alert-objected = A member held the account by “That was not me”
alert-what-objected = A member who got a notice said that it was not them, and held the account.
alert-next-objected = Open “Lost or stolen” on the member's page, call the member, and take the steps that are left.
deed-member-objected = Administrators were told of a hold by “That was not me”
mail-alert-objected-subject = Aikagi, to administrators: a member held the account by “That was not me”
mail-alert-objected =
    A member who got a notice said that it was not them, and held the account.
mail-alert-objected-next =
    What to do
    Open the case at the administrators' desk, call the member, and take the steps that are left.
