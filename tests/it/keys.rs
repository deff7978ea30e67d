//! A new master key takes over: nobody is lost and nobody is found twice at any moment, whatever dies midway; an old key goes only when
//! nothing needs it, and older backups come back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aikagi::app::App;
use aikagi::backup;
use aikagi::config::Config;
use aikagi::flows::keys::retiring::{self, Retire};
use aikagi::flows::keys::rotation::{self, Activate};
use aikagi::flows::keys::{self, State, anew};
use aikagi::flows::{members, workspaces};
use aikagi::model::hours;
use aikagi::store::contacts::Contact;
use aikagi::store::members::Member;
use aikagi::vault::{MasterKeys, SeededDice};
use tokio_util::sync::CancellationToken;

use crate::harness::{self, Browser, Database, NEW_PASSWORD, PASSWORD, Server, address, master};
use crate::own::link_in;
use crate::raw;

/// The stories' key file with one more key, and that key's id.
pub fn with_another() -> (MasterKeys, String) {
    let mut keys = master();
    let id = keys.add(&SeededDice::new(70));
    (keys, id)
}

pub async fn reads(app: &App, file: &MasterKeys, name: &str) {
    app.keyring.replace(file).expect("the key that writes is in it");
    keys::refresh(app).await.expect("the database answers");
    keys::announce(app, name).await.expect("the database answers");
}

/// All steps of `aikagi key rotate` beside one server.
pub async fn rotate(server: &Server, file: &MasterKeys, id: &str) {
    reads(&server.app, file, "one").await;
    rotation::prepare(&server.app, id).await.expect("it works");
    assert_eq!(rotation::activate(&server.app, id).await.expect("it works"), Activate::Done);
    anew::compute(&server.app, |_| {}).await.expect("it works");
    assert!(anew::finish(&server.app).await.expect("it works"));
}

/// Where a text of the database names this key.
async fn named_in(server: &Server, id: &str) -> BTreeSet<String> {
    let dump = server.dump().await;
    let names = |value: &serde_json::Value| {
        let text = value.as_str().unwrap_or_default();
        [format!("{id}."), format!("w1.{id}."), format!("s1.{id}.")].iter().any(|head| text.starts_with(head))
            || text.contains(&format!("keyid={id},"))
    };
    let columns = dump.iter().flat_map(|(table, rows)| {
        let names = &names;
        rows.iter().filter_map(serde_json::Value::as_object).flat_map(move |row| {
            row.iter().filter(move |(_, value)| names(value)).map(move |(column, _)| format!("{table}.{column}"))
        })
    });
    columns.collect()
}

#[tokio::test]
async fn a_new_key_takes_over_and_what_was_begun_before_goes_on() {
    let server = Server::start().await;
    let (file, id) = with_another();
    let old = server.app.keyring.writes();
    let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
    server.member("sato", &["sato@example.jp"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    // An attempt with its code sent, one that is proved, notices with a link and a word, a link for a first password, a message that waits.
    let mut waits = server.visitor_at("198.51.100.20");
    waits.asks_for_code_by_email("sato@example.jp", "").await.is(200);
    let code = server.code_for("sato@example.jp").await;
    let mut proved = server.visitor_at("198.51.100.21");
    proved.asks_for_code("090-1234-5678").await.is(200);
    let other = server.code_for("+819012345678").await;
    proved.types_code(&other).await.says("tanaka@sakura");
    let (_, link) = server.invited_to(&server.workspace, "suzuki", aikagi::model::Role::Member).await;
    server.visitor_at("198.51.100.22").asks_for_code("090-1234-5678").await.is(200);

    rotate(&server, &file, &id).await;
    assert_eq!(server.app.keyring.writes(), id);
    let of_hashes = [
        "codes.hash",
        "devices.token_hash",
        "links.token_hash",
        "master_keys.id",
        "passwords.hash",
        "recoveries.address_index",
        "recoveries.handle_hash",
        "sessions.token_hash",
    ];
    let left = named_in(&server, &old).await;
    let expected: BTreeSet<_> = of_hashes.iter().map(ToString::to_string).collect();
    assert_eq!(
        left.iter().filter(|at| *at != "master_keys.id").collect::<Vec<_>>(),
        expected.iter().filter(|at| *at != "master_keys.id").collect::<Vec<_>>()
    );
    for column in ["contacts.address_index", "workspaces.data_key", "outbox.destination", "outbox.body"] {
        assert!(named_in(&server, &id).await.contains(column), "{column}");
    }

    // The message that waited leaves, the session lives, the link opens, both attempts come to their end.
    assert_eq!(server.received("+819012345678").await.iter().filter(|l| l.purpose == "recovery_code").count(), 2);
    assert!(own.is_signed_in().await);
    server.visitor().get(&link).await.is(200);
    waits.types_code(&code).await.says("sato@sakura");
    proved.picks(&tanaka).await.says("4 / 4");
    proved.sets_password(NEW_PASSWORD).await.is(200);
    assert!(!own.is_signed_in().await);
    own.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    // Whoever signs in with an older password rests on the new key from then on, and so does the device.
    let mut sato = server.visitor_at("198.51.100.30");
    sato.signs_in("sato", PASSWORD).await.is(200);
    let lines = keys::list(&server.app).await.expect("it works");
    assert_eq!(lines.iter().map(|line| line.state).collect::<Vec<_>>(), [State::Reads, State::Writes]);
    assert_eq!((lines[0].resting.passwords, lines[0].resting.rows()), (0, 0), "{lines:?}");
    assert!(lines[1].resting.contacts == 3 && lines[1].resting.workspaces == 1, "{lines:?}");
}

#[tokio::test]
async fn a_notice_from_before_two_changes_still_stops_the_stranger() {
    for by_word in [false, true] {
        let server = Server::start().await;
        let (file, id) = with_another();
        let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        let mut thief = server.visitor_at("203.0.113.9");
        thief.asks_for_code("090-1234-5678").await.is(200);
        let code = server.code_for("+819012345678").await;
        thief.types_code(&code).await.is(200);
        thief.picks(&tanaka).await.is(200);
        thief.sets_password(NEW_PASSWORD).await.is(200);
        let to = if by_word { "+819012345678" } else { "ichiro@example.jp" };
        let notice =
            server.received(to).await.into_iter().find(|letter| letter.purpose == "recovered").expect("it works");
        rotate(&server, &file, &id).await;
        // And once more within the days in which the owner may object.
        let mut file = file;
        let third = file.add(&SeededDice::new(71));
        rotate(&server, &file, &third).await;
        let mut own = server.visitor_at("198.51.100.7");
        if by_word {
            let is_word = |word: &&str| word.len() == 14 && word.matches('-').count() == 2;
            let word = notice.text.split(|c: char| !c.is_ascii_uppercase() && c != '-').find(is_word).expect("a word");
            own.submit("/not-me", &[("word", word), ("sure", "yes")]).await.is(200);
        } else {
            own.submit(&link_in(&notice.text), &[]).await.is(200);
        }
        assert!(server.reload(&tanaka).await.held_at.is_some(), "by word: {by_word}");
    }
}

/// The member's contacts, each of which opens.
pub async fn contacts(server: &Server, member: &Member) -> Vec<Contact> {
    let workspace = workspaces::by_slug(&server.app, "sakura").await.expect("it works").expect("it works");
    let rows = members::contacts(&server.app, &workspace, member).await.expect("it works");
    rows.into_iter().map(|(contact, _)| contact).collect()
}

/// Two nodes, A and B, on one database.
pub struct Nodes {
    pub a: Server,
    pub b: Server,
}

impl Nodes {
    pub async fn start() -> Self {
        let a = Server::start().await;
        let b = Server::reopen(Database::borrowed(&a.database().url), 8, a.app.now()).await;
        keys::announce(&a.app, "a").await.expect("it works");
        keys::announce(&b.app, "b").await.expect("it works");
        Self { a, b }
    }

    fn node(&self, n: usize) -> &Server {
        if n.is_multiple_of(2) { &self.a } else { &self.b }
    }
}

/// An attempt that waits for its code, and whom it must find.
struct Attempt {
    browser: Browser,
    code: String,
    login: String,
    begun: usize,
}

async fn begins(nodes: &Nodes, stage: usize, n: usize, login: &str) -> Attempt {
    let node = nodes.node(n);
    let mut browser = node.visitor_at(&format!("203.0.{stage}.{}", n + 1));
    let email = format!("{login}@example.jp");
    browser.asks_for_code_by_email(&email, "").await.is(200);
    let code = node.code_for(&email).await;
    Attempt { browser, code, login: login.to_owned(), begun: stage }
}

/// On either node: the code opens both IDs of the address, each once.
async fn ends(nodes: &Nodes, n: usize, attempt: &Attempt, stage: usize) {
    let mut browser = nodes.node(n).visitor_at(&attempt.browser.address.ip().to_string());
    browser.cookies = attempt.browser.cookies.clone();
    let page = browser.types_code(&attempt.code).await;
    let what = format!("begun at {}, ended at {stage} on node {}: {}", attempt.begun, n % 2, page.main());
    for id in [format!("{}@sakura", attempt.login), format!("{}@bravo", attempt.login)] {
        assert_eq!(page.text.matches(&id).count(), 1, "{id} {what}");
    }
    assert_eq!(page.text.matches("name=\"pick\"").count(), 2, "{what}");
}

const STAGES: usize = 9;

/// Goes one step on in a change of keys; `half` counts as a step of its own.
async fn goes_on(nodes: &Nodes, to_stage: usize, file: &MasterKeys, id: &str) {
    let (a, b) = (&nodes.a.app, &nodes.b.app);
    match to_stage {
        1 => reads(a, file, "a").await,
        2 => {
            assert_eq!(rotation::unready(a, id).await.expect("it works").len(), 1, "B has not read the file");
            assert!(matches!(rotation::activate(a, id).await.expect("it works"), Activate::NotEverywhere(_)));
            reads(b, file, "b").await;
        }
        3 => {
            assert_eq!(rotation::activate(a, id).await.expect("it works"), Activate::NotPrepared);
            rotation::prepare(a, id).await.expect("it works");
        }
        4 => assert_eq!(rotation::activate(a, id).await.expect("it works"), Activate::Done),
        5 => {
            assert_eq!(
                rotation::behind(a, id).await.expect("it works").len(),
                2,
                "neither has said yet that it changed"
            );
            reads(b, file, "b").await;
            reads(a, file, "a").await;
        }
        6 => {
            // Given up after the first hundred contacts.
            let half = tokio::sync::Notify::new();
            let told = |progress: anew::Progress| {
                if progress.seen >= 100 {
                    half.notify_one();
                }
            };
            tokio::select! {
                biased;
                () = half.notified() => {}
                done = anew::compute(a, told) => panic!("too few contacts: {done:?}"),
            }
            assert!(!anew::finish(a).await.expect("it works"));
        }
        7 => drop(anew::compute(a, |_| {}).await.expect("it works")),
        _ => assert!(anew::finish(a).await.expect("it works")),
    }
}

/// What somebody wrote since it was prepared is to be prepared, too: the operator reads so, and asks again.
async fn activates_amid_traffic(a: &App, id: &str) {
    for _ in 0..10 {
        match rotation::activate(a, id).await.expect("it works") {
            Activate::Done => return,
            Activate::NotPrepared => rotation::prepare(a, id).await.expect("it works"),
            other => panic!("{other:?}"),
        }
    }
    panic!("never prepared");
}

#[tokio::test]
async fn at_every_step_on_every_node_a_contact_is_found_and_never_twice() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    let bravo = nodes.a.workspace("bravo", "ブラボー").await;
    // One for every pair of a beginning and an end, in two workspaces.
    let mut logins = Vec::new();
    for n in 0..STAGES * (STAGES + 1) / 2 {
        let login = format!("m{n:02}");
        let email = format!("{login}@example.jp");
        nodes.a.member(&login, &[&email]).await;
        nodes.a.member_of(&bravo, &login, &[&email]).await;
        logins.push(login);
    }
    // So many contacts that half of them is more than a batch.
    let tanaka = nodes.a.member("tanaka", &["ichiro@example.jp"]).await;
    let more: Vec<_> = (0..60).map(|n| address(&format!("t{n}@example.jp"))).collect();
    members::settle(&nodes.a.app, &nodes.a.workspace, &tanaka, None, &more, nodes.a.app.now()).await.expect("it works");
    let mut own = nodes.a.signed_in("tanaka", "198.51.100.7").await;

    let mut open: Vec<Attempt> = Vec::new();
    for stage in 0..STAGES {
        if stage > 0 {
            goes_on(&nodes, stage, &file, &id).await;
        }
        for n in stage..STAGES {
            let login = logins.pop().expect("one for each");
            open.push(begins(&nodes, stage, n, &login).await);
        }
        // One attempt of every beginning ends here, on the one node or the other.
        for begun in 0..=stage {
            let at = open.iter().position(|attempt| attempt.begun == begun).expect("one for each");
            ends(&nodes, begun + stage, &open.remove(at), stage).await;
        }
        // Nobody gets the same address twice.
        own.post("/w/sakura/me/contacts/add-email", &[("email", "ichiro@example.jp")]).await;
        assert_eq!(contacts(&nodes.a, &tanaka).await.len(), 61, "stage {stage}");
    }
    assert!(open.is_empty() && logins.is_empty());
}

#[tokio::test]
async fn traffic_goes_on_while_everything_is_computed_anew() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    let bravo = nodes.a.workspace("bravo", "ブラボー").await;
    for n in 0..60 {
        let (login, email) = (format!("m{n:02}"), format!("m{n:02}@example.jp"));
        nodes.a.member(&login, &[&email]).await;
        nodes.a.member_of(&bravo, &login, &[&email]).await;
    }
    let change = async {
        for stage in 1..STAGES {
            match stage {
                4 => activates_amid_traffic(&nodes.a.app, &id).await,
                6 => continue,
                _ => goes_on(&nodes, stage, &file, &id).await,
            }
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    };
    let traffic = async {
        for n in 0..60 {
            let attempt = begins(&nodes, 0, n, &format!("m{n:02}")).await;
            ends(&nodes, n / 2, &attempt, 0).await;
        }
    };
    tokio::join!(change, traffic);
    let lines = keys::list(&nodes.a.app).await.expect("it works");
    assert_eq!(lines[0].resting.rows(), 0, "{lines:?}");
}

#[tokio::test]
async fn two_servers_that_write_one_address_at_the_same_moment_leave_one_contact() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    let tanaka = nodes.a.member("tanaka", &["ichiro@example.jp"]).await;
    for stage in 1..=5 {
        goes_on(&nodes, stage, &file, &id).await;
    }
    // As if another server, in the moment of the change, had written the same under the new key.
    let index = nodes.a.app.keyring.contact_index("email", "ichiro@example.jp");
    let sql = format!(
        "insert into contacts (id, workspace_id, member_id, kind, address, address_index, state, created_at)
        select 'con_00000000000000000000twin00', workspace_id, member_id, kind, address, '{}', 'unverified', 1 from contacts",
        index.written()
    );
    nodes.a.sql(&sql).await;
    anew::compute(&nodes.a.app, |_| {}).await.expect_err("it is refused");
    // Its sealed text belongs to the other row; give it one of its own, as a server would have.
    let key = nodes.a.app.data_key(&nodes.a.workspace.id, &data_key(&nodes.a).await).expect("it works");
    let sealed = key.seal(&SeededDice::new(5), "contact", "con_00000000000000000000twin00", b"ichiro@example.jp");
    nodes.a.sql(&format!("update contacts set address = '{sealed}' where id like '%twin00'")).await;
    anew::compute(&nodes.a.app, |_| {}).await.expect("it works");
    assert!(anew::finish(&nodes.a.app).await.expect("it works"));
    let rows = contacts(&nodes.a, &tanaka).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].verified_at.is_some(), "the one that was proved stays");
}

async fn data_key(server: &Server) -> String {
    let dump = server.dump().await;
    raw::rows(&dump, "workspaces")[0]["data_key"].as_str().expect("it works").to_owned()
}

#[tokio::test]
async fn a_key_goes_only_when_nothing_needs_it() {
    let server = Server::start().await;
    let (mut file, id) = with_another();
    let old = server.app.keyring.writes();
    server.member("tanaka", &["ichiro@example.jp"]).await;
    server.member("sato", &[]).await;
    server.signed_in("tanaka", "198.51.100.7").await;
    let retire = async |id: &str, leave| retiring::retire(&server.app, id, leave).await.expect("it works");
    assert_eq!(retire(&old, false).await, Retire::Writes);
    assert_eq!(retire("none", false).await, Retire::NoSuch);
    reads(&server.app, &file, "one").await;
    rotation::prepare(&server.app, &id).await.expect("it works");
    assert!(
        matches!(retire(&id, true).await, Retire::Needed(rows) if rows.workspaces == 1),
        "it wraps data keys already"
    );
    rotation::activate(&server.app, &id).await.expect("it works");
    assert_eq!(retire(&old, true).await, Retire::NotDone);
    anew::compute(&server.app, |_| {}).await.expect("it works");
    assert!(anew::finish(&server.app).await.expect("it works"));
    assert!(matches!(retire(&old, true).await, Retire::TooEarly(_)));
    server.later(hours(1));
    let Retire::Needed(rows) = retire(&old, false).await else { panic!("hashes rest on it") };
    assert_eq!((rows.rows(), rows.passwords, rows.devices), (0, 2, 1));

    // They come again; tanaka's device is known.
    let older = keys::list(&server.app).await.expect("it works");
    assert!(older[0].resting.sessions == 1, "{older:?}");
    server.visitor_at("198.51.100.8").signs_in("sato", PASSWORD).await.is(200);
    let Retire::Needed(rows) = retire(&old, false).await else { panic!("one more") };
    assert_eq!(rows.passwords, 1);
    let before = data_key(&server).await;
    let Retire::Ready(left) = retire(&old, true).await else { panic!("hashes may be left") };
    assert_eq!(left.passwords, 1);
    assert!(data_key(&server).await.len() < before.len(), "the older data keys are gone");
    assert!(file.take(&old).is_some());
    server.app.keyring.replace(&file).expect("it works");

    let mut tanaka = server.visitor_at("198.51.100.9");
    tanaka.signs_in("tanaka", PASSWORD).await.is(422);
    tanaka.asks_for_code_by_email("ichiro@example.jp", "").await.is(200);
    let code = server.code_for("ichiro@example.jp").await;
    tanaka.types_code(&code).await.says("tanaka@sakura");
    server.visitor_at("198.51.100.8").signs_in("sato", PASSWORD).await.is(200);
}

#[tokio::test]
async fn backup_and_move_carry_a_change_that_is_half_done() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    let tanaka = nodes.a.member("tanaka", &["ichiro@example.jp"]).await;
    let more: Vec<_> = (0..150).map(|n| address(&format!("t{n}@example.jp"))).collect();
    members::settle(&nodes.a.app, &nodes.a.workspace, &tanaka, None, &more, nodes.a.app.now()).await.expect("it works");
    let folder = tempfile::tempdir().expect("it works");
    let (older, half) = (folder.path().join("older.backup"), folder.path().join("half.backup"));
    let back_up = async |path: &std::path::Path| {
        let app = &nodes.a.app;
        backup::backup(&app.db, &app.keyring, &SeededDice::new(99), app.now(), path, false).await.expect("a backup")
    };
    back_up(&older).await;
    for stage in 1..=6 {
        goes_on(&nodes, stage, &file, &id).await;
    }
    back_up(&half).await;
    let now = nodes.a.app.now() + hours(1);
    let keyring = &nodes.a.app.keyring;
    let from = nodes.a.database().url.clone();

    let of_older = Database::new().await;
    backup::restore(keyring, &SeededDice::new(3), now, &older, &of_older.url)
        .await
        .expect("the old key is in the file");
    let of_half = Database::new().await;
    backup::restore(keyring, &SeededDice::new(3), now, &half, &of_half.url).await.expect("it is restored");
    nodes.a.app.db.close().await;
    nodes.b.app.db.close().await;
    let moved = Database::new().await;
    backup::transfer(&from, &moved.url, now).await.expect("it is moved");

    for (n, (what, database)) in [("older", of_older), ("half", of_half), ("moved", moved)].into_iter().enumerate() {
        let again = Server::reopen_with(database, 60 + n as u64, now, &file).await;
        let is_older = what == "older";
        assert_eq!(again.app.keyring.writes() == id, !is_older, "{what}");
        for (at, email) in ["ichiro@example.jp", "t0@example.jp", "t149@example.jp"].into_iter().enumerate() {
            let mut browser = again.visitor_at(&format!("203.0.113.{at}"));
            browser.asks_for_code_by_email(email, "").await.is(200);
            let code = again.code_for(email).await;
            browser.types_code(&code).await.says("tanaka@sakura");
        }
        // Run again, it goes on; after the older backup it begins anew.
        if is_older {
            rotate(&again, &file, &id).await;
        } else {
            anew::compute(&again.app, |_| {}).await.expect("it works");
            assert!(anew::finish(&again.app).await.expect("it works"), "{what}");
        }
        assert_eq!(keys::list(&again.app).await.expect("it works")[0].resting.rows(), 0, "{what}");
        let mut own = again.visitor_at("198.51.100.7");
        own.signs_in("tanaka", PASSWORD).await.is(200);
        assert!(own.is_signed_in().await, "{what}");
    }
}

#[tokio::test]
async fn a_database_from_before_names_its_key_at_the_first_start() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    // As the version before wrote it: no names, and no word on which key writes.
    for (table, column) in [("contacts", "address_index"), ("alarms", "word_hash")] {
        server.sql(&format!("update {table} set {column} = substr({column}, 10)")).await;
    }
    server.sql("delete from master_keys").await;
    let now = server.app.now();
    server.app.db.close().await;
    let again = Server::reopen(Database::borrowed(&server.database().url), 9, now).await;
    let mut phone = again.visitor_at("203.0.113.5");
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = again.code_for("+819012345678").await;
    phone.types_code(&code).await.says("tanaka@sakura");
    phone.picks(&tanaka).await.says("4 / 4");
}

#[tokio::test]
async fn a_key_file_that_is_copied_while_a_server_starts_is_read() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("master.key");
    master().write_new(&file).expect("written");
    let config = Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        database_url: database.url.clone(),
        master_key_file: file.clone(),
        ..harness::config()
    };
    let app = Arc::new(aikagi::server::build(config).await.expect("the parts fit"));
    // Between the reading of the file and the first look at it.
    let (keys, id) = with_another();
    let next = folder.path().join("next");
    keys.write_new(&next).expect("written");
    std::fs::rename(next, &file).expect("renamed");
    let stop = CancellationToken::new();
    let router = aikagi::server::router(&app).expect("the parts fit");
    let served = tokio::spawn(aikagi::server::serve(app.clone(), router, Vec::new(), stop.clone(), |_| {}));
    let read = async {
        while !app.keyring.ids().contains(&id) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read).await.expect("it is read");
    stop.cancel();
    served.await.expect("no panic").expect("it ends well");
}
