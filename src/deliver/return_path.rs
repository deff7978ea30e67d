//! The address that a message's bounces go to (VERP): it names the message, and a keyed mark proves that the message was ours, so that nobody can tell us
//! of messages that they never got.
//!
//! All in small letters, since some servers change the case; short enough for every server (RFC 5321 §4.5.3.1.1: 64 before the @).

use std::sync::Arc;

use crate::model::id::MessageId;
use crate::vault::Keyring;

/// Before the part that changes, with the sign that most servers cut an address at.
const BEFORE: &str = "bounces+";

/// Makes such addresses and reads them.
#[derive(Clone)]
pub struct ReturnPath {
    domain: String,
    keyring: Arc<Keyring>,
}

impl std::fmt::Debug for ReturnPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReturnPath").field("domain", &self.domain).finish_non_exhaustive()
    }
}

impl ReturnPath {
    /// For bounces at this domain.
    pub fn new(domain: &str, keyring: Arc<Keyring>) -> Self {
        Self { domain: domain.to_ascii_lowercase(), keyring }
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Where bounces of this message go; nowhere for what is no message's id.
    pub fn address(&self, message: &str) -> Option<String> {
        let bare = message.strip_prefix(MessageId::PREFIX)?.strip_prefix('_')?;
        let mark = self.keyring.bounce_marks(message).into_iter().next()?;
        is_id(bare).then(|| format!("{BEFORE}{bare}-{mark}@{}", self.domain))
    }

    /// Which message an address was made for, if it was made here.
    pub fn message(&self, address: &str) -> Option<MessageId> {
        // Compared first, and cut only then: what comes in may hold any letters.
        let (local, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.domain) || local.len() > 64 || !local.is_ascii() {
            return None;
        }
        let local = local.to_ascii_lowercase();
        let (bare, mark) = local.strip_prefix(BEFORE)?.split_once('-')?;
        let id = MessageId(format!("{}_{bare}", MessageId::PREFIX));
        (is_id(bare) && self.keyring.bounce_mark_matches(id.as_str(), mark)).then_some(id)
    }
}

fn is_id(bare: &str) -> bool {
    bare.len() == 26 && bare.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::vault::{MasterKeys, SeededDice};

    fn path(seed: u64) -> ReturnPath {
        ReturnPath::new("Bounce.example.jp", Arc::new(Keyring::new(&MasterKeys::generate(&SeededDice::new(seed)))))
    }

    fn id() -> MessageId {
        MessageId::new(Timestamp(1_795_334_700_000_000), [7; 10])
    }

    #[test]
    fn an_address_leads_back_to_its_message_and_fits_every_server() {
        let path = path(4);
        let address = path.address(id().as_str()).expect("an id");
        assert!(address.split_once('@').is_some_and(|(local, _)| local.len() <= 64), "{address}");
        assert_eq!(path.message(&address), Some(id()));
        assert_eq!(path.message(&address.to_uppercase()), Some(id()));
        assert_eq!(path.address("no id"), None);
        assert_eq!(path.address("msg_01"), None);
    }

    #[test]
    fn an_address_that_was_not_made_here_leads_nowhere() {
        let path = path(4);
        let address = path.address(id().as_str()).expect("an id");
        let (local, _) = address.split_once('@').expect("an address");
        let other = MessageId::new(Timestamp(1_795_334_700_000_000), [8; 10]);
        let foreign = self::path(5).address(id().as_str()).expect("an id");
        let swapped = address.replace(&id().as_str()[4..], &other.as_str()[4..]);
        let last = if local.ends_with('0') { "1" } else { "0" };
        let mended = format!("{}{last}@bounce.example.jp", &local[..local.len() - 1]);
        for wrong in [
            foreign,
            swapped,
            mended,
            format!("{local}@example.jp"),
            format!("{local}x@bounce.example.jp"),
            local.to_owned(),
            String::new(),
            "bounces+@bounce.example.jp".to_owned(),
            "bounces+-@bounce.example.jp".to_owned(),
        ] {
            assert_eq!(path.message(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_outlives_a_change_of_the_master_key() {
        let mut master = MasterKeys::generate(&SeededDice::new(4));
        let before = ReturnPath::new("bounce.example.jp", Arc::new(Keyring::new(&master)));
        let address = before.address(id().as_str()).expect("an id");
        master.add(&SeededDice::new(5));
        let after = ReturnPath::new("bounce.example.jp", Arc::new(Keyring::new(&master)));
        assert_eq!(after.message(&address), Some(id()));
    }

    proptest::proptest! {
        #[test]
        fn no_address_panics_or_passes(any in "\\PC{0,90}", near in "bounces\\+[0-9a-zA-Z]{24,28}-[0-9a-z]{14,18}@bounce.example.jp") {
            let path = path(4);
            proptest::prop_assert_eq!(path.message(&any), None);
            proptest::prop_assert_eq!(path.message(&near), None);
        }
    }
}
