//! Everything that can be computed anew is, with the key that writes: data keys are wrapped, waiting messages sealed, contacts sealed and
//! indexed, the audit log's details sealed. In small transactions by id, with pauses where servers run; interrupted, it goes on with what is left.
//!
//! What is only a hash of something that nobody here knows (passwords, tokens, codes) names its key and stays with it: passwords and known
//! devices until their owner comes again, all others until they end.

use super::rotation::BATCH;
use super::{Error, Result, missing, standing};
use crate::app::App;
use crate::deliver::webhook::Webhook;
use crate::deliver::worker::{BODY, DESTINATION};
use crate::flows::contacts::canonical;
use crate::flows::pace::Pace;
use crate::flows::recovery::CONTACT;
use crate::flows::{DETAILS, agents, management};
use crate::model::id::WorkspaceId;
use crate::store::chain;
use crate::store::keys::{self, Letter, Sealed};
use crate::store::transaction;
use crate::store::{self, alert_settings};
use crate::vault::seal::Rewrap;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many rows were looked at.
    pub seen: u64,
    /// How many of them were written anew.
    pub anew: u64,
}

/// Computes anew whatever rests on another key than the one that writes. `tell` hears of every batch. Answers how many rows were
/// written; nothing is left then but what was written with an older key in this very moment.
pub async fn compute(app: &App, mut tell: impl FnMut(Progress)) -> Result<Progress> {
    let id = standing(app).await?.writes()?.id.clone();
    let (mut progress, mut pace) = (Progress::default(), Pace::shared());
    workspaces(app, &id, &mut progress).await?;
    webhooks(app, &id, &mut progress).await?;
    agent_keys(app, &id, &mut progress).await?;
    managements(app, &id, &mut progress).await?;
    letters(app, &id, &mut progress, &mut pace, &mut tell).await?;
    contacts(app, &id, &mut progress, &mut pace, &mut tell).await?;
    details(app, &mut progress, &mut pace, &mut tell).await?;
    Ok(progress)
}

/// How many rows rest on older keys that can be computed anew.
pub async fn left(app: &App) -> Result<i64> {
    let standing = standing(app).await?;
    let mut conn = app.db.read().await?;
    let mut rows = 0;
    for older in standing.used.iter().skip(1) {
        rows += keys::resting(&mut conn, &older.id, app.now()).await?.rows();
    }
    Ok(rows)
}

/// Writes down that nothing is left. Answers false, and does not, while something is.
pub async fn finish(app: &App) -> Result<bool> {
    if left(app).await? > 0 {
        return Ok(false);
    }
    let standing = standing(app).await?;
    let writes = standing.writes()?;
    transaction!(app.db, conn => keys::set_done(conn, &writes.id, app.now()).await)?;
    super::refresh(app).await?;
    Ok(true)
}

/// Those that were made with the older key in the moment of the change.
async fn workspaces(app: &App, id: &str, progress: &mut Progress) -> Result<()> {
    let mut after = String::new();
    loop {
        let all = keys::wrapped(&mut app.db.read().await?, &after, BATCH).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let prefix = format!("w1.{id}.");
        for old in all.iter().filter(|workspace| !workspace.data_key.starts_with(&prefix)) {
            let key = app.keyring.unwrap_data_key(&old.id, &old.data_key)?;
            let new = app.keyring.rewrap(&*app.dice, id, &key, Rewrap::AsItIs).ok_or_else(|| missing(id))?;
            transaction!(app.db, conn => keys::set_wrapped(conn, old, &new).await).map_err(Error::from)?;
            progress.anew += 1;
        }
    }
}

/// One for each workspace at most.
async fn webhooks(app: &App, id: &str, progress: &mut Progress) -> Result<()> {
    let prefix = format!("s1.{id}.");
    for old in alert_settings::list(&mut app.db.read().await?).await? {
        let Some(sealed) = old.webhook.as_deref().filter(|sealed| !sealed.starts_with(&prefix)) else { continue };
        let webhook = Webhook::open(&app.keyring, &old.workspace_id, sealed)?;
        let new = webhook.seal(&app.keyring, &*app.dice, &old.workspace_id);
        transaction!(app.db, conn => alert_settings::reseal(conn, &old, &new).await).map_err(Error::from)?;
        progress.anew += 1;
    }
    Ok(())
}

/// One for each workspace at most.
async fn agent_keys(app: &App, id: &str, progress: &mut Progress) -> Result<()> {
    let prefix = format!("s1.{id}.");
    for old in store::agents::keys(&mut app.db.read().await?).await? {
        if old.seed.starts_with(&prefix) {
            continue;
        }
        let seed = agents::open_seed(app, &old)?;
        let new = agents::seal_seed(app, &old.workspace_id, &seed);
        transaction!(app.db, conn => store::agents::reseal(conn, &old, &new).await).map_err(Error::from)?;
        progress.anew += 1;
    }
    Ok(())
}

/// One of each kind for each workspace at most.
async fn managements(app: &App, id: &str, progress: &mut Progress) -> Result<()> {
    let prefix = format!("s1.{id}.");
    for old in store::managements::list(&mut app.db.read().await?).await? {
        if old.access.starts_with(&prefix) {
            continue;
        }
        let new = management::open(app, &old)?.seal(app, &old.workspace_id);
        transaction!(app.db, conn => store::managements::reseal(conn, &old, &new).await).map_err(Error::from)?;
        progress.anew += 1;
    }
    Ok(())
}

async fn letters(
    app: &App,
    id: &str,
    progress: &mut Progress,
    pace: &mut Pace,
    tell: &mut impl FnMut(Progress),
) -> Result<()> {
    let key = app.keyring.server_key();
    let ours = |text: &Option<String>| text.as_deref().is_none_or(|text| text.starts_with(&format!("s1.{id}.")));
    let seal = |label: &str, letter: &Letter, text: &Option<String>| -> Result<Option<String>> {
        let Some(text) = text else { return Ok(None) };
        let plain = key.open(label, &letter.id, text)?;
        Ok(Some(key.seal(&*app.dice, label, &letter.id, &plain)))
    };
    let mut after = String::new();
    loop {
        let all = keys::letters(&mut app.db.read().await?, &after, BATCH).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after.clone_from(&last.id);
        progress.seen += all.len() as u64;
        let mut changed = Vec::new();
        for letter in all.iter().filter(|letter| !ours(&letter.destination) || !ours(&letter.body)) {
            changed.push((letter, seal(DESTINATION, letter, &letter.destination)?, seal(BODY, letter, &letter.body)?));
        }
        let write = async {
            transaction!(app.db, conn => {
                let mut rows = 0;
                for (letter, destination, body) in &changed {
                    rows += u64::from(keys::set_letter(conn, letter, destination.as_deref(), body.as_deref()).await?);
                }
                Ok::<_, Error>(rows)
            })
        };
        rest(app, pace, changed.len()).await?;
        progress.anew += pace.time(write).await?;
        tell(*progress);
    }
}

async fn contacts(
    app: &App,
    id: &str,
    progress: &mut Progress,
    pace: &mut Pace,
    tell: &mut impl FnMut(Progress),
) -> Result<()> {
    let mut after = String::new();
    loop {
        let all = keys::contacts(&mut app.db.read().await?, &after, BATCH).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after.clone_from(&last.id);
        progress.seen += all.len() as u64;
        let mut changed = Vec::new();
        for contact in &all {
            if let Some((address, index)) = anew(app, id, contact)? {
                changed.push((contact, address, index));
            }
        }
        let write = async {
            transaction!(app.db, conn => {
                let mut rows = 0;
                for (contact, address, index) in &changed {
                    let mut done = keys::set_sealed(conn, contact, address, index).await?;
                    if !done && keys::drop_twin(conn, contact, index, app.now()).await? > 0 {
                        done = keys::set_sealed(conn, contact, address, index).await?;
                    }
                    rows += u64::from(done);
                }
                Ok::<_, Error>(rows)
            })
        };
        rest(app, pace, changed.len()).await?;
        progress.anew += pace.time(write).await?;
        tell(*progress);
    }
}

/// What changed, in the audit log. Its chain is over what was sealed, not over the sealed text.
pub(super) async fn details(
    app: &App,
    progress: &mut Progress,
    pace: &mut Pace,
    tell: &mut impl FnMut(Progress),
) -> Result<()> {
    let mut after = String::new();
    loop {
        let all = chain::sealed(&mut app.db.read().await?, &after, BATCH).await?;
        let Some(last) = all.last() else { return Ok(()) };
        after.clone_from(&last.id);
        progress.seen += all.len() as u64;
        let mut changed = Vec::new();
        for old in &all {
            let key = app.data_key(&WorkspaceId(old.workspace_id.clone()), &old.data_key)?;
            if old.details.starts_with(&format!("s1.{}.", key.seals_with())) {
                continue;
            }
            // What does not open was spoilt by somebody, and stays as the proof of it.
            if let Ok(plain) = key.open(DETAILS, &old.id, &old.details) {
                changed.push((old, key.seal(&*app.dice, DETAILS, &old.id, &plain)));
            }
        }
        let write = async {
            transaction!(app.db, conn => {
                let mut rows = 0;
                for (old, sealed) in &changed {
                    rows += u64::from(chain::set_sealed(conn, old, sealed).await?);
                }
                Ok::<_, Error>(rows)
            })
        };
        rest(app, pace, changed.len()).await?;
        progress.anew += pace.time(write).await?;
        tell(*progress);
    }
}

/// Leaves the database to the servers for a while, before so many rows are written, if any server runs.
async fn rest(app: &App, pace: &Pace, rows: usize) -> Result<()> {
    if rows > 0 && !super::servers(app).await?.is_empty() {
        pace.rest().await;
    }
    Ok(())
}

/// The contact's new sealed text and index; none where it has both.
fn anew(app: &App, id: &str, contact: &Sealed) -> Result<Option<(String, String)>> {
    let key = app.data_key(&WorkspaceId(contact.workspace_id.clone()), &contact.data_key)?;
    let index_is_ours = contact.address_index.starts_with(&format!("{id}."));
    if index_is_ours && contact.address.starts_with(&format!("s1.{}.", key.seals_with())) {
        return Ok(None);
    }
    let plain = key.open_text(CONTACT, &contact.id, &contact.address)?;
    let (kind, canonical) = (contact.kind.as_str(), canonical(contact.kind, &plain)?);
    let index_by = |id: &str| app.keyring.contact_index_of(id, kind, &canonical);
    // What does not come out the same with the older key would be lost under the new one: better to stop.
    let (older, _) = contact.address_index.split_once('.').unwrap_or_default();
    if index_by(older).as_deref() != Some(&contact.address_index) {
        return Err(Error::Broken(format!("the index of {} is not that of its address", contact.id)));
    }
    let address = key.seal(&*app.dice, CONTACT, &contact.id, plain.as_bytes());
    Ok(Some((address, index_by(id).ok_or_else(|| missing(id))?)))
}
