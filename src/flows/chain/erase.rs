//! A person leaves the audit log: who and from where, whom and what it was about, before and after are taken out of their rows, and what
//! remains is that something of this kind was done at that time. The hash of what was there is kept in its place, without the salt that would let
//! somebody guess it, so that the chain still holds.

use super::{Row, append, data_key, id_of};
use crate::app::App;
use crate::flows::{Error, Result};
use crate::model::id::{MemberId, WorkspaceId};
use crate::store::{self, chain, transaction};

/// Erases a member from all rows of the workspace, and answers how many rows that were.
pub async fn member(app: &App, workspace: &WorkspaceId, member: &MemberId) -> Result<u64> {
    const AT_ONCE: i64 = 100;
    // Only what has its place can be erased: the digest must be of what was there.
    append(app).await?;
    let mut rows = 0;
    loop {
        let done = transaction!(app.db, conn => {
            // Nobody chains or erases meanwhile.
            chain::take_tip(conn, workspace.as_str()).await?;
            let some = chain::of_person(conn, workspace.as_str(), member.as_str(), AT_ONCE).await?;
            let key = data_key(app, conn, workspace.as_str()).await?;
            let mut done = 0_u64;
            for one in &some {
                let row = Row::new(&one.line, key.as_deref());
                let is_about = row.member_id.as_deref() == Some(member.as_str());
                let is_by = row.actor == member.as_str();
                let id = id_of(&row);
                if let (true, Some(("s", salt))) = (is_by, one.place.by_leaf.split_once('.')) {
                    store::apply(conn, [chain::erase_by(&id, &format!("h.{}", row.by(salt)))]).await?;
                    done += 1;
                }
                if let (true, Some(("s", salt))) = (is_about, one.place.about_leaf.split_once('.')) {
                    store::apply(conn, [chain::erase_about(&id, &format!("h.{}", row.about(salt)))]).await?;
                    done += 1;
                }
            }
            if !some.is_empty() && done == 0 {
                return Err(Error::Broken("rows of the audit log have no salt by which they could be erased".to_owned()));
            }
            Ok::<_, Error>(some.len() as u64)
        })?;
        rows += done;
        if done == 0 {
            return Ok(rows);
        }
    }
}
