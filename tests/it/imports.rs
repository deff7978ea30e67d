//! Members come in by a file, in chunks: however it is interrupted, whoever else adds members meanwhile, and however often the same
//! command is given, everybody is in once in the end and everybody's link is in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use aikagi::flows::import::{self, Put};
use aikagi::flows::keys;
use aikagi::flows::members::{self, NewMember};
use aikagi::model::{Locale, LoginName, Role};
use serde_json::Value;

use crate::cli::{House, err};
use crate::harness::{self, Database, Server, address};
use crate::keys::{rotate, with_another};
use crate::raw::{self, Dump};

/// Rows of the file of these stories: a chunk and a bit.
const ROWS: usize = import::CHUNK + 30;

const IMPORT: [&str; 4] = ["member", "import", "acme", "members.csv"];
const WITH_LINKS: [&str; 6] = ["member", "import", "acme", "members.csv", "--links", "links.csv"];

/// Made-up people, each with a number.
pub fn people(numbers: Range<usize>) -> Vec<NewMember> {
    let person = |n: usize| NewMember {
        login: LoginName::parse(&format!("member-{n}")).expect("a login name"),
        name: format!("Member {n}"),
        kana: String::new(),
        department: String::new(),
        role: Role::Member,
        locale: Locale::Ja,
        contacts: vec![address(&format!("090-{:04}-{:04}", 1_000 + n / 10_000, n % 10_000))],
    };
    numbers.map(person).collect()
}

fn file(rows: Range<usize>) -> String {
    let mut text = "login,name,mobile,email\n".to_owned();
    for n in rows {
        let _ = writeln!(text, "m{n},\"山田, {n}\",090-1000-{n:04},m{n}@example.jp");
    }
    text
}

async fn house() -> House {
    let (house, _) = House::set_up().await;
    fs::write(house.path("members.csv"), file(0..ROWS)).expect("written");
    house
}

/// Gives the command, dying before its `nth` statement.
fn dies(house: &House, args: &[&str], nth: usize) -> Output {
    house.command(args).env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string()).output().expect("it starts")
}

/// Dies when the first chunk is in and the second one is not.
fn dies_midway(house: &House, args: &[&str]) {
    // Three questions and the beginning, and four statements for a chunk with its links' file apart.
    for nth in 8..40 {
        assert!(!dies(house, args, nth).status.success());
        if house.members().len() > 1 {
            break;
        }
    }
    assert_eq!(house.members().len(), 1 + import::CHUNK);
}

/// Whoever is in: login name and id.
fn logins(dump: &Dump) -> BTreeMap<String, String> {
    let text = |row: &Value, column: &str| row[column].as_str().expect("a text").to_owned();
    let all = raw::rows(dump, "members").iter().map(|row| (text(row, "login"), text(row, "id")));
    all.filter(|(login, _)| login != "suzuki").collect()
}

/// The file's links: login name and the token's prefix.
fn links(house: &House, name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(house.path(name)).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).skip(1);
    let part = |line: &str, mark: &str| line.split_once(mark).expect("a line of links").1[..13].to_owned();
    lines
        .map(|line| {
            (line.split('@').next().expect("an ID").to_owned(), part(line, "http://localhost:8080/set-password/akl_"))
        })
        .collect()
}

/// Every link that opens something: whose, and the token's prefix.
fn open_links(dump: &Dump) -> BTreeSet<(String, String)> {
    let ids: BTreeMap<String, String> = logins(dump).into_iter().map(|(login, id)| (id, login)).collect();
    let open = raw::rows(dump, "links").iter().filter(|row| row["used_at"].is_null());
    open.filter_map(|row| {
        Some((ids.get(row["member_id"].as_str()?)?.clone(), row["token_prefix"].as_str()?.to_owned()))
    })
    .collect()
}

/// All rows are in, once, and nothing else.
fn is_whole(dump: &Dump, rows: usize) {
    assert_eq!(logins(dump).len(), rows);
    assert_eq!(raw::rows(dump, "members").len(), rows + 1);
    assert_eq!(raw::rows(dump, "contacts").len(), 2 * rows);
    assert_eq!(raw::count(dump, "audit", "action", "member_added"), rows + 1);
}

/// The file holds a link that works for every row, each once.
async fn has_all_links(house: &House, name: &str, rows: usize) {
    let lines = links(house, name);
    assert_eq!(lines.len(), rows, "{name}");
    assert_eq!(lines.into_iter().collect::<BTreeSet<_>>(), open_links(&raw::dump(&house.url()).await), "{name}");
    assert_eq!(fs::metadata(house.path(name)).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert!(!house.path(&format!("{name}.partial")).exists());
}

/// The process dies at every statement; the line that it was writing is cut anywhere.
#[tokio::test]
async fn an_import_that_dies_anywhere_is_gone_on_with() {
    let house = house().await;
    for nth in 1..60 {
        let copy = house.copy().await;
        if dies(&copy, &WITH_LINKS, nth).status.success() {
            is_whole(&raw::dump(&copy.url()).await, ROWS);
            assert!(nth > 12, "only {nth} statements");
            return;
        }
        let dump = raw::dump(&copy.url()).await;
        let (there, lines) = (logins(&dump), links(&copy, "links.csv"));
        assert!((0..there.len()).all(|n| there.contains_key(&format!("m{n}"))), "not the first rows: {nth}");
        let lines: BTreeSet<_> = lines.into_iter().collect();
        assert!(open_links(&dump).is_subset(&lines), "a link was lost: {nth}");
        assert_eq!(open_links(&dump).len(), there.len());
        if copy.path("links.csv").exists() {
            let mut text = fs::read_to_string(copy.path("links.csv")).expect("it reads");
            text.push_str("m4@acme,\"山田");
            fs::write(copy.path("links.csv"), text).expect("written");
        }
        let said = copy.ok(&WITH_LINKS);
        assert!(said.contains(&format!("{} members were added", ROWS - there.len())), "{nth}: {said}");
        assert!(!said.contains("have new links"), "{nth}: {said}");
        is_whole(&raw::dump(&copy.url()).await, ROWS);
        has_all_links(&copy, "links.csv", ROWS).await;
    }
    panic!("the import has no end");
}

#[tokio::test]
async fn giving_the_command_again_changes_nothing() {
    let house = house().await;
    house.ok(&WITH_LINKS);
    let before = raw::dump(&house.url()).await;
    let text = fs::read_to_string(house.path("links.csv")).expect("it is there");
    let said = house.ok(&WITH_LINKS);
    assert!(said.contains("0 members were added") && said.contains("80 of the 80 rows had been"), "{said}");
    assert_eq!(fs::read_to_string(house.path("links.csv")).expect("it is there"), text);
    let mut after = raw::dump(&house.url()).await;
    after.insert("imports".to_owned(), before["imports"].clone());
    assert_eq!(before, after);
    assert!(
        house
            .ok(&["member", "import", "acme", "members.csv", "--dry-run"])
            .contains("80 of 80 rows are imported, and 0 more")
    );
}

/// Links that were never written, were thrown away, or have ended are made anew; those that work stay.
#[tokio::test]
async fn the_file_of_links_is_made_whole() {
    let house = house().await;
    dies_midway(&house, &IMPORT);
    let said = house.ok(&WITH_LINKS);
    assert!(said.contains("30 members were added") && said.contains("50 of those who"), "{said}");
    has_all_links(&house, "links.csv", ROWS).await;

    let kept = links(&house, "links.csv");
    let gone = logins(&raw::dump(&house.url()).await)["m7"].clone();
    raw::run(&house.url(), &format!("update links set used_at = 1 where member_id = '{gone}'")).await;
    raw::run(&house.url(), "update members set state = 'active' where login = 'm9'").await;
    let said = house.ok(&WITH_LINKS);
    assert!(said.contains("\n1 of those who"), "{said}");
    let now = links(&house, "links.csv");
    assert_eq!(kept.iter().filter(|line| !now.contains(line)).map(|line| line.0.as_str()).collect::<Vec<_>>(), ["m7"]);
    has_all_links(&house, "links.csv", ROWS).await;

    // Another file gets all that is left to send; nobody who has a password gets one.
    house.ok(&["member", "import", "acme", "members.csv", "--links", "again.csv"]);
    let again = links(&house, "again.csv");
    assert_eq!(again.len(), ROWS - 1);
    assert!(again.iter().all(|line| line.0 != "m9" && !now.contains(line)));
}

#[tokio::test]
async fn the_file_of_links_is_never_somebody_elses() {
    let house = house().await;
    fs::write(house.path("links.csv"), "years of work").expect("written");
    let refused = house.refused(&WITH_LINKS);
    assert!(refused.contains("links.csv") && refused.contains("name a new file"), "{refused}");
    assert_eq!(fs::read_to_string(house.path("links.csv")).expect("it reads"), "years of work");
    fs::write(house.path("links.csv"), "").expect("written");
    let refused = house.refused(&WITH_LINKS);
    assert!(refused.contains("can be read by others"), "{refused}");
    fs::set_permissions(house.path("links.csv"), fs::Permissions::from_mode(0o600)).expect("changed");
    let held = fs::File::open(house.path("links.csv")).expect("it opens");
    held.lock().expect("a lock");
    assert!(house.refused(&WITH_LINKS).contains("another import is writing"));
    assert_eq!(house.members().len(), 1);
    drop(held);
    // A link of somebody's would lead the secrets to them; so would a file that is theirs.
    fs::rename(house.path("links.csv"), house.path("elsewhere.csv")).expect("moved");
    std::os::unix::fs::symlink(house.path("elsewhere.csv"), house.path("links.csv")).expect("a link");
    assert!(house.refused(&WITH_LINKS).contains("links.csv cannot be made"));
    fs::remove_file(house.path("links.csv")).expect("gone");
    fs::rename(house.path("elsewhere.csv"), house.path("links.csv")).expect("moved");
    // Only root can give a file away.
    if std::os::unix::fs::chown(house.path("links.csv"), Some(65_534), None).is_ok() {
        assert!(house.refused(&WITH_LINKS).contains("belongs to another user"));
        fs::remove_file(house.path("links.csv")).expect("gone");
    }
    house.ok(&WITH_LINKS);
    has_all_links(&house, "links.csv", ROWS).await;
}

#[tokio::test]
async fn a_file_that_was_changed_midway_is_another_import() {
    let house = house().await;
    dies_midway(&house, &IMPORT);
    fs::write(house.path("members.csv"), file(1..ROWS)).expect("written");
    let refused = house.refused(&IMPORT);
    assert!(refused.contains("members.csv:2: the login name `m1` is taken"), "{}", &refused[..500]);
    assert!(refused.contains("stopped after 50 of 80 rows") && refused.contains("as it was"), "{refused}");
    assert_eq!(house.members().len(), 1 + import::CHUNK);
    // Those who are in taken out of it, it can be imported.
    fs::write(house.path("members.csv"), file(import::CHUNK..ROWS + 5)).expect("written");
    assert!(house.ok(&IMPORT).contains("35 members were added"));
    // The same rows, written by another program.
    let text = file(0..ROWS).replace('\n', "\r\n").replace("mobile,email", "Mobile, EMail");
    fs::write(house.path("members.csv"), format!("\u{feff}{text}")).expect("written");
    let refused = house.refused(&IMPORT);
    assert!(refused.contains("these were not added"), "{}", &refused[..500]);
    is_whole(&raw::dump(&house.url()).await, ROWS + 5);
}

/// Somebody else adds members while an import lies still: all others come in, and the lines are told as often as one asks.
#[tokio::test]
async fn who_was_added_by_somebody_else_meanwhile_is_told() {
    let house = house().await;
    dies_midway(&house, &WITH_LINKS);
    for login in ["m60", "m75"] {
        house.ok(&["member", "add", "acme", login, "--name", "別人"]);
    }
    let said = house.ok(&["member", "import", "acme", "members.csv", "--dry-run"]);
    assert!(said.contains("50 of 80 rows are imported, and 28 more can be"), "{said}");
    for _ in 0..2 {
        let refused = house.refused(&WITH_LINKS);
        for part in ["members.csv:62: the login name `m60`", "members.csv:77:", "all others are in"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }
    let dump = raw::dump(&house.url()).await;
    assert_eq!(logins(&dump).len(), ROWS);
    assert_eq!(raw::count(&dump, "members", "name", "別人"), 2);
    let lines = links(&house, "links.csv");
    assert_eq!(lines.len(), ROWS - 2);
    assert!(lines.iter().all(|line| line.0 != "m60" && line.0 != "m75"));
    assert!(lines.into_iter().collect::<BTreeSet<_>>().is_subset(&open_links(&dump)));
}

#[tokio::test]
async fn a_row_taken_between_check_and_chunk_leaves_the_others_in() {
    let server = Server::start().await;
    let (app, workspace) = (&server.app, &server.workspace);
    let all = people(0..10);
    let mut import = import::begin(app, workspace, &all).await.expect("the database works");
    let chunk = import.prepare(true).await.expect("it seals");
    members::add(app, workspace, &all[3]).await.expect("the database works");
    assert_eq!(import.put(&chunk).await.expect("the database works"), Put::Changed);
    let dump = server.dump().await;
    assert_eq!((raw::rows(&dump, "members").len(), raw::rows(&dump, "links").len()), (1, 1), "half a chunk is in");
    let chunk = import.prepare(true).await.expect("it seals");
    assert_eq!(chunk.links().count(), 9);
    assert_eq!(import.put(&chunk).await.expect("the database works"), Put::Done);
    assert!(import.is_over());
    assert_eq!(import.skipped().collect::<Vec<_>>(), [3]);
    // A name that was given up a short while ago is as good as taken.
    let soon = app.now().0 + 1_000_000;
    server
        .sql(&format!(
            "insert into freed_logins (workspace_id, login, free_from) values ('{}', 'member-20', {soon})",
            workspace.id
        ))
        .await;
    let all = people(20..22);
    let found = import::look(app, workspace, &all).await.expect("the database works");
    assert_eq!(found.taken, [0]);
    let answer = import::all(app, workspace, &all).await.expect("the database works");
    assert_eq!(answer.expect_err("one is taken"), [0]);
    assert_eq!(raw::rows(&server.dump().await, "members").len(), 10);
}

/// The later one goes on where the earlier one was, and the earlier one finds out before it changes anything.
#[tokio::test]
async fn a_second_run_of_the_same_import_takes_over() {
    let server = Server::start().await;
    let (app, workspace) = (&server.app, &server.workspace);
    let all = people(0..ROWS);
    let mut first = import::begin(app, workspace, &all).await.expect("the database works");
    let chunk = first.prepare(false).await.expect("it seals");
    assert_eq!(first.put(&chunk).await.expect("the database works"), Put::Done);
    let late = first.prepare(true).await.expect("it seals");
    let mut second = import::begin(app, workspace, &all).await.expect("the database works");
    assert_eq!(second.done(), import::CHUNK);
    assert_eq!(first.put(&late).await.expect("the database works"), Put::TakenOver);
    let links = first.prepare_links(&[0, 1]).await.expect("the database works");
    assert_eq!(first.put_links(&links).await.expect("the database works"), Put::TakenOver);
    while !second.is_over() {
        let chunk = second.prepare(false).await.expect("it seals");
        assert_eq!(second.put(&chunk).await.expect("the database works"), Put::Done);
    }
    assert_eq!(first.put(&late).await.expect("the database works"), Put::TakenOver);
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "members").len(), ROWS);
    assert_eq!(raw::rows(&dump, "links").len(), 0);
}

/// Another key takes over midway, at another node: the import reads the key file again, and what it had prepared with the old key stays out.
#[tokio::test]
async fn an_import_goes_on_with_the_key_that_writes_by_now() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = harness::config();
    config.master_key_file = folder.path().join("master.key");
    let server = Server::start_with(config.clone()).await;
    let (app, workspace) = (&server.app, &server.workspace);
    let all = people(0..ROWS);
    let mut import = import::begin(app, workspace, &all).await.expect("the database works");
    let chunk = import.prepare(true).await.expect("it seals");
    assert_eq!(import.put(&chunk).await.expect("the database works"), Put::Done);
    let late = import.prepare(true).await.expect("it seals");
    let (file, id) = with_another();
    let other = Server::reopen_with(Database::borrowed(&server.database().url), 8, app.now(), &file).await;
    rotate(&other, &file, &id).await;
    file.write_new(&config.master_key_file).expect("written");
    assert_eq!(import.put(&late).await.expect("the database works"), Put::Turned);
    assert_eq!(raw::rows(&server.dump().await, "members").len(), import::CHUNK, "half a chunk is in");
    let chunk = import.prepare(true).await.expect("it seals");
    assert_eq!(import.put(&chunk).await.expect("the database works"), Put::Done);
    assert!(import.is_over());
    let lines = keys::list(&other.app).await.expect("it works");
    let contacts: Vec<_> = lines.iter().map(|line| line.resting.contacts).collect();
    assert_eq!(contacts, [0, i64::try_from(ROWS).expect("few")], "{lines:?}");
}

/// The key, and the language that new members get, changed since it stopped.
#[tokio::test]
async fn an_import_that_stopped_is_gone_on_with_under_another_key() {
    let server = Server::start().await;
    let (app, workspace) = (&server.app, &server.workspace);
    let all = people(0..ROWS);
    let mut import = import::begin(app, workspace, &all).await.expect("the database works");
    let chunk = import.prepare(false).await.expect("it seals");
    assert_eq!(import.put(&chunk).await.expect("the database works"), Put::Done);
    let (file, id) = with_another();
    rotate(&server, &file, &id).await;
    let mut all = people(0..ROWS);
    for new in &mut all {
        new.locale = Locale::En;
    }
    let found = import::look(app, workspace, &all).await.expect("the database works");
    assert_eq!((found.begun, found.taken), (Some(import::CHUNK), vec![]));
    let mut again = import::begin(app, workspace, &all).await.expect("the database works");
    while !again.is_over() {
        let chunk = again.prepare(false).await.expect("it seals");
        assert_eq!(again.put(&chunk).await.expect("the database works"), Put::Done);
    }
    let dump = server.dump().await;
    assert_eq!((raw::rows(&dump, "members").len(), raw::rows(&dump, "imports").len()), (ROWS, 1));
}

/// Two operators start it at the same moment: it ends, and nobody is in twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_runs_at_once_double_nothing_and_end() {
    let house = house().await;
    let start = |name: &str| house.command(&[&IMPORT[..], &["--links", name]].concat()).spawn().expect("it starts");
    let mut both = [start("a.csv"), start("b.csv")];
    let ended = both.each_mut().map(|run| run.wait().expect("it ends").success());
    assert!(ended.contains(&true), "neither came to its end");
    is_whole(&raw::dump(&house.url()).await, ROWS);
    house.ok(&[&IMPORT[..], &["--links", "a.csv"]].concat());
    has_all_links(&house, "a.csv", ROWS).await;
}

/// A hundred thousand rows in small: what has been said is told as it goes, and a wrong row at the end changes nothing.
#[tokio::test]
async fn a_fault_in_the_last_row_changes_nothing() {
    let (house, _) = House::set_up().await;
    fs::write(house.path("members.csv"), format!("{}m0,,,\nm5000,x,x,\n", file(0..3_000))).expect("written");
    let said = house.run(&WITH_LINKS);
    let told = err(&said);
    assert_eq!(said.status.code(), Some(1));
    assert!(told.contains("members.csv:3002: name") && told.contains("members.csv:3003: mobile"), "{told}");
    assert_eq!(house.members().len(), 1);
    assert!(!house.path("links.csv").exists());
    assert!(raw::rows(&raw::dump(&house.url()).await, "imports").is_empty());
}
