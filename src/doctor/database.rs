//! The database: whether it answers, is of this version, takes changes, belongs to the key file, tells the same time, and keeps what it was told.

use super::{Doctor, Finding, WITHIN, in_time, shown};
use crate::model::Timestamp;
use crate::store::{Db, engine, keys, newest_schema, probes, transaction, unfinished};
use crate::vault::{Keyring, MasterKeys};

/// How far two clocks may be apart, in microseconds: a server that is further off its database is not ready.
const APART: i64 = 2_000_000;
/// How many connections one server opens at most.
const POOL: i64 = 16;

/// A database that can be worked with, and the keys that open it.
pub(super) struct Patient {
    pub db: Db,
    pub keyring: Option<Keyring>,
}

const CHECK: &str = "database";

pub(super) async fn look(doctor: &Doctor) -> (Option<Patient>, Vec<Finding>) {
    let config = &doctor.config;
    if let Some(file) = config.sqlite_file()
        && !file.exists()
    {
        let what = format!("there is no database at {}", shown(&file));
        return (None, vec![Finding::broken(CHECK, what, "mend `database_url`, or make one: aikagi init")]);
    }
    let db = match tokio::time::timeout(WITHIN, Db::connect(&config.database_url)).await {
        Ok(Ok(db)) => db,
        Ok(Err(crate::store::Error::ReadOnly)) => return (None, vec![only_reads()]),
        Ok(Err(error)) => {
            let what = format!("the database does not answer ({error})");
            return (
                None,
                vec![Finding::broken(CHECK, what, "see whether it runs, and whether `database_url` is right")],
            );
        }
        Err(_) => {
            let what = format!("the database did not answer within {} seconds", WITHIN.as_secs());
            return (
                None,
                vec![Finding::broken(CHECK, what, "see whether it runs and whether a firewall stands between")],
            );
        }
    };
    let mut keyring = None;
    let mut found = in_time(CHECK, "the database", async {
        let (ring, found) = examine(doctor, &db).await;
        keyring = ring;
        found
    })
    .await;
    if db.is_embedded() {
        found.push(whole(&db).await);
    }
    (Some(Patient { db, keyring }), found)
}

async fn examine(doctor: &Doctor, db: &Db) -> (Option<Keyring>, Vec<Finding>) {
    let schema = match schema(db).await {
        Ok(()) => Finding::ok(CHECK, format!("it answers, and its schema is this version's ({})", newest_schema())),
        Err(finding) => return (None, vec![finding]),
    };
    let mut found = vec![schema];
    found.extend(engine(db).await);
    found.push(writes(doctor, db).await);
    found.extend(clock(doctor, db).await);
    let (keyring, finding) = right_key(doctor, db).await;
    found.extend(finding);
    (keyring, found)
}

fn only_reads() -> Finding {
    Finding::broken(
        CHECK,
        "it takes no changes: it is a copy of another, or set to read only",
        "name the one that takes changes in `database_url`",
    )
}

fn unanswered(error: &crate::store::Error) -> Finding {
    Finding::broken(CHECK, format!("it does not answer a question ({error})"), "see the database's own log")
}

async fn schema(db: &Db) -> Result<(), Finding> {
    let mut conn = db.read().await.map_err(|error| unanswered(&error))?;
    if unfinished::is_marked(&mut conn).await.map_err(|error| unanswered(&error))? {
        let what = "a restore or a move into it has not come to its end";
        return Err(Finding::broken(CHECK, what, "run the same `aikagi restore` or `aikagi move` again"));
    }
    let newest = newest_schema();
    match unfinished::schema(&mut conn).await.map_err(|error| unanswered(&error))? {
        Some(schema) if schema == newest => Ok(()),
        Some(schema) if schema < newest => Err(Finding::broken(
            CHECK,
            format!("its schema is {schema}, and this program's is {newest}"),
            "start this version's server, which brings the schema up to date",
        )),
        Some(schema) => Err(Finding::broken(
            CHECK,
            format!("its schema is {schema}, newer than this program's ({newest})"),
            "use the program that the server runs with",
        )),
        None => Err(Finding::broken(
            CHECK,
            "it answers and holds nothing of Aikagi",
            "mend `database_url`, or set it up: aikagi init",
        )),
    }
}

async fn engine(db: &Db) -> Vec<Finding> {
    let asked = async { engine::setup(&mut db.read().await?).await };
    let engine = match asked.await {
        Ok(engine) => engine,
        Err(error) => return vec![unanswered(&error)],
    };
    let name = if db.is_embedded() { "SQLite" } else { "PostgreSQL" };
    let mut found = Vec::new();
    let major = engine.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if !db.is_embedded() && major.is_some_and(|major| major < 15) {
        let what = format!("PostgreSQL {} is older than 15", engine.version);
        found.push(Finding::broken(CHECK, what, "use PostgreSQL 15 or newer"));
    } else {
        found.push(Finding::ok(CHECK, format!("it is {name} {}", engine.version)));
    }
    for setting in engine.off {
        found.push(Finding::warning(
            CHECK,
            format!("`{setting}` is off: what was answered as done can be lost when the machine fails"),
            format!("set it on in postgresql.conf; where a role or a database turned it off: alter … reset {setting}"),
        ));
    }
    if engine.reads_only {
        found.push(only_reads());
    }
    if let Some((most, open)) = engine.connections
        && most - open < POOL
    {
        found.push(Finding::warning(
            CHECK,
            format!("{open} of {most} connections are open, and a server opens up to {POOL}"),
            "raise `max_connections`, or see who holds them",
        ));
    }
    found
}

async fn writes(doctor: &Doctor, db: &Db) -> Finding {
    let now = doctor.clock.now();
    // A question that nobody will answer, gone at once: what is written is written for good on the way.
    let written = transaction!(db, conn => {
        probes::insert(conn, "doctor", "", now, now).await?;
        probes::take(conn, "doctor").await.map(drop)
    });
    let written: crate::store::Result<()> = written;
    match written {
        Ok(()) => Finding::ok(CHECK, "it takes changes"),
        Err(error) => Finding::broken(
            CHECK,
            format!("it takes no changes ({error})"),
            "see whether the disk is full, the file is the server's own, and the user may write",
        ),
    }
}

async fn clock(doctor: &Doctor, db: &Db) -> Option<Finding> {
    if db.is_embedded() {
        return None;
    }
    let ahead = db.clock_ahead(|| doctor.clock.now()).await.ok()?;
    let here = doctor.clock.now();
    Some(compared("clock", here, Timestamp(here.0 + ahead), "the database's", APART))
}

/// Two clocks side by side.
pub(super) fn compared(check: &'static str, here: Timestamp, there: Timestamp, whose: &str, apart: i64) -> Finding {
    let off = here.0 - there.0;
    if off.abs() <= apart {
        return Finding::ok(check, format!("this machine's clock agrees with {whose}"));
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
    let seconds = off.abs() as f64 / 1_000_000.0;
    let way = if off > 0 { "ahead of" } else { "behind" };
    Finding::broken(
        check,
        format!("this machine's clock is {seconds:.1} seconds {way} {whose}"),
        "let NTP set the clocks of all machines (timedatectl set-ntp true)",
    )
}

/// Whether the key file is the one that the database was written with: the key that writes is in it, and a workspace opens.
async fn right_key(doctor: &Doctor, db: &Db) -> (Option<Keyring>, Option<Finding>) {
    // What is wrong with the file itself is said elsewhere.
    let Ok(master) = MasterKeys::read(&doctor.config.master_key_file) else { return (None, None) };
    let keyring = Keyring::new(&master);
    let asked = async {
        let mut conn = db.read().await?;
        Ok::<_, crate::store::Error>((keys::list(&mut conn).await?, keys::wrapped(&mut conn, "", 1).await?))
    };
    let (used, workspaces) = match asked.await {
        Ok(answers) => answers,
        Err(error) => return (None, Some(unanswered(&error))),
    };
    let turned = used.first().map_or(Ok(()), |key| keyring.turn(&key.id, None)).map_err(|why| why.to_string());
    let opened = turned.and_then(|()| match workspaces.first() {
        Some(workspace) => {
            keyring.unwrap_data_key(&workspace.id, &workspace.data_key).map(drop).map_err(|why| why.to_string())
        }
        None => Ok(()),
    });
    let finding = match opened {
        Ok(()) if used.first().is_some_and(|key| key.done_at.is_none()) => Finding::warning(
            "key file",
            "a change of keys has not come to its end",
            "run `aikagi key rotate`, which goes on where it stopped",
        ),
        Ok(()) => Finding::ok("key file", "it opens the database's rows"),
        Err(why) => {
            let what = format!("it does not belong to this database ({why})");
            let todo = "bring back the key file that this database was written with, or mend `master_key_file`";
            return (None, Some(Finding::broken("key file", what, todo)));
        }
    };
    (Some(keyring), Some(finding))
}

async fn whole(db: &Db) -> Finding {
    let look = async { engine::damage(&mut db.read().await?).await };
    match tokio::time::timeout(WITHIN, look).await {
        Ok(said) => of_file(said),
        Err(_) => Finding::warning(
            CHECK,
            format!("its file could not be read through within {} seconds", WITHIN.as_secs()),
            "look at a quiet time: sqlite3 FILE 'pragma quick_check'",
        ),
    }
}

/// What SQLite says of its file. Only what it calls damage is damage: a restore undoes whatever happened since the backup.
fn of_file(said: crate::store::Result<Option<String>>) -> Finding {
    match said {
        Ok(None) => Finding::ok(CHECK, "its file is whole"),
        Err(error) if !error.is_damage() => unanswered(&error),
        Ok(Some(_)) | Err(_) => Finding::broken(
            CHECK,
            "its file is damaged",
            "stop the server, put the file aside, and restore the newest backup: aikagi restore",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Error;

    #[test]
    fn only_damage_is_called_damage() {
        assert!(of_file(Ok(Some("*** in database main ***".to_owned()))).what.contains("damaged"));
        let busy = Error::Sql(sqlx::Error::PoolTimedOut);
        assert!(of_file(Err(busy)).what.contains("does not answer a question"));
    }
}
