//! The answers that services give, kept in tests/corpus/sms_http: each file is a status, a body, and what it means. None of them, nor anything else, breaks
//! whoever reads it, or brings a number or a word of theirs any further.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::config::carriers::Http;
use crate::deliver::HandedOver;

/// A body, and the service whose it is.
struct Kept {
    name: String,
    status: u16,
    body: Vec<u8>,
    means: String,
}

fn corpus() -> Vec<Kept> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/sms_http");
    let mut all = Vec::new();
    for file in fs::read_dir(folder).expect("the corpus") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a text");
        let (status, rest) = text.split_once('\n').expect("a status");
        let (body, means) = rest.trim_end().rsplit_once("\n=> ").expect("what it means");
        all.push(Kept {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            status: status.parse().expect("a status"),
            body: body.as_bytes().to_vec(),
            means: means.to_owned(),
        });
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn described() -> Http {
    let settings = serde_json::json!({
        "name": "own", "url": "https://sms.example.jp", "form": { "to": "{to}", "text": "{text}" },
        "id_at": "/id", "code_at": "/error/code", "codes": { "invalid_to": "unknown_destination" },
    });
    serde_json::from_value(settings).expect("settings")
}

/// What each service's answer means, by the service's name.
fn judge(service: &str, status: u16, body: &[u8]) -> Result<HandedOver, NotHandedOver> {
    let reply = Reply { status, headers: hyper::HeaderMap::new(), body: body.to_vec() };
    match service {
        "twilio" => twilio::judge(&reply),
        "vonage" => vonage::judge(&reply),
        "sns" => sns::judge(&reply),
        _ => described::judge(&described(), &reply),
    }
}

/// The same in words.
fn meaning(answer: &Result<HandedOver, NotHandedOver>) -> String {
    match answer {
        Ok(HandedOver { provider_id: Some(id) }) => format!("taken {id}"),
        Ok(HandedOver { provider_id: None }) => "taken".to_owned(),
        Err(refused) => {
            let until = if refused.is_final { "never" } else { "later" };
            format!("{until} {} {}", refused.cause, refused.code.as_deref().unwrap_or("-"))
        }
    }
}

#[test]
fn each_kept_answer_means_what_it_meant() {
    for Kept { name, status, body, means } in corpus() {
        let service = name.split('-').next().unwrap_or_default();
        let answer = judge(service, status, &body);
        assert_eq!(meaning(&answer), means, "{name}");
        assert!(!format!("{answer:?}").contains("9012345678"), "{name}: {answer:?}");
    }
}

fn is_plain(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn holds(service: &str, status: u16, body: &[u8]) -> Result<(), TestCaseError> {
    let answer = judge(service, status, body);
    let kept = match &answer {
        Ok(taken) => taken.provider_id.as_deref(),
        Err(refused) => refused.code.as_deref(),
    };
    prop_assert!(kept.is_none_or(is_plain), "{:?}", kept);
    // What was not taken is never called so, and what was is hardly ever called refused: it would go out twice.
    prop_assert!(answer.is_err() || (200..300).contains(&status), "{}", status);
    prop_assert!(answer.is_ok() || !(200..300).contains(&status) || service == "twilio", "{}", status);
    Ok(())
}

proptest! {
    #[test]
    fn no_octets_break_a_reader(service in 0..4_usize, status in 100..600_u16, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        holds(["twilio", "vonage", "sns", "described"][service], status, &body)?;
    }

    #[test]
    fn no_change_of_an_answer_breaks_a_reader(
        which in any::<prop::sample::Index>(),
        status in 100..600_u16,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
    ) {
        let corpus = corpus();
        let Kept { name, body, .. } = &corpus[which.index(corpus.len())];
        let mut body = body.clone();
        for (at, octet) in changes {
            if !body.is_empty() {
                let at = at.index(body.len());
                body[at] = octet;
            }
        }
        body.truncate(end.index(body.len() + 1).max(body.len() / 2));
        holds(name.split('-').next().unwrap_or_default(), status, &body)?;
    }
}
