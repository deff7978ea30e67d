//! The keyboard alone: every stop is seen, in the order of the page; Enter sends; what went wrong is read first.

use aikagi::model::Locale;
use serde_json::Value;
use thirtyfour::Key;

use crate::browser::{Browser, SIZES, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

const STOPS: &str = r#"
const name = (e) => `${e.tagName.toLowerCase()} ${e.id || e.name || e.innerText || e.className}`.trim().slice(0, 50);
const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary, [tabindex='0']")];
return stops.filter((e) => e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true })).map(name);
"#;

/// Where a browser goes on by Tab is not changed by taking the focus away: something before all stops has to have had it.
const TO_THE_TOP: &str = r#"
const first = document.createElement("span");
first.tabIndex = -1;
document.body.prepend(first);
first.focus();
first.remove();
scrollTo(0, 0);
"#;

const STOP: &str = r#"
const name = (e) => `${e.tagName.toLowerCase()} ${e.id || e.name || e.innerText || e.className}`.trim().slice(0, 50);
const e = document.activeElement;
const { outlineStyle, outlineWidth } = getComputedStyle(e);
const { top, bottom, left, right } = e.getBoundingClientRect();
return {
    name: name(e),
    ring: outlineStyle === "solid" ? parseFloat(outlineWidth) : 0,
    seen: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
};
"#;

/// Walks through the page by Tab, from its top to its end.
async fn walks(browser: &Browser) {
    browser.ask(TO_THE_TOP).await;
    let expected = browser.ask(STOPS).await;
    let expected = expected.as_array().expect("a list");
    assert!(expected.len() > 2, "a page has stops");
    let mut walked = Vec::new();
    for _ in expected {
        browser.key(Key::Tab).await;
        let stop = browser.ask(STOP).await;
        assert!(stop["ring"].as_f64() >= Some(3.0), "the focus is not seen on {stop} of {}", browser.path().await);
        assert_eq!(stop["seen"], true, "the focus is beside the screen on {stop} of {}", browser.path().await);
        walked.push(stop["name"].clone());
    }
    assert_eq!(walked, *expected, "the order of {}", browser.path().await);
}

/// Tab until the focus stands there.
async fn tabs_to(browser: &Browser, css: &str) {
    for _ in 0..30 {
        browser.key(Key::Tab).await;
        if browser.ask(&format!("return document.activeElement.matches({css:?})")).await == Value::Bool(true) {
            return;
        }
    }
    panic!("no Tab leads to {css} on {}", browser.path().await);
}

async fn writes(browser: &Browser, text: &str) {
    browser.driver.action_chain().send_keys(text).perform().await.expect("keys");
}

async fn by_keyboard(browser: &mut Browser) {
    for look in SIZES {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura/sign-in").await;
        walks(browser).await;

        // The first stop leads past everything that stands on every page.
        browser.open("/w/sakura/sign-in").await;
        browser.key(Key::Tab).await;
        assert_eq!(browser.ask("return document.activeElement.className").await, "skip");
        browser.picture("keyboard-skip").await;
        browser.key(Key::Enter).await;
        browser.key(Key::Tab).await;
        assert_eq!(browser.ask("return document.activeElement.id").await, "login");

        writes(browser, "tanaka").await;
        browser.key(Key::Enter).await;
        browser.reads_text("slip-password-empty").await;
        browser.find(".summary:focus").await;
        tabs_to(browser, ".summary a").await;
        browser.key(Key::Enter).await;
        assert_eq!(browser.ask("return document.activeElement.id").await, "password", "the summary leads to the field");

        tabs_to(browser, ".help a").await;
        browser.key(Key::Enter).await;
        browser.comes_to("recover-choose-title").await;
        walks(browser).await;
        tabs_to(browser, "a[href$='/recover/mobile']").await;
        browser.key(Key::Enter).await;
        browser.comes_to("recover-mobile-title").await;
        walks(browser).await;
        browser.open("/w/sakura/recover/mobile").await;
        tabs_to(browser, "#number").await;
        writes(browser, "09012345678").await;
        browser.key(Key::Enter).await;
        browser.comes_to("recover-code-title").await;
        tabs_to(browser, "summary").await;
        browser.key(Key::Enter).await;
        browser.find("details[open]").await;
        walks(browser).await;
        browser.open("/recover/code").await;
        tabs_to(browser, "#code").await;
        writes(browser, &stage.server.code_for("+819012345678").await).await;
        browser.key(Key::Enter).await;
        browser.comes_to("recover-ids-title").await;
        walks(browser).await;
        tabs_to(browser, "button.main").await;
        browser.key(Key::Enter).await;
        browser.comes_to("recover-password-title").await;
        walks(browser).await;
        browser.open("/recover/password").await;
        tabs_to(browser, "#password").await;
        writes(browser, NEW_PASSWORD).await;
        browser.key(Key::Enter).await;
        browser.comes_to("sign-in-title").await;
        browser.reads_text("said-password-set").await;
        tabs_to(browser, "#password").await;
        writes(browser, NEW_PASSWORD).await;
        browser.key(Key::Enter).await;
        browser.comes_to("checkup-title").await;
        walks(browser).await;
        for path in ["", "/contacts", "/password", "/devices"] {
            browser.open(&format!("/w/sakura/me{path}")).await;
            walks(browser).await;
        }
    }
}

#[tokio::test]
async fn the_keyboard_is_enough_in_japanese() {
    tell(Locale::Ja, by_keyboard).await;
}

#[tokio::test]
async fn the_keyboard_is_enough_in_english() {
    tell(Locale::En, by_keyboard).await;
}

/// Without scripts the error stands first on the page and is announced by its role.
#[tokio::test]
async fn without_scripts_enter_sends_and_the_error_stands_first() {
    tell(Locale::Ja, async |browser: &mut Browser| {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &[]).await;
        browser.stand_before(&stage, crate::browser::LOOKS[2]).await;
        browser.open("/w/sakura/sign-in").await;
        browser.types("login", "tanaka").await;
        browser.key(Key::Enter).await;
        browser.find(".summary[role=alert]").await;
        let password = browser.find("#password").await;
        password.send_keys(PASSWORD).await.expect("it can be typed into");
        browser.key(Key::Enter).await;
        browser.comes_to_heading("田中 一郎 さん").await;
    })
    .await;
}
