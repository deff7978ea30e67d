//! Whether a member could get back in alone today, and if not, why: the one place where that is judged. It asks what a recovery asks (a contact
//! that is verified and past its hold), and besides whether that contact was confirmed lately, since an old number reaches somebody else.

use super::policy::ContactPolicy;
use super::{Cause, ContactState, MemberState, Timestamp, text_enum::text_enum};

text_enum! {
    /// Whether a member could get back in alone.
    pub enum Readiness {
        /// Not looked at yet.
        Unknown => "unknown",
        /// Yes: a contact counts and was confirmed lately.
        Ready => "ready",
        /// There is no contact.
        NoContact => "no_contact",
        /// No code was ever typed for any contact.
        Unverified => "unverified",
        /// What is verified was added a short while ago and does not recover yet.
        Waiting => "waiting",
        /// What is there is frozen by an objection.
        Frozen => "frozen",
        /// A contact counts, but its newest messages came back, and none has arrived since.
        Bounced => "bounced",
        /// A contact counts, but none was confirmed for as long as the policy says.
        Stale => "stale",
        /// Never set a password, and has no link to do so.
        NeverSet => "never_set",
        /// Nobody asks: suspended, held, deleted, or invited with a link that is open.
        Apart => "apart",
    }
}

/// Where the account stands, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The account's state.
    pub state: MemberState,
    /// Held by "that was not me".
    pub held: bool,
    /// A link to set the first password can still be used.
    pub has_link: bool,
}

/// A contact that was not removed, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// What it is good for.
    pub state: ContactState,
    /// From when it recovers.
    pub recovers_from: Option<Timestamp>,
    /// When its code was typed last.
    pub confirmed_at: Option<Timestamp>,
    /// Its newest messages came back.
    pub bounced: bool,
}

impl Readiness {
    /// The reasons for which somebody could not, in the order in which pages show them.
    pub const REASONS: &[Self] =
        &[Self::NoContact, Self::Unverified, Self::Bounced, Self::Frozen, Self::Stale, Self::Waiting, Self::NeverSet];

    /// Judges.
    pub fn of(
        standing: Standing,
        contacts: impl IntoIterator<Item = Reach>,
        policy: &ContactPolicy,
        now: Timestamp,
    ) -> Self {
        match standing.state {
            MemberState::Invited if !standing.has_link => return Self::NeverSet,
            MemberState::Active if !standing.held => {}
            MemberState::Invited | MemberState::Active | MemberState::Suspended | MemberState::Deleted => {
                return Self::Apart;
            }
        }
        contacts
            .into_iter()
            .map(|contact| contact.good_for(policy, now))
            .max_by_key(|found| found.rank())
            .unwrap_or(Self::NoContact)
    }

    /// Whether it is a reason why somebody could not.
    pub fn is_reason(self) -> bool {
        Self::REASONS.contains(&self)
    }

    /// Whether asking the member helps: one who waits only needs time, and one without a password gets nowhere to read it.
    pub const fn can_be_asked(self) -> bool {
        matches!(self, Self::NoContact | Self::Unverified | Self::Bounced | Self::Frozen | Self::Stale)
    }

    /// Of several contacts, the best one decides.
    const fn rank(self) -> u8 {
        match self {
            Self::Ready => 6,
            Self::Stale => 5,
            Self::Waiting => 4,
            Self::Bounced => 3,
            Self::Frozen => 2,
            Self::Unverified => 1,
            Self::NoContact | Self::NeverSet | Self::Apart | Self::Unknown => 0,
        }
    }
}

/// Whether a contact bounces, by why its two newest messages of which anything is known did not arrive; none for one that did, and where there is none. Once is enough where
/// it lasts; a telephone that was switched off, or a full mailbox, must have been so twice.
pub fn bounces(newest: Option<Cause>, before: Option<Cause>) -> bool {
    newest.is_some_and(|cause| {
        cause.is_lasting() || cause.is_about_destination() && before.is_some_and(Cause::is_about_destination)
    })
}

impl Reach {
    fn good_for(self, policy: &ContactPolicy, now: Timestamp) -> Readiness {
        match self.state {
            ContactState::Verified if self.bounced => Readiness::Bounced,
            ContactState::Verified if self.recovers_from.is_none_or(|from| from > now) => Readiness::Waiting,
            ContactState::Verified if policy.is_stale(self.confirmed_at, now) => Readiness::Stale,
            ContactState::Verified => Readiness::Ready,
            ContactState::Frozen => Readiness::Frozen,
            ContactState::Unverified => Readiness::Unverified,
            ContactState::Removed => Readiness::NoContact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{days, hours};

    const NOW: Timestamp = Timestamp(1_795_334_700_000_000);
    const ACTIVE: Standing = Standing { state: MemberState::Active, held: false, has_link: false };

    fn verified(recovers_from: Timestamp, confirmed_at: Timestamp) -> Reach {
        let (recovers_from, confirmed_at) = (Some(recovers_from), Some(confirmed_at));
        Reach { state: ContactState::Verified, recovers_from, confirmed_at, bounced: false }
    }

    fn plain(state: ContactState) -> Reach {
        Reach { state, recovers_from: None, confirmed_at: None, bounced: false }
    }

    fn judged(contacts: &[Reach]) -> Readiness {
        Readiness::of(ACTIVE, contacts.iter().copied(), &ContactPolicy::default(), NOW)
    }

    #[test]
    fn the_best_contact_decides() {
        let good = verified(NOW, NOW);
        let stale = verified(NOW - days(400), NOW - days(180));
        let waits = verified(NOW + hours(1), NOW);
        let bounced = Reach { bounced: true, ..good };
        let (frozen, unverified) = (plain(ContactState::Frozen), plain(ContactState::Unverified));
        let in_order = [
            (good, Readiness::Ready),
            (stale, Readiness::Stale),
            (waits, Readiness::Waiting),
            (bounced, Readiness::Bounced),
            (frozen, Readiness::Frozen),
            (unverified, Readiness::Unverified),
        ];
        for (nth, (best, expected)) in in_order.iter().enumerate() {
            let mut all: Vec<_> = in_order[nth..].iter().map(|(contact, _)| *contact).collect();
            assert_eq!(judged(&all), *expected);
            all.reverse();
            assert_eq!(judged(&all), *expected, "whatever the order");
            assert_eq!(judged(&[*best]), *expected);
        }
        assert_eq!(judged(&[]), Readiness::NoContact);
        assert_eq!(judged(&[plain(ContactState::Removed)]), Readiness::NoContact);
    }

    #[test]
    fn what_lasts_bounces_at_once_and_what_passes_the_second_time() {
        let of = |newest, before| bounces(newest, before);
        assert!(!of(None, None) && !of(None, Some(Cause::UnknownDestination)), "it arrived since");
        for cause in [Cause::UnknownDestination, Cause::Blocked, Cause::NotMobile] {
            assert!(of(Some(cause), None));
        }
        for cause in [Cause::Unreachable, Cause::Full] {
            assert!(!of(Some(cause), None) && !of(Some(cause), Some(Cause::Provider)));
            assert!(of(Some(cause), Some(Cause::Full)) && of(Some(cause), Some(Cause::UnknownDestination)));
        }
        for cause in [Cause::Unroutable, Cause::Provider, Cause::Budget, Cause::Unknown] {
            assert!(!of(Some(cause), Some(cause)), "the contact is not to blame");
        }
    }

    #[test]
    fn the_hold_and_the_policys_days_end_to_the_microsecond() {
        let just = |n| Timestamp(NOW.0 + n);
        assert_eq!(judged(&[verified(just(1), NOW)]), Readiness::Waiting);
        assert_eq!(judged(&[verified(just(0), NOW)]), Readiness::Ready);
        let limit = NOW - days(180);
        assert_eq!(judged(&[verified(limit, limit)]), Readiness::Stale);
        assert_eq!(judged(&[verified(limit, Timestamp(limit.0 + 1))]), Readiness::Ready);
    }

    #[test]
    fn whoever_cannot_use_the_account_is_apart_and_whoever_never_began_is_not() {
        let of = |state, held, has_link| {
            let standing = Standing { state, held, has_link };
            Readiness::of(standing, [verified(NOW, NOW)], &ContactPolicy::default(), NOW)
        };
        assert_eq!(of(MemberState::Invited, false, false), Readiness::NeverSet);
        assert_eq!(of(MemberState::Invited, false, true), Readiness::Apart);
        assert_eq!(of(MemberState::Suspended, false, false), Readiness::Apart);
        assert_eq!(of(MemberState::Deleted, false, false), Readiness::Apart);
        assert_eq!(of(MemberState::Active, true, false), Readiness::Apart);
        assert_eq!(of(MemberState::Active, false, false), Readiness::Ready);
    }
}
