//! The empty database that a restore or a move fills: marked as unfinished from before the first row until all is proved.

use std::fs::OpenOptions;
use std::io;

use super::form::{self, Head, Total};
use super::{Error, Result, of};
use crate::config::sqlite_file;
use crate::model::Timestamp;
use crate::store::whole::{self, Row, Table};
use crate::store::{self, Db, alone, transaction, unfinished};

/// Opens and marks it. What an earlier try left unfinished is thrown away; anything else that holds data is refused.
pub async fn take(url: &str, now: Timestamp) -> Result<Db> {
    if let Some(file) = sqlite_file(url)
        && !file.exists()
    {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file).map_err(of(&file))?;
    }
    if !alone::is_alone(url).await? {
        return Err(Error::InUse("database that is to be filled"));
    }
    let db = Db::connect(url).await?;
    if let Err(error) = prepare(&db, now).await {
        db.close().await;
        return Err(error);
    }
    Ok(db)
}

async fn prepare(db: &Db, now: Timestamp) -> Result<()> {
    let mut conn = db.read().await?;
    let marked = unfinished::is_marked(&mut conn).await?;
    // Before the schema is touched: somebody may have given the wrong database.
    if !marked
        && unfinished::schema(&mut conn).await?.is_some()
        && !store::workspaces::list(&mut conn).await?.is_empty()
    {
        return Err(Error::NotEmpty);
    }
    drop(conn);
    db.migrate().await?;
    if marked {
        return transaction!(db, conn => Ok(whole::clear(conn).await?));
    }
    if !whole::is_empty(&mut db.read().await?).await? {
        return Err(Error::NotEmpty);
    }
    transaction!(db, conn => Ok(unfinished::mark(conn, now).await?))
}

/// Puts rows in, many in a transaction.
pub struct Filler<'a> {
    db: &'a Db,
    rows: Vec<Row>,
    table: Option<&'static Table>,
}

impl<'a> Filler<'a> {
    /// With nothing yet.
    pub fn new(db: &'a Db) -> Self {
        Self { db, rows: Vec::new(), table: None }
    }

    /// One more row; it is in the database once [`flush`](Self::flush) was called.
    pub async fn put(&mut self, table: &'static Table, row: Row) -> Result<()> {
        if self.table.is_none_or(|before| before.name != table.name) || self.rows.len() >= table.batch() {
            self.flush().await?;
            self.table = Some(table);
        }
        self.rows.push(row);
        Ok(())
    }

    /// Puts in what is left.
    pub async fn flush(&mut self) -> Result<()> {
        if let Some(table) = self.table
            && !self.rows.is_empty()
        {
            let rows = std::mem::take(&mut self.rows);
            transaction!(self.db, conn => Ok::<_, Error>(whole::insert(conn, table, &rows).await?))?;
        }
        Ok(())
    }
}

/// Reads everything out again and compares it with what should be there.
pub async fn compare(db: &Db, expected: &[Total]) -> Result<()> {
    let mut conn = db.snapshot().await?;
    let head = Head { form: form::FORM, schema: 0, made_at: Timestamp(0) };
    let found = form::write(&mut conn, &head, &mut io::sink()).await?.unwrap_or_default();
    let differs = expected.iter().find(|total| !found.contains(total));
    differs.map_or(Ok(()), |total| Err(Error::Differs(total.table.clone())))
}
