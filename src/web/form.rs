//! A form as it was sent: small, in UTF-8, each field once, and from a page that this browser asked for.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};

use crate::model::Secret;

/// The largest form.
pub const MAX_BYTES: usize = 16 * 1024;

/// The fields of a form.
#[derive(Debug, Default)]
pub struct Form(HashMap<String, Secret>);

/// Why a form was not taken. Nobody gets here by a page of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadForm {
    /// Not a form at all.
    Kind,
    /// Not UTF-8, or a NUL in it.
    Letters,
    /// A field was sent more than once, or as a list.
    Repeated,
}

impl Form {
    /// Reads a form's body.
    pub fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Self, BadForm> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok()).unwrap_or_default();
        if !kind
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        {
            return Err(BadForm::Kind);
        }
        let mut fields = HashMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if name.ends_with(']') || fields.insert(name, Secret::from(value)).is_some() {
                return Err(BadForm::Repeated);
            }
        }
        Ok(Self(fields))
    }

    /// A field's text; empty when it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", Secret::expose)
    }

    /// Whether the field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Every field that was sent, in no order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// A field that must not be kept longer than needed.
    pub fn secret(&self, name: &str) -> Secret {
        self.0.get(name).cloned().unwrap_or_else(|| Secret::from(""))
    }
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1), but strict about UTF-8 and NUL.
fn decode(text: &[u8]) -> Result<String, BadForm> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = &tail[2..];
                continue;
            }
            _ => bytes.push(*first),
        }
        rest = tail;
    }
    if bytes.contains(&0) {
        return Err(BadForm::Letters);
    }
    String::from_utf8(bytes).map_err(|_| BadForm::Letters)
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A') + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Form, BadForm> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        Form::parse(&headers, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let form = parse("login=%E7%94%B0%E4%B8%AD+a&password=%26%3D%2b").unwrap();
        assert_eq!(form.text("login"), "田中 a");
        assert_eq!(form.text("password"), "&=+");
        assert_eq!(form.text("other"), "");
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        assert_eq!(parse("email=a&email=b").unwrap_err(), BadForm::Repeated);
        assert_eq!(parse("email[]=a").unwrap_err(), BadForm::Repeated);
        assert_eq!(parse("email=%00").unwrap_err(), BadForm::Letters);
        assert_eq!(parse("email=%ff").unwrap_err(), BadForm::Letters);
        assert_eq!(Form::parse(&HeaderMap::new(), &Bytes::new()).unwrap_err(), BadForm::Kind);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_and_no_nul_comes_in(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), near in "([a-c%=&+0-9]|%0|%00|%e3|%81){0,30}") {
            for body in [body, near.into_bytes()] {
                let text = String::from_utf8_lossy(&body);
                if let Ok(form) = parse(&text) {
                    proptest::prop_assert!(form.0.iter().all(|(name, value)| !name.contains('\0') && !value.expose().contains('\0')));
                }
                let mut headers = HeaderMap::new();
                headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
                let _ = Form::parse(&headers, &Bytes::from(body));
            }
        }

        #[test]
        fn what_a_browser_encodes_reads_back(name in "[a-z]{1,8}", value in "[^\\x00]*") {
            let encoded: String = value.bytes().map(|byte| if byte == b' ' { "+".to_owned() } else { format!("%{byte:02x}") }).collect();
            let form = parse(&format!("{name}={encoded}&other=1")).unwrap();
            proptest::prop_assert_eq!(form.text(&name), value);
        }
    }
}
