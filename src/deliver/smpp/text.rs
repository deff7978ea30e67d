//! A text as one short message: in the GSM 7-bit default alphabet (3GPP TS 23.038 §6.2.1) where all of it is there, else in UCS-2.
//!
//! One message is one part: what does not fit is refused, since a code that arrives in halves is a code that does not arrive.

use rusmpp::values::DataCoding;

/// Septets that fit into one part (3GPP TS 23.040 §9.2.3.24).
const SEPTETS: usize = 160;
/// The same in UTF-16 units.
const UNITS: usize = 70;
/// Leads to the extension table.
const ESCAPE: u8 = 0x1b;

/// The alphabet: a character's place is its code.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each counts as two.
const EXTENSION: &[(char, u8)] = &[
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];

/// A text as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) coding: DataCoding,
    pub(super) octets: Vec<u8>,
}

/// Why a text is none for one short message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("the text is longer than one short message")]
    Long,
    #[error("the text is empty")]
    Empty,
    #[error("the text holds control characters")]
    Control,
}

/// The text in the alphabet that makes it shortest.
pub(super) fn encode(text: &str) -> Result<Encoded, Unfit> {
    if text.is_empty() {
        return Err(Unfit::Empty);
    }
    if text.contains(|c: char| c.is_control() && c != '\n' && c != '\r') {
        return Err(Unfit::Control);
    }
    if let Some(octets) = gsm(text) {
        return if octets.len() > SEPTETS {
            Err(Unfit::Long)
        } else {
            Ok(Encoded { coding: DataCoding::McSpecific, octets })
        };
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    if units.len() > UNITS {
        return Err(Unfit::Long);
    }
    Ok(Encoded { coding: DataCoding::Ucs2, octets: units.iter().flat_map(|unit| unit.to_be_bytes()).collect() })
}

/// One septet an octet, as SMPP carries them; none where a character is not in the alphabet.
fn gsm(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some((_, code)) = EXTENSION.iter().find(|(extended, _)| *extended == c) {
            octets.extend([ESCAPE, *code]);
        } else {
            octets.push(u8::try_from(ALPHABET.chars().position(|known| known == c)?).ok()?);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(text: &str) -> Result<(DataCoding, usize), Unfit> {
        encode(text).map(|encoded| (encoded.coding, encoded.octets.len()))
    }

    #[test]
    fn the_alphabet_has_each_of_its_128_places() {
        assert_eq!(ALPHABET.chars().count(), 128);
        for (c, code) in [('@', 0), ('_', 0x11), ('Ξ', 0x1a), (' ', 0x20), ('¤', 0x24), ('¡', 0x40), ('à', 0x7f)] {
            assert_eq!(gsm(&c.to_string()), Some(vec![code]), "{c}");
        }
        assert_eq!(gsm("@id.example.jp #1").expect("in the alphabet")[0], 0);
        assert_eq!(gsm("€"), Some(vec![0x1b, 0x65]));
    }

    #[test]
    fn what_the_alphabet_has_goes_in_septets_and_the_rest_in_ucs2() {
        assert_eq!(coding("Your code is 12345678.\n@id.example.jp #12345678"), Ok((DataCoding::McSpecific, 47)));
        assert_eq!(coding("[12345678]"), Ok((DataCoding::McSpecific, 12)));
        assert_eq!(encode("確認").map(|it| it.octets), Ok(vec![0x78, 0xba, 0x8a, 0x8d]));
        assert_eq!(coding("ç"), Ok((DataCoding::Ucs2, 2)));
        // Beyond the basic plane: two units, as telephones take it for UCS-2.
        assert_eq!(coding("𠮷"), Ok((DataCoding::Ucs2, 4)));
    }

    #[test]
    fn one_part_and_no_more() {
        assert_eq!(coding(&"a".repeat(160)), Ok((DataCoding::McSpecific, 160)));
        assert_eq!(coding(&"a".repeat(161)), Err(Unfit::Long));
        assert_eq!(coding(&"€".repeat(80)), Ok((DataCoding::McSpecific, 160)));
        assert_eq!(coding(&format!("{}a", "€".repeat(80))), Err(Unfit::Long));
        assert_eq!(coding(&"あ".repeat(70)), Ok((DataCoding::Ucs2, 140)));
        assert_eq!(coding(&"あ".repeat(71)), Err(Unfit::Long));
        assert_eq!(coding(&"𠮷".repeat(36)), Err(Unfit::Long));
        assert_eq!(coding(""), Err(Unfit::Empty));
    }

    #[test]
    fn nothing_escapes_into_another_table() {
        for text in ["\u{1b}e", "a\0b", "\u{7f}", "あ\u{1b}"] {
            assert_eq!(coding(text), Err(Unfit::Control), "{text:?}");
        }
        assert_eq!(coding("a\r\nb"), Ok((DataCoding::McSpecific, 4)));
    }

    proptest::proptest! {
        #[test]
        fn whatever_goes_fits_one_part(text in "\\PC{0,200}", plain in "[ -~\n]{0,170}") {
            for text in [text, plain] {
                if let Ok(encoded) = encode(&text) {
                    let most = if encoded.coding == DataCoding::Ucs2 { 140 } else { 160 };
                    proptest::prop_assert!(encoded.octets.len() <= most);
                }
            }
        }
    }
}
