//! Breakage of the store, and which of it passes: a database that is away, full, or only reads will be back, and who asked is told
//! to come again; everything else is a fault.

/// Breakage of the store; its text is for the log, never for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine refused or could not be reached.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// A later version of the program has worked on this database.
    #[error(
        "a newer version of Aikagi has used this database (its schema is {0}): run that version, or restore a backup that was made with this one"
    )]
    Newer(i64),
    /// The migrations could not be applied.
    #[error("migration: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The batch that this transaction was part of did not reach the disk.
    #[error("commit: {0}")]
    Commit(String),
    /// The same, for a reason that passes.
    #[error("the database cannot write now: {0}")]
    Full(String),
    /// PostgreSQL takes no changes: a standby, or one that was made to only read.
    #[error("the database only reads: it is a standby, or was made read-only")]
    ReadOnly,
    /// This machine's clock is so far off the database's that nothing may be judged by it.
    #[error("this machine's clock is off the database's: nothing is read or changed by it")]
    Clock,
    /// The database is written with a master key that this server does not have.
    #[error("the database is written with a key that this server does not have: nothing is read or changed without it")]
    Key,
    /// A column holds what this program never writes.
    #[error("row: {0}")]
    Row(String),
    /// `database_url` names neither engine.
    #[error("database_url must begin with sqlite: or postgres:")]
    Url,
    /// A restore or a move into this database has not come to its end.
    #[error(
        "this database holds a restore that has not ended, and cannot be used: \
         run the same `aikagi restore` or `aikagi move` again, which begins anew"
    )]
    Unfinished,
}

/// What the store's functions answer.
pub type Result<T> = std::result::Result<T, Error>;

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) if version > super::newest_schema() => {
                Self::Newer(version)
            }
            error => Self::Migrate(error),
        }
    }
}

impl Error {
    /// Whether the database is away for a while, so that the same is worth trying later. A change that was under way then has
    /// happened or not.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Full(_) | Self::ReadOnly | Self::Clock | Self::Key => true,
            Self::Sql(error) => passes(error),
            Self::Newer(_) | Self::Migrate(_) | Self::Commit(_) | Self::Row(_) | Self::Url | Self::Unfinished => false,
        }
    }

    /// Whether SQLite says that the file itself is damaged, or none of its own.
    pub fn is_damage(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| code_is_damage(&code))
    }

    /// A commit that failed.
    pub(super) fn of_commit(cause: &sqlx::Error) -> Self {
        if passes(cause) { Self::Full(cause.to_string()) } else { Self::Commit(cause.to_string()) }
    }
}

fn passes(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => error.code().is_some_and(|code| code_passes(&code)),
        _ => false,
    }
}

/// By PostgreSQL's SQLSTATE (its manual, appendix A), which has five letters, or SQLite's result code, which has four digits at most.
fn code_passes(code: &str) -> bool {
    if code.len() == 5 {
        let class = &code[..2];
        // Connection, resources (a full disk, too many connections), shut down or starting, the system below.
        matches!(class, "08" | "53" | "57" | "58") || matches!(code, "25006" | "55P03")
    } else {
        // Busy, locked, read-only, input or output, full, cannot open: the last byte of an extended code.
        code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
    }
}

/// SQLite's "corrupt" and "not a database": the last byte of an extended code.
fn code_is_damage(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 11 | 26))
}

/// Whether a connection may be used again after this: only what the engine itself answered leaves it in order.
pub(super) fn spoils(error: &sqlx::Error) -> bool {
    use sqlx::Error::{ColumnDecode, ColumnIndexOutOfBounds, ColumnNotFound, Database, Decode, RowNotFound};
    !matches!(
        error,
        Database(_) | RowNotFound | Decode(_) | ColumnDecode { .. } | ColumnIndexOutOfBounds { .. } | ColumnNotFound(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_from_a_file_that_cannot_be_read_now() {
        assert!(["11", "26", "267", "523"].into_iter().all(code_is_damage));
        // Input or output, cannot open, busy, a slip in SQL; PostgreSQL's own.
        assert!(!["10", "266", "14", "5", "1", "58P01", "26000", ""].into_iter().any(code_is_damage));
    }

    #[test]
    fn what_passes_is_told_from_what_is_broken() {
        // A full disk, a shutdown, a lost connection, too many connections, a standby; SQLite: full, not written, busy.
        for code in ["53100", "57P01", "57P03", "08006", "53300", "25006", "58030", "13", "778", "261", "5"] {
            assert!(code_passes(code), "{code}");
        }
        // A unique key, a syntax error, no such table, a deadlock; SQLite: a unique key, a slip in SQL, a broken file.
        for code in ["23505", "42601", "42P01", "40P01", "2067", "1", "11", "", "?"] {
            assert!(!code_passes(code), "{code}");
        }
    }
}
