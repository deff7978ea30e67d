//! The chain of the audit log. A change writes its row and knows nothing of it; a moment later `append` gives what waits its place behind
//! the rows before, once a day the end of each chain is signed, and whoever has the public key can prove later that nothing was changed, put
//! in or taken out (`proof`). What is of a person can be erased (`erase`) and old rows forgotten (`forget`) without breaking it.
//!
//! docs/decisions/0008-audit-chain.md says what this proves and what it does not.

mod elsewhere;
pub mod erase;
pub mod forget;
pub mod heads;
pub mod proof;
pub mod rounds;

use super::pace::Pace;
use super::{DETAILS, Error, Result};
use crate::app::App;
use crate::model::id::{AuditId, WorkspaceId};
use crate::store::chain::{self, Chained, Place, Tip};
use crate::store::logs::Audit;
use crate::store::{self, Conn, transaction};
use crate::vault::{DataKey, chain as hashes};

/// How many rows get their place in one transaction.
const BATCH: i64 = 200;

/// What a row is read as: with its details opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves; see `store::logs::Audit`")]
pub struct Row {
    pub id: String,
    pub workspace_id: Option<String>,
    pub action: String,
    pub at: i64,
    pub actor: String,
    pub network: Option<String>,
    pub member_id: Option<String>,
    pub subject: Option<String>,
    pub reference: Option<String>,
    /// JSON.
    pub details: Option<String>,
}

/// What stands in a row's place after it was erased.
const ERASED: &str = "erased";

impl Row {
    fn new(line: &Audit, key: Option<&DataKey>) -> Self {
        // Details that do not open count as they stand, so that one spoilt row does not keep all others from their places.
        let open = |sealed: &String| match key.map(|key| key.open_text(DETAILS, line.id.as_str(), sealed)) {
            Some(Ok(plain)) => plain.to_string(),
            _ => sealed.clone(),
        };
        Self {
            id: line.id.0.clone(),
            workspace_id: line.workspace_id.as_ref().map(|id| id.0.clone()),
            action: line.action.clone(),
            at: line.at.0,
            actor: line.actor.clone(),
            network: line.network.clone(),
            member_id: line.member_id.as_ref().map(|id| id.0.clone()),
            subject: line.subject.clone(),
            reference: line.reference.clone(),
            details: line.details.as_ref().map(open),
        }
    }

    /// The name of the chain that it belongs to.
    pub fn chain(&self) -> &str {
        self.workspace_id.as_deref().unwrap_or_default()
    }

    fn by(&self, salt: &str) -> String {
        hashes::hash("aikagi audit by 1", &[Some(salt), Some(&self.actor), self.network.as_deref()])
    }

    fn about(&self, salt: &str) -> String {
        let parts = [&self.member_id, &self.subject, &self.reference, &self.details];
        let [member, subject, reference, details] = parts.map(|part| part.as_deref());
        hashes::hash("aikagi audit about 1", &[Some(salt), member, subject, reference, details])
    }

    /// The hash of a part by what is kept of it: its salt, or the hash itself where the part was erased and holds nothing any more.
    fn leaf(kept: &str, is_erased: bool, hash: impl Fn(&str) -> String) -> Option<String> {
        match kept.split_once('.')? {
            ("s", salt) => Some(hash(salt)),
            ("h", hash) if is_erased => Some(hash.to_owned()),
            _ => None,
        }
    }

    /// The link of this row behind another one; none where something of it is not as it can be.
    fn link(&self, before: &str, nth: i64, by_leaf: &str, about_leaf: &str) -> Option<String> {
        let by_is_erased = self.actor == ERASED && self.network.is_none();
        let parts = [&self.member_id, &self.subject, &self.reference, &self.details];
        let by = Self::leaf(by_leaf, by_is_erased, |salt| self.by(salt))?;
        let about = Self::leaf(about_leaf, parts.iter().all(|part| part.is_none()), |salt| self.about(salt))?;
        let (nth, at) = (nth.to_string(), self.at.to_string());
        let all = [before, &nth, self.chain(), &self.id, &self.action, &at, &by, &about];
        Some(hashes::hash("aikagi audit link 1", &all.map(Some)))
    }
}

/// Gives every row that waits its place, and answers how many there were. Any node may do it at any time, several at once: the end of a
/// chain is held by one of them.
pub async fn append(app: &App) -> Result<u64> {
    let (mut pace, mut rows, mut from) = (Pace::far_behind(), 0, String::new());
    let mut again = false;
    loop {
        let next = chain::waiting(&mut app.db.read().await?, &from).await?;
        let Some(name) = next else {
            // Once around is not all where one chain had more than a batch: each gets its turn.
            if !std::mem::take(&mut again) {
                return Ok(rows);
            }
            from.clear();
            continue;
        };
        pace.rest().await;
        let done = pace.time(async { transaction!(app.db, conn => batch(app, conn, &name).await) }).await?;
        rows += done;
        again |= done == BATCH.unsigned_abs();
        // Ids are of one length, so that nothing is between this and the next.
        from = name + " ";
    }
}

async fn batch(app: &App, conn: &mut Conn, name: &str) -> Result<u64> {
    let mut tip = chain::take_tip(conn, name).await?;
    let lines = chain::unchained(conn, name, BATCH).await?;
    // After the rows: what the newest of them is sealed with is in the workspace's row by now.
    let key = data_key(app, conn, name).await?;
    let mut places = Vec::with_capacity(lines.len());
    for line in &lines {
        let place = place(app, &tip, &Row::new(line, key.as_deref()))?;
        tip = Tip { nth: place.nth, link: place.link.clone(), ..tip };
        places.push((line.id.clone(), place));
    }
    if !places.is_empty() {
        store::apply(conn, chain::set_places(&places).chain([chain::set_tip(&tip)])).await?;
    }
    Ok(places.len() as u64)
}

fn place(app: &App, tip: &Tip, row: &Row) -> Result<Place> {
    let nth = tip.nth + 1;
    let [by_leaf, about_leaf] = [0, 1].map(|_| format!("s.{}", hashes::salt(app.chance())));
    let link = row.link(&tip.link, nth, &by_leaf, &about_leaf);
    let link = link.ok_or_else(|| Error::Broken("a fresh salt is not one".to_owned()))?;
    Ok(Place { nth, by_leaf, about_leaf, link })
}

/// The key that a chain's details are sealed with; none for the chain of no workspace.
async fn data_key(app: &App, conn: &mut Conn, name: &str) -> Result<Option<std::sync::Arc<DataKey>>> {
    if name.is_empty() {
        return Ok(None);
    }
    let Some(workspace) = store::workspaces::by_id(conn, &WorkspaceId(name.to_owned())).await? else { return Ok(None) };
    Ok(Some(app.data_key(&workspace.id, &workspace.data_key)?))
}

/// A row in its place, with its details opened and the names that it goes by today.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it says.
    pub row: Row,
    /// Where it stands.
    pub place: Place,
    /// The workspace's slug.
    pub slug: Option<String>,
    /// The login name of whom it concerns.
    pub login: Option<String>,
}

/// The next rows of a chain behind the place `after`.
pub async fn page(app: &App, name: &str, after: i64) -> Result<Vec<Entry>> {
    page_on(app, &mut app.db.read().await?, name, after).await
}

async fn page_on(app: &App, conn: &mut Conn, name: &str, after: i64) -> Result<Vec<Entry>> {
    const AT_ONCE: i64 = 1_000;
    let some = chain::page(conn, name, after, AT_ONCE).await?;
    let key = data_key(app, conn, name).await?;
    let entry = |one: Chained| Entry {
        row: Row::new(&one.line, key.as_deref()),
        place: one.place,
        slug: one.slug,
        login: one.login,
    };
    Ok(some.into_iter().map(entry).collect())
}

/// The names of all chains.
pub async fn names(app: &App) -> Result<Vec<String>> {
    Ok(chain::names(&mut app.db.read().await?).await?)
}

/// A row's id, for the statements that need it as one.
fn id_of(row: &Row) -> AuditId {
    AuditId(row.id.clone())
}
