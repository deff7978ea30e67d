//! What in the sign-in log looks as if somebody else had come in: a country that is new to the member, two places that nobody travels between so
//! fast, many wrong passwords in a row. The member's contacts are told, once a day of each kind, and administrators of what got in.
//!
//! Nothing of it closes anything: strangers can cause wrong passwords, and a database of places errs. What it tells of wrong passwords alone has no
//! button, so that nobody is brought to hold their own account by a stranger's doing.

use std::collections::{BTreeMap, BTreeSet};

use super::watch::{WITHIN, is_guess, start_of};
use crate::app::App;
use crate::flows::alarm::{self, Event};
use crate::flows::{Error, Result, networks};
use crate::model::id::{MemberId, WorkspaceId};
use crate::model::policy::SuspicionPolicy;
use crate::model::time::Span;
use crate::model::{AlertEvent, ContactKind, MemberState, Networks, Policy, SignInResult, Timestamp, days};
use crate::places::Place;
use crate::store::alerts::Alert;
use crate::store::followers::{self, Try};
use crate::store::limits::{self, Window};
use crate::store::{self, Conn};

/// A country in which the member did not sign in for so long is new.
const REMEMBERED: Span = days(90);
/// Sign-ins of a member that are looked at for it, the newest; and those that another one is compared with.
const OF_A_MEMBER: i64 = 2_000;
const COMPARED: i64 = 50;
/// Nobody takes longer to the other side of the earth, at the lowest speed that the policy knows.
const ON_THE_WAY: Span = days(3);
/// Nearer places are one: such databases err by that much.
const NEAR_KM: f64 = 100.0;

/// What a workspace decided.
pub(super) struct Rules {
    rules: SuspicionPolicy,
    /// Networks that it lists as its own: where people come out of them says nothing of where they are.
    own: Option<Networks>,
}

/// What a member is to be told.
pub(super) struct Notice {
    workspace: WorkspaceId,
    member: MemberId,
    event: Event,
    subject: String,
    place: Option<(Place, String)>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub alerts: Vec<Alert>,
    pub notices: Vec<Notice>,
}

impl Rules {
    pub(super) async fn of(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Self>> {
        let Some(row) = store::workspaces::by_id(conn, workspace).await? else { return Ok(None) };
        let policy = Policy::from_json(&row.policy).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Some(Self { rules: policy.suspicion, own: networks::of_row(row.networks.as_deref())? }))
    }

    /// Where a network lies, but for the workspace's own.
    fn place(&self, app: &App, network: &str) -> Option<Place> {
        let address = network.split('/').next()?.parse().ok()?;
        let is_own = self.own.as_ref().is_some_and(|own| own.contain(address));
        if is_own { None } else { app.places.as_ref()?.of(address) }
    }
}

/// Looks at these tries, which follow each other.
pub(super) async fn look(
    app: &App,
    conn: &mut Conn,
    tries: &[Try],
    rules: &BTreeMap<WorkspaceId, Rules>,
    now: Timestamp,
) -> Result<Found> {
    let mut found = Found::default();
    let mut failed: BTreeMap<&MemberId, &Try> = BTreeMap::new();
    for one in tries {
        let (Some(workspace), Some(member)) = (&one.workspace_id, &one.member_id) else { continue };
        let Some(rules) = rules.get(workspace) else { continue };
        if is_guess(one.result) && rules.rules.failures {
            failed.insert(member, one);
        }
        if one.result != SignInResult::Done {
            continue;
        }
        if let Some(here) = rules.place(app, &one.network) {
            if rules.rules.new_country && is_new_country(app, conn, (member, one), &here).await? {
                let scope = format!("{member} {}", here.country);
                found.alerts.push(alert(AlertEvent::NewCountry, (workspace, member), (scope, 0), one, now));
                found.notices.push(notice(Event::NewCountry, (workspace, member), one, Some(&here)));
            }
            if rules.rules.travel
                && let Some(km) = far_apart(app, conn, rules, (member, one), &here).await?
            {
                let scope = member.to_string();
                found.alerts.push(alert(AlertEvent::FarApart, (workspace, member), (scope, km), one, now));
                found.notices.push(notice(Event::FarApart, (workspace, member), one, Some(&here)));
            }
        }
    }
    for (member, last) in failed {
        let Some((workspace, rules)) = last.workspace_id.as_ref().and_then(|id| Some((id, rules.get(id)?))) else {
            continue;
        };
        let row = 1 + guesses_before(conn, (member, last), i64::from(rules.rules.failures_in_a_row)).await?;
        if row >= usize::try_from(rules.rules.failures_in_a_row).unwrap_or(usize::MAX) {
            found.notices.push(notice(Event::FailedTries, (workspace, member), last, None));
        }
    }
    Ok(found)
}

/// How many wrong tries in a row went before this one, `most` at most.
async fn guesses_before(conn: &mut Conn, (member, one): (&MemberId, &Try), most: i64) -> Result<usize> {
    let from = start_of(one.at - WITHIN).position;
    let before = followers::tries_before(conn, member, &from, &one.id, most).await?;
    Ok(before.iter().take_while(|one| is_guess(one.result)).count())
}

/// Whether the member signed in from places lately, and never from this country.
async fn is_new_country(app: &App, conn: &mut Conn, (member, one): (&MemberId, &Try), here: &Place) -> Result<bool> {
    let Some(places) = &app.places else { return Ok(false) };
    let from = start_of(one.at - REMEMBERED).position;
    let before = followers::networks_before(conn, member, &from, &one.id, OF_A_MEMBER).await?;
    let places = before.iter().filter_map(|network| places.of_network(network));
    let known: BTreeSet<String> = places.map(|place| place.country).collect();
    Ok(!known.is_empty() && !known.contains(&here.country))
}

/// How far it is from where the member signed in last, if nobody gets here from there in the time between.
async fn far_apart(
    app: &App,
    conn: &mut Conn,
    rules: &Rules,
    (member, one): (&MemberId, &Try),
    here: &Place,
) -> Result<Option<i64>> {
    let from = start_of(one.at - ON_THE_WAY).position;
    let before = followers::tries_before(conn, member, &from, &one.id, COMPARED).await?;
    let last = before.iter().filter(|last| last.result == SignInResult::Done).find_map(|last| {
        let km = rules.place(app, &last.network)?.kilometres_to(here)?;
        Some((km, last.at.until(one.at)))
    });
    let Some((km, time)) = last else { return Ok(None) };
    #[expect(clippy::cast_precision_loss, reason = "three days of microseconds")]
    let hours = time.as_micros().max(0) as f64 / 3_600e6;
    let is_too_far = km >= NEAR_KM && km > f64::from(rules.rules.travel_kmh) * hours;
    #[expect(clippy::cast_possible_truncation, reason = "not longer than half around the earth")]
    let whole = km.round() as i64;
    Ok(is_too_far.then_some(whole))
}

fn alert(
    event: AlertEvent,
    (workspace, member): (&WorkspaceId, &MemberId),
    (scope, times): (String, i64),
    one: &Try,
    now: Timestamp,
) -> Alert {
    Alert {
        workspace_id: Some(workspace.clone()),
        member_id: Some(member.clone()),
        network: Some(one.network.clone()),
        times,
        ..Alert::new(event, scope, one.at.window(days(1)), now)
    }
}

pub(super) fn notice(
    event: Event,
    (workspace, member): (&WorkspaceId, &MemberId),
    one: &Try,
    place: Option<&Place>,
) -> Notice {
    Notice {
        workspace: workspace.clone(),
        member: member.clone(),
        event,
        subject: one.id.clone(),
        place: place.map(|place| (place.clone(), one.network.clone())),
    }
}

/// Tells the member, once a day of each kind. What strangers can cause goes by email where there is an address, since an SMS costs money.
pub(super) async fn tell(app: &App, conn: &mut Conn, notice: &Notice, now: Timestamp) -> Result<()> {
    let Some(member) = store::members::by_id(conn, &notice.workspace, &notice.member).await? else { return Ok(()) };
    if member.state != MemberState::Active || member.held_at.is_some() {
        return Ok(());
    }
    let key = format!("suspicion:{}:{}", notice.event.as_str(), member.id);
    if !limits::take(conn, &key, Window::new(1, days(1)), now).await? {
        return Ok(());
    }
    let mut contacts = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let by_mail = |contact: &store::contacts::Contact| contact.kind == ContactKind::Email && contact.is_told();
    if notice.event == Event::FailedTries && contacts.iter().any(by_mail) {
        contacts.retain(by_mail);
    }
    let about = notice.place.as_ref().map(|(place, network)| {
        format!("{} ({})", place.in_words(member.locale), network.strip_suffix("/32").unwrap_or(network))
    });
    let news = alarm::News { event: notice.event, subject: &notice.subject, about: about.as_deref(), reference: None };
    alarm::tell_all(app, conn, &member, &contacts, news, now).await
}
