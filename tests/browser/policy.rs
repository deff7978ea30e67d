//! An owner changes the rules, writes what stands on the sign-in page, and says from which networks people may come; each after a look.

use aikagi::model::{Locale, Role};

use crate::browser::{Browser, looks, tell};
use crate::stage::Stage;

async fn an_access_token_is_made_and_ended(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        browser.open("/w/sakura/admin/policy").await;
        browser.presses("tokens-go").await;
        browser.comes_to("tokens-title").await;
        browser.reads_text("tokens-none").await;
        browser.presses("tokens-new").await;
        browser.comes_to("token-new-title").await;
        browser.page_is_well("token-new").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("token-new-wrong").await;
        browser.types("name", "人事システム").await;
        browser.presses("scope-members-read").await;
        browser.goes_on().await;
        browser.comes_to("token-made-title").await;
        browser.reads("akt_").await;
        browser.page_is_well("token-made").await;
        browser.presses("token-made-done").await;
        browser.comes_to("tokens-title").await;
        browser.reads("人事システム").await;
        browser.page_is_well("tokens").await;
        browser.presses("tokens-end").await;
        browser.reads_text("said-token-ended").await;
    }
}

async fn rules_texts_and_networks(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        browser.open("/w/sakura/admin/policy").await;
        browser.comes_to("policy-title").await;
        browser.page_is_well("policy").await;

        browser.presses("policy-go-change").await;
        browser.comes_to("policy-change-title").await;
        browser.presses("policy-preset-strict").await;
        browser.find("a[aria-current][href$='strict']").await;
        assert_eq!(browser.value("password\\.min_length").await, "20");
        browser.types("password\\.min_length", "5").await;
        browser.page_is_well("policy-change").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("policy-change-wrong").await;
        browser.types("password\\.min_length", "24").await;
        browser.goes_on().await;
        browser.comes_to("policy-review-title").await;
        browser.page_is_well("policy-review").await;
        browser.presses("policy-edit").await;
        browser.comes_to("policy-change-title").await;
        assert_eq!(browser.value("password\\.min_length").await, "24");
        browser.goes_on().await;
        browser.comes_to("policy-review-title").await;
        browser.goes_on().await;
        browser.reads_text("said-policy-changed").await;
        browser.reads_with("policy-letters", "n", "24").await;
        browser.page_is_well("policy-changed").await;

        browser.open("/w/sakura/admin/policy/failure-text").await;
        browser.comes_to("own-text-failure").await;
        browser.types("ja", "しおりの5ページへ\n<b>内線</b> 1234").await;
        browser.page_is_well("policy-text").await;
        browser.goes_on().await;
        browser.comes_to("own-text-preview-title").await;
        browser.reads("<b>内線</b> 1234").await;
        browser.page_is_well("policy-text-preview").await;
        browser.goes_on().await;
        browser.reads_text("said-text-changed").await;

        browser.presses("networks-go").await;
        browser.comes_to("networks-title").await;
        browser.presses("networks-who-all").await;
        browser.types("from", "203.0.113.0/24").await;
        browser.page_is_well("policy-networks").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("policy-networks-wrong").await;
        browser.types("from", "203.0.113.0/24\n127.0.0.1").await;
        browser.goes_on().await;
        browser.comes_to("networks-review-title").await;
        browser.page_is_well("policy-networks-review").await;
        browser.goes_on().await;
        browser.reads_text("said-networks-changed").await;
        browser.reads("127.0.0.1/32").await;
    }
}

#[tokio::test]
async fn an_owner_sets_the_rules_in_japanese() {
    tell(Locale::Ja, rules_texts_and_networks).await;
}

#[tokio::test]
async fn an_owner_sets_the_rules_in_english() {
    tell(Locale::En, rules_texts_and_networks).await;
}

#[tokio::test]
async fn an_owner_makes_an_access_token_in_japanese() {
    tell(Locale::Ja, an_access_token_is_made_and_ended).await;
}

#[tokio::test]
async fn an_owner_makes_an_access_token_in_english() {
    tell(Locale::En, an_access_token_is_made_and_ended).await;
}
