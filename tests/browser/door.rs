//! The door and what stands beside it: the triage, 「自分ではない」, the first password, stopped accounts, lost pages.

use std::sync::Arc;

use aikagi::deliver::{Channel, Letter};
use aikagi::flows::{members, standing, workspaces};
use aikagi::model::{ContactKind, Locale, Role, minutes};
use aikagi::web::{Arrived, Person};

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

const TANAKA: &str = "+819012345678";

async fn triage(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let text = "総務部の鈴木（内線 1234）\n月曜から金曜の 9時から18時まで";
        let english = "Suzuki in general affairs (extension 1234)\nMonday to Friday, 9 to 18";
        workspaces::set_contact_text(&stage.server.app, &stage.server.workspace, Some(text), Some(english))
            .await
            .expect("the database works");
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura/sign-in").await;
        browser.presses("sign-in-cannot").await;
        browser.comes_to("cannot-title").await;
        browser.page_is_well("cannot").await;
        let causes = [
            ("cannot-forgot", "cannot-forgot-go", "recover-choose-title"),
            ("cannot-id", "cannot-id-go", "recover-choose-title"),
            ("cannot-typed", "cannot-typed-go", "sign-in-title"),
            ("cannot-contact", "cannot-contact-go", "recover-choose-title"),
            ("cannot-contact", "ask-admin", "recover-other-title"),
            ("cannot-lost", "cannot-lost-go", "recover-email-title"),
        ];
        for (cause, step, page) in causes {
            browser.open("/w/sakura/cannot-sign-in").await;
            browser.presses(cause).await;
            browser.presses(step).await;
            browser.comes_to(page).await;
        }
        browser.open("/w/sakura/cannot-sign-in").await;
        for cause in ["cannot-typed", "cannot-stopped", "cannot-trial", "cannot-trouble", "cannot-lost"] {
            browser.presses(cause).await;
            browser.page_is_well(&format!("{cause}-open")).await;
        }
        browser.open("/w/sakura/recover/other").await;
        browser.page_is_well("recover-other-own-words").await;
    }
}

#[tokio::test]
async fn every_cause_ends_in_the_right_step_in_japanese() {
    tell(Locale::Ja, triage).await;
}

#[tokio::test]
async fn every_cause_ends_in_the_right_step_in_english() {
    tell(Locale::En, triage).await;
}

/// Somebody gets in by Tanaka's telephone.
async fn a_stranger_recovers(stage: &Stage) {
    let server = &stage.server;
    let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
    let mut stranger = server.visitor();
    stranger.asks_for_code("090-1234-5678").await.is(200);
    stranger.types_code(&server.code_for(TANAKA).await).await.is(200);
    stranger.picks(&tanaka).await.is(200);
    stranger.sets_password(NEW_PASSWORD).await.is(200);
}

/// `/not-me/…` in the notice that came by e-mail.
async fn link_of(stage: &Stage) -> String {
    let letters = stage.server.received("ichiro@example.jp").await;
    let rest = letters.iter().find_map(|letter| Some(letter.text.split_once(&stage.url)?.1)).expect("a link of ours");
    rest.split_whitespace().next().expect("a path").to_owned()
}

/// `BCDF-GHJK-MNPQ` in the notice that came by SMS.
async fn word_of(stage: &Stage) -> String {
    let letters = stage.server.received(TANAKA).await;
    let text = &letters.last().expect("a notice").text;
    let is_word = |word: &&str| word.matches('-').count() == 2 && word.chars().all(|c| c == '-' || c.is_uppercase());
    text.split(|c: char| !c.is_ascii_alphabetic() && c != '-').find(is_word).expect("a word").to_owned()
}

async fn not_me(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        a_stranger_recovers(&stage).await;
        browser.stand_before(&stage, look).await;
        browser.open("/w/sakura/sign-in").await;
        browser.presses("sign-in-not-me").await;
        browser.comes_to("not-me-title").await;
        browser.page_is_well("not-me").await;
        browser.types("word", "BCDF-GHJK-MNPQ").await;
        browser.goes_on().await;
        browser.reads_text("slip-word-unknown").await;
        browser.page_is_well("not-me-wrong").await;
        browser.types("word", &word_of(&stage).await.to_lowercase()).await;
        browser.goes_on().await;
        browser.comes_to("not-me-confirm-title").await;
        browser.page_is_well("not-me-confirm").await;
        browser.goes_on().await;
        browser.comes_to("not-me-done-title").await;
        browser.page_is_well("not-me-done").await;
        browser.presses("not-me-done-alone-go").await;
        browser.comes_to("not-me-release-title").await;
        browser.page_is_well("not-me-release").await;
        browser.types("contact", "ichiro@").await;
        browser.goes_on().await;
        browser.comes_to("not-me-release-title").await;
        browser.page_is_well("not-me-release-slip").await;
        browser.types("contact", "ichiro@example.jp").await;
        browser.goes_on().await;
        browser.find("#code").await;

        browser.open("/w/sakura/sign-in").await;
        browser.types("login", "tanaka").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("stopped-held-title").await;
        browser.page_is_well("stopped-held").await;

        // The other contact objects, too: from now on it is for an administrator.
        browser.open(&link_of(&stage).await).await;
        browser.comes_to("not-me-confirm-title").await;
        browser.goes_on().await;
        browser.comes_to("not-me-done-title").await;
        browser.open(&link_of(&stage).await).await;
        browser.comes_to("not-me-already-title").await;
        browser.page_is_well("not-me-already").await;
    }
}

#[tokio::test]
async fn that_was_not_me_in_japanese() {
    tell(Locale::Ja, not_me).await;
}

#[tokio::test]
async fn that_was_not_me_in_english() {
    tell(Locale::En, not_me).await;
}

async fn first_password(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let (_, link) = server.invited_to(&server.workspace, "tanaka", Role::Member).await;
        browser.stand_before(&stage, look).await;
        browser.open(link.strip_prefix(&stage.url).unwrap_or(&link)).await;
        browser.comes_to("set-password-title").await;
        browser.page_is_well("set-password").await;
        browser.types("password", "aaaaaaaaaaaaaaaaaaaa").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("set-password-wrong").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("sign-in-title").await;
        assert_eq!(browser.value("login").await, "tanaka@sakura");

        browser.open(link.strip_prefix(&stage.url).unwrap_or(&link)).await;
        browser.comes_to("problem-link-title").await;
        browser.page_is_well("problem-link").await;
        browser.open("/w/sakura/no-such-page").await;
        browser.comes_to("problem-not-found-title").await;
        browser.page_is_well("problem-not-found").await;

        // A form whose cookie went away.
        browser.open("/w/sakura/sign-in").await;
        browser.forget_everything().await;
        browser.types("login", "tanaka").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("problem-form-title").await;
        browser.page_is_well("problem-form").await;

        let tanaka = server.member("suzuki", &["090-1234-5678"]).await;
        members::take_step(&server.app, &tanaka, standing::Step::Suspend).await.expect("the database works");
        browser.open("/w/sakura/sign-in").await;
        browser.types("login", "suzuki").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("stopped-suspended-title").await;
        browser.page_is_well("stopped-suspended").await;
    }
}

#[tokio::test]
async fn a_first_password_and_closed_doors_in_japanese() {
    tell(Locale::Ja, first_password).await;
}

#[tokio::test]
async fn a_first_password_and_closed_doors_in_english() {
    tell(Locale::En, first_password).await;
}

async fn slips_at_the_door(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678"]).await;
        browser.stand_before(&stage, look).await;
        browser.open("/sign-in").await;
        browser.goes_on().await;
        browser.reads_text("slip-login-empty").await;
        browser.page_is_well("sign-in-empty").await;
        browser.types("login", "tanaka").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("slip-login-workspace-missing").await;
        // Full-width letters, as they come from a Japanese keyboard.
        browser.types("login", "ｔａｎａｋａ＠ｓａｋｕｒａ").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
        browser.presses("menu-leave").await;
        browser.reads_text("said-signed-out").await;
        browser.page_is_well("signed-out").await;

        for _ in 0..7 {
            browser.types("login", "tanaka").await;
            browser.types("password", "そうではない").await;
            browser.goes_on().await;
            browser.comes_to("sign-in-title").await;
        }
        browser.find(".note.wait").await;
        browser.page_is_well("sign-in-wait").await;

        stage.server.later(minutes(20));
        for path in ["/w/sakura/recover/mobile", "/help/sms", "/not-me", "/w/sakura/cannot-sign-in"] {
            browser.open(path).await;
            let heading = browser.find("h1").await.text().await.expect("a heading");
            browser.changes_language().await;
            assert_eq!(browser.path().await, path);
            browser.changes_language().await;
            browser.comes_to_heading(&heading).await;
        }
    }
}

#[tokio::test]
async fn slips_at_the_door_are_caught_in_japanese() {
    tell(Locale::Ja, slips_at_the_door).await;
}

#[tokio::test]
async fn slips_at_the_door_are_caught_in_english() {
    tell(Locale::En, slips_at_the_door).await;
}

fn arrived(letter: Letter) -> Arrived {
    let kind = if letter.channel == Channel::Sms { ContactKind::Mobile } else { ContactKind::Email };
    Arrived { kind, to: letter.to, subject: letter.subject, text: letter.text, at: letter.at }
}

/// The demonstration's telephone and mailbox show by themselves what comes.
async fn demonstration(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open_with(|server| {
            let person = |name: &str, mobile: Option<&str>| Person {
                name: name.to_owned(),
                what_ja: String::new(),
                what_en: name.to_owned(),
                login: "tanaka@sakura".to_owned(),
                password: PASSWORD.to_owned(),
                mobile: mobile.map(str::to_owned),
                email: Some("ichiro@example.jp".to_owned()),
            };
            let people = vec![person("田中 一郎", Some("090-1234-5678")), person("鈴木 花子", None)];
            let carrier = server.carrier.clone();
            let arrived = Box::new(move || carrier.sent().into_iter().map(arrived).collect());
            aikagi::web::router_with_demo(server.app.clone(), Arc::new(aikagi::web::Stage { people, arrived }))
        })
        .await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;
        browser.open("/demo").await;
        browser.comes_to("demo-title").await;
        browser.page_is_well("demo-empty").await;
        server.visitor().asks_for_code("090-1234-5678").await.is(200);
        server.visitor().asks_for_code_by_email("ichiro@example.jp", "").await.is(200);
        let code = server.code_for(TANAKA).await;
        server.deliver().await;
        if !look.scripts {
            browser.presses("demo-reload").await;
        }
        browser.reads(&code).await;
        browser.find("[data-box=email] .letter").await;
        browser.page_is_well("demo").await;
    }
}

#[tokio::test]
async fn the_demonstration_shows_what_comes_in_japanese() {
    tell(Locale::Ja, demonstration).await;
}

#[tokio::test]
async fn the_demonstration_shows_what_comes_in_english() {
    tell(Locale::En, demonstration).await;
}
