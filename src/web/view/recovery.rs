//! Getting back in: choose a way, type the code, see the ID, set a password.

use askama::Template;

use super::{Channel, Frame, Rules, TrailShown, Troubles};

/// 1/4: the ways. GET `{p}/recover`.
#[derive(Debug, Template)]
#[template(path = "pages/recover_choose.html")]
pub struct RecoverChoose {
    /// The frame.
    pub page: Frame,
}

/// 1/4: the number. GET and POST `{p}/recover/mobile`: `number`.
#[derive(Debug, Template)]
#[template(path = "pages/recover_mobile.html")]
pub struct RecoverMobile {
    /// The frame.
    pub page: Frame,
    /// What was typed.
    pub number: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// 1/4: the address. GET and POST `{p}/recover/email`: `email`, `login` (may be empty).
#[derive(Debug, Template)]
#[template(path = "pages/recover_email.html")]
pub struct RecoverEmail {
    /// The frame.
    pub page: Frame,
    /// What was typed.
    pub email: String,
    /// What was typed.
    pub login: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// Neither works: whom to ask. GET `{p}/recover/other`.
#[derive(Debug, Template)]
#[template(path = "pages/recover_other.html")]
pub struct RecoverOther {
    /// The frame.
    pub page: Frame,
    /// The workplace's own words.
    pub contact_text: Option<String>,
}

/// 2/4: the code. GET and POST `/recover/code`: `code`; POST `/recover/resend`. Says the same to all, whoever is on file.
#[derive(Debug, Template)]
#[template(path = "pages/recover_code.html")]
pub struct RecoverCode {
    /// The frame.
    pub page: Frame,
    /// How the code travels.
    pub channel: Channel,
    /// The attempt's two letters.
    pub mark: String,
    /// Whether it can still be typed.
    pub state: CodeState,
    /// Seconds for which the code can be used.
    pub seconds_left: i64,
    /// Seconds until it can be sent again; 0 when it can.
    pub resend_in: i64,
    /// Number to read to the help desk.
    pub reference: String,
    /// Sender that will be seen.
    pub sender: Option<String>,
    /// The box for those whose code does not arrive is open.
    pub does_not_arrive: bool,
    /// What became of the message: only on a device that the account knows, none for strangers.
    pub trail: Option<TrailShown>,
    /// What to mend ([`super::Slip::CodeWrong`] and so on).
    pub troubles: Troubles,
}

/// Whether a code can still be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeState {
    /// It can.
    Open,
    /// Its ten minutes are over.
    Expired,
    /// It was guessed at too often.
    Dead,
}

impl CodeState {
    /// Whether the code can be typed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open)
    }
    /// Whether its time is over.
    pub const fn is_expired(self) -> bool {
        matches!(self, Self::Expired)
    }
}

/// 3/4: the IDs of this contact. GET and POST `/recover/id`: `pick`.
#[derive(Debug, Template)]
#[template(path = "pages/recover_ids.html")]
pub struct RecoverIds {
    /// The frame.
    pub page: Frame,
    /// At least one.
    pub found: Vec<FoundId>,
    /// Where "the ID was enough" leads: the sign-in page.
    pub sign_in: String,
    /// What to mend ([`super::Slip::NothingPicked`]).
    pub troubles: Troubles,
}

/// One ID that belongs to the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundId {
    /// What the form sends.
    pub pick: String,
    /// The workplace's name.
    pub workspace: String,
    /// The whole ID: `tanaka@sakura`.
    pub login: String,
    /// The member's name.
    pub name: Option<String>,
}

/// 4/4: the password. GET and POST `/recover/password`: `password`.
#[derive(Debug, Template)]
#[template(path = "pages/recover_password.html")]
pub struct RecoverPassword {
    /// The frame.
    pub page: Frame,
    /// The whole ID.
    pub login: String,
    /// What the password has to keep.
    pub rules: Rules,
    /// What to mend.
    pub troubles: Troubles,
}

/// The attempt is over.
#[derive(Debug, Template)]
#[template(path = "pages/recover_ended.html")]
pub struct RecoverEnded {
    /// The frame.
    pub page: Frame,
    /// Why.
    pub why: Ended,
}

/// Why an attempt is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Too much time went by.
    Expired,
    /// It was carried through.
    Used,
}

/// Too many attempts; status 429.
#[derive(Debug, Template)]
#[template(path = "pages/too_many.html")]
pub struct TooMany {
    /// The frame.
    pub page: Frame,
    /// Seconds to wait, told in minutes.
    pub wait: i64,
    /// Another way that is not used up.
    pub other: Option<Channel>,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

impl Ended {
    const fn is_expired(self) -> bool {
        matches!(self, Self::Expired)
    }
}
