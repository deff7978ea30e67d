//! Nothing that people wait for grows with the number of people: on a database with thousands of everything, no statement of
//! the daily stories reads a whole table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{Arc, Mutex};

use aikagi::config::{Siem, SiemForm};
use aikagi::deliver::receiver::Receiver;
use aikagi::flows::alerts::{messages, watch};
use aikagi::flows::desk::forced_change::{self, By};
use aikagi::flows::desk::{Seat, jobs, nudge, roster, standing};
use aikagi::flows::standing::Step;
use aikagi::flows::{access_tokens, chain, housekeeping, import, locked_out, readiness, siem, sweeps, tallies};
use aikagi::model::id::AuditId;
use aikagi::model::{Action, Role, Secret, Timestamp, minutes};
use aikagi::store::logs;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::{Database, NEW_PASSWORD, PASSWORD, Server, is_postgres};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const THIRD: &str = "たぬきが渡った夜の橋の向こうの灯";
const PLAY: &str = "AIKAGI_TEST_PLAYS_ON";
const ROWS: usize = 4_000;

/// Tables with a row for each workspace or for each thing that rarely happens; they may be read whole.
const SMALL: &[&str] = &[
    "workspaces",
    "workspace_slugs",
    "freed_logins",
    "imports",
    "master_keys",
    "audit_tips",
    "audit_keys",
    "readiness_rounds",
    "tally_positions",
    "alert_settings",
    "agent_keys",
    "followers",
    "chain_rounds",
];

/// Every other table, and how its `i`-th row is made. They are another workspace's, so that ours finds its own among them.
const LARGE: &[(&str, &str)] = &[
    (
        "members",
        "'mem_'||i, 'wsp_other', 'm'||i, 'n', '', '', case when i < 5 then 'owner' else 'member' end, 'active', 'ja', null, null, null, null, null, null, 0, 1, 1, false, {now} / 86400000000 - i, null, null, null, null, case when i < 100 then 'no_contact' else 'ready' end, null, null",
    ),
    ("member_words", "'wsp_other', 'w'||i, 'mem_'||i"),
    ("passwords", "'mem_'||i, 'wsp_other', 'x', 1"),
    ("password_history", "'mem_'||i, 'wsp_other', 1, 'x'"),
    (
        "contacts",
        "'con_'||i, 'wsp_other', 'mem_'||i, 'sms', 'x', 'x'||i, 'verified', 1, 1, 1, null, 1, null, null, null, null, null, null",
    ),
    (
        "recoveries",
        "'rec_'||i, null, 'r'||i, 'p'||i, 'x', 'sms', 'x'||i, null, false, null, 'AB', case when i < 2000 then 'sent' else 'finished' end, null, 'n', null, 1, 1, i, null, {now} + i, 1, 'o'||i, null, null",
    ),
    ("codes", "'cod_'||i, null, 's'||i, 'x', 0, null, {now} + i, 1"),
    ("limits", "'key'||i, 900000000, {now} - i, 1"),
    ("throttles", "'key'||i, 1, 1, {now} - i"),
    ("devices", "'dev_'||i, 'p'||i, 'x', '', 1, 1"),
    ("device_members", "'dev_'||i, 'mem_'||i, 'wsp_other', true, 'n', 1, 1, null, null, null, null"),
    ("incidents", "'inc_'||i, 'wsp_other', 'mem_'||i, 'lost', 'mem_'||i, 1, null, null"),
    ("incident_things", "'inc_'||i, 'wsp_other', 'device', 'dev_'||i, 1, null, null"),
    (
        "wipes",
        "'wip_'||i, 'wsp_other', 'mem_'||i, null, 'browser', 'dev_'||i, 'data', 'queued', null, null, null, 'mem_'||i, 1, null, null, {now} + 900000000000000 + i, case when i < 10 then 1 else null end, 0, null, null",
    ),
    ("managed_devices", "'mng_'||i, 'wsp_other', 'mem_'||i, 'graph', 'd'||i, 'n', null, 'mem_'||i, 1"),
    ("agents", "'agt_'||i, 'wsp_other', 'mem_'||i, 'n', 'linux', 'k'||i, 'mem_'||i, 1, 1, 1, null"),
    ("agent_codes", "'c'||i, 'wsp_other', 'mem_'||i, 0, 'mem_'||i, 1, {now} + i, null"),
    ("member_networks", "'mem_'||i, 'wsp_other', 'n'||i, 1, 1"),
    (
        "sessions",
        "'ses_'||i, 'wsp_other', 'mem_'||i, null, 0, 'cookie', 'p'||i, 'x', 'n', '', 1, 1, {now} + i, null, null, 1",
    ),
    ("access_tokens", "'act_'||i, 'wsp_other', 'mem_'||i, 0, 'n', 'jobs', 'p'||i, 'x', null, {now} + i, null, null, 1"),
    ("links", "'lnk_'||i, 'wsp_other', 'mem_'||i, 'p'||i, 'x', null, {now} + i, 1"),
    (
        "forced_changes",
        "'fch_'||i, 'wsp_other', 'mem_'||i, 'contact', null, null, 'r'||i, 'x', null, null, null, null, {now} + i, 1, 'operator'",
    ),
    ("alarms", "'ala_'||i, 'wsp_other', 'mem_'||i, null, 'held', 'x', 'p'||i, 'x', 'w'||i, null, {now} + i, 1"),
    ("sign_ins", "'sin_'||i, 'wsp_other', 'mem_'||i, 'done', 'page', 'a', 'n', '', null, 1"),
    ("audit", "'aud_'||i, 'wsp_other', 'x', 'x', 'mem_'||i, null, null, null, 1, null, i, 's.x', 's.x', 'x'"),
    (
        "locked_out",
        "'req_'||i, 'wsp_other', 'r'||i, 'p'||i, 'x', 'other', 'x', 'ja', 'n', case when i < 100 then 'waiting' else 'closed' end, null, null, null, null, 1, 1, case when i < 100 then null else i end, {now} - i",
    ),
    (
        "calls",
        "'cal_'||i, 'wsp_other', 'mem_'||i, 'req_'||i, 'mem_'||i, 'x', 'ended', 0, null, null, null, null, null, 0, null, null, null, null, 1, 1, {now} - i",
    ),
    (
        "alerts",
        "'network_failures', 's'||i, i, 'wsp_other', null, {now} + i, i, {now} - i, 'a'||i, 'n', 1, case when i < 100 then null else i end, null",
    ),
    ("tallies", "'wsp_other', {now} - i * 3600000000, 'audit', 'refused', 1"),
    (
        "owner_steps",
        "'ost_'||i, 'wsp_other', 'mem_1', 'mem_'||i, 'suspend', null, i, {now}, case when i % 2 = 0 then i end, null, null",
    ),
    ("break_glass", "'wsp_'||i, 'x', 'mem_'||i, 1, null, null"),
    ("warrants", "'war_'||i, 'wsp_other', 'mem_'||i, 'mem_'||i, 'call', null, null, 1, {now} - i, null, null, 1"),
    ("readiness_days", "'wsp_other', {now} / 86400000000 - i % 300, 'w'||i, i"),
    ("nudges", "'mem_'||i, 'wsp_other', i"),
    ("nudge_runs", "'nrn_'||i, 'wsp_other', 'mem_1', 'stale', false, '', 0, 0, i, i, false"),
    ("drills", "'mem_'||i, 'wsp_other', 'drl_'||i, 'ses_'||i, 'con_'||i, 'AB', i, i, null, i"),
    (
        "jobs",
        "'job_'||i, 'wsp_other', 'import', 'mem_'||i, case when i < 100 then 'running' else 'done' end, 1, 1, 0, 2, 1, null, null, {now} + 3600000000, 1, {now} - i, 1, 1, null",
    ),
    ("job_pieces", "'job_'||i, 0, 'wsp_other', 1, null, 'x', 1"),
    (
        "invitations",
        "'inv_'||i, 'wsp_other', 'mem_'||i, 'email', 'con_'||i, 'x', 'member', 'c'||i, 'lnk_'||i, 'mem_'||i, null, null, null, {now} + i, 1",
    ),
    (
        "outbox",
        "'msg_'||i, 'wsp_other', 'sms', 'x', 'r'||i, false, null, null, 'handed', 1, 1, null, null, null, null, 1, 1, {now} - i, 1, 'mem_'||i, 'con_'||i, 'JP', null, 1, null, true",
    ),
    ("handings", "'hnd_'||i, 'msg_'||i, 'wsp_other', 'sms', 'accepted', 'p'||i, null, null, {now} - i, null"),
];

async fn load(url: &str, now: Timestamp) {
    raw::run(url, "insert into workspaces (id, name, slug, locale, policy, data_key, created_at) values ('wsp_other', 'n', 'other', 'ja', '{}', 'x', 1)").await;
    for (table, row) in LARGE.iter().copied() {
        let row = row.replace("{now}", &now.0.to_string());
        let columns = columns(url, table).await.join(", ");
        let numbers = format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {ROWS})");
        raw::run(url, &format!("insert into {table} ({columns}) {numbers} select {row} from n")).await;
    }
    raw::run(url, "analyze").await;
}

/// The columns in the order of the migrations.
async fn columns(url: &str, table: &str) -> Vec<String> {
    let names: Vec<(String,)> = if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await.expect("the file opens");
        let sql = "select name from pragma_table_info($1) order by cid";
        sqlx::query_as(sql).bind(table).fetch_all(&mut conn).await.expect("the columns")
    } else {
        let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
        let sql =
            "select column_name::text from information_schema.columns where table_name = $1 order by ordinal_position";
        sqlx::query_as(sql).bind(table).fetch_all(&mut conn).await.expect("the columns")
    };
    names.into_iter().map(|name| name.0).collect()
}

/// Collects the text of every statement that the server sends.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<BTreeSet<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Said {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Text(BTreeMap<&'static str, String>);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                self.0.insert(field.name(), value.trim().to_owned());
            }
        }
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut text = Text(BTreeMap::new());
        event.record(&mut text);
        let long = text.0.remove("db.statement").filter(|sql| !sql.is_empty());
        if let Some(sql) = long.or_else(|| text.0.remove("summary")) {
            self.0.lock().expect("nobody panicked").insert(sql);
        }
    }
}

/// Not a story but the process that lives an ordinary day, and writes down what it asked the database.
#[tokio::test]
async fn the_process_that_plays() {
    let Ok(play) = std::env::var(PLAY) else { return };
    let play: serde_json::Value = serde_json::from_str(&play).expect("JSON");
    let said = Said::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(said.clone())).expect("the first");
    let now = Timestamp(play["now"].as_i64().expect("a time"));
    let server = Server::reopen(Database::borrowed(play["url"].as_str().expect("a URL")), 99, now).await;
    said.0.lock().expect("nobody panicked").clear();
    a_day(&server).await;
    server.app.db.close().await;
    let all = serde_json::to_string(&*said.0.lock().expect("nobody panicked")).expect("JSON");
    std::fs::write(play["out"].as_str().expect("a path"), all).expect("written");
}

async fn a_day(server: &Server) {
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    own.signs_in("tanaka", "wrong").await.is(422);
    own.signs_in("nobody", PASSWORD).await.is(422);
    own.get("/w/sakura/me").await.is(200);
    let verify = own.post("/w/sakura/me/contacts/add-mobile", &[("number", "090-2222-2222")]).await;
    server.later(minutes(10));
    own.get(verify.leads_to()).await.is(200);
    own.get(&format!("{}/state", verify.leads_to())).await.is(200);
    own.asks_for_code(NUMBER).await.says("2 / 4");
    server.later(minutes(10));
    own.get("/recover/code/state").await.is(200);
    let mut phone = server.visitor();
    phone.asks_for_code("090-5555-0000").await.says("2 / 4");
    phone.types_code("00000000").await.is(422);
    phone.asks_for_code_by_email("ichiro@example.jp", "tanaka@sakura").await.says("2 / 4");
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    server.later(minutes(2));
    phone.submit("/recover/resend", &[]).await.is(200);
    phone.types_code("00000000").await.is(422);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    phone.get("/w/sakura/me/contacts").await.is(200);
    phone.get("/w/sakura/me/devices").await.is(200);
    phone.submit("/w/sakura/me/devices/sign-out-others", &[]).await.is(200);
    let contact = phone.contact("ichiro@example.jp").await;
    phone.proves_again(server, &contact, "ichiro@example.jp").await.is(200);
    phone.submit("/w/sakura/me/password", &[("current", NEW_PASSWORD), ("password", THIRD)]).await.is(200);
    let letters = server.received("ichiro@example.jp").await;
    let text = &letters.last().expect("a notice").text;
    let link = text[text.find("/not-me/").expect("a link")..].split_whitespace().next().expect("a word").to_owned();
    server.visitor().submit(&link, &[]).await.is(200);
    server.deliver().await;
    import(server).await;
    at_the_desk(server).await;
    locked_out(server).await;
    locked_out::watch(&server.app).await.expect("the database works");
    demands(server).await;
    readiness(server).await;
    sweeps::watch(&server.app).await.expect("the database works");
    chain::append(&server.app).await.expect("the database works");
    chain::heads::sign(&server.app).await.expect("the database works");
    server.later(minutes(4));
    while tallies::follow(&server.app).await.expect("the database works") {}
    housekeeping::tidy(&server.app).await.expect("the database works");
}

/// New passwords are demanded of somebody, and of some.
async fn demands(server: &Server) {
    let mori = server.member("mori", &["mori@example.jp"]).await;
    let by = By::Operator(&mori.workspace_id);
    crate::forced::force(server, &mori).await.expect("it is demanded");
    let secret = crate::forced::secret_for(server, "mori@example.jp").await;
    let mut phone = server.visitor_at("198.51.100.30");
    let page = phone.post("/w/sakura/sign-in", &[("login", "mori"), ("password", &secret)]).await;
    phone.submit(page.leads_to(), &[("password", NEW_PASSWORD)]).await.is(200);
    forced_change::request(&server.app, by, &mori.id).await.expect("it works").expect("it is asked for");
    let (_, mut desk) = server.keeper("ohno", Role::Owner).await;
    let (many, mori) = ("/w/sakura/admin/members/many", format!("m:{}", mori.id));
    for (what, word) in [
        ("force-1", "demand"),
        ("request", "demand"),
        ("suspend", "suspend"),
        ("resume", "suspend"),
        ("sign-out", "sign-out"),
    ] {
        desk.post(many, &[("do", what), ("whom", "found")]).await.is(303);
        let job = desk.post(many, &[("do", what), ("whom", "ticked"), (&mori, "1")]).await.leads_to().to_owned();
        desk.submit(&format!("{job}/{word}"), &[]).await.is(200);
        server.works().await;
    }
}

/// Somebody sees who could not get back in alone and asks them; somebody tries it out. The round itself reads everything, a piece at a time.
async fn readiness(server: &Server) {
    readiness::go_round(&server.app).await.expect("the database works").expect("nobody else is at it");
    let nakano = server.member("nakano", &["nakano@example.jp"]).await;
    let lost = server.member("lost", &[]).await;
    server.sql(&format!("update members set readiness = 'no_contact' where id = '{}'", lost.id)).await;
    let (_, mut desk) = server.keeper("ueda", Role::Owner).await;
    let desk_page = "/w/sakura/admin/readiness";
    desk.get(desk_page).await.is(200);
    desk.get(&format!("{desk_page}/drills")).await.is(200);
    desk.get(&format!("{desk_page}/of/no_contact")).await.says("lost");
    desk.submit("/w/sakura/admin/members", &[("q", ""), ("which", "no_contact")]).await.says("lost");
    desk.post(&format!("{desk_page}/export"), &[]).await.is(200);
    desk.post(&format!("{desk_page}/of/no_contact/slips"), &[]).await.says("lost");
    desk.get(&format!("/w/sakura/admin/members/{}/nudge", lost.id)).await.is(200);
    desk.submit(&format!("{desk_page}/of/no_contact/nudge"), &[]).await.is(200);
    while nudge::work(&server.app).await.expect("the database works") {}
    let mut own = server.signed_in("nakano", "198.51.100.61").await;
    let page = own.get("/w/sakura/me/drill").await;
    let contact = page.text[page.text.find("con_").expect("a contact")..].split_once('"').expect("an end").0.to_owned();
    own.submit("/w/sakura/me/drill", &[("contact", &contact)]).await.is(200);
    own.submit("/w/sakura/me/drill/code", &[("code", "00000000")]).await.is(422);
    server.later(minutes(1));
    own.submit("/w/sakura/me/drill/resend", &[]).await.is(200);
    let code = server.code_for("nakano@example.jp").await;
    own.submit("/w/sakura/me/drill/code", &[("code", &code)]).await.is(200);
    desk.get(&format!("/w/sakura/admin/members/{}", nakano.id)).await.says("練習ずみ");
}

/// Somebody looks after others' accounts.
async fn at_the_desk(server: &Server) {
    assert!(roster::make_words(&server.app).await.expect("the database works"));
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let suzuki = server.member("suzuki", &["090-3333-3333"]).await;
    desk.get("/w/sakura/admin").await.is(200);
    desk.get("/w/sakura/admin/members").await.is(200);
    for which in ["invited", "held", "above", "away30", "deleted"] {
        desk.submit("/w/sakura/admin/members", &[("q", ""), ("which", which)]).await.is(200);
        desk.submit("/w/sakura/admin/members", &[("q", "たなか 営業"), ("which", which)]).await.is(200);
    }
    desk.submit("/w/sakura/admin/members", &[("q", ""), ("before", "2026-11-22")]).await.is(200);
    desk.submit("/w/sakura/admin/members", &[("q", "たなか 営業"), ("before", "2026-11-22")]).await.is(200);
    desk.submit("/w/sakura/admin/members", &[("q", "090 3333 3333")]).await.says("suzuki");
    for log in ["sign-ins", "history"] {
        let log = format!("/w/sakura/admin/{log}");
        for (field, value) in [
            ("login", "suzuki"),
            ("what", "done"),
            ("what", "member_added"),
            ("place", "192.0.2.5"),
            ("from", "2026-11-01"),
        ] {
            desk.submit(&log, &[(field, value)]).await.is(200);
        }
        desk.post(&format!("{log}/export"), &[("format", "csv")]).await.is(200);
    }
    desk.submit("/w/sakura/admin/messages", &[("login", "suzuki")]).await.is(200);
    desk.post("/w/sakura/admin/messages/export", &[("format", "csv")]).await.is(200);
    people(server, &mut desk).await;
    let page = format!("/w/sakura/admin/members/{}", suzuki.id);
    desk.get(&page).await.is(200);
    for step in ["sign-out", "hold", "release", "suspend", "resume", "delete", "bring-back"] {
        desk.submit(&format!("{page}/{step}"), &[]).await.is(200);
    }
    desk.submit(&format!("{page}/role"), &[("role", "help_desk")]).await.is(200);
    desk.get("/w/sakura/admin/policy").await.is(200);
    tokens(server, &mut desk).await;
    desk.tries_stricter_rules().await;
    alerts(server).await;
}

/// The server looks through its logs, and somebody sees to what it found.
async fn alerts(server: &Server) {
    const PAGE: &str = "/w/sakura/admin/alerts";
    server.member("tried", &[]).await;
    for n in 0..11 {
        server.visitor_at(&format!("203.0.113.{n}")).signs_in("tried", "not the password at all").await;
    }
    server.later(minutes(1));
    server.signed_in("tried", "198.51.100.70").await;
    server.later(minutes(4));
    while watch::follow(&server.app).await.expect("the database works") {}
    messages::watch(&server.app).await.expect("the database works");
    while chain::rounds::go_on(&server.app, "one").await.expect("the database works") {}
    sweeps::watch(&server.app).await.expect("the database works");
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    let page = desk.get(PAGE).await;
    let alert = crate::desk::policy::hidden(&page, "alert");
    desk.submit(PAGE, &[("alert", &alert)]).await.is(200);
    desk.get(&format!("{PAGE}/settings")).await.is(200);
    desk.post(&format!("{PAGE}/webhook"), &[("url", "https://hooks.example.jp/")]).await.is(200);
    desk.submit(&format!("{PAGE}/webhook/test"), &[]).await.is(200);
    let folder = tempfile::tempdir().expect("a folder");
    let to = format!("file:{}", folder.path().join("siem").display());
    let siem = Siem { to, format: SiemForm::Json, ca_file: None };
    let receiver = Receiver::new(&siem, "id.example.jp").expect("a receiver");
    for _ in 0..2 {
        while siem::send(&server.app, &receiver, "one").await.expect("the database works") {}
        server.later(minutes(4));
    }
}

/// A program gets a token, comes with it, and loses it.
async fn tokens(server: &Server, desk: &mut crate::harness::Browser) {
    let token = Secret::from(desk.makes_token("人事", &["members.read", "members.stop"]).await);
    let visitor = crate::desk::program_at("192.0.2.5", server.app.now());
    let signed = access_tokens::authenticate(&server.app, &token, &visitor).await.expect("it works").expect("it lives");
    let seat = Seat::take(&signed, &visitor, Action::SignOut).expect("it was made for that");
    let suzuki = server.member("hirai", &[]).await;
    standing::take(&server.app, &seat, Step::SignOut, &suzuki.id).await.expect("it works").expect("done");
    let page = desk.get("/w/sakura/admin/tokens").await;
    let id = &page.text[page.text.find("act_").expect("an id")..][..30];
    desk.submit(&format!("/w/sakura/admin/tokens/{id}/end"), &[]).await.is(200);
}

/// Members come by a file and one by one, are invited, and are taken out as a file.
async fn people(server: &Server, desk: &mut crate::harness::Browser) {
    let job = desk.drafts(b"login,name,email\np1,x,p1@example.jp\np2,x,\np2,x,\n").await;
    desk.get(&job).await.is(200);
    desk.submit(&format!("{job}/start"), &[("rows", "good")]).await.is(200);
    server.works().await;
    desk.get(&format!("{job}/report")).await.is(200);
    desk.submit(&format!("{job}/invite"), &[]).await.is(200);
    server.works().await;
    let left = desk.drafts(b"login,name\np3,x\n").await;
    desk.submit(&format!("{left}/stop"), &[]).await.is(200);
    desk.get("/w/sakura/admin/jobs").await.is(200);
    let new = desk.post("/w/sakura/admin/members/new", &[("login", "p4"), ("name", "x")]).await;
    let page = new.leads_to().to_owned();
    let slip = desk.post(&format!("{page}/invite"), &[("to", "slip")]).await;
    desk.get(&page).await.is(200);
    let code = crate::desk::code(&slip.text);
    let mut phone = server.visitor();
    let link = phone.post("/invitation", &[("code", &code)]).await.leads_to().to_owned();
    phone.submit(&link, &[("password", NEW_PASSWORD)]).await.is(200);
    desk.submit(&format!("{page}/uninvite"), &[]).await.is(200);
    desk.post("/w/sakura/admin/members/export", &[]).await.is(200);
    jobs::work(&server.app).await.expect("the database works");
}

/// Somebody asks to be let in again, and the help desk finds out who it is.
async fn locked_out(server: &Server) {
    let yamada = server.member("yamane", &["090-4444-4444"]).await;
    let link = server.visitor_at("198.51.100.44").asks("yamane").await;
    server.visitor().get(&link).await.is(200);
    let (_, mut desk) = server.keeper("kuroda", Role::HelpDesk).await;
    let request = desk.first_request().await;
    desk.takes(&request).await;
    let call = desk.opens_call("yamane", Some(&request)).await;
    desk.submit(&format!("{call}/prompt"), &[]).await.is(200);
    desk.submit(&format!("{call}/number"), &[("number", "00")]).await.is(422);
    desk.submit(&format!("{call}/second"), &[]).await.is(200);
    let code = server.letters_for(&mut desk, &call, "sms", "+819044444444").await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(200);
    desk.get(&format!("/w/sakura/admin/members/{}", yamada.id)).await.is(200);
    desk.submit(&format!("{call}/end"), &[]).await.is(200);
    desk.submit(&format!("{request}/answer"), &[("answer", "入れるようになりました")]).await.is(200);
    desk.get("/w/sakura/admin/queue").await.is(200);
    let (_, mut other) = server.keeper("endo", Role::Administrator).await;
    other.get("/w/sakura/admin/calls").await.is(200);
    server.signed_in("yamane", "198.51.100.45").await.get("/w/sakura/me").await.is(200);
}

/// Members come in by a file, and their links are made anew.
async fn import(server: &Server) {
    let all = crate::imports::people(0..5);
    let found = import::look(&server.app, &server.workspace, &all).await.expect("the database works");
    assert!(found.taken.is_empty());
    let mut import = import::begin(&server.app, &server.workspace, &all).await.expect("the database works");
    let chunk = import.prepare(true).await.expect("it seals");
    let mut links: Vec<_> =
        chunk.links().map(|(member, path)| (member.login.clone(), path.to_owned().into())).collect();
    assert_eq!(import.put(&chunk).await.expect("the database works"), import::Put::Done);
    assert!(import.without_link(&mut links).await.expect("the database works").is_empty());
    let chunk = import.prepare_links(&[0, 1, 2]).await.expect("the database works");
    assert_eq!(import.put_links(&chunk).await.expect("the database works"), import::Put::Done);
}

#[tokio::test]
async fn no_statement_of_an_ordinary_day_reads_a_whole_table() {
    let server = Server::start().await;
    let now = server.app.now();
    server.app.db.close().await;
    let url = server.database().url.clone();
    load(&url, now).await;
    let before = whole_reads(&url).await;
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("statements.json");
    let played = Command::new(std::env::current_exe().expect("this program"))
        .args(["plans::the_process_that_plays", "--exact", "--nocapture"])
        .env(PLAY, serde_json::json!({ "url": url, "now": now.0, "out": out }).to_string())
        .output()
        .expect("it starts");
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    let said: Vec<String> = serde_json::from_str(&std::fs::read_to_string(&out).expect("written")).expect("JSON");
    assert!(said.len() > 60, "only {} statements were heard", said.len());
    if is_postgres() {
        let after = whole_reads(&url).await;
        let read: Vec<_> = after.iter().filter(|(table, reads)| before.get(*table) != Some(reads)).collect();
        assert!(read.is_empty(), "read whole: {read:?}");
    } else {
        let mut conn = SqliteConnection::connect(&url).await.expect("the file opens");
        let mut bad = Vec::new();
        for sql in said.iter().flat_map(|sql| sql.split("; ")).filter(|sql| is_planned(sql)) {
            for step in plan(&mut conn, sql).await {
                if reads_whole(&step, sql) {
                    bad.push(format!("{step}: {sql}"));
                }
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }
}

fn is_planned(sql: &str) -> bool {
    ["select", "insert", "update", "delete", "with"].iter().any(|word| sql.trim_start().starts_with(word))
}

async fn plan(conn: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(conn).await.expect("a plan");
    rows.into_iter().map(|row| row.3).collect()
}

/// `SCAN c USING INDEX …` reads a whole index, which is no better. Small tables are known by their name or the one that the
/// statement gives them; a subquery has the statement's own rows.
fn reads_whole(step: &str, sql: &str) -> bool {
    let Some(what) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { return false };
    // What the statement itself gathered first: that is judged by its own steps.
    if sql.contains(&format!("with {what} as materialized")) {
        return false;
    }
    let is_small = SMALL.iter().any(|table| *table == what || sql.contains(&format!(" {table} {what}")));
    let is_subquery = what.starts_with('(')
        || what == "CONSTANT"
        || step.ends_with("VALUES CLAUSE")
        || sql.contains(&format!(") {what}"));
    let is_index_of_few = ["outbox_waiting", "alerts_to_tell"].iter().any(|index| step.contains(index));
    !is_small && !is_subquery && !is_index_of_few
}

/// How often each large table was read whole since the database was made; only PostgreSQL counts that.
async fn whole_reads(url: &str) -> BTreeMap<String, i64> {
    if !is_postgres() {
        return BTreeMap::new();
    }
    let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
    let sql = "select relname::text, coalesce(seq_scan, 0) from pg_stat_user_tables";
    let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut conn).await.expect("the counts");
    rows.into_iter().filter(|(table, _)| LARGE.iter().any(|(large, _)| large == table)).collect()
}

/// Each statement is a way to the engine and back. Begin and commit come on top, two for each transaction.
#[tokio::test]
async fn what_people_wait_for_takes_few_statements() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let count = || server.app.db.statements();
    let mut phone = server.visitor();
    phone.get("/recover/mobile").await.is(200);
    let before = count();
    phone.post("/recover/mobile", &[("number", NUMBER)]).await.is(303);
    assert_eq!(count() - before, 5, "a code is asked for");
    let mut own = server.visitor_at("198.51.100.8");
    own.get("/w/sakura/sign-in").await.is(200);
    let before = count();
    own.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await.is(303);
    assert_eq!(count() - before, 6, "the page's workspace, and a sign-in");
    let before = count();
    own.get("/w/sakura/me/devices").await.is(200);
    assert_eq!(count() - before, 3, "who it is, the devices, and what is signed in there");
}

/// Whether a sweep is on is asked every few seconds, also while a workplace of thousands has just come in.
#[tokio::test]
async fn codes_typed_rightly_are_counted_without_reading_the_log() {
    let server = Server::start().await;
    let url = server.database().url.clone();
    let workspace = server.workspace.id.as_str();
    let lines = |from: usize, to: usize, action: &str| {
        format!(
            "insert into audit (id, workspace_id, actor, action, at)
            with recursive n (i) as (select {from} union all select i + 1 from n where i < {to})
            select 'aud_' || i, '{workspace}', 'operator', '{action}', 1 from n"
        )
    };
    raw::run(&url, &lines(10_001, 14_000, "member_added")).await;
    raw::run(&url, &lines(14_001, 14_003, "recovery_proved")).await;
    raw::run(&url, "analyze").await;
    let mut conn = server.app.db.read().await.expect("a reader");
    let from = AuditId("aud_".to_owned());
    assert_eq!(logs::proved(&mut conn, &server.workspace.id, &from).await.expect("the database works"), 3);
    let question = format!(
        "select count(*) from audit where workspace_id = '{workspace}' and id >= 'aud_' and action = 'recovery_proved'"
    );
    let plan = if is_postgres() {
        let mut conn = PgConnection::connect(&url).await.expect("PostgreSQL answers");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(format!("explain {question}"))).fetch_all(&mut conn).await.expect("a plan");
        rows.into_iter().map(|row| row.0).collect::<Vec<_>>().join("\n")
    } else {
        let mut conn = SqliteConnection::connect(&url).await.expect("the file opens");
        plan(&mut conn, &question).await.join("\n")
    };
    assert!(plan.contains("audit_by_action"), "{plan}");
}

#[test]
fn a_whole_read_is_told_from_a_search() {
    for step in ["SCAN m", "SCAN m USING COVERING INDEX members_in_order", "SCAN limits USING INDEX x"] {
        assert!(reads_whole(step, "select * from members m, workspaces w, (select 1 from limits) l"), "{step}");
    }
    for step in [
        "SEARCH m USING INDEX x (id=?)",
        "SCAN w",
        "SCAN CONSTANT ROW",
        "SCAN 3-ROW VALUES CLAUSE",
        "SCAN (subquery-1)",
        "SCAN l",
    ] {
        assert!(!reads_whole(step, "select * from members m, workspaces w, (select 1 from limits) l"), "{step}");
    }
}
