//! A lost browser gives up what it holds when it comes next, says so, and nobody else's ever does.

use aikagi::flows::housekeeping;
use aikagi::model::{Role, days, minutes};

use crate::devices::device;
use crate::harness::{Browser, PASSWORD, Page, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const MAIL: &str = "ichiro@example.jp";
const LOST: &str = "/w/sakura/me/lost";
const DOOR: &str = "/w/sakura/sign-in";
const PHONE_AT: &str = "198.51.100.7";

/// A member whose telephone is lost, and their computer; the device's id.
pub async fn with_a_lost_phone(server: &Server) -> (Browser, Browser, String) {
    server.member("tanaka", &[NUMBER, MAIL]).await;
    let phone = server.signed_in("tanaka", PHONE_AT).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let id = device(&mut own, PHONE_AT).await;
    own.submit(LOST, &[("kind", "stolen"), (&format!("device_{id}"), "on")]).await.is(200);
    (phone, own, id)
}

/// What the browser reports back with.
pub fn token(page: &Page) -> String {
    let at = page.text.find("akx_").expect("something to report with");
    page.text[at..][..69].to_owned()
}

async fn states(server: &Server) -> Vec<(String, String)> {
    let rows = raw::rows(&server.dump().await, "wipes").to_vec();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    rows.iter().map(|row| (text(&row["state"]), text(&row["cause"]))).collect()
}

fn is(state: &str, cause: &str) -> Vec<(String, String)> {
    vec![(state.to_owned(), cause.to_owned())]
}

#[tokio::test]
async fn a_lost_browser_is_told_when_it_comes_and_reports_back() {
    let server = Server::start().await;
    let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
    phone.open(DOOR).await.is(200).does_not_say("データを消しています");
    own.get(LOST).await.says("残ったデータを消す");
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.says("端末がつながるのを待っています");
    let page = phone.open(DOOR).await;
    page.is(200).says("この端末のデータを消しています");
    assert_eq!(page.headers["clear-site-data"], "\"cache\", \"storage\"");
    own.get(LOST).await.says("端末に伝えました");
    // It comes again before it reported: told again.
    let page = phone.open(DOOR).await;
    let fields = [("token", &*token(&page)), ("seen", "yes"), ("left", "0")];
    phone.submit("/wiped", &fields).await.is(200).says("この端末のデータを消しました");
    assert!(!phone.cookies.keys().any(|name| name.contains("_d") || name.contains("_s_")), "{:?}", phone.cookies);
    own.get(LOST)
        .await
        .says("消えたことを確かめました")
        .says("データを消したと知らせてきました")
        .does_not_say("残ったデータを消す</button>");
    assert_eq!(states(&server).await, is("confirmed", "-"));
    // What comes from it now comes from a browser that nobody knows.
    phone.open(DOOR).await.is(200).does_not_say("データを消しています");
}

#[tokio::test]
async fn what_it_reports_is_told_as_it_is() {
    for (seen, left, state, cause) in
        [("yes", "2", "failed", "not_removed"), ("yes", "x", "failed", "not_removed"), ("no", "", "failed", "unseen")]
    {
        let server = Server::start().await;
        let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
        own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
        let page = phone.open(DOOR).await;
        phone.submit("/wiped", &[("token", &token(&page)), ("seen", seen), ("left", left)]).await.is(200);
        assert_eq!(states(&server).await, is(state, cause));
        own.get(LOST).await.says("確かめられませんでした").says("残ったデータを消す");
    }
}

#[tokio::test]
async fn nobody_is_told_or_reports_in_anothers_name() {
    let server = Server::start().await;
    let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
    server.member("sato", &[]).await;
    let mut sato = server.signed_in("sato", "192.0.2.9").await;
    // Somebody else's device, one that is not lost, one that there is not.
    let own_device = device(&mut own, "203.0.113.5").await;
    let theirs = device(&mut sato, "192.0.2.9").await;
    for other in [&*theirs, &*own_device, "dev_00000000000000000000000000", ""] {
        own.submit(&format!("{LOST}/wipe"), &[("device", other)]).await.does_not_say("つながるのを待っています");
    }
    sato.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await;
    assert!(states(&server).await.is_empty());
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
    // No other browser is told, and none reports: not with another's secret, not with a token that was replaced, not twice.
    for other in [&mut sato, &mut own, &mut server.visitor()] {
        other.get("/wiped").await.does_not_say("データを消しています");
    }
    let old = token(&phone.get("/wiped").await);
    let new = token(&phone.get("/wiped").await);
    sato.submit("/wiped", &[("token", &new), ("seen", "yes"), ("left", "0")]).await.does_not_say("消しました");
    let mut stranger = server.visitor();
    stranger.submit("/wiped", &[("token", &new), ("seen", "yes"), ("left", "0")]).await.does_not_say("消しました");
    phone.post("/wiped", &[("token", &old), ("seen", "yes"), ("left", "0")]).await.does_not_say("消しました");
    assert_eq!(states(&server).await, is("sent", "-"));
    let kept = phone.cookies.clone();
    phone.submit("/wiped", &[("token", &new), ("seen", "yes"), ("left", "3")]).await.is(200);
    phone.cookies = kept;
    phone.submit("/wiped", &[("token", &new), ("seen", "yes"), ("left", "0")]).await.does_not_say("消しました");
    assert_eq!(states(&server).await, is("failed", "not_removed"));
    assert!(sato.is_signed_in().await);
}

#[tokio::test]
async fn a_device_that_is_found_is_told_nothing_any_more() {
    let server = Server::start().await;
    let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
    let mail = own.contact(MAIL).await;
    server.later(minutes(1));
    own.proves_again(&server, &mail, MAIL).await.is(200);
    own.submit(&format!("{LOST}/found"), &[]).await.says("元にもどしました");
    assert_eq!(states(&server).await, is("impossible", "found"));
    phone.open(DOOR).await.does_not_say("データを消しています");
    phone.signs_in("tanaka", PASSWORD).await.is(200);
    // Lost once more, it is asked for anew.
    assert!(phone.is_signed_in().await);
}

#[tokio::test]
async fn whoever_else_is_signed_in_there_is_signed_out_when_it_is_told() {
    let server = Server::start().await;
    let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
    server.member("sato", &[]).await;
    phone.signs_in("sato", PASSWORD).await.is(200);
    assert!(phone.is_signed_in().await);
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
    assert!(phone.is_signed_in().await, "it was not told yet");
    let kept = phone.cookies.clone();
    phone.open(DOOR).await.says("データを消しています");
    phone.cookies = kept;
    assert!(!phone.is_signed_in().await);
}

#[tokio::test]
async fn the_desk_asks_takes_back_and_is_refused_above_its_rank() {
    let server = Server::start().await;
    let (mut phone, mut own, id) = with_a_lost_phone(&server).await;
    let tanaka = server.reload(&server.member("unused", &[]).await).await;
    drop(tanaka);
    let (_, mut boss) = server.keeper("suzuki", Role::Administrator).await;
    let member = {
        let page = boss.get("/w/sakura/admin/members").await;
        let at = page.text.find("tanaka").expect("listed");
        let before = &page.text[..at];
        before[before.rfind("mem_").expect("an id")..][..30].to_owned()
    };
    let desk = format!("/w/sakura/admin/members/{member}/lost");
    // Many at once ask for it: it is asked for once.
    for _ in 0..3 {
        boss.submit(&format!("{desk}/wipe"), &[("device", &id)]).await.says("端末がつながるのを待っています");
    }
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
    assert_eq!(states(&server).await, is("queued", "-"));
    let page = boss.get(&desk).await;
    let at = page.text.find("/wipes/wip_").expect("a button") + "/wipes/".len();
    let wipe = page.text[at..][..30].to_owned();
    boss.submit(&format!("{desk}/wipes/{wipe}/take-back"), &[]).await.says("取り消しました");
    assert_eq!(states(&server).await, is("impossible", "taken_back"));
    phone.open(DOOR).await.does_not_say("データを消しています");
    boss.submit(&format!("{desk}/wipes/{wipe}/take-back"), &[]).await.says("することがありませんでした");
    // What was told is not taken back, and one that never comes ends by itself.
    boss.submit(&format!("{desk}/wipe"), &[("device", &id)]).await.is(200);
    phone.open(DOOR).await.says("データを消しています");
    let page = boss.get(&desk).await;
    assert!(!page.text.contains("take-back"), "{}", page.main());
    server.later(days(91));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(states(&server).await.contains(&("failed".to_owned(), "not_reached".to_owned())));
    phone.open(DOOR).await.does_not_say("データを消しています");
}

#[tokio::test]
async fn nobody_asks_for_more_than_twenty_in_an_hour() {
    let server = Server::start().await;
    let (_, mut own, id) = with_a_lost_phone(&server).await;
    for _ in 0..20 {
        own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.says("データを消します");
    }
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)])
        .await
        .does_not_say("次につながったときに、データを消します");
    server.later(minutes(61));
    own.signs_in("tanaka", PASSWORD).await.is(200);
    own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.says("データを消します");
    assert_eq!(states(&server).await.len(), 1);
}
