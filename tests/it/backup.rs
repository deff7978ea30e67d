//! A backup brings back every row and nothing that opens a door; damage is noticed before anything is touched; a program that dies
//! midway leaves the old file, and a database on which nothing starts.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aikagi::backup::{self, Error};
use aikagi::model::{Role, hours};
use aikagi::store::whole;
use aikagi::vault::stream::CHUNK;
use aikagi::vault::{Keyring, MasterKeys, SeededDice};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::cli::{House, err};
use crate::harness::{Database, NEW_PASSWORD, PASSWORD, Server};
use crate::own::link_in;
use crate::raw::{self, Dump};

const NUMBER: &str = "+819012345678";
const EMAIL: &str = "ichiro@example.jp";

async fn back_up(server: &Server, path: &Path) -> backup::Contents {
    let app = &server.app;
    backup::backup(&app.db, &app.keyring, &SeededDice::new(99), app.now(), path, false).await.expect("a backup")
}

fn counts(dump: &Dump) -> Vec<(String, usize)> {
    dump.iter().map(|(table, rows)| (table.clone(), rows.len())).collect()
}

/// Rows enough for several chunks.
async fn fill(url: &str, rows: usize) {
    let sql = format!(
        "insert into audit (id, actor, action, subject, at)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
        select 'aud_' || i, 'server', 'filled', '{}', i from n",
        "x".repeat(60)
    );
    raw::run(url, &sql).await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told from the backup to the day after the restore")]
async fn a_restore_brings_back_every_row_and_nothing_that_opens_a_door() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    server.member("held", &["held@example.jp"]).await;
    server.sql("update members set held_at = 1 where login = 'held'").await;
    server.sql("update workspaces set contact_text_ja = '総務部 \"内線\" 1234\n二行目'").await;
    let (_, link) = server.invited_to(&server.workspace, "sato", Role::Member).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;

    // A contact in its first day, a frozen one, notices that nobody used; a recovery that is proved, one that waits for its code.
    let page = own.post("/w/sakura/me/contacts/add-email", &[("email", "new@example.jp")]).await;
    let code = server.code_for("new@example.jp").await;
    own.post(page.leads_to(), &[("code", &code)]).await.is(303);
    let mut changed = server.visitor_at("198.51.100.21");
    changed.asks_for_code_by_email(EMAIL, "").await.is(200);
    let code = server.code_for(EMAIL).await;
    changed.types_code(&code).await.says("tanaka@sakura");
    changed.picks(&tanaka).await.is(200);
    changed.sets_password(NEW_PASSWORD).await.is(200);
    let freeze = format!(
        "update contacts set state = 'frozen', frozen_at = 5 where kind = 'email' and recovers_from < {}",
        server.app.now().0
    );
    server.sql(&freeze).await;
    let notices = server.received(NUMBER).await;
    let notice = notices.iter().rev().find(|letter| letter.purpose == "recovered").expect("a notice");
    let is_word = |word: &&str| word.len() == 14 && word.matches('-').count() == 2;
    let word =
        notice.text.split(|c: char| !c.is_ascii_uppercase() && c != '-').find(is_word).expect("a word").to_owned();
    let links: Vec<_> =
        server.carrier.sent().iter().filter(|l| l.text.contains("/not-me/")).map(|l| link_in(&l.text)).collect();
    let mut own = server.visitor();
    own.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert!(own.is_signed_in().await);
    let mut proved = server.visitor_at("198.51.100.20");
    proved.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(NUMBER).await;
    proved.types_code(&code).await.says("tanaka@sakura");
    let mut waits = server.visitor_at("198.51.100.22");
    waits.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(NUMBER).await;
    // A new password is demanded of sato, whose secret waits.
    let sato = server.member("sato-forced", &["sato-forced@example.jp"]).await;
    crate::forced::force(&server, &sato).await.expect("it is demanded");
    // A message that nobody has taken yet.
    server.visitor_at("198.51.100.23").asks_for_code("090-1234-5678").await.is(200);
    let sent = server.carrier.sent().len();

    let glass = "insert into break_glass (workspace_id, hash, made_by, made_at) select workspace_id, 'x', id, 1 from members where login = 'tanaka'";
    server.sql(glass).await;
    let token = "insert into access_tokens (id, workspace_id, member_id, epoch, name, scopes, token_prefix, token_hash, expires_at, created_at)
        select 'act_x', workspace_id, id, epoch, 'n', 'jobs', 'p', 'x', 9000000000000000, 1 from members where login = 'tanaka'";
    server.sql(token).await;

    let before = server.dump().await;
    assert!(raw::count(&before, "outbox", "state", "waiting") > 0);
    let contents = back_up(&server, &file).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for total in &contents.totals {
        assert_eq!(total.rows, raw::rows(&before, &total.table).len() as u64, "{}", total.table);
    }

    // Since then: the alarm, the link and the password were used.
    server.later(hours(1));
    own.submit(
        "/w/sakura/me/password",
        &[("current", NEW_PASSWORD), ("password", "あたらしい合言葉をもうひとつ書いておく")],
    )
    .await;
    // Until then they opened something.
    server.visitor().get(&link).await.is(200);
    for link in &links {
        server.visitor().get(link).await.is(200);
    }
    assert!(!links.is_empty());
    server.app.db.close().await;

    let database = Database::new().await;
    let keyring = &server.app.keyring;
    let now = server.app.now();
    let (_, ended) =
        backup::restore(keyring, &SeededDice::new(3), now, &file, &database.url).await.expect("it is restored");
    assert!(ended.sessions >= 1 && ended.codes >= 1 && ended.recoveries >= 2 && ended.links >= 1, "{ended:?}");
    assert_eq!(ended.forced_changes, 1);
    assert!(ended.alarms >= 1 && ended.messages >= 1 && ended.devices >= 1, "{ended:?}");
    let after = raw::dump(&database.url).await;
    // Known networks are forgotten with the devices, and one line says what happened.
    let mut expected = before.clone();
    expected.remove("member_networks");
    // An envelope that may have been used or replaced since opens nothing.
    for row in expected.get_mut("break_glass").unwrap() {
        assert_eq!(row["hash"].take(), "x");
    }
    let made_at = contents.head.made_at.0;
    let mut waiting = 0;
    for row in expected.get_mut("contacts").unwrap() {
        if let Some(from) = row["recovers_from"].as_i64().filter(|from| *from > made_at) {
            row["recovers_from"] = (from + now.0 - made_at).into();
            waiting += 1;
        }
    }
    assert_eq!((waiting, ended.waiting_contacts), (1, 1));
    let mut found = after.clone();
    found.remove("member_networks");
    let restored = raw::rows(&after, "audit").iter().position(|row| row["action"] == "restored").expect("it is logged");
    found.get_mut("audit").unwrap().remove(restored);
    assert_eq!(counts(&found), counts(&expected));
    for table in
        ["workspaces", "passwords", "password_history", "contacts", "freed_logins", "audit", "sign_ins", "limits"]
    {
        assert_eq!(raw::rows(&found, table), raw::rows(&expected, table), "{table}");
    }
    let highest = raw::rows(&before, "members").iter().filter_map(|row| row["epoch"].as_i64()).max().unwrap();
    assert!(raw::rows(&after, "members").iter().all(|row| row["epoch"].as_i64() > Some(highest + 1_000_000)));

    let none = |table: &str, lives: fn(&Value, i64) -> bool| {
        let rows = raw::rows(&after, table);
        assert!(!rows.is_empty() && !rows.iter().any(|row| lives(row, now.0)), "{table}");
    };
    none("sessions", |row, _| row["ended_at"].is_null());
    none("access_tokens", |row, _| row["ended_at"].is_null());
    none("codes", |row, _| row["spent_at"].is_null());
    none("recoveries", |row, now| row["state"] != "finished" || row["expires_at"].as_i64() > Some(now));
    none("links", |row, _| row["used_at"].is_null());
    none("alarms", |row, now| row["expires_at"].as_i64() > Some(now));
    none("outbox", |row, _| row["state"] == "waiting" || !row["body"].is_null() || !row["destination"].is_null());
    assert!(raw::count(&after, "outbox", "cause", "restored") > 0);
    assert!(raw::rows(&after, "member_networks").is_empty());

    let again = Server::reopen(database, 50, now).await;
    let here = |old: &crate::harness::Browser| {
        let mut browser = again.visitor_at(&old.address.ip().to_string());
        browser.cookies = old.cookies.clone();
        browser
    };
    assert!(!here(&own).is_signed_in().await, "a session came alive");
    here(&waits).types_code(&code).await.does_not_say("tanaka@sakura");
    here(&proved).picks(&tanaka).await.does_not_say("4 / 4");
    here(&proved).sets_password("とおりすぎる人が決めた長い合言葉").await;
    again.visitor().get(&link).await.is(410);
    again.visitor().submit("/not-me", &[("word", &word), ("sure", "yes")]).await.is(422);
    for link in links {
        again.visitor().get(&link).await.is(410);
    }
    again.deliver().await;
    assert!(again.carrier.sent().is_empty() && sent > 0, "an old message was sent");
    let dump = again.dump().await;
    assert!(raw::rows(&dump, "members").iter().any(|row| row["held_at"] == 1), "the hold");
    assert!(raw::rows(&dump, "contacts").iter().any(|row| row["frozen_at"] == 5), "the frozen contact");
    assert!(raw::rows(&dump, "device_members").iter().all(|row| row["trusted"] == 0 || row["trusted"] == false));
    assert_eq!(raw::rows(&dump, "passwords"), raw::rows(&before, "passwords"));
    let mut own = again.visitor();
    own.signs_in("tanaka", PASSWORD).await.is(422);
    own.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert!(own.is_signed_in().await, "the password of the backup's time");
    assert!(again.reload(&tanaka).await.epoch > highest);
}

#[tokio::test]
async fn a_backup_is_of_one_moment_while_requests_go_on() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    // Long to read, and between the two tables that are compared.
    let alarms = "insert into alarms (id, workspace_id, member_id, event, subject, expires_at, created_at)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
        select 'alm_' || n.i, m.workspace_id, m.id, 'filled', m.id, 1, 1 from n, members m";
    server.sql(alarms).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    let requests = async {
        for _ in 0..12 {
            server.visitor().signs_in("tanaka", PASSWORD).await.is(200);
        }
    };
    let (contents, ()) = tokio::join!(back_up(&server, &file), requests);
    let rows = |table: &str| contents.totals.iter().find(|total| total.table == table).unwrap().rows;
    // Each sign-in writes both in one transaction, and the tables lie far apart in the file.
    assert_eq!(rows("sessions"), rows("sign_ins"));
    assert_eq!(rows("device_members"), rows("devices"));
    assert_eq!(raw::rows(&server.dump().await, "sessions").len(), 12);
}

#[tokio::test]
async fn the_file_tells_no_number_no_address_and_no_name() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let (_, link) = server.invited_to(&server.workspace, "sato", Role::Member).await;
    server.visitor().asks_for_code("090-1234-5678").await.is(200);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    back_up(&server, &file).await;
    let bytes = fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let dump = serde_json::to_string(&server.dump().await).unwrap();
    for word in
        ["9012345678", EMAIL, "tanaka", "田中", "sakura", "198.51.100", "argon2", "sms", "members", &link[14..30]]
    {
        assert!(!text.contains(word), "{word}");
    }
    // Not even the keyed hashes that the database itself holds.
    let hashes: BTreeSet<_> = dump.split('"').filter(|word| word.len() >= 20).collect();
    assert!(hashes.len() > 10);
    assert!(hashes.iter().all(|hash| !text.contains(hash)));
}

#[tokio::test]
async fn every_damage_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    fill(&server.database().url, 2_500).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("a.backup"), folder.path().join("b.backup"));
    let contents = back_up(&server, &file).await;
    let app = &server.app;
    backup::backup(&app.db, &app.keyring, &SeededDice::new(100), app.now(), &other, false).await.unwrap();
    assert_eq!(backup::verify(&app.keyring, &file).unwrap(), contents);

    let (good, other) = (fs::read(&file).unwrap(), fs::read(&other).unwrap());
    let whole = CHUNK + 16;
    let head = b"aikagi-backup-1\n".len() + 1 + 8 + 32;
    let parts = (good.len() - head).div_ceil(whole);
    assert!(parts >= 4, "{parts}");
    let part = |from: &[u8], n: usize| from[head + n * whole..(head + (n + 1) * whole).min(from.len())].to_vec();
    let all = || (0..parts).map(|n| part(&good, n)).collect::<Vec<_>>();
    let with = |parts: Vec<Vec<u8>>| [vec![good[..head].to_vec()], parts].concat().concat();
    let mut damaged: Vec<(String, Vec<u8>)> = Vec::new();
    for n in 0..parts {
        for at in [0, whole / 2, whole - 1] {
            let mut changed = good.clone();
            let at = (head + n * whole + at).min(good.len() - 1);
            changed[at] ^= 0x20;
            damaged.push((format!("byte {at}"), changed));
        }
        damaged.push((format!("cut before part {n}"), good[..head + n * whole].to_vec()));
        damaged.push((format!("cut in part {n}"), good[..head + n * whole + 50].to_vec()));
        let mut spliced = all();
        spliced[n] = part(&other, n);
        damaged.push((format!("part {n} of another"), with(spliced)));
        if n > 0 {
            let mut swapped = all();
            swapped.swap(n - 1, n);
            damaged.push((format!("part {n} swapped"), with(swapped)));
            let mut without = all();
            without.remove(n - 1);
            damaged.push((format!("without part {n}"), with(without)));
        }
    }
    for at in 0..head {
        let mut changed = good.clone();
        changed[at] ^= 1;
        damaged.push((format!("byte {at} of the head"), changed));
    }
    damaged.push(("something behind".to_owned(), [good.clone(), vec![1]].concat()));
    let database = Database::new().await;
    for (what, bytes) in damaged {
        fs::write(&file, bytes).unwrap();
        let refused =
            backup::restore(&app.keyring, &SeededDice::new(1), app.now() + hours(1), &file, &database.url).await;
        let said = refused.err().unwrap_or_else(|| panic!("{what} went unnoticed")).to_string();
        let plain = ["take another backup", "no backup of Aikagi", "which the key file does not hold"];
        assert!(plain.iter().any(|words| said.contains(words)), "{what}: {said}");
    }
    fs::write(&file, &good).unwrap();
    let stranger = Keyring::new(&MasterKeys::generate(&SeededDice::new(8)));
    let refused = backup::restore(&stranger, &SeededDice::new(1), app.now() + hours(1), &file, &database.url).await;
    assert!(refused.err().unwrap().to_string().contains("bring back the key file of that server"));
    assert_eq!(tables_of(&database.url).await.len(), 0, "the database was touched");
    // A clock that is behind, a database in use, and one with data.
    let restore =
        async |url: &str, now| backup::restore(&app.keyring, &SeededDice::new(1), now, &file, url).await.err();
    assert!(matches!(restore(&database.url, app.now()).await, Some(Error::Clock)));
    let later = app.now() + hours(1);
    assert!(matches!(restore(&server.database().url, later).await, Some(Error::InUse(_))));
    app.db.close().await;
    assert!(matches!(restore(&server.database().url, later).await, Some(Error::NotEmpty)));
    assert!(restore(&database.url, later).await.is_none(), "the file itself is good");
}

/// Every table with its columns in the order of their names, as the engine has them.
async fn tables_of(url: &str) -> BTreeSet<(String, Vec<String>)> {
    const SQLITE: &str =
        "select m.name, c.name || ' ' || lower(c.type) from sqlite_master m, pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite_%'";
    const POSTGRES: &str = "select table_name::text, column_name || ' ' || data_type from information_schema.columns
        where table_schema = current_schema()";
    let rows: Vec<(String, String)> = if let Some(path) = aikagi::config::sqlite_file(url) {
        if !path.exists() {
            return BTreeSet::new();
        }
        let mut conn = SqliteConnection::connect(url).await.expect("the file opens");
        sqlx::query_as(SQLITE).fetch_all(&mut conn).await.expect("the columns")
    } else {
        let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
        sqlx::query_as(POSTGRES).fetch_all(&mut conn).await.expect("the columns")
    };
    let mut tables = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (table, column) in rows {
        tables.entry(table).or_default().push(column);
    }
    tables
        .into_iter()
        .map(|(table, mut columns)| {
            columns.sort();
            (table, columns)
        })
        .collect()
}

#[tokio::test]
async fn no_table_and_no_column_is_forgotten() {
    let server = Server::start().await;
    let mut found = tables_of(&server.database().url).await;
    found.retain(|(table, _)| !whole::APART.contains(&table.as_str()));
    let listed = whole::tables().iter().map(|table| {
        let mut columns: Vec<_> = table.columns.split(", ").map(str::to_owned).collect();
        columns.sort();
        (table.name.to_owned(), columns)
    });
    assert_eq!(listed.collect::<BTreeSet<_>>(), found, "src/store/whole.rs lists what a backup holds");
    // The keys are the engine's, or rows of equal keys would be passed over between two pages.
    fill(&server.database().url, 1_234).await;
    let folder = tempfile::tempdir().unwrap();
    let contents = back_up(&server, &folder.path().join("a.backup")).await;
    let audit = contents.totals.iter().find(|total| total.table == "audit").unwrap();
    assert_eq!(audit.rows, raw::rows(&server.dump().await, "audit").len() as u64);
    // A database of another version is not read by guess.
    let newer =
        "update _sqlx_migrations set version = 9999 where version = (select max(version) from _sqlx_migrations)";
    server.sql(newer).await;
    let (app, path) = (&server.app, folder.path().join("b.backup"));
    let refused = backup::backup(&app.db, &app.keyring, &SeededDice::new(99), app.now(), &path, false).await;
    assert!(matches!(refused, Err(Error::Schema(9999))) && !path.exists(), "{refused:?}");
}

/// Another empty database for the same house: its address for `AIKAGI_DATABASE_URL`.
pub async fn spare() -> Database {
    Database::new().await
}

fn run(house: &House, url: Option<&str>, args: &[&str], nth: Option<u32>) -> std::process::Output {
    let mut command = house.command(args);
    if let Some(url) = url {
        command.env("AIKAGI_DATABASE_URL", url);
    }
    if let Some(nth) = nth {
        command.env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string());
    }
    command.output().expect("the program starts")
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_the_old_file() {
    let (house, _) = House::set_up().await;
    let said = house.ok(&["backup", "a.backup"]);
    assert!(said.contains("master.key is not in it"), "{said}");
    assert!(house.refused(&["backup", "a.backup"]).contains("is there already"));
    let old = fs::read(house.path("a.backup")).unwrap();
    fill(&house.url(), 2_000).await;
    for nth in 1..200 {
        let said = run(&house, None, &["backup", "--force", "a.backup"], Some(nth));
        if said.status.success() {
            assert!(nth > 20, "it died only {nth} times");
            assert_ne!(fs::read(house.path("a.backup")).unwrap(), old);
            assert!(!house.path("a.backup.partial").exists());
            let said = house.ok(&["backup", "--verify", "a.backup"]);
            assert!(said.contains("is whole") && said.contains("audit"), "{said}");
            return;
        }
        assert_eq!(fs::read(house.path("a.backup")).unwrap(), old, "killed before statement {nth}");
    }
    panic!("the backup has no end");
}

#[tokio::test]
async fn two_backups_do_not_write_the_same_file_and_what_was_half_written_is_thrown_away() {
    let (house, _) = House::set_up().await;
    let partial = house.path("a.backup.partial");
    fs::write(&partial, "half of it").unwrap();
    let other = fs::File::open(&partial).unwrap();
    other.lock().unwrap();
    assert!(house.refused(&["backup", "a.backup"]).contains("is under way"));
    assert!(partial.exists() && !house.path("a.backup").exists());
    drop(other);
    house.ok(&["backup", "a.backup"]);
    assert!(!partial.exists());
    let refused = house.refused(&["restore", "aikagi.toml"]);
    assert!(refused.contains("aikagi.toml: this is no backup of Aikagi"), "{refused}");
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_and_says_so() {
    let (house, _) = House::set_up().await;
    house.ok(&["backup", "a.backup"]);
    let old = fs::read(house.path("a.backup")).unwrap();
    fill(&house.url(), 4_000).await;
    // A limit on the size of files stands in for the disk: the write fails in the same place.
    let program = format!("trap '' XFSZ; ulimit -f 256; exec {} backup --force a.backup", env!("CARGO_BIN_EXE_aikagi"));
    let own = house.command(&[]);
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &program]).current_dir(house.path(""));
    for (name, value) in own.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = command.output().unwrap();
    assert!(!said.status.success() && err(&said).contains("a.backup: File too large"), "{said:?}");
    assert_eq!(fs::read(house.path("a.backup")).unwrap(), old);
    assert!(!house.path("a.backup.partial").exists());
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_a_database_on_which_nothing_starts() {
    let (house, _) = House::set_up().await;
    house.ok(&["member", "add", "acme", "tanaka", "--name", "田中", "--mobile", "090-1234-5678"]);
    house.ok(&["backup", "a.backup"]);
    let before = raw::dump(&house.url()).await;
    assert!(run(&house, None, &["restore", "a.backup"], None).stderr.len() > 10);
    assert!(house.refused(&["restore", "a.backup"]).contains("holds data: nothing was changed"));
    assert_eq!(raw::dump(&house.url()).await, before);

    let database = spare().await;
    let url = Some(database.url.as_str());
    let mut marked = 0;
    for nth in 1..300 {
        let said = run(&house, url, &["restore", "a.backup"], Some(nth));
        if said.status.success() {
            assert!(marked > 20, "it died only {marked} times");
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            for words in ["The database is as it was at", "passwords set since", "aikagi member invite"] {
                assert!(said.contains(words), "{said}");
            }
            let listed = run(&house, url, &["member", "list", "acme"], None);
            assert!(
                listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("tanaka"),
                "{listed:?}"
            );
            let after = raw::dump(&database.url).await;
            assert_eq!(raw::rows(&after, "members").len(), raw::rows(&before, "members").len());
            assert_eq!(raw::rows(&after, "contacts"), raw::rows(&before, "contacts"));
            assert!(raw::rows(&after, "links").iter().all(|row| row["used_at"] != Value::Null));
            return;
        }
        assert!(!said.status.success());
        let tables = tables_of(&database.url).await;
        if tables.iter().any(|(table, _)| table == "unfinished_restore") {
            marked += 1;
            // Not at every one: it takes a process each time.
            if marked % 9 == 1 {
                for args in [&["serve"][..], &["member", "list", "acme"], &["backup", "b.backup"]] {
                    let said = run(&house, url, args, None);
                    assert!(!said.status.success() && err(&said).contains("a restore that has not ended"), "{said:?}");
                }
            }
        } else if !tables.is_empty() {
            assert_eq!(
                raw::dump(&database.url).await.values().map(Vec::len).sum::<usize>(),
                0,
                "rows without the mark"
            );
        }
    }
    panic!("the restore has no end");
}

/// A database of either engine, whatever this run is for.
fn sqlite(folder: &tempfile::TempDir, name: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    format!("sqlite:{}", path.display())
}

#[tokio::test]
async fn a_move_carries_everything_and_ends_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let own = server.signed_in("tanaka", "198.51.100.7").await;
    fill(&server.database().url, 1_500).await;
    let folder = tempfile::tempdir().unwrap();
    let from = server.database().url.clone();
    let now = server.app.now();
    let to = Database::new().await;
    let refused = backup::transfer(&from, &to.url, now).await;
    assert!(matches!(refused, Err(Error::InUse("source"))), "{refused:?}");
    let before = server.dump().await;
    server.app.db.close().await;

    // SQLite on every run; PostgreSQL in between where there is one. The digests are of rows, not of an engine.
    let first = backup::transfer(&from, &sqlite(&folder, "one.db"), now).await.expect("it moves");
    let second = backup::transfer(&sqlite(&folder, "one.db"), &to.url, now).await.expect("it moves");
    let third = backup::transfer(&to.url, &sqlite(&folder, "two.db"), now).await.expect("it moves");
    assert!(first == second && second == third);
    assert_eq!(counts(&raw::dump(&sqlite(&folder, "two.db")).await), counts(&before));
    assert!(matches!(backup::transfer(&from, &to.url, now).await, Err(Error::NotEmpty)));

    let again = Server::reopen(to, 60, now).await;
    let mut browser = again.visitor_at("198.51.100.7");
    browser.cookies = own.cookies.clone();
    assert!(browser.is_signed_in().await, "a session ended");
}

#[tokio::test]
async fn a_move_is_an_operators_command() {
    let (house, _) = House::set_up().await;
    let to = spare().await;
    let refused = house.refused(&["move", "--from", "postgres://a:secret@db/x", "--to", &to.url]);
    assert!(refused.contains("PGPASSWORD") && !refused.contains("secret"), "{refused}");
    let refused = house.refused(&["move", "--from", "sqlite:nowhere.db", "--to", &to.url]);
    assert!(refused.contains("there is no database at nowhere.db"), "{refused}");
    let args = ["move", "--from", &house.url(), "--to", &to.url];
    assert!(!run(&house, None, &args, Some(75)).status.success());
    let said = run(&house, Some(&to.url), &["serve"], None);
    assert!(!said.status.success() && err(&said).contains("a restore that has not ended"), "{said:?}");
    let said = house.ok(&args);
    assert!(said.contains("Both databases hold the same"), "{said}");
    let listed = run(&house, Some(&to.url), &["member", "list", "acme"], None);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("suzuki"), "{listed:?}");
}
