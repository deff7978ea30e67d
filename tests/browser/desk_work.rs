//! The desk's longer work: members from a file and what is done for many of them; somebody locked out, from the queue over the telephone to a
//! temporary password; the logs.

use aikagi::flows::desk::jobs;
use aikagi::model::{Locale, Role, minutes};

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, Server};
use crate::stage::Stage;

async fn works(server: &Server) {
    while jobs::work(&server.app).await.expect("the database works") {}
}

async fn members_from_a_file(browser: &mut Browser) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("名簿.csv");
    let rows = "ログインID,名前,ふりがな,部署,携帯番号\nkimura,木村 陽菜,きむら ひな,営業部,090-2222-0001\n\
                ishii,石井 翔,いしい しょう,倉庫,090-2222-0002\nlandline,松本 花,まつもと はな,総務,03-1234-5678\n";
    std::fs::write(&file, rows).expect("the disk has room");
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        browser.open("/w/sakura/admin/members").await;
        browser.presses("import-title").await;
        browser.comes_to("import-title").await;
        browser.page_is_well("desk-import").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("desk-import-none").await;
        let input = browser.find("input[type=file]").await;
        input.send_keys(file.to_str().expect("a path")).await.expect("a file is chosen");
        browser.goes_on().await;
        browser.reads_with("job-draft-good", "good", "2").await;
        browser.page_is_well("desk-job-draft").await;
        browser.presses_words(&browser.t_with("job-start-good", "good", "2")).await;
        browser.reads_text("job-note-close").await;
        // This page opens itself anew every few seconds: it is only looked at.
        browser.picture("desk-job-running").await;
        works(server).await;
        let job = browser.path().await;
        browser.open(&job).await;
        browser.reads_with("job-result", "good", "2").await;
        browser.page_is_well("desk-job-done").await;
        browser.presses("job-invite-all").await;
        browser.reads_text("job-note-close").await;
        works(server).await;
        browser.open("/w/sakura/admin/jobs").await;
        browser.comes_to("jobs-title").await;
        browser.page_is_well("desk-jobs").await;

        for_many(server, browser, look.scripts).await;
    }
}

/// A slip is printed, handed over, and opens the way to a first password.
async fn slips_of_paper(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let kimura = stage.server.invited("kimura").await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        let member = format!("/w/sakura/admin/members/{}", kimura.id);
        browser.open(&format!("{member}/invite")).await;
        browser.goes_on().await;
        browser.comes_to("slip-title").await;
        browser.reads_text("slip-once").await;
        browser.reads("kimura@sakura").await;
        browser.find("article.slip .qr svg path").await;
        browser.page_is_well("desk-slip").await;
        let code = browser.find("article.slip dl div:nth-child(3) .login").await;
        let code = code.text().await.expect("a text");
        // Shown once: whoever comes back sees that there is one, and not which.
        browser.open(&member).await;
        assert!(!browser.words().await.contains(&code));

        browser.forget_everything().await;
        browser.open("/invitation").await;
        browser.types("code", "ABC-DEF").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("invitation-wrong").await;
        browser.types("code", &code.to_lowercase()).await;
        browser.goes_on().await;
        browser.comes_to("set-password-title").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("sign-in-title").await;
        browser.open("/invitation").await;
        browser.types("code", &code).await;
        browser.goes_on().await;
        browser.reads_text("code-page-unknown").await;
    }
}

/// Everybody on the page is ticked, and a new password demanded of whom that can be.
async fn for_many(server: &Server, browser: &Browser, scripts: bool) {
    for n in 0..3 {
        server.member(&format!("m{n}"), &[&format!("m{n}@example.jp")]).await;
    }
    browser.open("/w/sakura/admin/members").await;
    browser.find("#many").await;
    if scripts {
        browser.presses("many-tick-all").await;
    } else {
        assert!(
            !browser.words().await.contains(&browser.t("many-tick-all")),
            "a button that does nothing is not there"
        );
        for login in ["m0", "m1", "m2", "kimura"] {
            let path = format!("//tr[.//span[@class='login'][.='{login}']]//input");
            browser.clicks(&browser.find_by_path(&path).await).await;
        }
    }
    let what = browser.find("#do option[value=force-8]").await;
    browser.clicks(&what).await;
    browser.page_is_well("desk-members-ticked").await;
    let go = browser.find("#many button.main").await;
    browser.clicks(&go).await;
    browser.reads_with("job-draft-force", "good", "3").await;
    browser.page_is_well("desk-job-many").await;
    let start = browser.find(".job button.destroys:not(.as-link)").await;
    browser.clicks(&start).await;
    browser.reads_text("job-note-close").await;
    works(server).await;
    let job = browser.path().await;
    browser.open(&job).await;
    browser.reads_with("job-result", "good", "3").await;
    browser.page_is_well("desk-job-many-done").await;
    server.deliver().await;
    assert_eq!(server.carrier.sent().iter().filter(|letter| letter.purpose == "forced_change").count(), 3);
}

async fn somebody_locked_out_is_helped(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        let mut lost = server.visitor();
        let fields = [
            ("name", "田中 一郎"),
            ("login", "tanaka"),
            ("reach", "内線 1234"),
            ("cause", "phone_lost"),
            ("more", "携帯を川に落としました。"),
        ];
        let kept = lost.post("/w/sakura/recover/ask", &fields).await.leads_to().to_owned();
        server.later(minutes(7));

        browser.stand_before(&stage, look).await;
        stage.seats(browser, "kato", Role::HelpDesk).await;
        browser.open("/w/sakura/admin/queue").await;
        browser.comes_to("queue-title").await;
        browser.page_is_well("desk-queue").await;
        let request = browser.find("a[href*='/queue/req_']").await;
        browser.clicks(&request).await;
        browser.reads("携帯を川に落としました。").await;
        browser.page_is_well("desk-request").await;
        browser.presses("request-take").await;
        browser.reads_text("request-check").await;
        browser.page_is_well("desk-request-taken").await;
        browser.presses("request-check").await;
        browser.comes_to("call-title").await;
        browser.page_is_well("desk-call").await;
        browser.presses("call-code-email").await;
        browser.reads_text("call-code-sent-email").await;
        browser.types("letters", "12").await;
        browser.presses("call-code-check").await;
        browser.find(".summary").await;
        browser.page_is_well("desk-call-wrong").await;
        let letters = server.received("ichiro@example.jp").await;
        let letter = letters.iter().rev().find(|letter| letter.purpose == "call_letters").expect("letters");
        let mut words = letter.text.split(|c: char| !c.is_ascii_uppercase());
        browser.types("letters", words.find(|word| word.len() == 4).expect("four letters")).await;
        browser.presses("call-code-check").await;
        browser.reads_text("call-remedies").await;
        browser.page_is_well("desk-call-proved").await;

        browser.presses("way-force").await;
        browser.comes_to("way-force").await;
        browser.page_is_well("desk-call-force").await;
        browser.goes_on().await;
        browser.reads_text("said-change-forced").await;
        browser.presses("way-sign-out").await;
        browser.comes_to("way-sign-out").await;
        browser.page_is_well("desk-call-sign-out").await;
        browser.presses("call-title").await;
        browser.presses("call-see").await;
        browser.comes_to_heading("田中 一郎").await;
        browser.page_is_well("desk-member-in-call").await;

        browser.open("/w/sakura/admin/queue").await;
        let request = browser.find("a[href*='/queue/req_']").await;
        browser.clicks(&request).await;
        browser.types("answer", "仮パスワードを個人メールに送りました。").await;
        browser.presses("request-answer-button").await;
        browser.reads_text("request-answered").await;
        browser.page_is_well("desk-request-answered").await;
        browser.open("/w/sakura/admin/queue").await;
        browser.reads_text("queue-done").await;
        browser.page_is_well("desk-queue-answered").await;
        browser.open(&kept).await;
        browser.reads("仮パスワードを個人メールに送りました。").await;
    }
}

async fn what_happened_is_read(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
        server.visitor().signs_in("tanaka", "wrong wrong wrong").await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        browser.open(&format!("/w/sakura/admin/members/{}/suspend", tanaka.id)).await;
        browser.comes_to("way-suspend").await;
        browser.goes_on().await;
        browser.reads_text("said-member-suspended").await;

        browser.open("/w/sakura/admin/sign-ins").await;
        browser.comes_to("desk-log-sign-ins").await;
        browser.page_is_well("desk-sign-ins").await;
        browser.types("login", "tanaka").await;
        browser.types("place", "somewhere").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("desk-sign-ins-wrong").await;
        browser.types("place", "").await;
        browser.goes_on().await;
        browser.reads("tanaka").await;
        browser.page_is_well("desk-sign-ins-found").await;
        browser.open("/w/sakura/admin/history").await;
        browser.comes_to("desk-log-audit").await;
        browser.page_is_well("desk-history").await;
    }
}

/// Names, IDs of devices, reasons and texts of one's own that would like to run in an administrator's browser.
async fn hostile_words_run_nothing(browser: &mut Browser) {
    const WORDS: &str = "<img src=x onerror=document.title='taken'>'\"><script>document.title='taken'</script>{{7*7}}";
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
        let quoted = WORDS.replace('\'', "''");
        server
            .sql(&format!(
                "update members set name = '{quoted}', kana = '{quoted}', department = '{quoted}' where id = '{}'",
                tanaka.id
            ))
            .await;
        server.visitor().signs_in("tanaka", "wrong wrong wrong").await;
        server.sql(&format!("update sign_ins set agent = '{quoted}', address = '{quoted}'")).await;
        let mut lost = server.visitor();
        let fields = [("name", WORDS), ("login", "tanaka"), ("reach", WORDS), ("cause", "phone_lost"), ("more", WORDS)];
        lost.post("/w/sakura/recover/ask", &fields).await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        let request = {
            let dump = server.dump().await;
            crate::raw::rows(&dump, "locked_out").first().and_then(|row| row["id"].as_str()).map(str::to_owned)
        };
        let member = format!("members/{}", tanaka.id);
        let mut pages = vec!["", "members", "sign-ins", "history", "queue", "readiness", "alerts", "tokens", "owners"];
        let of_member = ["", "/suspend", "/force", "/role", "/edit", "/delete"].map(|page| format!("{member}{page}"));
        let request = request.map(|id| format!("queue/{id}"));
        pages.extend(of_member.iter().chain(&request).map(String::as_str));
        for page in pages {
            browser.open(format!("/w/sakura/admin/{page}").trim_end_matches('/')).await;
            assert_ne!(browser.title().await, "taken", "{page}");
            browser.complains_of_nothing(page).await;
        }
        browser.open("/w/sakura/admin/members").await;
        browser.reads("<img src=x onerror=").await;
    }
}

#[tokio::test]
async fn hostile_words_run_nothing_at_the_desk() {
    tell(Locale::Ja, hostile_words_run_nothing).await;
}

#[tokio::test]
async fn members_come_from_a_file_and_many_are_asked_at_once_in_japanese() {
    tell(Locale::Ja, members_from_a_file).await;
}

#[tokio::test]
async fn members_come_from_a_file_and_many_are_asked_at_once_in_english() {
    tell(Locale::En, members_from_a_file).await;
}

#[tokio::test]
async fn a_slip_of_paper_brings_somebody_in_in_japanese() {
    tell(Locale::Ja, slips_of_paper).await;
}

#[tokio::test]
async fn a_slip_of_paper_brings_somebody_in_in_english() {
    tell(Locale::En, slips_of_paper).await;
}

#[tokio::test]
async fn a_helper_answers_the_queue_and_the_telephone_in_japanese() {
    tell(Locale::Ja, somebody_locked_out_is_helped).await;
}

#[tokio::test]
async fn a_helper_answers_the_queue_and_the_telephone_in_english() {
    tell(Locale::En, somebody_locked_out_is_helped).await;
}

#[tokio::test]
async fn an_owner_reads_what_happened_in_japanese() {
    tell(Locale::Ja, what_happened_is_read).await;
}

#[tokio::test]
async fn an_owner_reads_what_happened_in_english() {
    tell(Locale::En, what_happened_is_read).await;
}
