//! Codes to numbers that nobody has confirmed yet, held against how many of a country's codes are typed: whoever has such messages sent for money's sake never types
//! one. What Authgear found best for one-time codes: a day may have a fifth of the best day of two weeks or of the last 24 hours, an hour a sixth of that.

use super::guard::{Spent, Wait};
use super::{Result, alerts};
use crate::app::App;
use crate::config::Unverified;
use crate::model::id::WorkspaceId;
use crate::model::{AlertEvent, ContactKind, ContactState, Phone, Timestamp, days, hours};
use crate::store::alerts::Alert;
use crate::store::contacts::Contact;
use crate::store::limits::{self, Window};
use crate::store::{Change, Conn, messages};

/// What every country may have in a day, however few codes are typed there.
const LEAST: i64 = 20;

/// Which country's budget a code to this contact comes out of: only numbers that nobody has confirmed have one.
pub(super) fn country(contact: &Contact, to: &str) -> Option<String> {
    let counts = contact.kind == ContactKind::Mobile && contact.state == ContactState::Unverified;
    Phone::from_e164(to).filter(|_| counts).map(|phone| phone.country())
}

/// The code was typed: it counts no longer.
pub(super) fn was_typed<'a>(country: &str) -> Change<'a> {
    limits::give_back(key(country))
}

fn key(country: &str) -> String {
    format!("unverified:{country}")
}

/// What came of taking one.
pub(super) enum Taken {
    /// There was one left.
    Within,
    /// There was none, which is only recorded: it goes out.
    Recorded,
    /// There was none, and it waits.
    Held(Wait),
}

/// Takes one from the country's budget, which all workspaces share.
pub(super) async fn take(app: &App, conn: &mut Conn, country: &str, now: Timestamp) -> Result<Taken> {
    let typed = messages::entered_by_day(conn, country, now - days(14)).await?;
    let best = typed.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let lately = messages::entered_since(conn, country, now - hours(24)).await?;
    let day = LEAST.max(best / 5).max(lately / 5);
    let windows = [Window::new((day / 6).max(1), hours(1)), Window::new(day, days(1))];
    let taken = limits::take_all(conn, &key(country), &windows, now).await?;
    let Err(until) = taken else { return Ok(Taken::Within) };
    let holds = app.config.messages.unverified == Unverified::Hold;
    tracing::warn!(country, day, holds, "more codes to unconfirmed numbers than the confirmed ones let expect");
    metrics::counter!("aikagi_unverified_over_budget_total", "country" => country.to_owned()).increment(1);
    Ok(if holds { Taken::Held(Wait { until, what: Spent::Destination }) } else { Taken::Recorded })
}

/// Administrators of the workspace whose member's code was one too many hear of it, once a day and country.
pub(super) async fn tell(conn: &mut Conn, workspace: &WorkspaceId, country: &str, now: Timestamp) -> Result<()> {
    let scope = format!("{workspace} {country}");
    let alert = Alert {
        workspace_id: Some(workspace.clone()),
        ..Alert::new(AlertEvent::UnconfirmedOver, scope, now.window(days(1)), now)
    };
    alerts::write(conn, alert, now).await
}
