//! How much is allowed, number by number: for whoever asks, for whoever is asked for, and for the neighbours of both.

use aikagi::model::{days, hours, minutes, seconds};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures_util::FutureExt as _;

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server, config, form};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const WRONG: &str = "00000000";

/// Asks for a code from a network that asked for nothing yet. Answers the status and `Retry-After`.
async fn asks(server: &Server, from: u32, path: &str, number: &str) -> (u16, i64) {
    let mut browser = server.visitor_at(&format!("203.{}.{}.7", from / 250, from % 250));
    asks_with(&mut browser, path, number).await
}

async fn asks_with(browser: &mut Browser, path: &str, number: &str) -> (u16, i64) {
    let page = browser.post(path, &[("number", number)]).await;
    let wait = page.headers.get(header::RETRY_AFTER).map_or(0, seconds_of);
    (page.status.as_u16(), wait)
}

fn seconds_of(value: &header::HeaderValue) -> i64 {
    value.to_str().expect("ASCII").parse().expect("a number")
}

const GOES: (u16, i64) = (303, 0);

#[tokio::test]
async fn a_number_gets_three_codes_in_a_quarter_five_in_an_hour_ten_in_a_day() {
    let server = Server::start().await;
    for number in [NUMBER, "090-5555-0000"] {
        if number == NUMBER {
            server.member("tanaka", &[NUMBER]).await;
        }
        let mut from = 0;
        let mut ask = async || {
            from += 1;
            asks(&server, from, "/recover/mobile", number).await
        };
        for _ in 0..3 {
            assert_eq!(ask().await, GOES);
        }
        assert_eq!(ask().await, (429, 900));
        server.later(minutes(15));
        assert_eq!(ask().await, GOES);
        assert_eq!(ask().await, GOES);
        assert_eq!(ask().await, (429, 2_700), "five in this hour");
        server.later(minutes(45));
        for _ in 0..3 {
            assert_eq!(ask().await, GOES);
        }
        server.later(minutes(15));
        for _ in 0..2 {
            assert_eq!(ask().await, GOES);
        }
        server.later(hours(1));
        assert_eq!(ask().await.0, 429, "ten in this day");
        server.later(hours(22));
        assert_eq!(ask().await, GOES, "a new day");
        server.later(days(2));
    }
}

#[tokio::test]
async fn a_device_that_signed_in_before_has_a_reserve_of_three() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    for from in 0..3 {
        assert_eq!(asks(&server, from, "/recover/mobile", NUMBER).await, GOES);
    }
    assert_eq!(asks(&server, 9, "/recover/mobile", NUMBER).await.0, 429);
    for _ in 0..3 {
        assert_eq!(asks_with(&mut own, "/recover/mobile", NUMBER).await, GOES);
    }
    assert_eq!(asks_with(&mut own, "/recover/mobile", NUMBER).await.0, 429);
    assert_eq!(server.received(TANAKA).await.len(), 6);
}

#[tokio::test]
async fn another_members_device_is_a_strangers() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    server.member("sato", &["090-9999-0000"]).await;
    let mut satos = server.signed_in("sato", "198.51.100.8").await;
    for from in 0..3 {
        assert_eq!(asks(&server, from, "/recover/mobile", NUMBER).await, GOES);
    }
    assert_eq!(asks_with(&mut satos, "/recover/mobile", NUMBER).await.0, 429);
    // A cookie that only looks like a device's is no device.
    let mut forged = server.visitor_at("203.0.113.66");
    let token = satos.cookies["aikagi_d"].clone();
    forged.cookies.insert("aikagi_d".to_owned(), format!("{}{}", &token[..token.len() - 4], "0000"));
    assert_eq!(asks_with(&mut forged, "/recover/mobile", NUMBER).await.0, 429);
}

#[tokio::test]
async fn another_workspaces_page_does_not_use_up_this_ones_codes() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    server.workspace("ume", "うめ商店").await;
    for (place, path) in ["/w/ume/recover/mobile", "/recover/mobile", "/w/sakura/recover/mobile"].iter().enumerate() {
        for n in 0..3 {
            assert_eq!(asks(&server, u32::try_from(place).unwrap() * 10 + n, path, NUMBER).await, GOES, "{path}");
        }
        assert_eq!(asks(&server, 99, path, NUMBER).await.0, 429, "{path}");
    }
}

#[tokio::test]
async fn three_attempts_for_a_number_wait_for_their_codes_at_once() {
    let mut config = config();
    config.limits.sends_per_15_minutes = 1_000;
    config.limits.sends_per_hour = 1_000;
    config.limits.sends_per_day = 1_000;
    let server = Server::start_with(config).await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    for (n, number) in [(10, NUMBER), (50, "090-5555-0000")] {
        for from in 0..3 {
            assert_eq!(asks(&server, n + from, "/recover/mobile", number).await, GOES);
            server.later(minutes(1));
        }
        assert_eq!(asks(&server, n + 3, "/recover/mobile", number).await, (429, 420), "{number}");
        assert_eq!(asks(&server, n + 4, "/w/sakura/recover/mobile", number).await, GOES, "another page");
        server.later(minutes(7));
        assert_eq!(asks(&server, n + 5, "/recover/mobile", number).await, GOES, "the first has ended");
        assert_eq!(asks(&server, n + 6, "/recover/mobile", number).await.0, 429, "{number}");
    }
    server.later(hours(1));
    for from in 0..3 {
        assert_eq!(asks(&server, 90 + from, "/recover/mobile", NUMBER).await, GOES);
    }
    server.later(minutes(1));
    assert_eq!(asks_with(&mut own, "/recover/mobile", NUMBER).await, GOES, "one's own device has a reserve");
    // A code that was typed waits no longer.
    own.types_code(&server.code_for(TANAKA).await).await.says("tanaka@sakura");
    assert_eq!(asks(&server, 99, "/recover/mobile", NUMBER).await.0, 429);
}

#[tokio::test]
async fn a_network_may_ask_five_times_an_hour_and_ten_times_a_day_without_typing_a_code() {
    let server = Server::start().await;
    let mut browser = server.visitor();
    let mut asked = 0;
    let mut ask = async || {
        asked += 1;
        asks_with(&mut browser, "/recover/mobile", &format!("090-5555-{asked:04}")).await
    };
    for _ in 0..5 {
        assert_eq!(ask().await, GOES);
    }
    assert_eq!(ask().await, (429, 3_600));
    server.later(hours(1));
    for _ in 0..5 {
        assert_eq!(ask().await, GOES);
    }
    server.later(hours(1));
    assert_eq!(ask().await.0, 429, "ten in this day");
    assert_eq!(asks(&server, 1, "/recover/mobile", NUMBER).await, GOES, "another network");
}

#[tokio::test]
async fn a_code_that_was_typed_does_not_count_against_its_network() {
    let server = Server::start().await;
    for n in 0..12 {
        let number = format!("090-1234-{n:04}");
        server.member(&format!("m{n}"), &[&number]).await;
        // A branch office behind one address: everybody gets back in.
        let mut browser = server.visitor();
        browser.asks_for_code(&number).await.says("2 / 4");
        let code = server.code_for(&format!("+8190{}", &number[4..].replace('-', ""))).await;
        browser.types_code(&code).await.says(&format!("m{n}@sakura"));
    }
}

#[tokio::test]
async fn a_household_has_one_64_and_a_site_one_48() {
    let server = Server::start().await;
    let mut asked = 0;
    let mut ask = async |address: &str| {
        asked += 1;
        let mut browser = server.visitor_at(address);
        asks_with(&mut browser, "/recover/mobile", &format!("090-5555-{asked:04}")).await.0
    };
    for n in 0..5 {
        assert_eq!(ask(&format!("2001:db8:1:2::{n:x}")).await, 303);
    }
    assert_eq!(ask("2001:db8:1:2:ffff::1").await, 429, "the same /64");
    for net in 3..18 {
        assert_eq!(ask(&format!("2001:db8:1:{net:x}::1")).await, 303, "another /64 of the same /48");
    }
    assert_eq!(ask("2001:db8:1:ffff::1").await, 429, "the /48 has had its twenty");
    assert_eq!(ask("2001:db8:2::1").await, 303, "another /48");
    assert_eq!(ask("::ffff:203.0.113.9").await, 303);
    for _ in 0..4 {
        assert_eq!(ask("203.0.113.9").await, 303);
    }
    assert_eq!(ask("::ffff:203.0.113.9").await, 429, "one IPv4 address in two spellings");
}

#[tokio::test]
async fn only_a_trusted_proxy_speaks_for_others() {
    let mut behind = config();
    behind.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let server = Server::start_with(behind).await;
    let mut asked = 0;
    let mut ask = async |peer: &str, forwarded: &str| {
        asked += 1;
        let mut browser = server.visitor_at(peer);
        let csrf = browser.csrf().await;
        let body = form(&[("csrf", &csrf), ("number", &format!("090-5555-{asked:04}"))]);
        let request = Request::post("/recover/mobile")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-forwarded-for", forwarded)
            .body(Body::from(body))
            .unwrap();
        browser.send(request).await.status.as_u16()
    };
    for n in 0..5 {
        assert_eq!(ask("203.0.113.66", &format!("198.51.100.{n}")).await, 303);
    }
    assert_eq!(ask("203.0.113.66", "198.51.100.99").await, 429, "a stranger's header says nothing");
    for n in 0..5 {
        assert_eq!(ask("10.0.0.1", &format!("6.6.6.{n}, 203.0.113.77")).await, 303);
    }
    assert_eq!(
        ask("10.0.0.1", "6.6.6.6, 203.0.113.77, 10.0.0.2").await,
        429,
        "what stands left can be written by anybody"
    );
}

/// Guesses at codes until the given number was compared; asks for new codes as often as needed.
#[derive(Default)]
pub struct Guesser {
    from: u32,
}

impl Guesser {
    /// Types `n` wrong codes, five to an attempt, each attempt from a network of its own, and keeps within the send limits.
    pub async fn wrong(&mut self, server: &Server, n: usize, number: &str) {
        let mut left = n;
        while left > 0 {
            self.from += 1;
            let mut browser = server.visitor_at(&format!("203.{}.{}.9", self.from / 250, self.from % 250));
            // On fresh workspace pages the send limit of the destination is not in the way.
            let slug = format!("w{}", self.from);
            server.workspace(&slug, "さくら商事").await;
            let page = browser.submit(&format!("/w/{slug}/recover/mobile"), &[("number", number)]).await;
            page.says("2 / 4");
            for _ in 0..left.min(5) {
                browser.types_code(WRONG).await.is(422);
                left -= 1;
            }
        }
    }
}

/// The right code, typed at the end of an attempt begun here. Answers whether it opened anything.
async fn right_code_opens(server: &Server, browser: &mut Browser) -> bool {
    browser.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    let page = browser.types_code(&code).await;
    page.status == StatusCode::OK && page.text.contains("tanaka@sakura")
}

#[tokio::test]
async fn a_code_has_five_tries() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut phone = server.visitor();
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    for _ in 0..4 {
        phone.types_code(WRONG).await.is(422);
    }
    assert!(phone.clone().types_code(&code).await.text.contains("tanaka@sakura"), "the fifth may be right");

    let mut other = server.visitor_at("198.51.100.8");
    other.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    for _ in 0..5 {
        other.types_code(WRONG).await.is(422);
    }
    other.types_code(&code).await.is(422);
}

// A wrong guess lands in `contacts` of any workspace of the server; pages of strange workspaces count for the same address.
#[tokio::test]
async fn thirty_wrong_guesses_a_day_are_compared_and_the_owner_has_ten_more() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut guesser = Guesser::default();
    guesser.wrong(&server, 30, NUMBER).await;
    let mut stranger = server.visitor_at("203.0.113.66");
    assert!(!right_code_opens(&server, &mut stranger).await, "the thirty-first is not compared");
    assert!(right_code_opens(&server, &mut own).await, "the owner's device has a reserve");
    server.later(days(1));
    let mut stranger = server.visitor_at("203.0.113.67");
    assert!(right_code_opens(&server, &mut stranger).await, "tomorrow is another day");
}

#[tokio::test]
async fn the_budget_of_guesses_spans_contacts_and_spares_others() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, "090-2222-2222"]).await;
    server.member("sato", &["090-9999-0000"]).await;
    let mut guesser = Guesser::default();
    guesser.wrong(&server, 15, NUMBER).await;
    guesser.wrong(&server, 15, "090-2222-2222").await;
    guesser.wrong(&server, 30, "090-5555-0000").await;
    let mut stranger = server.visitor_at("203.0.113.66");
    assert!(!right_code_opens(&server, &mut stranger).await, "fifteen and fifteen are thirty");
    let mut sato = server.visitor_at("203.0.113.67");
    sato.asks_for_code("090-9999-0000").await.is(200);
    let code = server.code_for("+819099990000").await;
    sato.types_code(&code).await.says("sato@sakura");
}

/// A contact's code opens more than its page (a removal after a recovery, a frozen contact): who sits at an open session guesses
/// from the same budget as who stands before the door.
#[tokio::test]
async fn guesses_at_the_code_of_ones_own_contact_are_of_the_same_budget() {
    let mut config = config();
    config.limits.sends_per_15_minutes = 1_000;
    config.limits.sends_per_hour = 1_000;
    config.limits.sends_per_day = 1_000;
    config.limits.network_unproved_per_hour = 1_000;
    config.limits.network_unproved_per_day = 1_000;
    let server = Server::start_with(config).await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let contact = own.contact(NUMBER).await;
    let (resend, verify) =
        (format!("/w/sakura/me/contacts/{contact}/resend"), format!("/w/sakura/me/contacts/{contact}/verify"));
    own.proves_again(&server, &contact, TANAKA).await.is(200);
    for n in 0..40 {
        if n % 5 == 0 {
            server.later(minutes(1));
            own.post(&resend, &[]).await.is(303);
        }
        own.post(&verify, &[("code", WRONG)]).await.is(422);
    }
    server.later(minutes(1));
    own.post(&resend, &[]).await.is(303);
    let code = server.code_for(TANAKA).await;
    own.post(&verify, &[("code", &code)]).await.is(422);
    let mut stranger = server.visitor_at("203.0.113.66");
    assert!(!right_code_opens(&server, &mut stranger).await, "the strangers' part is spent, too");
    server.later(days(1));
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    own.proves_again(&server, &contact, TANAKA).await.is(200);
}

#[tokio::test]
async fn a_known_network_has_a_reserve_of_ten_guesses() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    server.signed_in("tanaka", "198.51.100.7").await;
    let mut guesser = Guesser::default();
    guesser.wrong(&server, 30, NUMBER).await;
    // Another browser in the same office.
    let mut colleague = server.visitor_at("198.51.100.7");
    for slug in ["a", "b"] {
        server.workspace(&format!("office-{slug}"), "さくら商事").await;
        colleague.submit(&format!("/w/office-{slug}/recover/mobile"), &[("number", NUMBER)]).await.says("2 / 4");
        for _ in 0..5 {
            colleague.types_code(WRONG).await.is(422);
        }
    }
    assert!(!right_code_opens(&server, &mut colleague).await, "ten of the reserve are spent");
}

#[tokio::test]
async fn a_hundred_wrong_guesses_in_a_row_close_the_way_by_code_until_a_sign_in() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut guesser = Guesser::default();
    for _ in 0..3 {
        guesser.wrong(&server, 30, NUMBER).await;
        server.later(days(1));
    }
    guesser.wrong(&server, 10, NUMBER).await;
    server.later(days(1));
    let mut stranger = server.visitor_at("203.0.113.66");
    assert!(!right_code_opens(&server, &mut stranger).await, "a hundred in a row");
    server.signed_in("tanaka", "198.51.100.7").await;
    let mut stranger = server.visitor_at("203.0.113.67");
    assert!(right_code_opens(&server, &mut stranger).await, "the row is broken");
}

/// "In a row" counts from the last success. Ninety wrong ones, a sign-in, and twenty more are not a hundred and ten.
#[tokio::test]
async fn old_guesses_do_not_count_after_a_success() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut guesser = Guesser::default();
    for _ in 0..3 {
        guesser.wrong(&server, 30, NUMBER).await;
        server.later(days(1));
    }
    server.signed_in("tanaka", "198.51.100.7").await;
    guesser.wrong(&server, 20, NUMBER).await;
    server.later(days(1));
    let mut stranger = server.visitor_at("203.0.113.66");
    assert!(right_code_opens(&server, &mut stranger).await);
}

#[tokio::test]
async fn a_strangers_attempts_leave_the_owners_code_good() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut owner = server.visitor();
    owner.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    for n in 0..2 {
        let mut stranger = server.visitor_at(&format!("203.0.113.{n}"));
        stranger.asks_for_code(NUMBER).await.says("2 / 4");
        for _ in 0..6 {
            stranger.types_code(WRONG).await.is(422);
        }
    }
    owner.types_code(&code).await.says("tanaka@sakura");
}

/// A wrong sign-in from this network. Answers the status and `Retry-After`.
async fn wrong_password(server: &Server, login: &str, at: &str) -> (u16, i64) {
    let mut browser = server.visitor_at(at);
    let page = browser.post("/w/sakura/sign-in", &[("login", login), ("password", "wrong")]).await;
    let wait = page.headers.get(header::RETRY_AFTER).map_or(0, seconds_of);
    (page.status.as_u16(), wait)
}

#[tokio::test]
async fn wrong_passwords_cost_one_second_then_two_then_four_up_to_a_quarter_of_an_hour() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    for login in ["nobody", "ＴＡＮＡＫＡ２", "tanaka"] {
        for _ in 0..5 {
            assert_eq!(wrong_password(&server, login, "203.0.113.1").await, (422, 0), "{login}");
        }
        for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert_eq!(wrong_password(&server, login, "203.0.113.1").await, (429, delay), "{login}");
            server.later(seconds(delay - 1));
            assert_eq!(wrong_password(&server, login, "203.0.113.1").await, (429, 1), "{login}: too early");
            server.later(seconds(1));
            assert_eq!(wrong_password(&server, login, "203.0.113.1").await, (422, 0), "{login}");
        }
        assert_eq!(wrong_password(&server, login, "203.0.113.2").await, (422, 0), "another network");
    }
    // The right password waits like any other, and the door opens by itself.
    let mut own = server.visitor_at("203.0.113.1");
    own.signs_in("tanaka", PASSWORD).await.is(429);
    server.later(minutes(15));
    own.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(wrong_password(&server, "tanaka", "203.0.113.1").await, (422, 0), "a success begins anew");
}

#[tokio::test]
async fn however_an_id_is_written_it_is_slowed_as_one() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    for spelling in ["tanaka", "ＴＡＮＡＫＡ", "tanaka@sakura", " Tanaka ", "tanaka＠SAKURA"] {
        assert_eq!(wrong_password(&server, spelling, "203.0.113.1").await.0, 422, "{spelling}");
    }
    assert_eq!(wrong_password(&server, "tanaka", "203.0.113.1").await, (429, 1));
}

#[tokio::test]
async fn after_fifty_wrong_passwords_only_the_known_device_and_recovery_are_open() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    own.submit("/w/sakura/sign-out", &[]).await.is(200);
    let fifty = async || {
        for n in 0..50 {
            assert_eq!(wrong_password(&server, "tanaka", &format!("203.0.113.{n}")).await.0, 422);
        }
    };
    fifty().await;
    let mut elsewhere = server.visitor_at("198.51.100.99");
    elsewhere.signs_in("tanaka", PASSWORD).await.is(422);
    own.signs_in("tanaka", PASSWORD).await.is(200);
    assert!(own.is_signed_in().await, "the known device comes in");
    elsewhere.signs_in("tanaka", PASSWORD).await.is(200);

    server.later(hours(1));
    fifty().await;
    let mut elsewhere = server.visitor_at("198.51.100.98");
    elsewhere.signs_in("tanaka", PASSWORD).await.is(422);
    assert!(right_code_opens(&server, &mut elsewhere).await, "recovery stays open");
    elsewhere.picks(&tanaka).await.is(200);
    elsewhere.sets_password(NEW_PASSWORD).await.is(200);
    elsewhere.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert!(elsewhere.is_signed_in().await, "recovery begins anew");
}

#[tokio::test]
async fn a_flood_at_the_door_does_not_keep_known_devices_out() {
    const MANY: usize = 50_000;
    let mut config = config();
    config.hashing.threads = Some(1);
    config.hashing.memory_kib = 1_024;
    let server = Server::start_with(config).await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    own.submit("/w/sakura/sign-out", &[]).await.is(200);

    // As many tries as the only thread needs minutes for: some that it is at, and as many that wait.
    let hashing = &server.app.hashing;
    let flood = || Box::pin(hashing.verify_any(PASSWORD.to_owned().into(), vec![hashing.dummy().to_owned(); MANY]));
    let (mut begun, mut waiting) = (flood(), flood());
    assert!((&mut begun).now_or_never().is_none());
    while hashing.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert!((&mut waiting).now_or_never().is_none());

    for login in ["tanaka", "suzuki"] {
        let mut stranger = server.visitor_at("203.0.113.7");
        let page = stranger.signs_in(login, PASSWORD).await;
        page.is(503);
        assert!(page.headers.contains_key(header::RETRY_AFTER), "{login}");
    }
    // Who was turned away has not tried: not the ID, not the network, and not the account are any nearer to a limit.
    let dump = server.dump().await;
    assert_eq!((raw::rows(&dump, "throttles").len(), raw::rows(&dump, "limits").len()), (0, 0));
    // The member waits only for what was begun.
    let lets_go = async {
        while hashing.waiting() == MANY {
            tokio::task::yield_now().await;
        }
        drop(begun);
    };
    let (page, ()) = futures_util::future::join(own.signs_in("tanaka", PASSWORD), lets_go).await;
    page.is(200);
    assert!(own.is_signed_in().await, "the known device comes in");
    assert!((&mut waiting).now_or_never().is_none(), "while the flood still waits");
}

#[tokio::test]
async fn the_known_device_has_a_budget_of_its_own() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    own.submit("/w/sakura/sign-out", &[]).await.is(200);
    for n in 0..50 {
        own.address.set_ip(format!("198.51.100.{n}").parse().unwrap());
        own.signs_in("tanaka", "wrong").await.is(422);
    }
    own.address.set_ip("198.51.101.1".parse().unwrap());
    own.signs_in("tanaka", PASSWORD).await.is(422);
    let mut elsewhere = server.visitor_at("198.51.101.2");
    elsewhere.signs_in("tanaka", PASSWORD).await.is(200);
}

#[tokio::test]
async fn the_password_asked_for_again_shares_the_budget() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    for _ in 0..25 {
        own.post("/w/sakura/me/confirm", &[("password", "wrong")]).await.is(422);
        own.post("/w/sakura/me/password", &[("current", "wrong"), ("password", NEW_PASSWORD)]).await.is(422);
    }
    own.post("/w/sakura/me/confirm", &[("password", PASSWORD)]).await.is(422);
    let hashes = server.app.hashing.done();
    own.post("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(422);
    assert_eq!(server.app.hashing.done(), hashes, "not even looked at");
}

#[tokio::test]
async fn a_sweep_through_numbers_to_add_is_stopped() {
    let server = Server::start().await;
    let mut sent = 0;
    for n in 0..30 {
        let login = format!("m{n}");
        server.member(&login, &[]).await;
        let mut browser = server.signed_in(&login, &format!("198.51.100.{n}")).await;
        let number = format!("090-1234-{:04}", 5000 + n);
        let page = browser.post("/w/sakura/me/contacts/add-mobile", &[("number", &number)]).await;
        sent += usize::from(page.status == StatusCode::SEE_OTHER);
    }
    assert_eq!(sent, 20, "numbers with the same seven digits, in an hour");
    let contacts = raw::rows(&server.dump().await, "contacts").len();
    assert_eq!(contacts, 20, "a refusal leaves no row");
}

#[tokio::test]
async fn words_of_notices_are_tried_twenty_times_an_hour() {
    let server = Server::start().await;
    let mut stranger = server.visitor();
    for _ in 0..20 {
        stranger.post("/not-me", &[("word", "BCDF-GHJK-MNPQ")]).await.is(422);
    }
    let page = stranger.post("/not-me", &[("word", "BCDF-GHJK-MNPQ")]).await;
    page.is(429);
    assert_eq!(page.headers[header::RETRY_AFTER], "3600");
}

/// A new contact counts for nothing before its code was typed, and recovers alone only after a day.
#[tokio::test]
async fn a_new_contact_waits_a_day() {
    let server = Server::start().await;
    server.member("tanaka", &["ichiro@example.jp"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let page = own.post("/w/sakura/me/contacts/add-mobile", &[("number", NUMBER)]).await;
    let verify = page.leads_to().to_owned();
    let code = server.code_for(TANAKA).await;
    let recoveries = async |from| {
        asks(&server, from, "/recover/mobile", NUMBER).await;
        server.received(TANAKA).await.iter().filter(|letter| letter.purpose == "recovery_code").count()
    };
    assert_eq!(recoveries(1).await, 0, "not proved");
    own.post(&verify, &[("code", &code)]).await.is(303);
    assert_eq!(recoveries(2).await, 0, "a day to go");
    server.later(seconds(24 * 60 * 60 - 1));
    assert_eq!(recoveries(3).await, 0, "a second to go");
    server.later(seconds(1));
    assert_eq!(recoveries(4).await, 1);
}
