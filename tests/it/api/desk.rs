//! What a program does at the administrators' desk, in its maker's name: finds, adds, mends, stops, and is told why not.

use aikagi::model::{Role, seconds};
use aikagi::store::members::Member;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, House};
use crate::harness::{Browser, PASSWORD};
use crate::raw;

/// Every scope that there is.
pub const ALL: &[&str] = &[
    "members.read",
    "members.write",
    "members.stop",
    "members.delete",
    "contacts.write",
    "passwords.demand",
    "logs.read",
    "logs.export",
    "policy.read",
    "policy.write",
    "jobs",
    "requests.answer",
];

/// A program with its token.
#[derive(Clone)]
pub struct Program {
    pub token: String,
}

impl Program {
    pub async fn get(&self, house: &House, path: &str) -> Answer {
        house.get(path).by(&self.token).send().await
    }
    pub async fn post(&self, house: &House, path: &str, body: &Value) -> Answer {
        house.post(path, body).by(&self.token).send().await
    }
    /// A POST without a body.
    pub async fn does(&self, house: &House, path: &str) -> Answer {
        house.ask(Method::POST, path).by(&self.token).send().await
    }
    pub async fn delete(&self, house: &House, path: &str) -> Answer {
        house.delete(path).by(&self.token).send().await
    }
}

impl House {
    /// Somebody of this role, the browser at their desk, and a program with a token of theirs.
    pub async fn program(&self, login: &str, role: Role, scopes: &[&str]) -> (Member, Browser, Program) {
        let (member, mut desk) = self.server.keeper(login, role).await;
        let token = desk.makes_token("人事システム", scopes).await;
        (member, desk, Program { token })
    }

    /// The member with this ID, as the desk has them.
    pub async fn finds(&self, program: &Program, login: &str) -> Value {
        let found = program.post(self, "/v1/desk/members/search", &json!({ "typed": login })).await.ok().json();
        let all = found["members"].as_array().expect("a list").clone();
        all.into_iter().find(|it| it["login"] == login).unwrap_or_else(|| panic!("no {login} in {found}"))
    }

    /// The path of what is done to the member with this ID.
    pub async fn of(&self, program: &Program, login: &str) -> String {
        format!("/v1/desk/members/{}", self.finds(program, login).await["id"].as_str().expect("an id"))
    }
}

#[tokio::test]
async fn a_program_finds_members_and_suspends_one() {
    let house = House::open().await;
    let (sato, _, program) = house.program("sato", Role::Administrator, &["members.read", "members.stop"]).await;
    let seat = program.get(&house, "/v1/desk").await.ok().json();
    assert_eq!((seat["login"].as_str(), seat["role"].as_str()), (Some("sato"), Some("administrator")));
    assert_eq!(seat["scopes"], json!(["members.read", "members.stop"]));
    assert_eq!(seat["endsAt"], "2026-12-21T21:00:00.000Z");

    let list = program.get(&house, "/v1/desk/members").await.ok().json();
    let logins: Vec<_> = list["members"].as_array().unwrap().iter().map(|it| it["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["sato", "suzuki", "tanaka"]);
    let tanaka = house.finds(&program, "tanaka").await;
    assert_eq!((tanaka["state"].as_str(), tanaka["held"].as_bool()), (Some("active"), Some(false)));
    let own = house.session("tanaka").await;
    let path = house.of(&program, "tanaka").await;
    let one = program.get(&house, &path).await.ok();
    assert!(!one.text.contains("1234-5678") && one.text.contains("5678"), "masked: {}", one.text);
    assert_eq!(one.json()["sessions"].as_array().unwrap().len(), 1);

    assert_eq!(program.does(&house, &format!("{path}/suspend")).await.ok().status, 204);
    house.get("/v1/session").by(&own).send().await.is(401, "not-signed-in");
    program.does(&house, &format!("{path}/suspend")).await.is(409, "nothing-to-do");
    let dump = house.server.dump().await;
    let line = raw::rows(&dump, "audit").iter().find(|row| row["action"] == "suspended").expect("a line");
    assert_eq!((line["actor"].as_str(), line["reference"].as_str()), (Some(sato.id.as_str()), seat["token"].as_str()));
    program.does(&house, &format!("{path}/resume")).await.ok();
    house.session("tanaka").await;
}

#[tokio::test]
async fn a_page_follows_the_other_and_a_cursor_is_good_for_its_own_list_alone() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, ALL).await;
    for nth in 0..25 {
        house.server.invited(&format!("neu{nth:02}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/desk/members?which=invited&limit=10".to_owned();
    loop {
        let page = program.get(&house, &path).await.ok().json();
        let logins = page["members"].as_array().unwrap().iter().map(|it| it["login"].as_str().unwrap().to_owned());
        seen.extend(logins);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/desk/members?limit=10&cursor={next}");
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.windows(2).all(|two| two[0] < two[1]));
    // A search goes on by the same cursor, and no address tells what was looked for.
    let search = json!({ "typed": "田中", "which": "invited", "limit": 20 });
    let first = program.post(&house, "/v1/desk/members/search", &search).await.ok().json();
    assert_eq!(first["members"].as_array().unwrap().len(), 20);
    let next = first["next"].as_str().expect("more").to_owned();
    let second = program.get(&house, &format!("/v1/desk/members?cursor={next}")).await.ok().json();
    assert_eq!((second["members"].as_array().unwrap().len(), &second["next"]), (5, &Value::Null));
    for query in [
        "which=everybody",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=",
        "cursor=s1.x.y",
        &format!("cursor={next}&which=held"),
        &format!("cursor={}x", &next[..next.len() - 1]),
        "which=held&which=active",
        "q=tanaka",
        "which=%00",
    ] {
        program.get(&house, &format!("/v1/desk/members?{query}")).await.is(400, "query");
    }
    program.get(&house, &format!("/v1/desk/audit?cursor={next}")).await.is(400, "query");
    // Of those who have a password only the keeper has ever signed in.
    let away = "/v1/desk/members?lastSignInBefore=2026-11-21&limit=1";
    let first = program.get(&house, away).await.ok().json();
    let next = first["next"].as_str().expect("another").to_owned();
    let second = program.get(&house, &format!("/v1/desk/members?cursor={next}")).await.ok().json();
    let login = |page: &Value| page["members"][0]["login"].as_str().unwrap().to_owned();
    assert_eq!((login(&first), login(&second), &second["next"]), ("suzuki".into(), "tanaka".into(), &Value::Null));
    let search = json!({ "typed": "sa", "lastSignInBefore": "2026-11-22" });
    let found = program.post(&house, "/v1/desk/members/search", &search).await.ok().json();
    assert_eq!(login(&found), "sato");
    for query in ["lastSignInBefore=yesterday", "lastSignInBefore=2026-11-22&which=held", "lastSignInBefore="] {
        program.get(&house, &format!("/v1/desk/members?{query}")).await.is(400, "query");
    }
    let momiji = house.server.workspace("momiji", "もみじ運送").await;
    let (path, theirs) = (format!("/v1/desk/members?cursor={next}"), house.away(&momiji).await);
    house.get(&path).by(&theirs).send().await.is(400, "query");
}

impl House {
    /// The session of another workspace's owner.
    pub async fn away(&self, workspace: &aikagi::store::workspaces::Workspace) -> String {
        let theirs = self.server.member_of(workspace, "theirs", &[]).await;
        self.server.sql(&format!("update members set role = 'owner' where id = '{}'", theirs.id)).await;
        self.sign_in(&format!("theirs@{}", workspace.slug), PASSWORD).await.ok().get("session")
    }
}

#[tokio::test]
async fn somebody_is_added_and_invited_and_nothing_else_of_them_can_be_set() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, &["members.write", "members.read"]).await;
    let new = json!({ "login": "ito", "name": "伊藤 健", "email": "ken@example.net", "mobile": "080-2222-3333" });
    for (extra, value) in [
        ("state", json!("active")),
        ("workspace", json!("momiji")),
        ("workspace_id", json!("wsp_x")),
        ("verified", json!(true)),
        ("id", json!("mem_x")),
        ("password", json!("x")),
        ("epoch", json!(5)),
    ] {
        let mut with = new.clone();
        with[extra] = value;
        let refused = program.post(&house, "/v1/desk/members", &with).await.is(400, "malformed");
        assert_eq!(refused.json()["errors"][0]["code"], "unknown", "{extra}");
    }
    for role in ["owner", "administrator", "help_desk"] {
        let mut with = new.clone();
        with["role"] = json!(role);
        let refused = program.post(&house, "/v1/desk/members", &with).await.is(422, "invalid-fields");
        assert_eq!(refused.json()["errors"][0]["code"], "role_too_high", "{role}");
    }
    let bad = json!({ "login": "090-1111-2222", "name": "", "mobile": "03-1234-5678", "email": "x" });
    let refused = program.post(&house, "/v1/desk/members", &bad).await.is(422, "invalid-fields").json();
    let told: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|it| it["pointer"].as_str().unwrap()).collect();
    assert_eq!(told, ["/login", "/name", "/mobile", "/email"]);
    let id = program.post(&house, "/v1/desk/members", &new).await.ok().get("id");
    let taken = program.post(&house, "/v1/desk/members", &new).await.is(422, "invalid-fields");
    assert_eq!(taken.json()["errors"][0]["code"], "taken");

    let path = format!("/v1/desk/members/{id}");
    let one = program.get(&house, &path).await.ok().json();
    assert_eq!((one["member"]["state"].as_str(), one["member"]["role"].as_str()), (Some("invited"), Some("member")));
    let email = one["contacts"].as_array().unwrap().iter().find(|it| it["kind"] == "email").unwrap()["id"].clone();
    let invite = format!("{path}/invitation");
    let answer = program.post(&house, &invite, &json!({ "contact": email })).await.ok();
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""), "the code goes to the contact alone");
    let letter = house.letter("ken@example.net").await.expect("an invitation");
    assert_eq!(letter.purpose, "invitation");
    program.delete(&house, &invite).await.ok();
    program.delete(&house, &invite).await.is(409, "nothing-to-do");
    program.post(&house, &invite, &json!({})).await.ok();
    let foreign = json!({ "contact": "con_00000000000000000000000000" });
    program.post(&house, &invite, &foreign).await.is(404, "not-found");
    let tanaka = house.of(&program, "tanaka").await;
    program.post(&house, &format!("{tanaka}/invitation"), &json!({})).await.is(409, "nothing-to-do");
}

#[tokio::test]
async fn of_two_who_edit_at_once_the_second_is_told() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, &["members.write", "members.read"]).await;
    let path = house.of(&program, "tanaka").await;
    let version = program.get(&house, &path).await.ok().get("version");
    let edit = |name: &str, version: &str| json!({ "version": version, "login": "tanaka", "name": name, "kana": "", "department": "総務部", "locale": "ja" });
    let profile = format!("{path}/profile");
    house.server.later(seconds(1));
    let (one, other) = (edit("田中 一", &version), edit("田中 二", &version));
    let (first, second) = tokio::join!(program.post(&house, &profile, &one), program.post(&house, &profile, &other));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    let late = if first.status == 409 { first } else { second };
    late.is(409, "changed-meanwhile");
    program.post(&house, &profile, &edit("田中 三", "rubbish")).await.is(409, "changed-meanwhile");
    let version = program.get(&house, &path).await.ok().get("version");
    let bad = edit(&"あ".repeat(101), &version);
    program.post(&house, &profile, &bad).await.is(422, "invalid-fields");
    let mut more = edit("田中 四", &version);
    more["role"] = json!("owner");
    program.post(&house, &profile, &more).await.is(400, "malformed");
    let mut taken = edit("田中 五", &version);
    taken["login"] = json!("suzuki");
    let taken = program.post(&house, &profile, &taken).await.is(422, "invalid-fields");
    assert_eq!(taken.json()["errors"][0]["code"], "taken");
    house.server.later(seconds(1));
    program.post(&house, &profile, &edit("田中 六", &version)).await.ok();
    assert_eq!(house.finds(&program, "tanaka").await["name"], "田中 六");
}

#[tokio::test]
async fn contacts_are_mended_by_the_rules_of_the_desk() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, &["contacts.write", "members.read"]).await;
    let path = house.of(&program, "tanaka").await;
    let add = json!({ "kind": "email", "address": "neu@example.org" });
    let added = program.post(&house, &format!("{path}/contacts"), &add).await.ok();
    assert_eq!(added.get("countsFrom"), "2026-11-22T21:00:00.000Z", "a day to object");
    let told = house.letter("hanako@example.net").await.expect("a notice");
    assert_eq!(told.purpose, "contact_mended");
    program.post(&house, &format!("{path}/contacts"), &add).await.is(409, "contact-taken");
    for body in [
        json!({ "kind": "email", "address": "neu@example.org", "counts": "warrant" }),
        json!({ "kind": "email", "address": "neu2@example.org", "state": "verified" }),
        json!({ "kind": "fax", "address": "03-1234-5678" }),
    ] {
        program.post(&house, &format!("{path}/contacts"), &body).await.is(400, "malformed");
    }
    let contacts = program.get(&house, &path).await.ok().json()["contacts"].clone();
    let id = |masked: &str| {
        let all = contacts.as_array().unwrap();
        let one = all.iter().find(|it| it["masked"].as_str().unwrap().contains(masked));
        one.unwrap_or_else(|| panic!("no {masked} in {contacts}"))["id"].as_str().unwrap().to_owned()
    };
    let mobile = format!("{path}/contacts/{}", id("5678"));
    let other = json!({ "kind": "sms", "address": "090-9999-0000" });
    program.post(&house, &mobile, &other).await.ok();
    program.post(&house, &mobile, &other).await.is(404, "not-found");
    let suzuki = house.of(&program, "suzuki").await;
    let theirs = mobile.replace(&path, &suzuki);
    program.delete(&house, &theirs).await.is(404, "not-found");
    let email = format!("{path}/contacts/{}", id("example.net"));
    program.delete(&house, &email).await.ok();
    program.delete(&house, &email).await.is(404, "not-found");
}

#[tokio::test]
async fn a_new_password_is_demanded_and_nobody_sees_it() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, &["passwords.demand", "members.read"]).await;
    let path = house.of(&program, "tanaka").await;
    program.does(&house, &format!("{path}/request-password")).await.ok();
    program.does(&house, &format!("{path}/request-password")).await.is(409, "nothing-to-do");
    let force = format!("{path}/force-password");
    for hours in [0, 25, -1] {
        program.post(&house, &force, &json!({ "hours": hours })).await.is(400, "malformed");
    }
    let foreign = json!({ "contact": "con_00000000000000000000000000" });
    program.post(&house, &force, &foreign).await.is(409, "no-contact");
    let forced = program.post(&house, &force, &json!({ "hours": 2 })).await.ok();
    assert_eq!(forced.get("expiresAt"), "2026-11-21T23:00:00.000Z");
    let to = if forced.get("kind") == "sms" { "+819012345678" } else { "hanako@example.net" };
    let secret = crate::forced::secret_for(&house.server, to).await;
    assert!(!forced.text.contains(&secret) && !forced.text.contains("1234-5678"));
    house.sign_in("tanaka@sakura", PASSWORD).await.is(403, "change-demanded");
}

#[tokio::test]
async fn the_policy_is_read_tried_out_and_made_stricter() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, &["policy.read", "policy.write"]).await;
    let policy = program.get(&house, "/v1/desk/policy").await.ok().json();
    assert_eq!((&policy["passwordMinLength"], &policy["passwordBlocklist"]), (&json!(15), &json!(true)));
    assert_eq!(policy["passwordExpiryDays"], Value::Null);
    let version = policy["version"].as_str().unwrap().to_owned();
    let with = |name: &str, value: Value| json!({ "version": version, name: value });
    let review = async |body: Value| program.post(&house, "/v1/desk/policy/review", &body).await;
    let found = review(with("sessionMemberIdleMin", json!(30))).await.ok().json();
    assert_eq!((&found["changes"], &found["forOwners"]), (&json!(["sessionMemberIdleMin"]), &json!([])));
    // An owner's token is no owner.
    let laxer = with("passwordMinLength", json!(8));
    assert_eq!(review(laxer.clone()).await.ok().json()["forOwners"], json!(["passwordMinLength"]));
    let refused = program.post(&house, "/v1/desk/policy", &laxer).await.is(403, "for-owners");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/passwordMinLength");
    for (name, value, status, problem) in [
        ("passwordMinLength", json!(3), 422, "invalid-fields"),
        ("passwordMinLength", json!(4_294_967_296_i64), 422, "invalid-fields"),
        ("passwordExpiryDays", json!(45), 422, "invalid-fields"),
        ("passwordMinLength", json!(-1), 400, "malformed"),
        ("passwordMinLength", json!("20"), 400, "malformed"),
        ("passwordMinLength", Value::Null, 400, "malformed"),
        ("passwordBlocklist", json!(0), 400, "malformed"),
        ("password.min_length", json!(20), 400, "malformed"),
        ("networks", json!([]), 400, "malformed"),
    ] {
        program.post(&house, "/v1/desk/policy", &with(name, value)).await.is(status, problem);
    }
    program.post(&house, "/v1/desk/policy", &with("passwordMinLength", json!(20))).await.ok();
    program.post(&house, "/v1/desk/policy", &with("passwordMinLength", json!(24))).await.is(409, "changed-meanwhile");
    let policy = program.get(&house, "/v1/desk/policy").await.ok().json();
    assert_eq!(policy["passwordMinLength"], 20);
    let dump = house.server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "policy_changed"), 1);
}

#[tokio::test]
async fn what_is_deleted_comes_back_and_what_is_held_is_released() {
    let house = House::open().await;
    let scopes = ["members.read", "members.stop", "members.delete"];
    let (_, _, program) = house.program("sato", Role::Administrator, &scopes).await;
    let path = house.of(&program, "tanaka").await;
    let own = house.session("tanaka").await;
    let session = program.get(&house, &path).await.ok().json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    program.delete(&house, &format!("{path}/sessions/{session}")).await.ok();
    house.get("/v1/session").by(&own).send().await.is(401, "not-signed-in");
    let own = house.session("tanaka").await;
    program.does(&house, &format!("{path}/sign-out")).await.ok();
    house.get("/v1/session").by(&own).send().await.is(401, "not-signed-in");
    program.does(&house, &format!("{path}/hold")).await.ok();
    house.sign_in("tanaka@sakura", PASSWORD).await.is(403, "account-held");
    program.does(&house, &format!("{path}/release")).await.ok();
    program.does(&house, &format!("{path}/delete")).await.ok();
    let deleted = program.get(&house, "/v1/desk/members?which=deleted").await.ok().json();
    assert_eq!(deleted["members"][0]["login"], "tanaka");
    program.does(&house, &format!("{path}/bring-back")).await.ok();
    house.session("tanaka").await;
}
