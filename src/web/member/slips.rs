//! Several reasons at once, as sentences beside their field.

use crate::flows::password::Trouble;
use crate::model::{AskTrouble, Locale};
use crate::web::view::{Slip, Troubles};
use crate::wording::text;

/// Why a new password was not taken: every reason.
pub fn passwords(locale: Locale, troubles: &[Trouble]) -> Troubles {
    let mut all = Troubles::none();
    for trouble in troubles {
        let slip = match trouble {
            Trouble::UsedBefore => Slip::PasswordAgain,
            Trouble::Policy(trouble) => Slip::from(*trouble),
        };
        all.push(locale, "password", slip);
    }
    all
}

/// What to mend in a text of one's own.
pub fn asked(locale: Locale, trouble: AskTrouble, empty: &str) -> String {
    match trouble {
        AskTrouble::Empty => text(locale, empty, &[]),
        AskTrouble::TooLong(most) => text(locale, "ask-too-long", &[("most", &most.to_string())]),
        AskTrouble::Unreadable => text(locale, "ask-unreadable", &[]),
    }
}
