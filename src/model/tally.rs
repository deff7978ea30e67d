//! What is counted by the hour for the charts at the desk, and what the counts of some hours come to.

use std::collections::BTreeMap;

use super::text_enum::text_enum;
use super::{ContactKind, SignInResult};

text_enum! {
    /// A log that is added up.
    pub enum TalliedLog {
        /// The sign-in log.
        SignIns => "sign_ins",
        /// The audit log.
        Audit => "audit",
    }

    /// Something that is counted.
    pub enum Tally {
        /// Somebody signed in.
        SignedIn => "signed_in",
        /// A try to sign in did not let anybody in.
        Refused => "refused",
        /// A code by SMS was typed rightly.
        ProvedBySms => "proved_by_sms",
        /// A code by e-mail was typed rightly.
        ProvedByEmail => "proved_by_email",
        /// A new password was set after a code by SMS.
        BackBySms => "back_by_sms",
        /// A new password was set after a code by e-mail.
        BackByEmail => "back_by_email",
        /// An administrator let somebody in: by ending a hold, or by a temporary password that was used.
        BackByHelp => "back_by_help",
    }
}

impl Tally {
    /// What a line of the sign-in log counts for. One that a temporary password opened is in the audit log, too.
    pub const fn of_sign_in(result: SignInResult) -> Option<Self> {
        match result {
            SignInResult::Done => Some(Self::SignedIn),
            SignInResult::SecretTaken => None,
            _ => Some(Self::Refused),
        }
    }

    /// What a line of the audit log counts for; `kind` is that of the contact that carried a recovery's code.
    pub fn of_action(action: &str, kind: Option<ContactKind>) -> Option<Self> {
        match (action, kind) {
            ("recovery_proved", Some(ContactKind::Mobile)) => Some(Self::ProvedBySms),
            ("recovery_proved", Some(ContactKind::Email)) => Some(Self::ProvedByEmail),
            ("recovered", Some(ContactKind::Mobile)) => Some(Self::BackBySms),
            ("recovered", Some(ContactKind::Email)) => Some(Self::BackByEmail),
            ("released" | "forced_secret_taken", _) => Some(Self::BackByHelp),
            _ => None,
        }
    }
}

/// The counts of an hour, a day, a week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Tally, i64>);

impl Counts {
    /// So many more.
    pub fn add(&mut self, what: Tally, times: i64) {
        *self.0.entry(what).or_default() += times;
    }
    /// Those of another hour or day, too.
    pub fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(&what, &times)| self.add(what, times));
    }
    /// How often.
    pub fn of(&self, what: Tally) -> i64 {
        self.0.get(&what).copied().unwrap_or_default()
    }
    /// How many got back in.
    pub fn back(&self) -> i64 {
        self.back_alone() + self.of(Tally::BackByHelp)
    }
    /// How many of them without an administrator.
    pub fn back_alone(&self) -> i64 {
        self.of(Tally::BackBySms) + self.of(Tally::BackByEmail)
    }
    /// Their share in thousandths; none where nobody had to get back in.
    pub fn alone_permille(&self) -> Option<i64> {
        (self.back() > 0).then(|| self.back_alone() * 1_000 / self.back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_those_who_got_back_in() {
        let mut counts = Counts::default();
        assert_eq!(counts.alone_permille(), None);
        counts.add(Tally::BackByHelp, 1);
        assert_eq!(counts.alone_permille(), Some(0));
        counts.add(Tally::BackBySms, 1);
        counts.add(Tally::BackByEmail, 1);
        counts.add(Tally::ProvedBySms, 5);
        assert_eq!((counts.alone_permille(), counts.back()), (Some(666), 3));
    }

    #[test]
    fn every_result_but_one_counts_once() {
        let counted = SignInResult::ALL.iter().filter(|result| Tally::of_sign_in(**result).is_some());
        assert_eq!(counted.count(), SignInResult::ALL.len() - 1);
        assert_eq!(Tally::of_action("recovered", None), None, "its attempt is forgotten");
        assert_eq!(Tally::of_action("released", None), Some(Tally::BackByHelp));
    }
}
