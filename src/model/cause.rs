//! Why a message did not arrive, in one word that a person can be told about in a plain sentence. Every provider's own codes are mapped to it.

use super::text_enum::text_enum;

text_enum! {
    /// Why a message did not arrive.
    pub enum Cause {
        /// Nobody has this number or address.
        UnknownDestination => "unknown_destination",
        /// The telephone is switched off or out of range, the mail server away.
        Unreachable => "unreachable",
        /// No room for another message.
        Full => "full",
        /// A filter of the recipient or of their carrier keeps it away.
        Blocked => "blocked",
        /// A number that takes no text messages: a landline, an 050 number.
        NotMobile => "not_mobile",
        /// The sender's name or number is not accepted.
        RefusedSender => "refused_sender",
        /// The provider does not serve this country or network.
        Unroutable => "unroutable",
        /// Too many at once.
        Throttled => "throttled",
        /// Our account at the provider: credit, credentials, suspension.
        Account => "account",
        /// The provider is not reached, breaks off or does not answer in time.
        Provider => "provider",
        /// The provider takes no message of this form.
        Malformed => "malformed",
        /// What may be spent on messages today is spent.
        Budget => "budget",
        /// It did not arrive before its time had passed.
        Expired => "expired",
        /// Nothing more was told.
        Unknown => "unknown",
    }
}

impl Cause {
    /// Whether it lies with the number or address: another provider would hardly do better.
    pub const fn is_about_destination(self) -> bool {
        matches!(self, Self::UnknownDestination | Self::Unreachable | Self::Full | Self::Blocked | Self::NotMobile)
    }

    /// Whether it lies with the number or address and hardly passes by itself, as a telephone that is switched off or a mailbox that is full does.
    pub const fn is_lasting(self) -> bool {
        matches!(self, Self::UnknownDestination | Self::Blocked | Self::NotMobile)
    }

    /// Whether the provider itself is in trouble, so that the next message should rather go elsewhere at once.
    pub const fn is_about_provider(self) -> bool {
        matches!(self, Self::Account | Self::Provider)
    }
}
