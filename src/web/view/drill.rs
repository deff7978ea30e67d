//! 「入り直しの練習」: the choice of a contact, the code, the end. Each page says that it is a drill.

use askama::Template;

use super::{Channel, CodeState, ContactShown, Frame, TrailShown, Troubles};

/// GET and POST `/w/{slug}/me/drill`: `contact`.
#[derive(Debug, Template)]
#[template(path = "pages/drill.html")]
pub struct DrillChoose {
    /// The frame.
    pub page: Frame,
    /// The contacts that a recovery could use now.
    pub to: Vec<ContactShown>,
    /// When it was done last.
    pub last: Option<String>,
}

/// GET and POST `/w/{slug}/me/drill/code`: `code`; GET `…/code/state`; POST `…/resend`.
#[derive(Debug, Template)]
#[template(path = "pages/drill_code.html")]
pub struct DrillCode {
    /// The frame.
    pub page: Frame,
    /// Which way it came.
    pub channel: Channel,
    /// The number or address.
    pub shown: String,
    /// Two letters, also in the message.
    pub mark: String,
    /// Whether a code can still be typed.
    pub state: CodeState,
    /// Seconds for which the code can be used.
    pub seconds_left: i64,
    /// Seconds until another can be sent; 0 when it can.
    pub resend_in: i64,
    /// Sender that will be seen.
    pub sender: Option<String>,
    /// How far the newest code has come.
    pub trail: Option<TrailShown>,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET `/w/{slug}/me/drill/done`
#[derive(Debug, Template)]
#[template(path = "pages/drill_done.html")]
pub struct DrillDone {
    /// The frame.
    pub page: Frame,
}
