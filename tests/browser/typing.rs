//! Help while typing: what the keyboard does unseen is said, passwords can be looked at and pasted, and browsers and
//! password managers know what each field is.

use aikagi::model::{Locale, Role};
use thirtyfour::Key;

use crate::browser::{Browser, SIZES, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

/// What a field tells browsers.
async fn field(browser: &Browser, id: &str) -> (String, String, String) {
    let input = browser.find(&format!("#{id}")).await;
    let of = async |name: &str| input.attr(name).await.expect("a field").unwrap_or_default();
    (of("type").await, of("autocomplete").await, of("inputmode").await)
}

fn is(kind: &str, complete: &str, mode: &str) -> (String, String, String) {
    (kind.to_owned(), complete.to_owned(), mode.to_owned())
}

/// Copies from one field and pastes into another.
async fn pastes(browser: &Browser, from: &str, into: &str) {
    for (field, key) in [(from, "a"), (from, "c"), (into, "v")] {
        let input = browser.find(&format!("#{field}")).await;
        input.send_keys(Key::Control + key).await.expect("a key");
    }
}

async fn help_while_typing(browser: &mut Browser) {
    for look in SIZES {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura/sign-in").await;
        assert_eq!(field(browser, "login").await, is("text", "username", ""));
        assert_eq!(field(browser, "password").await, is("password", "current-password", ""));
        browser.find(".reveal").await;
        let keys = |event: &str| format!("document.querySelector('#password').dispatchEvent({event})");
        browser.ask(&keys("new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: true })")).await;
        browser.reads_text("caps-lock").await;
        browser.page_is_well("sign-in-caps-lock").await;
        browser.ask(&keys("new KeyboardEvent('keydown', { key: 'Process', keyCode: 229, isComposing: true })")).await;
        browser.reads_text("kana-input").await;
        browser.page_is_well("sign-in-kana").await;

        // The password can be looked at, and is hidden again when it is sent.
        browser.types("password", "Himitsu no basho").await;
        browser.presses("show-password").await;
        assert_eq!(field(browser, "password").await.0, "text");
        browser.page_is_well("sign-in-shown").await;
        browser.presses("hide-password").await;
        assert_eq!(field(browser, "password").await.0, "password");
        browser.types("login", PASSWORD).await;
        browser.find("#password").await.clear().await.expect("a field");
        pastes(browser, "login", "password").await;
        assert_eq!(browser.value("password").await, PASSWORD, "a password can be pasted");

        browser.open("/w/sakura/recover/mobile").await;
        assert_eq!(field(browser, "number").await, is("tel", "tel", ""));
        browser.open("/w/sakura/recover/email").await;
        assert_eq!(field(browser, "email").await, is("email", "email", ""));
        assert_eq!(field(browser, "login").await, is("text", "username", ""));
        browser.open("/w/sakura/recover/mobile").await;
        browser.types("number", "09012345678").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        assert_eq!(field(browser, "code").await, is("text", "one-time-code", "numeric"));
        // A pasted code goes out by itself.
        let code = server.code_for("+819012345678").await;
        browser.find("[data-left]").await;
        browser.devtools("Input.insertText", serde_json::json!({ "text": "" })).await;
        browser.find("#code").await.focus().await.expect("a field");
        browser.devtools("Input.insertText", serde_json::json!({ "text": code })).await;
        browser.comes_to("recover-ids-title").await;
        browser.goes_on().await;

        browser.comes_to("recover-password-title").await;
        assert_eq!(field(browser, "password").await, is("password", "new-password", ""));
        browser.find("input[name=username][value='tanaka@sakura']").await;
        browser.types("password", "ふじ").await;
        browser.reads(&browser.t("strength-short").replace("%n", "13")).await;
        browser.page_is_well("recover-password-short").await;
        browser.types("password", "tanaka tanaka tanaka").await;
        browser.find(".strength[data-level='2']").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.reads_text("strength-enough").await;
        browser.page_is_well("recover-password-enough").await;

        let (_, link) = server.invited_to(&server.workspace, "suzuki", Role::Member).await;
        browser.open(link.strip_prefix(&stage.url).unwrap_or(&link)).await;
        assert_eq!(field(browser, "password").await, is("password", "new-password", ""));
    }
}

#[tokio::test]
async fn typing_is_helped_in_japanese() {
    tell(Locale::Ja, help_while_typing).await;
}

#[tokio::test]
async fn typing_is_helped_in_english() {
    tell(Locale::En, help_while_typing).await;
}

/// The time left is counted in the page; when it is over, the page says so by itself.
#[tokio::test]
async fn the_time_left_counts_down() {
    tell(Locale::Ja, async |browser: &mut Browser| {
        let stage = Stage::open().await;
        browser.stand_before(&stage, SIZES[0]).await;
        browser.open("/recover/mobile").await;
        browser.types("number", "09012345678").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.reads("あと 9分59秒 使えます").await;
        stage.server.later(aikagi::model::minutes(9) + aikagi::model::seconds(58));
        browser.open("/recover/code").await;
        browser.reads_text("time-over").await;
        browser.page_is_well("recover-code-time-over").await;
    })
    .await;
}
