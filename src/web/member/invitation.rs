//! The page that takes an invitation's code: typed from an SMS or a slip, or filled in by a link. Opening it changes nothing.

use crate::flows::invitation::{self, Opened};
use crate::model::ForcedSecret;
use crate::web::call::{Answer, Call};
use crate::web::view::{InvitationPage, Trouble, Troubles};
use crate::wording;

/// The page; a link brings the code along.
pub async fn get(mut call: Call) -> Answer {
    let code = call.param("code").and_then(ForcedSecret::parse);
    let code = code.map(|code| code.grouped().expose().to_owned()).unwrap_or_default();
    let page = InvitationPage { code, troubles: Troubles::none(), page: call.frame() };
    call.page(&page)
}

/// Exchanges the code, and leads to the page that sets a password.
pub async fn post(mut call: Call) -> Answer {
    let typed = call.form.secret("code");
    let (key, wait) = match invitation::open(&call.app, typed.expose(), &call.visitor).await? {
        Opened::Link(path) => return call.go(&path),
        Opened::Unknown => ("code-page-unknown", None),
        Opened::Wait(seconds) => ("code-page-wait", Some(seconds)),
    };
    let troubles = Troubles::from(vec![Trouble { field: "code", text: wording::text(call.locale(), key, &[]) }]);
    let page = InvitationPage { code: typed.expose().chars().take(64).collect(), troubles, page: call.frame() };
    match wait {
        Some(seconds) => call.wait_page(seconds, &page),
        None => call.mend(&page),
    }
}
