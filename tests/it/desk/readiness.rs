//! Who could not get back in alone: what the round sees, what the desk shows of it, and asking those people.

use aikagi::flows::desk::nudge;
use aikagi::flows::readiness::go_round;
use aikagi::model::{Readiness, Role, days, hours, minutes};
use aikagi::store::members::Member;

use super::DESK;
use crate::harness::{Browser, PASSWORD, Page, Server};
use crate::raw;

const PAGE: &str = "/w/sakura/admin/readiness";

/// The job goes round once more.
async fn round(server: &Server) {
    server.later(minutes(1));
    go_round(&server.app).await.expect("the database works").expect("nobody else is at it");
}

/// The job that works through demands to many comes to its end.
async fn asks_all(server: &Server) {
    while nudge::work(&server.app).await.expect("the database works") {}
}

async fn is(server: &Server, member: &Member) -> Readiness {
    server.reload(member).await.readiness
}

async fn list(desk: &mut Browser, reason: &str) -> Vec<String> {
    let page = desk.get(&format!("{PAGE}/of/{reason}")).await;
    page.is(200);
    page.logins()
}

async fn adds(server: &Server, login: &str, number: &str) -> (Browser, String) {
    let mut own = server.signed_in(login, "198.51.100.9").await;
    let page = own.post("/w/sakura/me/contacts/add-mobile", &[("number", number)]).await;
    (own, page.leads_to().to_owned())
}

#[tokio::test]
async fn the_round_finds_everybodys_reason_and_what_time_alone_changes() {
    let server = Server::start().await;
    let ready = server.member("ready", &["ready@example.jp"]).await;
    let none = server.member("none", &[]).await;
    let typed = server.member("typed", &[]).await;
    let waits = server.member("waits", &[]).await;
    let frozen = server.member("frozen", &["frozen@example.jp"]).await;
    let never = server.invited("never").await;
    let stopped = server.member("stopped", &["stopped@example.jp"]).await;
    adds(&server, "typed", "090-1111-1111").await;
    let (mut own, verify) = adds(&server, "waits", "090-2222-2222").await;
    let code = server.code_for("+819022222222").await;
    own.submit(&verify, &[("code", &code)]).await.is(200);
    server.sql(&format!("update contacts set state = 'frozen' where member_id = '{}'", frozen.id)).await;
    server.sql(&format!("update members set state = 'suspended' where id = '{}'", stopped.id)).await;
    assert_eq!(is(&server, &ready).await, Readiness::Unknown, "nobody came round yet");

    round(&server).await;
    for (member, expected) in [
        (&ready, Readiness::Ready),
        (&none, Readiness::NoContact),
        (&typed, Readiness::Unverified),
        (&waits, Readiness::Waiting),
        (&frozen, Readiness::Frozen),
        (&never, Readiness::Apart),
        (&stopped, Readiness::Apart),
    ] {
        assert_eq!(is(&server, member).await, expected, "{}", member.login);
    }
    // A hold ends, a link runs out, a contact grows old: nobody writes anything.
    server.later(hours(24));
    round(&server).await;
    assert_eq!(is(&server, &waits).await, Readiness::Ready);
    server.later(days(60));
    round(&server).await;
    assert_eq!(is(&server, &never).await, Readiness::NeverSet);
    server.later(days(90));
    round(&server).await;
    assert_eq!((is(&server, &ready).await, is(&server, &waits).await), (Readiness::Stale, Readiness::Ready));
    // Another rule of the workspace counts from the next round on.
    let mut policy = aikagi::model::Policy::nist();
    policy.contacts.reconfirm_days = 365;
    let workspace = server.workspace.clone();
    aikagi::flows::workspaces::set_policy(&server.app, &workspace, &policy).await.expect("the database works");
    round(&server).await;
    assert_eq!(is(&server, &ready).await, Readiness::Ready);
}

#[tokio::test]
async fn one_round_at_a_time_and_a_round_that_broke_off_is_taken_over() {
    let server = Server::start().await;
    server.member("ready", &["ready@example.jp"]).await;
    assert_eq!(go_round(&server.app).await.expect("the database works"), Some(1));
    assert_eq!(go_round(&server.app).await.expect("the database works"), None, "somebody was there just now");
    server.later(minutes(1));
    assert_eq!(go_round(&server.app).await.expect("the database works"), Some(0), "nothing changed");
    server.sql("update readiness_rounds set run_id = 'died', taken_at = null").await;
    server.later(minutes(1));
    assert_eq!(go_round(&server.app).await.expect("the database works"), Some(0));
}

#[tokio::test]
async fn the_page_shows_the_share_the_days_and_as_of_when() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    desk.get(PAGE).await.says("今、数えています");
    server.member("ready", &["ready@example.jp"]).await;
    let none = server.member("none", &[]).await;
    server.member("other", &[]).await;
    let far = server.workspace("momiji", "もみじ運送").await;
    server.member_of(&far, "theirs", &[]).await;
    round(&server).await;
    let page = desk.get(PAGE).await;
    // The keeper has no contact either.
    page.says("25％が入り直せます")
        .says("4人のうち 1人")
        .says("3人")
        .says("11月22日 06:01")
        .says("<th scope=\"row\">11月22日</th>");
    let (mut own, verify) = adds(&server, "none", "090-2222-2222").await;
    let code = server.code_for("+819022222222").await;
    own.submit(&verify, &[("code", &code)]).await.is(200);
    server.later(days(2));
    round(&server).await;
    assert_eq!(is(&server, &none).await, Readiness::Ready);
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    let page = desk.get(PAGE).await;
    page.says("50％が入り直せます").says("はじめ 25％、いま 50％").says("<svg");
    assert_eq!(page.text.matches("<rect").count(), 2, "a day without figures is a gap");
    // The figures of the first day stay as they were, and what came down to nobody is nobody.
    page.says(">25%</td>").says(">50%</td>");
    server.sql("update members set state = 'suspended' where login = 'other'").await;
    round(&server).await;
    desk.get(PAGE).await.says("66％が入り直せます").says("3人のうち 2人");
}

#[tokio::test]
async fn lists_filters_and_pages_show_the_same_people_with_their_reason() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let none = server.member("none", &[]).await;
    let ready = server.member("ready", &["ready@example.jp"]).await;
    let far = server.workspace("momiji", "もみじ運送").await;
    server.member_of(&far, "theirs", &[]).await;
    round(&server).await;
    assert_eq!(list(&mut desk, "no_contact").await, ["none", "sato"]);
    assert_eq!(list(&mut desk, "stale").await, [""; 0]);
    assert_eq!(desk.looks_for("", "no_contact").await.logins(), ["none", "sato"]);
    assert_eq!(desk.looks_for("", "ready").await.logins(), ["ready"]);
    assert_eq!(desk.looks_for("たなか", "no_contact").await.logins(), ["none", "sato"]);
    desk.looks_for("", "present").await.says("連絡先なし");
    for wrong in ["ready", "apart", "unknown", "x"] {
        desk.get(&format!("{PAGE}/of/{wrong}")).await.is(404);
    }
    // The member's own page is judged as they stand, not as the round saw them.
    desk.get(&format!("{DESK}/members/{}", ready.id)).await.says("入り直せる").says("まだしていません");
    server.sql(&format!("update contacts set state = 'frozen' where member_id = '{}'", ready.id)).await;
    desk.get(&format!("{DESK}/members/{}", ready.id)).await.says("連絡先が凍結中");
    desk.get(&format!("{DESK}/members/{}", none.id)).await.says("携帯番号も個人メールもありません");
}

#[tokio::test]
async fn a_long_list_goes_on_page_by_page_and_out_as_a_file_without_formulas() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let workspace = server.workspace.id.as_str();
    server
        .sql(&format!(
            "insert into members (id, workspace_id, login, name, kana, department, role, state, locale, epoch, created_at, updated_at)
            with recursive n (i) as (select 1001 union all select i + 1 from n where i < 1120)
            select 'mem_' || i, '{workspace}', 'm' || i, '=1+1', '', '', 'member', 'active', 'ja', 0, 1, 1 from n"
        ))
        .await;
    round(&server).await;
    let mut page = desk.get(&format!("{PAGE}/of/no_contact")).await;
    let mut seen = page.logins();
    while let Some(next) = page.next() {
        page = desk.get(&next).await;
        seen.extend(page.logins());
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), &seen), (121, &once));
    let file = desk.post(&format!("{PAGE}/export"), &[("which", "no_contact")]).await;
    file.is(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text.lines().count(), 122);
    assert!(file.text.contains("m1001,'=1+1,") && !file.text.contains(",=1+1"), "{}", &file.text[..200]);
    assert_eq!(desk.post(&format!("{PAGE}/export"), &[]).await.text.lines().count(), 122);
    assert_eq!(desk.post(&format!("{PAGE}/export"), &[("which", "stale")]).await.text.lines().count(), 1);
    desk.post(&format!("{PAGE}/export"), &[("which", "ready")]).await.is(400);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "readiness_exported"), 3);

    // Slips, fifty a page, each without anything secret.
    let slips = desk.post(&format!("{PAGE}/of/no_contact/slips"), &[]).await;
    slips.is(200).says("m1001@sakura").says("http://id.example.jp/w/sakura").does_not_say(PASSWORD);
    assert_eq!(slips.text.matches("<article").count(), 50);
    slips.says("name=\"after\" value=\"m1050\"");
    let last = desk.post(&format!("{PAGE}/of/no_contact/slips"), &[("after", "m1100")]).await;
    // Beside the twenty members the keeper, of whom nobody of the same rank makes a slip.
    assert_eq!(last.text.matches("<article").count(), 20);
    last.does_not_say("name=\"after\"");
}

/// Asks one.
async fn asks(desk: &mut Browser, member: &Member, fields: &[(&str, &str)]) -> Page {
    desk.submit(&format!("{DESK}/members/{}/nudge", member.id), fields).await
}

#[tokio::test]
async fn who_is_asked_is_prompted_though_they_put_it_off_and_once_a_day_at_most() {
    let server = Server::start().await;
    let none = server.member("none", &[]).await;
    let ready = server.member("ready", &["ready@example.jp"]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut own = server.signed_in("none", "198.51.100.9").await;
    own.submit("/w/sakura/me/later", &[]).await.does_not_say("入れなくなったときのために");
    server.later(minutes(1));
    let before = desk.get(&format!("{DESK}/members/{}/nudge", none.id)).await;
    before.is(200).says("連絡先なし").says("1日に1回まで").says("メールを送れる連絡先はありません");
    assert_eq!(raw::count(&server.dump().await, "nudges", "workspace_id", server.workspace.id.as_str()), 0);

    asks(&mut desk, &none, &[("email", "yes")]).await.says("お願いしました");
    own.get("/w/sakura/me").await.says("入れなくなったときのために").says("管理者からのお願い");
    // Put off again, it stays away.
    server.later(minutes(1));
    own.submit("/w/sakura/me/later", &[]).await.does_not_say("入れなくなったときのために");
    asks(&mut desk, &none, &[]).await.says("24時間以内にお願いしています");
    own.get("/w/sakura/me").await.does_not_say("入れなくなったときのために");
    desk.get(&format!("{DESK}/members/{}/nudge", none.id)).await.says("またお願いできます");
    server.later(days(1));
    let (mut own, mut desk) =
        (server.signed_in("none", "198.51.100.9").await, server.signed_in("sato", "192.0.2.5").await);
    asks(&mut desk, &none, &[]).await.says("お願いしました");
    own.get("/w/sakura/me").await.says("入れなくなったときのために");
    asks(&mut desk, &ready, &[]).await.says("今はお願いすることがありません");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "nudged"), 2);
    assert!(server.received("ready@example.jp").await.is_empty());
    desk.get(&format!("{DESK}/members/{}", none.id)).await.says("連絡先のお願いをしました");
}

#[tokio::test]
async fn an_email_goes_to_an_address_that_still_counts_and_holds_no_link() {
    let server = Server::start().await;
    let old = server.member("old", &["old@example.jp", "090-3333-3333"]).await;
    server.later(days(200));
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    desk.get(&format!("{DESK}/members/{}/nudge", old.id)).await.says("o•••@example.jp").says("確認が古い");
    asks(&mut desk, &old, &[]).await.says("お願いしました");
    assert!(server.received("old@example.jp").await.is_empty(), "it was not wanted");
    server.later(days(1));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    asks(&mut desk, &old, &[("email", "yes")]).await.says("メールも送りました");
    let letters = server.received("old@example.jp").await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("old@sakura") && !letters[0].text.contains("://"), "{}", letters[0].text);
    assert!(server.received("+819033333333").await.is_empty(), "nobody pays for an SMS");
}

#[tokio::test]
async fn nobody_asks_whom_they_may_not() {
    let server = Server::start().await;
    let none = server.member("none", &[]).await;
    let (other, _) = server.keeper("other", Role::Administrator).await;
    let far = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&far, "theirs", &[]).await;
    let (me, mut desk) = server.keeper("sato", Role::Administrator).await;
    asks(&mut desk, &other, &[]).await.says("同じか、上の役割");
    asks(&mut desk, &me, &[]).await.says("ご自身のアカウント");
    for what in ["nudge", "slip"] {
        desk.post(&format!("{DESK}/members/{}/{what}", theirs.id), &[]).await.is(404);
    }
    desk.get(&format!("{DESK}/members/{}/nudge", theirs.id)).await.is(404);
    desk.post(&format!("{DESK}/members/{}/slip", other.id), &[]).await.is(303);
    let (_, mut help) = server.keeper("help", Role::HelpDesk).await;
    for path in [format!("{DESK}/members/{}/nudge", none.id), format!("{PAGE}/of/no_contact/nudge")] {
        help.get(&path).await.is(403);
        help.post(&path, &[]).await.is(403);
    }
    help.get(PAGE).await.is(403);
    help.post(&format!("{PAGE}/export"), &[]).await.is(403);
    help.post(&format!("{PAGE}/of/no_contact/slips"), &[]).await.is(403);
    // With an old password nothing is done before it was given again.
    server.later(minutes(6));
    desk.post(&format!("{PAGE}/of/no_contact/nudge"), &[]).await.is(200).says("もう一度");
    let dump = server.dump().await;
    assert!(!dump.contains_key("nudges") || raw::count(&dump, "nudges", "member_id", none.id.as_str()) == 0);
    assert_eq!(raw::count(&dump, "audit", "action", "nudged"), 0);
    assert_eq!(raw::count(&dump, "audit", "action", "nudge_begun"), 0);
}

/// So many members without any contact, behind the server's back.
async fn many(server: &Server, count: usize) {
    let workspace = server.workspace.id.as_str();
    server
        .sql(&format!(
            "insert into members (id, workspace_id, login, name, kana, department, role, state, locale, epoch, created_at, updated_at)
            with recursive n (i) as (select 1001 union all select i + 1 from n where i < {})
            select 'mem_' || i, '{workspace}', 'm' || i, 'n', '', '', 'member', 'active', 'ja', 0, 1, 1 from n",
            1000 + count
        ))
        .await;
}

#[tokio::test]
async fn all_with_a_reason_are_asked_by_a_job_each_once() {
    let server = Server::start().await;
    many(&server, 120).await;
    let mended = server.member("mended", &[]).await;
    let none = server.member("none", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    asks(&mut desk, &none, &[]).await.says("お願いしました");
    round(&server).await;
    // Somebody who is better since is not asked, whatever the list says.
    server.sql(&format!("update members set state = 'suspended' where id = '{}'", mended.id)).await;
    desk.get(&format!("{PAGE}/of/no_contact/nudge")).await.says("123人");
    let begun = desk.submit(&format!("{PAGE}/of/no_contact/nudge"), &[]).await;
    begun.says("お願いをはじめました").says("続いています");
    desk.submit(&format!("{PAGE}/of/stale/nudge"), &[]).await.says("することがありませんでした");
    desk.submit(&format!("{PAGE}/of/waiting/nudge"), &[]).await.says("することがありませんでした");
    assert!(nudge::work(&server.app).await.expect("the database works"));
    desk.get(PAGE).await.says("50人にお願い").says("続いています");
    asks_all(&server).await;
    // Left out: the one asked by hand, the keeper themselves, the one who is stopped.
    desk.get(PAGE).await.says("120人にお願い").says("3人をとばしました").says("終わりました");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "nudged"), 121);
    assert_eq!(raw::count(&dump, "audit", "action", "nudge_begun"), 1);
    // Again on the same day it comes to nothing.
    desk.submit(&format!("{PAGE}/of/no_contact/nudge"), &[]).await.says("お願いをはじめました");
    asks_all(&server).await;
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "nudged"), 121);
}

#[tokio::test]
async fn a_demand_to_many_stops_with_the_right_of_who_began_it() {
    let server = Server::start().await;
    many(&server, 120).await;
    let (me, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (_, mut owner) = server.keeper("ueda", Role::Owner).await;
    round(&server).await;
    desk.submit(&format!("{PAGE}/of/no_contact/nudge"), &[]).await.says("お願いをはじめました");
    assert!(nudge::work(&server.app).await.expect("the database works"));
    owner.submit(&format!("{DESK}/members/{}/role", me.id), &[("role", "member")]).await.says("役割を変えました");
    asks_all(&server).await;
    owner.get(PAGE).await.says("途中で止まりました").says("50人にお願い");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "nudged"), 50);
    // It can be begun again, and goes past those who were asked.
    owner.submit(&format!("{PAGE}/of/no_contact/nudge"), &[]).await.says("お願いをはじめました");
    asks_all(&server).await;
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "nudged"), 121, "sato is a member now");
}

#[tokio::test]
async fn an_address_that_only_an_administrator_knows_gets_no_email_and_an_invitation_that_holds_is_no_reason() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let tanaka = server.member("tanaka", &[]).await;
    let fields = [("address", "typo@example.jp"), ("counts", "hold"), ("sure", "yes")];
    desk.submit(&format!("{DESK}/members/{}/contacts/new", tanaka.id), &fields).await.says("連絡先を追加しました");
    server.later(days(2));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    asks(&mut desk, &tanaka, &[("email", "yes")]).await.says("お願いしました").does_not_say("メールも送りました");
    assert!(server.received("typo@example.jp").await.is_empty());

    let new = server.invited("new").await;
    desk.submit(&format!("{DESK}/members/{}/invite", new.id), &[("to", "slip")]).await.is(200);
    let page = desk.get(&format!("{DESK}/members/{}", new.id)).await;
    page.does_not_say("招待の期限切れ");
    aikagi::flows::readiness::go_round(&server.app).await.expect("the database works");
    assert_ne!(is(&server, &new).await, Readiness::NeverSet);
}
