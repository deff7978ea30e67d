//! The door: sign in, sign out, and 「ログインできない」.

use axum::http::StatusCode;

use super::own;
use crate::flows::sign_in::{self, Attempt, Outcome, Refusal};
use crate::flows::wipes;
use crate::flows::workspaces::Workspace;
use crate::model::Locale;
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::failure::Failure;
use crate::web::view::{CannotSignIn, Said, SignIn, Slip, Stopped, StoppedKind, Troubles};

/// `/` and `/w/{slug}`: on to one's own page, or to the door.
pub async fn root(call: Call) -> Answer {
    let signed = call.signed().await?;
    let workspace = call.workspace().await?;
    match (signed, workspace) {
        (Some(signed), _) => call.go(&format!("/w/{}/me", signed.slug)),
        (None, Some(workspace)) => call.go(&format!("/w/{}/sign-in", workspace.slug)),
        (None, None) => call.go("/sign-in"),
    }
}

/// The page. An old slug leads to the new one.
pub async fn get(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    if let Some(workspace) = &workspace
        && call.param("slug") != Some(workspace.slug.as_str())
    {
        return call.go(&format!("/w/{}/sign-in", workspace.slug));
    }
    if wipes::is_due(&call.app, &call.visitor).await? {
        return call.go("/wiped");
    }
    let login = call.take_login();
    let page = call.frame_of(workspace.as_ref());
    call.page(&SignIn { page, login, troubles: Troubles::none(), wait: None, own_texts: Vec::new() })
}

/// ID and password.
pub async fn post(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let login = call.form.text("login").to_owned();
    let slug = workspace.as_ref().map(|workspace| workspace.slug.as_str());
    let attempt = Attempt {
        workspace: slug,
        login: &login,
        password: call.form.secret("password"),
        replaces: slug.and_then(|slug| call.cookie(Cookie::Session(slug))),
    };
    let refusal = match sign_in::enter(&call.app, attempt, &call.visitor).await? {
        Outcome::Done(done) => {
            let slug = &done.slug;
            call.set(Cookie::Session(slug), &done.session.text);
            if let Some(device) = &done.device {
                call.set(Cookie::Device, &device.text);
            }
            call.clear(Cookie::Recovery);
            let rest = if done.checkup { "me/checkup" } else { "me" };
            return call.go(&format!("/w/{slug}/{rest}"));
        }
        // No session: only the page to set a password opens.
        Outcome::SetPassword(opened) => {
            call.clear(Cookie::Recovery);
            return call.go(&opened.link);
        }
        Outcome::Refused(refusal) => refusal,
    };
    let locale = call.locale();
    let mut page = SignIn {
        page: call.frame_of(workspace.as_ref()),
        login,
        troubles: Troubles::none(),
        wait: None,
        own_texts: Vec::new(),
    };
    page.troubles = match refusal {
        Refusal::Login(trouble) => Troubles::one(locale, "login", Slip::from(trouble)),
        Refusal::WorkspaceMissing => Troubles::one(locale, "login", Slip::WorkspaceMissing),
        Refusal::PasswordMissing => Troubles::one(locale, "password", Slip::PasswordEmpty),
        Refusal::PasswordTooLong => Troubles::one(locale, "password", Slip::PasswordLong),
        Refusal::Wrong => {
            page.own_texts = own_texts(workspace.as_ref(), locale);
            Troubles::one(locale, "", Slip::SignInFailed)
        }
        Refusal::Wait(until) => {
            let seconds = call.visitor.now.until(until).as_seconds().max(1);
            page.wait = Some(seconds);
            page.own_texts = own_texts(workspace.as_ref(), locale);
            return call.wait_page(seconds, &page);
        }
        Refusal::Suspended(contact_text) => return stopped(call, StoppedKind::Suspended, contact_text).await,
        Refusal::Held(contact_text) => return stopped(call, StoppedKind::Held, contact_text).await,
        Refusal::Outside(contact_text) => return stopped(call, StoppedKind::Outside, contact_text).await,
        Refusal::DeviceLost(_) if wipes::is_due(&call.app, &call.visitor).await? => return call.go("/wiped"),
        Refusal::DeviceLost(contact_text) => return stopped(call, StoppedKind::DeviceLost, contact_text).await,
        Refusal::ChangeDemanded(contact_text) => return stopped(call, StoppedKind::Demanded, contact_text).await,
    };
    call.mend(&page)
}

/// What the workplace says to everybody who was not let in on its page, whatever the reason.
fn own_texts(workspace: Option<&Workspace>, locale: Locale) -> Vec<String> {
    let texts = workspace.map(|workspace| [workspace.failure_text(locale), workspace.contact_text(locale)]);
    texts.into_iter().flatten().flatten().map(str::to_owned).collect()
}

pub(super) async fn stopped(mut call: Call, kind: StoppedKind, contact_text: Option<String>) -> Answer {
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    call.page_with(StatusCode::FORBIDDEN, &Stopped { page, kind, contact_text })
}

/// Signs out here and says so on the door.
pub async fn post_sign_out(mut call: Call) -> Answer {
    let slug = call.param("slug").ok_or(Failure::NotFound)?.to_owned();
    if let Some(signed) = call.signed().await? {
        crate::flows::session::sign_out(&call.app, &signed, &call.visitor).await?;
    }
    call.clear(Cookie::Session(&slug));
    call.say_next(Said::SignedOut);
    call.go(&own::door(&slug))
}

/// 「ログインできない」: the causes, each ending in the right step.
pub async fn get_cannot(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let contact_text =
        workspace.as_ref().and_then(|workspace| workspace.contact_text(call.locale()).map(str::to_owned));
    let page = call.frame_of(workspace.as_ref());
    call.page(&CannotSignIn { page, contact_text })
}
