//! The web app as it is installed on a device: its manifest (W3C Application Manifest), its service worker (W3C Service Workers), and the one page that the device keeps
//! for when there is no connection.

use axum::http::header;
use axum::response::IntoResponse as _;
use serde_json::json;

use super::own;
use crate::flows::history;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{ChangeShown, Offline, asset, asset_path, moment};
use crate::wording;

/// A workplace's app: it opens at one's own page.
pub async fn manifest(call: Call) -> Answer {
    let workspace = call.workspace().await?.ok_or(Failure::NotFound)?;
    let home = format!("/w/{}/me", workspace.slug);
    let icon = |purpose: &str| json!({ "src": asset_path("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": purpose });
    let manifest = json!({
        "id": home,
        "name": format!("{} - {}", wording::text(call.locale(), "brand", &[]), workspace.name),
        "short_name": wording::text(call.locale(), "brand", &[]),
        "lang": call.locale().as_str(),
        "start_url": home,
        "scope": format!("/w/{}/", workspace.slug),
        "display": "standalone",
        "background_color": "#f5f4f0",
        "theme_color": "#f5f4f0",
        "icons": [icon("any"), icon("maskable")],
    });
    Ok(([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response())
}

/// The worker, at the root, since what it may look after lies under its own address.
pub async fn worker(_: Call) -> Answer {
    let worker = asset("js/worker.js").ok_or(Failure::NotFound)?;
    Ok(([(header::CONTENT_TYPE, worker.kind)], worker.bytes).into_response())
}

/// What the device keeps: whom to ask, and what changed lately.
pub async fn offline(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let locale = call.locale();
    let changes = history::recent(&call.app, &signed).await?;
    let page = Offline {
        kept: moment(locale, call.visitor.now),
        contact_text: signed.contact_text(locale).map(str::to_owned),
        changes: changes
            .into_iter()
            .map(|(at, deed)| ChangeShown { at: moment(locale, at), text: wording::text(locale, deed.key(), &[]) })
            .collect(),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}
