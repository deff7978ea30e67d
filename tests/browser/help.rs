//! Help: from the page where the trouble is to the article, to what it tells to press, and back to the list.

use aikagi::model::Locale;
use aikagi::web::view::{TOPICS, article};

use crate::browser::{Browser, looks, tell};
use crate::stage::Stage;

async fn from_the_trouble_to_its_article(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        browser.stand_before(&stage, look).await;
        browser.open("/w/sakura/cannot-sign-in").await;
        browser.presses("cannot-lost").await;
        browser.page_is_well("cannot-sign-in-lost").await;
        let heading = article(browser.locale, "lost-phone").expect("an article").title;
        browser.presses_words(&browser.t_with("help-see", "title", &heading)).await;
        browser.comes_to_heading(&heading).await;
        browser.presses("cannot-lost-go").await;
        browser.comes_to("recover-email-title").await;

        browser.open("/w/sakura/sign-in").await;
        browser.presses("help-title").await;
        browser.comes_to("help-title").await;
        browser.page_is_well("help").await;
        for name in TOPICS.iter().flat_map(|(_, names)| names.iter()) {
            let heading = article(browser.locale, name).expect("an article").title;
            browser.presses_words(&heading).await;
            browser.comes_to_heading(&heading).await;
            browser.page_is_well(&format!("help-{name}")).await;
            browser.presses("help-all").await;
            browser.comes_to("help-title").await;
        }
        browser.presses("help-sms-title").await;
        browser.comes_to("help-sms-title").await;
        browser.page_is_well("help-sms").await;
        browser.presses("help-all").await;
        browser.comes_to("help-title").await;
        browser.presses("problem-home").await;
        browser.comes_to("sign-in-title").await;
    }
}

#[tokio::test]
async fn help_is_where_the_trouble_is_in_japanese() {
    tell(Locale::Ja, from_the_trouble_to_its_article).await;
}

#[tokio::test]
async fn help_is_where_the_trouble_is_in_english() {
    tell(Locale::En, from_the_trouble_to_its_article).await;
}
