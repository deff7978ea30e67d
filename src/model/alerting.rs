//! What administrators must hear of, and what a workspace decides about it: which kinds, from which count on, by which ways.

use std::collections::BTreeSet;

use super::text_enum::text_enum;

text_enum! {
    /// What administrators must hear of at once.
    pub enum AlertEvent {
        /// So many codes of one member were mistyped in a row that none is compared any more.
        GuessesInARow => "guesses_in_a_row",
        /// So many codes were mistyped in a day, whoever's, that somebody seems to be trying them through.
        Sweep => "sweep",
        /// Somebody signed in after many failed tries in a row.
        SignInAfterFailures => "sign_in_after_failures",
        /// From one network many people's IDs were tried, and did not get in.
        NetworkFailures => "network_failures",
        /// The chain of the audit log does not fit.
        ChainBroken => "chain_broken",
        /// Codes do not leave the house.
        MessagesFailing => "messages_failing",
        /// From one network codes toward many countries were asked for; it is closed for a day.
        ManyCountries => "many_countries",
        /// A message was not sent, since the day's budget is spent.
        BudgetSpent => "budget_spent",
        /// More codes go to numbers that nobody has confirmed than the confirmed ones let expect.
        UnconfirmedOver => "unconfirmed_over",
        /// Somebody signed in from a country that is new to the member.
        NewCountry => "new_country",
        /// Two sign-ins of a member were farther apart than anybody travels in that time.
        FarApart => "far_apart",
        /// A member reported a device as lost or stolen, or that somebody else uses the account.
        MemberLoss => "member_loss",
        /// A member held the account by 「自分ではない」 in a notice.
        MemberObjected => "member_objected",
    }

    /// Who is told of alerts by email.
    pub enum AlertMails {
        /// Every administrator and owner.
        All => "all",
        /// Owners alone.
        Owners => "owners",
        /// Nobody, but for a broken chain.
        Nobody => "nobody",
    }

    /// Where the signed heads of the audit log are mailed to.
    pub enum HeadMails {
        /// Nowhere.
        Nobody => "nobody",
        /// To every owner.
        Owners => "owners",
        /// To an address of its own.
        Address => "address",
    }
}

impl AlertEvent {
    /// Whether a workspace always hears of it.
    pub const fn is_always_told(self) -> bool {
        matches!(self, Self::ChainBroken)
    }

    /// Whether telling it by email is of any use.
    pub const fn can_be_mailed(self) -> bool {
        !matches!(self, Self::MessagesFailing)
    }
}

/// What a workspace decides about its alerts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// What it does not want to hear of.
    pub off: BTreeSet<AlertEvent>,
    /// Failed tries in a row, within an hour, after which a sign-in is told.
    pub failures_in_a_row: u32,
    /// People whose IDs failed from one network within an hour, from which on that is told.
    pub members_of_a_network: u32,
    /// Who gets emails.
    pub mails: AlertMails,
    /// Who gets the heads of the audit log.
    pub heads: HeadMails,
    /// The address of its own that they go to.
    pub heads_address: Option<String>,
    /// Whether the heads go to the webhook, too.
    pub heads_to_webhook: bool,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            off: BTreeSet::new(),
            failures_in_a_row: 10,
            members_of_a_network: 20,
            mails: AlertMails::All,
            heads: HeadMails::Nobody,
            heads_address: None,
            heads_to_webhook: false,
        }
    }
}

impl AlertSettings {
    /// What `failures_in_a_row` can be.
    pub const FAILURES: (u32, u32) = (3, 100);
    /// What `members_of_a_network` can be.
    pub const MEMBERS: (u32, u32) = (5, 500);

    /// Whether the workspace hears of it.
    pub fn hears_of(&self, event: AlertEvent) -> bool {
        event.is_always_told() || !self.off.contains(&event)
    }

    /// Who gets emails about it.
    pub const fn mails_about(&self, event: AlertEvent) -> AlertMails {
        match self.mails {
            _ if !event.can_be_mailed() => AlertMails::Nobody,
            AlertMails::Nobody if event.is_always_told() => AlertMails::Owners,
            mails => mails,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_chain_cannot_be_switched_off() {
        let off = AlertEvent::ALL.iter().copied().collect();
        let deaf = AlertSettings { off, mails: AlertMails::Nobody, ..AlertSettings::default() };
        for &event in AlertEvent::ALL {
            assert_eq!(deaf.hears_of(event), event == AlertEvent::ChainBroken, "{event}");
        }
        assert_eq!(deaf.mails_about(AlertEvent::ChainBroken), AlertMails::Owners);
        assert_eq!(deaf.mails_about(AlertEvent::Sweep), AlertMails::Nobody);
        assert_eq!(AlertSettings::default().mails_about(AlertEvent::MessagesFailing), AlertMails::Nobody);
    }

    #[test]
    fn settings_of_an_earlier_version_get_what_is_new_by_default() {
        let read: AlertSettings = serde_json::from_str("{\"mails\":\"owners\"}").unwrap();
        assert_eq!(read, AlertSettings { mails: AlertMails::Owners, ..AlertSettings::default() });
    }
}
