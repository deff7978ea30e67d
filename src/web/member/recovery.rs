//! 「ID・パスワードの確認」, page by page. The browser holds the attempt's handle in a cookie; every page asks the flow
//! anew how far the attempt has come.

use axum::http::StatusCode;

use super::{own, password, slips, trail};
use crate::flows::Wait;
use crate::flows::recovery::{self, Check, Finish, Found, Reach, Resend, Shown, Start, Step};
use crate::flows::workspaces::Workspace;
use crate::model::{CodeTyped, EmailAddress, LoginTyped, Phone, Secret, id::MemberId};
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::failure::Failure;
use crate::web::view::{
    Channel, CodeState, Ended, FoundId, RecoverChoose, RecoverCode, RecoverEmail, RecoverEnded, RecoverIds,
    RecoverMobile, RecoverOther, RecoverPassword, Said, Slip, StoppedKind, TooMany, Troubles,
};

/// 1 / 4: by which way.
pub async fn get_choose(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    call.page(&RecoverChoose { page })
}

/// The number.
pub async fn get_mobile(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    call.page(&RecoverMobile { page, number: String::new(), troubles: Troubles::none() })
}

/// Asks for a code by SMS.
pub async fn post_mobile(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let number = call.form.text("number").to_owned();
    match Phone::parse(&number, &call.app.config.countries) {
        Ok(phone) => begin(call, workspace.as_ref(), &Reach::Mobile(phone)).await,
        Err(trouble) => {
            let troubles = Troubles::one(call.locale(), "number", Slip::from(trouble));
            let page = call.frame_of(workspace.as_ref());
            call.mend(&RecoverMobile { page, number, troubles })
        }
    }
}

/// The address and, where remembered, the ID.
pub async fn get_email(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    call.page(&RecoverEmail { page, email: String::new(), login: String::new(), troubles: Troubles::none() })
}

/// Asks for a code by e-mail.
pub async fn post_email(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let (email, login) = (call.form.text("email").to_owned(), call.form.text("login").to_owned());
    let locale = call.locale();
    let mut troubles = Troubles::none();
    let address = EmailAddress::parse(&email);
    if let Err(trouble) = &address {
        troubles.push(locale, "email", Slip::from(*trouble));
    }
    let typed = if login.trim().is_empty() { Ok(None) } else { LoginTyped::parse(&login).map(Some) };
    if let Err(trouble) = &typed {
        troubles.push(locale, "login", Slip::from(*trouble));
    }
    if let (Ok(address), Ok(typed)) = (address, typed) {
        return begin(call, workspace.as_ref(), &Reach::Email(address, typed)).await;
    }
    let page = call.frame_of(workspace.as_ref());
    call.mend(&RecoverEmail { page, email, login, troubles })
}

async fn begin(call: Call, workspace: Option<&Workspace>, reach: &Reach) -> Answer {
    let slug = workspace.map(|workspace| workspace.slug.as_str());
    let other = match reach {
        Reach::Mobile(_) => Channel::Email,
        Reach::Email(..) => Channel::Mobile,
    };
    let start = recovery::start(&call.app, slug, reach, &call.visitor).await?;
    begun(call, workspace, start, Some(other))
}

/// On to the code, whatever the attempt is for.
pub(super) fn begun(mut call: Call, workspace: Option<&Workspace>, start: Start, other: Option<Channel>) -> Answer {
    match start {
        Start::Sent(started) => {
            call.set(Cookie::Recovery, &started.handle.text);
            call.go("/recover/code")
        }
        Start::Wait(wait) => too_many(call, workspace, wait, other),
        Start::NoWorkspace => Err(Failure::NotFound),
    }
}

fn too_many(mut call: Call, workspace: Option<&Workspace>, wait: Wait, other: Option<Channel>) -> Answer {
    let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
    let contact_text = workspace.and_then(|workspace| workspace.contact_text(call.locale()).map(str::to_owned));
    let page = call.frame_of(workspace);
    call.wait_page(seconds, &TooMany { page, wait: seconds, other, contact_text })
}

/// Neither way works: whom to ask.
pub async fn get_other(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let contact_text =
        workspace.as_ref().and_then(|workspace| workspace.contact_text(call.locale()).map(str::to_owned));
    let page = call.frame_of(workspace.as_ref());
    call.page(&RecoverOther { page, contact_text })
}

/// The attempt that this browser holds, and the workspace whose page it began on.
struct Held {
    handle: Secret,
    shown: Shown,
    workspace: Option<Workspace>,
}

async fn held(call: &Call) -> Result<Option<Held>, crate::web::failure::Failure> {
    let Some(handle) = call.cookie(Cookie::Recovery) else { return Ok(None) };
    let Some(shown) = recovery::show(&call.app, &handle, &call.visitor).await? else {
        return Ok(None);
    };
    let workspace = match &shown.workspace {
        Some(id) => crate::flows::workspaces::by_id(&call.app, id).await?,
        None => None,
    };
    Ok(Some(Held { handle, shown, workspace }))
}

fn ended(mut call: Call, why: Ended) -> Answer {
    let page = call.frame();
    call.page_with(StatusCode::GONE, &RecoverEnded { page, why })
}

/// 2 / 4: the code.
pub async fn get_code(call: Call) -> Answer {
    match held(&call).await? {
        None => ended(call, Ended::Expired),
        Some(held) => match held.shown.step {
            Step::Code => code_page(call, &held, After::Opened).await,
            Step::Proved => call.go("/recover/id"),
            Step::Ended => ended(call, Ended::Used),
        },
    }
}

/// How far the message has come, as it goes on. A device that the account does not know is told nothing.
pub async fn get_state(call: Call) -> Answer {
    let handle = call.cookie(Cookie::Recovery).ok_or(Failure::NotFound)?;
    let followed = recovery::followed(&call.app, &handle, call.visitor.now).await?;
    trail::stream(&call, followed).await
}

/// What the page answers to.
enum After {
    /// It was opened.
    Opened,
    /// A code was typed that did not do.
    Code(Slip),
    /// Another code was asked for too soon: what stands under "it does not arrive" stays open.
    Resend,
}

async fn code_page(mut call: Call, held: &Held, after: After) -> Answer {
    // A stranger's page costs no more than it ever did.
    let followed =
        if held.shown.on_device { recovery::followed(&call.app, &held.handle, call.visitor.now).await? } else { None };
    let trail = trail::shown(&call, followed.as_ref(), "/recover/code/state".to_owned()).await?;
    let now = call.visitor.now;
    let shown = &held.shown;
    let seconds_left = now.until(shown.code_until).as_seconds();
    let does_not_arrive = matches!(after, After::Resend);
    let slip = if let After::Code(slip) = after { Some(slip) } else { None };
    let mends = slip.is_some();
    let state = match (shown.tries_left, seconds_left) {
        (0, _) => CodeState::Dead,
        (_, 0) => CodeState::Expired,
        _ => CodeState::Open,
    };
    let page = RecoverCode {
        page: call.frame_of(held.workspace.as_ref()),
        channel: own::channel(shown.kind),
        mark: shown.mark.clone(),
        state,
        seconds_left,
        resend_in: now.until(shown.resend_from).as_seconds(),
        reference: shown.reference.clone(),
        sender: call.app.config.sms_sender.clone(),
        does_not_arrive,
        trail,
        troubles: slip.map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "code", slip)),
    };
    if mends { call.mend(&page) } else { call.page(&page) }
}

/// Types the code.
pub async fn post_code(call: Call) -> Answer {
    let Some(mut held) = held(&call).await? else { return ended(call, Ended::Expired) };
    let sender = call.app.config.sms_sender.as_deref();
    let typed = match CodeTyped::parse(call.form.text("code"), sender) {
        Ok(typed) => typed,
        Err(trouble) => return code_page(call, &held, After::Code(Slip::from(trouble))).await,
    };
    match recovery::check(&call.app, &held.handle, &typed, &call.visitor).await? {
        Check::Right => call.go("/recover/id"),
        Check::Wrong { tries_left } => {
            held.shown.tries_left = tries_left;
            let slip = if tries_left > 0 { Slip::CodeWrong(tries_left) } else { Slip::CodeOver };
            code_page(call, &held, After::Code(slip)).await
        }
        Check::Dead => {
            let slip = if held.shown.tries_left == 0 { Slip::CodeOver } else { Slip::CodeExpired };
            code_page(call, &held, After::Code(slip)).await
        }
        Check::Ended => ended(call, Ended::Expired),
    }
}

/// The answer to "send it again" may stay on the screen under this address; who comes back to it belongs to the code.
pub async fn get_resend(call: Call) -> Answer {
    call.go("/recover/code")
}

/// Sends another code.
pub async fn post_resend(mut call: Call) -> Answer {
    let Some(held) = held(&call).await? else { return ended(call, Ended::Expired) };
    match recovery::resend(&call.app, &held.handle, &call.visitor).await? {
        Resend::Sent => {
            call.say_next(Said::CodeSentAgain);
            call.go("/recover/code")
        }
        Resend::Wait(wait) if wait.until == held.shown.resend_from => {
            let seconds = call.visitor.now.until(wait.until).as_seconds();
            call.say(&Slip::ResendSoon(seconds));
            code_page(call, &held, After::Resend).await
        }
        Resend::Wait(wait) => too_many(call, held.workspace.as_ref(), wait, None),
        Resend::Ended => ended(call, Ended::Expired),
    }
}

fn whole_id(found: &Found) -> String {
    format!("{}@{}", found.login, found.slug)
}

/// 3 / 4: the IDs of the contact. Here one may stop.
pub async fn get_ids(call: Call) -> Answer {
    ids_page(call, None).await
}

async fn ids_page(mut call: Call, slip: Option<Slip>) -> Answer {
    let Some(held) = held(&call).await? else { return ended(call, Ended::Expired) };
    let Some(found) = recovery::ids(&call.app, &held.handle, &call.visitor).await? else {
        return call.go("/recover/code");
    };
    if found.is_empty() {
        return ended(call, Ended::Expired);
    }
    let only = if let [one] = found.as_slice() { Some(own::door(&one.slug)) } else { None };
    let page = RecoverIds {
        page: call.frame_of(held.workspace.as_ref()),
        found: found
            .iter()
            .map(|found| FoundId {
                pick: found.member.to_string(),
                workspace: found.workspace_name.clone(),
                login: whole_id(found),
                name: Some(found.name.clone()),
            })
            .collect(),
        sign_in: only.unwrap_or_else(|| "/sign-in".to_owned()),
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "pick", slip)),
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// Chooses whose password to set.
pub async fn post_ids(call: Call) -> Answer {
    let Some(held) = held(&call).await? else { return ended(call, Ended::Expired) };
    let pick = MemberId(call.form.text("pick").to_owned());
    if recovery::choose(&call.app, &held.handle, &pick, &call.visitor).await?.is_some() {
        return call.go("/recover/password");
    }
    ids_page(call, Some(Slip::NothingPicked)).await
}

/// 4 / 4: the new password.
pub async fn get_password(call: Call) -> Answer {
    password_page(call, Troubles::none()).await
}

async fn password_page(mut call: Call, troubles: Troubles) -> Answer {
    let Some(held) = held(&call).await? else { return ended(call, Ended::Expired) };
    if held.shown.step == Step::Ended {
        return ended(call, Ended::Used);
    }
    let Some((found, rules)) = recovery::chosen(&call.app, &held.handle, &call.visitor).await? else {
        return call.go("/recover/id");
    };
    if !rules.admit(&call.visitor) {
        let contact_text = rules.contact_text(call.locale()).map(str::to_owned);
        return super::sign_in::stopped(call, StoppedKind::Outside, contact_text).await;
    }
    let any = troubles.any();
    let page = RecoverPassword {
        page: call.frame_of(held.workspace.as_ref()),
        login: whole_id(&found),
        rules: password::rules(call.locale(), &rules),
        troubles,
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Sets it, and leads back to the door with the ID filled in. No session is given.
pub async fn post_password(mut call: Call) -> Answer {
    let Some(held) = held(&call).await? else { return ended(call, Ended::Expired) };
    let typed = call.form.secret("password");
    match recovery::set_password(&call.app, &held.handle, &typed, &call.visitor).await? {
        Finish::Done(found) => {
            call.clear(Cookie::Recovery);
            call.say_next(Said::PasswordSet);
            call.set_login(&whole_id(&found));
            call.go(&own::door(&found.slug))
        }
        Finish::Refused(troubles) => {
            let troubles = slips::passwords(call.locale(), &troubles);
            password_page(call, troubles).await
        }
        Finish::Outside(contact_text) => super::sign_in::stopped(call, StoppedKind::Outside, contact_text).await,
        Finish::NotChosen => call.go("/recover/id"),
        Finish::Ended => ended(call, Ended::Used),
    }
}
