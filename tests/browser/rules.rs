//! What holds for every page: language, one heading, a title, nothing beside the screen, targets that a thumb hits,
//! little to load, a clean console, and nothing that axe finds.

use std::path::PathBuf;
use std::sync::LazyLock;

use aikagi::model::Locale;
use serde_json::{Value, json};

use crate::browser::{Browser, LOOKS, tell};
use crate::stage::Stage;

/// Everything but fonts that one page may bring, in bytes (the first time, when nothing is cached).
const HEAVIEST: u64 = 100 * 1000;

/// What a page's own scripts cannot tell: asked from outside, with the page's scripts on or off.
const MEASURES: &str = r#"
const rect = (e) => ((/radio|checkbox/.test(e.type) && e.closest("label")) || e).getBoundingClientRect();
const name = (e) => `${e.tagName.toLowerCase()} ${e.id || e.className} ${e.innerText || e.value}`.slice(0, 60);
const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary")].filter((e) =>
    e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.matches(".for-managers, .skip"));
// A link inside a sentence takes the sentence's height (WCAG 2.5.8, "inline").
const inline = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline"
    && e.parentElement.innerText.trim() !== e.innerText.trim();
const main = (e) => e.matches(".button, .field input, summary, .menu a, .way, .choice input, .as-link, .brand");
const small = all.filter((e) => !inline(e)).filter((e) => {
    const { width, height } = rect(e);
    const least = main(e) ? 44 : 24;
    return height < least - 0.01 || width < Math.min(least, 24) - 0.01;
}).map((e) => `${name(e)}: ${Math.round(rect(e).width)} x ${rect(e).height.toFixed(1)}`);
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
const beside = wide > 0 ? [...document.body.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).map(name).slice(0, 5) : [];
const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((entry) => !/\.(woff2?|ttf|otf)$/.test(entry.name));
return {
    lang: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    title: document.title,
    wide, beside, small,
    bytes: loaded.reduce((sum, entry) => sum + entry.encodedBodySize + 300, 0),
    foreign: loaded.filter((entry) => !entry.name.startsWith(location.origin)).map((entry) => entry.name),
    ready: document.readyState,
};
"#;

/// axe's own program.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let tools = std::env::var_os("AIKAGI_TOOLS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".tools"), PathBuf::from);
    let file = tools.join("npm/node_modules/axe-core/axe.min.js");
    let text = std::fs::read_to_string(&file);
    text.unwrap_or_else(|_| panic!("no {}: `cargo xtask tools` brings it", file.display()))
});

const RUN_AXE: &str = r#"
const done = arguments[arguments.length - 1];
axe.run({ runOnly: arguments[0], resultTypes: ["violations"] }).then(
    ({ violations }) => done(violations.map(({ id, help, nodes }) =>
        `${id}: ${help}\n` + nodes.map((n) => `    ${n.html.slice(0, 160)}\n    ${n.any.map((c) => c.message).join("; ")}`).join("\n"))),
    (error) => done([String(error)]),
);
"#;

impl Browser {
    /// Holds the page against the rules and leaves its picture.
    pub async fn page_is_well(&self, name: &str) {
        self.picture(name).await;
        let wrong = self.wrongs(name).await;
        let path = self.path().await;
        assert!(wrong.is_empty(), "{name} ({path}) with {:?}:\n{}", self.look, wrong.join("\n"));
    }

    /// Everything that is wrong with the page.
    async fn wrongs(&self, name: &str) -> Vec<String> {
        if !self.look.scripts {
            // Only now: what the page's own scripts would have added stays away.
            self.set_scripts(true).await;
        }
        let mut wrong = Vec::new();
        let found = self.ask(MEASURES).await;
        self.judge(&found, &mut wrong);
        let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        wrong.extend(self.axe(json!({ "type": "tag", "values": tags })).await);
        if self.look.scripts && self.look.width < 800 {
            let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
            self.devtools("Emulation.setEmulatedMedia", dark).await;
            wrong.extend(self.axe(json!({ "type": "rule", "values": ["color-contrast"] })).await);
            self.picture(&format!("{name}-dark")).await;
            self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
        }
        wrong.extend(self.complaints().await);
        if !self.look.scripts {
            self.set_scripts(false).await;
        }
        wrong
    }

    fn judge(&self, found: &Value, wrong: &mut Vec<String>) {
        let mut expect = |holds: bool, what: String| {
            if !holds {
                wrong.push(what);
            }
        };
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| found[key].as_array().is_some_and(Vec::is_empty);
        let bytes = found["bytes"].as_u64().unwrap_or_default();
        expect(text("ready") == "complete", format!("still {}", text("ready")));
        expect(text("lang") == self.locale.as_str(), format!("lang is {:?}", text("lang")));
        expect(found["headings"] == 1, format!("{} main headings", found["headings"]));
        expect(!text("title").starts_with(" - "), format!("the title is {:?}", text("title")));
        expect(
            found["wide"].as_i64() <= Some(0),
            format!("{} px beside the screen: {}", found["wide"], found["beside"]),
        );
        expect(list("small"), format!("too small to hit: {:#}", found["small"]));
        expect(list("foreign"), format!("from elsewhere: {}", found["foreign"]));
        expect((1..=HEAVIEST).contains(&bytes), format!("{bytes} bytes to load"));
    }

    async fn axe(&self, only: Value) -> Vec<String> {
        if self.ask("return typeof axe").await == "undefined" {
            self.driver.execute(AXE.as_str(), Vec::new()).await.expect("axe comes in");
        }
        let answer = self.driver.execute_async(RUN_AXE, vec![only]).await.expect("axe answers");
        answer.json().as_array().into_iter().flatten().map(|line| line.as_str().unwrap_or("?").to_owned()).collect()
    }

    /// Fails unless the console is silent: nothing was refused by the content security policy, since nothing tried.
    pub async fn complains_of_nothing(&self, page: &str) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{page}: {complaints:#?}");
    }

    /// What the console complains about. That a page itself answers 4xx is no complaint: it says so to the person.
    async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("Chromium keeps a log");
        let is_page = |message: &str| {
            message.contains("the server responded with a status of 4") && !message.contains("/assets/")
        };
        log.iter()
            .filter(|entry| entry.level == "SEVERE" || entry.message.contains("Content Security Policy"))
            .filter(|entry| !is_page(&entry.message))
            .map(|entry| format!("console: {}", entry.message))
            .collect()
    }
}

/// A rule that finds nothing is worth nothing.
#[tokio::test]
async fn the_rules_find_what_is_wrong() {
    tell(Locale::Ja, async |browser: &mut Browser| {
        let stage = Stage::open().await;
        browser.stand_before(&stage, LOOKS[0]).await;
        browser.open("/sign-in").await;
        assert_eq!(browser.wrongs("rules").await, [""; 0]);
        let spoil = r#"
            document.documentElement.lang = "en";
            document.querySelector("main").insertAdjacentHTML("beforeend", `<h1>Two</h1><img src="/assets/0/none.svg">
                <div class="wide-one"><button class="tiny-one">x</button></div><b class="pale-one">pale</b>`);
            document.querySelector(".wide-one").style.width = "800px";
            Object.assign(document.querySelector(".tiny-one").style, { width: "10px", height: "10px", padding: 0 });
            document.querySelector(".pale-one").style.color = "lightgray";
            const script = document.createElement("script");
            script.src = "https://elsewhere.example/x.js";
            document.head.append(script);
        "#;
        browser.ask(spoil).await;
        browser.find("img").await;
        let wrongs = browser.wrongs("rules").await.join("\n");
        let signs = ["lang is", "main headings", "beside the screen", "tiny-one", "image-alt", "color-contrast"];
        for sign in signs.iter().chain(&["Content Security Policy"]) {
            assert!(wrongs.contains(sign), "no word of {sign:?}: {wrongs}");
        }
    })
    .await;
}
