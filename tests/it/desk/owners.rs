//! Owners who locked themselves out: the code in the envelope, and the operator's command line.

use aikagi::model::{MemberState, Role, minutes};

use super::DESK;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::raw;

const GLASS: &str = "/w/sakura/break-glass";
const MAIL: &str = "ichiro@example.jp";
const OTHER: &str = "sato@example.jp";

/// The secret on a page that shows it, as it is written.
fn secret(page: &Page) -> String {
    let groups: Vec<&str> = page.text.split("<li><strong>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(groups.len(), 6, "{}", page.main());
    groups.join("-")
}

/// An owner with an address, signed in.
async fn owner(server: &Server, login: &str, address: &str) -> (aikagi::store::members::Member, Browser) {
    let owner = server.member(login, &[address]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    let desk = server.signed_in(login, "192.0.2.5").await;
    (server.reload(&owner).await, desk)
}

#[tokio::test]
async fn the_code_in_the_envelope_opens_once_and_rings_every_bell() {
    let server = Server::start().await;
    let (suzuki, mut desk) = owner(&server, "suzuki", MAIL).await;
    let (_, mut other) = owner(&server, "sato", OTHER).await;
    desk.get(&format!("{DESK}/owners")).await.says("まだ作られていません").says("ほかにもオーナーがいます");
    let old = secret(&desk.submit(&format!("{DESK}/owners"), &[]).await);
    let code = secret(&desk.submit(&format!("{DESK}/owners"), &[]).await);
    desk.get(&format!("{DESK}/owners")).await.says("まだ使われていません").does_not_say(&code);
    assert!(!format!("{:?}", server.dump().await).contains(&code.replace('-', "")));
    assert!(server.received(OTHER).await.iter().any(|letter| letter.purpose == "break_glass_sealed"));

    // The account is stopped altogether, and its browser is far away.
    server.sql(&format!("update members set held_at = 1 where id = '{}'", suzuki.id)).await;
    let mut locked_out = server.visitor_at("198.51.100.40");
    for (login, typed) in
        [("suzuki", old.as_str()), ("nobody", &code), ("suzuki", "CDF"), ("suzuki", ""), ("suzuki", PASSWORD)]
    {
        locked_out.submit(GLASS, &[("login", login), ("code", typed)]).await.is(422).says("開けません");
    }
    server.member("tanaka", &[]).await;
    locked_out.submit(GLASS, &[("login", "tanaka"), ("code", &code)]).await.is(422).says("開けません");

    // Fifty at once open it once.
    let csrf = {
        locked_out.get(GLASS).await;
        locked_out.csrf().await
    };
    server.later(minutes(61));
    let presses = (0..20).map(|nth| {
        let mut browser = locked_out.clone();
        let body =
            format!("csrf={csrf}&login=suzuki&code={}", if nth % 2 == 0 { code.to_lowercase() } else { code.clone() });
        tokio::spawn(async move {
            let page = browser.post_raw(GLASS, body.into_bytes()).await;
            (browser, page)
        })
    });
    let mut opened = Vec::new();
    for press in presses.collect::<Vec<_>>() {
        let (browser, page) = press.await.expect("an answer");
        if page.status == 303 {
            opened.push((browser, page.leads_to().to_owned()));
        }
    }
    assert_eq!(opened.len(), 1);
    let (mut browser, path) = opened.remove(0);
    assert!(browser.get("/w/sakura/me").await.status != 200, "it is no session");
    browser.get(&path).await.says("新しいパスワード");
    browser.submit(&path, &[("password", NEW_PASSWORD)]).await.is(200);
    assert_eq!(server.reload(&suzuki).await.state, MemberState::Active);
    browser.signs_in("suzuki", NEW_PASSWORD).await.is(200);
    browser.signs_in("suzuki", PASSWORD).await;
    for to in [MAIL, OTHER] {
        let letters = server.received(to).await;
        assert!(letters.iter().any(|letter| letter.purpose == "break_glass_used"), "{to}: {letters:?}");
    }
    let audit = server.dump().await;
    assert_eq!(raw::count(&audit, "audit", "action", "break_glass_used"), 1);
    let mut again = server.visitor_at("198.51.100.41");
    again.submit(GLASS, &[("login", "suzuki"), ("code", &code)]).await.is(422);
    other.get("/w/sakura/me").await;
    let mut other = server.signed_in("sato", "192.0.2.6").await;
    other.get(&format!("{DESK}/owners")).await.says("に使われました");
}

#[tokio::test]
async fn whoever_tries_codes_is_stopped_and_learns_nothing() {
    let server = Server::start().await;
    let (_, mut desk) = owner(&server, "suzuki", MAIL).await;
    let with = secret(&desk.submit(&format!("{DESK}/owners"), &[]).await);
    let empty = server.workspace("momiji", "もみじ運送").await;
    // With a code and without, for an owner and for nobody: the same page, after the same hash.
    let mut answers = Vec::new();
    for (nth, (slug, login)) in
        [("sakura", "suzuki"), ("sakura", "nobody"), (empty.slug.as_str(), "suzuki")].into_iter().enumerate()
    {
        let mut stranger = server.visitor_at(&format!("198.51.100.{}", 60 + nth));
        let before = server.app.hashing.done();
        let page = stranger
            .submit(&format!("/w/{slug}/break-glass"), &[("login", login), ("code", "CDF-234-HJK-567-LMN-89P")])
            .await;
        assert_eq!(server.app.hashing.done() - before, 1);
        answers.push((page.status, page.main().replace("もみじ運送", "さくら商事").replace("nobody", "suzuki")));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mut stranger = server.visitor_at("198.51.100.70");
    let mut stopped = false;
    for _ in 0..40 {
        let page = stranger.submit(GLASS, &[("login", "suzuki"), ("code", "CDF-234-HJK-567-LMN-89P")]).await;
        stopped |= page.status == 429;
    }
    assert!(stopped);
    stranger.submit(GLASS, &[("login", "suzuki"), ("code", &with)]).await.is(429);
    // An administrator makes no code.
    let (_, mut keeper) = server.keeper("kato", Role::Administrator).await;
    keeper.post(&format!("{DESK}/owners"), &[]).await.is(403);
}

#[tokio::test]
async fn the_envelope_is_an_owners_and_opens_nothing_that_somebody_else_shut() {
    let server = Server::start().await;
    let (suzuki, mut desk) = owner(&server, "suzuki", MAIL).await;
    let (sato, _) = owner(&server, "sato", OTHER).await;
    let code = secret(&desk.submit(&format!("{DESK}/owners"), &[]).await);
    let mut lost = server.visitor_at("198.51.100.40");
    let set = async |table: &str, what: &str, id: &str| {
        server.sql(&format!("update {table} set {what} where id = '{id}'")).await;
    };
    // Whoever made it is no owner any more, or stopped; the account that it is to open is; the workspace is.
    let workspace = server.workspace.id.as_str();
    for (table, id, shut, open) in [
        ("members", suzuki.id.as_str(), "role = 'member'", "role = 'owner'"),
        ("members", suzuki.id.as_str(), "state = 'suspended'", "state = 'active'"),
        ("members", sato.id.as_str(), "state = 'suspended'", "state = 'active'"),
        ("workspaces", workspace, "suspended_at = 1", "suspended_at = null"),
    ] {
        set(table, shut, id).await;
        let page = lost.submit(GLASS, &[("login", "sato"), ("code", &code)]).await;
        assert!(page.status.is_client_error(), "{shut}: {}", page.status);
        set(table, open, id).await;
    }
    // From a network that owners may not come from it is not used up.
    let fence = "networks = '{\"bound\":\"all\",\"from\":[\"203.0.113.0/24\"]}'";
    set("workspaces", fence, workspace).await;
    let page = lost.submit(GLASS, &[("login", "sato"), ("code", &code)]).await;
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "break_glass_outside"), 1, "{}", page.main());
    set("workspaces", "networks = null", workspace).await;
    lost.submit(GLASS, &[("login", "sato"), ("code", &code)]).await.is(200).says("新しいパスワード");
}
