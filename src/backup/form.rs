//! The stream of a backup: lines of JSON. First the head; then for each table its name and columns, and a row a line; last
//! the count and digest (SHA-256) of every table. The same rows give the same lines on both engines.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::Timestamp;
use crate::store::whole::{self, Row, Table};
use crate::store::{self, Conn};

/// The form that is written here.
pub const FORM: u32 = 1;
/// How many rows are in memory at once.
pub const PAGE: usize = 500;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Of these lines.
    pub form: u32,
    /// The last migration of the database.
    pub schema: i64,
    /// When the snapshot was taken.
    pub made_at: Timestamp,
}

/// What a table held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// Over the table's lines.
    pub digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Table { table: String, columns: String },
    Totals { totals: Vec<Total> },
}

/// Counts a table's rows.
pub struct Tally {
    table: &'static str,
    rows: u64,
    hash: Sha256,
}

impl Tally {
    /// Of no row yet.
    pub fn begin(table: &Table) -> Self {
        let mut hash = Sha256::new();
        hash.update(table.name);
        hash.update("\n");
        hash.update(table.columns);
        hash.update("\n");
        Self { table: table.name, rows: 0, hash }
    }

    /// One more row, by its line.
    pub fn add(&mut self, line: &str) {
        self.rows += 1;
        self.hash.update(line);
        self.hash.update("\n");
    }

    /// The table has ended.
    pub fn end(self) -> Total {
        let digest = data_encoding::HEXLOWER.encode(&self.hash.finalize());
        Total { table: self.table.to_owned(), rows: self.rows, digest }
    }
}

/// A row's line, without its end.
pub fn line(row: &Row) -> String {
    serde_json::Value::Array(row.clone()).to_string()
}

/// Writes everything that the connection sees. The inner error is the file's, the outer one the database's.
pub async fn write(conn: &mut Conn, head: &Head, out: &mut impl Write) -> store::Result<io::Result<Vec<Total>>> {
    macro_rules! put {
        ($line:expr) => {
            if let Err(error) = writeln!(out, "{}", $line) {
                return Ok(Err(error));
            }
        };
    }
    put!(json(head));
    let mut totals = Vec::new();
    for table in whole::tables() {
        put!(json(&Line::Table { table: table.name.to_owned(), columns: table.columns.to_owned() }));
        let mut tally = Tally::begin(table);
        let mut after = None;
        loop {
            let rows = whole::page(conn, table, after.as_ref(), PAGE).await?;
            for row in &rows {
                let line = line(row);
                tally.add(&line);
                put!(line);
            }
            match rows.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        totals.push(tally.end());
    }
    put!(json(&Line::Totals { totals: totals.clone() }));
    Ok(Ok(totals))
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("texts and numbers are JSON")
}

/// What follows in the stream.
pub enum Next {
    /// A row of this table.
    Row(&'static Table, Row),
    /// Nothing; every table was as it was written.
    End(Vec<Total>),
}

/// Reads the lines and compares counts and digests.
pub struct Reader<R> {
    from: R,
    line: String,
    tally: Option<(&'static Table, Tally)>,
    totals: Vec<Total>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the head.
    pub fn begin(from: R) -> io::Result<(Head, Self)> {
        let mut reader = Self { from, line: String::new(), tally: None, totals: Vec::new() };
        reader.read()?;
        let head: Head = serde_json::from_str(&reader.line)?;
        if head.form != FORM {
            return Err(wrong("it has a form that this program does not know: a newer version made it"));
        }
        Ok((head, reader))
    }

    /// The next row, or the end.
    pub fn next(&mut self) -> io::Result<Next> {
        loop {
            self.read()?;
            if self.line.starts_with('[') {
                let Some((table, tally)) = &mut self.tally else { return Err(wrong("a row stands before any table")) };
                let row: Row = serde_json::from_str(&self.line)?;
                if !table.fits(&row) {
                    return Err(wrong(&format!("a row does not fit into {}", table.name)));
                }
                tally.add(&self.line);
                return Ok(Next::Row(table, row));
            }
            self.totals.extend(self.tally.take().map(|(_, tally)| tally.end()));
            let due = whole::tables().get(self.totals.len());
            match (serde_json::from_str(&self.line)?, due) {
                (Line::Table { table, columns }, Some(due)) if table == due.name && columns == due.columns => {
                    self.tally = Some((due, Tally::begin(due)));
                }
                (Line::Totals { totals }, None) if totals == self.totals => {
                    if !self.from.fill_buf()?.is_empty() {
                        return Err(wrong("something stands behind its end"));
                    }
                    return Ok(Next::End(totals));
                }
                (Line::Totals { .. }, None) => return Err(wrong("counts or digests are not those that were written")),
                _ => return Err(wrong("its tables are not those of this program")),
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        self.line.clear();
        self.from.read_line(&mut self.line)?;
        if self.line.pop() != Some('\n') {
            return Err(wrong("it ends too early"));
        }
        Ok(())
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream with one row in `throttles` and none elsewhere.
    fn lines() -> Vec<String> {
        let mut lines = vec![json(&Head { form: FORM, schema: 1, made_at: Timestamp(5) })];
        let mut totals = Vec::new();
        for table in whole::tables() {
            lines.push(json(&Line::Table { table: table.name.to_owned(), columns: table.columns.to_owned() }));
            let mut tally = Tally::begin(table);
            if table.name == "throttles" {
                let row = line(&vec!["\"k\"\n".into(), 3.into(), 4.into(), 5.into()]);
                tally.add(&row);
                lines.push(row);
            }
            totals.push(tally.end());
        }
        lines.push(json(&Line::Totals { totals }));
        lines
    }

    fn read(lines: &[String]) -> Result<usize, String> {
        let text = lines.join("\n") + "\n";
        let (_, mut reader) = Reader::begin(text.as_bytes()).map_err(|error| error.to_string())?;
        let mut rows = 0;
        loop {
            match reader.next().map_err(|error| error.to_string())? {
                Next::Row(..) => rows += 1,
                Next::End(_) => return Ok(rows),
            }
        }
    }

    #[test]
    fn a_stream_is_read_as_it_was_written_or_not_at_all() {
        let good = lines();
        assert_eq!(read(&good), Ok(1));
        let row = good.iter().position(|line| line.starts_with('[')).expect("a row");
        let with = |at: usize, line: Option<&str>| {
            let mut lines = good.clone();
            match line {
                Some(line) => lines[at] = line.to_owned(),
                None => drop(lines.remove(at)),
            }
            read(&lines).expect_err("it is not what was written")
        };
        assert!(with(row, None).contains("counts or digests"));
        assert!(with(row, Some("[\"other\",3,4,5]")).contains("counts or digests"));
        assert!(with(row, Some("[\"k\",3,4]")).contains("does not fit into throttles"));
        assert!(with(row, Some("[\"k\",3,4,\"5\"]")).contains("does not fit into throttles"));
        assert!(with(1, None).contains("tables are not those"));
        assert!(with(good.len() - 1, None).contains("ends too early"));
        assert!(with(0, Some("{\"form\":2,\"schema\":1,\"made_at\":5}")).contains("newer version"));
        let behind = [good.clone(), vec!["{}".to_owned()]].concat();
        assert!(read(&behind).expect_err("more").contains("behind its end"));
    }

    proptest::proptest! {
        #[test]
        fn no_stream_panics_and_none_that_was_changed_is_read(at in 0..200_usize, text in "[\\[\\]{}\",:a-z0-9]{0,30}", cut in 0..200_usize) {
            let good = lines();
            let mut changed = good.clone();
            let at = at % good.len();
            changed[at] = text.clone();
            proptest::prop_assert!(read(&changed).is_err());
            let mut cut_off = good.clone();
            cut_off.truncate(cut % good.len());
            proptest::prop_assert!(read(&cut_off).is_err());
            let _ = read(&[text]);
        }
    }
}
