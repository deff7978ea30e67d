//! Several reasons at once, as sentences beside their field.

use crate::flows::password::Trouble;
use crate::model::Locale;
use crate::web::view::{Slip, Troubles};

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
