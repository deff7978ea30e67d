//! Which master key writes. The database says it, so that all servers change within a second; the key file only says which keys there are.
//!
//! `rotation` brings a new key into use, `anew` computes everything anew with it, `retiring` lets an old one go. How a server that runs
//! and one that starts come to know is here.

pub mod anew;
pub mod retiring;
pub mod rotation;

use super::{Error, Result};
use crate::app::App;
use crate::model::{Timestamp, days, seconds, time::Span};
use crate::store::keys::{self, MasterKey, Server};
use crate::store::transaction;
use crate::vault::{MasterKeys, keys::KeyMissing};

pub use crate::store::keys::Resting;

/// A server that said nothing for so long does not run.
pub const SILENT: Span = seconds(20);

/// What the database says, and which key of the file has never written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The keys that write or wrote, the present one first.
    pub used: Vec<MasterKey>,
    /// The newest key of the file that never wrote: it can take over.
    pub waiting: Option<String>,
}

impl Standing {
    fn of(used: Vec<MasterKey>, ids: &[String]) -> Self {
        let waiting = ids.iter().rev().find(|id| !used.iter().any(|key| key.id == **id)).cloned();
        Self { used, waiting }
    }

    /// The key that writes.
    pub fn writes(&self) -> Result<&MasterKey> {
        self.used.first().ok_or_else(|| Error::Broken("the database does not say which master key writes".to_owned()))
    }

    /// The key to look things up with besides: the older one until everything is computed anew, then the one that may take over.
    fn other(&self) -> Option<&str> {
        let former = self.used.get(1).map(|key| key.id.as_str());
        match self.used.first() {
            Some(key) if key.done_at.is_some() => self.waiting.as_deref().or(former),
            _ => former,
        }
    }
}

/// How the keys stand.
pub async fn standing(app: &App) -> Result<Standing> {
    let used = keys::list(&mut app.db.even_if_shut().read().await?).await?;
    Ok(Standing::of(used, &app.keyring.ids()))
}

/// A starting program works with the keys as the database says; refused if they cannot open what is there. On a database that says
/// nothing yet, the oldest key of the file has written all that is looked up.
pub async fn begin(app: &App) -> Result<()> {
    let mut conn = app.db.read().await?;
    for workspace in keys::wrapped(&mut conn, "", 1).await? {
        app.keyring.unwrap_data_key(&workspace.id, &workspace.data_key)?;
    }
    let is_new = keys::list(&mut conn).await?.is_empty();
    drop(conn);
    if is_new {
        let oldest = app.keyring.writes();
        transaction!(app.db, conn => {
            if keys::insert(conn, &oldest, 0, app.now()).await? {
                keys::name_older(conn, &oldest).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
    refresh(app).await
}

/// Writes with the key that the database names from now on. A server that does not have it reads and changes nothing more until it has.
pub async fn refresh(app: &App) -> Result<()> {
    let standing = standing(app).await?;
    let turned = app.keyring.turn(&standing.writes()?.id, standing.other());
    app.db.set_lacks_key(turned.is_err());
    Ok(turned?)
}

/// For a program that works for long beside the servers: takes the keys as the file and the database have them by now.
pub async fn keep_up(app: &App) -> Result<()> {
    let standing = standing(app).await?;
    // With a file that cannot be read it goes on as long as the keys at hand will do.
    if let Ok(file) = MasterKeys::read(&app.config.master_key_file)
        && !file.ids().eq(app.keyring.ids())
    {
        app.keyring.replace_and_turn(&file, &standing.writes()?.id)?;
    }
    refresh(app).await
}

/// Says that this server runs and which keys it has.
pub async fn announce(app: &App, id: &str) -> Result<()> {
    let server = Server {
        id: id.to_owned(),
        keys: app.keyring.ids().join(","),
        writes: app.keyring.writes(),
        other: app.keyring.other(),
        seen_at: time(app).await?,
    };
    // A server that is shut says so, too: it is to be waited for.
    let db = app.db.even_if_shut();
    Ok(transaction!(db, conn => keys::set_seen(conn, &server).await)?)
}

/// Says that this server ends.
pub async fn farewell(app: &App, id: &str) -> Result<()> {
    let (db, day_ago) = (app.db.even_if_shut(), time(app).await? - days(1));
    Ok(transaction!(db, conn => keys::forget_server(conn, id, day_ago).await)?)
}

/// The servers that run.
pub async fn servers(app: &App) -> Result<Vec<Server>> {
    let now = time(app).await?;
    Ok(keys::servers(&mut app.db.read().await?, SILENT, now).await?)
}

/// The time of day on the database's clock, where it has one: servers speak and are judged by the same, however far their own are apart.
async fn time(app: &App) -> Result<Timestamp> {
    let ahead = app.db.clock_ahead(|| app.now()).await?;
    Ok(Timestamp(app.now().0.saturating_add(ahead)))
}

/// A key of the file or of the database, and what rests on it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Line {
    /// As the file names it.
    pub id: String,
    /// What it is used for.
    pub state: State,
    /// Since when it writes or wrote.
    #[serde(skip)]
    pub writes_from: Option<Timestamp>,
    /// How many rows need it.
    pub resting: Resting,
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// New rows are written with it.
    Writes,
    /// It has never written.
    Waits,
    /// Older rows are read with it.
    Reads,
    /// It wrote once and is not in the key file.
    Gone,
}

/// Every key, those of the file in its order, and what rests on it.
pub async fn list(app: &App) -> Result<Vec<Line>> {
    let standing = standing(app).await?;
    let ids = app.keyring.ids();
    let gone = standing.used.iter().rev().map(|key| &key.id).filter(|id| !ids.contains(id));
    let mut conn = app.db.read().await?;
    let mut lines = Vec::new();
    for id in gone.chain(&ids) {
        let used = standing.used.iter().position(|key| key.id == *id);
        let state = match used {
            Some(_) if !ids.contains(id) => State::Gone,
            Some(0) => State::Writes,
            Some(_) => State::Reads,
            None => State::Waits,
        };
        let resting = keys::resting(&mut conn, id, app.now()).await?;
        let writes_from = used.map(|at| standing.used[at].writes_from);
        lines.push(Line { id: id.clone(), state, writes_from, resting });
    }
    Ok(lines)
}

fn missing(id: &str) -> Error {
    KeyMissing(id.to_owned()).into()
}
