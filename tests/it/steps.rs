//! Steps left out, taken twice, taken by somebody else, or taken after the world changed: every one of them reaches nothing.

use aikagi::flows::{members, standing};
use aikagi::model::{Role, minutes, seconds};
use aikagi::store::members::Member;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server, digits, form};
use crate::raw::{self, Dump};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const EMAIL: &str = "ichiro@example.jp";

/// A browser whose code is on the way, and the code.
async fn with_code(server: &Server, at: &str) -> (Browser, String) {
    let mut phone = server.visitor_at(at);
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    (phone, code)
}

/// Fails the story if any password but the first one was ever set.
async fn nothing_was_set(server: &Server) {
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "password_history").len(), 0, "a password was replaced");
    assert_eq!(raw::count(&dump, "audit", "action", "recovered"), 0);
}

/// Tries all steps after the code without a code.
async fn goes_on_without_a_code(browser: &mut Browser, member: &Member) {
    browser.get("/recover/id").await.does_not_say("tanaka@sakura");
    browser.get("/recover/password").await.does_not_say("tanaka@sakura");
    browser.picks(member).await.does_not_say("tanaka@sakura");
    browser.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn no_step_can_be_left_out() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, EMAIL]).await;
    goes_on_without_a_code(&mut server.visitor(), &tanaka).await;

    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    goes_on_without_a_code(&mut phone, &tanaka).await;
    phone.types_code(&code).await.says("tanaka@sakura");
    // Proved, but nobody chosen.
    phone.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
    nothing_was_set(&server).await;
}

/// Keycloak CVE-2026-18963: another method in the middle, or from the beginning again, reached "set a password" without a proof.
#[tokio::test]
async fn another_method_midway_needs_its_own_code() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, EMAIL]).await;
    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    phone.types_code(&code).await.says("tanaka@sakura");
    phone.picks(&tanaka).await.says("4 / 4");
    phone.asks_for_code_by_email("thief@example.jp", "tanaka@sakura").await.says("2 / 4");
    goes_on_without_a_code(&mut phone, &tanaka).await;
    phone.types_code(&code).await.is(422);
    nothing_was_set(&server).await;
}

#[tokio::test]
async fn only_ids_of_the_proved_contact_can_be_chosen() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let sato = server.member("sato", &["090-9999-0000"]).await;
    let ume = server.workspace("ume", "うめ商店").await;
    let foreign = server.member_of(&ume, "tanaka", &[NUMBER]).await;
    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    phone.types_code(&code).await.says("tanaka@sakura").says("tanaka@ume");
    for pick in [sato.id.as_str(), "", "mem_", "' or '1'='1", "%"] {
        let page = phone.submit("/recover/id", &[("pick", pick)]).await;
        page.is(422).does_not_say("4 / 4");
    }
    phone.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
    nothing_was_set(&server).await;

    // On a workspace's own page the other workspace's ID is not there, even by its id.
    let mut page = server.visitor_at("198.51.100.8");
    page.submit("/w/sakura/recover/mobile", &[("number", NUMBER)]).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    page.types_code(&code).await.says("tanaka@sakura").does_not_say("tanaka@ume");
    page.picks(&foreign).await.does_not_say("4 / 4");
}

#[tokio::test]
async fn an_attempt_for_one_id_opens_no_other_id_of_the_address() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[EMAIL]).await;
    let shared = server.member("shop", &[EMAIL]).await;
    let mut browser = server.visitor();
    browser.asks_for_code_by_email(EMAIL, "shop@sakura").await.says("2 / 4");
    let code = server.code_for(EMAIL).await;
    browser.types_code(&code).await.says("shop@sakura").does_not_say("tanaka@sakura");
    browser.picks(&tanaka).await.does_not_say("4 / 4");
    browser.picks(&shared).await.says("4 / 4");
    browser.sets_password(NEW_PASSWORD).await.is(200);
    server.signed_in("tanaka", "198.51.100.9").await;
}

#[tokio::test]
async fn an_attempt_ends_with_the_new_password() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    let kept = phone.cookies.clone();
    phone.sets_password(NEW_PASSWORD).await.says("新しいパスワードを決めました");
    let mut replay = phone;
    replay.cookies = kept;
    replay.sets_password("ぬすっとの長い合言葉をここに書く夜").await.is(410);
    replay.types_code(&code).await.is(410);
    replay.picks(&tanaka).await.does_not_say("tanaka@sakura");
    replay.get("/recover/id").await.does_not_say("tanaka@sakura");
    replay.submit("/recover/resend", &[]).await.is(410);
    server.visitor().signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

#[tokio::test]
async fn an_attempt_belongs_to_one_browser() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    // Who sees the code but has another browser, with an attempt of its own.
    let (mut thief, _) = with_code(&server, "203.0.113.66").await;
    thief.types_code(&code).await.is(422);
    let mut bare = server.visitor_at("203.0.113.67");
    bare.types_code(&code).await.is(410);
    // The handle's public half opens nothing.
    let handle = phone.cookies["aikagi_r"].clone();
    let mut forged = server.visitor_at("203.0.113.68");
    forged.cookies.insert("aikagi_r".to_owned(), format!("{}{}", &handle[..17], "0".repeat(handle.len() - 17)));
    forged.types_code(&code).await.is(410);
    // Nor does it when a second cookie of the name is sent beside it.
    let mut doubled = phone.clone();
    doubled.cookies.insert("aikagi_r".to_owned(), format!("{handle}; aikagi_r=x"));
    doubled.types_code(&code).await.is(410);
    phone.types_code(&code).await.says("tanaka@sakura");
    goes_on_without_a_code(&mut thief, &tanaka).await;
    nothing_was_set(&server).await;
}

/// Tokens of one kind pass for no other.
#[tokio::test]
async fn a_token_opens_only_its_own_door() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, EMAIL]).await;
    let own = server.signed_in("tanaka", "198.51.100.7").await;
    let (phone, _) = with_code(&server, "198.51.100.8").await;
    let (_, link) = server.invited_to(&server.workspace, "new", Role::Member).await;
    let tokens = [
        own.cookies["aikagi_s_sakura"].clone(),
        own.cookies["aikagi_d"].clone(),
        phone.cookies["aikagi_r"].clone(),
        link.rsplit('/').next().expect("a token").to_owned(),
    ];
    for (n, token) in tokens.iter().enumerate() {
        let rest = token.split_once('_').expect("a kind").1;
        for kind in ["aks", "akd", "akr", "aka", "akl"] {
            let text = format!("{kind}_{rest}");
            let mut browser = server.visitor_at("203.0.113.66");
            browser.cookies.insert("aikagi_s_sakura".to_owned(), text.clone());
            assert_eq!(browser.is_signed_in().await, n == 0 && kind == "aks", "{n} as {kind}");
            browser.cookies.clear();
            browser.cookies.insert("aikagi_r".to_owned(), text.clone());
            let open = browser.get("/recover/code").await.status == StatusCode::OK;
            assert_eq!(open, n == 2 && kind == "akr", "{n} as {kind}");
            let open = browser.get(&format!("/set-password/{text}")).await.status == StatusCode::OK;
            assert_eq!(open, n == 3 && kind == "akl", "{n} as {kind}");
            assert_ne!(browser.get(&format!("/not-me/{text}")).await.status, StatusCode::OK, "{n} as {kind}");
        }
    }
    // A session of one workspace is none of another.
    server.workspace("ume", "うめ商店").await;
    let mut browser = server.visitor_at("203.0.113.66");
    browser.cookies.insert("aikagi_s_ume".to_owned(), tokens[0].clone());
    assert_eq!(browser.get("/w/ume/me").await.status, StatusCode::SEE_OTHER);
}

/// Who asks for another code too soon is told how long, beside the button that was pressed.
#[tokio::test]
async fn asking_again_too_soon_leaves_the_box_open() {
    let server = Server::start().await;
    let mut phone = server.visitor();
    let open = "<details class=\"box\" open>";
    phone.asks_for_code(NUMBER).await.does_not_say(open);
    phone.submit("/recover/resend", &[]).await.is(200).says(open).says("もう一度送れます");
    phone.get("/recover/code").await.does_not_say(open);
}

#[tokio::test]
async fn a_code_is_good_once_and_only_the_newest() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let (mut phone, old) = with_code(&server, "198.51.100.7").await;
    server.later(minutes(1));
    phone.submit("/recover/resend", &[]).await.is(200);
    let new = server.code_for(TANAKA).await;
    assert_ne!(old, new);
    phone.types_code(&old).await.is(422);
    let before = phone.clone();
    phone.types_code(&new).await.says("tanaka@sakura");
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "codes").iter().all(|row| !row["spent_at"].is_null()));
    // The code is spent; another attempt begins with none of it.
    let (mut other, _) = with_code(&server, "198.51.100.9").await;
    other.types_code(&new).await.is(422);
    drop(before);
}

/// What may happen between the proof and the new password.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Suspended,
    Held,
    WorkspaceSuspended,
    ContactFrozen,
    ContactRemoved,
    ContactUnproved,
    ContactYoung,
    Late,
}

/// authentik CVE-2025-53942: suspended while recovering.
#[tokio::test]
async fn the_world_is_looked_at_anew_at_every_step() {
    use Meanwhile::*;
    for meanwhile in
        [Suspended, Held, WorkspaceSuspended, ContactFrozen, ContactRemoved, ContactUnproved, ContactYoung, Late]
    {
        for steps in 0..3 {
            let server = Server::start().await;
            let tanaka = server.member("tanaka", &[NUMBER]).await;
            let (mut phone, code) = with_code(&server, "198.51.100.7").await;
            if steps > 0 {
                phone.types_code(&code).await.says("tanaka@sakura");
            }
            if steps > 1 {
                phone.picks(&tanaka).await.says("4 / 4");
            }
            match meanwhile {
                Suspended => {
                    assert!(members::take_step(&server.app, &tanaka, standing::Step::Suspend).await.unwrap());
                }
                Held => assert!(members::take_step(&server.app, &tanaka, standing::Step::Hold).await.unwrap()),
                WorkspaceSuspended => server.sql("update workspaces set suspended_at = 1").await,
                ContactFrozen => server.sql("update contacts set state = 'frozen'").await,
                ContactRemoved => server.sql("update contacts set state = 'removed', removed_at = 1").await,
                ContactUnproved => server.sql("update contacts set state = 'unverified'").await,
                ContactYoung => server.sql("update contacts set recovers_from = 9000000000000000").await,
                Late => server.later(minutes(30) + seconds(1)),
            }
            phone.types_code(&code).await.does_not_say("tanaka@sakura");
            phone.picks(&tanaka).await.does_not_say("4 / 4");
            phone.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
            nothing_was_set(&server).await;
            let shown = phone.get("/recover/id").await;
            shown.does_not_say("tanaka@sakura");
            assert!(!matches!(meanwhile, Late) || steps > 0 || shown.status == StatusCode::GONE);
        }
    }
}

/// Suspended and resumed, or held and released: what was proved before does not count afterwards.
#[tokio::test]
async fn a_proof_does_not_outlive_a_suspension_or_a_hold() {
    for held in [false, true] {
        for chosen in [false, true] {
            let server = Server::start().await;
            let tanaka = server.member("tanaka", &[NUMBER]).await;
            let (mut phone, code) = with_code(&server, "198.51.100.7").await;
            phone.types_code(&code).await.says("tanaka@sakura");
            if chosen {
                phone.picks(&tanaka).await.says("4 / 4");
            }
            if held {
                members::take_step(&server.app, &tanaka, standing::Step::Hold).await.unwrap();
                let tanaka = server.reload(&tanaka).await;
                assert!(members::take_step(&server.app, &tanaka, standing::Step::Release).await.unwrap());
            } else {
                for suspended in [true, false] {
                    let tanaka = server.reload(&tanaka).await;
                    assert!(
                        members::take_step(
                            &server.app,
                            &tanaka,
                            if suspended { standing::Step::Suspend } else { standing::Step::Resume }
                        )
                        .await
                        .unwrap()
                    );
                }
            }
            phone.picks(&tanaka).await.does_not_say("4 / 4");
            phone.sets_password(NEW_PASSWORD).await.does_not_say("新しいパスワードを決めました");
            nothing_was_set(&server).await;
        }
    }
}

#[tokio::test]
async fn a_form_counts_only_from_the_browser_that_asked_for_it() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut other = server.visitor_at("203.0.113.66");
    let (mine, theirs) = (own.csrf().await, other.csrf().await);
    let before = server.dump().await;
    let posts = [
        "/sign-in",
        "/w/sakura/sign-in",
        "/w/sakura/sign-out",
        "/language",
        "/recover/mobile",
        "/recover/email",
        "/recover/code",
        "/recover/resend",
        "/recover/id",
        "/recover/password",
        "/not-me",
        "/not-me/x",
        "/set-password/x",
        "/w/sakura/me/later",
        "/w/sakura/me/checkup",
        "/w/sakura/me/confirm",
        "/w/sakura/me/password",
        "/w/sakura/me/devices/sign-out-others",
        "/w/sakura/me/devices/x/sign-out",
        "/w/sakura/me/contacts/add-mobile",
        "/w/sakura/me/contacts/add-email",
        "/w/sakura/me/contacts/x/verify",
        "/w/sakura/me/contacts/x/resend",
        "/w/sakura/me/contacts/x/remove",
    ];
    for path in posts {
        for csrf in ["", "x", "x.y", theirs.as_str(), &mine[..mine.len() - 1]] {
            own.post_raw(path, form(&[("csrf", csrf), ("number", NUMBER), ("login", "tanaka")]).into_bytes())
                .await
                .is(403);
        }
        own.post_raw(path, form(&[("number", NUMBER)]).into_bytes()).await.is(403);
        let elsewhere = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "cross-site")
            .body(Body::from(form(&[("csrf", &mine)])))
            .unwrap();
        own.send(elsewhere).await.is(403);
    }
    same_but_seen(&before, &server.dump().await);
    assert!(own.is_signed_in().await);
}

/// Everything but when a session was last seen.
fn same_but_seen(before: &Dump, after: &Dump) {
    let blind = |dump: &Dump| {
        let mut dump = dump.clone();
        for row in dump.values_mut().flatten() {
            row.as_object_mut().expect("a row").remove("seen_at");
        }
        dump
    };
    let (before, after) = (blind(before), blind(after));
    for (table, rows) in &after {
        assert_eq!(before.get(table), Some(rows), "{table} changed");
    }
    assert_eq!(before.len(), after.len());
}

/// Mail scanners and previews open every link they see.
#[tokio::test]
async fn opening_pages_changes_nothing() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, EMAIL]).await;
    let (mut phone, code) = with_code(&server, "198.51.100.7").await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    phone.asks_for_code_by_email(EMAIL, "").await.says("2 / 4");
    let (_, set) = server.invited_to(&server.workspace, "new", Role::Member).await;
    let letters = server.received(EMAIL).await;
    let notice = letters.iter().find(|letter| letter.text.contains("/not-me/")).expect("a notice");
    let at = notice.text.find("/not-me/").expect("a link");
    let alarm = notice.text[at..].split_whitespace().next().expect("a word").to_owned();
    server.later(minutes(2));
    let mut paths: Vec<String> = [
        "/",
        "/sign-in",
        "/cannot-sign-in",
        "/recover",
        "/recover/mobile",
        "/recover/email",
        "/recover/other",
        "/recover/code",
        "/recover/id",
        "/recover/password",
        "/not-me",
        "/help/sms",
        "/w/sakura",
        "/w/sakura/sign-in",
        "/w/sakura/cannot-sign-in",
        "/w/sakura/recover",
        "/w/sakura/recover/mobile",
        "/w/sakura/me",
        "/w/sakura/me/checkup",
        "/w/sakura/me/confirm",
        "/w/sakura/me/password",
        "/w/sakura/me/devices",
        "/w/sakura/me/contacts",
        "/w/sakura/me/contacts/add-mobile",
        "/w/sakura/me/contacts/add-email",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([set, alarm]);
    let before = server.dump().await;
    for row in raw::rows(&before, "contacts") {
        let id = row["id"].as_str().expect("an id");
        paths.push(format!("/w/sakura/me/contacts/{id}/verify"));
        paths.push(format!("/w/sakura/me/contacts/{id}/remove"));
        paths.push(format!("/w/sakura/me/contacts/{id}/decide"));
    }
    let mut seen = std::collections::BTreeSet::new();
    // Every page leads to others: all of them are opened.
    while let Some(path) = paths.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = phone.get(&path).await;
        assert!(page.status.as_u16() < 500, "{path}: {}", page.status);
        let links = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
        let own = links.map(|(to, _)| to.to_owned()).filter(|to| to.starts_with('/') && !to.starts_with("/assets/"));
        paths.extend(own);
        // Pages that only take forms.
        for form in page.text.split("action=\"").skip(1).filter_map(|rest| rest.split_once('"')) {
            if form.0.starts_with('/') {
                paths.push(form.0.to_owned());
            }
        }
        let head = Request::head(&path).body(Body::empty()).unwrap();
        assert!(phone.send(head).await.status.as_u16() < 500, "HEAD {path}");
        assert!(seen.len() < 300, "the crawl does not end");
    }
    assert!(seen.len() > 30, "{seen:?}");
    same_but_seen(&before, &server.dump().await);
    assert!(phone.is_signed_in().await);
}

/// Zitadel CVE-2025-64101: the link in the message was built from the request's Host header.
#[tokio::test]
async fn what_the_request_says_of_itself_reaches_no_link_and_no_message() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, EMAIL]).await;
    let mut browser = server.visitor();
    let evil = async |browser: &mut Browser, path: &str, fields: &[(&str, &str)]| {
        let csrf = browser.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "evil.example")
            .header("forwarded", "host=evil.example;proto=https;for=evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-server", "evil.example")
            .header("x-forwarded-proto", "gopher")
            .header("x-forwarded-prefix", "//evil.example")
            .header("x-original-url", "//evil.example")
            .header("x-rewrite-url", "//evil.example")
            .header(header::ORIGIN, "https://evil.example")
            .header(header::REFERER, "https://evil.example/")
            .header(header::USER_AGENT, "https://evil.example")
            .body(Body::from(form(&all)))
            .unwrap();
        let page = browser.send(request).await;
        assert!(!page.text.contains("evil.example"), "{path}");
        assert!(!format!("{:?}", page.headers).contains("evil.example"), "{path}");
        page
    };
    evil(&mut browser, "/recover/mobile", &[("number", NUMBER)]).await.is(303);
    let code = server.code_for(TANAKA).await;
    evil(&mut browser, "/recover/code", &[("code", &code)]).await.is(303);
    evil(&mut browser, "/recover/id", &[("pick", tanaka.id.as_str())]).await.is(303);
    evil(&mut browser, "/recover/password", &[("password", NEW_PASSWORD)]).await.is(303);
    evil(&mut browser, "/recover/email", &[("email", EMAIL), ("login", "")]).await.is(303);
    server.deliver().await;
    let sent = server.carrier.sent();
    assert_eq!(sent.len(), 4);
    for letter in sent {
        assert!(!letter.text.contains("evil.example") && !letter.to.contains("evil"), "{}", letter.text);
        for (at, _) in letter.text.match_indices("http") {
            assert!(letter.text[at..].starts_with("http://id.example.jp/"), "{}", letter.text);
        }
    }
    let page = evil(&mut browser, "/language", &[("to", "en"), ("back", "//evil.example")]).await;
    assert_eq!(page.leads_to(), "/");
}

/// Repeated fields (GitLab CVE-2023-7028), lists, NUL, broken UTF-8, ten megabytes, endless fields: refused, and nothing is done.
#[tokio::test]
async fn what_no_page_of_ours_sends_does_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, EMAIL]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let csrf = own.csrf().await;
    let token = form(&[("csrf", &csrf)]);
    let before = server.dump().await;
    let hashes = server.app.hashing.done();
    let long = "a".repeat(9_000);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("/recover/email", format!("{token}&email=ichiro%40example.jp&email=thief%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email%5B%5D=ichiro%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email%5B0%5D=ichiro%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email=ichiro%40example.jp%2Cthief%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email=ichiro%40example.jp%0d%0abcc%3athief%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email=ichiro%40example.jp%00").into_bytes()),
        ("/recover/email", format!("{token}&email={long}%40example.jp").into_bytes()),
        ("/recover/email", format!("{token}&email=ichiro%40example.jp&login={long}").into_bytes()),
        ("/recover/mobile", format!("{token}&number=090-1234-5678%2C090-6666-6666").into_bytes()),
        ("/recover/mobile", format!("{token}&number={long}").into_bytes()),
        ("/recover/mobile", format!("{token}&number=%ff%fe").into_bytes()),
        ("/recover/mobile", [token.as_bytes(), b"&number=\xff\xfe"].concat()),
        ("/recover/mobile", format!("{token}&csrf=x&number=090").into_bytes()),
        ("/recover/mobile", b"{\"number\":\"090-1234-5678\"}".to_vec()),
        ("/recover/mobile", vec![b'a'; 10_000_000]),
        ("/w/sakura/sign-in", format!("{token}&login=tanaka&password=").into_bytes()),
        ("/w/sakura/sign-in", format!("{token}&login=tanaka&password={}", "a".repeat(1_025)).into_bytes()),
        ("/w/sakura/sign-in", format!("{token}&login=tanaka&password=a%00").into_bytes()),
        ("/w/sakura/sign-in", format!("{token}&login={long}&password=a").into_bytes()),
        ("/w/sakura/sign-in", format!("{token}&login=tanaka%00&password=a").into_bytes()),
        ("/sign-in", format!("{token}&login=tanaka&password=a").into_bytes()),
        ("/w/sakura/me/password", format!("{token}&current={long}&password={long}").into_bytes()),
        ("/w/sakura/me/contacts/add-email", format!("{token}&email={long}").into_bytes()),
        ("/w/sakura/me/contacts/add-email", format!("{token}&email=a%40b.jp%0aBcc%3a%20c%40d.jp").into_bytes()),
        ("/not-me", format!("{token}&word={long}").into_bytes()),
    ];
    for (path, body) in cases {
        let start = String::from_utf8_lossy(&body[body.len().saturating_sub(80)..]).into_owned();
        let page = own.post_raw(path, body).await;
        assert!((400..500).contains(&page.status.as_u16()), "{path} {start}: {}", page.status);
    }
    let json = Request::post("/recover/mobile").header(header::CONTENT_TYPE, "application/json").body(Body::from("{}"));
    assert!(own.send(json.unwrap()).await.status.is_client_error());
    let multipart = Request::post("/recover/mobile")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::empty());
    assert!(own.send(multipart.unwrap()).await.status.is_client_error());
    assert_eq!(server.app.hashing.done(), hashes, "something was hashed");
    same_but_seen(&before, &server.dump().await);
}

/// PostgreSQL refuses a NUL in a text; neither engine is to see one.
#[tokio::test]
async fn a_strange_path_is_not_found() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut stranger = server.visitor_at("203.0.113.66");
    for path in [
        "/w/%00/sign-in",
        "/w/sakura%00/sign-in",
        "/w/%ff/sign-in",
        "/w/%E3%81%82/sign-in",
        "/w/%0d%0aSet-Cookie:x/sign-in",
        "/w/..%2f..%2fetc/sign-in",
        "/w/%3B/me",
        "/w/a%3D;b/me",
        "/not-me/%00",
        "/set-password/%00",
        "/w/sakura/me/contacts/%00/verify",
        "/w/sakura/me/contacts/%ff/remove",
        "/assets/x/%00",
        "/assets/x/../../Cargo.toml",
        "/assets/x/..%2f..%2fCargo.toml",
        "/assets/x/%2e%2e/%2e%2e/Cargo.toml",
    ] {
        for browser in [&mut own, &mut stranger] {
            let page = browser.get(path).await;
            let status = page.status.as_u16();
            assert!(matches!(status, 303 | 400 | 404 | 410), "{path}: {status}");
        }
    }
    for path in
        ["/w/sakura/me/contacts/%00/resend", "/w/sakura/me/devices/%00/sign-out", "/not-me/%00", "/w/%00/sign-in"]
    {
        let page = own.post(path, &[]).await;
        assert!(page.status.is_client_error() || page.status == StatusCode::SEE_OTHER, "{path}: {}", page.status);
    }
    let huge = format!("/w/{}/sign-in", "a".repeat(60_000));
    assert!(own.get(&huge).await.status.is_client_error());
}

/// Django CVE-2019-19844: the message went to the address that was typed. Here it goes to the stored one, letter by letter.
#[tokio::test]
async fn the_message_goes_to_the_stored_contact_byte_for_byte() {
    let server = Server::start().await;
    server.member("tanaka", &["Ichiro.Tanaka+Work@Example.JP"]).await;
    for (n, typed) in ["ichiro.tanaka+work@example.jp", "ICHIRO.TANAKA+WORK@EXAMPLE.JP"].iter().enumerate() {
        let mut browser = server.visitor_at(&format!("203.0.113.{n}"));
        browser.asks_for_code_by_email(typed, "").await.says("2 / 4");
    }
    // What only looks alike is another address.
    for (n, typed) in ["ichiro.tanaka@example.jp", "ichirotanaka+work@example.jp"].iter().enumerate() {
        let mut browser = server.visitor_at(&format!("203.0.114.{n}"));
        browser.asks_for_code_by_email(typed, "").await.says("2 / 4");
    }
    // U+212A, the Kelvin sign, is a k to those who fold letters.
    let mut browser = server.visitor_at("203.0.115.1");
    browser.asks_for_code_by_email("ichiro.tana\u{212a}a+work@example.jp", "").await.is(422);
    server.deliver().await;
    let sent: Vec<_> = server.carrier.sent().into_iter().map(|letter| letter.to).collect();
    assert_eq!(sent, ["Ichiro.Tanaka+Work@example.jp", "Ichiro.Tanaka+Work@example.jp"]);
}

/// RFC 5321 §2.4 leaves the case of the local part to the receiving host: two members whose addresses differ by it may be two
/// people. The code goes to one of them and opens that one's ID only.
#[tokio::test]
async fn a_code_sent_to_one_spelling_opens_no_id_of_another() {
    for first_is_thief in [true, false] {
        let server = Server::start().await;
        let names = if first_is_thief {
            ["Ichiro@example.jp", "ichiro@example.jp"]
        } else {
            ["ichiro@example.jp", "Ichiro@example.jp"]
        };
        server.member("first", &[names[0]]).await;
        let second = server.member("second", &[names[1]]).await;
        let mut browser = server.visitor();
        browser.asks_for_code_by_email("ichiro@example.jp", "").await.says("2 / 4");
        server.deliver().await;
        let letter = server.carrier.sent().pop().expect("a code");
        let page = browser.types_code(&digits(&letter.text)).await;
        let (mine, theirs) = if letter.to == names[0] { ("first", "second") } else { ("second", "first") };
        page.says(&format!("{mine}@sakura")).does_not_say(&format!("{theirs}@sakura"));
        if mine == "first" {
            browser.picks(&second).await.does_not_say("4 / 4");
        }
        // With the ID beside the address the other one gets in, by a code to its own spelling.
        let mut other = server.visitor_at("203.0.113.8");
        other.asks_for_code_by_email("ichiro@example.jp", "second@sakura").await.says("2 / 4");
        server.deliver().await;
        let letter = server.carrier.sent().pop().expect("a code");
        assert_eq!(letter.to, names[1]);
        other.types_code(&digits(&letter.text)).await.says("second@sakura");
    }
}

/// Another member's rows are not there.
#[tokio::test]
async fn another_members_contacts_and_sessions_are_not_found() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    server.member("sato", &["090-9999-0000"]).await;
    let mut tanakas = server.signed_in("tanaka", "198.51.100.7").await;
    let mut satos = server.signed_in("sato", "198.51.100.8").await;
    let before = server.dump().await;
    let of_tanaka = |table: &str| {
        let row = raw::rows(&before, table).iter().find(|row| row["member_id"] == tanaka.id.as_str()).expect("a row");
        row["id"].as_str().expect("an id").to_owned()
    };
    let (contact, device) = (of_tanaka("contacts"), device_of(&before, &tanaka));
    for page in ["verify", "remove", "decide"] {
        let path = format!("/w/sakura/me/contacts/{contact}/{page}");
        satos.get(&path).await.is(404);
        satos.post(&path, &[("code", "00000000"), ("decision", "keep"), ("if_unproved", "hold")]).await.is(404);
    }
    satos.post(&format!("/w/sakura/me/contacts/{contact}/resend"), &[]).await.is(404);
    let page: Page = satos.post(&format!("/w/sakura/me/devices/{device}/sign-out"), &[]).await;
    assert!(page.status.as_u16() < 500);
    same_but_seen(&before, &server.dump().await);
    assert!(tanakas.is_signed_in().await);
    assert_ne!(PASSWORD, NEW_PASSWORD);
}

/// The device that this member signed in on.
fn device_of(dump: &Dump, member: &Member) -> String {
    let rows = raw::rows(dump, "device_members");
    let row = rows.iter().find(|row| row["member_id"] == member.id.as_str()).expect("a device");
    row["device_id"].as_str().expect("an id").to_owned()
}
