//! The machine's clock is set: an hour back, a day forward. Nothing lives longer for it, and nothing that was acknowledged is lost.

use aikagi::flows::housekeeping;
use aikagi::model::{days, hours, minutes};

use crate::harness::{NEW_PASSWORD, PASSWORD, Server};
use crate::raw;

const NUMBER: &str = "+819012345678";

#[tokio::test]
async fn set_back_an_hour_no_code_lives_and_people_begin_anew() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut waits = server.visitor_at("198.51.100.20");
    waits.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(NUMBER).await;
    let mut proved = server.visitor_at("198.51.100.21");
    proved.asks_for_code("090-1234-5678").await.is(200);
    let other = server.code_for(NUMBER).await;
    proved.types_code(&other).await.says("tanaka@sakura");
    proved.picks(&tanaka).await.says("4 / 4");
    // One that no carrier took yet.
    let mut unsent = server.visitor_at("198.51.100.22");
    unsent.asks_for_code_by_email("ichiro@example.jp", "").await.is(200);
    let sent = server.carrier.sent().len();

    server.clock.turn_back(hours(1));
    housekeeping::clock_went_back(&server.app).await.expect("the database works");

    waits.types_code(&code).await.does_not_say("tanaka@sakura");
    proved.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
    server.deliver().await;
    let late: Vec<_> = server.carrier.sent().into_iter().skip(sent).filter(|l| l.purpose.ends_with("code")).collect();
    assert!(late.is_empty(), "a code that opens nothing was sent: {late:?}");
    assert!(own.is_signed_in().await);
    server.later(hours(1));
    server.deliver().await;
    let late: Vec<_> = server.carrier.sent().into_iter().skip(sent).filter(|l| l.purpose.ends_with("code")).collect();
    assert!(late.is_empty(), "a code that opens nothing was sent when its hour came again: {late:?}");
    // Anew it goes as ever.
    let mut anew = server.visitor_at("198.51.100.23");
    anew.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(NUMBER).await;
    anew.types_code(&code).await.says("tanaka@sakura");
    anew.picks(&tanaka).await.says("4 / 4");
    anew.sets_password(NEW_PASSWORD).await.says("新しいパスワードを決めました");
    server.visitor().signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

#[tokio::test]
async fn whoever_mistyped_before_the_clock_went_back_waits_no_longer_than_ever() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut own = server.visitor();
    own.signs_in("tanaka", "wrong").await.is(422);
    server.clock.turn_back(hours(1));
    housekeeping::clock_went_back(&server.app).await.expect("the database works");
    server.later(minutes(16));
    own.signs_in("tanaka", PASSWORD).await.is(200);
    assert!(own.is_signed_in().await);
}

#[tokio::test]
async fn set_forward_a_day_codes_are_over_and_no_message_comes_late() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut phone = server.visitor_at("198.51.100.20");
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(NUMBER).await;
    let mut unsent = server.visitor_at("198.51.100.21");
    unsent.asks_for_code("090-1234-5678").await.is(200);
    let sent = server.carrier.sent().len();
    server.later(days(1));
    server.deliver().await;
    assert_eq!(server.carrier.sent().len(), sent, "a code came a day late");
    phone.types_code(&code).await.does_not_say("tanaka@sakura");
    // And back where it belongs: what was over stays over.
    server.clock.turn_back(hours(24));
    housekeeping::clock_went_back(&server.app).await.expect("the database works");
    phone.types_code(&code).await.does_not_say("tanaka@sakura");
    server.visitor().signs_in("tanaka", PASSWORD).await.is(200);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "outbox", "state", "waiting"), 0);
}
