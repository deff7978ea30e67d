//! Follows the sign-in log some minutes behind its end and looks for somebody who got in after many failed tries in a row, for
//! one network from which many people's IDs were tried, and for what else is suspicious (`suspicion`). Nothing of it is done while anybody signs in.
//!
//! The position moves in the transaction that writes what was found, so that each line is judged once, whichever node does it. A stranger can
//! cause some alerts a day, not more: a member or a network is told once a day, and beyond a few a day nothing is sent.

use std::collections::{BTreeMap, BTreeSet};

use super::suspicion::{self, Found, Rules};
use super::{settings, write};
use crate::app::App;
use crate::flows::alarm::Event;
use crate::flows::tallies::{AHEAD, BEHIND, QUIET};
use crate::flows::{Error, Result};
use crate::model::id::{self, SignInId, WorkspaceId};
use crate::model::time::Span;
use crate::model::{AlertEvent, AlertSettings, SignInResult, Timestamp, days, hours};
use crate::store::alerts::Alert;
use crate::store::followers::{self, Position, Try};
use crate::store::{Conn, transaction};

/// How far it has come is noted under this name.
const NAME: &str = "alerts.sign_ins";
/// Within how long failures count together.
pub(super) const WITHIN: Span = hours(1);
/// Lines that are looked at once, and of one network at most.
const PIECE: usize = 1_000;
const OF_A_NETWORK: i64 = 2_000;

/// Looks at the next lines. Answers whether there are more.
pub async fn follow(app: &App) -> Result<bool> {
    let now = app.now();
    let until = now - BEHIND;
    let mut conn = app.db.read().await?;
    let Some(from) = followers::position(&mut conn, NAME).await? else {
        drop(conn);
        let first = start_of(until - WITHIN);
        transaction!(app.db, conn => followers::begin(conn, NAME, &first).await.map_err(Error::from))?;
        return Ok(true);
    };
    if from.until > until + AHEAD {
        drop(conn);
        // The clock was set back. What is looked at twice is told once.
        let again = start_of(until - WITHIN);
        transaction!(app.db, conn => followers::advance(conn, NAME, &from, &again).await.map_err(Error::from))?;
        return Ok(true);
    }
    let end = start_of(until);
    let limit = i64::try_from(PIECE).unwrap_or(i64::MAX);
    let tries = followers::tries(&mut conn, &from.position, &end.position, limit).await?;
    let more = tries.len() == PIECE;
    let to = match tries.last() {
        Some(last) if more => Position { position: last.id.clone(), until: last.at },
        _ => end,
    };
    if to.position <= from.position || (tries.is_empty() && from.until + QUIET > to.until) {
        return Ok(false);
    }
    let found = look(app, &mut conn, &tries, now).await?;
    drop(conn);
    let moved = transaction!(app.db, conn => {
        let mine = followers::advance(conn, NAME, &from, &to).await?;
        if mine {
            for alert in &found.alerts {
                write(conn, alert.clone(), now).await?;
            }
            for notice in &found.notices {
                suspicion::tell(app, conn, notice, now).await?;
            }
        }
        Ok::<_, Error>(mine)
    })?;
    if moved && !found.notices.is_empty() {
        app.outbox_bell.notify_one();
    }
    Ok(moved && more)
}

/// Where the lines of that time begin: ids sort by the time they were made.
pub(super) fn start_of(at: Timestamp) -> Position {
    Position { position: id::text(SignInId::PREFIX, at, [0; 10]), until: at }
}

/// What is in these lines.
async fn look(app: &App, conn: &mut Conn, tries: &[Try], now: Timestamp) -> Result<Found> {
    let mut decided: BTreeMap<WorkspaceId, AlertSettings> = BTreeMap::new();
    let mut networks: BTreeMap<(&WorkspaceId, &str), &Try> = BTreeMap::new();
    let mut rules: BTreeMap<WorkspaceId, Rules> = BTreeMap::new();
    let (mut found, mut got_in) = (Vec::new(), Vec::new());
    for one in tries {
        let Some(workspace) = &one.workspace_id else { continue };
        if !decided.contains_key(workspace) {
            decided.insert(workspace.clone(), settings(conn, workspace).await?.0);
            rules.extend(Rules::of(conn, workspace).await?.map(|rules| (workspace.clone(), rules)));
        }
        let Some(settings) = decided.get(workspace) else { continue };
        if one.result == SignInResult::Done && settings.hears_of(AlertEvent::SignInAfterFailures) {
            if let Some(alert) = after_failures(conn, workspace, one, settings, now).await? {
                got_in.extend(
                    one.member_id
                        .as_ref()
                        .map(|member| suspicion::notice(Event::AfterFailures, (workspace, member), one, None)),
                );
                found.push(alert);
            }
        } else if is_guess(one.result) && settings.hears_of(AlertEvent::NetworkFailures) {
            networks.insert((workspace, &one.network), one);
        }
    }
    let Some(end) = tries.last() else { return Ok(Found::default()) };
    for ((workspace, network), last) in networks {
        let Some(settings) = decided.get(workspace) else { continue };
        found.extend(of_network(conn, (workspace, network), (last, &end.id), settings, now).await?);
    }
    let mut all = suspicion::look(app, conn, tries, &rules, now).await?;
    all.alerts.extend(found);
    all.notices.extend(got_in);
    Ok(all)
}

/// Whether somebody typed what was not right, or was not even looked at.
pub(super) const fn is_guess(result: SignInResult) -> bool {
    matches!(
        result,
        SignInResult::WrongPassword | SignInResult::UnknownId | SignInResult::TooMany | SignInResult::BudgetSpent
    )
}

async fn after_failures(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    done: &Try,
    settings: &AlertSettings,
    now: Timestamp,
) -> Result<Option<Alert>> {
    let Some(member) = &done.member_id else { return Ok(None) };
    let wanted = usize::try_from(settings.failures_in_a_row).unwrap_or(usize::MAX);
    let from = start_of(done.at - WITHIN).position;
    // As many as a row can be long, so that it is told how long it was.
    let limit = i64::from(AlertSettings::FAILURES.1);
    let before = followers::tries_before(conn, member, &from, &done.id, limit).await?;
    let row = before.iter().take_while(|one| is_guess(one.result)).count();
    if row < wanted {
        return Ok(None);
    }
    Ok(Some(Alert {
        workspace_id: Some(workspace.clone()),
        member_id: Some(member.clone()),
        times: i64::try_from(row).unwrap_or(i64::MAX),
        ..Alert::new(AlertEvent::SignInAfterFailures, member.0.clone(), done.at.window(days(1)), now)
    }))
}

/// Counted are members whose newest try from there failed, since who mistypes and then gets in is no stranger; and tries with IDs that nobody has, of which
/// the log does not say what they were: those of the workspace by themselves, those of none only beside a member.
async fn of_network(
    conn: &mut Conn,
    (workspace, network): (&WorkspaceId, &str),
    (last, upto): (&Try, &str),
    settings: &AlertSettings,
    now: Timestamp,
) -> Result<Option<Alert>> {
    let from = start_of(last.at - WITHIN).position;
    let lines = followers::tries_from(conn, workspace, network, &from, upto, OF_A_NETWORK).await?;
    let (mut seen, mut members, mut unknown) = (BTreeSet::new(), 0_i64, 0_i64);
    for line in &lines {
        match &line.member_id {
            Some(member) => members += i64::from(seen.insert(member) && is_guess(line.result)),
            None => unknown += i64::from(line.result == SignInResult::UnknownId),
        }
    }
    if members > 0 {
        unknown += followers::unknown_from(conn, network, &from, upto, OF_A_NETWORK).await?;
    }
    let people = members + unknown;
    if people < i64::from(settings.members_of_a_network) {
        return Ok(None);
    }
    let scope = format!("{workspace} {network}");
    Ok(Some(Alert {
        workspace_id: Some(workspace.clone()),
        network: Some(network.to_owned()),
        times: people,
        ..Alert::new(AlertEvent::NetworkFailures, scope, last.at.window(days(1)), now)
    }))
}
