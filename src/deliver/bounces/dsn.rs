//! What a returned message says (RFC 3464): whether it failed for good, is only late, or arrived, and why. Whatever is no such report says nothing.
//!
//! A report comes from anywhere on the Internet: nothing in it is believed but the one word and the code, and both are cut short.

use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

use crate::deliver::receipts::Outcome;
use crate::deliver::status::{self, Status};
use crate::model::Cause;

/// What one report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of the message.
    pub outcome: Outcome,
    /// The enhanced status code, or the reply.
    pub code: Option<String>,
}

/// A report is short; more of it is not read.
const MOST_BYTES: usize = 64 * 1024;
/// Of so many recipients. Ours have one; a list or an alias behind it may have more.
const MOST_RECIPIENTS: usize = 64;

/// Reads a message; nothing where it is no report of a delivery.
pub fn read(message: &[u8]) -> Option<Told> {
    let message = MessageParser::default().parse(message)?;
    let text = report(&message)?;
    let groups = groups(&text);
    let told: Vec<_> = groups.iter().take(MOST_RECIPIENTS).filter_map(of_recipient).collect();
    // What failed for one of them failed; what arrived must have arrived for all.
    told.into_iter().min_by_key(|told| match told.outcome {
        Outcome::Undeliverable(_) => 0,
        Outcome::Underway => 1,
        Outcome::Delivered => 2,
    })
}

/// The part that programs read, of the message itself and not of one that it encloses.
fn report(message: &Message<'_>) -> Option<String> {
    let part = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            let sub = kind.c_subtype.as_deref().unwrap_or_default();
            kind.c_type.eq_ignore_ascii_case("message")
                && ["delivery-status", "global-delivery-status"].iter().any(|known| sub.eq_ignore_ascii_case(known))
        })
    })?;
    let bytes = match &part.body {
        PartType::Message(_) | PartType::Multipart(_) => return None,
        _ => part.contents(),
    };
    Some(String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]).into_owned())
}

/// The fields of one recipient, names in small letters.
type Group = Vec<(String, String)>;

/// Groups of fields between empty lines, folded lines put together.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![Vec::new()];
    for line in text.lines() {
        let Some(group) = groups.last_mut() else { break };
        if line.trim().is_empty() {
            if !group.is_empty() {
                groups.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

fn of_recipient(group: &Group) -> Option<Told> {
    let field = |name: &str| group.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let status = field("status").and_then(Status::read);
    let (reply, detailed, words) = diagnosis(field("diagnostic-code").unwrap_or_default());
    let action = field("action").unwrap_or_default().to_ascii_lowercase();
    let outcome = match (action.split_whitespace().next().unwrap_or_default(), status.map(|status| status.class)) {
        ("failed", _) | ("", Some(5)) => {
            // A status that says only "no" is told again, better, by the other server's own words.
            let told = status.map_or(Cause::Unknown, |status| status::cause(None, Some(status), ""));
            let said = status::cause(reply, detailed.or(status), words);
            Outcome::Undeliverable(if said == Cause::Unknown { told } else { said })
        }
        // Handed on to where nobody tells more.
        ("delayed" | "relayed" | "expanded", _) | ("", Some(4)) => Outcome::Underway,
        ("delivered", _) | ("", Some(2)) => Outcome::Delivered,
        _ => return None,
    };
    let better = detailed.filter(|_| status.is_none_or(|status| status.subject == 0));
    let code = better.or(status).map(|status| status.to_string()).or_else(|| reply.map(|reply| reply.to_string()));
    Some(Told { outcome, code })
}

/// `smtp; 550 5.1.1 <…> unknown`, `smtp; 550-5.1.1 …`: the reply, the enhanced code, and the words.
fn diagnosis(text: &str) -> (Option<u16>, Option<Status>, &str) {
    let words = text.split_once(';').map_or(text, |(_, words)| words).trim();
    let digits = words.get(..3).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let reply = digits.and_then(|digits| digits.parse().ok()).filter(|reply| (200..600).contains(reply));
    let rest = if reply.is_some() { words[3..].trim_start_matches(['-', ' ']) } else { words };
    (reply, Status::read(rest.trim_start_matches('#')), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Vec<(String, Vec<u8>)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/returned");
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).expect("readable");
                (name, text.replace('\n', "\r\n").into_bytes())
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn what_servers_of_all_kinds_return_is_understood() {
        use Outcome::{Delivered, Undeliverable, Underway};
        let expected: &[(&str, Option<Outcome>, Option<&str>)] = &[
            ("docomo-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.0.0")),
            ("exchange-full", Some(Undeliverable(Cause::Full)), Some("5.2.2")),
            ("exchange-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.1.10")),
            ("exim-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.0.0")),
            ("gmail-blocked", Some(Undeliverable(Cause::RefusedSender)), Some("5.7.26")),
            ("gmail-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.1.1")),
            ("out-of-office", None, None),
            ("postfix-alias", Some(Undeliverable(Cause::Full)), Some("5.2.2")),
            ("postfix-arrived", Some(Delivered), Some("2.0.0")),
            ("postfix-expired", Some(Undeliverable(Cause::Unreachable)), Some("4.4.1")),
            ("postfix-late", Some(Underway), Some("4.4.1")),
            ("postfix-relayed", Some(Underway), Some("2.0.0")),
            ("postfix-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.1.1")),
            ("qmail-unknown", None, None),
            ("read-receipt", None, None),
            ("spam-complaint", None, None),
            ("utf8-unknown", Some(Undeliverable(Cause::UnknownDestination)), Some("5.1.1")),
            ("within-forwarded", None, None),
        ];
        let corpus = corpus();
        let names: Vec<_> = corpus.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
        for ((name, bytes), (_, outcome, code)) in corpus.iter().zip(expected) {
            let told = read(bytes);
            assert_eq!(told.as_ref().map(|told| told.outcome), *outcome, "{name}: {told:?}");
            assert_eq!(told.and_then(|told| told.code).as_deref(), *code, "{name}");
        }
    }

    #[test]
    fn a_code_holds_nothing_but_digits() {
        let told = of_recipient(&vec![
            ("action".to_owned(), "failed".to_owned()),
            ("status".to_owned(), "5.1.1 taro@example.jp".to_owned()),
        ]);
        assert_eq!(told.and_then(|told| told.code).as_deref(), Some("5.1.1"));
        for (diagnosis, code) in
            [("smtp; 550 taro@example.jp", Some("550")), ("taro@example.jp", None), ("x; 999 no", None)]
        {
            let fields =
                vec![("action".to_owned(), "failed".to_owned()), ("diagnostic-code".to_owned(), diagnosis.to_owned())];
            assert_eq!(of_recipient(&fields).and_then(|told| told.code).as_deref(), code, "{diagnosis}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(any in proptest::collection::vec(proptest::num::u8::ANY, 0..2_000)) {
            let _ = read(&any);
        }

        #[test]
        fn no_damaged_report_panics(which in 0usize..18, cuts in proptest::collection::vec((0usize..6_000, 0usize..80, proptest::collection::vec(proptest::num::u8::ANY, 0..8)), 0..6)) {
            let corpus = corpus();
            let mut bytes = corpus[which % corpus.len()].1.clone();
            for (at, length, instead) in cuts {
                let at = at % bytes.len().max(1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, instead);
            }
            let _ = read(&bytes);
        }

        #[test]
        fn no_fields_panic(text in "((Action|Status|Diagnostic-Code|Final-Recipient|X): ?\\PC{0,20}\r?\n[ \t]?\r?\n?){0,12}") {
            for group in groups(&text) {
                let _ = of_recipient(&group);
            }
        }
    }
}
