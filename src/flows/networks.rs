//! From where a workspace's people may come: every door asks here, after it knows who is meant and that they have proved it, so that nobody else
//! learns that there is a list. The list travels with the workspace's row, which each door reads anyway.

use std::net::IpAddr;

use super::{Deed, Error, Result, Visitor};
use crate::app::App;
use crate::model::{Networks, Role};
use crate::store;
use crate::store::members::Member;
use crate::store::transaction;

/// The list in a workspace's row. One that cannot be read lets nobody in.
pub(super) fn of_row(text: Option<&str>) -> Result<Option<Networks>> {
    text.map(Networks::from_json).transpose().map_err(|error| Error::Broken(error.to_string()))
}

/// Whether somebody of this role may come from this address.
pub(super) fn admit(text: Option<&str>, role: Role, address: IpAddr) -> Result<bool> {
    Ok(of_row(text)?.is_none_or(|networks| networks.admit(role, address)))
}

/// Writes down that somebody proved who they are, and was turned away for the network they came from.
pub(super) async fn turned_away(
    app: &App,
    member: &Member,
    action: &str,
    subject: &str,
    visitor: &Visitor,
) -> Result<()> {
    let deed = Deed { subject: Some(subject), ..Deed::own(member, action, visitor) };
    Ok(transaction!(app.db, conn => deed.write(app, conn, visitor.now).await)?)
}

/// Ends a session that was carried to another network.
pub(super) async fn end_session(app: &App, live: &store::sessions::Live, visitor: &Visitor) -> Result<()> {
    const WHY: &str = "session_outside";
    let (member, id, now) = (&live.member, &live.session_id, visitor.now);
    transaction!(app.db, conn => {
        if store::sessions::end(conn, &member.workspace_id, &member.id, id, WHY, now).await? {
            let deed = Deed { subject: Some(id.as_str()), ..Deed::own(member, WHY, visitor) };
            deed.write(app, conn, now).await?;
        }
        Ok(())
    })
}
