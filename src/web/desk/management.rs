//! Services that manage devices: owners connect them, try them out, and part from them.

use super::alerts::{bad_url, shown_once};
use crate::flows::desk::{Outcome, alerts};
use crate::flows::management::{self, Credentials, Tried};
use crate::flows::session::Signed;
use crate::model::{Action, Secret, WipeWay};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::management::{ManagementPage, ReachedShown, TriedShown};
use crate::web::view::{Said, Slip, Troubles, moment};

const PATH: &str = "admin/management";

/// What was typed.
#[derive(Default)]
struct Typed {
    url: String,
    tenant: String,
    client: String,
}

/// The page.
pub async fn get(call: Call, signed: Signed) -> Answer {
    show(call, &signed, Typed::default(), None, Troubles::none()).await
}

async fn show(mut call: Call, signed: &Signed, typed: Typed, tried: Option<TriedShown>, troubles: Troubles) -> Answer {
    let locale = call.locale();
    let reached = {
        let seat = super::seat(&call, signed, Action::SeePolicy)?;
        management::reached(&call.app, &seat).await?
    };
    let one = |way: WipeWay| {
        reached.iter().find(|it| it.way == way).map(|it| ReachedShown {
            place: it.place.clone(),
            since: moment(locale, it.set_at),
            both_until: it.both_until.map(|at| moment(locale, at)),
        })
    };
    let any = troubles.any();
    let page = ManagementPage {
        webhook: one(WipeWay::Webhook),
        graph: one(WipeWay::Graph),
        tried,
        url: typed.url,
        tenant: typed.tenant,
        client: typed.client,
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Any program.
pub async fn post_webhook(call: Call, signed: Signed) -> Answer {
    let url = call.form.text("url").trim().to_owned();
    let url = match alerts::target(&call.app, &url) {
        Ok(url) if url.len() <= 1_000 => url,
        refused => {
            let slip = refused.err().map_or(Slip::UrlUnreadable, bad_url);
            let troubles = Troubles::one(call.locale(), "url", slip);
            return show(call, &signed, Typed { url, ..Typed::default() }, None, troubles).await;
        }
    };
    let made = {
        let seat = super::seat(&call, &signed, Action::SetManagement)?;
        management::set_webhook(&call.app, &seat, &url).await?
    };
    secret(call, &signed, made, false)
}

/// Another secret.
pub async fn post_secret(call: Call, signed: Signed) -> Answer {
    let made = {
        let seat = super::seat(&call, &signed, Action::SetManagement)?;
        management::renew_secret(&call.app, &seat).await?
    };
    secret(call, &signed, made, true)
}

fn secret(call: Call, signed: &Signed, made: Outcome<Secret>, renewed: bool) -> Answer {
    shown_once(call, signed, made, renewed, (PATH, "management-secret-lead"))
}

fn back(call: Call, signed: &Signed) -> Answer {
    call.go(&format!("/w/{}/{PATH}", signed.slug))
}

/// Microsoft Intune.
pub async fn post_graph(mut call: Call, signed: Signed) -> Answer {
    let typed = |name: &str| call.form.text(name).trim().to_owned();
    let (tenant, client, secret) = (typed("tenant"), typed("client"), typed("secret"));
    let (locale, mut troubles) = (call.locale(), Troubles::none());
    if !is_guid(&tenant) && !is_domain(&tenant) {
        troubles.push(locale, "tenant", Slip::TenantForm);
    }
    if !is_guid(&client) {
        troubles.push(locale, "client", Slip::GuidForm);
    }
    if secret.is_empty() || secret.len() > 256 || !secret.bytes().all(|b| b.is_ascii_graphic()) {
        troubles.push(locale, "secret", Slip::ClientSecretForm);
    }
    if troubles.any() {
        return show(call, &signed, Typed { url: String::new(), tenant, client }, None, troubles).await;
    }
    let set = {
        let seat = super::seat(&call, &signed, Action::SetManagement)?;
        management::set_graph(&call.app, &seat, &Credentials { tenant, client, secret }).await?
    };
    let said = match set {
        Ok(()) => Said::ManagementSet,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    back(call, &signed)
}

/// `00000000-0000-0000-0000-000000000000`
pub(super) fn is_guid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.concat().bytes().all(|b| b.is_ascii_hexdigit())
}

/// `sakura.example.jp`: letters, digits and hyphens between dots, which a path may hold.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && inside && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

fn way(call: &Call) -> Result<WipeWay, Failure> {
    match call.param("way") {
        Some("webhook") => Ok(WipeWay::Webhook),
        Some("graph") => Ok(WipeWay::Graph),
        _ => Err(Failure::NotFound),
    }
}

/// Is asked something that changes nothing.
pub async fn post_try(mut call: Call, signed: Signed) -> Answer {
    let way = way(&call)?;
    let tried = {
        let seat = super::seat(&call, &signed, Action::SetManagement)?;
        management::try_out(&call.app, &seat, way).await?
    };
    let said = match tried {
        Ok(tried @ (Tried::Good(_) | Tried::Bad(_))) => {
            let good = matches!(tried, Tried::Good(_));
            let (Tried::Good(said) | Tried::Bad(said)) = tried else { return Err(Failure::BadRequest) };
            let tried = Some(TriedShown { way, good, said });
            return show(call, &signed, Typed::default(), tried, Troubles::none()).await;
        }
        Ok(Tried::TooMany) => Said::WebhookTestsSpent,
        Ok(Tried::None) => Said::NothingToDo,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    back(call, &signed)
}

/// It is not reached any more.
pub async fn post_remove(mut call: Call, signed: Signed) -> Answer {
    let way = way(&call)?;
    let removed = {
        let seat = super::seat(&call, &signed, Action::SetManagement)?;
        management::disconnect(&call.app, &seat, way).await?
    };
    let said = match removed {
        Ok(()) => Said::ManagementRemoved,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    back(call, &signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_an_id_or_a_domain_and_never_a_path() {
        assert!(is_guid("0f3a2b1c-1111-2222-3333-444455556666"));
        for bad in ["", "0f3a2b1c111122223333444455556666", "0f3a2b1c-1111-2222-3333-44445555666/", "../../x"] {
            assert!(!is_guid(bad), "{bad}");
        }
        assert!(is_domain("sakura.onmicrosoft.com"));
        for bad in ["", "sakura", "a..b", "-a.jp", "a.jp/x", "a.jp?x", "さくら.jp", "a b.jp", ".jp"] {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
