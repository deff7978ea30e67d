//! 強制変更 and 変更を要請, from the message to the new password.

use aikagi::flows::desk::forced_change::{self, By, Lifetime};
use aikagi::model::Locale;

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

const THIRD: &str = "たぬきが渡った夜の橋の向こうの灯";

/// `CDF-234-HJK-567-LMN-89P` in the message that came.
async fn secret_of(stage: &Stage) -> String {
    let letters = stage.server.received("ichiro@example.jp").await;
    let letter = letters.iter().find(|letter| letter.purpose == "forced_change").expect("a message");
    let words = letter.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.into_iter().find(|word| word.matches('-').count() == 5).expect("a secret").to_owned()
}

async fn signs_in(browser: &Browser, text: &str) {
    browser.types("login", "tanaka").await;
    browser.types("password", text).await;
    browser.goes_on().await;
}

async fn demanded(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        let by = By::Operator(&tanaka.workspace_id);
        let done = forced_change::force(&server.app, by, &tanaka.id, None, Lifetime::default()).await;
        done.expect("the database works").expect("it is demanded");
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura/sign-in").await;
        signs_in(browser, PASSWORD).await;
        browser.comes_to("stopped-demanded-title").await;
        browser.page_is_well("stopped-demanded").await;
        browser.presses("stopped-demanded-recover-go").await;
        browser.comes_to("recover-choose-title").await;
        browser.open("/w/sakura/sign-in").await;
        signs_in(browser, PASSWORD).await;
        browser.presses("stopped-demanded-secret-go").await;
        browser.comes_to("sign-in-title").await;

        signs_in(browser, &secret_of(&stage).await.to_lowercase()).await;
        browser.comes_to("set-password-title").await;
        browser.reads_with("set-password-lead-forced", "workspace", "さくら商事").await;
        browser.page_is_well("set-password-forced").await;
        browser.changes_language_here("set-password-title").await;
        browser.types("password", "aaaaaaaaaaaaaaaaaaaa").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("said-password-set").await;
        assert_eq!(browser.value("login").await, "tanaka@sakura");
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("checkup-title").await;
        browser.reads_text("change-demanded-done").await;
        browser.page_is_well("checkup-after-demand").await;

        browser.forget_everything().await;
        let asked = forced_change::request(&server.app, by, &tanaka.id).await;
        asked.expect("the database works").expect("it is asked");
        browser.open("/w/sakura/sign-in").await;
        signs_in(browser, NEW_PASSWORD).await;
        browser.comes_to("change-password-title").await;
        browser.reads_text("change-password-asked").await;
        browser.page_is_well("change-password-asked").await;
        browser.types("current", NEW_PASSWORD).await;
        browser.types("password", THIRD).await;
        browser.goes_on().await;
        browser.reads_text("said-password-changed").await;
    }
}

#[tokio::test]
async fn a_new_password_is_demanded_in_japanese() {
    tell(Locale::Ja, demanded).await;
}

#[tokio::test]
async fn a_new_password_is_demanded_in_english() {
    tell(Locale::En, demanded).await;
}
