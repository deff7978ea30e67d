//! Somebody's browser: what a person does in it, in words that need no page's address.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use aikagi::model::Locale;
use aikagi::wording;
use futures_util::FutureExt;
use serde_json::{Value, json};
use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::{By, Key, WebDriver, WebElement};

use crate::chromium::Chromium;
use crate::stage::Stage;

/// How somebody looks at the pages.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub scripts: bool,
}

/// A telephone and a PC, each with and without scripts.
pub const LOOKS: [Look; 4] = [
    Look { width: 390, scripts: true },
    Look { width: 1280, scripts: true },
    Look { width: 390, scripts: false },
    Look { width: 1280, scripts: false },
];

/// For stories of many pages: the two languages share the four looks, so that each pair of language, size and scripts is there.
pub const fn looks(locale: Locale) -> [Look; 2] {
    match locale {
        Locale::Ja => [LOOKS[0], LOOKS[3]],
        Locale::En => [LOOKS[2], LOOKS[1]],
    }
}

/// A telephone and a PC, for what scripts do.
pub const SIZES: [Look; 2] = [LOOKS[0], LOOKS[1]];

/// Somebody's browser.
pub struct Browser {
    pub driver: WebDriver,
    pub locale: Locale,
    pub look: Look,
    pub url: String,
}

/// Tells a story in a browser of its own. When it fails, the last page is kept as a picture.
pub async fn tell(locale: Locale, story: impl AsyncFnOnce(&mut Browser)) {
    let chromium = Chromium::start(locale).await;
    let mut browser =
        Browser { driver: chromium.driver.clone(), locale, look: LOOKS[0], url: "http://localhost".to_owned() };
    let outcome = AssertUnwindSafe(story(&mut browser)).catch_unwind().await;
    if outcome.is_err() {
        let page = browser.driver.current_url().await.map(String::from).unwrap_or_default();
        let name = format!("failed-{}", std::process::id());
        let focus = browser.ask("return document.activeElement?.outerHTML?.slice(0, 200)").await;
        browser.picture(&name).await;
        eprintln!(
            "on {page} with {:?}, the focus on {focus}, see {}.png: {}",
            browser.look,
            pictures().join(name).display(),
            browser.words().await
        );
    }
    drop(browser);
    chromium.quit().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Where pictures go.
fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(target).join("screenshots")
}

impl Browser {
    /// Stands before this server with an empty browser that looks so.
    pub async fn stand_before(&mut self, stage: &Stage, look: Look) {
        // The page before may still ask its server for news, which is gone by now: leave it, and what it complained of.
        self.driver.goto("about:blank").await.expect("an empty page opens");
        self.driver.browser_log().await.expect("Chromium keeps a log");
        self.look = look;
        self.url.clone_from(&stage.url);
        self.forget_everything().await;
        let height = if look.width < 800 { 844 } else { 900 };
        let size = json!({ "width": look.width, "height": height, "deviceScaleFactor": 1, "mobile": look.width < 800 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        self.devtools("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        self.set_scripts(look.scripts).await;
    }

    /// As a new browser: not even a cookie.
    pub async fn forget_everything(&self) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
    }

    /// Whether the pages' scripts run.
    pub async fn set_scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// One command of Chromium's own protocol.
    pub async fn devtools(&self, command: &str, values: Value) -> Value {
        self.driver.cdp().send_raw(command, values).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// The text under `key`.
    pub fn t(&self, key: &str) -> String {
        wording::text(self.locale, key, &[])
    }

    /// The same with one value.
    pub fn t_with(&self, key: &str, name: &str, value: &str) -> String {
        wording::text(self.locale, key, &[(name, value)])
    }

    /// Opens a page of the server.
    pub async fn open(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.url)).await.expect("the page opens");
    }

    /// The page's path.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.expect("a page").path().to_owned()
    }

    /// The page's title.
    pub async fn title(&self) -> String {
        self.driver.title().await.expect("a title")
    }

    /// All that can be read on the page.
    pub async fn words(&self) -> String {
        self.ask("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script of the test's own; the page's content security policy does not bind it.
    pub async fn ask(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Waits for the page whose heading is the text under `key`.
    pub async fn comes_to(&self, key: &str) {
        self.comes_to_heading(&self.t(key)).await;
    }

    /// Waits for the page with this heading.
    pub async fn comes_to_heading(&self, heading: &str) {
        let path = format!("//h1[normalize-space(.)={}]", quoted(heading));
        let came = self.driver.query(By::XPath(path)).first().await.is_ok();
        assert!(came, "expected the page {heading:?} but it says: {}", self.words().await);
    }

    /// Waits until the page says this.
    pub async fn reads(&self, words: &str) {
        let path = format!("//body//*[contains(normalize-space(.), {})]", quoted(words));
        let came = self.driver.query(By::XPath(path)).first().await.is_ok();
        assert!(came, "expected {words:?} but the page says: {}", self.words().await);
    }

    /// The same with the text under `key`.
    pub async fn reads_text(&self, key: &str) {
        self.reads(&self.t(key)).await;
    }

    /// The same with one value.
    pub async fn reads_with(&self, key: &str, name: &str, value: &str) {
        self.reads(&self.t_with(key, name, value)).await;
    }

    /// Presses the switch of languages, and knows the new one.
    pub async fn changes_language(&mut self) {
        self.presses("language-other").await;
        self.locale = if self.locale == Locale::Ja { Locale::En } else { Locale::Ja };
        self.find(&format!("html[lang={}]", self.locale.as_str())).await;
    }

    /// Changes the language and back, and both times comes to the page with this heading.
    pub async fn changes_language_here(&mut self, key: &str) {
        for _ in 0..2 {
            self.changes_language().await;
            self.comes_to(key).await;
        }
    }

    /// The first element that fits, as soon as it is there.
    pub async fn find(&self, css: &str) -> WebElement {
        let found = self.driver.query(By::Css(css)).first().await;
        let Ok(element) = found else { panic!("no {css:?} on the page that says: {}", self.words().await) };
        element
    }

    /// The same by XPath.
    pub async fn find_by_path(&self, path: &str) -> WebElement {
        let found = self.driver.query(By::XPath(path)).first().await;
        found.unwrap_or_else(|error| panic!("no {path}: {error}"))
    }

    /// Whether the page that is there now has such an element.
    pub async fn has(&self, css: &str) -> bool {
        self.find("h1").await;
        self.driver.query(By::Css(css)).nowait().exists().await.expect("a page")
    }

    /// Presses the link, button or fold that says the text under `key`.
    pub async fn presses(&self, key: &str) {
        self.presses_words(&self.t(key)).await;
    }

    /// Presses what says this.
    pub async fn presses_words(&self, words: &str) {
        let words = quoted(words);
        let says = format!("normalize-space(.)={words} or .//strong[normalize-space(.)={words}]");
        let path = format!("//a[{says}] | //button[{says}] | //summary[{says}] | //label[{says}]");
        let found = self.driver.query(By::XPath(path)).and_displayed().first().await;
        let Ok(element) = found else { panic!("nothing to press says {words}: {}", self.words().await) };
        self.clicks(&element).await;
    }

    /// Presses this.
    pub async fn clicks(&self, element: &WebElement) {
        element.scroll_into_view().await.expect("it is on the page");
        element.click().await.expect("it can be pressed");
    }

    /// Presses the page's main button, and waits for the next page.
    pub async fn goes_on(&self) {
        let button = self.find("button.main").await;
        self.goes_by(&button).await;
    }

    /// Presses something that leads to another page, and waits for it.
    async fn goes_by(&self, element: &WebElement) {
        self.ask("document.documentElement.dataset.left = ''").await;
        self.clicks(element).await;
        self.find("html:not([data-left])").await;
    }

    /// Types into a field, over what stood there.
    pub async fn types(&self, field: &str, text: &str) {
        let input = self.find(&format!("#{field}")).await;
        input.clear().await.expect("it can be emptied");
        input.send_keys(text).await.expect("it can be typed into");
    }

    /// What stands in a field.
    pub async fn value(&self, field: &str) -> String {
        self.find(&format!("#{field}")).await.prop("value").await.expect("a field").unwrap_or_default()
    }

    /// Presses a key, wherever the focus is.
    pub async fn key(&self, key: Key) {
        self.driver.action_chain().send_keys(key + "").perform().await.expect("a key");
    }

    /// Leaves a picture of the whole page.
    pub async fn picture(&self, name: &str) {
        let scripts = if self.look.scripts { "" } else { "-plain" };
        let file = format!("{}-{}-{name}{scripts}.png", self.locale.as_str(), self.look.width);
        let file = if name.starts_with("failed") { format!("{name}.png") } else { file };
        let wish = json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true });
        let answer = self.devtools("Page.captureScreenshot", wish).await;
        let data = answer["data"].as_str().expect("a picture").as_bytes();
        let bytes = data_encoding::BASE64.decode(data).expect("base64");
        std::fs::create_dir_all(pictures()).expect("a folder");
        std::fs::write(pictures().join(file), bytes).expect("the disk has room");
    }
}

/// A text in XPath 1.0, which knows no escapes.
fn quoted(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
