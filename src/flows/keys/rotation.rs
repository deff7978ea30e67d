//! A new master key takes over, in steps that can be interrupted anywhere and begun again: every server that runs can read with it; data
//! keys and open attempts are made ready; it writes; everything older is computed anew (`anew`).

use super::{Error, Result, Standing, missing, refresh, standing};
use crate::app::App;
use crate::flows::contacts::canonical;
use crate::flows::recovery::CONTACT;
use crate::model::id::WorkspaceId;
use crate::store::keys::{self, Sealed, Server};
use crate::store::transaction;
use crate::vault::seal::Rewrap;

/// How many rows are worked on in one transaction.
pub(super) const BATCH: i64 = 100;

/// What came of letting a key write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activate {
    /// It writes.
    Done,
    /// These servers run and cannot read with it, or have not seen yet that it may take over.
    NotEverywhere(Vec<Server>),
    /// A workspace or an attempt is not ready: prepare again.
    NotPrepared,
    /// Another key has begun to write meanwhile, or the one before is not done.
    Overtaken,
}

/// The servers that run and would not find what this key writes.
pub async fn unready(app: &App, id: &str) -> Result<Vec<Server>> {
    Ok(super::servers(app).await?.into_iter().filter(|server| !is_ready(server, id)).collect())
}

fn is_ready(server: &Server, id: &str) -> bool {
    server.has(id) && (server.writes == id || server.other.as_deref() == Some(id))
}

/// The servers that run and do not write with this key yet.
pub async fn behind(app: &App, id: &str) -> Result<Vec<Server>> {
    Ok(super::servers(app).await?.into_iter().filter(|server| server.writes != id).collect())
}

/// Puts a fresh data key beside every workspace's own, wrapped by the key to come, and tells every open attempt its address under that
/// key. Whoever reads a row from now on can open what will be sealed; requests that read one before need a moment to end.
pub async fn prepare(app: &App, id: &str) -> Result<()> {
    let mut after = String::new();
    loop {
        let all = keys::wrapped(&mut app.db.read().await?, &after, BATCH).await?;
        let Some(last) = all.last() else { break };
        after.clone_from(&last.id);
        let prefix = format!("w1.{id}.");
        for old in all.iter().filter(|workspace| !workspace.data_key.starts_with(&prefix)) {
            let key = app.keyring.unwrap_data_key(&old.id, &old.data_key)?;
            let new = app.keyring.rewrap(&*app.dice, id, &key, Rewrap::WithANewOne).ok_or_else(|| missing(id))?;
            transaction!(app.db, conn => keys::set_wrapped(conn, old, &new).await).map_err(Error::from)?;
        }
    }
    loop {
        let attempts = keys::attempts_without(&mut app.db.read().await?, id, BATCH, app.now()).await?;
        if attempts.is_empty() {
            return Ok(());
        }
        let mut known = Vec::new();
        for attempt in &attempts {
            known.push((attempt.recovery.as_str(), index(app, id, &attempt.contact)?));
        }
        transaction!(app.db, conn => {
            for (recovery, index) in &known {
                keys::set_other_index(conn, recovery, index).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
}

/// The contact's index under the key `id`.
pub(super) fn index(app: &App, id: &str, contact: &Sealed) -> Result<String> {
    let key = app.data_key(&WorkspaceId(contact.workspace_id.clone()), &contact.data_key)?;
    let plain = key.open_text(CONTACT, &contact.id, &contact.address)?;
    let canonical = canonical(contact.kind, &plain)?;
    app.keyring.contact_index_of(id, contact.kind.as_str(), &canonical).ok_or_else(|| missing(id))
}

/// Lets the key write, on all servers within a second, if every one that runs is ready for it.
pub async fn activate(app: &App, id: &str) -> Result<Activate> {
    let Standing { used, waiting } = standing(app).await?;
    let writes = used.first().ok_or_else(|| missing(id))?;
    if writes.done_at.is_none() || waiting.as_deref() != Some(id) {
        return Ok(Activate::Overtaken);
    }
    enum Stop {
        Refused(Activate),
        Broken(Error),
    }
    impl<E: Into<Error>> From<E> for Stop {
        fn from(error: E) -> Self {
            Self::Broken(error.into())
        }
    }
    let there = super::time(app).await?;
    let done = transaction!(app.db, conn => {
        let now = app.now();
        if !keys::insert(conn, id, writes.nth, now).await? {
            return Err(Stop::Refused(Activate::Overtaken));
        }
        let servers = keys::servers(conn, super::SILENT, there).await?;
        let unready: Vec<_> = servers.into_iter().filter(|server| !is_ready(server, id)).collect();
        if !unready.is_empty() {
            return Err(Stop::Refused(Activate::NotEverywhere(unready)));
        }
        if !keys::attempts_without(conn, id, 1, now).await?.is_empty() {
            return Err(Stop::Refused(Activate::NotPrepared));
        }
        // All in one, so that no step is taken twice: there are few workspaces, and each is one short row.
        let prefix = format!("w1.{id}.");
        for old in keys::wrapped(conn, "", i64::MAX).await? {
            if !old.data_key.starts_with(&prefix) {
                return Err(Stop::Refused(Activate::NotPrepared));
            }
            let key = app.keyring.unwrap_data_key(&old.id, &old.data_key)?;
            let new = app.keyring.rewrap(&*app.dice, id, &key, Rewrap::TheNewOneSeals).ok_or_else(|| missing(id))?;
            if !keys::set_wrapped(conn, &old, &new).await? {
                return Err(Stop::Refused(Activate::NotPrepared));
            }
        }
        Ok(())
    });
    match done {
        Ok(()) => {
            refresh(app).await?;
            Ok(Activate::Done)
        }
        Err(Stop::Refused(why)) => Ok(why),
        Err(Stop::Broken(error)) => Err(error),
    }
}
