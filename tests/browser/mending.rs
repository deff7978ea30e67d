//! An owner puts a contact and an ID right, reads a temporary password out, and comes back by the code from the envelope.

use aikagi::model::{Locale, Role};

use crate::browser::{Browser, looks, tell};
use crate::stage::Stage;

async fn mending(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        let member = format!("/w/sakura/admin/members/{}", tanaka.id);

        browser.open(&member).await;
        browser.presses("mend-add-title").await;
        browser.comes_to("mend-add-title").await;
        browser.types("address", "080").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("mend-wrong").await;
        browser.types("address", "080-9876-5432").await;
        browser.goes_on().await;
        browser.reads("080-9876-5432").await;
        browser.page_is_well("mend-sure").await;
        browser.goes_on().await;
        browser.reads_text("said-contact-added").await;
        browser.reads_text("desk-contact-entered").await;
        browser.page_is_well("mend-done").await;

        browser.open(&format!("{member}/edit")).await;
        browser.comes_to("edit-title").await;
        assert_eq!(browser.value("name").await, "田中 一郎");
        browser.types("login", "sato").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("edit-wrong").await;
        browser.types("login", "tanaka.ichiro").await;
        browser.goes_on().await;
        browser.reads_text("said-id-changed").await;

        browser.open(&format!("{member}/declare")).await;
        browser.comes_to("declare-title").await;
        browser.types("words", "店舗で運転免許証を確認").await;
        browser.goes_on().await;
        browser.reads_text("said-declared").await;
        browser.page_is_well("declared").await;

        browser.open("/w/sakura/admin/owners").await;
        browser.comes_to("owners-title").await;
        browser.page_is_well("owners").await;
        browser.goes_on().await;
        browser.comes_to("sealed-title").await;
        browser.page_is_well("owners-sealed").await;

        browser.open("/w/sakura/break-glass").await;
        browser.comes_to("break-glass-title").await;
        browser.types("login", "sato").await;
        browser.types("code", "CDF-234-HJK-567-LMN-89P").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("break-glass-wrong").await;
    }
}

#[tokio::test]
async fn an_owner_mends_in_japanese() {
    tell(Locale::Ja, mending).await;
}

#[tokio::test]
async fn an_owner_mends_in_english() {
    tell(Locale::En, mending).await;
}
