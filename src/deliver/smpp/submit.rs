//! A letter as the provider is asked to take it: `submit_sm` with addresses, one part of text, and how long it is of use.

use std::str::FromStr as _;

use rusmpp::pdus::SubmitSm;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{EsmClass, Npi, RegisteredDelivery, Ton};

use super::text::Encoded;
use crate::model::Timestamp;

/// Digits of a number, and letters of a name (3GPP TS 23.040 §9.1.2.5).
const DIGITS: usize = 20;
const LETTERS: usize = 11;
/// A receipt is wanted, whether it arrived or not (SMPP 3.4 §5.2.17).
const RECEIPT: u8 = 1;
/// The longest time that is told to a provider.
const MOST_DAYS: i64 = 30;

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    ton: Ton,
    npi: Npi,
    text: COctetString<1, 21>,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing.
    #[error("empty")]
    Empty,
    /// Too long.
    #[error("too long: a number has 20 digits at most, a name 11 letters")]
    Long,
    /// Letters that telephones do not show as a sender.
    #[error("not written in plain ASCII")]
    Letters,
}

impl Address {
    /// Where messages come from: `+81 3 1234 5678`, a short number, or a name.
    pub(super) fn source(typed: &str) -> Result<Self, BadAddress> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(BadAddress::Empty);
        }
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        if let Some(number) = digits.strip_prefix('+').filter(|rest| is_number(rest)) {
            return Self::new(Ton::International, Npi::Isdn, number, DIGITS);
        }
        if is_number(&digits) {
            return Self::new(Ton::Unknown, Npi::Isdn, &digits, DIGITS);
        }
        Self::new(Ton::Alphanumeric, Npi::Unknown, typed, LETTERS)
    }

    /// Where a message goes: an E.164 number.
    pub(super) fn destination(number: &str) -> Option<Self> {
        let digits = number.strip_prefix('+').filter(|digits| is_number(digits))?;
        Self::new(Ton::International, Npi::Isdn, digits, DIGITS).ok()
    }

    /// With what the provider wants to be told instead.
    pub(super) fn with(self, ton: Option<u8>, npi: Option<u8>) -> Self {
        Self { ton: ton.map_or(self.ton, Ton::from), npi: npi.map_or(self.npi, Npi::from), text: self.text }
    }

    fn new(ton: Ton, npi: Npi, text: &str, longest: usize) -> Result<Self, BadAddress> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(BadAddress::Letters);
        }
        if text.len() > longest {
            return Err(BadAddress::Long);
        }
        Ok(Self { ton, npi, text: COctetString::from_str(text).map_err(|_| BadAddress::Letters)? })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The message. None where it would be of no use by the time that it arrives, or cannot be written.
pub(super) fn submit(from: Address, to: Address, text: Encoded, validity: &str) -> Option<SubmitSm> {
    let submit = SubmitSm::builder()
        .source_addr_ton(from.ton)
        .source_addr_npi(from.npi)
        .source_addr(from.text)
        .dest_addr_ton(to.ton)
        .dest_addr_npi(to.npi)
        .destination_addr(to.text)
        // Its default says that the message is an acknowledgement.
        .esm_class(EsmClass::from(0))
        .validity_period(EmptyOrFullCOctetString::from_str(validity).ok()?)
        .registered_delivery(RegisteredDelivery::from(RECEIPT))
        .data_coding(text.coding)
        .short_message(OctetString::from_vec(text.octets).ok()?);
    Some(submit.build())
}

/// How long the provider may try, from now on (SMPP 3.4 §7.1.1.2, relative, so that its clock does not matter). Whole seconds, rounded down: nothing
/// is delivered after its end. None where less than a second is left.
pub(super) fn validity(now: Timestamp, until: Timestamp) -> Option<String> {
    let seconds = now.until(until).as_micros() / 1_000_000;
    if seconds < 1 {
        return None;
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (days, rest) = if days >= MOST_DAYS { (MOST_DAYS, 0) } else { (days, rest) };
    Some(format!("0000{days:02}{:02}{:02}{:02}000R", rest / 3_600, rest / 60 % 60, rest % 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{days, minutes, seconds};

    fn source(typed: &str) -> Result<(Ton, Npi, String), BadAddress> {
        Address::source(typed).map(|address| (address.ton, address.npi, address.text.to_string()))
    }

    #[test]
    fn a_source_is_a_number_or_a_name() {
        assert_eq!(source("+81 3-1234-5678"), Ok((Ton::International, Npi::Isdn, "81312345678".to_owned())));
        assert_eq!(source("0005 0123"), Ok((Ton::Unknown, Npi::Isdn, "00050123".to_owned())));
        assert_eq!(source(" Acme Co "), Ok((Ton::Alphanumeric, Npi::Unknown, "Acme Co".to_owned())));
        assert_eq!(source("Acme Company"), Err(BadAddress::Long));
        assert_eq!(source("+123456789012345678901"), Err(BadAddress::Long));
        assert_eq!(source("相鍵"), Err(BadAddress::Letters));
        assert_eq!(source("a\0b"), Err(BadAddress::Letters));
        assert_eq!(source("  "), Err(BadAddress::Empty));
        let told = Address::source("12345").map(|address| address.with(Some(3), Some(0)));
        assert_eq!(told.map(|address| (address.ton, address.npi)), Ok((Ton::NetworkSpecific, Npi::Unknown)));
    }

    #[test]
    fn a_destination_is_a_number_as_we_store_it() {
        let to = Address::destination("+819012345678").expect("a number");
        assert_eq!((to.ton, to.npi, to.text.to_string()), (Ton::International, Npi::Isdn, "819012345678".to_owned()));
        for none in ["819012345678", "+", "+81 90", "+81a", "", "taro@example.jp", "+123456789012345678901"] {
            assert_eq!(Address::destination(none), None, "{none}");
        }
    }

    #[test]
    fn a_message_is_what_the_specification_has() {
        let from = Address::source("Acme").expect("a name");
        let to = Address::destination("+819012345678").expect("a number");
        let text = super::super::text::encode("1@").expect("short");
        let message = submit(from, to, text, "000000001000000R").expect("a message");
        let octets = super::super::dial::octets(rusmpp::CommandStatus::EsmeRok, 7, message);
        let mut expected = b"\0\0\0\x43\0\0\0\x04\0\0\0\0\0\0\0\x07\0".to_vec();
        expected.extend(b"\x05\x00Acme\0\x01\x01819012345678\0");
        // Class, protocol, priority; no schedule; then validity, receipt, replace, coding, predefined, length.
        expected.extend([0; 4]);
        expected.extend(b"000000001000000R");
        expected.extend([0, 1, 0, 0, 0, 2, b'1', 0]);
        assert_eq!(octets, expected);
    }

    #[test]
    fn nothing_is_delivered_after_its_end() {
        let now = Timestamp(1_700_000_000_000_000);
        let after = |span| validity(now, now + span);
        assert_eq!(after(minutes(10)).as_deref(), Some("000000001000000R"));
        assert_eq!(after(seconds(59)).as_deref(), Some("000000000059000R"));
        assert_eq!(validity(now, Timestamp(now.0 + 1_999_999)).as_deref(), Some("000000000001000R"));
        assert_eq!(validity(now, Timestamp(now.0 + 999_999)), None);
        assert_eq!(validity(now, Timestamp(now.0 - 1)), None);
        assert_eq!(after(days(1) + seconds(3_661)).as_deref(), Some("000001010101000R"));
        assert_eq!(after(days(400)).as_deref(), Some("000030000000000R"));
    }
}
