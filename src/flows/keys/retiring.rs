//! An old master key goes, once nothing rests on it. Backups that were made with it need it still: that is for the operator to keep.

use super::anew::{self, Progress};
use super::{Error, Resting, Result, missing, standing};
use crate::app::App;
use crate::flows::chain::heads;
use crate::flows::pace::Pace;
use crate::model::{Timestamp, hours};
use crate::store::transaction;
use crate::store::{self, keys};
use crate::vault::seal::Rewrap;

/// Whether a key can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retire {
    /// Nothing needs it but what was allowed to be left behind.
    Ready(Resting),
    /// The file has no such key.
    NoSuch,
    /// It writes.
    Writes,
    /// The key that took over has not computed everything anew yet: `aikagi key rotate`.
    NotDone,
    /// The other key took over a short while ago: what was under way then could still write. From that time on.
    TooEarly(Timestamp),
    /// These rows need it.
    Needed(Resting),
}

/// Looks whether the key can go and, if so, throws away the workspaces' older data keys, which it could have told. With `leave` hashes
/// that nobody can compute anew are left behind: they match nothing any more.
pub async fn retire(app: &App, id: &str, leave: bool) -> Result<Retire> {
    let standing = standing(app).await?;
    let writes = standing.writes()?;
    if !app.keyring.ids().iter().any(|own| own == id) {
        return Ok(Retire::NoSuch);
    }
    if writes.id == id {
        return Ok(Retire::Writes);
    }
    if writes.done_at.is_none() {
        return Ok(Retire::NotDone);
    }
    let now = app.now();
    let from = writes.writes_from + hours(1);
    let wrote = standing.used.iter().any(|key| key.id == id);
    if wrote && from > now {
        return Ok(Retire::TooEarly(from));
    }
    let mut conn = app.db.read().await?;
    let resting = keys::resting(&mut conn, id, now).await?;
    if resting.rows() > 0 || !(leave || resting.is_nothing()) {
        return Ok(Retire::Needed(resting));
    }
    drop(conn);
    // Heads that it signed are checked by its public half, for which the key that stays vouches.
    heads::vouch(app).await?;
    if wrote {
        anew::details(app, &mut Progress::default(), &mut Pace::shared(), &mut |_| {}).await?;
        only_the_newest_data_keys(app, &writes.id).await?;
    }
    Ok(Retire::Ready(resting))
}

async fn only_the_newest_data_keys(app: &App, master: &str) -> Result<()> {
    for old in keys::wrapped(&mut app.db.read().await?, "", i64::MAX).await? {
        let key = app.keyring.unwrap_data_key(&old.id, &old.data_key)?;
        if key.count() == 1 {
            continue;
        }
        let new =
            app.keyring.rewrap(&*app.dice, master, &key, Rewrap::OnlyTheOneThatSeals).ok_or_else(|| missing(master))?;
        transaction!(app.db, conn => {
            let others = keys::sealed_otherwise(conn, &old.id, key.seals_with()).await?;
            let spoilt = store::chain::sealed_otherwise(conn, &old.id, key.seals_with()).await?;
            if spoilt > 0 {
                tracing::warn!(spoilt, workspace = old.id, "details of the audit log open with no key");
            }
            if others > 0 {
                return Err(Error::Broken(format!("{others} contacts of {} are sealed with an older data key", old.id)));
            }
            keys::set_wrapped(conn, &old, &new).await?;
            Ok(())
        })?;
    }
    Ok(())
}
