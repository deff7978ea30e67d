//! A provider's ids of messages. Some answer a message with a hexadecimal number and write the same number in decimal into its receipt, or
//! the other way round: then an id is kept in the form that receipts will have.

use crate::config::carriers::smpp::ReceiptIds;

/// The longest that is kept (SMPP 3.4 §5.2.23).
const LONGEST: usize = 64;

/// The id of the answer to a message, as receipts will write it.
pub(super) fn kept(ids: ReceiptIds, answered: &str) -> Option<String> {
    let id = plain(answered)?;
    Some(match ids {
        ReceiptIds::Same => id,
        ReceiptIds::DecimalOfHex => number(&id, 16).map_or(id, |number| number.to_string()),
        ReceiptIds::HexOfDecimal => number(&id, 10).map_or(id, |number| format!("{number:x}")),
    })
}

/// The id of a receipt, written as `kept` writes them.
pub(super) fn told(ids: ReceiptIds, receipt: &str) -> Option<String> {
    let id = plain(receipt)?;
    Some(match ids {
        ReceiptIds::Same => id,
        ReceiptIds::DecimalOfHex => number(&id, 10).map_or(id, |number| number.to_string()),
        ReceiptIds::HexOfDecimal => number(&id, 16).map_or(id, |number| format!("{number:x}")),
    })
}

/// What can be kept: short and visible.
fn plain(id: &str) -> Option<String> {
    let id = id.trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
    (1..=LONGEST).contains(&id.len()).then_some(())?;
    id.bytes().all(|byte| byte.is_ascii_graphic()).then(|| id.to_owned())
}

/// `from_str_radix` alone would take a sign.
fn number(id: &str, radix: u32) -> Option<u128> {
    id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u128::from_str_radix(id, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_meet() {
        for (ids, answered, receipt) in [
            (ReceiptIds::Same, "0A1b-2C", "0A1b-2C"),
            (ReceiptIds::Same, " 77 ", "77\0"),
            (ReceiptIds::DecimalOfHex, "0A1B2C3D", "169552957"),
            (ReceiptIds::DecimalOfHex, "a1b2c3d", "0169552957"),
            (ReceiptIds::HexOfDecimal, "169552957", "0A1B2C3D"),
            (ReceiptIds::HexOfDecimal, "0169552957", "a1b2c3d"),
            // What is no number stays as it is.
            (ReceiptIds::DecimalOfHex, "f3a1-77", "f3a1-77"),
            (ReceiptIds::HexOfDecimal, "msg_1", "msg_1"),
        ] {
            assert_eq!(kept(ids, answered), told(ids, receipt), "{ids:?} {answered} {receipt}");
            assert!(kept(ids, answered).is_some());
        }
        assert_ne!(kept(ReceiptIds::Same, "0A"), told(ReceiptIds::Same, "10"));
    }

    #[test]
    fn what_is_no_id_is_none() {
        for id in ["", "  ", "\0", "a b", "あ", "a\nb", &"7".repeat(65)] {
            assert_eq!(kept(ReceiptIds::Same, id), None, "{id:?}");
            assert_eq!(told(ReceiptIds::DecimalOfHex, id), None, "{id:?}");
        }
        assert_eq!(kept(ReceiptIds::DecimalOfHex, "+7").as_deref(), Some("+7"));
        let huge = "f".repeat(64);
        assert_eq!(kept(ReceiptIds::DecimalOfHex, &huge), Some(huge));
    }
}
