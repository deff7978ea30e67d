//! Backup, restore, and the move to the other engine: every row of every table in one form that is the same for both.
//!
//! `form` is the stream of rows, `file` the sealed file around it, `target` the empty database that is being filled. What a
//! restore ends and why stands in `docs/decisions/0007-backup-form.md`.

mod file;
mod form;
mod target;

use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::model::{Timestamp, id::AuditId};
use crate::store::restored::Ended;
use crate::store::{self, Db, alone, restored, transaction, unfinished, whole};
use crate::vault::stream::{Opener, Sealer};
use crate::vault::{Dice, Keyring, dice};

pub use form::{Head, Total};

/// Why it was not done. The texts are for the operator and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed, or is not in order.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The file cannot be read or written, or is not as it was made.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// There is such a file.
    #[error("{} is there already: nothing was changed; choose another name, or give --force to replace it", .0.display())]
    Exists(PathBuf),
    /// Another backup to the same name runs.
    #[error("another backup to {} is under way: nothing was changed", .0.display())]
    UnderWay(PathBuf),
    /// The database has the schema of another version.
    #[error(
        "the database has schema {0}, this program works with {newest}: use the program that the server runs with, \
         or start this version's server once, which brings the schema up to date",
        newest = store::newest_schema()
    )]
    Schema(i64),
    /// The backup was made by a program with another schema.
    #[error(
        "the backup has schema {0}, this program works with {newest}: restore it with the version of Aikagi that made it; \
         a newer server brings the schema up to date when it starts",
        newest = store::newest_schema()
    )]
    BackupSchema(i64),
    /// There is nothing to carry.
    #[error("there is no database of Aikagi at the source")]
    NoSource,
    /// The target has rows.
    #[error("the database that is to be filled holds data: nothing was changed; give an empty one")]
    NotEmpty,
    /// Somebody has the database open.
    #[error(
        "the {0} is in use: stop the server and other `aikagi` commands on it, then try again; nothing was changed"
    )]
    InUse(&'static str),
    /// The backup is from the future.
    #[error(
        "the backup was made after what this machine's clock says now: set the clock right, then try again; nothing was changed"
    )]
    Clock,
    /// What was put in did not come out again.
    #[error(
        "what was written into the database does not come out as it went in (table {0}); the database stays marked as unfinished \
         and no server starts on it: look at its disk, and begin anew with an empty one"
    )]
    Differs(String),
    /// Somebody opened the source while it was read.
    #[error(
        "the source was opened while it was read, so that changes may be missing: the target stays marked as unfinished; \
         keep the server stopped and run the same move again"
    )]
    Opened,
}

/// What the functions here answer.
pub type Result<T> = std::result::Result<T, Error>;

fn of(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
    |source| Error::File { path: path.to_owned(), source }
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// When it was made, and of which schema.
    pub head: Head,
    /// Rows and digest of every table.
    pub totals: Vec<Total>,
}

/// Writes a sealed snapshot of the whole database. Others may write meanwhile.
pub async fn backup(
    db: &Db,
    keyring: &Keyring,
    dice: &dyn Dice,
    now: Timestamp,
    path: &Path,
    force: bool,
) -> Result<Contents> {
    let mut conn = db.snapshot().await?;
    source_is_in_order(&mut conn).await?;
    let partial = file::Partial::begin(path, force)?;
    let head = Head { form: form::FORM, schema: store::newest_schema(), made_at: now };
    let mut out = Sealer::begin(keyring, dice, BufWriter::new(partial.file())).map_err(of(path))?;
    let totals = form::write(&mut conn, &head, &mut out).await?.map_err(of(path))?;
    let mut out = out.finish().map_err(of(path))?;
    out.flush().map_err(of(path))?;
    drop(out);
    partial.keep()?;
    Ok(Contents { head, totals })
}

async fn source_is_in_order(conn: &mut store::Conn) -> Result<()> {
    if unfinished::is_marked(conn).await? {
        return Err(store::Error::Unfinished.into());
    }
    match unfinished::schema(conn).await? {
        None => Err(Error::NoSource),
        Some(schema) if schema != store::newest_schema() => Err(Error::Schema(schema)),
        Some(_) => Ok(()),
    }
}

/// Reads a backup to its end and compares counts and digests. Changes nothing.
pub fn verify(keyring: &Keyring, path: &Path) -> Result<Contents> {
    let (head, mut reader) = open(keyring, path)?;
    loop {
        match reader.next().map_err(of(path))? {
            form::Next::Row(..) => {}
            form::Next::End(totals) => return Ok(Contents { head, totals }),
        }
    }
}

type Opened = form::Reader<BufReader<Opener<std::fs::File>>>;

fn open(keyring: &Keyring, path: &Path) -> Result<(Head, Opened)> {
    let file = std::fs::File::open(path).map_err(of(path))?;
    let opener = Opener::begin(keyring, file).map_err(of(path))?;
    let (head, reader) = form::Reader::begin(BufReader::new(opener)).map_err(of(path))?;
    if head.schema != store::newest_schema() {
        return Err(Error::BackupSchema(head.schema));
    }
    Ok((head, reader))
}

/// Fills an empty database from a backup and ends all that could open something. The whole file is read and proved
/// before the database is touched.
pub async fn restore(
    keyring: &Keyring,
    dice: &dyn Dice,
    now: Timestamp,
    path: &Path,
    url: &str,
) -> Result<(Contents, Ended)> {
    let contents = verify(keyring, path)?;
    if now <= contents.head.made_at {
        return Err(Error::Clock);
    }
    let db = target::take(url, now).await?;
    let done = fill_and_end(keyring, dice, now, path, &db, &contents).await;
    db.close().await;
    Ok((contents, done?))
}

async fn fill_and_end(
    keyring: &Keyring,
    dice: &dyn Dice,
    now: Timestamp,
    path: &Path,
    db: &Db,
    contents: &Contents,
) -> Result<Ended> {
    let (Head { made_at, .. }, mut reader) = open(keyring, path)?;
    let mut filler = target::Filler::new(db);
    while let form::Next::Row(table, row) = reader.next().map_err(of(path))? {
        filler.put(table, row).await?;
    }
    filler.flush().await?;
    target::compare(db, &contents.totals).await?;
    let line = store::logs::Audit {
        id: AuditId::new(now, dice::bytes(dice)),
        workspace_id: None,
        actor: "operator".to_owned(),
        action: "restored".to_owned(),
        member_id: None,
        subject: Some(made_at.to_jiff().to_string()),
        reference: None,
        network: None,
        details: None,
        at: now,
    };
    // In the transaction that takes the mark away: no server ever sees what was alive in the backup.
    transaction!(db, conn => {
        let ended = restored::end_all(conn, made_at, now).await?;
        store::apply(conn, [store::logs::audit(&line)]).await?;
        unfinished::unmark(conn).await?;
        Ok(ended)
    })
}

/// Carries everything from one database into an empty one, of either engine, and proves that both hold the same. Nothing
/// is ended. Nobody may have the source open.
pub async fn transfer(from: &str, to: &str, now: Timestamp) -> Result<Vec<Total>> {
    if !alone::is_alone(from).await? {
        return Err(Error::InUse("source"));
    }
    let source = Db::connect(from).await?;
    let read = carry(&source, to, now).await;
    source.close().await;
    let (db, totals) = read?;
    let done = settle(from, &db, &totals).await;
    db.close().await;
    done.map(|()| totals)
}

async fn carry(source: &Db, to: &str, now: Timestamp) -> Result<(Db, Vec<Total>)> {
    let mut conn = source.snapshot().await?;
    source_is_in_order(&mut conn).await?;
    let db = target::take(to, now).await?;
    let mut filler = target::Filler::new(&db);
    let mut totals = Vec::new();
    for table in whole::tables() {
        let mut tally = form::Tally::begin(table);
        let mut after = None;
        loop {
            let rows = whole::page(&mut conn, table, after.as_ref(), form::PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.clone());
            for row in rows {
                tally.add(&form::line(&row));
                filler.put(table, row).await?;
            }
        }
        totals.push(tally.end());
    }
    filler.flush().await?;
    Ok((db, totals))
}

async fn settle(from: &str, db: &Db, totals: &[Total]) -> Result<()> {
    target::compare(db, totals).await?;
    if !alone::is_alone(from).await? {
        return Err(Error::Opened);
    }
    transaction!(db, conn => {
        unfinished::unmark(conn).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    #[test]
    fn a_backup_of_another_schema_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.backup");
        let keyring = Keyring::new(&MasterKeys::generate(&SeededDice::new(1)));
        let mut out = Sealer::begin(&keyring, &SeededDice::new(2), std::fs::File::create(&path).unwrap()).unwrap();
        writeln!(out, "{{\"form\":1,\"schema\":99,\"made_at\":5}}").unwrap();
        out.finish().unwrap();
        let said = verify(&keyring, &path).expect_err("refused").to_string();
        assert!(said.contains("has schema 99") && said.contains("the version of Aikagi that made it"), "{said}");
    }
}
