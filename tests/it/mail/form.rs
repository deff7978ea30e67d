//! The two forms of an email, text and HTML, say the same; to telephones' own mail only the text goes.

use aikagi::deliver::html::{Dress, html};
use aikagi::deliver::{Carrier as _, SmtpSecurity};
use aikagi::model::{AlertEvent, ContactKind, Locale, Secret, Timestamp};
use aikagi::wording::messages::{self, Alert, Forced, Invitation, Notice, Rendered};
use aikagi::wording::{help_desk, readiness};

use crate::smtp::{Peer, letter};

const LINK: &str = "https://id.example.jp/not-me/aka_0123456789abcdefghjkmnpqrstvwxyz";
const AT: Timestamp = Timestamp(1_795_334_700_000_000);

/// Every email that there is, in one language.
fn all(locale: Locale) -> Vec<Rendered> {
    let kind = ContactKind::Email;
    let (workspace, login, host) = ("さくら商事 <b>&\"", "tanaka@sakura", "id.example.jp");
    let code = Secret::from("00482190".to_owned());
    let secret = Secret::from("CDF-234-HJK-567-LMN-89P".to_owned());
    let letters = Secret::from("WXZV".to_owned());
    let mut all = vec![
        messages::recovery_code(locale, kind, host, &code, "KD"),
        messages::contact_code(locale, kind, host, &code),
        messages::forced_secret(locale, kind, &Forced { workspace, login, secret: &secret, seconds: 86_400 }),
        messages::invitation(locale, kind, &Invitation { workspace, login, code: &secret, link: LINK, host }),
        messages::activation_email(locale, workspace, login, LINK, 86_400),
        messages::test(locale, kind, workspace),
        messages::chain_head(locale, workspace, "aikagi-head 1 2 3", AT),
        help_desk::call_code(locale, kind, workspace, &letters),
        help_desk::request(locale, kind, &help_desk::News { workspace, waits_hours: Some(4) }, LINK),
        readiness::drill_code(locale, kind, host, &code, "KD"),
        readiness::nudge_email(locale, workspace, login),
    ];
    for (event, way_out) in [("recovered", Some(LINK)), ("held", None), ("change_forced", Some(LINK))] {
        let (about, reference) = (Some("090-••••-5678"), Some("K7-2391-M"));
        all.push(messages::notice(
            locale,
            kind,
            &Notice { event, workspace, login, at: AT, about, way_out, reference },
        ));
    }
    for event in AlertEvent::ALL.iter().filter(|event| event.can_be_mailed()) {
        let (login, network) = (Some(login), Some("192.0.2.0/24"));
        let alert = Alert { event: event.as_str(), workspace, login, network, times: 12, at: AT };
        all.push(messages::alert(locale, kind, &alert));
    }
    all
}

fn dressed(mail: &Rendered) -> String {
    let dress = Dress { locale: mail.locale, code: mail.code.as_deref(), link: mail.link.as_deref() };
    html(mail.subject.as_deref().expect("an email has a subject"), &mail.text, &dress).expect("renders")
}

/// What a reader sees of a page, without blanks.
fn read(html: &str) -> String {
    let (_, body) = html.split_once("<body").expect("a body");
    let text: String = body.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text)).collect();
    let entities = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    let text = entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign));
    bare(&text)
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn text_and_html_of_every_email_say_the_same() {
    for locale in [Locale::Ja, Locale::En] {
        for mail in all(locale) {
            let html = dressed(&mail);
            assert_eq!(read(&html), bare(&mail.text));
            assert!(html.contains(&format!("<html lang=\"{}\">", locale.as_str())), "{html}");
            // No link but the one that the text has, and nothing that is fetched.
            assert_eq!(html.matches("href=").count(), usize::from(mail.link.is_some()), "{html}");
            if let Some(link) = &mail.link {
                assert!(mail.text.contains(link.as_str()) && html.contains(&format!("href=\"{link}\"")), "{html}");
            }
            for fetched in ["<img", "src=", "@import", "url(", "<link", "<script", "<form", "<b>"] {
                assert!(!html.contains(fetched), "{fetched} in {html}");
            }
        }
    }
}

#[test]
fn the_code_of_every_email_is_large_and_whole() {
    for locale in [Locale::Ja, Locale::En] {
        let with_code: Vec<_> = all(locale).into_iter().filter(|mail| mail.code.is_some()).collect();
        assert_eq!(with_code.len(), 6);
        for mail in with_code {
            let code = mail.code.clone().expect("a code");
            let html = dressed(&mail);
            let (before, _) = html.split_once(&format!(">{code}</strong>")).unwrap_or_else(|| panic!("{html}"));
            let tag = before.rsplit('<').next().unwrap_or_default();
            assert!(tag.contains("class=\"code\"") && tag.contains("user-select:all"), "{tag}");
        }
    }
}

#[tokio::test]
async fn a_telephones_own_mail_gets_plain_text_and_every_other_both_forms() {
    let peer = Peer::start("forms", &[]);
    let carrier = peer.carrier(SmtpSecurity::None);
    let mail = messages::recovery_code(
        Locale::Ja,
        ContactKind::Email,
        "id.example.jp",
        &Secret::from("00482190".to_owned()),
        "KD",
    );
    for (to, is_phone) in [
        ("taro@docomo.ne.jp", true),
        ("taro@ezweb.ne.jp", true),
        ("taro@au.com", true),
        ("taro@softbank.ne.jp", true),
        ("taro@I.SoftBank.jp", true),
        ("taro@ymobile.ne.jp", true),
        ("taro@rakumail.jp", true),
        ("da..re.@t.vodafone.ne.jp", true),
        ("taro@example.jp", false),
        ("taro@gmail.com", false),
    ] {
        let mut sent = letter(&mail.text);
        (sent.to, sent.subject, sent.html) = (to.to_owned(), mail.subject.clone(), Some(dressed(&mail)));
        assert_eq!(carrier.hand_over(&sent).await.err(), None, "{to}");
        let got = peer.next();
        assert_eq!(got["defects"], serde_json::json!([]), "{to}");
        assert_eq!(got["headers"]["subject"], mail.subject.as_deref().expect("a subject"));
        let text = got["text"].as_str().expect("text");
        assert!(text.contains("00482190") && !text.contains("://"), "{to}: {text}");
        assert_eq!(got["html"].is_null(), is_phone, "{to}");
        let kind = got["headers"]["content-type"].as_str().expect("a type");
        assert_eq!(kind.starts_with("text/plain"), is_phone, "{to}: {kind}");
    }
}

#[tokio::test]
async fn long_japanese_names_and_subjects_arrive_whole() {
    let peer = Peer::start("names", &[]);
    let mut settings = peer.settings(SmtpSecurity::None);
    "髙橋﨑商事株式会社 総務部 アカウント担当（返信できません）𠮷 <no-reply@example.jp>".clone_into(&mut settings.from);
    let carrier = aikagi::deliver::SmtpCarrier::new(settings).expect("good settings");
    let mut sent = letter("本文");
    let subject =
        "合鍵（管理者の方へ）：1つの場所から、多くのIDが試されています ～①㈱ 𠮷野家 and some English words, \"quoted\"";
    sent.subject = Some(subject.to_owned());
    assert_eq!(carrier.hand_over(&sent).await.err(), None);
    let got = peer.next();
    assert_eq!(got["headers"]["subject"], subject);
    let from = got["from_name"].as_str().expect("a sender");
    assert_eq!(from, "髙橋﨑商事株式会社 総務部 アカウント担当（返信できません）𠮷 <no-reply@example.jp>");
    assert_eq!(got["defects"], serde_json::json!([]));
    let raw = data_encoding::BASE64.decode(got["raw"].as_str().expect("text").as_bytes()).expect("base64");
    // RFC 5322 §2.1.1: lines of 78 characters, and never of 998.
    assert!(raw.is_ascii() && raw.split(|b| *b == b'\n').all(|line| line.len() <= 79), "{}", raw.escape_ascii());
}
