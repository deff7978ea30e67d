//! Signatures (DKIM), judged by dkimpy: they hold as sent and over what relays do, and break where somebody changes a word.

use std::sync::Arc;

use aikagi::deliver::dkim::{DkimError, Signer, is_key_of};
use aikagi::deliver::{Carrier as _, SmtpCarrier, SmtpSecurity};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKey, KeySize};
use data_encoding::BASE64;

use crate::smtp::{Peer, letter};

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64.encode(der))
}

fn rsa(size: KeySize) -> String {
    let key = RsaKey::generate(size).expect("a key");
    let der: Pkcs8V1Der<'_> = key.as_der().expect("PKCS #8");
    pem("PRIVATE KEY", der.as_ref())
}

/// As OpenSSL writes it: PKCS #8 in its first version, without the public half.
fn ed25519() -> String {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pem("PRIVATE KEY", &[&head[..], &[7; 32]].concat())
}

async fn judged(name: &str, key: &str) {
    let signer = Signer::new("example.jp", "2026a", key.as_bytes()).expect("a key");
    assert_eq!(signer.record_name(), "2026a._domainkey.example.jp");
    assert!(is_key_of(&signer.record(), &signer));
    let record = signer.record();
    let peer = Peer::start(name, &["--dkim", &signer.record_name(), &record]);
    let mut settings = peer.settings(SmtpSecurity::None);
    settings.dkim = Some(Arc::new(signer));
    let carrier = SmtpCarrier::new(settings).expect("good settings");
    let tricky = ".\r\n..\n \t\nend with blanks  \t\n\n\n".to_owned();
    let long = format!("{}.\n", "x".repeat(2_000));
    for text in ["確認コードは 12345678 です。\n\n髙橋﨑𠮷", "", "\n\n", "one\n", &tricky, &long] {
        for html in [None, Some(format!("<p>{text}</p>\n"))] {
            let mut sent = letter(text);
            sent.html = html;
            assert_eq!(carrier.hand_over(&sent).await.err(), None);
            let got = peer.next();
            let expected = serde_json::json!({
                "as_sent": true, "with_blanks": true, "another_text": false, "another_subject": false,
                "second_from": false, "second_from_below": false, "second_subject": false,
            });
            assert_eq!(got["dkim"], expected, "{name} {text:?}: {got}");
        }
    }
    // A key of another signer does not fit.
    let other = Signer::new("example.jp", "2026a", rsa(KeySize::Rsa2048).as_bytes()).expect("a key");
    assert!(!is_key_of(&record, &other));
}

#[tokio::test]
async fn a_signature_by_rsa_holds_and_breaks_with_every_word() {
    judged("dkim-rsa", &rsa(KeySize::Rsa2048)).await;
}

#[tokio::test]
async fn a_signature_by_ed25519_holds_and_breaks_with_every_word() {
    judged("dkim-ed25519", &ed25519()).await;
}

#[test]
fn a_file_without_a_private_key_signs_nothing() {
    let public = pem("PUBLIC KEY", &[1, 2, 3]);
    for (text, trouble) in [
        (public.as_str(), DkimError::NoKey),
        ("", DkimError::NoKey),
        (&pem("PRIVATE KEY", &[1, 2, 3]), DkimError::Kind),
    ] {
        assert_eq!(Signer::new("example.jp", "2026a", text.as_bytes()).err(), Some(trouble), "{text}");
    }
}
