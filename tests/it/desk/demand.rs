//! A new password that an administrator demands or asks for, by the pages.

use aikagi::model::{Role, minutes};

use super::DESK;
use crate::harness::{NEW_PASSWORD, PASSWORD, Server};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";

#[tokio::test]
async fn a_forced_change_sends_a_secret_that_nobody_at_the_desk_sees() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let choice = desk.get(&format!("{page}/force")).await;
    choice.says("090-••••-5678").says("サインイン中の端末（1台）");
    let to = choice.text[choice.text.find("con_").expect("a contact")..].split_once('"').expect("an end").0.to_owned();
    let done = desk.submit(&format!("{page}/force"), &[("to", &to), ("hours", "4")]).await;
    done.says("仮パスワードを送りました").says("強制変更中");
    assert!(!own.is_signed_in().await);
    own.signs_in("tanaka", PASSWORD).await.does_not_say("ホーム");

    let mut letters = server.received(TANAKA).await;
    letters.extend(server.received(MAIL).await);
    let purposes: Vec<_> = letters.iter().map(|letter| letter.purpose.as_str()).collect();
    assert_eq!(purposes.iter().filter(|purpose| **purpose == "forced_change").count(), 1, "{purposes:?}");
    assert_eq!(purposes.len(), 2, "the other contact has a notice: {purposes:?}");
    let secret = letters.iter().find(|letter| letter.purpose == "forced_change").expect("a secret");
    let secret = secret.text.split_whitespace().find(|word| word.matches('-').count() == 5).expect("six groups");
    assert!(!done.text.contains(secret), "the desk does not see it");
    own.signs_in("tanaka", secret).await.says("新しいパスワード");

    // What cannot be is refused, and changes nothing.
    for (to, hours, status) in [("con_other", "1", 303), ("", "0", 400), ("", "25", 400), ("", "x", 400)] {
        desk.post(&format!("{page}/force"), &[("to", to), ("hours", hours)]).await.is(status);
    }
    let alone = server.member("alone", &[]).await;
    let page = format!("{DESK}/members/{}/force", alone.id);
    desk.get(&page).await.says("送れる連絡先がありません");
    desk.submit(&page, &[]).await.says("送れる連絡先がありません");
    own.signs_in("alone", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_requested_change_waits_for_the_next_sign_in() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    server.later(minutes(1));
    let page = format!("{DESK}/members/{}", tanaka.id);
    desk.get(&format!("{page}/request")).await.says("次のサインインで");
    desk.submit(&format!("{page}/request"), &[]).await.says("変更を求めます").says("次のサインインで変更");
    assert!(own.is_signed_in().await, "a running session goes on");
    let mut phone = server.visitor_at("198.51.100.77");
    phone.signs_in("tanaka", PASSWORD).await.says("新しいパスワード");
    assert!(!phone.is_signed_in().await, "nothing else is open");
    phone.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    assert!(phone.is_signed_in().await);
    desk.submit(&format!("{page}/request"), &[]).await.says("変更を求めます");
}
