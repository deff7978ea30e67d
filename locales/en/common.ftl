# What stands on every page.

brand = Aikagi 合鍵
language-other = 日本語
language-label = Language
skip = Skip to the page
menu-label = Menu
menu-home = Home
menu-contacts = Contacts
menu-password = Password
menu-sessions = Devices
menu-leave = Sign out
demo-bar = This server is for trying things out.
demo-bar-link = See its telephone and mailbox
summary-title = Please check what you typed
optional = optional
step = { $n } of { $of }: { $name }
show-password = Show
hide-password = Hide
password-shown = The password is visible
caps-lock = Caps Lock is on: letters come out as capitals.
kana-input = Your keyboard may be set to kana. Please switch it to letters and digits.
strength-empty = Longer is safer. A few words in a row are easier to remember than random signs.
strength-short = %n more characters needed.
strength-same = The same signs or a simple sequence repeat. Please add other words.
strength-id = It holds a part of your ID. Other words beside it make it safer.
strength-enough = Long enough.
strength-good = A good long password.
span-seconds = { $s } s
span-minutes = { $m } min
span-minutes-seconds = { $m } min { $s } s
span-hours =
    { NUMBER($h) ->
        [one] 1 hour
       *[other] { $h } hours
    }
span-hours-minutes = { $h } h { $m } min
span-days =
    { NUMBER($d) ->
        [one] 1 day
       *[other] { $d } days
    }
time-left = Good for { $time }.
time-over = The time is over. Please send a new code.
resend = Send it again
resend-in = You can send it again in { $time }.
reference = Reference number
mobile = Mobile number
email = Personal email
password = Password
password-new = New password
password-rule-length = { $min } characters or more, of any kind. Spaces and Japanese are fine too.
password-rule-own = Not your ID or name, and not just a common word.
code = Code (8 digits)
code-hint = Spaces and full-width digits are fine.
code-mark = Use the one that bears the same mark, “{ $mark }”.
next = Continue
back = Back
ask-admin = Ask your administrator
ask-admin-generic = Ask whoever looks after this service at your workplace (often general affairs or IT), in person or by your usual telephone. Once they know it is you, they let you back in.
ask-admin-note = Never tell them, or anybody, your password or a code.
what-next = What comes next
