//! What lies in the database after a whole story. Who steals it without the key file learns nobody's number, and gets in nowhere.

use std::collections::BTreeSet;

use aikagi::model::Role;
use aikagi::vault::{MasterKeys, SeededDice};
use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER};

use crate::harness::{NEW_PASSWORD, PASSWORD, Server, digits};

/// A needle in every form that somebody might store it in.
fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned(), secret.to_lowercase(), secret.to_uppercase()]);
    for text in [secret.to_owned(), secret.to_lowercase()] {
        let bytes = text.as_bytes();
        forms.extend(
            [&BASE64, &BASE64_NOPAD, &BASE64URL, &BASE64URL_NOPAD, &BASE32_NOPAD, &HEXLOWER].map(|e| e.encode(bytes)),
        );
    }
    forms
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told from the invitation to the alarm")]
async fn the_database_tells_no_secret_and_no_number() {
    let server = Server::start().await;
    let mut secrets: Vec<String> = [
        "090-1234-5678",
        "+819012345678",
        "819012345678",
        "9012345678",
        "09012345678",
        "12345678",
        "090-2222-3333",
        "+819022223333",
        "9022223333",
        "ichiro.tanaka@example.jp",
        "ichiro.tanaka",
        "new.address@example.jp",
        "new.address",
        "nobody.at.all@example.jp",
        "090-7777-8888",
        "9077778888",
        PASSWORD,
        NEW_PASSWORD,
        "はじめての長い合言葉をここに書いておく",
    ]
    .map(str::to_owned)
    .to_vec();

    // Invited, a first password by the link, contacts, a session.
    let (tanaka, link) = server.invited_to(&server.workspace, "tanaka", Role::Member).await;
    let (_, unused) = server.invited_to(&server.workspace, "sato", Role::Member).await;
    let mut own = server.visitor();
    own.submit(&link, &[("password", "はじめての長い合言葉をここに書いておく")]).await.says("tanaka@sakura");
    own.signs_in("tanaka", "はじめての長い合言葉をここに書いておく").await.is(200);
    for (path, field, value, to) in [
        ("add-mobile", "number", "090-1234-5678", "+819012345678"),
        ("add-email", "email", "Ichiro.Tanaka@example.jp", "Ichiro.Tanaka@example.jp"),
    ] {
        let page = own.post(&format!("/w/sakura/me/contacts/{path}"), &[(field, value)]).await;
        let verify = page.leads_to().to_owned();
        let code = server.code_for(to).await;
        own.post(&verify, &[("code", &code)]).await.is(303);
        secrets.push(code);
    }
    own.submit(
        "/w/sakura/me/password",
        &[("current", "はじめての長い合言葉をここに書いておく"), ("password", PASSWORD)],
    )
    .await
    .is(200);

    // Getting back in, with a wrong guess; a stranger's attempt; an attempt that stays open.
    let mut phone = server.visitor_at("198.51.100.8");
    phone.asks_for_code("090-1234-5678").await.says("2 / 4");
    let code = server.code_for("+819012345678").await;
    secrets.push(code.clone());
    phone.types_code("98765432").await.is(422);
    secrets.push("98765432".to_owned());
    phone.types_code(&code).await.says("tanaka@sakura");
    let handle = phone.cookies["aikagi_r"].clone();
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", "typed into the wrong field 9f").await.is(422);
    secrets.push("typed into the wrong field 9f".to_owned());
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    let mut stranger = server.visitor_at("203.0.113.66");
    stranger.asks_for_code_by_email("nobody.at.all@example.jp", "nobody-of-that-name@sakura").await.says("2 / 4");
    stranger.asks_for_code("090-7777-8888").await.says("2 / 4");
    stranger.signs_in("nobody-of-that-name", "whatever was typed").await.is(422);
    secrets.extend(["nobody-of-that-name".to_owned(), "whatever was typed".to_owned()]);
    let page = phone.post("/w/sakura/me/contacts/add-email", &[("email", "new.address@example.jp")]).await;
    page.is(303);
    secrets.push(server.code_for("new.address@example.jp").await);

    // An objection by the word of an SMS.
    let notices = server.received("+819012345678").await;
    let notice = notices.iter().find(|letter| letter.purpose == "recovered").expect("a notice");
    let is_word = |word: &&str| word.len() == 14 && word.matches('-').count() == 2;
    let word = notice.text.split(|c: char| !c.is_ascii_uppercase() && c != '-').find(is_word).expect("a word");
    let mut anybody = server.visitor_at("198.51.100.9");
    anybody.submit("/not-me", &[("word", word), ("sure", "yes")]).await.is(200);
    secrets.extend([word.to_owned(), word.replace('-', "")]);

    // Everything that ever left, and every token that anybody holds.
    for letter in server.carrier.sent() {
        if letter.purpose.ends_with("code") {
            let code = digits(&letter.text);
            secrets.extend([format!("{} {}", &code[..4], &code[4..]), code]);
        }
        for (at, _) in letter.text.match_indices("/not-me/") {
            secrets.extend(letter.text[at + 8..].split_whitespace().next().map(str::to_owned));
        }
    }
    for browser in [&own, &phone, &stranger] {
        let kept = browser.cookies.iter().filter(|(name, _)| !matches!(name.as_str(), "aikagi_l" | "aikagi_f"));
        secrets.extend(kept.map(|(_, value)| value.clone()));
    }
    secrets.extend([
        handle,
        link.rsplit('/').next().unwrap().to_owned(),
        unused.rsplit('/').next().unwrap().to_owned(),
    ]);
    // A token's secret half by itself; its first half is there to find it by.
    let halves: Vec<_> = secrets
        .iter()
        .filter(|text| text.starts_with("ak") && text.len() > 60)
        .map(|text| text[17..].to_owned())
        .collect();
    assert!(halves.len() >= 6, "{}", halves.len());
    secrets.extend(halves);

    // One message is handed over, one waits, one is a decoy that waits.
    server.carrier.hang();
    let mut last = server.visitor_at("198.51.100.10");
    last.asks_for_code_by_email("ichiro.tanaka@example.jp", "").await.says("2 / 4");
    let key = key_texts();
    secrets.extend(key);

    let dump = server.dump().await;
    let states: BTreeSet<_> = dump["outbox"].iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["dropped", "handed", "waiting"].map(str::to_owned).into());
    for row in &dump["outbox"] {
        let empty = row["destination"].is_null() && row["body"].is_null();
        assert_eq!(empty, row["state"] != "waiting", "a message that is done keeps nothing: {row}");
    }
    let text = serde_json::to_string(&dump).expect("JSON");
    let mut places = vec![("the tables".to_owned(), text)];
    if let Some(folder) = server.database().folder() {
        for file in std::fs::read_dir(folder).expect("a folder") {
            let file = file.expect("a file").path();
            let bytes = std::fs::read(&file).expect("it opens");
            places.push((file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
        assert!(places.len() > 2, "the file and its log");
    }
    for (place, text) in &places {
        for secret in &secrets {
            for form in forms(secret).into_iter().filter(|form| form.len() >= 8) {
                assert!(!text.contains(&form), "{place} holds {secret:?} as {form:?}");
            }
        }
    }
    // The search finds what is there.
    assert!(places[0].1.contains(tanaka.id.as_str()));
    assert!(places.iter().any(|(_, text)| text.contains("田中 一郎")));
}

/// The server's master key: its dice begin with the same seed.
fn key_texts() -> Vec<String> {
    let text = MasterKeys::generate(&SeededDice::new(7)).to_text();
    let words = text.split([':', '\n']).filter(|word| word.len() >= 32);
    let words: Vec<_> = words.map(str::to_owned).collect();
    assert!(!words.is_empty(), "no key in the key file");
    words
}
