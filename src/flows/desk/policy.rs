//! What administrators decide for their workspace: the policy, the texts that people who cannot get in read, the networks that people may come from.
//!
//! Each change names what it was made upon. Where another administrator was faster nothing is changed, and the page shows both.

use super::Seat;
use crate::app::App;
use crate::flows::workspaces::{self, NETWORKS_CHANGED, WhichText, Workspace};
use crate::flows::{Deed, Error, Result};
use crate::model::{Action, Networks, OwnText, Policy};
use crate::store::{self, Conn, transaction};

/// What came of a change of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set<T> {
    /// It holds from now on.
    Done,
    /// The session or the role ended meanwhile.
    Ended,
    /// Somebody else was faster; this holds now.
    Meanwhile(T),
    /// In these values it protects less than before, which is for owners.
    ForOwners(Vec<&'static str>),
    /// The network that the form came from is not among them.
    ShutsOneselfOut,
}

/// Both languages of a text, Japanese first.
pub type Texts = [Option<String>; 2];

/// The workspace as it is now.
pub async fn look(app: &App, seat: &Seat<'_>) -> Result<Workspace> {
    let mut conn = app.db.read().await?;
    let found = store::workspaces::by_id(&mut conn, &seat.member().workspace_id).await?;
    found.ok_or_else(|| Error::Broken("a member without a workspace".to_owned()))
}

/// Another policy in the place of `was`; the caller has checked its bounds.
pub async fn set_policy(app: &App, seat: &Seat<'_>, was: &Policy, new: &Policy) -> Result<Set<Policy>> {
    transaction!(app.db, conn => {
        let Some(present) = hold(conn, seat, Action::SetPolicy).await? else { return Ok::<_, Error>(Set::Ended) };
        let before = workspaces::policy_of(&present)?;
        if before != *was {
            return Ok(Set::Meanwhile(before));
        }
        let laxer = before.laxer_in(new);
        if !laxer.is_empty() && !seat.may(Action::WeakenPolicy) {
            return Ok(Set::ForOwners(laxer));
        }
        if before != *new {
            workspaces::put_policy(app, conn, &present, new, deed(seat, "policy_changed")).await?;
        }
        Ok(Set::Done)
    })
}

/// Other words in the place of `was`.
pub async fn set_text(
    app: &App,
    seat: &Seat<'_>,
    which: WhichText,
    was: &Texts,
    new: &[Option<OwnText>; 2],
) -> Result<Set<Texts>> {
    let new = new.each_ref().map(|text| text.as_ref().map(OwnText::as_str));
    transaction!(app.db, conn => {
        let Some(present) = hold(conn, seat, Action::SetTexts).await? else { return Ok::<_, Error>(Set::Ended) };
        let before = which.of(&present);
        if before != *was {
            return Ok(Set::Meanwhile(before));
        }
        if before.each_ref().map(Option::as_deref) != new {
            workspaces::put_text(app, conn, &present, which, new, deed(seat, which.word())).await?;
        }
        Ok(Set::Done)
    })
}

/// Other networks in the place of `was`; none lets people in from everywhere.
pub async fn set_networks(
    app: &App,
    seat: &Seat<'_>,
    was: Option<&Networks>,
    new: Option<&Networks>,
) -> Result<Set<Option<Networks>>> {
    if shuts_out(seat, new) {
        return Ok(Set::ShutsOneselfOut);
    }
    transaction!(app.db, conn => {
        let Some(present) = hold(conn, seat, Action::SetNetworks).await? else { return Ok::<_, Error>(Set::Ended) };
        let before = workspaces::networks_of(&present)?;
        if before.as_ref() != was {
            return Ok(Set::Meanwhile(before));
        }
        if before.as_ref() != new {
            workspaces::put_networks(app, conn, &present, new, deed(seat, NETWORKS_CHANGED)).await?;
        }
        Ok(Set::Done)
    })
}

/// Whether whoever sits there could not come in any more from where they are.
pub fn shuts_out(seat: &Seat<'_>, new: Option<&Networks>) -> bool {
    new.is_some_and(|new| !new.contain(seat.visitor().address))
}

/// The first statements of each change: one after the other, and only by whom it is still for.
async fn hold(conn: &mut Conn, seat: &Seat<'_>, action: Action) -> Result<Option<Workspace>> {
    store::workspaces::take(conn, &seat.member().workspace_id).await?;
    match seat.hold(conn, action).await? {
        Ok(()) => Ok(store::workspaces::by_id(conn, &seat.member().workspace_id).await?),
        Err(_) => Ok(None),
    }
}

fn deed<'a>(seat: &'a Seat<'_>, action: &'a str) -> Deed<'a> {
    Deed { subject: None, ..seat.did(action, "") }
}
