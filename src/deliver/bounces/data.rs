//! The body of a message as SMTP and LMTP send it (RFC 5321 §4.5.2): dots at the beginning of lines taken off, its end found. The end is a dot on a line
//! of its own between CRLF and nothing like it, so that no message can end another.

/// Where in a line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    /// After the dot that begins a line.
    Dot,
    /// After the carriage return behind it.
    DotCr,
    Middle,
    /// After a carriage return.
    Cr,
}

/// Collects a body.
#[derive(Debug)]
pub(super) struct Body {
    at: At,
    kept: Vec<u8>,
    most: usize,
    seen: usize,
}

impl Body {
    /// Keeps `most` bytes; what is longer is read to its end and not kept.
    pub fn new(most: usize) -> Self {
        Self { at: At::Start, kept: Vec::new(), most, seen: 0 }
    }

    /// Takes bytes as they come. Once the end was among them, answers how many were of this body.
    pub fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        for (i, &byte) in bytes.iter().enumerate() {
            match (self.at, byte) {
                (At::DotCr, b'\n') => return Some(i + 1),
                (At::Start, b'.') => self.at = At::Dot,
                (At::Dot, b'\r') => self.at = At::DotCr,
                (at, byte) => {
                    if at == At::DotCr {
                        self.keep(b'\r');
                    }
                    self.keep(byte);
                    self.at = match (at, byte) {
                        (_, b'\r') => At::Cr,
                        (At::Cr, b'\n') => At::Start,
                        _ => At::Middle,
                    };
                }
            }
        }
        None
    }

    fn keep(&mut self, byte: u8) {
        self.seen += 1;
        if self.kept.len() < self.most {
            self.kept.push(byte);
        }
    }

    /// How long it is so far.
    pub fn length(&self) -> usize {
        self.seen
    }

    /// The whole body; nothing where it was too long.
    pub fn finish(self) -> Option<Vec<u8>> {
        (self.seen <= self.most).then_some(self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a sender makes of lines: each with CRLF, a dot before each dot, the end.
    fn sent(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut start = true;
        for (i, &byte) in body.iter().enumerate() {
            if start && byte == b'.' {
                out.push(b'.');
            }
            out.push(byte);
            start = byte == b'\n' && i > 0 && body[i - 1] == b'\r';
        }
        out.extend_from_slice(if start { b".\r\n" } else { b"\r\n.\r\n" });
        out
    }

    fn received(bytes: &[u8], most: usize, step: usize) -> (Option<Vec<u8>>, usize) {
        let mut body = Body::new(most);
        let mut read = 0;
        for piece in bytes.chunks(step) {
            match body.take(piece) {
                Some(used) => return (body.finish(), read + used),
                None => read += piece.len(),
            }
        }
        panic!("no end in {}", bytes.escape_ascii());
    }

    #[test]
    fn only_a_dot_between_two_whole_line_ends_is_the_end() {
        for body in [
            &b"a\r\n"[..],
            b".\r\n..\r\n",
            b"a\n.\r\nb\r\n",
            b"a\r\n.\nb\r\n",
            b"a\r.\r\nb\r\n",
            b"\r\n\r\n",
            b".\r.\r\n",
            b"",
        ] {
            let mut bytes = sent(body);
            let length = bytes.len();
            bytes.extend_from_slice(b"QUIT\r\n");
            for step in [1, 2, 1_000] {
                let (got, read) = received(&bytes, 1_000, step);
                assert_eq!((got.as_deref(), read), (Some(body), length), "{}", body.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_too_long_is_read_to_its_end_and_not_kept() {
        let long = sent(&vec![b'x'; 5_000]);
        let (got, read) = received(&long, 4_000, 100);
        assert_eq!((got, read), (None, long.len()));
    }

    proptest::proptest! {
        #[test]
        fn a_body_arrives_as_it_was(body in proptest::collection::vec(proptest::sample::select(&b"\r\n.a "[..]), 0..60), step in 1usize..9) {
            let bytes = sent(&body);
            let (got, read) = received(&bytes, 1_000, step);
            // A body without a line end gets the one that SMTP demands.
            let whole = body.is_empty() || body.ends_with(b"\r\n");
            let expected = if whole { body } else { [&body[..], b"\r\n"].concat() };
            proptest::prop_assert_eq!((got, read), (Some(expected), bytes.len()));
        }
    }
}
