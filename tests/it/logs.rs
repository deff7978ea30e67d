//! The logs at the desk: administrators find what they look for, newest first, in their own workspace only; a file of a log is complete, tells no
//! formula to a spreadsheet, and that it was taken is a line of the log itself.

use std::collections::BTreeSet;

use aikagi::flows::desk::logs::{self, Filter, Format, Log, PAGE, Part};
use aikagi::flows::desk::{Denied, Refusal, Seat};
use aikagi::flows::session::{Signed, authenticate};
use aikagi::flows::{Visitor, Way, workspaces};
use aikagi::model::{Action, Locale, Network, Secret, SignInResult, days, hours};
use aikagi::store::members::Member;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::harness::{NEW_PASSWORD, PASSWORD, Server, is_postgres};
use crate::raw;

const HOME: &str = "198.51.100.7";

/// An administrator of さくら商事 who has just signed in.
async fn administrator(server: &Server) -> (Member, Signed) {
    let owner = server.member("suzuki", &[]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    let signed = signed(server, "suzuki").await;
    (owner, signed)
}

async fn signed(server: &Server, login: &str) -> Signed {
    let browser = server.signed_in(login, HOME).await;
    let token = browser.cookies.values().find(|value| value.starts_with("aks_")).expect("a session's cookie");
    let found = authenticate(&server.app, &Secret::from(token.as_str()), &visitor(server)).await;
    found.expect("the database works").expect("a session")
}

fn visitor(server: &Server) -> Visitor {
    let address = HOME.parse().expect("an address");
    Visitor {
        now: server.app.now(),
        locale: Locale::Ja,
        address,
        network: Network::of(address),
        agent: String::new(),
        device: None,
        way: Way::Page,
    }
}

async fn whole(server: &Server, seat: &Seat<'_>, log: Log, filter: &Filter, format: Format) -> String {
    let begun = logs::export(&server.app, seat, log, filter, format).await.expect("the database works");
    let mut export = begun.expect("allowed");
    let mut file = Vec::new();
    while let Some(piece) = export.next(&server.app).await.expect("the database works") {
        file.extend(piece);
    }
    String::from_utf8(file).expect("UTF-8")
}

#[tokio::test]
async fn who_tried_to_sign_in_is_found_by_result_member_place_and_time() {
    let server = Server::start().await;
    let (owner, signed) = administrator(&server).await;
    let tanaka = server.member("tanaka", &[]).await;
    let ume = server.workspace("ume", "うめ商店").await;
    server.member_of(&ume, "kato", &[]).await;
    let mut thief = server.visitor_at("203.0.113.66");
    thief.signs_in("tanaka", "wrong").await.is(422);
    thief.signs_in("kato@ume", "wrong").await;
    server.later(hours(1));
    let later = server.app.now();
    server.signed_in("tanaka", "192.0.2.1").await;
    let visitor = visitor(&server);
    let seat = Seat::take(&signed, &visitor, Action::ReadSignIns).expect("an owner may");
    let found = async |result, filter: Filter| {
        let page =
            logs::sign_ins(&server.app, &seat, result, &filter, Part::usual(None)).await.expect("the database works");
        assert_eq!(page.older, None);
        let told = page.lines.into_iter().map(|one| (one.login.unwrap_or_default(), one.line.result));
        told.collect::<Vec<_>>()
    };
    let all = found(None, Filter::default()).await;
    let (wrong, done) = (SignInResult::WrongPassword, SignInResult::Done);
    let of = |login: &str, result| (login.to_owned(), result);
    assert_eq!(all, [of("tanaka", done), of("tanaka", wrong), of("suzuki", done)], "newest first, one workspace");
    assert_eq!(found(Some(wrong), Filter::default()).await, [of("tanaka", wrong)]);
    assert_eq!(found(Some(done), Filter::default()).await.len(), 2);
    let member = Some(owner.id.clone());
    assert_eq!(found(None, Filter { member, ..Filter::default() }).await, [of("suzuki", done)]);
    let network = Some(Network::of("203.0.113.66".parse().expect("an address")));
    assert_eq!(found(None, Filter { network, ..Filter::default() }).await, [of("tanaka", wrong)]);
    assert_eq!(found(None, Filter { from: Some(later), ..Filter::default() }).await, [of("tanaka", done)]);
    assert_eq!(found(None, Filter { to: Some(later), ..Filter::default() }).await.len(), 2);
    let none = Filter { member: Some(tanaka.id), to: Some(later - days(1)), ..Filter::default() };
    assert_eq!(found(Some(wrong), none).await, []);
}

#[tokio::test]
async fn the_audit_log_is_paged_without_losing_or_repeating_a_line_and_tells_before_and_after() {
    let server = Server::start().await;
    let (owner, signed) = administrator(&server).await;
    workspaces::set_contact_text(&server.app, &server.workspace, Some("内線 1234"), None).await.expect("it works");
    for n in 0..(2 * PAGE) {
        server.invited(&format!("m{n}")).await;
    }
    let visitor = visitor(&server);
    let seat = Seat::take(&signed, &visitor, Action::ReadAudit).expect("an owner may");
    let page = async |action, older: Option<&str>| {
        logs::audit(&server.app, &seat, action, None, &Filter::default(), Part::usual(older))
            .await
            .expect("the database works")
    };
    let (mut older, mut seen, mut pages) = (None::<String>, BTreeSet::new(), 0);
    loop {
        let page = page(Some("member_added"), older.as_deref()).await;
        let ids: Vec<_> = page.lines.iter().map(|one| one.named.line.id.clone()).collect();
        assert!(ids.is_sorted_by(|a, b| a > b));
        let logins = page.lines.into_iter().map(|one| one.named.login.expect("a name"));
        let before = seen.len() + ids.len();
        seen.extend(logins);
        assert_eq!(seen.len(), before, "a line came twice");
        pages += 1;
        older = page.older;
        if older.is_none() {
            break;
        }
    }
    assert_eq!((pages, seen.len()), (3, 2 * PAGE + 1));
    let changed = page(Some("contact_text_changed"), None).await.lines.remove(0);
    let told = changed.details.expect("before and after");
    assert_eq!(told, serde_json::json!({ "ja": { "before": null, "after": "内線 1234" } }));
    let own = logs::audit(&server.app, &seat, None, Some(&owner.id), &Filter::default(), Part::usual(None))
        .await
        .expect("it works");
    assert!(own.lines.iter().all(|one| one.named.line.actor == owner.id.0));
    // A seat that was taken for something else reads nothing.
    assert!(logs::sign_ins(&server.app, &seat, None, &Filter::default(), Part::usual(None)).await.is_err());
}

#[tokio::test]
async fn what_members_do_to_their_own_account_is_told_with_before_and_after_and_never_a_secret() {
    let server = Server::start().await;
    let (_, signed) = administrator(&server).await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut own = server.signed_in("tanaka", HOME).await;
    own.submit("/w/sakura/me/contacts/add-email", &[("email", "hanako@example.net")]).await.is(200);
    let dump = server.dump().await;
    let contact = raw::rows(&dump, "contacts").iter().find(|row| row["kind"] == "email").expect("it is there");
    let contact = contact["id"].as_str().expect("an id").to_owned();
    let code = server.code_for("hanako@example.net").await;
    own.submit(&format!("/w/sakura/me/contacts/{contact}/verify"), &[("code", &code)]).await.is(200);
    own.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    own.submit(&format!("/w/sakura/me/contacts/{contact}/remove"), &[]).await.is(200);
    let visitor = visitor(&server);
    let seat = Seat::take(&signed, &visitor, Action::ReadAudit).expect("an owner may");
    let told = async |action| {
        let page = logs::audit(&server.app, &seat, Some(action), None, &Filter::default(), Part::usual(None)).await;
        page.expect("it works").lines.remove(0).details.expect("before and after")
    };
    assert_eq!(told("contact_added").await["email"]["before"], serde_json::Value::Null);
    let verified = told("contact_verified").await;
    assert_eq!(verified["state"], serde_json::json!({ "before": "unverified", "after": "verified" }));
    assert!(verified["recovers_from"]["after"].is_string());
    let changed = told("password_changed").await;
    assert!(changed["password_set_at"]["before"].is_string() && changed["password_set_at"]["after"].is_string());
    assert_ne!(changed["password_set_at"]["before"], changed["password_set_at"]["after"]);
    assert_eq!(changed.as_object().expect("names").len(), 1, "{changed}");
    let removed = told("contact_removed").await;
    assert!(removed["email"]["before"].as_str().is_some_and(|was| !was.contains("hanako")), "masked: {removed}");
    let all =
        logs::audit(&server.app, &seat, None, None, &Filter::default(), Part::usual(None)).await.expect("it works");
    let text = format!("{all:?}");
    for secret in [PASSWORD, NEW_PASSWORD, &code, "hanako@example.net", "$argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_file_of_a_log_is_complete_and_is_itself_a_line_of_the_log() {
    let server = Server::start().await;
    let (owner, signed) = administrator(&server).await;
    server.later(hours(1));
    let visitor = visitor(&server);
    assert_eq!(Seat::take(&signed, &visitor, Action::Export).map(drop), Err(Denied::Stale), "the password again");
    let signed = self::signed(&server, "suzuki").await;
    server.later(aikagi::model::seconds(1));
    let rows = format!(
        "insert into sign_ins (id, workspace_id, member_id, result, way, address, network, agent, at)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)
        select 'sin_00' || i, '{}', '{}', 'done', 'page', 'a', 'n', '=1+1', i from n",
        server.workspace.id, owner.id
    );
    server.sql(&rows).await;
    let visitor = self::visitor(&server);
    let seat = Seat::take(&signed, &visitor, Action::Export).expect("an owner may");
    let csv = whole(&server, &seat, Log::SignIns(None), &Filter::default(), Format::Csv).await;
    let lines: Vec<_> = csv.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert!(lines[0].starts_with("\u{feff}id,at,result,login,"), "{}", lines[0]);
    assert_eq!(lines.len(), 1 + 2_500 + 2);
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len());
    assert!(lines[3].contains(",suzuki,") && lines[3].ends_with(",'=1+1"), "{}", lines[3]);
    server.later(aikagi::model::seconds(1));
    let visitor = self::visitor(&server);
    let seat = Seat::take(&signed, &visitor, Action::Export).expect("an owner may");
    let log = Log::Audit { action: Some("log_exported".to_owned()), actor: None };
    let json = whole(&server, &seat, log, &Filter::default(), Format::JsonLines).await;
    let lines: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 1, "the first export, and not its own");
    assert_eq!((lines[0]["subject"].as_str(), lines[0]["actor_login"].as_str()), (Some("sign_ins"), Some("suzuki")));
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "log_exported"), 2);
    // Made a member again meanwhile: nothing is read.
    server.sql(&format!("update members set role = 'member' where id = '{}'", owner.id)).await;
    let refused = logs::export(&server.app, &seat, Log::SignIns(None), &Filter::default(), Format::Csv).await;
    assert!(matches!(refused.expect("the database works"), Err(Refusal::Ended)));
}

/// On a database with many rows each way of looking goes by an index.
#[tokio::test]
async fn every_way_of_looking_goes_by_an_index() {
    if is_postgres() {
        // Its planner is asked about all statements of an ordinary day; which index it takes depends on figures.
        return;
    }
    let server = Server::start().await;
    let url = server.database().url.clone();
    let mut conn = SqliteConnection::connect(&url).await.expect("the file opens");
    for (sql, index) in [
        (
            "select * from sign_ins l where l.workspace_id = $1 and l.result <> 'done' and l.result = $2 order by l.id desc limit 9",
            "sign_ins_refused",
        ),
        (
            "select * from sign_ins l where l.workspace_id = $1 and l.network = $2 order by l.id desc limit 9",
            "sign_ins_by_network",
        ),
        (
            "select * from sign_ins l where l.workspace_id = $1 and l.id < $2 order by l.id desc limit 9",
            "sign_ins_of_workspace",
        ),
        (
            "select * from audit l where l.workspace_id = $1 and l.action = $2 order by l.id desc limit 9",
            "audit_by_action",
        ),
        (
            "select * from audit l where l.workspace_id = $1 and l.network = $2 order by l.id desc limit 9",
            "audit_by_network",
        ),
        (
            "select * from audit l where l.nth is null and coalesce(l.workspace_id, '') = $1 order by l.id limit 9",
            "audit_unchained",
        ),
        (
            "select * from audit l where l.nth > $2 and coalesce(l.workspace_id, '') = $1 order by l.nth limit 9",
            "audit_chain",
        ),
    ] {
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(format!("explain query plan {sql}")))
            .fetch_all(&mut conn)
            .await
            .expect("a plan");
        let plan: Vec<_> = rows.into_iter().map(|row| row.3).collect();
        assert!(plan.len() == 1 && plan[0].contains(index), "{sql}: {plan:?}");
    }
}
