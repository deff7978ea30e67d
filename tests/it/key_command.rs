//! `aikagi key` as the operator runs it: beside a running server, killed before every statement, and refused where it would lose something.

use std::fs;

use aikagi::vault::MasterKeys;
use serde_json::Value;

use crate::cli::{House, Running, get, mode};
use crate::raw;

const CSV: &str = "login,name,mobile,email\n\
    tanaka,田中 花子,090-1234-5678,hanako@example.jp\n\
    ito,伊藤 翔,,ito@example.jp\n";

pub async fn house() -> House {
    let (house, _) = House::set_up().await;
    fs::write(house.path("members.csv"), CSV).expect("written");
    house.ok(&["member", "import", "acme", "members.csv", "--links", "links.csv"]);
    house
}

fn keys(house: &House) -> Vec<Value> {
    serde_json::from_str(&house.ok(&["key", "list", "--json"])).expect("JSON")
}

fn rows(key: &Value) -> i64 {
    ["workspaces", "contacts", "messages"].iter().map(|what| key["resting"][what].as_i64().expect("a number")).sum()
}

/// Every contact opens.
fn all_is_readable(house: &House) {
    let said = house.ok(&["member", "show", "acme", "tanaka"]);
    assert!(said.contains("@example.jp") && said.contains("78"), "{said}");
    assert!(house.ok(&["member", "show", "acme", "ito"]).contains("@example.jp"));
}

#[tokio::test]
async fn one_command_changes_the_key_beside_a_running_server() {
    let house = house().await;
    let old = fs::read_to_string(house.path("master.key")).expect("readable");
    let server = Running::start(&house);
    let said = house.ok(&["key", "rotate"]);
    assert!(said.contains("writes from now on") && said.contains("rows were computed anew"), "{said}");
    assert_eq!(mode(&house.path("master.key")), 0o600);
    let new = fs::read_to_string(house.path("master.key")).expect("readable");
    assert!(new.starts_with(&old) && new.lines().count() == 2);
    let listed = keys(&house);
    assert_eq!((&listed[0]["state"], &listed[1]["state"]), (&"reads".into(), &"writes".into()), "{listed:?}");
    assert_eq!((rows(&listed[0]), rows(&listed[1])), (0, 4));
    all_is_readable(&house);
    // The server knows, and says so.
    let dump = raw::dump(&house.url()).await;
    let servers = raw::rows(&dump, "servers");
    assert_eq!((servers.len(), &servers[0]["writes"]), (1, &listed[1]["id"]));
    assert!(get(server.operations, "/readyz").contains("ready\n"));

    // A key file from before the change is refused, and changes nothing for the server that runs.
    fs::write(house.path("master.key"), &old).expect("written");
    assert!(house.refused(&["member", "list", "acme"]).contains("does not belong to this database"));
    assert!(get(server.operations, "/readyz").contains("ready\n"));
    drop(server);
    let said = house.refused(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("does not belong to this database"), "{said}");
}

#[tokio::test]
async fn what_was_left_on_an_older_key_is_computed_anew_without_another_key() {
    let house = house().await;
    let index = async || {
        let dump = raw::dump(&house.url()).await;
        raw::rows(&dump, "contacts")[0]["address_index"].as_str().expect("a text").to_owned()
    };
    let old = index().await;
    house.ok(&["key", "rotate"]);
    let new = index().await;
    assert_ne!(old, new);
    let file = fs::read_to_string(house.path("master.key")).expect("readable");
    // As something slow would have written it.
    let sql = format!("update contacts set address_index = '{old}' where address_index = '{new}'");
    raw::run(&house.url(), &sql).await;
    let said = house.ok(&["key", "rotate"]);
    assert!(said.starts_with("1 rows were computed anew") && said.contains("No key was added"), "{said}");
    assert_eq!(index().await, new);
    assert_eq!(fs::read_to_string(house.path("master.key")).expect("readable"), file);
    house.ok(&["key", "rotate"]);
    assert_eq!(keys(&house).len(), 3, "with nothing left it changes the key");
}

#[tokio::test]
async fn a_server_that_has_not_read_the_new_key_is_waited_for() {
    let house = house().await;
    let (id, now) = ("0123456789abcdef", std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_micros());
    let writes = keys(&house)[0]["id"].as_str().expect("an id").to_owned();
    // Another node, which holds the first key only.
    raw::run(
        &house.url(),
        &format!(
            "insert into servers (id, keys, writes, seen_at) values ('{id}', '{writes}', '{writes}', {})",
            now + 3_600_000_000
        ),
    )
    .await;
    assert!(house.ok(&["key", "add"]).contains("Copy the file to every other server"));
    let two = fs::read_to_string(house.path("master.key")).expect("readable");
    house.ok(&["key", "add"]);
    assert_eq!(fs::read_to_string(house.path("master.key")).expect("readable"), two, "one waits already");
    let said = house.refused(&["key", "rotate", "--wait", "1"]);
    assert!(said.contains("1 running server(s) do not have read it yet"), "{said}");
    assert_eq!(keys(&house)[0]["state"], "writes");
    raw::run(&house.url(), "delete from servers").await;
    house.ok(&["key", "rotate"]);
    assert_eq!(fs::read_to_string(house.path("master.key")).expect("readable"), two, "the one that waited");
    assert_eq!(keys(&house)[1]["state"], "writes");
}

/// Gives the command to a copy of the house, killed before its first statement, its second, and so on; nothing is lost then, and given
/// again the command comes to its end, which `is_done` looks at.
async fn killed_before_any_statement(house: &House, args: &[&str], at_least: usize, is_done: impl Fn(&House, &str)) {
    let before = fs::read_to_string(house.path("master.key")).expect("readable");
    for (died, nth) in (1..300).step_by(crate::harness::every()).enumerate() {
        let copy = house.copy().await;
        let said = copy.command(args).env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string()).output();
        if said.expect("the program starts").status.success() {
            assert!(died * crate::harness::every() > at_least, "it died only {died} times");
            return;
        }
        assert!(fs::read_to_string(copy.path("master.key")).expect("readable").starts_with(&before));
        assert_eq!(mode(&copy.path("master.key")), 0o600);
        all_is_readable(&copy);
        copy.ok(args);
        all_is_readable(&copy);
        is_done(&copy, &format!("before statement {nth}: {:?}", keys(&copy)));
    }
    panic!("the change has no end");
}

#[tokio::test]
async fn a_change_killed_before_any_statement_leaves_everything_readable_and_goes_on() {
    killed_before_any_statement(&house().await, &["key", "rotate"], 25, |house, at| {
        let listed = keys(house);
        // Killed behind the last step, the same command begins another change.
        let (last, older) = listed.split_last().expect("keys");
        assert!(matches!(older.len(), 1 | 2) && older.iter().all(|key| rows(key) == 0), "{at}");
        assert_eq!((rows(last), &last["state"]), (4, &"writes".into()), "{at}");
    })
    .await;
}

#[tokio::test]
async fn adding_a_key_killed_before_any_statement_adds_one_at_last() {
    killed_before_any_statement(&house().await, &["key", "add"], 3, |house, at| {
        let states: Vec<_> = keys(house).iter().map(|key| key["state"].clone()).collect();
        assert_eq!(states, ["writes", "waits"], "{at}");
    })
    .await;
}

#[tokio::test]
async fn taking_a_key_out_killed_before_any_statement_takes_it_out_at_last() {
    let house = house().await;
    let first = keys(&house)[0]["id"].as_str().expect("an id").to_owned();
    house.ok(&["key", "rotate"]);
    raw::run(&house.url(), "update master_keys set writes_from = writes_from - 3600000000").await;
    killed_before_any_statement(&house, &["key", "retire", &first, "--leave-hashes"], 8, |house, at| {
        let file = MasterKeys::read(&house.path("master.key")).expect("readable");
        assert!(!file.has(&first) && file.ids().count() == 1, "{at}");
        let kept = MasterKeys::read(&house.path(&format!("master.key.retired-{first}"))).expect("readable");
        assert!(kept.has(&first), "{at}");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_taken_out_when_nothing_needs_it_and_kept_for_older_backups() {
    let house = house().await;
    house.ok(&["backup", "old.backup"]);
    let first = keys(&house)[0]["id"].as_str().expect("an id").to_owned();
    assert!(house.refused(&["key", "retire", &first]).contains("is the one that writes"));
    house.ok(&["key", "rotate"]);
    assert!(house.refused(&["key", "retire", &first]).contains("try again after"));
    raw::run(&house.url(), "update master_keys set writes_from = writes_from - 3600000000").await;
    let said = house.refused(&["key", "retire", &first]);
    assert!(said.contains("3 links for a first password") && said.contains("--leave-hashes"), "{said}");
    assert!(said.contains("open nothing") && said.contains("cannot say by it that it was not them"), "{said}");
    let said = house.ok(&["key", "retire", &first, "--leave-hashes"]);
    assert!(said.contains("Left behind") && said.contains("older") | said.contains("before still need it"), "{said}");
    let file = MasterKeys::read(&house.path("master.key")).expect("readable");
    assert!(!file.has(&first) && file.ids().count() == 1);
    let kept = house.path(&format!("master.key.retired-{first}"));
    assert_eq!(mode(&kept), 0o600);
    assert!(MasterKeys::read(&kept).expect("readable").has(&first));
    all_is_readable(&house);
    assert_eq!(keys(&house)[0]["state"], "gone");

    // The older backup asks for the key, and comes back when the line does.
    let url = crate::harness::Database::new().await;
    let restore =
        |house: &House| house.command(&["restore", "old.backup"]).env("AIKAGI_DATABASE_URL", &url.url).output();
    let said = restore(&house).expect("it runs");
    assert!(crate::cli::err(&said).contains(&first), "{said:?}");
    let both = [fs::read(&kept).expect("readable"), fs::read(house.path("master.key")).expect("readable")].concat();
    fs::write(house.path("master.key"), both).expect("written");
    let said = restore(&house).expect("it runs");
    assert!(said.status.success(), "{said:?}");
    let told = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(told.contains("aikagi key rotate"), "{told}");
}
