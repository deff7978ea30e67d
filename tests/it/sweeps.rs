//! Somebody tries codes through: administrators hear of it, and places that nobody knows are closed for a while.

use aikagi::flows::sweeps;
use aikagi::model::{days, hours};
use aikagi::store::workspaces::Workspace;

use crate::harness::{Browser, Server, config};
use crate::limits::Guesser;
use crate::raw;

const NUMBERS: [&str; 4] = ["090-1234-5678", "090-2222-2222", "090-3333-3333", "090-4444-4444"];
const TANAKA: &str = "+819012345678";
const OWNER: &str = "suzuki@example.jp";

async fn watch(server: &Server) {
    sweeps::watch(&server.app).await.expect("the database works");
}

/// An owner to be told, and four members whose codes are tried.
async fn house(server: &Server) {
    let owner = server.member("suzuki", &[OWNER, "090-8888-0000"]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    for (n, number) in NUMBERS.iter().enumerate() {
        server.member(["tanaka", "sato", "ito", "mori"][n], &[number]).await;
    }
}

/// What administrators got, by its subject.
async fn alerts(server: &Server) -> Vec<String> {
    server.received(OWNER).await.into_iter().filter_map(|letter| letter.subject).collect()
}

/// The right code of the first member, asked for and typed here. Answers whether it opened anything.
async fn opens(server: &Server, browser: &mut Browser) -> bool {
    let page = browser.asks_for_code(NUMBERS[0]).await;
    page.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    let page = browser.types_code(&code).await;
    let opened = page.text.contains("tanaka@sakura");
    assert_eq!(page.status.as_u16(), if opened { 200 } else { 422 });
    opened
}

#[tokio::test]
async fn administrators_hear_once_of_a_hundred_wrong_codes_in_a_row() {
    let server = Server::start().await;
    house(&server).await;
    let mut guesser = Guesser::default();
    for day in 0..4 {
        for number in [NUMBERS[0], "090-5555-0000"] {
            guesser.wrong(&server, if day < 3 { 30 } else { 9 }, number).await;
        }
        server.later(days(1));
        watch(&server).await;
    }
    assert_eq!(alerts(&server).await, [""; 0], "ninety-nine are not a hundred");
    guesser.wrong(&server, 1, NUMBERS[0]).await;
    guesser.wrong(&server, 1, "090-5555-0000").await;
    watch(&server).await;
    watch(&server).await;
    let letters = server.received(OWNER).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.text.contains("tanaka@sakura") && letter.text.contains("さくら商事"), "{}", letter.text);
    assert_eq!(server.received("+819088880000").await.len(), 1, "by SMS, too");
    assert_eq!(server.received(TANAKA).await.iter().filter(|sms| !sms.purpose.ends_with("code")).count(), 0);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "guesses_in_a_row"), 1);

    // A sign-in breaks the row. The next hundred are told again.
    server.signed_in("tanaka", "198.51.100.7").await;
    for _ in 0..4 {
        guesser.wrong(&server, 25, NUMBERS[0]).await;
        server.later(days(1));
    }
    watch(&server).await;
    assert_eq!(alerts(&server).await.len(), 2);
}

/// More than a hundred wrong codes in a day, spread over four members.
async fn sweep(server: &Server, guesser: &mut Guesser) {
    for number in NUMBERS {
        guesser.wrong(server, 26, number).await;
    }
    watch(server).await;
}

#[tokio::test]
async fn a_sweep_closes_recovery_to_places_that_nobody_knows_for_a_day() {
    let server = Server::start().await;
    house(&server).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    server.signed_in("ito", "198.51.100.20").await;
    server.later(hours(1));
    let mut guesser = Guesser::default();
    for number in NUMBERS {
        guesser.wrong(&server, 25, number).await;
    }
    watch(&server).await;
    assert!(opens(&server, &mut server.visitor_at("192.0.2.1")).await, "a hundred are no sweep");
    guesser.wrong(&server, 1, NUMBERS[1]).await;
    watch(&server).await;
    watch(&server).await;
    let heard = alerts(&server).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("急に増えています"), "{heard:?}");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "sweep"), 2, "the workspace's and the server's");

    assert!(!opens(&server, &mut server.visitor_at("192.0.2.2")).await, "nobody signed in from there before");
    assert!(opens(&server, &mut server.visitor_at("198.51.100.20")).await, "a colleague did");
    own.address.set_ip("192.0.2.3".parse().expect("an address"));
    server.later(hours(2));
    assert!(opens(&server, &mut own).await, "one's own telephone, wherever it is");
    // Signing in with the password stays open, and does not make the place an old one.
    let mut fresh = server.signed_in("sato", "192.0.2.4").await;
    fresh.cookies.clear();
    assert!(!opens(&server, &mut fresh).await, "it came with the sweep");
    server.later(hours(23));
    watch(&server).await;
    assert!(opens(&server, &mut server.visitor_at("192.0.2.5")).await, "a day later");
}

#[tokio::test]
async fn wrong_codes_for_numbers_that_nobody_has_are_no_sweep() {
    let server = Server::start().await;
    house(&server).await;
    let mut guesser = Guesser::default();
    for n in 0..6 {
        guesser.wrong(&server, 25, &format!("090-5555-000{n}")).await;
    }
    watch(&server).await;
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 0);
    assert!(opens(&server, &mut server.visitor_at("192.0.2.1")).await);
}

#[tokio::test]
async fn where_many_codes_are_typed_rightly_more_wrong_ones_are_no_sweep() {
    let mut config = config();
    config.limits.sweep_wrong_codes_per_day = 10;
    config.limits.sweep_percent_of_proved = 50;
    let server = Server::start_with(config).await;
    house(&server).await;
    let mut guesser = Guesser::default();
    for n in 0..30 {
        let number = format!("090-6666-{n:04}");
        server.member(&format!("m{n}"), &[&number]).await;
        let mut browser = server.visitor_at(&format!("192.0.2.{n}"));
        browser.asks_for_code(&number).await.says("2 / 4");
        let code = server.code_for(&format!("+819066660{n:03}")).await;
        browser.types_code(&code).await.says("@sakura");
    }
    guesser.wrong(&server, 15, NUMBERS[0]).await;
    watch(&server).await;
    assert_eq!(alerts(&server).await.len(), 0, "fifteen of thirty");
    guesser.wrong(&server, 1, NUMBERS[0]).await;
    watch(&server).await;
    assert_eq!(alerts(&server).await.len(), 1);
    server.later(days(15));
    guesser.wrong(&server, 11, NUMBERS[1]).await;
    watch(&server).await;
    assert_eq!(alerts(&server).await.len(), 2, "what was typed rightly two weeks ago counts no more");
}

#[tokio::test]
async fn the_operator_ends_a_sweep_for_one_workspace_or_for_all() {
    let server = Server::start().await;
    house(&server).await;
    let ume: Workspace = server.workspace("ume", "うめ商店").await;
    server.member_of(&ume, "kato", &["090-7777-0000"]).await;
    let kato = async |from: &str| {
        let mut browser = server.visitor_at(from);
        browser.asks_for_code("090-7777-0000").await.says("2 / 4");
        let code = server.code_for("+819077770000").await;
        browser.types_code(&code).await.text.contains("kato@ume")
    };
    sweep(&server, &mut Guesser::default()).await;
    assert!(!kato("192.0.2.1").await, "the whole server is swept");
    assert!(sweeps::end(&server.app, None).await.expect("it works"));
    assert!(!sweeps::end(&server.app, None).await.expect("it works"), "ended already");
    assert!(kato("192.0.2.2").await, "another workspace is open again");
    assert!(!opens(&server, &mut server.visitor_at("192.0.2.3")).await, "the swept one is not");
    assert!(sweeps::end(&server.app, Some(&server.workspace)).await.expect("it works"));
    assert!(opens(&server, &mut server.visitor_at("192.0.2.4")).await);
    // It does not begin anew by itself on the count that was judged.
    watch(&server).await;
    assert!(opens(&server, &mut server.visitor_at("192.0.2.5")).await);
}

/// Two nodes see the same count in the same moment: one alert, one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_tell_once() {
    let server = Server::start().await;
    house(&server).await;
    let mut guesser = Guesser::default();
    for number in NUMBERS {
        guesser.wrong(&server, 26, number).await;
    }
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let app = server.app.clone();
        nodes.spawn(async move { sweeps::watch(&app).await });
    }
    for node in nodes.join_all().await {
        node.expect("the database works");
    }
    assert_eq!(alerts(&server).await.len(), 1);
}
