//! A receipt as providers write it: a line of words (SMPP 3.4 appendix B), or parameters beside it (§5.3.2), or both.
//!
//! The line is nobody's standard. Each provider has its own order, leaves fields out, and writes capitals as it likes; what follows `text:` is
//! what a person may have written, and is never looked at.

use super::ids;
use super::pdu::Delivery;
use super::status;
use crate::config::carriers::smpp::ReceiptIds;
use crate::deliver::Outcome;
use crate::model::Cause;

/// The bits of `esm_class` that say what a delivery is (SMPP 3.4 §5.2.12), and those of a receipt and of news before the end.
const KIND: u8 = 0b0011_1100;
const RECEIPT: u8 = 0b0000_0100;
const NEWS: u8 = 0b0010_0000;
/// A header before the text.
const HEADED: u8 = 0b0100_0000;
/// Text in UTF-16.
const UCS2: u8 = 8;
/// An error is a number, or a short word: it is shown to people.
const LONGEST_ERROR: usize = 16;
/// A line is some hundred letters; of a longer text no more is looked at.
const LOOKED_AT: usize = 1_024;

/// The fields of the line. One that has a word of another in it comes after that.
const FIELDS: &[&str] = &["id", "sub", "dlvrd", "submit date", "done date", "stat", "err", "text"];

/// What a delivery turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// A receipt.
    Receipt(Told),
    /// A message from a telephone, or anything else that is none of ours.
    NoReceipt,
    /// A receipt that does not say of what, or what happened.
    Unreadable,
}

/// What a receipt tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The provider's id, in the form in which it is kept.
    pub(super) id: String,
    pub(super) outcome: Outcome,
    /// The provider's own words: its state, and the error where there is one.
    pub(super) code: String,
}

/// Reads a delivery. Only what the provider itself marks as a receipt is one: the line alone could come from any telephone.
pub(super) fn read(delivery: &Delivery, ids: ReceiptIds) -> Reading {
    let marked = matches!(delivery.esm_class & KIND, RECEIPT | NEWS) || delivery.receipted_id.is_some();
    if !marked {
        return Reading::NoReceipt;
    }
    let text = plain(delivery);
    let line = Line::of(&text);
    let id = delivery.receipted_id.as_deref().and_then(|id| ids::told(ids, id));
    let id = id.or_else(|| line.id.and_then(|id| ids::told(ids, id)));
    let state = delivery.state.and_then(State::of_number).or_else(|| line.stat.and_then(State::of_word));
    let (Some(id), Some(state)) = (id, state) else { return Reading::Unreadable };
    let is_told = |err: &&str| err.bytes().any(|digit| digit != b'0');
    let is_code = |err: &&str| err.len() <= LONGEST_ERROR && err.bytes().all(|byte| byte.is_ascii_graphic());
    let error = line.err.filter(is_told).filter(is_code);
    let cause = delivery
        .network_error
        .and_then(|(kind, error)| status::network(Some(kind), error))
        .or_else(|| error.and_then(|error| status::network(None, error.parse().ok()?)));
    let code = match (delivery.network_error, error) {
        (_, Some(error)) => format!("{} {error}", state.word()),
        (Some((kind, error)), None) if error != 0 => format!("{} {kind}/{error}", state.word()),
        _ => state.word().to_owned(),
    };
    Reading::Receipt(Told { id, outcome: state.outcome(cause), code })
}

/// How far a message has come (SMPP 3.4 §5.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Scheduled,
    Underway,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Accepted,
    Unknown,
    Rejected,
    Skipped,
}

impl State {
    fn of_number(number: u8) -> Option<Self> {
        use State::{
            Accepted, Deleted, Delivered, Expired, Rejected, Scheduled, Skipped, Undeliverable, Underway, Unknown,
        };
        let states =
            [Scheduled, Underway, Delivered, Expired, Deleted, Undeliverable, Accepted, Unknown, Rejected, Skipped];
        states.get(usize::from(number)).copied()
    }

    /// Providers write the seven letters of the specification, or the whole word.
    fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "SCHEDLD" | "SCHEDULED" => Self::Scheduled,
            "ENROUTE" | "BUFFERED" | "BUFFRED" | "BUFFERD" => Self::Underway,
            "DELIVRD" | "DELIVERED" | "DELIVERD" => Self::Delivered,
            "EXPIRED" => Self::Expired,
            "DELETED" => Self::Deleted,
            "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "FAILED" => Self::Undeliverable,
            "ACCEPTD" | "ACCEPTED" | "ACKED" => Self::Accepted,
            "UNKNOWN" => Self::Unknown,
            "REJECTD" | "REJECTED" => Self::Rejected,
            "SKIPPED" => Self::Skipped,
            _ => return None,
        })
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDLD",
            Self::Underway => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Skipped => "SKIPPED",
        }
    }

    /// "Accepted" is said by networks that have the message and not yet the telephone, "unknown" by those that were never told: neither claims
    /// that it arrived, nor that it did not.
    fn outcome(self, cause: Option<Cause>) -> Outcome {
        match self {
            Self::Delivered => Outcome::Delivered,
            Self::Scheduled | Self::Underway | Self::Accepted | Self::Unknown => Outcome::Underway,
            Self::Expired => Outcome::Undeliverable(cause.unwrap_or(Cause::Expired)),
            Self::Deleted | Self::Undeliverable | Self::Rejected | Self::Skipped => {
                Outcome::Undeliverable(cause.unwrap_or(Cause::Unknown))
            }
        }
    }
}

/// The text without a header before it, as far as it can be read.
fn plain(delivery: &Delivery) -> String {
    let mut octets = delivery.text.as_slice();
    if delivery.esm_class & HEADED != 0 {
        let header = octets.first().map_or(0, |length| usize::from(*length) + 1);
        octets = octets.get(header..).unwrap_or_default();
    }
    octets = &octets[..octets.len().min(LOOKED_AT)];
    if delivery.coding & 0x0F == UCS2 {
        let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        return char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    octets.iter().map(|&octet| char::from(octet)).collect()
}

/// The line's fields that are of use.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line<'a> {
    id: Option<&'a str>,
    stat: Option<&'a str>,
    err: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Self {
        let mut line = Self::default();
        let mut rest = text;
        while let Some((field, after)) = next_field(rest) {
            let after = after.trim_start_matches(' ');
            // A field without a value is followed by the next one.
            let ends = |c: char| c.is_whitespace() || c == ',' || c == ';' || c == '\0';
            let value = &after[..after.find(ends).unwrap_or(after.len())];
            let value = if next_field(after).is_some_and(|(_, then)| then.len() >= after.len() - value.len()) {
                ""
            } else {
                value
            };
            let slot = match field {
                "id" => &mut line.id,
                "stat" => &mut line.stat,
                "err" => &mut line.err,
                "text" => break,
                _ => &mut None,
            };
            // What is said first counts.
            if slot.is_none() && !value.is_empty() {
                *slot = Some(value);
            }
            rest = &after[value.len()..];
        }
        line
    }
}

/// The next field's name, and what follows its colon.
fn next_field(text: &str) -> Option<(&'static str, &str)> {
    for (at, _) in text.char_indices() {
        let begins = text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        if !begins {
            continue;
        }
        for field in FIELDS {
            let Some(name) = text.get(at..at + field.len()) else { continue };
            // `submit date`, `submit_date`.
            let same = name
                .bytes()
                .zip(field.bytes())
                .all(|(is, has)| is.eq_ignore_ascii_case(&has) || (has == b' ' && matches!(is, b'_' | b'-')));
            let after = text[at + field.len()..].trim_start_matches(' ');
            if same && let Some(after) = after.strip_prefix([':', '=']) {
                return Some((field, after));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::{Strategy as _, any, prop};

    use super::*;

    fn line(text: &str) -> Delivery {
        Delivery { esm_class: RECEIPT, text: text.as_bytes().to_vec(), ..Delivery::default() }
    }

    fn told(delivery: &Delivery) -> Option<(String, Outcome, String)> {
        match read(delivery, ReceiptIds::Same) {
            Reading::Receipt(told) => Some((told.id, told.outcome, told.code)),
            Reading::NoReceipt | Reading::Unreadable => None,
        }
    }

    fn failed(cause: Cause) -> Outcome {
        Outcome::Undeliverable(cause)
    }

    /// The corpus: each file is a receipt's line as providers write them, and after it what it tells.
    #[test]
    fn lines_of_many_providers_are_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/smpp");
        let mut read_files = 0;
        for file in fs::read_dir(folder).expect("the corpus") {
            let file = file.expect("a file").path();
            let text = fs::read_to_string(&file).expect("readable");
            let (written, expected) = text.split_once("\n=> ").expect("a line and what it tells");
            let shown = match read(&line(written), ReceiptIds::Same) {
                Reading::Receipt(told) => format!("{} {:?} {}", told.id, told.outcome, told.code),
                other => format!("{other:?}"),
            };
            assert_eq!(shown, expected.trim_end(), "{}", file.display());
            read_files += 1;
        }
        assert!(read_files >= 20, "{read_files}");
    }

    #[test]
    fn parameters_go_before_the_line() {
        let delivery = Delivery {
            receipted_id: Some("real".to_owned()),
            state: Some(5),
            network_error: Some((3, 1)),
            ..line("id:other stat:DELIVRD err:000")
        };
        assert_eq!(
            told(&delivery),
            Some(("real".to_owned(), failed(Cause::UnknownDestination), "UNDELIV 3/1".to_owned()))
        );
        let alone = Delivery { receipted_id: Some("7".to_owned()), state: Some(2), ..Delivery::default() };
        assert_eq!(told(&alone), Some(("7".to_owned(), Outcome::Delivered, "DELIVRD".to_owned())));
        // An id that is none, a state that nobody knows: then the line.
        let strange = Delivery { receipted_id: Some(String::new()), state: Some(77), ..line("id:7 stat:EXPIRED") };
        assert_eq!(told(&strange), Some(("7".to_owned(), failed(Cause::Expired), "EXPIRED".to_owned())));
    }

    #[test]
    fn a_telephone_cannot_write_a_receipt() {
        for esm_class in [0, 0b0000_1000, 0b0001_0000, HEADED] {
            let forged = Delivery { esm_class, ..line("id:7 stat:DELIVRD") };
            assert_eq!(read(&forged, ReceiptIds::Same), Reading::NoReceipt, "{esm_class:#b}");
        }
        let quoted = line("id:7 sub:001 stat:UNDELIV err:001 text:id:8 stat:DELIVRD");
        assert_eq!(told(&quoted), Some(("7".to_owned(), failed(Cause::UnknownDestination), "UNDELIV 001".to_owned())));
        assert_eq!(read(&line("text:id:7 stat:DELIVRD"), ReceiptIds::Same), Reading::Unreadable);
    }

    #[test]
    fn a_line_may_have_a_header_and_wide_letters() {
        let mut headed = line("id:7 stat:DELIVRD");
        headed.esm_class |= HEADED;
        headed.text.splice(0..0, [3, 1, 1, 1]);
        assert!(told(&headed).is_some());
        let wide = "id:7 stat:ENROUTE".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wide = Delivery { coding: UCS2, text: wide, ..line("") };
        assert_eq!(told(&wide), Some(("7".to_owned(), Outcome::Underway, "ENROUTE".to_owned())));
        let cut = Delivery { esm_class: RECEIPT | HEADED, text: vec![200, 1], ..Delivery::default() };
        assert_eq!(read(&cut, ReceiptIds::Same), Reading::Unreadable);
    }

    #[test]
    fn ids_are_told_in_the_form_in_which_they_are_kept() {
        let Reading::Receipt(told) = read(&line("id:0169552957 stat:DELIVRD"), ReceiptIds::DecimalOfHex) else {
            panic!("unread");
        };
        assert_eq!(Some(told.id), ids::kept(ReceiptIds::DecimalOfHex, "A1B2C3D"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in prop::collection::vec(any::<u8>(), 0..200), near in "((id|sub|dlvrd|submit date|done date|stat|err|text|id : |;|,)[:= ]?[A-Za-z0-9]{0,8} ?){0,9}", esm_class in any::<u8>(), coding in any::<u8>()) {
            let _ = read(&Delivery { esm_class, coding, text, ..Delivery::default() }, ReceiptIds::Same);
            let _ = read(&Delivery { esm_class, ..line(&near) }, ReceiptIds::HexOfDecimal);
        }

        #[test]
        fn order_case_and_missing_fields_change_nothing(
            id in "[A-Za-z0-9][A-Za-z0-9-]{0,20}",
            order in prop::sample::subsequence(vec!["sub:001", "dlvrd:001", "submit date:2401020304", "done date:240102030405", "err:000"], 0..=5).prop_shuffle(),
            (first, upper) in any::<(bool, bool)>(),
            between in prop::sample::select(vec![" ", "  ", ", ", "; ", "\n"]),
        ) {
            let (name, stat) = if upper { ("ID", "STAT") } else { ("id", "stat") };
            let mut fields: Vec<String> = order.into_iter().map(str::to_owned).collect();
            fields.insert(0, format!("{name}:{id}"));
            let state = format!("{stat}:DELIVRD");
            if first { fields.insert(0, state) } else { fields.push(state) }
            let written = format!("{} text:stat:UNDELIV id:x", fields.join(between));
            proptest::prop_assert_eq!(told(&line(&written)), Some((id, Outcome::Delivered, "DELIVRD".to_owned())), "{}", written);
        }
    }
}
