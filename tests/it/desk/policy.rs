//! The policy at the desk: what a change would do is told before, whoever was faster is not overwritten, and what protects less is for owners.

use aikagi::flows::desk::Seat;
use aikagi::flows::desk::policy::{Set, set_policy};
use aikagi::flows::workspaces;
use aikagi::model::policy_change::FIELDS;
use aikagi::model::{Action, Policy, Role, days, hours, minutes};

use super::DESK;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::raw;

const CHANGE: &str = "/w/sakura/admin/policy/change";

/// The value of a hidden field.
#[track_caller]
pub fn hidden(page: &Page, name: &str) -> String {
    let begins = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.text.split_once(&begins).unwrap_or_else(|| panic!("no field {name}: {}", page.main()));
    let value = rest.split_once('"').expect("a closed attribute").0;
    value.replace("&#34;", "\"").replace("&#38;", "&")
}

/// A form that was made upon something else: told so, and nothing lost.
#[track_caller]
pub fn holds(page: &Page, status: u16) {
    page.is(status).says("入力した内容は残っている");
}

pub async fn present(server: &Server) -> Policy {
    let workspace = workspaces::by_slug(&server.app, "sakura").await.expect("it works").expect("it is there");
    workspaces::policy_of(&workspace).expect("it reads")
}

/// The form as a browser sends it, with these values in the place of those that it shows.
fn typed<'a>(shown: &Policy, values: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    FIELDS
        .into_iter()
        .map(|field| {
            let new = values.iter().find(|(name, _)| *name == field);
            let old = || shown.value(field).map_or_else(String::new, |value| value.to_string());
            (field, new.map_or_else(old, |(_, value)| (*value).to_owned()))
        })
        .collect()
}

async fn sends(desk: &mut Browser, was: &str, values: &[(&str, String)], step: &str) -> Page {
    let mut fields: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend([("was", was), ("step", step)]);
    desk.submit(CHANGE, &fields).await
}

impl Browser {
    /// Looks at what stricter rules and narrower networks would do, in every respect that is counted.
    pub async fn tries_stricter_rules(&mut self) {
        let mut strict = Policy::strict();
        strict.password.expiry_days = Some(90);
        (strict.logs.sign_ins_days, strict.logs.audit_days) = (30, 365);
        let was = hidden(&self.get(CHANGE).await, "was");
        sends(self, &was, &typed(&strict, &[]), "review").await.is(200).says("変える前の確認");
        let networks = "/w/sakura/admin/policy/networks";
        let was = hidden(&self.get(networks).await, "was");
        self.post(networks, &[("who", "all"), ("from", "192.0.2.0/24"), ("was", &was)])
            .await
            .is(200)
            .says("変える前の確認");
    }
}

/// Opens the form, changes these values, looks at what would happen.
async fn reviews(server: &Server, desk: &mut Browser, values: &[(&str, &str)]) -> Page {
    let was = hidden(&desk.get(CHANGE).await, "was");
    sends(desk, &was, &typed(&present(server).await, values), "review").await
}

async fn applies(server: &Server, desk: &mut Browser, values: &[(&str, &str)]) -> Page {
    let was = hidden(&desk.get(CHANGE).await, "was");
    sends(desk, &was, &typed(&present(server).await, values), "apply").await
}

#[tokio::test]
async fn the_policy_is_shown_in_words_and_changed_after_a_look() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let page = desk.get(&format!("{DESK}/policy")).await;
    page.says("15文字以上")
        .says("前の5回分")
        .says("12時間")
        .says("いつまでも")
        .says("どこからでも")
        .does_not_say("標準");
    let review = reviews(&server, &mut desk, &[("password.min_length", "２０"), ("password.classes", "3")]).await;
    review.is(200).says("15文字以上").says("20文字以上").says("これから決めるパスワードから").says("Password1!");
    assert_eq!(present(&server).await, Policy::nist(), "looking changes nothing");
    // The page carries the form along: back to it, or on.
    let was = hidden(&review, "was");
    let carried: Vec<_> = FIELDS.into_iter().map(|field| (field, hidden(&review, field))).collect();
    sends(&mut desk, &was, &carried, "edit").await.is(200).says("value=\"２０\"");
    sends(&mut desk, &was, &carried, "apply")
        .await
        .is(200)
        .says("規則を変えました")
        .says("20文字以上")
        .says("3種類以上");
    let mut wanted = Policy::nist();
    (wanted.password.min_length, wanted.password.classes) = (20, 3);
    assert_eq!(present(&server).await, wanted);
    desk.get(&format!("{DESK}/history")).await.says("規則が変わりました").says("password.min_length");
    // The new rule holds for the next password.
    server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let change = [("current", PASSWORD), ("password", NEW_PASSWORD)];
    own.submit("/w/sakura/me/password", &change).await.is(422).says("20文字以上");
    let again = desk.get(&format!("{CHANGE}?preset=nist")).await;
    again.is(200).says("value=\"15\"");
    reviews(&server, &mut desk, &[]).await.is(200).says("変わるところがありません");
}

#[tokio::test]
async fn a_temporary_password_works_as_long_as_the_policy_says_unless_somebody_chooses() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let (_, mut administrator) = server.keeper("mori", Role::Administrator).await;
    let tanaka = server.member("tanaka", &["tanaka@example.jp"]).await;
    for hours in ["0", "25", ""] {
        reviews(&server, &mut desk, &[("desk.forced_hours", hours)]).await.is(422);
    }
    let longer = [("desk.forced_hours", "6")];
    reviews(&server, &mut desk, &longer).await.is(200).says("1時間").says("6時間").says("これから送る仮パスワード");
    applies(&server, &mut administrator, &longer).await.says("オーナー");
    assert_eq!(present(&server).await.desk.forced_hours, 1, "longer protects less");
    applies(&server, &mut desk, &longer).await.says("規則を変えました").says("6時間");
    desk.get(&format!("{DESK}/history")).await.says("desk.forced_hours: 1 → 6");
    let page = administrator.get(&format!("{DESK}/members/{}/force", tanaka.id)).await;
    assert!(page.text.split_once("<select id=\"hours\"").is_some_and(|(_, rest)| {
        let first = rest.find("value=\"6\"");
        first.is_some() && first < rest.find("value=\"1\"")
    }));
    let list = administrator.get(&format!("{DESK}/members")).await;
    list.says("強制変更（仮パスワード 6時間）").says("強制変更（仮パスワード 24時間）");
    let lives = async || {
        let dump = server.dump().await;
        let rows = raw::rows(&dump, "forced_changes").iter();
        let mut rows: Vec<_> = rows.filter(|row| row["ended_at"].is_null()).collect();
        let row = rows.pop().expect("a row");
        (row["expires_at"].as_i64().expect("a time") - row["created_at"].as_i64().expect("a time")) / 3_600_000_000
    };
    let force = format!("{DESK}/members/{}/force", tanaka.id);
    administrator.submit(&force, &[]).await.says("仮パスワードを送りました");
    assert_eq!(lives().await, 6);
    administrator.submit(&force, &[("hours", "1")]).await.says("仮パスワードを送りました");
    assert_eq!(lives().await, 1);
}

#[tokio::test]
async fn who_must_change_their_password_is_counted_by_the_rule_that_will_hold() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    for (login, contacts) in [("tanaka", &["090-1234-5678"][..]), ("suzuki", &[]), ("mori", &[]), ("ito", &[])] {
        server.member(login, contacts).await;
    }
    server.invited("later").await;
    server.sql("update members set state = 'suspended' where login = 'mori'").await;
    // The passwords of stories are 30 days old; that of ito is fresh.
    server.later(days(70));
    let mut desk_again = server.signed_in("sato", "192.0.2.5").await;
    let mut own = server.signed_in("ito", "198.51.100.9").await;
    own.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    assert!(!desk.is_signed_in().await);
    let page = reviews(&server, &mut desk_again, &[("password.expiry_days", "90")]).await;
    page.is(200).says("3人は、パスワードの期限").says("そのうち2人には").says("総務省");
    reviews(&server, &mut desk_again, &[("password.expiry_days", "180")]).await.does_not_say("期限が過ぎています");
    applies(&server, &mut desk_again, &[("password.expiry_days", "90")]).await.is(200);
    let mut must = 0;
    for login in ["sato", "tanaka", "suzuki", "ito"] {
        let password = if login == "ito" { NEW_PASSWORD } else { PASSWORD };
        let mut own = server.visitor_at("198.51.100.77");
        own.signs_in(login, password).await;
        must += usize::from(own.get("/w/sakura/me").await.status == 303);
    }
    assert_eq!(must, 3, "as was said");
}

#[tokio::test]
async fn whose_sessions_end_is_told_before_and_they_end_at_once() {
    let server = Server::start().await;
    for login in ["tanaka", "suzuki", "mori"] {
        server.member(login, &[]).await;
    }
    server.keeper("sato", Role::Owner).await;
    let mut idle = server.signed_in("tanaka", "198.51.100.1").await;
    let mut old = server.signed_in("suzuki", "198.51.100.2").await;
    for _ in 0..5 {
        server.later(minutes(50));
        assert!(old.is_signed_in().await);
    }
    let mut fresh = server.signed_in("mori", "198.51.100.3").await;
    assert!(!idle.is_signed_in().await);
    let mut idle = server.signed_in("tanaka", "198.51.100.1").await;
    server.later(minutes(40));
    assert!(fresh.is_signed_in().await && old.is_signed_in().await);
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    let stricter = [("session.member_idle_min", "30"), ("session.member_absolute_h", "4")];
    reviews(&server, &mut desk, &stricter).await.is(200).says("端末2台は、すぐにサインアウト").does_not_say("あなたも");
    applies(&server, &mut desk, &stricter).await.is(200).says("規則を変えました");
    assert!(fresh.is_signed_in().await);
    assert!(!idle.is_signed_in().await && !old.is_signed_in().await, "as was said");
    // Longer again: what ended stays ended, and what is open is not longer than was promised.
    applies(&server, &mut desk, &[("session.member_absolute_h", "48")]).await.is(200);
    assert!(!old.is_signed_in().await);
    server.later(hours(13));
    assert!(!fresh.is_signed_in().await);
}

#[tokio::test]
async fn contacts_and_logs_are_counted_too() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    for (login, contacts) in [("tanaka", &["090-1234-5678"][..]), ("suzuki", &[])] {
        server.member(login, contacts).await;
    }
    server.sql("update members set created_at = created_at - 2592000000000").await;
    server.sql("update contacts set confirmed_at = confirmed_at - 5184000000000").await;
    let rows = format!(
        "insert into sign_ins (id, workspace_id, result, way, address, network, agent, at)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 120)
        select 'sin_00' || i, '{}', 'done', 'page', 'a', 'n', '', i from n",
        server.workspace.id
    );
    server.sql(&rows).await;
    let values = [
        ("contacts.required_after_days", "7"),
        ("contacts.reconfirm_days", "60"),
        ("logs.sign_ins_days", "30"),
        ("logs.audit_days", "365"),
    ];
    let page = reviews(&server, &mut desk, &values).await;
    page.is(200)
        .says("連絡先のない2人は")
        .says("1人は、連絡先が今も")
        .says("サインインの記録120件は")
        .does_not_say("変更の記録0件");
    let page = reviews(&server, &mut desk, &[("desk.escalate_hours", "8")]).await;
    page.is(200).says("すぐに困る人はいません");
}

/// Nothing scans a workplace of any size: beyond what is looked at, numbers are "at least".
#[tokio::test]
async fn a_large_workplace_is_counted_up_to_a_bound() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let workspace = server.workspace.id.clone();
    let many = |sql: &str| {
        format!("{sql} with recursive n (i) as (select 1 union all select i + 1 from n where i < 10400) select")
    };
    let members = many(
        "insert into members (id, workspace_id, login, name, kana, department, role, state, locale, epoch, created_at, updated_at, words_due)",
    );
    server
        .sql(&format!(
            "{members} 'mem_0' || i, '{workspace}', 'm' || i, 'n', '', '', 'member', 'active', 'ja', 0, 1, 1, false from n"
        ))
        .await;
    let passwords = many("insert into passwords (member_id, workspace_id, hash, set_at)");
    server.sql(&format!("{passwords} 'mem_0' || i, '{workspace}', 'x', 1 from n")).await;
    let before = server.app.db.statements();
    let page = reviews(&server, &mut desk, &[("password.expiry_days", "365")]).await;
    page.is(200).says("9999人以上は、パスワードの期限").says("はじめの10000人まで");
    let spent = server.app.db.statements() - before;
    assert!(spent < 80, "{spent} statements");
}

#[tokio::test]
async fn two_administrators_at_once_lose_nothing() {
    let server = Server::start().await;
    let (_, mut one) = server.keeper("sato", Role::Administrator).await;
    let (_, mut two) = server.keeper("ito", Role::Administrator).await;
    let shown = present(&server).await;
    let (was_one, was_two) = (hidden(&one.get(CHANGE).await, "was"), hidden(&two.get(CHANGE).await, "was"));
    let first = typed(&shown, &[("password.min_length", "18"), ("password.history", "10")]);
    sends(&mut one, &was_one, &first, "apply").await.is(200).says("規則を変えました");
    for step in ["review", "apply"] {
        let second = typed(&shown, &[("password.min_length", "21"), ("session.reauth_min", "4")]);
        let page = sends(&mut two, &was_two, &second, step).await;
        holds(&page, 422);
        // What the second typed is there, and what the first changed and the second did not touch is as it is now.
        page.says("この間に変わったこと")
            .says("前の10回分")
            .says("value=\"21\"")
            .says("value=\"4\"")
            .says("value=\"10\"");
        assert_eq!(present(&server).await.password.min_length, 18);
    }
    let second = typed(&shown, &[("password.min_length", "21"), ("session.reauth_min", "4")]);
    let page = sends(&mut two, &was_two, &second, "apply").await;
    let merged = typed(&present(&server).await, &[("password.min_length", "21"), ("session.reauth_min", "4")]);
    sends(&mut two, &hidden(&page, "was"), &merged, "apply").await.says("規則を変えました");
    let now = present(&server).await;
    assert_eq!((now.password.min_length, now.password.history, now.session.reauth_min), (21, 10, 4));
    // A form of another's session, or a made-up one, is no basis.
    holds(&sends(&mut two, &hidden(&one.get(CHANGE).await, "was"), &merged, "apply").await, 422);
    holds(&sends(&mut two, "{}", &merged, "apply").await, 422);
    assert_eq!(present(&server).await, now);
}

#[tokio::test]
async fn of_two_in_the_same_moment_one_is_told() {
    let server = Server::start().await;
    server.keeper("sato", Role::Owner).await;
    server.keeper("ito", Role::Owner).await;
    let ((one, visitor), (two, _)) =
        (crate::forced::signed(&server, "sato").await, crate::forced::signed(&server, "ito").await);
    let (mut a, mut b) = (Policy::nist(), Policy::nist());
    (a.password.min_length, b.password.min_length) = (18, 19);
    let take = |signed| Seat::take(signed, &visitor, Action::SetPolicy).expect("an owner may");
    let (seat_a, seat_b, was) = (take(&one), take(&two), Policy::nist());
    let (first, second) =
        tokio::join!(set_policy(&server.app, &seat_a, &was, &a), set_policy(&server.app, &seat_b, &was, &b));
    let outcomes = [first.expect("it works"), second.expect("it works")];
    assert_eq!(outcomes.iter().filter(|one| **one == Set::Done).count(), 1, "{outcomes:?}");
    let holds = present(&server).await;
    assert!(outcomes.contains(&Set::Meanwhile(holds)), "{outcomes:?}");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "policy_changed"), 1);
}

#[tokio::test]
async fn administrators_tighten_and_owners_loosen() {
    let server = Server::start().await;
    let (_, mut admin) = server.keeper("sato", Role::Administrator).await;
    let (_, mut owner) = server.keeper("ito", Role::Owner).await;
    applies(&server, &mut admin, &[("password.min_length", "20"), ("logs.audit_days", "2000")])
        .await
        .says("規則を変えました");
    let tight = present(&server).await;
    for (field, value, label) in [
        ("password.min_length", "19", "文字数"),
        ("password.blocklist", "0", "よくあるパスワード"),
        ("password.classes", "2", "文字の種類"),
        ("password.expiry_days", "365", "パスワードの期限"),
        ("session.admin_idle_min", "60", "使わずにいるとき"),
        ("logs.audit_days", "365", "変更の記録を残す日数"),
    ] {
        let page = reviews(&server, &mut admin, &[(field, value)]).await;
        page.is(200).says("変えられるのはオーナーだけです").says(label).does_not_say("value=\"apply\"");
        // Whoever presses a button that is not there gets no further.
        applies(&server, &mut admin, &[(field, value)]).await.says("変えられるのはオーナーだけです");
        assert_eq!(present(&server).await, tight, "{field}");
    }
    applies(&server, &mut owner, &[("password.min_length", "15")]).await.says("規則を変えました");
    assert_eq!(present(&server).await.password.min_length, 15);
    // Networks are not an administrator's at all, and the page offers none.
    admin.get(&format!("{DESK}/policy/networks")).await.is(403);
    admin
        .get(&format!("{DESK}/policy"))
        .await
        .is(200)
        .says("変えられるのはオーナーだけです")
        .does_not_say("policy/networks");
    // Whose role was taken away a moment ago changes nothing more.
    let was = hidden(&admin.get(CHANGE).await, "was");
    server.sql("update members set role = 'help_desk' where login = 'sato'").await;
    let values = typed(&present(&server).await, &[("password.min_length", "30")]);
    sends(&mut admin, &was, &values, "apply").await.is(403);
}

#[tokio::test]
async fn what_is_out_of_bounds_is_told_beside_its_field_and_changes_nothing() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    for (field, value, says) in [
        ("password.min_length", "7", "8から64まで"),
        ("password.min_length", "", "8から64まで"),
        ("password.min_length", "-15", "8から64まで"),
        ("password.min_length", "15;drop", "8から64まで"),
        ("password.min_length", "99999999999999999999", "8から64まで"),
        ("password.history", "4294967295", "0から24まで"),
        ("password.classes", "5", "0から4まで"),
        ("password.expiry_days", "30", "90日、180日、365日"),
        ("password.blocklist", "2", "0から1まで"),
        ("session.member_idle_min", "721", "長くなっています"),
        ("contacts.required_after_days", "91", "0から90まで"),
        ("logs.audit_days", "364", "365から3650まで"),
    ] {
        let page = applies(&server, &mut desk, &[(field, value)]).await;
        page.is(422).says(says);
        assert!(page.text.contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", page.main());
        assert_eq!(present(&server).await, Policy::nist(), "{field}={value}");
    }
    let page = applies(&server, &mut desk, &[("password.history", "<b>\"")]).await;
    page.is(422).says("value=\"&#60;b&#62;&#34;\"");
}

#[tokio::test]
async fn the_password_is_asked_for_again_and_the_form_is_kept() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    server.later(minutes(6));
    let asked = reviews(&server, &mut desk, &[("password.min_length", "22")]).await;
    asked.is(200).says("もう一度").says("name=\"password.min_length\" value=\"22\"");
    let mut fields: Vec<_> = FIELDS.into_iter().map(|field| (field, hidden(&asked, field))).collect();
    fields.push(("again", PASSWORD.to_owned()));
    let page = sends(&mut desk, &hidden(&asked, "was"), &fields, "review").await;
    page.is(200).says("22文字以上").says("変える前の確認");
    assert_eq!(present(&server).await, Policy::nist());
}
