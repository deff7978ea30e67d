//! The audit log is chained: whoever changes, puts in, takes out, moves or cuts off a row behind the server's back is found out, and the
//! first such row is named. What is of a person can be erased, and old rows forgotten, without breaking it.

use std::fs;

use aikagi::flows::chain::proof::{self, Broken, Fault, Report};
use aikagi::flows::chain::{self, erase, heads};
use aikagi::flows::keys::retiring::{self, Retire};
use aikagi::flows::{housekeeping, members, standing, workspaces};
use aikagi::model::{Policy, Role, days, hours};
use aikagi::store::chain::Head;
use aikagi::vault::{MasterKeys, SeededDice};

use crate::cli::{House, err, mode, out};
use crate::harness::{Server, master};
use crate::keys::{rotate, with_another};
use crate::raw;

/// So many rows in さくら商事's log, all in their places.
async fn rows(server: &Server, count: usize) {
    for n in 1..count {
        server.invited(&format!("m{n}")).await;
    }
    chain::append(&server.app).await.expect("the database works");
}

/// What every chain says of itself.
pub async fn prove(server: &Server) -> Vec<Report> {
    proof::database(&server.app, &[]).await.expect("the database works")
}

/// What is broken in さくら商事's chain.
async fn broken(server: &Server) -> Broken {
    let reports = prove(server).await;
    let report = reports.into_iter().find(|report| report.name == server.workspace.id.0).expect("a chain");
    report.broken.expect("it is found out")
}

/// Whether nothing is broken.
pub fn whole(reports: &[Report]) -> bool {
    reports.iter().all(|report| report.broken.is_none())
}

#[tokio::test]
async fn every_row_gets_its_place_whenever_it_comes() {
    let server = Server::start().await;
    let ume = server.workspace("ume", "うめ商店").await;
    for n in 0..250 {
        server.invited(&format!("m{n}")).await;
    }
    server.invited_to(&ume, "kato", Role::Member).await;
    assert_eq!(chain::append(&server.app).await.expect("it works"), 253);
    assert_eq!(chain::append(&server.app).await.expect("it works"), 0);
    // A slow transaction: its id is older than those that have their places already. And a server-wide one.
    for (id, workspace) in [("aud_0", format!("'{}'", ume.id)), ("aud_1", "null".to_owned())] {
        let sql = format!(
            "insert into audit (id, workspace_id, actor, action, at) values ('{id}', {workspace}, 'x', 'late', 1)"
        );
        server.sql(&sql).await;
    }
    let waiting: u64 = prove(&server).await.iter().map(|report| report.waiting).sum();
    assert_eq!(waiting, 2, "also of the chain that has no row yet");
    assert_eq!(chain::append(&server.app).await.expect("it works"), 2);
    let reports = prove(&server).await;
    assert!(whole(&reports), "{reports:?}");
    let mut counted: Vec<_> = reports.iter().map(|report| (report.rows, report.late)).collect();
    counted.sort_unstable();
    assert_eq!(counted, [(1, 0), (3, 1), (251, 0)]);
    let dump = server.dump().await;
    let late = raw::rows(&dump, "audit").iter().find(|row| row["id"] == "aud_0").expect("a row").clone();
    assert_eq!(late["nth"], 3, "behind those that were there before it");
}

/// Ten nodes at once, while rows go on coming.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_make_one_chain() {
    let server = Server::start().await;
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let app = server.app.clone();
        nodes.spawn(async move {
            for _ in 0..5 {
                chain::append(&app).await.expect("the database works");
            }
        });
    }
    rows(&server, 60).await;
    nodes.join_all().await;
    chain::append(&server.app).await.expect("the database works");
    let reports = prove(&server).await;
    assert!(whole(&reports), "{reports:?}");
    assert_eq!(reports[0].rows, 60);
}

#[tokio::test]
async fn whoever_changes_a_row_is_found_out_whatever_they_change() {
    let server = Server::start().await;
    let app = &server.app;
    workspaces::set_contact_text(app, &server.workspace, Some("内線 1234"), None).await.expect("it works");
    rows(&server, 4).await;
    server.sql("update audit set network = '198.51.100.0/24', reference = 'R', subject = 'S' where nth is null").await;
    let sealed = raw::rows(&server.dump().await, "audit").to_vec();
    let row = sealed.iter().find(|row| row["nth"] == 2).expect("a row").clone();
    assert!(row["details"].as_str().is_some_and(|text| text.starts_with("s1.")), "{row}");
    for (column, other) in [
        ("actor", "'someone'"),
        ("action", "'nothing'"),
        ("at", "at + 1"),
        ("network", "'192.0.2.0/24'"),
        ("member_id", "'mem_x'"),
        ("subject", "''"),
        ("reference", "''"),
        ("details", "null"),
        ("details", "'x' || details"),
        ("id", "'aud_x'"),
        ("by_leaf", "'s.AAAAAAAAAAAAAAAAAAAAAA'"),
        ("about_leaf", "'h.AAAA'"),
        ("link", "'AAAA'"),
    ] {
        let before = row[column].as_str().map_or_else(
            || row[column].as_i64().map_or_else(|| "null".to_owned(), |number| number.to_string()),
            |text| format!("'{text}'"),
        );
        server.sql(&format!("update audit set {column} = {other} where nth = 2")).await;
        let found = broken(&server).await;
        assert_eq!((found.nth, found.fault), (2, Fault::Changed), "{column}");
        assert!(found.row.is_some());
        server.sql(&format!("update audit set {column} = {before} where nth = 2")).await;
        assert!(whole(&prove(&server).await), "{column}");
    }
    // Into another workspace's log.
    let ume = server.workspace("ume", "うめ商店").await;
    chain::append(app).await.expect("it works");
    server.sql(&format!("update audit set workspace_id = '{}' where nth = 3", ume.id)).await;
    let found = broken(&server).await;
    assert_eq!((found.nth, found.fault), (3, Fault::Missing { to: 3 }));
}

#[tokio::test]
async fn rows_that_are_missing_put_in_moved_or_cut_off_are_named() {
    let server = Server::start().await;
    rows(&server, 9).await;
    server.sql("create table kept as select * from audit").await;
    let columns = "id, workspace_id, actor, action, member_id, subject, reference, network, at, details, nth, by_leaf, about_leaf, link";
    let again = format!("insert into audit ({columns}) select {columns} from kept");
    let shift = |by: i64, from: i64| {
        // In two steps, as each place is there once.
        [
            format!("update audit set nth = nth + 1000 where nth >= {from}"),
            format!("update audit set nth = nth - 1000 + {by} where nth >= 1000"),
        ]
    };
    let [up, up2] = shift(1, 4);
    let [down, down2] = shift(-1, 5);
    let put_in = format!(
        "insert into audit ({columns}) select 'aud_x', workspace_id, actor, action, member_id, subject, reference, network, at, details, 4, \
         by_leaf, about_leaf, link from kept where nth = 4"
    );
    let swap = [
        "update audit set nth = 1004 where nth = 4".to_owned(),
        "update audit set nth = 4 where nth = 5".to_owned(),
        "update audit set nth = 5 where nth = 1004".to_owned(),
    ];
    let cut = Fault::CutOff { to: 9, signed_at: None };
    let cases: Vec<(Vec<String>, i64, Fault)> = vec![
        (vec!["delete from audit where nth = 4".to_owned()], 4, Fault::Missing { to: 4 }),
        (vec!["delete from audit where nth in (4, 5, 6)".to_owned()], 4, Fault::Missing { to: 6 }),
        (vec!["delete from audit where nth <= 4".to_owned()], 1, Fault::Missing { to: 4 }),
        (vec!["delete from audit where nth = 4".to_owned(), down, down2], 4, Fault::Changed),
        (vec![up, up2, put_in], 4, Fault::Inserted),
        (swap.to_vec(), 4, Fault::Reordered),
        (vec!["delete from audit where nth > 7".to_owned()], 8, cut.clone()),
        (vec!["delete from audit".to_owned()], 1, cut),
    ];
    for (what, nth, fault) in cases {
        for sql in &what {
            server.sql(sql).await;
        }
        let found = broken(&server).await;
        assert_eq!((found.nth, &found.fault), (nth, &fault), "{what:?}");
        server.sql("delete from audit").await;
        server.sql(&again).await;
        assert!(whole(&prove(&server).await));
    }
    // Its note of the end taken away, or moved back with the rows.
    server.sql("delete from audit_tips").await;
    assert!(matches!(broken(&server).await.fault, Fault::Rewritten { .. }));
}

/// The whole log made anew, every link fitting: only what was signed tells.
#[tokio::test]
async fn a_log_that_was_written_anew_is_found_out_by_its_head() {
    let server = Server::start().await;
    rows(&server, 5).await;
    assert_eq!(heads::sign(&server.app).await.expect("it works"), 1);
    assert_eq!(heads::sign(&server.app).await.expect("it works"), 0, "once a day");
    let kept = heads::list(&server.app, &server.workspace.id.0, 0).await.expect("it works").pop().expect("a head");
    let line = heads::to_line(&kept);
    assert_eq!(heads::from_line(&format!("  {line}\r")), Some(Head { ..kept.clone() }));
    let signed_at = Some(kept.signed_at);

    // Whoever has the database alone can have the server chain what they like.
    server.sql("update audit set action = 'nothing' where nth = 3").await;
    let forge = "update audit set nth = null, by_leaf = null, about_leaf = null, link = null";
    for sql in [forge, "update audit_tips set nth = 0, link = ''"] {
        server.sql(sql).await;
    }
    chain::append(&server.app).await.expect("it works");
    let found = broken(&server).await;
    assert_eq!((found.nth, found.fault), (1, Fault::Rewritten { to: 5, signed_at }));
    server.sql("update audit_heads set link = (select link from audit where nth = 5)").await;
    assert_eq!(broken(&server).await.fault, Fault::Forged);
    // The head in the database is gone, too; one that was kept elsewhere is not.
    server.sql("delete from audit_heads").await;
    assert!(whole(&prove(&server).await), "nothing in the database tells");
    let reports = proof::database(&server.app, std::slice::from_ref(&kept)).await.expect("it works");
    assert_eq!(reports[0].broken.as_ref().expect("told").fault, Fault::Rewritten { to: 5, signed_at });
    // Even if the whole log is gone.
    for table in ["audit", "audit_tips"] {
        server.sql(&format!("delete from {table}")).await;
    }
    let reports = proof::database(&server.app, &[kept]).await.expect("it works");
    assert_eq!(reports[0].broken.as_ref().expect("told").fault, Fault::CutOff { to: 5, signed_at });
}

#[tokio::test]
async fn rows_cut_off_with_the_note_of_the_end_are_missed_by_the_head() {
    let server = Server::start().await;
    rows(&server, 5).await;
    heads::sign(&server.app).await.expect("it works");
    server.sql("delete from audit where nth > 3").await;
    server.sql("update audit_tips set nth = 3, link = (select link from audit where nth = 3)").await;
    let found = broken(&server).await;
    assert!(matches!(found.fault, Fault::CutOff { to: 5, signed_at: Some(_) }), "{found:?}");
    assert_eq!(found.nth, 4);
}

#[tokio::test]
async fn heads_of_a_master_key_that_is_gone_can_still_be_checked() {
    let mut keys = master();
    let server = Server::start().await;
    rows(&server, 3).await;
    heads::sign(&server.app).await.expect("it works");
    let ring = &server.app.keyring;
    let old = ring.writes();
    let new = keys.add(&SeededDice::new(21));
    ring.replace(&keys).expect("it holds the old one");
    ring.turn(&new, Some(&old)).expect("it holds both");
    server.later(days(1));
    server.invited("late").await;
    chain::append(&server.app).await.expect("it works");
    assert_eq!(heads::sign(&server.app).await.expect("it works"), 1);
    // The older key leaves the file.
    let _ = keys.take(&old);
    ring.replace(&keys).expect("it holds the new one");
    let report = prove(&server).await.remove(0);
    assert_eq!((report.heads, report.unknown_heads, &report.broken), (2, 0, &None), "{report:?}");
    // A key that only the database speaks for is none.
    let stranger = aikagi::vault::Keyring::new(&MasterKeys::generate(&SeededDice::new(5))).public_keys().remove(0);
    server.sql(&format!("update audit_keys set public = '{}' where key_id = '{old}'", stranger.text)).await;
    let report = prove(&server).await.remove(0);
    assert_eq!((report.heads, report.unknown_heads), (1, 1));
}

#[tokio::test]
async fn what_changed_can_be_read_and_proved_after_the_old_key_is_gone() {
    let server = Server::start().await;
    let app = &server.app;
    workspaces::set_contact_text(app, &server.workspace, Some("内線 1234"), None).await.expect("it works");
    rows(&server, 1).await;
    heads::sign(app).await.expect("it works");
    let (mut file, id) = with_another();
    let old = app.keyring.writes();
    rotate(&server, &file, &id).await;
    workspaces::set_contact_text(app, &server.workspace, Some("内線 5678"), None).await.expect("it works");
    server.later(hours(2));
    let left = retiring::retire(app, &old, true).await.expect("it works");
    assert!(matches!(left, Retire::Ready(_)), "{left:?}");
    let _ = file.take(&old);
    app.keyring.replace(&file).expect("the new one is in it");
    rows(&server, 1).await;
    let page = chain::page(app, &server.workspace.id.0, 0).await.expect("it works");
    let told: Vec<_> = page.iter().filter_map(|entry| entry.row.details.as_deref()).collect();
    assert_eq!(
        told,
        [r#"{"ja":{"before":null,"after":"内線 1234"}}"#, r#"{"ja":{"before":"内線 1234","after":"内線 5678"}}"#]
    );
    let report = prove(&server).await.remove(0);
    assert_eq!((report.heads, report.unknown_heads, &report.broken), (1, 0, &None), "{report:?}");
}

#[tokio::test]
async fn a_person_is_erased_and_the_chain_holds() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    own.post("/w/sakura/me/contacts/add-email", &[("email", "tanaka@example.jp")]).await.is(303);
    let sato = server.invited("sato").await;
    // What one did to the other.
    server.sql(&format!(
        "insert into audit (id, workspace_id, actor, action, member_id, network, at) values ('aud_x', '{}', '{}', 'suspended', '{}', 'n', 9)",
        server.workspace.id, sato.id, tanaka.id
    )).await;
    assert!(members::take_step(&server.app, &tanaka, standing::Step::Suspend).await.expect("it works"));
    let erased = erase::member(&server.app, &server.workspace.id, &tanaka.id).await.expect("it works");
    assert!(erased >= 4, "{erased}");
    let dump = server.dump().await;
    let left: Vec<_> =
        raw::rows(&dump, "audit").iter().filter(|row| row.to_string().contains(tanaka.id.as_str())).collect();
    assert!(left.is_empty(), "{left:?}");
    let other = raw::rows(&dump, "audit").iter().find(|row| row["id"] == "aud_x").expect("a row");
    assert_eq!((other["actor"].as_str(), other["action"].as_str()), (Some(sato.id.as_str()), Some("suspended")));
    let reports = prove(&server).await;
    assert!(whole(&reports), "{reports:?}");
    assert_eq!(reports[0].erased, erased);
    // What is erased is blank: nothing can be written in its place.
    server.sql("update audit set subject = 'x' where id = 'aud_x'").await;
    assert_eq!(broken(&server).await.fault, Fault::Changed);
    assert_eq!(erase::member(&server.app, &server.workspace.id, &tanaka.id).await.expect("it works"), 0);
}

#[tokio::test]
async fn old_rows_are_forgotten_up_to_a_signed_head_and_the_rest_can_be_proved() {
    let server = Server::start().await;
    let app = &server.app;
    let mut policy = Policy::nist();
    policy.logs.audit_days = 400;
    policy.logs.sign_ins_days = 30;
    workspaces::set_policy(app, &server.workspace, &policy).await.expect("it works");
    server.member("tanaka", &[]).await;
    server.signed_in("tanaka", "198.51.100.7").await;
    for _ in 0..3 {
        rows(&server, 1).await;
        heads::sign(app).await.expect("it works");
        server.later(days(100));
        server.invited(&format!("at{}", app.now().0)).await;
    }
    rows(&server, 1).await;
    housekeeping::tidy(app).await.expect("it works");
    let count = |dump: &raw::Dump| raw::rows(dump, "audit").len();
    let before = count(&server.dump().await);
    assert_eq!(raw::rows(&server.dump().await, "sign_ins").len(), 0, "a month is over");
    server.later(days(201) + hours(1));
    housekeeping::tidy(app).await.expect("it works");
    let dump = server.dump().await;
    assert!(count(&dump) < before && count(&dump) > 0, "{} of {before}", count(&dump));
    let reports = prove(&server).await;
    let report = reports.iter().find(|report| report.name == server.workspace.id.0).expect("a chain");
    assert!(report.broken.is_none(), "{report:?}");
    assert!(report.first.is_some_and(|(first, signed)| first > 1 && signed.is_some()), "{report:?}");
    // One row more than was signed.
    server.sql("delete from audit where nth = (select min(nth) from audit)").await;
    assert!(matches!(broken(&server).await.fault, Fault::Missing { .. }));
}

#[tokio::test]
async fn rows_behind_a_young_head_are_not_forgotten_but_missing() {
    let server = Server::start().await;
    rows(&server, 3).await;
    heads::sign(&server.app).await.expect("it works");
    server.invited("next").await;
    rows(&server, 1).await;
    server.sql("delete from audit where nth <= 3").await;
    let found = broken(&server).await;
    assert_eq!((found.nth, found.fault), (1, Fault::Missing { to: 3 }), "nothing is forgotten after a day");
}

/// By the command, on files and on the database.
#[tokio::test]
async fn an_export_is_proved_without_the_database() {
    let (house, _) = House::set_up().await;
    for login in ["tanaka", "sato", "ito"] {
        house.ok(&["member", "add", "acme", login, "--name", "田中"]);
    }
    house.ok(&["workspace", "policy", "acme", "--set", "password.min_length=20"]);
    house.ok(&["audit", "export", "audit.jsonl"]);
    assert_eq!(mode(&house.path("audit.jsonl")), 0o600);
    fs::write(house.path("keys"), house.ok(&["audit", "key"])).expect("written");
    let text = fs::read_to_string(house.path("audit.jsonl")).expect("an export");
    assert!(text.contains("\"details\":{\"password.min_length\":{\"before\":15,\"after\":20}}"), "{text}");
    let apart = tempfile::tempdir().expect("a folder");
    let verify = |text: &str| {
        fs::write(apart.path().join("a.jsonl"), text).expect("written");
        fs::copy(house.path("keys"), apart.path().join("keys")).expect("copied");
        let mut command = house.command(&["audit", "verify", "a.jsonl", "--keys", "keys"]);
        command.current_dir(apart.path()).env_remove("AIKAGI_DATABASE_URL").output().expect("it starts")
    };
    let said = verify(&text);
    assert!(said.status.success(), "{}{}", out(&said), err(&said));
    assert!(out(&said).contains("Nothing was changed"), "{}", out(&said));
    assert!(house.ok(&["audit", "verify", "--database"]).contains("Nothing was changed"));

    let lines: Vec<&str> = text.lines().collect();
    let changed = text.replacen("\"after\":20", "\"after\":8", 1);
    let without = |at: usize| {
        let mut left = lines.clone();
        left.remove(at);
        left.join("\n") + "\n"
    };
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let swapped = swapped.join("\n") + "\n";
    let twice = format!("{}\n{text}", lines[0]);
    for (text, words) in [
        (&changed, "it is not what it was"),
        (&without(2), "it is missing"),
        (&without(0), "it is missing"),
        (&swapped, "it stands before the row that it belongs behind"),
        (&twice, "it was put in"),
    ] {
        let said = verify(text);
        assert_eq!(said.status.code(), Some(1), "{words}: {}", out(&said));
        assert!(out(&said).contains(words) && out(&said).contains("BROKEN at row"), "{words}: {}", out(&said));
    }
    assert_eq!(verify("hello\n").status.code(), Some(1));
    // Kept in a mail that was quoted and wrapped.
    let head = house.ok(&["audit", "heads"]);
    assert!(head.starts_with("aikagi-head-1 wsp_"), "{head}");
    fs::write(house.path("mail"), format!("> Heads:\n> {}", head.replacen(' ', "\n> ", 3))).expect("written");
    let said = house.ok(&["audit", "verify", "--database", "--heads", "mail"]);
    assert!(said.contains("2 signed heads fit"), "{said}");
    house.ok(&["audit", "export", "audit.jsonl"]);
    let text = fs::read_to_string(house.path("audit.jsonl")).expect("an export");
    assert!(out(&verify(&text)).contains("1 signed heads fit"));
    let cut: Vec<&str> = text.lines().filter(|line| !line.contains("policy_changed")).collect();
    let said = verify(&(cut.join("\n") + "\n"));
    assert!(out(&said).contains("it is missing; the log was cut off here"), "{}", out(&said));
    // The database, with one row changed.
    raw::run(&house.url(), "update audit set actor = 'nobody' where nth = 2").await;
    let said = house.run(&["audit", "verify", "--database"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(out(&said).contains("acme: BROKEN at row 2 (aud_"), "{}", out(&said));
}
