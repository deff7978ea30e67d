//! 「ID・パスワードの確認」, as people live through it.

use aikagi::model::{minutes, seconds};

use crate::harness::{NEW_PASSWORD, PASSWORD, Server};

const TANAKA: &str = "+819012345678";

#[tokio::test]
async fn tanaka_forgot_the_password_and_gets_back_in_by_sms() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
    let mut phone = server.visitor();

    phone.asks_for_code("０９０ー１２３４－５６７８").await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.says("tanaka@sakura");
    phone.picks(&tanaka).await.says("4 / 4");
    let door = phone.sets_password(NEW_PASSWORD).await;
    door.says("value=\"tanaka@sakura\"").says("新しいパスワードを決めました");
    assert!(!phone.is_signed_in().await, "no session is given");

    phone.signs_in("tanaka", PASSWORD).await.is(422);
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert!(phone.is_signed_in().await);
}

#[tokio::test]
async fn the_code_may_be_spaced_or_full_width_but_must_be_in_time() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut phone = server.visitor();
    phone.asks_for_code("+81 (0)90-1234-5678").await.is(200);
    let code = server.code_for(TANAKA).await;
    server.later(minutes(10) + seconds(1));
    phone.types_code(&code).await.is(422);

    let mut later = server.visitor_at("198.51.100.8");
    later.asks_for_code("81 90 1234 5678").await.is(200);
    let code = server.code_for(TANAKA).await;
    let wide: String = code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    later.types_code(&format!(" {} {} ", &wide[..12], &wide[12..])).await.says("tanaka@sakura");
}
