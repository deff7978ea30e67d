//! The migrations: `migrations/NNNN_name.sql` for both engines, or `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql`
//! where they must differ. They only go forward. sqlx keeps the record, the lock and the checksums.

use std::borrow::Cow;

use rust_embed::RustEmbed;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

#[derive(RustEmbed)]
#[folder = "migrations/"]
struct Files;

/// The text as it is.
pub(super) fn sqlite() -> Migrator {
    migrator(".sqlite", str::to_owned)
}

/// Every text column gets the collation "C", so that both engines compare and order bytes.
pub(super) fn postgres() -> Migrator {
    const C: &str = " text collate \"C\"";
    let adapt = |sql: &str| {
        [' ', ',', ';']
            .iter()
            .fold(sql.to_owned(), |sql, end| sql.replace(&format!(" text{end}"), &format!("{C}{end}")))
    };
    migrator(".postgres", adapt)
}

/// The version of the schema that this program works with.
pub fn newest() -> i64 {
    migrator(".sqlite", str::to_owned).iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn migrator(engine: &str, adapt: impl Fn(&str) -> String) -> Migrator {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let migrations = names.iter().filter_map(|name| {
        let stem = name.strip_suffix(".sql")?;
        let stem = match stem.rsplit_once('.') {
            Some((stem, only)) if engine == format!(".{only}") => stem,
            Some(_) => return None,
            None => stem,
        };
        let (version, words) = stem.split_once('_')?;
        let file = Files::get(name)?;
        let sql = adapt(std::str::from_utf8(&file.data).ok()?);
        Some(Migration::new(
            version.parse().ok()?,
            Cow::Owned(words.replace('_', " ")),
            MigrationType::Simple,
            AssertSqlSafe(sql).into_sql_str(),
            false,
        ))
    });
    Migrator::with_migrations(migrations.collect())
}
