# The policy at the administrators' desk, the workplace's own texts, and the networks.

policy-title = Company rules
policy-go-change = Change the rules
policy-change-title = Change the rules
policy-group-password = Passwords
policy-group-session = How long people stay signed in
policy-group-contacts = Contacts
policy-group-logs = Logs
policy-group-desk = People who cannot get in
policy-min-length = Length
policy-min-length-hint = { $min } to { $max }. We advise 15 characters or more.
policy-blocklist = Common passwords
policy-blocklist-hint = Refuses what many people use, and what holds the person's or the company's name.
policy-history = Earlier passwords
policy-history-hint = How many earlier passwords cannot be used again: { $min } to { $max }.
policy-classes = Kinds of characters
policy-classes-hint = How many of small letters, capitals, digits and signs must occur. We advise none.
policy-expiry = Passwords expire
policy-expiry-hint = We advise never. When a password may be known to others, demand a new one at once.
policy-member-absolute = Members stay signed in, at most
policy-member-absolute-hint = In hours, { $min } to { $max }. After that they sign in again.
policy-member-idle = Members, without use
policy-member-idle-hint = In minutes, { $min } to { $max }. Whoever does nothing for so long is signed out.
policy-admin-absolute = Administrators and help desk, at most
policy-admin-absolute-hint = In hours, { $min } to { $max }.
policy-admin-idle = Administrators and help desk, without use
policy-admin-idle-hint = In minutes, { $min } to { $max }.
policy-reauth = Until the password is asked for again before something important
policy-reauth-hint = In minutes, { $min } to { $max }.
policy-reconfirm = Until contacts are confirmed again
policy-reconfirm-hint = In days, { $min } to { $max }. After that the member is asked whether they still work.
policy-required = Days for which adding a contact can be put off
policy-required-hint = { $min } to { $max }. Left empty, it can be put off for ever.
policy-sign-ins = Days for which the sign-in log is kept
policy-sign-ins-hint = { $min } to { $max }.
policy-audit = Days for which the log of changes is kept
policy-audit-hint = { $min } to { $max }.
policy-forced = Hours that a temporary password works
policy-forced-hint = When you force a new password, the page proposes so many hours: { $min } to { $max }. The longer it works, the longer somebody else can use it.
policy-escalate = Hours until owners are told
policy-escalate-hint = Owners are told when somebody who cannot get in has waited for so long: { $min } to { $max }.
policy-letters = { $n } characters or more
policy-blocklist-on = Refused
policy-blocklist-off = Not refused
policy-none = None
policy-last-n = The last { $n } cannot be used again
policy-kinds = { $n } kinds or more
policy-hours = { NUMBER($n) ->
    [one] { $n } hour
   *[other] { $n } hours
 }
policy-minutes = { NUMBER($n) ->
    [one] { $n } minute
   *[other] { $n } minutes
 }
policy-days = { NUMBER($n) ->
    [one] { $n } day
   *[other] { $n } days
 }
policy-required-never = For ever
policy-required-at-once = It cannot be put off
policy-warns-short = Passwords may be shorter than 15 characters. Where the password is the only protection, NIST SP 800-63B asks for 15.
policy-warns-classes = Kinds of characters are demanded. People answer with “Password1!”, so NIST and OWASP forbid such rules.
policy-warns-expiry = Passwords expire. People then choose similar ones, so NIST and OWASP forbid it, and Japan's Ministry of Internal Affairs advises against it.
policy-warns-blocklist = Common passwords are not refused. NIST SP 800-63B demands that they are.
policy-warns-sessions = People stay signed in for more than 24 hours, or for more than 1 hour without use: longer than NIST SP 800-63B advises.
policy-presets = Begin with a set
policy-presets-note = Choosing one fills in the fields below. Nothing is changed yet.
policy-preset-nist = As the standards say (recommended)
policy-preset-nist-about = Protects by length and by refusing common passwords.
policy-preset-contract = For contracts that demand kinds of characters and expiry
policy-preset-contract-about = 3 kinds or more, every 90 days. The standards advise against it.
policy-preset-strict = Strict
policy-preset-strict-about = 20 characters or more, short sessions, contacts confirmed early.
policy-meanwhile = Changed in the meantime
policy-review-first = Nothing changes yet. The next page shows what would happen.
policy-review-go = See what would happen
policy-review-title = Before you change it
policy-no-change = There is nothing to change.
policy-for-owners = In the following the rules would protect less, or leave the standards. Only owners can change that.
policy-apply = Use these rules
policy-edit = Go back and correct
policy-leave = Change nothing, back to the rules
policy-does-must-change = { $count } have a password that has expired. They are asked for a new one when they next do something.
policy-does-must-change-alone = Of these, { $count } have no confirmed contact. If they have forgotten their password, they cannot get back in by themselves.
policy-does-sessions = { $count } are signed out at once.
policy-does-own-session = You are signed out at once, too.
policy-does-need-contact = { $count } without a contact can no longer put off adding one.
policy-does-reconfirm = { $count } are asked whether their contact still works.
policy-does-sign-ins = { $count } of the sign-in log are forgotten within a day. They do not come back.
policy-does-audit = { $count } of the log of changes are forgotten within some days. They do not come back.
policy-does-new-passwords = The rules for passwords hold for those set from now on. Present passwords can still be used.
policy-does-next-session = Longer times hold from the next sign-in on.
policy-does-forced = Temporary passwords that are sent from now on work for the new time, unless whoever sends one chooses another.
policy-does-nothing-now = Nobody is in trouble right away.
policy-does-looked-at = There are many members: we counted among the first { $n }.
count-members = { NUMBER($n) ->
    [one] { $n } member
   *[other] { $n } members
 }
count-members-least = at least { NUMBER($n) ->
    [one] { $n } member
   *[other] { $n } members
 }
count-sessions = { NUMBER($n) ->
    [one] { $n } device
   *[other] { $n } devices
 }
count-sessions-least = at least { NUMBER($n) ->
    [one] { $n } device
   *[other] { $n } devices
 }
count-lines = { NUMBER($n) ->
    [one] { $n } line
   *[other] { $n } lines
 }
count-lines-least = at least { NUMBER($n) ->
    [one] { $n } line
   *[other] { $n } lines
 }
own-text-contact = Whom to ask
own-text-contact-lead = Tells people in trouble whom they can ask.
own-text-failure = When signing in does not work
own-text-failure-lead = Stands on the company's sign-in page when somebody did not get in: always the same, whatever the reason.
own-text-public = People outside the company can read it. Do not write names or private numbers.
own-text-none = Nothing is written yet.
own-text-ja = Japanese（日本語）
own-text-en = English
own-text-go = Rewrite
own-text-hint = Up to 300 characters and 6 lines.
own-text-hint-other = Left empty, English pages show the Japanese text.
own-text-meanwhile = As it is now
own-text-review = See how it looks
own-text-preview-title = How it looks
own-text-preview-failure = People who could not sign in see this.
own-text-preview-contact = People in trouble see this.
own-text-shows-none = Nothing is shown.
own-text-apply = Use this text
networks-title = Networks to sign in from
networks-lead = Lets people sign in only from the networks of certain places, the office for instance.
networks-only-desk = Administrators and the help desk can sign in only from these networks. Other members can from everywhere.
networks-only-all = Everybody can sign in only from these networks.
networks-none = People can sign in from everywhere.
networks-go = Change the networks
networks-owners = Only owners can change this.
networks-who = Who is limited?
networks-who-everywhere = Nobody
networks-who-everywhere-about = People can sign in from everywhere.
networks-who-desk = Only administrators and the help desk
networks-who-desk-about = Owners, administrators and the help desk.
networks-who-all = Everybody
networks-who-all-about = From home or on the way nobody gets in, nor sets a new password.
networks-from = Networks to come from
networks-from-hint = One to a line, up to 100, such as 203.0.113.0/24 or 2001:db8::/32.
networks-own = You are now at { $address }.
networks-help = If you do not know them, ask whoever looks after the company's network for its public IP addresses. Should nobody get in any more, the server's operator can undo it.
networks-review-title = Before you change it
networks-apply = Do this
networks-does-doors = From elsewhere nobody gets in, even with the right password. The same holds for invitations, temporary passwords, and setting a new password after forgetting the old one.
networks-does-sessions = { $count } signed in from elsewhere ({ $members }) are signed out when next used.
networks-does-no-sessions = No device is signed out.
networks-does-strangers = { $count } have signed in only from elsewhere so far. From there they can no longer get in, nor get back in.
networks-does-open = People can sign in from everywhere. Nobody is signed out.
stopped-outside-title = You cannot sign in from here
stopped-outside-text = What you typed is right. Your company lets people sign in only from certain networks.
stopped-outside-next = Connect to your company's network and sign in again. If you are connected and still cannot get in, ask your administrator.
result-outside = Refused: from another network
change-session-outside = Signed out, since it was used on another network
deed-failure-text-changed = The text for when signing in does not work changed
deed-networks-changed = The networks to sign in from changed
deed-link-outside = Setting a password by a link was refused: from another network
deed-recovery-outside = Setting a new password was refused: from another network
said-policy-changed = The rules are changed.
said-text-changed = The text is changed.
said-networks-changed = The networks to sign in from are changed.
slip-out-of-range = Type a number from { $min } to { $max }.
slip-expiry-days = Choose 90, 180 or 365 days, or none.
slip-idle-longer = This is longer than people stay signed in at all. Make it shorter.
slip-meanwhile = Another administrator made a change in the meantime, or you have signed in again. Nothing is changed yet. What you typed is still here: look through it and go on.
slip-text-long = Use { $most } characters at most.
slip-text-lines = Use { $most } lines at most.
slip-text-unseen = There are characters in it that nobody can see. Type it anew, or take out what was copied from elsewhere.
slip-text-look-alike = “{ $word }” mixes in letters that only look alike. Type it anew.
slip-nothing-chosen = Choose one.
slip-networks-empty = Type at least one network.
slip-networks-many = Use { $most } networks at most. Wider ones can take in several.
slip-network-unreadable = “{ $typed }” is not a network. Type it like 203.0.113.0/24; up to /32 for IPv4, up to /128 for IPv6.
slip-network-host-bits = “{ $typed }” points into the middle of a network. Did you mean { $meant }?
slip-networks-everywhere = This takes in every place. To limit nobody, choose “Nobody”.
slip-network-own = The place where you are now ({ $address }) is not among them. You could not get in any more, either.
policy-group-suspicion = What looks like somebody else
policy-new-country = Sign-in from a new country
policy-new-country-hint = A sign-in from a country not seen for the member in 90 days is told to the member and to administrators. It works only where the operator brought a database of places.
policy-travel = Sign-ins too far apart
policy-travel-hint = Told to the member and to administrators. Networks that you list as your own do not count. It needs the database of places.
policy-travel-kmh = How fast people travel (km an hour)
policy-travel-kmh-hint = Told where somebody would have been faster: { $min } to { $max }. An aeroplane does about 900. Places nearer than 100 km do not count.
policy-failures = Wrong passwords in a row
policy-failures-hint = The member is told, once a day at most. The account is not stopped.
policy-failures-in-a-row = How many in a row
policy-failures-in-a-row-hint = Within an hour: { $min } to { $max }.
policy-rule-on = Told
policy-rule-off = Not told
policy-kmh = { $n } km an hour
policy-times = { NUMBER($n) ->
        [one] { $n } time
       *[other] { $n } times
    }
policy-does-suspicion = From the next sign-in on it is looked for by the new rules. What was before is not looked at again.
