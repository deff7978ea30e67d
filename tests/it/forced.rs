//! 強制変更 and 変更を要請: what an administrator demands, how the member gets back in, and everything that a thief of the old password, of a
//! secret or of a contact could try meanwhile.

use aikagi::flows::desk::forced_change::{self, By, Lifetime, Outcome, Refused, Sent};
use aikagi::flows::desk::{Denied, Seat};
use aikagi::flows::session::{self, Signed};
use aikagi::flows::standing::Step;
use aikagi::flows::{Visitor, housekeeping, members};
use aikagi::model::{Action, Locale, Policy, Role, Secret, hours, minutes};
use aikagi::store::members::Member;
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::json;

use crate::api::House;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server, address};
use crate::races::{all_at_once, visitor};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const EMAIL: &str = "ichiro@example.jp";
const DEMANDED: &str = "新しいパスワードが必要です";
const WRONG: &str = "IDかパスワードが合っていません";
const SET: &str = "新しいパスワードを決めました";

/// The operator demands it.
pub async fn force(server: &Server, member: &Member) -> Outcome<Sent> {
    force_for(server, member, 1).await
}

async fn force_for(server: &Server, member: &Member, hours: i64) -> Outcome<Sent> {
    let lifetime = Lifetime::of_hours(hours).expect("1 to 24");
    let by = By::Operator(&member.workspace_id);
    forced_change::force(&server.app, by, &member.id, None, lifetime).await.expect("the database works")
}

/// `CDF-234-HJK-567-LMN-89P`, if it stands there.
pub fn secret_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.into_iter().find(|word| word.len() == 23 && word.matches('-').count() == 5).map(str::to_owned)
}

/// The newest secret that came there.
pub async fn secret_for(server: &Server, to: &str) -> String {
    let letters = server.received(to).await;
    let letter = letters.iter().rev().find(|letter| letter.purpose == "forced_change");
    secret_in(&letter.unwrap_or_else(|| panic!("no secret came to {to}")).text).expect("a secret")
}

/// Somebody with this role who has been there for a month.
pub async fn colleague(server: &Server, login: &str, role: Role, contacts: &[&str]) -> Member {
    let (member, _) = server.invited_to(&server.workspace.clone(), login, role).await;
    let contacts: Vec<_> = contacts.iter().map(|typed| address(typed)).collect();
    let (since, password) = (server.app.now() - hours(720), Secret::from(PASSWORD));
    members::settle(&server.app, &server.workspace, &member, Some(&password), &contacts, since)
        .await
        .expect("it works");
    server.reload(&member).await
}

/// The session of somebody signed in, as pages get it.
pub async fn signed(server: &Server, login: &str) -> (Signed, Visitor) {
    let browser = server.signed_in(login, "198.51.100.50").await;
    let token = Secret::from(browser.cookies["aikagi_s_sakura"].as_str());
    let now = server.app.now();
    let signed = session::authenticate(&server.app, &token, &visitor(now)).await.expect("it works");
    (signed.expect("signed in"), visitor(now))
}

async fn tanaka(server: &Server) -> Member {
    server.member("tanaka", &[NUMBER, EMAIL]).await
}

/// Types the ID and this text on the workplace's page and answers what comes at once, without going on.
async fn types(browser: &mut Browser, text: &str) -> Page {
    browser.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", text)]).await
}

/// The path that the right secret leads to.
#[track_caller]
fn link(page: &Page) -> String {
    let path = page.leads_to();
    assert!(path.starts_with("/set-password/akl_"), "{path}");
    path.to_owned()
}

async fn opens_nothing(server: &Server, text: &str) {
    // Each text from a network of its own, so that no delay stands before it.
    let network = text.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    let mut browser = server.visitor_at(&format!("192.0.2.{network}"));
    types(&mut browser, text).await.is(422).says(WRONG);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_forced_change_from_the_message_to_the_new_password() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let sent = force(&server, &member).await.expect("it is demanded");
    assert!(!own.is_signed_in().await, "every session is over");

    // The one confirmed last gets the secret, the other hears of it and can object.
    let secret = secret_for(&server, EMAIL).await;
    assert_eq!(sent.expires_at, server.app.now() + hours(1));
    assert!(sent.masked.ends_with("@example.jp"), "{}", sent.masked);
    let told = server.received(TANAKA).await;
    assert!(told.iter().all(|letter| secret_in(&letter.text).is_none()));
    assert!(told.iter().any(|letter| letter.purpose == "change_forced" && letter.text.contains("自分ではない")));

    // The old password says plainly what to do, and nothing to who has not got it.
    let mut phone = server.visitor();
    types(&mut phone, PASSWORD).await.is(403).says(DEMANDED).says("仮パスワード").says("/w/sakura/recover");
    types(&mut phone, "wrong").await.is(422).says(WRONG).does_not_say(DEMANDED);
    assert!(!phone.is_signed_in().await);

    let path = link(&types(&mut phone, &secret).await);
    assert!(!phone.cookies.contains_key("aikagi_s_sakura"), "no session is given");
    phone.get(&path).await.is(200).says("変更を求めています").says("tanaka@sakura");
    phone.submit(&path, &[("password", PASSWORD)]).await.is(422);
    phone.submit(&path, &[("password", NEW_PASSWORD)]).await.says(SET).says("value=\"tanaka@sakura\"");
    assert!(!phone.is_signed_in().await);
    opens_nothing(&server, PASSWORD).await;
    opens_nothing(&server, &secret).await;
    phone.get(&path).await.is(410);
    // Who got in by a contact is guarded as after a recovery.
    types(&mut phone, NEW_PASSWORD).await.is(303);
    phone.open("/w/sakura").await.is(200);
    assert!(server.reload(&member).await.checkup_since.is_some());

    let dump = server.dump().await;
    for action in ["change_forced", "forced_secret_taken", "forced_change_done"] {
        assert_eq!(raw::count(&dump, "audit", "action", action), 1, "{action}");
    }
    let mut lines = raw::rows(&dump, "audit").iter();
    assert!(lines.any(|row| row["action"] == "change_forced" && row["actor"] == "operator"));
    for result in ["change_demanded", "secret_taken", "done"] {
        assert!(raw::count(&dump, "sign_ins", "result", result) >= 1, "{result}");
    }
    assert_eq!(raw::count(&dump, "outbox", "purpose", "password_changed"), 2);
}

#[tokio::test]
async fn a_secret_is_understood_however_it_is_typed() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    let wide: String = secret.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("a letter")).collect();
    for typed in
        [secret.to_lowercase(), wide, secret.replace('-', " "), secret.replace('-', "ー"), secret.replace('-', "")]
    {
        link(&types(&mut server.visitor(), &typed).await);
    }
    let mut other = secret.clone();
    other.replace_range(0..1, if secret.starts_with('C') { "D" } else { "C" });
    opens_nothing(&server, &other).await;
    opens_nothing(&server, &secret[..20]).await;
}

#[tokio::test]
async fn typed_twice_only_the_newest_link_sets_a_password_and_only_once() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    let (mut first, mut second) = (server.visitor(), server.visitor_at("203.0.113.66"));
    let one = link(&types(&mut first, &secret).await);
    let two = link(&types(&mut second, &secret).await);
    first.get(&one).await.is(410);
    first.submit(&one, &[("password", "ぬすっとの長い合言葉をここに書く夜")]).await.is(410);
    second.submit(&two, &[("password", NEW_PASSWORD)]).await.says(SET);
    second.submit(&two, &[("password", "ぬすっとの長い合言葉をここに書く夜")]).await.is(410);
    opens_nothing(&server, &secret).await;
    server.visitor().signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_browsers_at_once_set_one_password() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    let browsers: Vec<_> = (1..=20).map(|n| server.visitor_at(&format!("203.0.113.{n}"))).collect();
    let typed = all_at_once(browsers, "/w/sakura/sign-in", &[("login", "tanaka"), ("password", &secret)]).await;
    let links: Vec<_> = typed.iter().filter(|(_, page)| page.status == StatusCode::SEE_OTHER).collect();
    assert!(!links.is_empty());
    let mut alive = Vec::new();
    for (browser, page) in &links {
        let path = link(page);
        if browser.clone().get(&path).await.status == StatusCode::OK {
            alive.push((browser.clone(), path));
        }
    }
    assert_eq!(alive.len(), 1, "one link lives");
    let (browser, path) = alive.remove(0);
    let answers = all_at_once(vec![browser; 20], &path, &[("password", NEW_PASSWORD)]).await;
    assert_eq!(answers.iter().filter(|(_, page)| page.status == StatusCode::SEE_OTHER).count(), 1);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "forced_change_done"), 1);
    assert_eq!(raw::rows(&dump, "password_history").len(), 1);
}

#[tokio::test]
async fn anothers_secret_opens_nothing() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    let sato = server.member("sato", &["sato@example.jp"]).await;
    let ume = server.workspace("ume", "うめ商店").await;
    let foreign = server.member_of(&ume, "tanaka", &["ume@example.jp"]).await;
    for member in [&member, &sato, &foreign] {
        force(&server, member).await.expect("it is demanded");
    }
    for to in ["sato@example.jp", "ume@example.jp"] {
        opens_nothing(&server, &secret_for(&server, to).await).await;
    }
    // Of somebody of whom nothing is demanded, or who is not there, a secret is a password like any other.
    server.member("mori", &["mori@example.jp"]).await;
    let secret = secret_for(&server, EMAIL).await;
    for login in ["mori", "nobody"] {
        server.visitor().signs_in(login, &secret).await.is(422).says(WRONG);
    }
    link(&types(&mut server.visitor(), &secret).await);
}

#[tokio::test]
async fn after_its_time_a_secret_opens_nothing_also_when_the_clock_goes_back() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    server.later(hours(1));
    let mut phone = server.visitor();
    // Who has the right one reads that it is over, and what helps; who has not, reads nothing.
    types(&mut phone, &secret).await.is(403).says(DEMANDED);
    opens_nothing(&server, &secret.replace(&secret[..1], "X").replace("XX", "YY")).await;
    types(&mut phone, PASSWORD).await.is(403).says(DEMANDED);
    server.clock.turn_back(hours(1));
    housekeeping::clock_went_back(&server.app).await.expect("the database works");
    opens_nothing(&server, &secret).await;
    let mut phone = server.visitor_at("198.51.100.8");
    types(&mut phone, PASSWORD).await.is(403);
    // Only another one helps, or a recovery; a day at most.
    force_for(&server, &member, 24).await.expect("it is demanded again");
    server.later(hours(23));
    let secret = secret_for(&server, EMAIL).await;
    let path = link(&types(&mut phone, &secret).await);
    server.later(minutes(31));
    phone.submit(&path, &[("password", NEW_PASSWORD)]).await.is(410);
    server.later(minutes(30));
    types(&mut phone, &secret).await.is(403);
    assert_eq!([Lifetime::of_hours(0), Lifetime::of_hours(25)], [None, None]);
}

#[tokio::test]
async fn a_message_with_a_secret_is_never_sent_after_its_time() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    server.later(hours(1));
    let letters = server.received(EMAIL).await;
    assert!(letters.iter().all(|letter| letter.purpose != "forced_change"), "{letters:?}");
}

/// The rows go in time; what is demanded stays until there is a new password.
#[tokio::test]
async fn what_is_demanded_is_not_forgotten_with_the_secret() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    server.later(hours(24 * 89));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert_eq!(raw::rows(&server.dump().await, "forced_changes").len(), 1);
    server.later(hours(48));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(raw::rows(&server.dump().await, "forced_changes").is_empty());
    types(&mut server.visitor(), PASSWORD).await.is(403).says(DEMANDED);
}

/// A recovery by oneself voids it, also where the secret was exchanged already.
#[tokio::test]
async fn a_recovery_voids_a_forced_change() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    let mut thief = server.visitor_at("203.0.113.66");
    let path = link(&types(&mut thief, &secret).await);
    let mut phone = server.visitor();
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&member).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.says(SET);
    thief.submit(&path, &[("password", "ぬすっとの長い合言葉をここに書く夜")]).await.is(410);
    opens_nothing(&server, &secret).await;
    opens_nothing(&server, PASSWORD).await;
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    let after = server.reload(&member).await;
    assert_eq!((after.demand, after.demand_at), (None, None));
}

#[tokio::test]
async fn what_was_proved_before_a_forced_change_does_not_count() {
    for chosen in [false, true] {
        let server = Server::start().await;
        let member = tanaka(&server).await;
        let mut thief = server.visitor_at("203.0.113.66");
        thief.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        thief.types_code(&code).await.is(200);
        if chosen {
            thief.picks(&member).await.is(200);
        }
        force(&server, &member).await.expect("it is demanded");
        thief.picks(&member).await.does_not_say("4 / 4");
        thief.sets_password("ぬすっとの長い合言葉をここに書く夜").await.is(410);
        types(&mut server.visitor(), PASSWORD).await.is(403);
    }
}

/// What closes an account, and opens it again, leaves the demand and ends the secret and its link.
#[tokio::test]
async fn a_secret_does_not_outlive_a_hold_or_a_suspension() {
    for held in [true, false] {
        let server = Server::start().await;
        let member = tanaka(&server).await;
        force(&server, &member).await.expect("it is demanded");
        let secret = secret_for(&server, EMAIL).await;
        let mut phone = server.visitor();
        let path = link(&types(&mut phone, &secret).await);
        let step =
            async |step| assert!(members::take_step(&server.app, &member, step).await.expect("the database works"));
        if held {
            // The other contact objects to the demand.
            let notices = server.received(TANAKA).await;
            let notice = notices.iter().find(|letter| letter.purpose == "change_forced").expect("a notice");
            let is_word = |word: &&str| word.len() == 14 && word.matches('-').count() == 2;
            let word = notice.text.split(|c: char| !c.is_ascii_uppercase() && c != '-').find(is_word).expect("a word");
            let mut other = server.visitor_at("198.51.100.77");
            other.submit("/not-me", &[("word", word)]).await.is(200);
            other.submit("/not-me", &[("word", word), ("sure", "yes")]).await;
            assert!(server.reload(&member).await.held_at.is_some(), "held by the other contact");
        } else {
            step(Step::Suspend).await;
        }
        phone.submit(&path, &[("password", NEW_PASSWORD)]).await.is(410);
        if held {
            step(Step::Release).await;
        } else {
            step(Step::Resume).await;
        }
        phone.submit(&path, &[("password", NEW_PASSWORD)]).await.is(410);
        opens_nothing(&server, &secret).await;
        types(&mut phone, PASSWORD).await.is(403).says(DEMANDED);
    }
}

/// Fifty people with the old password at once: once the demand is answered, none of them is in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_with_the_old_password_outlives_the_demand() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    let browsers: Vec<_> = (1..=50).map(|n| server.visitor_at(&format!("203.0.113.{n}"))).collect();
    let door = tokio::spawn(all_at_once_owned(browsers));
    force(&server, &member).await.expect("it is demanded");
    let answered = door.await.expect("all are answered");
    for (mut browser, page) in answered {
        // So many at once may also spend the budget, as ever.
        assert!(matches!(page.status.as_u16(), 303 | 403 | 422), "{}", page.main());
        assert!(!browser.is_signed_in().await, "{}", page.main());
    }
    let dump = server.dump().await;
    let epoch = server.reload(&member).await.epoch;
    assert!(raw::rows(&dump, "sessions").iter().all(|row| row["epoch"].as_i64() != Some(epoch)));
}

async fn all_at_once_owned(browsers: Vec<Browser>) -> Vec<(Browser, Page)> {
    all_at_once(browsers, "/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await
}

/// Either the recovery was first, and its password is the old one now; or the demand was, and the recovery is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_forced_change_and_the_end_of_a_recovery_come_one_after_the_other() {
    for _ in 0..6 {
        let server = Server::start().await;
        let member = tanaka(&server).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        phone.types_code(&code).await.is(200);
        phone.picks(&member).await.is(200);
        let finishing =
            tokio::spawn(async move { phone.post("/recover/password", &[("password", NEW_PASSWORD)]).await });
        force(&server, &member).await.expect("it is demanded");
        let recovered = finishing.await.expect("it is answered").status == StatusCode::SEE_OTHER;
        let after = server.reload(&member).await;
        let dump = server.dump().await;
        let alive = raw::rows(&dump, "forced_changes").iter().filter(|row| !row["secret_hash"].is_null()).count();
        let (old, new) = (PASSWORD, NEW_PASSWORD);
        let right = if recovered { new } else { old };
        if after.demand.is_some() {
            assert_eq!(alive, 1);
            types(&mut server.visitor(), right).await.is(403).says(DEMANDED);
        } else {
            // The recovery came second by a proof that came after the demand, which cannot be here.
            panic!("a proof from before the demand voided it");
        }
        opens_nothing(&server, if recovered { old } else { new }).await;
    }
}

#[tokio::test]
async fn administrators_demand_it_of_lower_ranks_only() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    let admin = colleague(&server, "suzuki", Role::Administrator, &["suzuki@example.jp"]).await;
    let other = colleague(&server, "kato", Role::Administrator, &["kato@example.jp"]).await;
    let owner = colleague(&server, "owner", Role::Owner, &["owner@example.jp"]).await;
    colleague(&server, "help", Role::HelpDesk, &["help@example.jp"]).await;
    let ume = server.workspace("ume", "うめ商店").await;
    let foreign = server.member_of(&ume, "tanaka", &["ume@example.jp"]).await;
    let before = server.dump().await;

    let (signed_in, asks) = signed(&server, "help").await;
    assert!(matches!(Seat::take(&signed_in, &asks, Action::DemandPassword), Err(Denied::Role)));
    let (signed_in, asks) = signed(&server, "suzuki").await;
    let seat = Seat::take(&signed_in, &asks, Action::DemandPassword).expect("the seat");
    let by = By::Seat(&seat);
    let hour = Lifetime::default();
    for (whom, why) in
        [(&owner, Refused::Rank), (&other, Refused::Rank), (&admin, Refused::Oneself), (&foreign, Refused::NotFound)]
    {
        let forced = forced_change::force(&server.app, by, &whom.id, None, hour).await.expect("it works");
        assert_eq!(forced.expect_err("refused"), why);
        let asked = forced_change::request(&server.app, by, &whom.id).await.expect("it works");
        assert_eq!(asked.expect_err("refused"), why);
        assert!(forced_change::choices(&server.app, by, &whom.id).await.expect("it works").is_err());
    }
    let after = server.dump().await;
    assert_eq!(raw::rows(&before, "outbox"), raw::rows(&after, "outbox"));
    assert!(raw::rows(&after, "members").iter().all(|row| row["demand"].is_null()));

    // By the contact of their choice, which the list names.
    let choices = forced_change::choices(&server.app, by, &member.id).await.expect("it works").expect("allowed");
    assert_eq!(choices.len(), 2);
    let number = choices.iter().find(|choice| choice.masked.contains("5678")).expect("the number");
    let done = forced_change::force(&server.app, by, &member.id, Some(&number.id), hour).await.expect("it works");
    assert_eq!(done.expect("it is demanded").masked, number.masked);
    link(&types(&mut server.visitor(), &secret_for(&server, TANAKA).await).await);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "forced_changes", "by_member", admin.id.as_str()), 1);
    let lines = raw::rows(&dump, "audit").iter();
    assert!(lines.into_iter().any(|row| row["action"] == "change_forced" && row["actor"] == admin.id.as_str()));

    // The administrator was suspended a moment ago.
    let admin = server.reload(&admin).await;
    assert!(members::take_step(&server.app, &admin, Step::Suspend).await.expect("it works"));
    let late = forced_change::force(&server.app, by, &member.id, None, hour).await.expect("it works");
    assert_eq!(late.expect_err("refused"), Refused::Ended);
}

#[tokio::test]
async fn who_cannot_be_reached_or_is_not_active_is_left_alone() {
    let server = Server::start().await;
    let without = server.member("without", &[]).await;
    let frozen = server.member("frozen", &["frozen@example.jp"]).await;
    let young = server.member("young", &["young@example.jp"]).await;
    let unproved = server.member("unproved", &["unproved@example.jp"]).await;
    let suspended = server.member("suspended", &["suspended@example.jp"]).await;
    let held = server.member("held", &["held@example.jp"]).await;
    let invited = server.invited("invited").await;
    let set = async |member: &Member, what: &str| {
        server.sql(&format!("update contacts set {what} where member_id = '{}'", member.id)).await;
    };
    set(&frozen, "state = 'frozen'").await;
    set(&young, "recovers_from = 9000000000000000").await;
    set(&unproved, "state = 'unverified'").await;
    members::take_step(&server.app, &suspended, Step::Suspend).await.expect("it works");
    members::take_step(&server.app, &held, Step::Hold).await.expect("it works");
    server.deliver().await;
    let before = server.dump().await;
    for member in [&without, &frozen, &young, &unproved] {
        assert_eq!(force(&server, member).await.expect_err("refused"), Refused::WithoutContact, "{}", member.login);
    }
    for member in [&suspended, &held, &invited] {
        assert_eq!(force(&server, member).await.expect_err("refused"), Refused::State, "{}", member.login);
    }
    assert_eq!(before, server.dump().await, "nothing was done to anybody");
    server.signed_in("without", "198.51.100.9").await;
}

/// Whoever has the database in hand finds one secret, sealed, and no other trace of it.
#[tokio::test]
async fn a_secret_lies_in_one_place_only_and_sealed() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let before = server.dump().await;
    assert_eq!(raw::count(&before, "outbox", "purpose", "forced_change"), 1);
    let row = &raw::rows(&before, "forced_changes")[0];
    assert!(row["secret_hash"].as_str().is_some_and(|hash| hash.contains("argon2id")), "{row}");
    let secret = secret_for(&server, EMAIL).await;
    let after = server.dump().await;
    for dump in [&before, &after] {
        let text = serde_json::to_string(dump).expect("JSON").to_uppercase();
        assert!(!text.contains(&secret) && !text.contains(&secret.replace('-', "")), "the secret lies open");
    }
    let sent = raw::rows(&after, "outbox").iter().filter(|row| row["purpose"] == "forced_change");
    assert!(sent.into_iter().all(|row| row["body"].is_null() && row["destination"].is_null()), "erased at hand-off");
    // Used up, its hash is gone, too.
    let mut phone = server.visitor();
    let path = link(&types(&mut phone, &secret).await);
    phone.submit(&path, &[("password", NEW_PASSWORD)]).await.says(SET);
    assert!(raw::rows(&server.dump().await, "forced_changes").iter().all(|row| row["secret_hash"].is_null()));
}

/// Strangers may spend the budget for guesses; the owner of a secret is not kept from it.
#[tokio::test]
async fn guesses_of_strangers_do_not_keep_anybody_from_their_secret() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let secret = secret_for(&server, EMAIL).await;
    for n in 0..50 {
        let mut stranger = server.visitor_at(&format!("203.0.113.{n}"));
        types(&mut stranger, "wrong").await.is(422);
    }
    types(&mut server.visitor(), PASSWORD).await.is(422).says(WRONG);
    let mut phone = server.visitor_at("198.51.100.8");
    let path = link(&types(&mut phone, &secret).await);
    phone.submit(&path, &[("password", NEW_PASSWORD)]).await.says(SET);
    types(&mut phone, NEW_PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_second_demand_ends_the_first_secret() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    force(&server, &member).await.expect("it is demanded");
    let first = secret_for(&server, EMAIL).await;
    let mut phone = server.visitor();
    let path = link(&types(&mut phone, &first).await);
    force(&server, &member).await.expect("it is demanded again");
    phone.submit(&path, &[("password", NEW_PASSWORD)]).await.is(410);
    opens_nothing(&server, &first).await;
    link(&types(&mut phone, &secret_for(&server, EMAIL).await).await);
}

#[tokio::test]
async fn a_request_asks_at_the_next_sign_in_and_a_new_password_answers_it() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    let mut open = server.signed_in("tanaka", "198.51.100.9").await;
    server.later(minutes(1));
    let by = By::Operator(&member.workspace_id);
    forced_change::request(&server.app, by, &member.id).await.expect("it works").expect("it is asked");
    let again = forced_change::request(&server.app, by, &member.id).await.expect("it works");
    assert_eq!(again.expect_err("refused"), Refused::Already);
    assert!(server.received(EMAIL).await.is_empty(), "nothing is sent");
    open.get("/w/sakura/me").await.is(200);

    server.later(minutes(1));
    let mut next = server.visitor();
    next.signs_in("tanaka", PASSWORD).await.is(200).says("変更を求めています");
    for path in ["/w/sakura/me", "/w/sakura/me/contacts", "/w/sakura/me/devices", "/w/sakura/me/checkup"] {
        assert_eq!(next.get(path).await.leads_to(), "/w/sakura/me/password", "{path}");
    }
    let change = |password| [("current", PASSWORD), ("password", password)];
    next.submit("/w/sakura/me/password", &change(PASSWORD)).await.is(422);
    next.submit("/w/sakura/me/password", &change(NEW_PASSWORD)).await.is(200);
    next.get("/w/sakura/me").await.is(200);
    assert_eq!(server.reload(&member).await.demand, None);
    let mut once_more = server.visitor();
    once_more.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    once_more.get("/w/sakura/me").await.is(200);
}

#[tokio::test]
async fn both_demands_through_the_api() {
    let house = House::open().await;
    let server = &house.server;
    let suzuki = server.reload(&server_member(server, "suzuki").await).await;
    let by = By::Operator(&suzuki.workspace_id);
    forced_change::request(&server.app, by, &suzuki.id).await.expect("it works").expect("it is asked");
    let answer = house.sign_in("suzuki@sakura", PASSWORD).await.ok();
    assert_eq!(answer.json()["next"]["type"], "set_password");
    let bearer = format!("Bearer {}", answer.get("session"));
    house.get("/v1/me").with("Authorization", &bearer).send().await.is(403, "change-requested");
    let change = house.post("/v1/me/password", &json!({ "current": PASSWORD, "password": NEW_PASSWORD }));
    change.with("Authorization", &bearer).send().await.ok();
    house.get("/v1/me").with("Authorization", &bearer).send().await.ok();

    let tanaka = server_member(server, "tanaka").await;
    let session = house.session("tanaka").await;
    force(server, &tanaka).await.expect("it is demanded");
    let bearer = format!("Bearer {session}");
    house.get("/v1/session").with("Authorization", &bearer).send().await.is(401, "not-signed-in");
    house.sign_in("tanaka@sakura", PASSWORD).await.is(403, "change-demanded");
    house.sign_in("tanaka@sakura", "wrong").await.is(401, "wrong-credentials");
    let secret = secret_for(server, "hanako@example.net").await;
    let answer = house.sign_in("tanaka@sakura", &secret).await.ok();
    assert_eq!(answer.json()["next"]["type"], "set_password_by_token");
    assert!(answer.json()["session"].is_null() && answer.json()["device"].is_null(), "{}", answer.text);
    let token = answer.get("token");
    let set = async |password: &str| {
        house.post("/v1/password", &json!({ "token": token, "password": password })).send().await
    };
    set("short").await.is(422, "invalid-fields");
    assert!(set(NEW_PASSWORD).await.status.is_success());
    set(NEW_PASSWORD).await.is(409, "link-ended");
    house.sign_in("tanaka@sakura", NEW_PASSWORD).await.ok();
    let nonsense = json!({ "token": "akl_x", "password": NEW_PASSWORD });
    house.ask(Method::POST, "/v1/password").with("Content-Type", "application/json").send().await.is(400, "malformed");
    house.post("/v1/password", &nonsense).send().await.is(409, "link-ended");
}

async fn server_member(server: &Server, login: &str) -> Member {
    let login = aikagi::model::LoginName::parse(login).expect("a login name");
    members::by_login(&server.app, &server.workspace, &login).await.expect("it works").expect("they are there")
}

/// The rules of the workplace hold for the new password, too, and the message comes in the member's language.
#[tokio::test]
async fn the_message_is_in_the_members_language_and_the_policy_holds() {
    let server = Server::start().await;
    let member = tanaka(&server).await;
    server.sql("update members set locale = 'en'").await;
    let mut policy = Policy::default();
    policy.password.min_length = 20;
    let json = policy.to_json();
    server.sql(&format!("update workspaces set policy = '{json}'")).await;
    force(&server, &member).await.expect("it is demanded");
    let letters = server.received(EMAIL).await;
    assert!(letters[0].text.contains("Temporary password") && letters[0].text.contains("1 h"), "{}", letters[0].text);
    let mut phone = server.visitor();
    phone.language = Locale::En.to_string();
    let path = link(&types(&mut phone, &secret_in(&letters[0].text).expect("a secret")).await);
    phone.get(&path).await.says("demands a new password");
    phone.submit(&path, &[("password", "あたらしい合言葉をここに")]).await.is(422);
    phone.submit(&path, &[("password", "あたらしい合言葉をここに長く長く書いておく")]).await.is(200);
}
