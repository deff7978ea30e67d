//! Long work that a program begins, counted before anything is changed, and the queue of those who cannot get in, answered by a program.

use aikagi::flows::members;
use aikagi::flows::standing::Step;
use aikagi::model::{Role, minutes, seconds};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{ALL, Program};
use super::{Answer, House};
use crate::harness::PASSWORD;
use crate::raw;

const MANY: &str = "/v1/desk/members/many";
const FILE: &str = "login,name,email,role\nito,伊藤 健,ken@example.net,\nkato,加藤 恵,,\nboss,上田 進,,help_desk\n";

impl Program {
    async fn sends(&self, house: &House, file: &str) -> Answer {
        let ask = house.ask(Method::POST, "/v1/desk/members/import").by(&self.token);
        ask.with("Content-Type", "text/csv").of(file.to_owned()).send().await
    }
}

fn job_of(draft: &Value) -> String {
    format!("/v1/desk/jobs/{}", draft["job"]["id"].as_str().unwrap_or_else(|| panic!("no job in {draft}")))
}

#[tokio::test]
async fn who_may_not_see_members_finds_none_and_an_empty_text_is_not_everybody() {
    let house = House::open().await;
    let (_, _, blind) = house.program("sato", Role::Owner, &["jobs", "members.stop"]).await;
    for whom in
        [json!({ "what": "resume", "which": "present" }), json!({ "what": "suspend", "typed": "090-1234-5678" })]
    {
        blind.post(&house, MANY, &whom).await.is(403, "scope-missing");
    }
    let (_, _, program) = house.program("ueda", Role::Owner, &["jobs", "members.stop", "members.read"]).await;
    for nothing in ["", " \u{3000} "] {
        let answer = program.post(&house, MANY, &json!({ "what": "suspend", "typed": nothing })).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
}

#[tokio::test]
async fn for_many_it_is_counted_first_and_done_by_a_word_of_its_own() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, &["jobs", "members.stop", "members.read"]).await;
    house.server.keeper("mori", Role::HelpDesk).await;
    house.server.invited("neu").await;
    let draft = program.post(&house, MANY, &json!({ "what": "suspend", "which": "present" })).await.ok();
    assert_eq!(draft.status, 201);
    let draft = draft.json();
    assert_eq!((&draft["job"]["kind"], &draft["job"]["state"]), (&json!("suspend"), &json!("draft")));
    // An owner's token reaches nobody who has a part in the desk.
    assert_eq!(draft["reasons"], json!({ "oneself": 1, "rank": 1, "standing": 1 }), "{draft}");
    assert_eq!((&draft["job"]["total"], &draft["job"]["failed"]), (&json!(5), &json!(3)));
    let told: Vec<_> = draft["troubles"].as_array().unwrap().iter().map(|it| it["typed"].as_str().unwrap()).collect();
    assert_eq!(told, ["mori", "neu", "sato"]);
    assert_eq!(house.finds(&program, "tanaka").await["state"], "active", "only counted");
    let listed = program.get(&house, "/v1/desk/jobs").await.ok().json();
    assert_eq!(listed["jobs"], json!([]), "a draft is nothing that was begun");

    let job = job_of(&draft);
    program.does(&house, &format!("{job}/sign-out")).await.is(404, "not-found");
    program.does(&house, &format!("{job}/suspend")).await.ok();
    program.does(&house, &format!("{job}/suspend")).await.is(409, "nothing-to-do");
    house.server.works().await;
    let whole = program.get(&house, &job).await.ok().json();
    let token = program.get(&house, "/v1/desk").await.ok().get("token");
    assert_eq!((&whole["job"]["state"], &whole["job"]["done"]), (&json!("done"), &json!(5)));
    assert_eq!(whole["job"]["token"], json!(token));
    for (login, state) in [("tanaka", "suspended"), ("suzuki", "suspended"), ("mori", "active"), ("neu", "invited")] {
        assert_eq!(house.finds(&program, login).await["state"], state, "{login}");
    }
    let dump = house.server.dump().await;
    let lines: Vec<_> = raw::rows(&dump, "audit").iter().filter(|row| row["action"] == "suspended").collect();
    assert!(lines.len() == 2 && lines.iter().all(|row| row["reference"] == token), "each names the token: {lines:?}");

    // Single ones, some of whom are not there; and back again.
    let tanaka = house.finds(&program, "tanaka").await["id"].clone();
    let some = json!({ "what": "resume", "members": [tanaka, "mem_00000000000000000000000000", "x"] });
    let draft = program.post(&house, MANY, &some).await.ok().json();
    assert_eq!(draft["reasons"], json!({ "gone": 2 }));
    program.does(&house, &format!("{}/suspend", job_of(&draft))).await.ok();
    house.server.works().await;
    house.session("tanaka").await;
}

#[tokio::test]
async fn nobody_is_meant_by_leaving_something_out_and_each_thing_takes_its_own_right() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, ALL).await;
    for (body, pointer) in [
        (json!({ "what": "suspend" }), "/members"),
        (json!({ "what": "suspend", "which": "everybody" }), "/which"),
        (json!({ "what": "suspend", "lastSignInBefore": "yesterday" }), "/lastSignInBefore"),
        (json!({ "what": "suspend", "lastSignInBefore": "2026-11-22", "which": "held" }), "/lastSignInBefore"),
        (json!({ "what": "suspend", "members": [], "which": "present" }), "/which"),
        (json!({ "what": "suspend", "members": [], "typed": "a" }), "/typed"),
        (json!({ "what": "suspend", "which": "present", "hours": 2 }), "/hours"),
        (json!({ "what": "force", "which": "present", "hours": 25 }), "/hours"),
        (json!({ "what": "delete", "which": "present" }), "/what"),
        (json!({ "what": "suspend", "members": "mem_x" }), "/members"),
        (json!({ "what": "suspend", "members": [1] }), "/members"),
        (json!({ "what": "suspend", "members": vec!["x"; 101] }), "/members"),
        (json!({ "which": "present" }), "/what"),
    ] {
        let refused = program.post(&house, MANY, &body).await.is(400, "malformed").json();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    program.post(&house, MANY, &json!({ "what": "suspend", "members": [] })).await.is(409, "nothing-to-do");
    let nobody = json!({ "what": "suspend", "typed": "zzz" });
    program.post(&house, MANY, &nobody).await.is(409, "nothing-to-do");

    // To prepare it is not enough to prepare.
    let (_, _, only) = house.program("mori", Role::Administrator, &["jobs", "members.stop"]).await;
    let force = json!({ "what": "force", "which": "present" });
    let refused = only.post(&house, MANY, &force).await.is(403, "scope-missing");
    assert_eq!(refused.get("scope"), "passwords.demand");
    let refused = only.sends(&house, FILE).await.is(403, "scope-missing");
    assert_eq!(refused.get("scope"), "members.write");
    // Nobody says go for what somebody else prepared; who prepared it does not without the right.
    let draft = program.post(&house, MANY, &json!({ "what": "suspend", "which": "present" })).await.ok().json();
    only.does(&house, &format!("{}/suspend", job_of(&draft))).await.is(409, "nothing-to-do");
    let session = house.session("sato").await;
    house.server.later(minutes(6));
    let go = format!("{}/suspend", job_of(&draft));
    house.ask(Method::POST, &go).by(&session).send().await.is(403, "prove-again");
    house.post("/v1/session/proof", &json!({ "password": PASSWORD })).by(&session).send().await.ok();
    house.ask(Method::POST, &go).by(&session).send().await.ok();
    house.server.works().await;
    let done = program.get(&house, &job_of(&draft)).await.ok().json();
    assert_eq!((&done["job"]["state"], &done["job"]["token"]), (&json!("done"), &Value::Null), "a person said go");
}

#[tokio::test]
async fn work_that_a_token_began_ends_with_the_token_or_by_a_word() {
    for way in ["ended", "expired", "stopped", "suspended"] {
        let house = House::open().await;
        let (sato, mut desk, program) = house.program("sato", Role::Administrator, ALL).await;
        let draft = program.post(&house, MANY, &json!({ "what": "sign_out", "which": "present" })).await.ok().json();
        let job = job_of(&draft);
        program.does(&house, &format!("{job}/sign-out")).await.ok();
        let token = program.get(&house, "/v1/desk").await.ok().get("token");
        let own = house.session("tanaka").await;
        match way {
            "ended" => drop(desk.submit(&format!("/w/sakura/admin/tokens/{token}/end"), &[]).await),
            "expired" => house.server.sql("update access_tokens set expires_at = 1").await,
            "stopped" => drop(program.does(&house, &format!("{job}/stop")).await.ok()),
            _ => {
                assert!(members::take_step(&house.server.app, &sato, Step::Suspend).await.expect("it works"));
            }
        }
        house.server.works().await;
        house.get("/v1/session").by(&own).send().await.ok();
        let dump = house.server.dump().await;
        let row = &raw::rows(&dump, "jobs")[0];
        let (state, cause) = if way == "stopped" { ("stopped", Value::Null) } else { ("failed", json!("right")) };
        assert_eq!((&row["state"], &row["cause"]), (&json!(state), &cause), "{way}");
        assert!(raw::rows(&dump, "job_pieces").iter().all(|row| row["input"].is_null()), "{way}: nothing is kept");
    }
}

#[tokio::test]
async fn a_file_is_looked_through_added_and_those_in_it_are_invited() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, &["jobs", "members.write", "members.read"]).await;
    let draft = program.sends(&house, FILE).await.ok().json();
    assert_eq!((&draft["job"]["total"], &draft["job"]["failed"]), (&json!(3), &json!(1)));
    let trouble = &draft["troubles"][0];
    assert_eq!((&trouble["line"], &trouble["code"]), (&json!(4), &json!("role_too_high")), "no token gives a role");
    let job = job_of(&draft);
    program.post(&house, &format!("{job}/add"), &json!({})).await.is(409, "nothing-to-do");
    program.post(&house, &format!("{job}/add"), &json!({ "onlyGood": true })).await.ok();
    program.does(&house, &format!("{job}/invite")).await.is(409, "nothing-to-do");
    house.server.works().await;
    let added = program.get(&house, "/v1/desk/members?which=invited").await.ok().json();
    let logins: Vec<_> = added["members"].as_array().unwrap().iter().map(|it| it["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["ito", "kato"]);
    let invite = program.does(&house, &format!("{job}/invite")).await.ok().json();
    assert_eq!((&invite["job"]["kind"], &invite["job"]["total"]), (&json!("invite"), &json!(2)));
    assert!(house.letter("ken@example.net").await.is_none(), "nothing is sent yet");
    let invite = job_of(&invite);
    program.post(&house, &format!("{invite}/add"), &json!({})).await.ok();
    house.server.works().await;
    assert_eq!(house.letter("ken@example.net").await.expect("an invitation").purpose, "invitation");
    let done = program.get(&house, &invite).await.ok().json();
    assert_eq!((&done["job"]["failed"], &done["troubles"][0]["code"]), (&json!(1), &json!("no_contact")));

    for (file, code) in [
        ("", "column_missing"),
        ("login,name\n", "empty"),
        ("login,name,shoe\na,b,c\n", "columns_unknown"),
        ("login,login,name\na,a,b\n", "column_twice"),
        ("name\nb\n", "column_missing"),
    ] {
        let refused = program.sends(&house, file).await.is(422, "invalid-fields").json();
        assert_eq!(refused["errors"][0]["code"], code, "{file:?}");
    }
    let huge = "x".repeat(16 * 1024 * 1024 + 1);
    program.sends(&house, &huge).await.is(413, "too-large");
    program.post(&house, "/v1/desk/members/import", &json!({})).await.is(415, "media-type");
    // By pages, the newest first.
    let first = program.get(&house, "/v1/desk/jobs?limit=1").await.ok().json();
    assert_eq!(first["jobs"][0]["kind"], "invite");
    let next = first["next"].as_str().expect("more");
    let second = program.get(&house, &format!("/v1/desk/jobs?limit=1&cursor={next}")).await.ok().json();
    assert_eq!((&second["jobs"][0]["kind"], &second["next"]), (&json!("import"), &Value::Null));
}

#[tokio::test]
async fn a_program_answers_those_who_cannot_get_in() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, &["requests.answer"]).await;
    let mut lost = house.server.visitor();
    let mut links = Vec::new();
    for _ in 0..3 {
        links.push(lost.asks("tanaka").await);
        house.server.later(seconds(1));
    }
    let queue = "/v1/desk/locked-out";
    let page = program.get(&house, &format!("{queue}?limit=2")).await.ok().json();
    let ids = |page: &Value| -> Vec<String> {
        let all = page["requests"].as_array().unwrap();
        all.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let next = page["next"].as_str().expect("a third").to_owned();
    let rest = program.get(&house, &format!("{queue}?cursor={next}")).await.ok().json();
    let all = [ids(&page), ids(&rest)].concat();
    assert!(all.len() == 3 && all.is_sorted() && rest["next"].is_null(), "oldest first: {all:?}");
    let one = format!("{queue}/{}", all[0]);
    let request = program.get(&house, &one).await.ok().json();
    assert_eq!((&request["login"], &request["cause"]), (&json!("tanaka"), &json!("phone_lost")));
    assert_eq!(
        (&request["state"], &request["canTake"], &request["proved"]),
        (&json!("waiting"), &json!(true), &json!(false))
    );

    let answer = |text: &str| json!({ "answer": text });
    program.post(&house, &format!("{one}/answer"), &answer("x")).await.is(409, "nothing-to-do");
    program.does(&house, &format!("{one}/take")).await.ok();
    for (text, code) in [(" ", "empty"), ("a\u{7}", "control_character")] {
        let refused = program.post(&house, &format!("{one}/answer"), &answer(text)).await.is(422, "invalid-fields");
        assert_eq!(refused.json()["errors"][0]["code"], code);
    }
    program.post(&house, &format!("{one}/answer"), &answer(&"長".repeat(1_001))).await.is(400, "malformed");
    program.post(&house, &format!("{one}/answer"), &answer("受付までお越しください。")).await.ok();
    lost.get(&links[0]).await.says("受付までお越しください。");
    let other = format!("{queue}/{}", all[1]);
    program.does(&house, &format!("{other}/close")).await.is(409, "nothing-to-do");
    program.does(&house, &format!("{other}/take")).await.ok();
    program.does(&house, &format!("{other}/close")).await.ok();
    let over = program.get(&house, &format!("{queue}?which=over&limit=1")).await.ok().json();
    assert_eq!(over["requests"][0]["state"], "closed", "newest first");
    let next = over["next"].as_str().expect("one more");
    let over = program.get(&house, &format!("{queue}?limit=1&cursor={next}")).await.ok().json();
    assert_eq!((&over["requests"][0]["state"], &over["next"]), (&json!("answered"), &Value::Null));
    for query in ["which=all", "limit=0", "limit=201", "cursor=x", &format!("cursor={next}&which=open")] {
        program.get(&house, &format!("{queue}?{query}")).await.is(400, "query");
    }
    let token = program.get(&house, "/v1/desk").await.ok().get("token");
    let dump = house.server.dump().await;
    for (word, times) in [("request_taken", 2), ("request_answered", 1), ("request_closed", 1)] {
        let done = raw::rows(&dump, "audit").iter().filter(|row| row["action"] == word && row["reference"] == token);
        assert_eq!(done.count(), times, "{word}");
    }
    // Another workspace's is not there, and a session of the help desk does the same without a token.
    let momiji = house.server.workspace("momiji", "もみじ運送").await;
    let theirs = house.away(&momiji).await;
    let third = format!("{queue}/{}", all[2]);
    house.get(&third).by(&theirs).send().await.is(404, "not-found");
    house.ask(Method::POST, &format!("{third}/take")).by(&theirs).send().await.is(404, "not-found");
    house.server.keeper("mori", Role::HelpDesk).await;
    let session = house.session("mori").await;
    house.ask(Method::POST, &format!("{third}/take")).by(&session).send().await.ok();
    program.does(&house, &format!("{third}/close")).await.is(409, "nothing-to-do");
}
