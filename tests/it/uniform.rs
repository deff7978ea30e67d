//! What a stranger may compare: whoever has a number, an address or an ID, and whoever has none, gets the same answer for the
//! same work. Each story plays the same steps for many kinds of people on fresh servers and compares everything seen.

use std::collections::BTreeMap;

use aikagi::flows::desk::forced_change::{self, By, Lifetime};
use aikagi::flows::{members, standing};
use aikagi::model::seconds;
use aikagi::store::members::Member;
use axum::http::header;
use serde_json::Value;

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server, form};
use crate::raw;

/// Who stands behind what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Known,
    Unknown,
    Suspended,
    Held,
    Contactless,
    Invited,
    ElsewhereToo,
    WorkspaceSuspended,
    ContactUnproved,
    ContactFrozen,
    ContactYoung,
    Forced,
    Requested,
}

const EVERYBODY: [Who; 13] = [
    Who::Known,
    Who::Unknown,
    Who::Suspended,
    Who::Held,
    Who::Contactless,
    Who::Invited,
    Who::ElsewhereToo,
    Who::WorkspaceSuspended,
    Who::ContactUnproved,
    Who::ContactFrozen,
    Who::ContactYoung,
    Who::Forced,
    Who::Requested,
];

const NUMBER: &str = "090-1234-5678";
const EMAIL: &str = "Ichiro.T@example.jp";

/// A server where `who` is the one that strangers will type.
async fn server_with(who: Who) -> Server {
    let server = Server::start().await;
    // The database has other people in it, whoever is asked for.
    server.member("sato", &["090-9999-0000", "sato@example.jp"]).await;
    let both = [NUMBER, EMAIL];
    let suspend = async |member: &Member| {
        assert!(members::take_step(&server.app, member, standing::Step::Suspend).await.expect("it works"));
    };
    match who {
        Who::Unknown => {}
        Who::Known => drop(server.member("tanaka", &both).await),
        Who::Suspended => suspend(&server.member("tanaka", &both).await).await,
        Who::Held => {
            let member = server.member("tanaka", &both).await;
            members::take_step(&server.app, &member, standing::Step::Hold).await.expect("it works");
            // The notices of the hold are no concern of this comparison.
            server.deliver().await;
            server.sql("delete from outbox").await;
        }
        Who::Contactless => drop(server.member("tanaka", &[]).await),
        Who::Invited => drop(server.invited("tanaka").await),
        Who::ElsewhereToo => {
            let other = server.workspace("ume", "うめ商店").await;
            server.member("tanaka", &both).await;
            server.member_of(&other, "tanaka", &both).await;
        }
        Who::Forced | Who::Requested => {
            let member = server.member("tanaka", &both).await;
            let by = By::Operator(&member.workspace_id);
            if who == Who::Forced {
                let hour = Lifetime::default();
                forced_change::force(&server.app, by, &member.id, None, hour).await.expect("it works").expect("done");
            } else {
                forced_change::request(&server.app, by, &member.id).await.expect("it works").expect("done");
            }
            server.deliver().await;
            server.sql("delete from outbox").await;
        }
        Who::WorkspaceSuspended => {
            server.member("tanaka", &both).await;
            server.sql("update workspaces set suspended_at = 1").await;
        }
        Who::ContactUnproved | Who::ContactFrozen | Who::ContactYoung => {
            let member = server.member("tanaka", &both).await;
            let set = match who {
                Who::ContactUnproved => "state = 'unverified', verified_at = null, recovers_from = null",
                Who::ContactFrozen => "state = 'frozen'",
                _ => "recovers_from = 9000000000000000",
            };
            server.sql(&format!("update contacts set {set} where member_id = '{}'", member.id)).await;
        }
    }
    server
}

/// Everything that one step shows to a stranger or costs the server.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, usize)>,
    body: String,
    statements: u64,
    hashes: u64,
    outbox: Vec<BTreeMap<String, String>>,
}

/// Sends one form and looks at all of it. The pages opened for the token are not counted.
async fn step(server: &Server, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Seen {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    let before = raw::rows(&server.dump().await, "outbox").to_vec();
    let (statements, hashes) = (server.app.db.statements(), server.app.hashing.done());
    let page = browser.post_raw(path, form(&all).into_bytes()).await;
    let (statements, hashes) = (server.app.db.statements() - statements, server.app.hashing.done() - hashes);
    let after = server.dump().await;
    let new = raw::rows(&after, "outbox").iter().filter(|row| !before.contains(row));
    Seen {
        status: page.status.as_u16(),
        headers: headers(&page),
        cookies: cookies(&page),
        body: masked(&page),
        statements,
        hashes,
        outbox: new.map(shape).collect(),
    }
}

/// Opens a page that shows how far an attempt has come.
async fn look(server: &Server, browser: &mut Browser, path: &str) -> Seen {
    let statements = server.app.db.statements();
    let page = browser.get(path).await;
    let statements = server.app.db.statements() - statements;
    Seen {
        status: page.status.as_u16(),
        headers: headers(&page),
        cookies: cookies(&page),
        body: masked(&page),
        statements,
        hashes: 0,
        outbox: Vec::new(),
    }
}

fn headers(page: &Page) -> Vec<(String, String)> {
    let mut headers: Vec<_> = page
        .headers
        .iter()
        .filter(|(name, _)| *name != header::SET_COOKIE)
        .map(|(name, value)| (name.to_string(), hide_nonce(value.to_str().expect("ASCII"))))
        .collect();
    headers.sort();
    headers
}

fn cookies(page: &Page) -> Vec<(String, usize)> {
    let lines = page.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().expect("ASCII"));
    let mut cookies: Vec<_> = lines
        .map(|line| {
            let (name, rest) = line.split_once('=').expect("a pair");
            let (value, attributes) = rest.split_once(';').expect("attributes");
            (format!("{name};{attributes}"), value.len())
        })
        .collect();
    cookies.sort();
    cookies
}

fn hide_nonce(text: &str) -> String {
    replace_after(text, "'nonce-", '\'')
}

/// The body without what is chance: form token, nonce, reference, mark.
fn masked(page: &Page) -> String {
    let mut text = page.text.clone();
    for start in ["name=\"csrf\" value=\"", "nonce=\""] {
        text = replace_after(&text, start, '"');
    }
    if let Some((_, rest)) = text.split_once("class=\"mark-line\"") {
        let mark: String = rest.split_once("<strong>").expect("a mark").1.chars().take(2).collect();
        text = text.replace(&format!("「{mark}」"), "「?」");
    }
    hide_chance(&text)
}

/// `K7-2391-M` and the two letters of the mark: letters and digits by themselves in the text of the page.
fn hide_chance(text: &str) -> String {
    let mut out = String::new();
    for (n, part) in text.split('>').enumerate() {
        if n > 0 {
            out.push('>');
        }
        let (words, tag) = part.split_once('<').unwrap_or((part, ""));
        let word = words.trim();
        let is_mark = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_reference = word.len() == 9 && word.matches('-').count() == 2;
        out.push_str(if is_mark || is_reference { "?" } else { words });
        if part.contains('<') {
            out.push('<');
            out.push_str(tag);
        }
    }
    out
}

fn replace_after(text: &str, start: &str, end: char) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(start);
        out.push('?');
        out.push_str(part.find(end).map_or("", |at| &part[at..]));
    }
    out
}

/// A waiting message as somebody sees it who has the rows but no key: which columns are there, and how long. Whose it is and
/// that it is a decoy stands in the row: the worker must know it, and who has the rows has the contacts' too.
fn shape(row: &Value) -> BTreeMap<String, String> {
    let columns = row.as_object().expect("a row").iter();
    let columns =
        columns.filter(|(name, _)| !["workspace_id", "member_id", "contact_id", "decoy"].contains(&name.as_str()));
    columns
        .map(|(name, value)| {
            let shape = match value {
                Value::Null => "null".to_owned(),
                // An address is of any length; a number is not.
                Value::String(_) if name == "destination" && row["kind"] == "email" => "text".to_owned(),
                Value::String(text) if text.len() > 24 => format!("text of {}", text.len()),
                Value::String(text) if name == "id" || name == "reference" => format!("text of {}", text.len()),
                other => other.to_string(),
            };
            (name.clone(), shape)
        })
        .collect()
}

/// Plays the story for everybody and compares each step with what a stranger sees of nobody.
async fn same_for_everybody<F>(what: &str, story: F)
where
    F: AsyncFn(&Server, &mut Browser) -> Vec<Seen>,
{
    let server = server_with(Who::Unknown).await;
    let nobody = story(&server, &mut server.visitor()).await;
    for who in EVERYBODY {
        let server = server_with(who).await;
        let seen = story(&server, &mut server.visitor()).await;
        for (n, (seen, nobody)) in seen.iter().zip(&nobody).enumerate() {
            let lines = seen.body.lines().zip(nobody.body.lines());
            let differ: Vec<_> = lines.filter(|(seen, nobody)| seen != nobody).collect();
            assert!(differ.is_empty(), "{what}, step {n}: {who:?} differs from nobody: {differ:?}");
            assert_eq!(seen, nobody, "{what}, step {n}: {who:?} differs from nobody");
        }
        assert_eq!(seen.len(), nobody.len(), "{what}: {who:?}");
        server.deliver().await;
        let nobody_hears = !matches!(who, Who::Known | Who::ElsewhereToo | Who::Forced | Who::Requested);
        let sent: Vec<_> =
            server.carrier.sent().into_iter().filter(|letter| letter.purpose.ends_with("code")).collect();
        assert!(!nobody_hears || sent.is_empty(), "{what}: something was sent for {who:?}: {sent:?}");
    }
}

/// Start, look, guess wrong until the code is dead, once more, send again.
async fn whole_attempt(server: &Server, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Vec<Seen> {
    let mut seen = vec![step(server, browser, path, fields).await];
    seen.push(look(server, browser, "/recover/code").await);
    seen.push(step(server, browser, "/recover/resend", &[]).await);
    for _ in 0..6 {
        seen.push(step(server, browser, "/recover/code", &[("code", "00000000")]).await);
    }
    seen.push(look(server, browser, "/recover/id").await);
    seen.push(look(server, browser, "/recover/password").await);
    seen.push(step(server, browser, "/recover/id", &[("pick", "mem_x")]).await);
    seen.push(step(server, browser, "/recover/password", &[("password", NEW_PASSWORD)]).await);
    server.later(seconds(61));
    seen.push(step(server, browser, "/recover/resend", &[]).await);
    seen.push(look(server, browser, "/recover/code").await);
    seen.push(step(server, browser, "/recover/code", &[("code", "00000000")]).await);
    // Until the limits close: two sends were taken, a third goes, a fourth does not.
    for _ in 0..3 {
        seen.push(step(server, browser, path, fields).await);
    }
    seen
}

#[tokio::test]
async fn getting_back_in_by_sms_tells_nobody_anything() {
    same_for_everybody("SMS", async |server, browser| {
        whole_attempt(server, browser, "/recover/mobile", &[("number", NUMBER)]).await
    })
    .await;
}

#[tokio::test]
async fn getting_back_in_by_sms_on_a_workspaces_page_tells_nobody_anything() {
    same_for_everybody("SMS on the page", async |server, browser| {
        whole_attempt(server, browser, "/w/sakura/recover/mobile", &[("number", NUMBER)]).await
    })
    .await;
}

#[tokio::test]
async fn getting_back_in_by_email_tells_nobody_anything() {
    same_for_everybody("e-mail", async |server, browser| {
        whole_attempt(server, browser, "/recover/email", &[("email", "ichiro.t@example.jp"), ("login", "")]).await
    })
    .await;
}

#[tokio::test]
async fn getting_back_in_by_email_with_an_id_tells_nobody_anything() {
    same_for_everybody("e-mail and ID", async |server, browser| {
        let fields = [("email", "ichiro.t@example.jp"), ("login", "tanaka@sakura")];
        whole_attempt(server, browser, "/w/sakura/recover/email", &fields).await
    })
    .await;
}

#[tokio::test]
async fn an_id_that_does_not_go_with_the_address_tells_nobody_anything() {
    same_for_everybody("e-mail and another's ID", async |server, browser| {
        let fields = [("email", "ichiro.t@example.jp"), ("login", "sato@sakura")];
        let seen = whole_attempt(server, browser, "/recover/email", &fields).await;
        server.deliver().await;
        let codes = server.carrier.sent().iter().filter(|letter| letter.purpose == "recovery_code").count();
        assert_eq!(codes, 0, "nothing goes to an address that is not that ID's");
        seen
    })
    .await;
}

#[tokio::test]
async fn signing_in_tells_nobody_anything() {
    same_for_everybody("sign-in", async |server, browser| {
        let mut seen = Vec::new();
        for path in ["/w/sakura/sign-in", "/sign-in"] {
            for _ in 0..7 {
                seen.push(step(server, browser, path, &[("login", "tanaka@sakura"), ("password", "wrong")]).await);
            }
            server.later(seconds(5));
        }
        seen
    })
    .await;
}

#[tokio::test]
async fn whoever_is_not_let_in_with_the_right_password_looks_like_nobody_where_the_budget_is_spent() {
    // Fifty wrong ones in a row from everywhere: the right one is not looked at, and nothing shows it.
    let mut shown = Vec::new();
    for who in [Who::Unknown, Who::Known, Who::Suspended, Who::Held, Who::Invited, Who::Forced, Who::Requested] {
        let server = server_with(who).await;
        for n in 0..50 {
            let mut stranger = server.visitor_at(&format!("203.0.113.{n}"));
            stranger.signs_in("tanaka", "wrong").await.is(422);
        }
        let mut browser = server.visitor();
        shown.push(
            step(&server, &mut browser, "/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await,
        );
    }
    for seen in &shown[1..] {
        assert_eq!(*seen, shown[0]);
    }
}

/// However a number or an address is written, it is one destination with one limit, known or not.
#[tokio::test]
async fn another_spelling_is_no_other_limit() {
    let numbers = ["090-1234-5678", "０９０ １２３４ ５６７８", "+81 90 1234 5678", "+81 (0)90-1234-5678"];
    let emails = ["Ichiro.T@example.jp", "ichiro.t@EXAMPLE.jp", "ｉｃｈｉｒｏ.t@example.jp", " ichiro.t@example.jp."];
    let mut all = Vec::new();
    for who in [Who::Unknown, Who::Known, Who::Suspended] {
        let server = server_with(who).await;
        let mut seen = Vec::new();
        for (n, number) in numbers.iter().enumerate() {
            let mut browser = server.visitor_at(&format!("203.0.113.{n}"));
            seen.push(step(&server, &mut browser, "/recover/mobile", &[("number", number)]).await);
        }
        for (n, email) in emails.iter().enumerate() {
            let mut browser = server.visitor_at(&format!("203.0.114.{n}"));
            seen.push(step(&server, &mut browser, "/recover/email", &[("email", email)]).await);
        }
        assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [303, 303, 303, 429, 303, 303, 303, 429]);
        assert!(seen[3].headers.contains(&("retry-after".to_owned(), "900".to_owned())), "{:?}", seen[3].headers);
        all.push(seen);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

/// The answer does not wait for a carrier: whether there is anything to send cannot be timed.
#[tokio::test]
async fn the_answer_goes_out_while_the_carrier_hangs() {
    for who in [Who::Known, Who::Unknown] {
        let server = server_with(who).await;
        server.carrier.hang();
        let mut browser = server.visitor();
        browser.asks_for_code(NUMBER).await.says("2 / 4");
        assert!(server.carrier.sent().is_empty());
        server.carrier.release();
        server.deliver().await;
        assert_eq!(server.carrier.sent().len(), usize::from(who == Who::Known));
    }
}

/// The message is written in the language of whoever has the contact; what the stranger sees stays in their own.
#[tokio::test]
async fn the_language_of_the_page_is_the_strangers_own() {
    let server = server_with(Who::Known).await;
    server.sql("update members set locale = 'en'").await;
    let nobody = server_with(Who::Unknown).await;
    let path = "/recover/mobile";
    let mut seen = step(&server, &mut server.visitor(), path, &[("number", NUMBER)]).await;
    let mut other = step(&nobody, &mut nobody.visitor(), path, &[("number", NUMBER)]).await;
    // The length of the sealed text differs with the language; nobody outside sees it.
    seen.outbox.clear();
    other.outbox.clear();
    assert_eq!(seen, other);
}

/// Asking the administrators: a workspace that is there and one that is not get the same page for the same work and the same rows.
#[tokio::test]
async fn asking_to_be_let_in_tells_nobody_whether_the_workspace_is_there() {
    let mut all = Vec::new();
    for workspace in ["sakura", "yamato"] {
        let server = server_with(Who::Known).await;
        let mut browser = server.visitor();
        let mut fields = crate::desk::ASKING.to_vec();
        fields.push(("workspace", workspace));
        let mut seen = Vec::new();
        for _ in 0..6 {
            let mut one = step(&server, &mut browser, "/recover/ask", &fields).await;
            let place = one.headers.iter_mut().find(|(name, _)| name == "location");
            if let Some((_, link)) = place {
                seen.push(look(&server, &mut browser, link).await);
                *link = format!("{} and {} more", &link[..19], link.len() - 19);
            }
            seen.push(one);
        }
        let dump = server.dump().await;
        let rows: Vec<_> = raw::rows(&dump, "locked_out").iter().map(shape).collect();
        let counted = raw::rows(&dump, "limits").len();
        assert!(raw::rows(&dump, "audit").iter().all(|row| row["action"] != "request_taken"));
        server.deliver().await;
        assert!(server.carrier.sent().is_empty(), "{:?}", server.carrier.sent());
        all.push((seen, rows, counted));
    }
    assert_eq!(all[0].0.iter().filter(|seen| seen.status == 303).count(), 4);
    assert_eq!(all[0], all[1]);
}

/// Of whom a new password is demanded nobody sees, whatever is typed: not a wrong password, nor what has the form of a secret.
#[tokio::test]
async fn a_demand_tells_nobody_anything() {
    let mut all = Vec::new();
    for who in [Who::Unknown, Who::Known, Who::Forced, Who::Requested] {
        let server = server_with(who).await;
        let mut browser = server.visitor();
        let mut seen = Vec::new();
        for typed in ["wrong", "CDF-234-HJK-567-LMN-89P", "ｃｄｆ２３４ｈｊｋ５６７ｌｍｎ８９ｐ"] {
            let fields = [("login", "tanaka@sakura"), ("password", typed)];
            seen.push(step(&server, &mut browser, "/w/sakura/sign-in", &fields).await);
        }
        seen.push(step(&server, &mut browser, "/recover/mobile", &[("number", NUMBER)]).await);
        all.push((who, seen));
    }
    let (_, nobody) = &all[0];
    for (who, seen) in &all[1..] {
        assert_eq!(seen, nobody, "{who:?} differs from nobody");
    }
}
