//! An owner says from which networks people may come: after a look at what that would do, and never so that they are shut out themselves.

use aikagi::flows::workspaces;
use aikagi::model::{Role, minutes};

use super::DESK;
use super::policy::{hidden, holds};
use crate::harness::{PASSWORD, Server};
use crate::raw;

const PAGE: &str = "/w/sakura/admin/policy/networks";
/// Where the keepers of the stories sit is 192.0.2.5.
const LIST: &str = "192.0.2.0/24\r\n2001:db8:1::/48";

fn lines(n: u32, line: impl Fn(u32) -> String) -> String {
    (0..n).map(line).collect::<Vec<_>>().join("\r\n")
}

fn apply<'a>(list: &'a str, was: &'a str) -> [(&'static str, &'a str); 4] {
    [("who", "all"), ("from", list), ("was", was), ("step", "apply")]
}

async fn present(server: &Server) -> Option<Vec<String>> {
    let workspace = workspaces::by_slug(&server.app, "sakura").await.expect("it works").expect("it is there");
    workspaces::networks_of(&workspace).expect("it reads").map(|list| list.texts())
}

#[tokio::test]
async fn the_page_says_whose_sessions_end_before_they_do() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    server.member("tanaka", &[]).await;
    server.member("suzuki", &[]).await;
    let mut away = server.signed_in("tanaka", "198.51.100.9").await;
    server.signed_in("tanaka", "198.51.100.10").await;
    server.signed_in("suzuki", "198.51.100.11").await;
    server.signed_in("suzuki", "192.0.2.77").await;
    let form = desk.get(PAGE).await;
    form.says("今お使いの場所は 192.0.2.5 です").says("どこからでも");
    let was = hidden(&form, "was");
    let fields = [("who", "all"), ("from", LIST), ("was", &was)];
    let review = desk.post(PAGE, &fields).await;
    review.is(200).says("端末3台（2人）").says("1人は、これまでほかの場所からしか").says("2001:db8:1::/48");
    assert_eq!(present(&server).await, None, "looking changes nothing");
    assert!(away.is_signed_in().await);
    desk.submit(PAGE, &[&fields[..], &[("step", "apply")]].concat())
        .await
        .is(200)
        .says("変えました")
        .says("192.0.2.0/24");
    assert_eq!(present(&server).await.expect("a list"), ["192.0.2.0/24", "2001:db8:1::/48"]);
    assert!(!away.is_signed_in().await && desk.is_signed_in().await);
    desk.get(&format!("{DESK}/history")).await.says("サインインできるネットワークが変わりました").says("192.0.2.0/24");

    // For the desk alone only the desk's sessions count.
    let was = hidden(&desk.get(PAGE).await, "was");
    desk.post(PAGE, &[("who", "desk"), ("from", LIST), ("was", &was)]).await.is(200).says("端末はありません");
    desk.submit(PAGE, &[("who", "everywhere"), ("from", LIST), ("was", &was), ("step", "apply")])
        .await
        .says("変えました");
    assert_eq!(present(&server).await, None);
}

#[tokio::test]
async fn nobody_shuts_themselves_out() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let was = hidden(&desk.get(PAGE).await, "was");
    for who in ["all", "desk"] {
        for step in ["review", "apply"] {
            let page =
                desk.post(PAGE, &[("who", who), ("from", "203.0.113.0/24"), ("was", &was), ("step", step)]).await;
            page.is(422).says("今お使いの場所（192.0.2.5）が入っていません").says("203.0.113.0/24</textarea>");
        }
    }
    // The review was seen at the office, the button is pressed elsewhere.
    desk.post(PAGE, &[("who", "all"), ("from", LIST), ("was", &was)]).await.is(200);
    desk.address.set_ip("198.51.100.9".parse().expect("an address"));
    desk.post(PAGE, &[("who", "all"), ("from", LIST), ("was", &was), ("step", "apply")])
        .await
        .is(422)
        .says("198.51.100.9");
    assert_eq!(present(&server).await, None);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "networks_changed"), 0);
}

#[tokio::test]
async fn what_is_no_list_is_told_line_by_line_and_stays_in_the_form() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let was = hidden(&desk.get(PAGE).await, "was");
    for (typed, says) in [
        ("", "1つ以上"),
        ("192.0.2.0/24 10.0.0.0/33", "「10.0.0.0/33」はネットワークとして読めません"),
        ("192.0.2.5/24", "「192.0.2.0/24」ではありませんか"),
        ("0.0.0.0/0", "すべての場所"),
        ("0.0.0.0/1 128.0.0.0/1", "すべての場所"),
        ("<b>192.0.2.0/24", "&#60;b&#62;192.0.2.0/24"),
    ] {
        let page = desk.post(PAGE, &[("who", "all"), ("from", typed), ("was", &was), ("step", "apply")]).await;
        page.is(422).says(says).does_not_say("<b>");
    }
    let many = lines(101, |n| format!("10.0.{n}.0/24"));
    desk.post(PAGE, &[("who", "all"), ("from", &many), ("was", &was)]).await.is(422).says("100までに");
    let far_too_many = lines(10_000, |n| format!("10.{}.{}.0/24", n / 256, n % 256));
    desk.post(PAGE, &[("who", "all"), ("from", &far_too_many), ("was", &was)]).await.is(413);
    desk.post(PAGE, &[("who", "somebody"), ("from", LIST), ("was", &was)]).await.is(422).says("どれか1つ");
    assert_eq!(present(&server).await, None);
    // A hundred of the longest fit, also when the password is asked for between.
    let longest = lines(99, |n| format!("2001:db8:aaaa:bbbb:cccc:dddd:eeee:{n:04x}/128"));
    let longest = format!("192.0.2.5\r\n{longest}");
    desk.submit(PAGE, &[("who", "all"), ("from", &longest), ("was", &was), ("step", "apply")]).await.says("変えました");
    server.later(minutes(6));
    let was = hidden(&desk.get(PAGE).await, "was");
    let again = desk.post(PAGE, &[("who", "desk"), ("from", &longest), ("was", &was)]).await;
    again.is(200).says("もう一度");
    let carried =
        [("who", "desk"), ("from", &hidden(&again, "from")), ("was", &hidden(&again, "was")), ("again", PASSWORD)];
    desk.post(PAGE, &carried).await.is(200).says("変える前の確認");
}

#[tokio::test]
async fn two_owners_at_once_both_see_what_the_other_did() {
    let server = Server::start().await;
    let (_, mut one) = server.keeper("sato", Role::Owner).await;
    let (_, mut two) = server.keeper("ito", Role::Owner).await;
    let (was_one, was_two) = (hidden(&one.get(PAGE).await, "was"), hidden(&two.get(PAGE).await, "was"));
    one.submit(PAGE, &apply("192.0.2.0/24", &was_one)).await.says("変えました");
    let page = two.post(PAGE, &apply("192.0.2.0/25", &was_two)).await;
    page.is(422).says("ほかの管理者が変えたか").says("<code>192.0.2.0/24</code>").says("192.0.2.0/25</textarea>");
    assert_eq!(present(&server).await.expect("a list"), ["192.0.2.0/24"]);
    two.submit(PAGE, &apply("192.0.2.0/25", &hidden(&page, "was"))).await.says("変えました");
    assert_eq!(present(&server).await.expect("a list"), ["192.0.2.0/25"]);
    // Another's sealed form, or one made up, is no basis.
    let page = two.post(PAGE, &apply("192.0.2.0/26", &hidden(&one.get(PAGE).await, "was"))).await;
    holds(&page, 422);
    holds(&two.post(PAGE, &apply("192.0.2.0/26", "x")).await, 422);
    assert_eq!(present(&server).await.expect("a list"), ["192.0.2.0/25"]);
}
