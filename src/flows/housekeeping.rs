//! What the server forgets by itself, and what it does when the clock jumps.

use super::{Error, Result, chain, contacts, demanded, desk, drill, recovery, tallies};
use crate::app::App;
use crate::deliver::receipts::EARLY_FOR;
use crate::model::policy::LogPolicy;
use crate::model::{Policy, Timestamp, days, hours, id, minutes};
use crate::store;
use crate::store::transaction;

/// How long it is known how many could get back in alone on a day.
const FIGURES_DAYS: i64 = 400;

/// Forgets what has ended long enough ago. Any node may do it; twice does no harm.
pub async fn tidy(app: &App) -> Result<u64> {
    let now = app.now();
    let rows = transaction!(app.db, conn => {
        conn.take_time().await?;
        let mut rows = store::codes::forget(conn, now - hours(24)).await?;
        rows += store::recoveries::forget(conn, now - days(90)).await?;
        rows += store::forced_changes::forget(conn, now - days(90)).await?;
        rows += store::limits::forget(conn, now - days(2)).await?;
        rows += store::wipes::expire(conn, now).await?;
        rows += store::sessions::forget(conn, now - days(90)).await?;
        rows += store::access_tokens::forget(conn, now - days(90)).await?;
        rows += store::alarms::forget(conn, now - days(90)).await?;
        rows += store::alerts::forget(conn, now - days(90)).await?;
        rows += store::locked_out::forget(conn, now - days(90)).await?;
        rows += store::calls::forget(conn, now - days(90)).await?;
        rows += store::warrants::forget(conn, now - days(90)).await?;
        rows += store::agents::forget(conn, now - days(90)).await?;
        rows += store::jobs::end_drafts(conn, now - days(1), now).await?;
        rows += store::invitations::forget(conn, now - days(90)).await?;
        rows += store::jobs::forget(conn, now - days(90)).await?;
        rows += store::outbox::forget(conn, now - days(90)).await?;
        rows += store::handings::forget(conn, now - EARLY_FOR, now - days(90)).await?;
        rows += store::tallies::forget(conn, now - tallies::KEPT).await?;
        rows += store::logs::forget_strangers(conn, &first_of(now - days(LogPolicy::default().sign_ins_days.into()))).await?;
        Ok::<_, Error>(rows)
    })?;
    Ok(rows + sign_ins(app, now).await? + chain::forget::old_rows(app).await?)
}

/// Each workspace keeps its sign-in log as long as its policy says.
async fn sign_ins(app: &App, now: Timestamp) -> Result<u64> {
    let mut rows = 0;
    for workspace in super::workspaces::list(app).await? {
        let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
        let before = first_of(now - days(policy.logs.sign_ins_days.into()));
        rows += transaction!(app.db, conn => {
            conn.take_time().await?;
            store::readiness::forget(conn, &workspace.id, now.day() - FIGURES_DAYS).await?;
            store::logs::forget_sign_ins(conn, &workspace.id, &before).await.map_err(Error::from)
        })?;
    }
    Ok(rows)
}

/// The smallest id of that time: ids sort by the time they were made.
fn first_of(at: Timestamp) -> id::SignInId {
    id::SignInId::new(at, [0; 10])
}

/// The wall clock went back against the monotonic one: codes, proofs and secrets that live now would live too long, so none lives, and what would be sent
/// later than it was meant is sent now or never. This goes past a database that is shut: a clock that is set back is often wrong before, or after.
pub async fn clock_went_back(app: &App) -> Result<u64> {
    let (now, db) = (app.now(), app.db.even_if_shut());
    Ok(transaction!(db, conn => {
        conn.take_time().await?;
        store::recoveries::end_proved(conn, now).await?;
        let longest = minutes(app.config.limits.sign_in_delay_cap_minutes);
        store::limits::shorten_waits(conn, now + longest).await?;
        store::forced_changes::end_all(conn, "clock", now).await?;
        store::calls::end_all(conn, now).await?;
        store::warrants::end_all(conn, now).await?;
        let purposes = [recovery::CODE, contacts::CODE, demanded::SECRET, desk::call::LETTERS, drill::CODE];
        store::outbox::end_codes(conn, purposes, now).await?;
        store::codes::void_all(conn, now).await
    })?)
}
