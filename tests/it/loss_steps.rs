//! The steps of an open case at the desk: one button each, taken once however often it is pressed.

use aikagi::model::{Role, minutes};
use aikagi::store::members::Member;

use crate::devices::device;
use crate::harness::{Browser, PASSWORD, Page, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";
const PHONE_AT: &str = "198.51.100.7";

/// A case about tanaka's stolen telephone and its number, an administrator who opened it, and its address.
async fn a_case(server: &Server) -> (Member, Browser, String) {
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut phone = server.signed_in("tanaka", PHONE_AT).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let device = format!("device_{}", device(&mut phone, PHONE_AT).await);
    let contact = format!("contact_{}", phone.contact(NUMBER).await);
    let case = format!("/w/sakura/admin/members/{}/lost", tanaka.id);
    desk.submit(&case, &[("kind", "stolen"), (&*device, "on"), (&*contact, "on")]).await.is(200);
    (tanaka, desk, case)
}

/// What the page of the case says about when the step was done last.
async fn seen(desk: &mut Browser, case: &str, step: &str) -> String {
    let page = desk.get(case).await;
    let form = page.text.split_once(&format!("/steps/{step}\"")).unwrap_or_else(|| panic!("no {step}")).1;
    let field = form.split_once("name=\"seen\" value=\"").expect("a field").1;
    field.split_once('"').expect("a value").0.to_owned()
}

async fn takes(desk: &mut Browser, case: &str, step: &str) -> Page {
    let seen = seen(desk, case, step).await;
    desk.submit(&format!("{case}/steps/{step}"), &[("seen", &seen)]).await
}

#[tokio::test]
async fn each_step_is_one_button_and_the_account_ends_with_a_new_password() {
    let server = Server::start().await;
    let (tanaka, mut desk, case) = a_case(&server).await;
    let mut computer = server.signed_in("tanaka", "203.0.113.5").await;
    takes(&mut desk, &case, "hold").await.says("に行いました");
    assert!(!computer.is_signed_in().await);
    assert!(server.reload(&tanaka).await.held_at.is_some());
    takes(&mut desk, &case, "sign_out").await.says("に行いました");
    takes(&mut desk, &case, "void").await.says("認証番号やトークンを無効にしました");
    // It opens what was held, for the secret alone, which goes where nothing is lost.
    let before = server.received(TANAKA).await.len();
    takes(&mut desk, &case, "password").await.says("に行いました");
    assert!(server.reload(&tanaka).await.held_at.is_none());
    server.visitor().signs_in("tanaka", PASSWORD).await.does_not_say("サインアウト");
    let letters = server.received(MAIL).await;
    assert!(letters.iter().any(|letter| letter.purpose == "forced_change"), "{letters:?}");
    let to_phone = server.received(TANAKA).await;
    assert!(to_phone[before..].iter().all(|letter| letter.purpose != "forced_change"));
    // Voiding once more leaves the secret that is under way.
    takes(&mut desk, &case, "void").await.is(200);
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "forced_changes").iter().any(|row| row["ended_at"].is_null()), "the secret lives");
}

#[tokio::test]
async fn two_who_press_the_same_button_at_once_do_it_once() {
    let server = Server::start().await;
    let (_, mut desk, case) = a_case(&server).await;
    for step in ["void", "sign_out", "password"] {
        let seen = seen(&mut desk, &case, step).await;
        let all = (0..20).map(|_| {
            let (mut desk, case, seen) = (desk.clone(), case.clone(), seen.clone());
            tokio::spawn(async move { desk.post(&format!("{case}/steps/{step}"), &[("seen", &seen)]).await.status })
        });
        for one in all.collect::<Vec<_>>() {
            assert_eq!(one.await.expect("no panic"), 303);
        }
    }
    let dump = server.dump().await;
    for deed in ["loss_voided", "signed_out_by_desk", "change_forced"] {
        assert_eq!(raw::count(&dump, "audit", "action", deed), 1, "{deed}");
    }
    let told = server.received(MAIL).await.iter().filter(|letter| letter.purpose == "signed_out").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn the_member_is_told_again_but_not_at_once() {
    let server = Server::start().await;
    let (_, mut desk, case) = a_case(&server).await;
    let told = async || server.received(MAIL).await.iter().filter(|one| one.purpose == "loss_reported").count();
    assert_eq!(told().await, 1);
    takes(&mut desk, &case, "tell").await.says("することがありませんでした");
    server.later(minutes(11));
    let again = seen(&mut desk, &case, "tell").await;
    desk.submit(&format!("{case}/steps/tell"), &[("seen", &again), ("again", PASSWORD)]).await.is(200);
    assert_eq!(told().await, 2);
}

#[tokio::test]
async fn a_step_outside_a_case_by_others_and_of_another_name_is_none() {
    let server = Server::start().await;
    let (tanaka, mut desk, case) = a_case(&server).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let (_, mut helper) = server.keeper("kato", Role::HelpDesk).await;
    for step in ["hold", "suspend", "sign_out", "void", "password", "tell"] {
        let at = format!("{case}/steps/{step}");
        own.post(&at, &[("seen", "")]).await.is(403);
        helper.post(&at, &[("seen", "")]).await.is(403);
        desk.post(&at.replace(tanaka.id.as_str(), "mem_00000000000000000000000000"), &[]).await.is(404);
        desk.post(&at, &[("seen", "yesterday")]).await.is(400);
        desk.submit(&at, &[("seen", "12")]).await.says("することがありませんでした");
    }
    desk.post(&format!("{case}/steps/wipe"), &[("seen", "")]).await.is(404);
    desk.submit(&format!("{case}/close"), &[]).await.is(200);
    desk.submit(&format!("{case}/steps/void"), &[("seen", "")]).await.says("することがありませんでした");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "loss_voided"), 0);
    assert!(own.is_signed_in().await);
}

#[tokio::test]
async fn without_a_contact_that_counts_nothing_is_opened() {
    let server = Server::start().await;
    let (tanaka, mut desk, case) = a_case(&server).await;
    takes(&mut desk, &case, "suspend").await.is(200);
    server.sql(&format!("delete from contacts where member_id = '{}' and lost_in is null", tanaka.id)).await;
    takes(&mut desk, &case, "password").await.is(200);
    let now = server.reload(&tanaka).await;
    assert_eq!(now.state.as_str(), "suspended");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "change_forced"), 0);
}

#[tokio::test]
async fn the_member_closes_the_own_case_by_a_contact_that_is_not_lost() {
    let server = Server::start().await;
    let (_, mut desk, case) = a_case(&server).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    own.submit("/w/sakura/me/lost/close", &[]).await.says("認証番号を送る");
    assert!(raw::rows(&server.dump().await, "incidents")[0]["ended_at"].is_null());
    let mail = own.contact(MAIL).await;
    server.later(minutes(1));
    own.proves_again(&server, &mail, MAIL).await.is(200);
    own.submit("/w/sakura/me/lost/close", &[]).await.says("対応を終えました");
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "incidents")[0]["outcome"], "closed");
    assert!(raw::rows(&dump, "contacts").iter().any(|row| !row["lost_in"].is_null()), "it stays lost");
    own.submit("/w/sakura/me/lost/close", &[]).await.says("することがありませんでした");
    desk.get(&case).await.says("見つかった").does_not_say("対応を終える");
}
