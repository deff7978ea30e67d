//! The store by itself: what was committed is there after a restart, and what was not left nothing behind and blocks nobody.

use aikagi::model::id::{DeviceId, MemberId, WorkspaceId};
use aikagi::model::{Timestamp, hours, minutes, seconds};
use aikagi::store::db::Tries;
use aikagi::store::leases::{self, Lease};
use aikagi::store::limits::{self, Window};
use aikagi::store::{Conn, Db, Error, apply, codes, devices};

use crate::harness::Database;
use crate::raw;

const NOW: Timestamp = Timestamp(1_795_294_800_000_000);

async fn begin(db: &Db) -> (Tries<'_>, Conn) {
    let mut tries = db.tries();
    let conn = tries.begin().await.expect("a transaction");
    (tries, conn)
}

async fn write(conn: &mut Conn, key: &str) {
    limits::take(conn, key, Window::new(1_000, hours(1)), NOW).await.expect("a row");
}

async fn commit(tries: &Tries<'_>, conn: Conn) -> Result<(), Error> {
    tries.settle(conn, Ok::<_, Error>(())).await.expect("no other try")
}

async fn put(db: &Db, key: &str) -> Result<(), Error> {
    let (tries, mut conn) = begin(db).await;
    write(&mut conn, key).await;
    commit(&tries, conn).await
}

async fn keys(database: &Database) -> Vec<String> {
    let dump = raw::dump(&database.url).await;
    raw::rows(&dump, "limits").iter().map(|row| row["key"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_was_answered_is_on_the_disk() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let mut running = tokio::task::JoinSet::new();
    for n in 0..200 {
        let db = db.clone();
        running.spawn(async move { put(&db, &format!("key-{n:03}")).await });
    }
    for answer in running.join_all().await {
        answer.expect("committed");
    }
    // Seen by another connection while the server still runs, and after it was opened anew without a farewell.
    assert_eq!(keys(&database).await.len(), 200);
    std::mem::forget(db);
    let again = Db::open(&database.url).await.expect("it opens again");
    let mut conn = again.read().await.expect("a reader");
    for n in 0..200 {
        let spent = limits::spent(&mut conn, &format!("key-{n:03}"), hours(1).as_micros(), NOW).await.expect("a row");
        assert_eq!(spent, 1, "key-{n:03}");
    }
}

#[tokio::test]
async fn a_transaction_dropped_midway_leaves_nothing_and_blocks_nobody() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    put(&db, "before").await.expect("committed");
    let (_, mut conn) = begin(&db).await;
    write(&mut conn, "half").await;
    drop(conn);
    put(&db, "after").await.expect("the next one goes on");
    assert_eq!(keys(&database).await, ["after", "before"]);
}

/// A request that is given up (the browser went away) drops its future wherever it stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_given_up_at_any_point_leave_nothing_and_block_nobody() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let mut told = Vec::new();
    for n in 0..60 {
        let work = {
            let db = db.clone();
            async move {
                let (tries, mut conn) = begin(&db).await;
                write(&mut conn, &format!("a-{n:02}")).await;
                tokio::task::yield_now().await;
                write(&mut conn, &format!("b-{n:02}")).await;
                commit(&tries, conn).await
            }
        };
        let task = tokio::spawn(work);
        for _ in 0..n {
            tokio::task::yield_now().await;
        }
        task.abort();
        if let Ok(Ok(())) = task.await {
            told.push(n);
        }
        put(&db, &format!("c-{n:02}")).await.expect("the next one goes on");
    }
    let keys = keys(&database).await;
    for n in 0..60 {
        let has = |letter: char| keys.contains(&format!("{letter}-{n:02}"));
        assert_eq!(has('a'), has('b'), "half of {n}");
        assert!(has('c'), "{n}");
        assert!(!told.contains(&n) || has('a'), "{n} was told and is not there");
    }
}

#[tokio::test]
async fn what_answers_err_is_rolled_back() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let (tries, mut conn) = begin(&db).await;
    write(&mut conn, "refused").await;
    let answer = tries.settle(conn, Err::<(), _>(Error::Row("a refusal".to_owned()))).await;
    assert!(matches!(answer, Some(Err(Error::Row(_)))));
    put(&db, "next").await.expect("the next one goes on");
    assert_eq!(keys(&database).await, ["next"]);
}

/// A flow that forgets to look at an error must not commit half of its work. (PostgreSQL would answer the commit with a quiet
/// rollback, SQLite would commit.)
#[tokio::test]
async fn a_transaction_whose_statement_failed_cannot_commit() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let (tries, mut conn) = begin(&db).await;
    write(&mut conn, "first").await;
    assert!(fails(&mut conn, limits::count("second".to_owned(), hours(1), NOW)).await);
    let swallowed = commit(&tries, conn).await;
    assert!(matches!(swallowed, Err(Error::Commit(_))), "{swallowed:?}");
    put(&db, "next").await.expect("the next one goes on");
    assert_eq!(keys(&database).await, ["next"]);
}

/// Says of a device that nobody has that it is known to somebody whom there is not.
async fn fails(conn: &mut Conn, before: aikagi::store::Change<'_>) -> bool {
    let (device, workspace) = (DeviceId("dev_x".to_owned()), WorkspaceId("wsp_x".to_owned()));
    let member = MemberId("mem_x".to_owned());
    let known = devices::set_known(&device, &workspace, &member, ("198.51.100.7", "Safari"), NOW);
    apply(conn, [before].into_iter().chain(known)).await.is_err()
}

/// Changes that go to the engine together happen together: the first is undone where a later one fails.
#[tokio::test]
async fn several_changes_are_all_made_or_none() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let count = |key: &str| limits::count(key.to_owned(), hours(1), NOW);
    let (tries, mut conn) = begin(&db).await;
    apply(&mut conn, [count("a"), count("b"), count("c")]).await.expect("three rows");
    commit(&tries, conn).await.expect("committed");
    assert_eq!(keys(&database).await, ["a", "b", "c"]);

    let (tries, mut conn) = begin(&db).await;
    assert!(fails(&mut conn, count("d")).await);
    assert!(commit(&tries, conn).await.is_err());
    assert_eq!(keys(&database).await, ["a", "b", "c"]);
    put(&db, "next").await.expect("the next one goes on");
}

/// An older program must not work on what it does not understand.
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = Database::new().await;
    Db::open(&database.url).await.expect("it opens").close().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 select 9999, 'of the future', success, checksum, 0 from _sqlx_migrations where version = 1";
    crate::raw::run(&database.url, newer).await;
    let refused = Db::open(&database.url).await.map(drop).expect_err("it is newer");
    assert!(refused.to_string().contains("a newer version of Aikagi"), "{refused}");
    crate::raw::run(&database.url, "delete from _sqlx_migrations where version = 9999").await;
    Db::open(&database.url).await.expect("its own again").close().await;
}

#[tokio::test]
async fn two_nodes_take_no_more_than_there_is_and_a_new_minute_begins_anew() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    let window = Window::new(10, minutes(1));
    let take = async |at: Timestamp| {
        let (tries, mut conn) = begin(&db).await;
        let taken = leases::take(&mut conn, "token:x", window, 4, at).await.expect("it works");
        commit(&tries, conn).await.expect("it is kept");
        taken
    };
    let until = NOW + minutes(1);
    let lefts = [take(NOW).await, take(NOW + seconds(9)).await, take(NOW).await, take(NOW).await];
    let lease = |left, full| Lease { left, until, full };
    assert_eq!(lefts, [lease(4, false), lease(4, false), lease(2, true), lease(0, true)]);
    assert_eq!(take(until).await, Lease { left: 4, until: until + minutes(1), full: false });
    // A clock that was set back by more than a minute does not keep anybody waiting so long.
    assert_eq!(take(NOW - minutes(5)).await, Lease { left: 4, until: NOW - minutes(4), full: false });
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let database = Database::new().await;
    let db = Db::open(&database.url).await.expect("it opens");
    if db.is_embedded() {
        let mut conn = db.read().await.expect("a reader");
        assert!(codes::void_all(&mut conn, NOW).await.is_err());
    }
}
