//! A contact whose newest messages came back reaches nobody: the round finds it, the desk lists it, the member is asked, and a code that is typed ends it. It is never taken
//! out of use.

use aikagi::flows::desk::nudge;
use aikagi::flows::readiness::go_round;
use aikagi::model::{Cause, Readiness, Role, days, minutes};
use aikagi::store::members::Member;

use super::DESK;
use crate::harness::Server;
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";

/// The carrier refuses the next code to this number for this cause.
async fn bounces(server: &Server, number: &str, cause: Cause) {
    server.later(days(1));
    server.visitor().asks_for_code(number).await.is(200);
    server.carrier.refuse_for(cause);
    server.deliver().await;
    server.carrier.refuse(false);
}

async fn judged(server: &Server, member: &Member) -> Readiness {
    server.later(minutes(1));
    go_round(&server.app).await.expect("the database works").expect("nobody else is at it");
    server.reload(member).await.readiness
}

#[tokio::test]
async fn a_number_that_nobody_has_any_more_is_found_and_a_typed_code_ends_it() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Ready);
    bounces(&server, NUMBER, Cause::Unroutable).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Ready, "the carrier is to blame");
    bounces(&server, NUMBER, Cause::UnknownDestination).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Bounced);

    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = desk.get(&format!("{DESK}/readiness")).await;
    page.says("連絡先に届かない").says("/readiness/of/bounced");
    assert_eq!(desk.get(&format!("{DESK}/readiness/of/bounced")).await.logins(), ["tanaka"]);
    desk.get(&format!("{DESK}/members/{}", tanaka.id)).await.says("連絡先に届かない");
    let csv = desk.post(&format!("{DESK}/readiness/export"), &[("reason", "bounced")]).await;
    assert!(csv.text.contains("tanaka"), "{}", csv.text);
    desk.submit(&format!("{DESK}/readiness/of/bounced/nudge"), &[]).await.is(200);
    while nudge::work(&server.app).await.expect("the database works") {}
    assert_eq!(raw::count(&server.dump().await, "nudges", "member_id", tanaka.id.as_str()), 1);

    // Nothing was taken away: the number still recovers, should a message arrive.
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    own.get("/w/sakura/me/contacts").await.says("届きません");
    let mut phone = server.visitor_at("203.0.113.50");
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Bounced, "that it was handed over says nothing");
    phone.types_code(&code).await.says("tanaka@sakura");
    assert_eq!(judged(&server, &tanaka).await, Readiness::Ready);
    own.get("/w/sakura/me/contacts").await.does_not_say("届きません");
}

#[tokio::test]
async fn what_passes_must_have_been_twice_and_another_contact_is_enough() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let sato = server.member("sato", &["080-1111-2222", "sato@example.jp"]).await;
    bounces(&server, NUMBER, Cause::Full).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Ready);
    bounces(&server, NUMBER, Cause::Unreachable).await;
    assert_eq!(judged(&server, &tanaka).await, Readiness::Bounced);
    bounces(&server, "080-1111-2222", Cause::NotMobile).await;
    assert_eq!(judged(&server, &sato).await, Readiness::Ready, "the address still reaches them");

    // Confirmed anew by its owner, all that was before is forgotten.
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let contact = own.contact(NUMBER).await;
    own.proves_again(&server, &contact, TANAKA).await.is(200);
    assert_eq!(judged(&server, &tanaka).await, Readiness::Ready);
}
