//! Messages on their way: which carrier is asked, what is asked for when a receipt fails to come or says no, what it may cost, and who may know of it.

use std::sync::Arc;

use aikagi::deliver::worker::Worker;
use aikagi::deliver::{About, MemoryCarrier, Noted, Outcome, Receipt};
use aikagi::flows::sweeps;
use aikagi::model::id::MessageId;
use aikagi::model::{Budgets, Cause, Role, days, minutes, seconds};

use crate::harness::{Server, config};
use crate::raw;

const TANAKA: &str = "+819012345678";

/// A worker with these carriers, asked in this order.
pub fn worker(server: &Server, carriers: &[&Arc<MemoryCarrier>]) -> Worker {
    let mut worker = server.worker.clone();
    worker.breakers = Arc::default();
    worker.carriers = carriers.iter().map(|&carrier| carrier.clone() as Arc<dyn aikagi::deliver::Carrier>).collect();
    worker
}

pub async fn work(worker: &Worker) {
    while worker.work_once().await.expect("the outbox works") > 0 {}
}

pub fn two() -> (Arc<MemoryCarrier>, Arc<MemoryCarrier>) {
    (Arc::new(MemoryCarrier::telling("first")), Arc::new(MemoryCarrier::telling("second")))
}

pub async fn told(server: &Server, carrier: &str, id: &str, outcome: Outcome) -> Noted {
    let about = About::Provider { carrier: carrier.to_owned(), id: id.to_owned() };
    let receipt = Receipt { about, outcome, code: Some("42".to_owned()), at: server.app.now() };
    server.app.receipts.note(&receipt).await.expect("the database works")
}

/// The first address on the page that holds this.
fn link(page: &str, part: &str) -> String {
    let at = page.find(part).unwrap_or_else(|| panic!("no {part} in {page}"));
    let begin = page[..at].rfind('"').map_or(0, |quote| quote + 1);
    page[begin..].split('"').next().unwrap_or_default().to_owned()
}

/// How many messages with a code are in this state.
async fn codes(server: &Server, state: &str) -> i64 {
    raw::number(
        &server.database().url,
        &format!("select count(*) from outbox where purpose = 'recovery_code' and state = '{state}' and not decoy"),
    )
    .await
}

async fn asked_for_a_code() -> Server {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    server.visitor().asks_for_code("090-1234-5678").await.is(200);
    server
}

#[tokio::test]
async fn a_carrier_that_is_down_costs_the_message_nothing() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    first.fail_temporarily(100);
    work(&worker(&server, &[&first, &second])).await;
    assert_eq!((first.sent().len(), second.sent().len()), (0, 1));
    assert_eq!(raw::number(&server.database().url, "select count(*) from handings where state = 'put_off'").await, 1);
}

#[tokio::test]
async fn without_a_receipt_the_next_carrier_gets_the_same_text() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    assert_eq!((first.sent().len(), second.sent().len()), (1, 0));
    server.later(seconds(89));
    work(&worker).await;
    assert_eq!(second.sent().len(), 0, "it is waited for the receipt");
    server.later(seconds(2));
    work(&worker).await;
    assert_eq!(second.sent().len(), 1);
    assert_eq!(first.sent()[0].text, second.sent()[0].text, "never two codes for one request");
    assert_eq!(codes(&server, "handed").await, 1);

    // Late, and twice, and the other one says no: it has arrived.
    assert_eq!(told(&server, "first", "first-1", Outcome::Delivered).await, Noted::Written);
    assert_eq!(told(&server, "first", "first-1", Outcome::Delivered).await, Noted::Known);
    assert_eq!(told(&server, "second", "second-1", Outcome::Undeliverable(Cause::Provider)).await, Noted::Written);
    assert_eq!(told(&server, "first", "first-1", Outcome::Undeliverable(Cause::Full)).await, Noted::Known);
    assert_eq!(codes(&server, "delivered").await, 1);
}

#[tokio::test]
async fn a_receipt_in_time_asks_nobody_else_and_erases_the_text() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    let kept =
        "select count(*) from outbox where purpose = 'recovery_code' and (body is not null or destination is not null)";
    assert_eq!(raw::number(&server.database().url, kept).await, 1, "kept for the second carrier");
    assert_eq!(told(&server, "first", "first-1", Outcome::Delivered).await, Noted::Written);
    assert_eq!(raw::number(&server.database().url, kept).await, 0);
    server.later(minutes(3));
    work(&worker).await;
    assert_eq!(second.sent().len(), 0);
}

#[tokio::test]
async fn what_a_carrier_cannot_do_the_next_one_tries_at_once() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    assert_eq!(told(&server, "first", "first-1", Outcome::Undeliverable(Cause::Unroutable)).await, Noted::Written);
    work(&worker).await;
    assert_eq!(second.sent().len(), 1);
    // And the other's no is the last word.
    assert_eq!(told(&server, "second", "second-1", Outcome::Undeliverable(Cause::Unknown)).await, Noted::Written);
    assert_eq!(codes(&server, "undeliverable").await, 1);
}

#[tokio::test]
async fn a_number_that_nobody_has_is_no_carriers_fault() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    told(&server, "first", "first-1", Outcome::Undeliverable(Cause::UnknownDestination)).await;
    server.later(minutes(5));
    work(&worker).await;
    assert_eq!(second.sent().len(), 0);
    assert_eq!(codes(&server, "undeliverable").await, 1);
}

#[tokio::test]
async fn nothing_is_sent_again_once_the_code_is_dead() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    server.later(minutes(10));
    work(&worker).await;
    assert_eq!(second.sent().len(), 0);
    assert_eq!(codes(&server, "handed").await, 1);
    assert_eq!(raw::number(&server.database().url, "select count(*) from outbox where body is not null").await, 0);
}

#[tokio::test]
async fn a_receipt_that_comes_too_early_is_kept_and_one_of_nothing_is_forgotten() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    assert_eq!(told(&server, "first", "first-1", Outcome::Underway).await, Noted::Early);
    assert_eq!(told(&server, "first", "first-1", Outcome::Delivered).await, Noted::Early);
    assert_eq!(told(&server, "first", "forged", Outcome::Delivered).await, Noted::Early);
    assert_eq!(told(&server, "first", "", Outcome::Delivered).await, Noted::Stranger);
    let nobody = About::Message { id: MessageId("msg_nobody".to_owned()), carrier: None };
    let receipt = Receipt { about: nobody, outcome: Outcome::Delivered, code: None, at: server.app.now() };
    assert_eq!(server.app.receipts.note(&receipt).await.expect("the database works"), Noted::Stranger);

    work(&worker(&server, &[&first, &second])).await;
    assert_eq!(server.app.receipts.settle().await.expect("the database works"), 2);
    assert_eq!(codes(&server, "delivered").await, 1);
    assert_eq!(raw::number(&server.database().url, "select count(*) from early_receipts").await, 1);
    server.later(days(1));
    aikagi::flows::housekeeping::tidy(&server.app).await.expect("the database works");
    assert_eq!(raw::number(&server.database().url, "select count(*) from early_receipts").await, 0);
}

#[tokio::test]
async fn another_carriers_id_moves_nothing() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    work(&worker(&server, &[&first, &second])).await;
    assert_eq!(told(&server, "second", "first-1", Outcome::Delivered).await, Noted::Early);
    server.app.receipts.settle().await.expect("the database works");
    assert_eq!(codes(&server, "delivered").await, 0);
}

#[tokio::test]
async fn a_carrier_is_believed_about_its_own_try_alone() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    work(&worker).await;
    server.later(seconds(91));
    work(&worker).await;
    let id = MessageId(second.sent()[0].id.clone());
    let says = async |carrier: &str| {
        let about = About::Message { id: id.clone(), carrier: Some(carrier.to_owned()) };
        let outcome = Outcome::Undeliverable(Cause::Unknown);
        let receipt = Receipt { about, outcome, code: None, at: server.app.now() };
        server.app.receipts.note(&receipt).await.expect("the database works")
    };
    assert_eq!(says("third").await, Noted::Stranger);
    assert_eq!(says("first").await, Noted::Written);
    assert_eq!(codes(&server, "handed").await, 1, "the second has it");
    assert_eq!(says("second").await, Noted::Written);
    assert_eq!(codes(&server, "undeliverable").await, 1);
}

#[tokio::test]
async fn fifty_receipts_at_once_are_one() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    work(&worker(&server, &[&first, &second])).await;
    let all = (0..50).map(|_| told(&server, "first", "first-1", Outcome::Delivered));
    let noted = futures_util::future::join_all(all).await;
    assert_eq!(noted.iter().filter(|noted| **noted == Noted::Written).count(), 1);
    assert_eq!(codes(&server, "delivered").await, 1);
}

#[tokio::test]
async fn a_carrier_that_fails_again_and_again_is_left_alone() {
    let server = Server::start().await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    first.fail_temporarily(6);
    for n in 0..8 {
        let number = format!("090-1234-56{n:02}");
        server.member(&format!("m{n}"), &[&number]).await;
        server.visitor_at(&format!("198.51.100.{n}")).asks_for_code(&number).await.is(200);
        work(&worker).await;
    }
    assert_eq!(second.sent().len(), 8, "each arrived at once");
    let tries = "select count(*) from handings where carrier = 'first'";
    assert_eq!(raw::number(&server.database().url, tries).await, 5, "five failures, then it is left alone");
}

#[tokio::test]
async fn a_workspace_has_its_own_order_of_carriers_and_its_own_sender() {
    let server = asked_for_a_code().await;
    let (first, second) = two();
    server.sql(r#"update workspaces set carriers = '{"sms":["second","gone"]}', sms_sender = 'SAKURA'"#).await;
    work(&worker(&server, &[&first, &second])).await;
    assert_eq!((first.sent().len(), second.sent().len()), (0, 1));
    assert_eq!(second.sent()[0].sender.as_deref(), Some("SAKURA"));
    // An order of carriers that are all gone is none.
    server.sql(r#"update workspaces set carriers = '{"sms":["gone"]}'"#).await;
    server.visitor_at("198.51.100.9").asks_for_code("090-1234-5678").await.is(200);
    work(&worker(&server, &[&first, &second])).await;
    assert_eq!(first.sent().len(), 1);
}

#[tokio::test]
async fn strangers_use_up_four_fifths_of_a_budget_and_the_rest_is_for_who_was_here_before() {
    let server = Server::start().await;
    let mut budgeted = worker(&server, &[&server.carrier]);
    budgeted.budgets = Budgets { prices: [("JP".to_owned(), 8)].into(), workspace: Some(40), server: None };
    for n in 0..6 {
        let number = format!("090-1234-56{n:02}");
        server.member(&format!("m{n}"), &[&number]).await;
        let page = server.visitor_at(&format!("198.51.100.{n}")).asks_for_code(&number).await;
        page.is(200);
        work(&budgeted).await;
    }
    assert_eq!(server.carrier.sent().len(), 4, "32 of 40");
    assert_eq!(codes(&server, "failed").await, 2);
    let causes = "select count(*) from outbox where cause = 'budget'";
    assert_eq!(raw::number(&server.database().url, causes).await, 2);

    // Administrators hear of it once a day, and of how many.
    let (_, mut owner) = server.keeper("owner", Role::Owner).await;
    sweeps::watch(&server.app).await.expect("the database works");
    owner.get("/w/sakura/admin/alerts").await.says("SMSの予算が終わりました").says("2 通を送れませんでした");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "budget_spent"), 1);

    // Somebody whose device signed in before still gets a code.
    let mut sato = server.signed_in("m0", "198.51.100.77").await;
    sato.post("/w/sakura/sign-out", &[]).await;
    server.carrier.clear();
    sato.asks_for_code("090-1234-5600").await.is(200);
    work(&budgeted).await;
    assert_eq!(server.carrier.sent().len(), 1);
    // The next day begins anew.
    server.later(days(1) + seconds(1));
    server.visitor_at("198.51.100.50").asks_for_code("090-1234-5601").await.is(200);
    work(&budgeted).await;
    assert_eq!(server.carrier.sent().len(), 2);
}

#[tokio::test]
async fn when_the_servers_budget_is_spent_the_operator_and_each_workspace_hear_of_it() {
    let server = Server::start().await;
    let mut budgeted = worker(&server, &[&server.carrier]);
    budgeted.budgets = Budgets { prices: [("JP".to_owned(), 8)].into(), workspace: None, server: Some(10) };
    for (n, login) in ["suzuki", "tanaka", "sato"].into_iter().enumerate() {
        let number = format!("090-1234-560{n}");
        server.member(login, &[&number]).await;
        server.visitor_at(&format!("198.51.100.{n}")).asks_for_code(&number).await.is(200);
    }
    server.member("owner", &["owner@example.jp"]).await;
    server.sql("update members set role = 'owner' where login = 'owner'").await;
    work(&budgeted).await;
    assert_eq!(server.carrier.sent().len(), 1, "8 of 10, of which strangers have 8");
    for _ in 0..2 {
        sweeps::watch(&server.app).await.expect("the database works");
    }
    let letters = server.received("owner@example.jp").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.subject.as_ref().is_some_and(|subject| subject.contains("SMSの予算")), "{letter:?}");
    let dump = server.dump().await;
    let alerts: Vec<_> = raw::rows(&dump, "alerts")
        .iter()
        .map(|alert| (alert["workspace_id"].is_null(), alert["times"].as_i64()))
        .collect();
    assert_eq!(alerts.iter().filter(|alert| alert.0).count(), 1, "the operator's");
    assert_eq!(alerts, [(alerts[0].0, Some(2)), (!alerts[0].0, Some(2))]);
}

#[tokio::test]
async fn codes_to_unconfirmed_numbers_are_held_only_where_the_operator_says_so() {
    for holds in [false, true] {
        let mut config = config();
        config.limits.prefix_unverified_per_hour = 1_000;
        config.limits.network_unproved_per_hour = 1_000;
        config.limits.network_unproved_per_day = 1_000;
        config.limits.contacts_per_kind = 20;
        if holds {
            config.messages.unverified = aikagi::config::Unverified::Hold;
        }
        let server = Server::start_with(config).await;
        server.member("tanaka", &["tanaka@example.jp"]).await;
        let mut tanaka = server.signed_in("tanaka", "198.51.100.7").await;
        let mut waited = 0;
        for n in 0..5 {
            let number = format!("090-1234-56{n:02}");
            let page = tanaka.post("/w/sakura/me/contacts/add-mobile", &[("number", &number)]).await;
            waited += i32::from(page.status.as_u16() == 429);
        }
        assert_eq!(waited, if holds { 2 } else { 0 }, "a sixth of twenty in an hour");
        // Held or not: administrators hear of it, once.
        sweeps::watch(&server.app).await.expect("the database works");
        let dump = server.dump().await;
        assert_eq!(raw::count(&dump, "audit", "action", "unconfirmed_over"), 1);
        let (_, mut owner) = server.keeper("owner", Role::Owner).await;
        owner.get("/w/sakura/admin/alerts").await.says("確認されていない番号への認証番号");
    }
}

#[tokio::test]
async fn the_log_is_found_by_number_and_tells_administrators_the_whole_way() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    let (_, mut admin) = server.keeper("admin", Role::Administrator).await;
    let (_, mut helper) = server.keeper("helper", Role::HelpDesk).await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    let mut phone = server.visitor_at("203.0.113.7");
    let page = phone.asks_for_code("090-1234-5678").await;
    let (_, rest) = page.text.split_once("class=\"reference\"").expect("a reference number");
    let reference =
        rest.split("<strong>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned();
    work(&worker).await;
    told(&server, "first", "first-1", Outcome::Undeliverable(Cause::Full)).await;

    let found = admin.submit("/w/sakura/admin/messages", &[("reference", reference.trim())]).await;
    found.says("受信する場所がいっぱいです").says("first").says("42").says(&tanaka.name);
    let seen = helper.submit("/w/sakura/admin/messages", &[("reference", reference.trim())]).await;
    seen.says("受信する場所がいっぱいです").does_not_say("tanaka").does_not_say("mem_");
    helper.get("/w/sakura/admin/messages").await.is(200).does_not_say("msg_").does_not_say("name=\"login\"");

    let all = admin.submit("/w/sakura/admin/messages", &[("address", "+81 90 1234 5678")]).await;
    all.says("ID・パスワードの確認の認証番号");
    let one = link(&all.text, "/admin/messages/msg_");
    admin.get(&one).await.says("届きませんでした");
    helper.get(&one).await.is(403);
    admin
        .submit("/w/sakura/admin/messages", &[("address", "090-9999-0000")])
        .await
        .says("あてはまるメッセージはありません");
    admin
        .submit("/w/sakura/admin/messages", &[("address", "x")])
        .await
        .says("携帯番号か、メールアドレスを入れてください");
    admin.submit("/w/sakura/admin/messages", &[("login", "nobody")]).await.says("あてはまるメッセージはありません");
    for hostile in ["' or 1=1 --", "\0", "<script>", &"9".repeat(4_000)] {
        admin
            .submit("/w/sakura/admin/messages", &[("reference", hostile), ("state", hostile)])
            .await
            .does_not_say("msg_");
    }

    // Another workspace sees nothing of it.
    let other = server.workspace("ume", "うめ").await;
    let _ = other;
    server.sql("update outbox set workspace_id = 'wsp_other'").await;
    admin.get(&one).await.is(404);
}

#[tokio::test]
async fn whether_a_code_was_typed_is_in_the_log_and_the_code_never_is() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut phone = server.visitor();
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.says("tanaka@sakura");
    let entered =
        "select count(*) from outbox where entered_at is not null and purpose = 'recovery_code' and toward = 'JP'";
    assert_eq!(raw::number(&server.database().url, entered).await, 1);
    let dump = format!("{:?}", server.dump().await);
    assert!(!dump.contains(&code) && !dump.contains("9012345678"), "neither code nor number is kept");
}

#[tokio::test]
async fn a_newer_code_takes_the_older_ones_place_in_the_log() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    let (_, mut admin) = server.keeper("admin", Role::Administrator).await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    let mut phone = server.visitor_at("203.0.113.7");
    phone.asks_for_code("090-1234-5678").await.is(200);
    server.later(minutes(2));
    phone.submit("/recover/resend", &[]).await.is(200);
    // Another attempt at the same number has a code of its own.
    server.visitor_at("203.0.113.8").asks_for_code("090-1234-5678").await.is(200);
    work(&worker).await;
    let mut replaced = 0;
    let list = admin.submit("/w/sakura/admin/messages", &[("login", "tanaka")]).await.text.clone();
    for part in list.split("/admin/messages/msg_").skip(1) {
        let id = part.split('"').next().unwrap_or_default();
        let page = admin.get(&format!("/w/sakura/admin/messages/msg_{id}")).await;
        replaced += usize::from(page.text.contains("新しい認証番号に代わりました"));
    }
    assert_eq!(replaced, 1);

    told(&server, "first", "first-1", Outcome::Undeliverable(Cause::Blocked)).await;
    let rare = admin.submit("/w/sakura/admin/messages", &[("state", "undeliverable")]).await;
    assert_eq!(rare.text.matches("/admin/messages/msg_").count(), 1);
    let page = admin.get(&format!("/w/sakura/admin/members/{}", tanaka.id)).await;
    page.says("最近のメッセージ").says("迷惑メッセージの対策").says("/admin/messages?s=");
}
