//! The keyed index by which a number or address is found without being readable. While a new master key takes over, rows stand
//! under either of two keys: whoever looks for an address looks for both texts at once.

/// One number or address, as rows may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressIndex {
    written: String,
    other: Option<String>,
}

impl AddressIndex {
    /// As new rows have it, and as rows may have it that were written with the other key.
    pub fn new(written: String, other: Option<String>) -> Self {
        Self { written, other }
    }
    /// What a new row gets.
    pub fn written(&self) -> &str {
        &self.written
    }
    /// The second text to look for; the first again where there is no other.
    pub fn other(&self) -> &str {
        self.other.as_deref().unwrap_or(&self.written)
    }
    /// The second text, where there is one.
    pub fn kept(&self) -> Option<&str> {
        self.other.as_deref()
    }
    /// Whether a row with this text is of this address.
    pub fn is(&self, stored: &str) -> bool {
        stored == self.written() || stored == self.other()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_text_is_the_address_and_no_third() {
        let index = AddressIndex::new("b.2".to_owned(), Some("a.1".to_owned()));
        assert!(index.is("b.2") && index.is("a.1") && !index.is("a.2"));
        let alone = AddressIndex::new("b.2".to_owned(), None);
        assert_eq!((alone.written(), alone.other(), alone.kept()), ("b.2", "b.2", None));
    }
}
