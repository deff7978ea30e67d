//! The letters of a file: UTF-8, UTF-16 with its mark, or Shift_JIS as Excel writes it on Windows (CP932, with ① and 髙).

use encoding_rs::{DecoderResult, Encoding, SHIFT_JIS, UTF_16BE, UTF_16LE};

/// The text; or the line of the first byte that is none of them.
pub(super) fn read(bytes: &[u8]) -> Result<String, u64> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        if encoding == UTF_16LE || encoding == UTF_16BE {
            return decode(encoding, rest);
        }
        return std::str::from_utf8(rest).map(str::to_owned).map_err(|error| line(rest, error.valid_up_to()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        // Text in Japanese that is valid in both is not found in practice: UTF-8's bytes come in threes.
        Err(_) => decode(SHIFT_JIS, bytes),
    }
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, u64> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or_default();
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        // What was read before the bad bytes is in the text, whatever the letters are made of.
        (DecoderResult::Malformed(..) | DecoderResult::OutputFull, _) => Err(line(text.as_bytes(), text.len())),
    }
}

/// The line of this place, counted from 1.
fn line(bytes: &[u8], place: usize) -> u64 {
    let before = bytes.get(..place).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_the_same_however_excel_wrote_it() {
        let text = "ID,名前\r\nito,髙橋 ①～ｱ\r\n";
        let utf16 = |big: bool| -> Vec<u8> {
            let mark = std::iter::once(0xfeff);
            let units = mark.chain(text.encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let (shift_jis, _, lossy) = SHIFT_JIS.encode(text);
        assert!(!lossy);
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(false),
            utf16(true),
            shift_jis.into_owned(),
        ] {
            assert_eq!(read(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_text_is_told_by_its_line() {
        assert_eq!(read(b"a\nb\n\xfd\xfe"), Err(3));
        assert_eq!(read(b"\xef\xbb\xbfa\n\x93\xfa"), Err(2), "a mark of UTF-8 promises UTF-8");
        assert_eq!(read(b"\xff\xfea\0\n\0\x00\xd8"), Err(2), "half of a letter");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(any in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&any);
        }
    }
}
