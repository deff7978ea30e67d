//! A letter as an Internet message (RFC 5322, MIME): the bytes that SMTP carries.
//!
//! Every line ends with CRLF before the bytes are handed over: lettre up to 0.11.23 leaves a dot behind a bare LF as it is, and a server
//! that takes a bare LF for a line's end would then read the message's end there (RUSTSEC-2026-0561).

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::Letter;

/// The address in the form that SMTP takes: as stored, or with its local part quoted. Old addresses of Japanese mobile carriers have
/// dots in a row or before the `@`, which RFC 5321 allows between quotes only.
pub(super) fn address(stored: &str) -> Option<Address> {
    let (local, domain) = stored.rsplit_once('@')?;
    // A line end would begin a new command.
    if stored.chars().any(char::is_control) {
        return None;
    }
    Address::new(local, domain).ok().or_else(|| {
        let quoted = local.replace('\\', "\\\\").replace('"', "\\\"");
        Address::new(format!("\"{quoted}\""), domain).ok()
    })
}

/// For the headers' sake only: the carrier tells SMTP itself.
fn envelope(from: &Mailbox, to: &Address) -> Result<Envelope, lettre::error::Error> {
    Envelope::new(Some(from.email.clone()), vec![to.clone()])
}

/// The whole message, each line ended with CRLF but for the last, which SMTP ends itself.
pub(super) fn message(
    letter: &Letter,
    html: Option<&str>,
    from: &Mailbox,
    to: &Address,
    public_host: &str,
) -> Result<Vec<u8>, lettre::error::Error> {
    let written = Duration::from_micros(u64::try_from(letter.at.0).unwrap_or_default());
    // One line: a control character in the subject would fold or begin another header.
    let subject = letter.subject.as_deref().unwrap_or_default().replace(char::is_control, " ");
    let builder = Message::builder()
        // Otherwise lettre would read it back from the headers, where it does not know a quoted local part.
        .envelope(envelope(from, to)?)
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(subject)
        .date(SystemTime::UNIX_EPOCH + written)
        .message_id(Some(format!("<{}@{public_host}>", letter.id)))
        // RFC 3834: keeps out-of-office answers away.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
    let text = part(ContentType::TEXT_PLAIN, &letter.text);
    let message = match html {
        None => builder.singlepart(text)?,
        Some(html) => {
            // "=_" cannot stand in quoted-printable, nor "_" in base64: no part can hold its own end.
            let both = MultiPart::alternative().boundary(format!("=_{}", letter.id));
            builder.multipart(both.singlepart(text).singlepart(part(ContentType::TEXT_HTML, html)))?
        }
    };
    let mut bytes = crlf(&message.formatted());
    if bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    Ok(bytes)
}

/// Quoted-printable for ASCII, base64 for Japanese, which would become three times as long in the former.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let encoding =
        if text.is_ascii() { ContentTransferEncoding::QuotedPrintable } else { ContentTransferEncoding::Base64 };
    // As bytes, which lettre encodes as they are; these two encodings take any bytes.
    let body = match Body::new_with_encoding(crlf(text.as_bytes()), encoding) {
        Ok(body) => body,
        Err(raw) => Body::new(raw),
    };
    SinglePart::builder().header(kind).body(body)
}

/// Every line end (CRLF, LF or CR alone) as CRLF.
pub(super) fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for &byte in bytes {
        match (before, byte) {
            (b'\r', b'\n') => {}
            (_, b'\r' | b'\n') => out.extend_from_slice(b"\r\n"),
            _ => out.push(byte),
        }
        before = byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Channel, carrier},
        *,
    };

    #[test]
    fn every_line_end_becomes_crlf_once() {
        assert_eq!(crlf(b"a\nb\r\nc\rd\n\n.\r\n\re"), b"a\r\nb\r\nc\r\nd\r\n\r\n.\r\n\r\ne");
    }

    #[test]
    fn old_mobile_addresses_are_quoted_and_others_left_alone() {
        let sent = |stored| address(stored).map(|address| address.to_string());
        assert_eq!(sent("taro@example.jp").as_deref(), Some("taro@example.jp"));
        assert_eq!(sent("taro..x.@docomo.ne.jp").as_deref(), Some("\"taro..x.\"@docomo.ne.jp"));
        assert_eq!(sent("\"taro..x.\"@docomo.ne.jp").as_deref(), Some("\"taro..x.\"@docomo.ne.jp"));
        for bad in ["", "taro", "@example.jp\n", "a\r\nRCPT TO:<b@example.jp>@example.jp", "taro@", "taro@-"] {
            assert_eq!(sent(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn headers_cannot_be_added_through_the_subject() {
        let mut letter = carrier::letter(Channel::Email, "taro@example.jp", "text");
        letter.subject = Some("one\r\nBcc: eve@example.jp\n\nbody".to_owned());
        let from = "no-reply@example.jp".parse().expect("a mailbox");
        let bytes =
            message(&letter, None, &from, &address(&letter.to).expect("an address"), "id.example.jp").expect("builds");
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(!text.contains("\r\nBcc:"), "{text}");
        assert!(text.contains("Message-ID: <msg_01@id.example.jp>\r\n"), "{text}");
        assert!(text.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    }
}
