//! People come in only from certain networks: at every door, by page and API, with a session that was opened inside, and with whatever a request
//! says of itself.

use aikagi::flows::workspaces;
use aikagi::model::{Bound, Networks, Role};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::api::House;
use crate::cli;
use crate::forced;
use crate::harness::{self, Browser, NEW_PASSWORD, PASSWORD, Page, Server, form};
use crate::raw;

const OFFICE: &str = "203.0.113.9";
const HOME: &str = "198.51.100.7";
const LIST: &str = "203.0.113.0/24 2001:db8:1::/48";
const OUTSIDE: &str = "この場所からはサインインできません";
const WRONG: &str = "IDかパスワードが合っていません";
const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";

async fn only_from(server: &Server, bound: Bound, typed: &str) {
    let networks = Networks::parse(bound, typed).expect("networks");
    workspaces::set_networks(&server.app, &server.workspace, Some(&networks)).await.expect("the database works");
}

async fn types(browser: &mut Browser, login: &str, text: &str) -> Page {
    browser.post("/w/sakura/sign-in", &[("login", login), ("password", text)]).await
}

fn goes_to(browser: &mut Browser, address: &str) {
    browser.address.set_ip(address.parse().expect("an address"));
}

async fn times(server: &Server, table: &str, column: &str, value: &str) -> usize {
    raw::count(&server.dump().await, table, column, value)
}

#[tokio::test]
async fn from_elsewhere_only_the_right_password_is_told_why() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut before = server.visitor_at("198.51.100.1");
    let wrong = types(&mut before, "tanaka", "wrong").await.is(422).says(WRONG).main();
    only_from(&server, Bound::All, LIST).await;
    let mut home = server.visitor_at(HOME);
    assert_eq!(types(&mut home, "tanaka", "wrong").await.is(422).main(), wrong, "nothing is told");
    types(&mut home, "nobody", PASSWORD).await.is(422).does_not_say(OUTSIDE);
    types(&mut home, "tanaka", PASSWORD).await.is(403).says(OUTSIDE);
    assert!(!home.cookies.contains_key("aikagi_s_sakura") && !home.is_signed_in().await);
    assert_eq!(times(&server, "sign_ins", "result", "outside").await, 1);
    assert_eq!(times(&server, "sessions", "network", "198.51.100.7/32").await, 0);
    assert_eq!(times(&server, "member_networks", "network", "198.51.100.7/32").await, 0, "it is not known from now on");
    server.signed_in("tanaka", OFFICE).await;
    // Without a list everywhere is well again.
    workspaces::set_networks(&server.app, &server.workspace, None).await.expect("it works");
    server.signed_in("tanaka", HOME).await;
}

#[tokio::test]
async fn an_address_in_other_clothes_is_the_same_address() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    only_from(&server, Bound::All, LIST).await;
    for inside in ["::ffff:203.0.113.9", "2001:db8:1:2::9", "203.0.113.255"] {
        server.signed_in("tanaka", inside).await;
    }
    for outside in ["::ffff:198.51.100.7", "2001:db8:2::9", "::203.0.113.9", "64:ff9b::203.0.113.9", "203.0.114.0"] {
        types(&mut server.visitor_at(outside), "tanaka", PASSWORD).await.is(403).says(OUTSIDE);
    }
}

#[tokio::test]
async fn a_session_that_is_carried_elsewhere_ends() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    // It was opened before there was a list, from where nobody may be any more.
    let mut old = server.signed_in("tanaka", HOME).await;
    only_from(&server, Bound::All, LIST).await;
    assert!(!old.is_signed_in().await);
    let mut own = server.signed_in("tanaka", OFFICE).await;
    let mut thief = own.clone();
    goes_to(&mut thief, HOME);
    let mut other = server.signed_in("tanaka", "2001:db8:1:2::9").await;
    assert!(own.is_signed_in().await);
    thief.post("/w/sakura/me/devices/sign-out-others", &[]).await.is(303);
    assert!(other.is_signed_in().await, "nothing was done in its name");
    assert!(!own.is_signed_in().await, "a token that two have is nobody's");
    assert_eq!(times(&server, "audit", "action", "session_outside").await, 2);
    assert_eq!(times(&server, "sessions", "ended_by", "session_outside").await, 2);
    // To leave the office for another one that is in the list is no reason.
    goes_to(&mut other, "203.0.113.200");
    assert!(other.is_signed_in().await);
}

#[tokio::test]
async fn only_our_own_proxies_say_where_somebody_is() {
    let mut config = harness::config();
    config.trusted_proxies = vec!["10.0.0.0/8".parse().expect("a network")];
    let server = Server::start_with(config).await;
    server.member("tanaka", &[]).await;
    only_from(&server, Bound::All, LIST).await;
    let from = async |peer: &str, forwarded: &str| {
        let mut browser = server.visitor_at(peer);
        let csrf = browser.csrf().await;
        let body = form(&[("csrf", &csrf), ("login", "tanaka"), ("password", PASSWORD)]);
        let request = Request::post("/w/sakura/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-forwarded-for", forwarded)
            .header("forwarded", format!("for={OFFICE}"))
            .header("x-real-ip", OFFICE)
            .body(Body::from(body))
            .expect("a request");
        browser.send(request).await.status.as_u16()
    };
    assert_eq!(from(HOME, OFFICE).await, 403, "a stranger writes what they like");
    assert_eq!(from("10.0.0.1", &format!("{OFFICE}, {HOME}")).await, 403, "also before a proxy of ours");
    assert_eq!(from("10.0.0.1", &format!("{OFFICE}, {HOME}, 10.0.0.2")).await, 403);
    assert_eq!(from("10.0.0.1", &format!("{OFFICE}, rubbish")).await, 403);
    assert_eq!(from("10.0.0.1", &format!("{HOME}, {OFFICE}")).await, 303);
}

#[tokio::test]
async fn a_link_to_set_a_first_password_opens_nothing_elsewhere_and_is_not_used_up() {
    let server = Server::start().await;
    let (member, link) = server.invited_to(&server.workspace.clone(), "tanaka", Role::Member).await;
    only_from(&server, Bound::All, LIST).await;
    let mut home = server.visitor_at(HOME);
    home.get(&link).await.is(403).says(OUTSIDE).does_not_say("tanaka@sakura");
    home.post(&link, &[("password", NEW_PASSWORD)]).await.is(403).says(OUTSIDE);
    home.get("/set-password/akl_nothing").await.does_not_say(OUTSIDE);
    assert_eq!(times(&server, "audit", "action", "link_outside").await, 1);
    assert_eq!(times(&server, "passwords", "member_id", member.id.as_str()).await, 0);
    server.visitor_at(OFFICE).submit(&link, &[("password", NEW_PASSWORD)]).await.is(200);
    assert_eq!(times(&server, "passwords", "member_id", member.id.as_str()).await, 1);
}

#[tokio::test]
async fn the_secret_of_a_forced_change_opens_nothing_elsewhere_nor_does_its_link() {
    let server = Server::start().await;
    let member = server.member("tanaka", &["ichiro@example.jp"]).await;
    only_from(&server, Bound::All, LIST).await;
    forced::force(&server, &member).await.expect("it is demanded");
    let secret = forced::secret_for(&server, "ichiro@example.jp").await;
    let mut home = server.visitor_at(HOME);
    types(&mut home, "tanaka", &secret).await.is(403).says(OUTSIDE);
    types(&mut home, "tanaka", PASSWORD).await.is(403).says(OUTSIDE);
    assert_eq!(times(&server, "links", "member_id", member.id.as_str()).await, 1, "no link but the invitation's");
    let mut office = server.visitor_at(OFFICE);
    let path = types(&mut office, "tanaka", &secret).await.leads_to().to_owned();
    goes_to(&mut office, HOME);
    office.get(&path).await.is(403).says(OUTSIDE);
    office.post(&path, &[("password", NEW_PASSWORD)]).await.is(403).says(OUTSIDE);
    goes_to(&mut office, OFFICE);
    office.submit(&path, &[("password", NEW_PASSWORD)]).await.is(200);
    types(&mut office, "tanaka", NEW_PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_recovery_from_elsewhere_goes_as_ever_and_sets_no_password() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    only_from(&server, Bound::All, LIST).await;
    let mut phone = server.visitor_at(HOME);
    phone.asks_for_code("090-5555-0000").await.says("2 / 4").does_not_say(OUTSIDE);
    phone.asks_for_code(NUMBER).await.says("2 / 4").does_not_say(OUTSIDE);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.says("tanaka@sakura").does_not_say(OUTSIDE);
    phone.picks(&tanaka).await.is(403).says(OUTSIDE);
    phone.sets_password(NEW_PASSWORD).await.is(403).says(OUTSIDE);
    assert_eq!(times(&server, "audit", "action", "recovery_outside").await, 1);
    server.signed_in("tanaka", OFFICE).await;
    // Within the ten minutes they reach the office.
    goes_to(&mut phone, OFFICE);
    phone.sets_password(NEW_PASSWORD).await.is(200).does_not_say(OUTSIDE);
    types(&mut server.visitor_at("203.0.113.77"), "tanaka", NEW_PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_list_for_the_desk_leaves_members_alone_and_binds_everybody_above() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    only_from(&server, Bound::Desk, "192.0.2.0/24").await;
    server.signed_in("tanaka", HOME).await;
    for role in [Role::HelpDesk, Role::Administrator, Role::Owner] {
        let (_, mut desk) = server.keeper(&format!("keeper-{}", role.rank()), role).await;
        desk.get("/w/sakura/admin").await.is(200);
        types(&mut server.visitor_at(HOME), &format!("keeper-{}", role.rank()), PASSWORD).await.is(403).says(OUTSIDE);
        goes_to(&mut desk, HOME);
        assert_eq!(desk.get("/w/sakura/admin").await.leads_to(), "/w/sakura/sign-in", "{role}");
    }
    // A member who becomes an administrator is bound from the next request on.
    let mut own = server.signed_in("tanaka", HOME).await;
    server.sql("update members set role = 'administrator' where login = 'tanaka'").await;
    assert!(!own.is_signed_in().await);
}

#[tokio::test]
async fn the_api_has_the_same_doors() {
    let mut config = harness::config();
    config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    let house = House::open_with(config).await;
    let server = &house.server;
    only_from(server, Bound::All, LIST).await;
    let from = |address: &'static str, path: &str, body: &serde_json::Value| {
        house.post(path, body).with("X-Forwarded-For", address)
    };
    let typed = |password: &str| json!({ "login": "tanaka@sakura", "password": password });
    from(HOME, "/v1/sign-in", &typed("wrong")).send().await.is(401, "wrong-credentials");
    from(HOME, "/v1/sign-in", &typed(PASSWORD)).send().await.is(403, "network-outside");
    let token = from(OFFICE, "/v1/sign-in", &typed(PASSWORD)).send().await.ok().get("session");
    let bearer = format!("Bearer {token}");
    let asks = |address: &'static str| {
        house.get("/v1/session").with("Authorization", &bearer).with("X-Forwarded-For", address)
    };
    asks(OFFICE).send().await.ok();
    asks(HOME).send().await.is(401, "not-signed-in");
    asks(OFFICE).send().await.is(401, "not-signed-in");

    let begun = from(HOME, "/v1/recovery", &json!({ "kind": "sms", "address": NUMBER })).send().await.ok();
    let handle = begun.get("handle");
    let code = house.code(TANAKA).await;
    let step = |address: &'static str, path: &str, body: &serde_json::Value| {
        from(address, path, body).with("Aikagi-Recovery", &handle)
    };
    let proved = step(HOME, "/v1/recovery/check", &json!({ "code": code })).send().await.ok();
    let new = json!({ "id": proved.json()["ids"][0]["id"], "password": NEW_PASSWORD });
    step(HOME, "/v1/recovery/password", &new).send().await.is(403, "network-outside");
    step(OFFICE, "/v1/recovery/password", &new).send().await.ok();

    let (_, link) = server.invited_to(&server.workspace, "sato", Role::Member).await;
    let set = json!({ "token": link.rsplit('/').next(), "password": PASSWORD });
    from(HOME, "/v1/password", &set).send().await.is(403, "network-outside");
    from(OFFICE, "/v1/password", &set).send().await.ok();
}

/// A list that this program cannot read, of a version to come perhaps, lets nobody in.
#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_open_door() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", OFFICE).await;
    for text in ["{\"bound\":\"some\",\"from\":[]}", "[]", "{\"bound\":\"all\",\"from\":[],\"but\":1}"] {
        server.sql(&format!("update workspaces set networks = '{text}'")).await;
        assert_eq!(own.get("/w/sakura/me").await.status.as_u16(), 500, "{text}");
        assert_eq!(types(&mut server.visitor_at(OFFICE), "tanaka", PASSWORD).await.status.as_u16(), 500, "{text}");
    }
    server.sql("update workspaces set networks = '{\"bound\":\"all\",\"from\":[]}'").await;
    types(&mut server.visitor_at(OFFICE), "tanaka", PASSWORD).await.is(403).says(OUTSIDE);
}

/// The list comes with the rows that each door reads anyway.
#[tokio::test]
async fn a_list_costs_no_statement() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let count = || server.app.db.statements();
    let mut costs = Vec::new();
    for list in [false, true] {
        if list {
            only_from(&server, Bound::All, LIST).await;
        }
        let mut own = server.visitor_at(OFFICE);
        own.get("/w/sakura/sign-in").await.is(200);
        let before = count();
        types(&mut own, "tanaka", PASSWORD).await.is(303);
        let signed_in = count();
        own.get("/w/sakura/me/devices").await.is(200);
        costs.push((signed_in - before, count() - signed_in));
    }
    // The second is on a new device, of which somebody is to be told.
    assert_eq!(costs, [(6, 3), (7, 3)]);
}

#[tokio::test]
async fn the_operator_can_always_let_everybody_in_again() {
    let (house, _) = cli::House::set_up().await;
    for (bad, says) in [
        ("0.0.0.0/0", "--clear"),
        ("10.0.0.0/33", "not a network"),
        ("10.0.0.1/8", "did you mean 10.0.0.0/8"),
        ("", "no network"),
    ] {
        let told = house.refused(&networks(&["--from", bad]));
        assert!(told.contains(says) && told.contains("nothing was changed"), "{bad}: {told}");
    }
    let told = cli::err(&house.run(&networks(&["--from", "10.0.0.0/8", "--for", "some"])));
    assert!(told.contains("all or desk"), "{told}");
    assert!(house.ok(&networks(&[])).contains("from everywhere"));
    house.ok(&networks(&["--from", "203.0.113.0/24", "--from", "2001:db8::/32", "--for", "desk"]));
    let shown = house.ok(&networks(&[]));
    assert!(shown.contains("desk") && shown.contains("203.0.113.0/24 2001:db8::/32"), "{shown}");
    house.ok(&networks(&["--clear"]));
    assert_eq!(house.ok(&networks(&["--json"])).trim(), "null");
    let dump = raw::dump(&house.url()).await;
    assert_eq!(raw::count(&dump, "audit", "action", "networks_changed"), 2);
}

fn networks<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["workspace", "networks", "acme"], rest].concat()
}
