//! Text that must not leak: passwords, codes, tokens on their way. Wiped when dropped, hidden in `Debug`, without `Display` and `Serialize`.

use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// Secret text. Whoever needs the text says so with [`Secret::expose`], which is easy to search for.
///
/// Comparison of secrets belongs to `vault`, in constant time over keyed hashes, so there is no `PartialEq`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over; nothing is trimmed or changed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself. Never for a log, an error or an audit line.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// Length in bytes of UTF-8, for bounds that are checked before any work is done.
    pub fn len_bytes(&self) -> usize {
        self.0.len()
    }
    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Keeps a buffer that was built bit by bit, wiping the spare copy that `collect` may have left in it.
    pub(super) fn from_chars(chars: impl Iterator<Item = char>, capacity: usize) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(capacity));
        for c in chars {
            // Growing would leave a copy behind in freed memory: make room first, then wipe the old buffer by hand.
            if text.len() + c.len_utf8() > text.capacity() {
                let mut wider = String::with_capacity(text.capacity() * 2 + 4);
                wider.push_str(&text);
                std::mem::swap(&mut *text, &mut wider);
                wider.zeroize();
            }
            text.push(c);
        }
        Self(std::mem::take(&mut *text))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(…))");
    }

    #[test]
    fn a_secret_is_read_from_json_and_built_from_chars() {
        let secret: Secret = serde_json::from_str("\"合鍵\"").unwrap();
        assert_eq!(secret.len_bytes(), 6);
        assert_eq!(Secret::from_chars("合鍵は大切です".chars(), 1).expose(), "合鍵は大切です");
    }
}
