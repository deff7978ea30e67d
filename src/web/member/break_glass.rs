//! Where an owner types the code from the envelope.

use crate::flows::owners::{self, Opened};
use crate::model::{LoginName, LoginTyped, Slug};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::BreakGlassPage;
use crate::web::view::{Slip, StoppedKind, TooMany, Trouble, Troubles};
use crate::wording;

/// The form.
pub async fn get(call: Call) -> Answer {
    form(call, Troubles::none()).await
}

async fn form(mut call: Call, troubles: Troubles) -> Answer {
    let workspace = call.workspace().await?.ok_or(Failure::NotFound)?;
    let login = call.form.text("login").to_owned();
    let page = BreakGlassPage { page: call.frame_of(Some(&workspace)), login, troubles };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// The code.
pub async fn post(mut call: Call) -> Answer {
    let workspace = call.workspace().await?.ok_or(Failure::NotFound)?;
    let slug = Slug::parse(&workspace.slug).map_err(|_| Failure::NotFound)?;
    let login = match login(call.form.text("login")) {
        Ok(login) => login,
        Err(slip) => {
            let troubles = Troubles::one(call.locale(), "login", slip);
            return form(call, troubles).await;
        }
    };
    let typed = call.form.secret("code");
    match owners::open(&call.app, &slug, &login, &typed, &call.visitor).await? {
        Opened::Link(path) => call.go(&path),
        Opened::Wrong => {
            let text = wording::text(call.locale(), "break-glass-wrong", &[]);
            form(call, Troubles::from(vec![Trouble { field: "code", text }])).await
        }
        Opened::Outside(contact_text) => super::sign_in::stopped(call, StoppedKind::Outside, contact_text).await,
        Opened::Wait(wait) => {
            let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
            let contact_text = workspace.contact_text(call.locale()).map(str::to_owned);
            let page = TooMany { page: call.frame_of(Some(&workspace)), wait: seconds, other: None, contact_text };
            call.wait_page(seconds, &page)
        }
    }
}

/// The bare name; whoever types the whole ID means the same.
fn login(typed: &str) -> Result<LoginName, Slip> {
    match LoginTyped::parse(typed).map_err(Slip::from)? {
        LoginTyped::Name { name, .. } => Ok(name),
        LoginTyped::WorkEmail(_) => Err(Slip::LoginEmail),
    }
}
