//! Help: there in both languages, for everybody the same, and every link in it leads to a page.

use std::collections::BTreeSet;

use aikagi::model::Locale;
use aikagi::web::view::{TOPICS, article};

use crate::harness::{Page, Server};

const LANGUAGES: [(&str, Locale); 2] = [("ja", Locale::Ja), ("en", Locale::En)];
const CONTACT: &str = "総務の高橋（内線 1234）";

/// The list and each article, on the common site and on a workspace's own.
fn pages() -> Vec<String> {
    let names = TOPICS.iter().flat_map(|(_, names)| names.iter());
    let articles: Vec<String> = names.map(|name| format!("/help/{name}")).collect();
    let all = ["/help", "/help/sms"].map(str::to_owned).into_iter().chain(articles);
    all.flat_map(|path| [format!("/w/sakura{path}"), path]).collect()
}

/// Where the page's own part leads.
fn links(page: &Page) -> BTreeSet<String> {
    let main = page.text.split_once("<main").expect("a page").1.split_once("</main>").expect("a page").0;
    let links = main.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_link_of_help_leads_to_a_page() {
    let server = Server::start().await;
    let mut somebody = server.visitor();
    for (language, _) in LANGUAGES {
        somebody.language = language.to_owned();
        let mut open: BTreeSet<String> = BTreeSet::new();
        for path in pages() {
            let page = somebody.get(&path).await;
            page.is(200);
            assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{path} in {language}");
            let found = links(&page);
            // Who came from the workspace's own pages stays there; one page is the same for all.
            if path.starts_with("/w/sakura") {
                let strays = |to: &&String| !to.starts_with("/w/sakura") && *to != "/not-me";
                assert_eq!(found.iter().find(strays), None, "{path}");
            }
            open.extend(found);
        }
        assert!(open.len() > 30, "{open:?}");
        for path in open {
            somebody.open(&path).await.is(200);
        }
    }
}

#[tokio::test]
async fn an_article_says_what_the_pages_say() {
    let server = Server::start().await;
    let mut somebody = server.visitor();
    for (language, locale) in LANGUAGES {
        somebody.language = language.to_owned();
        let button = aikagi::wording::text(locale, "recover-send", &[]);
        somebody.get("/recover/mobile").await.is(200).says(&button);
        somebody.get("/help/forgot-password").await.is(200).says(&button);
        let read = article(locale, "lost-phone").expect("an article");
        somebody.get("/cannot-sign-in").await.is(200).says(&read.title);
        somebody.get("/help/lost-phone").await.is(200).says(&read.title);
    }
}

#[tokio::test]
async fn the_workplaces_own_words_say_whom_to_ask() {
    let server = Server::start().await;
    let set = aikagi::flows::workspaces::set_contact_text(&server.app, &server.workspace, Some(CONTACT), None);
    set.await.expect("it works");
    let mut somebody = server.visitor();
    somebody.get("/w/sakura/help/stopped").await.is(200).says(CONTACT);
    somebody.get("/help/stopped").await.is(200).does_not_say(CONTACT);
    // Administrators have nobody else to ask.
    somebody.get("/w/sakura/help/answering-callers").await.is(200).does_not_say(CONTACT);
}

/// Whoever looks over somebody's shoulder, or at what a browser keeps, learns nothing about an account.
#[tokio::test]
async fn help_knows_no_account_and_changes_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut stranger = server.visitor_at("203.0.113.9");
    let before = server.dump().await;
    for path in pages() {
        let page = own.get(&path).await;
        page.is(200).does_not_say("田中").does_not_say("tanaka@sakura.example");
        assert_eq!(page.main(), stranger.get(&path).await.main(), "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
    }
    assert_eq!(before, server.dump().await);
}

#[tokio::test]
async fn there_is_no_other_article() {
    let server = Server::start().await;
    let mut somebody = server.visitor();
    for path in ["/help/nothing", "/help/forgot-password.md", "/help/..%2fja%2fwait", "/w/nowhere/help", "/help/%00"] {
        somebody.get(path).await.is(404);
    }
}
