//! What a workspace demands of passwords, sessions and contacts (P4, P2, S4): a JSON text in its row, with the standards' values for whatever is left out.
//! [`Policy::check`] keeps it within bounds; [`Policy::departures`] says where it leaves NIST SP 800-63B and OWASP ASVS, for the plain warning beside the field.

use serde::{Deserialize, Serialize};

use super::{Role, Timestamp, days};

/// A workspace's policy. `Default` is what the standards advise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// About passwords.
    pub password: PasswordPolicy,
    /// About sessions.
    pub session: SessionPolicy,
    /// About mobile numbers and e-mail addresses.
    pub contacts: ContactPolicy,
    /// About the logs.
    pub logs: LogPolicy,
    /// About the administrators' desk.
    pub desk: DeskPolicy,
    /// About what looks as if somebody else had come in.
    pub suspicion: SuspicionPolicy,
}

/// What a new password must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Fewest characters (Unicode code points after NFKC).
    pub min_length: u32,
    /// How many former passwords may not come back; 0 for none.
    pub history: u32,
    /// How many of small letters, capital letters, digits, other signs must occur; 0 for no such rule.
    pub classes: u8,
    /// After how many days a password must be changed: 90, 180 or 365; none by default.
    pub expiry_days: Option<u32>,
    /// Whether common passwords and the workplace's own words are refused.
    pub blocklist: bool,
}

/// How long a session lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionPolicy {
    /// A member's session, at most, in hours.
    pub member_absolute_h: u32,
    /// A member's session without use, in minutes.
    pub member_idle_min: u32,
    /// An administrator's session, at most, in hours.
    pub admin_absolute_h: u32,
    /// An administrator's session without use, in minutes.
    pub admin_idle_min: u32,
    /// How long a fresh password opens contacts and other delicate pages, in minutes.
    pub reauth_min: u32,
}

/// When members are asked about their contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactPolicy {
    /// Contacts are asked about again after this many days.
    pub reconfirm_days: u32,
    /// For how many days a member without a verified contact may postpone adding one; none: for ever.
    pub required_after_days: Option<u32>,
}

/// How long the logs are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogPolicy {
    /// A line of the sign-in log, in days.
    pub sign_ins_days: u32,
    /// A line of the audit log, in days; forgotten up to a signed head, a day later at most.
    pub audit_days: u32,
}

impl LogPolicy {
    /// The audit log is kept so long at least: whoever does something may not have it forgotten soon after.
    pub const AUDIT_DAYS_LEAST: u32 = 365;
    /// Nothing is kept longer.
    pub const DAYS_MOST: u32 = 3_650;
}

/// How the administrators' desk works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskPolicy {
    /// Owners are told when somebody locked out has waited for so many hours.
    pub escalate_hours: u32,
    /// How long a temporary password works that comes with a demand for a new one, where nobody says otherwise.
    pub forced_hours: u32,
}

impl DeskPolicy {
    const FORCED_HOURS: u32 = 1;
}

/// What looks as if somebody else had come in, or tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuspicionPolicy {
    /// Whether a sign-in from a country that is new to the member is told.
    pub new_country: bool,
    /// Whether sign-ins are told between which nobody travels so fast.
    pub travel: bool,
    /// So fast, in kilometres an hour.
    pub travel_kmh: u32,
    /// Whether members are told of wrong passwords in a row.
    pub failures: bool,
    /// Of so many.
    pub failures_in_a_row: u32,
}

impl PasswordPolicy {
    /// Whether a password set then has had its time.
    pub fn is_expired(&self, set_at: Option<Timestamp>, now: Timestamp) -> bool {
        match (self.expiry_days, set_at) {
            (Some(limit), Some(set_at)) => set_at + days(limit.into()) <= now,
            _ => false,
        }
    }
}

impl ContactPolicy {
    /// Whether a contact that was confirmed then must be asked about again.
    pub fn is_stale(&self, confirmed_at: Option<Timestamp>, now: Timestamp) -> bool {
        confirmed_at.is_none_or(|at| at + days(self.reconfirm_days.into()) <= now)
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 15, history: 5, classes: 0, expiry_days: None, blocklist: true }
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { member_absolute_h: 12, member_idle_min: 60, admin_absolute_h: 8, admin_idle_min: 15, reauth_min: 5 }
    }
}

impl Default for ContactPolicy {
    fn default() -> Self {
        Self { reconfirm_days: 180, required_after_days: None }
    }
}

impl Default for LogPolicy {
    fn default() -> Self {
        Self { sign_ins_days: 365, audit_days: 1_095 }
    }
}

impl Default for DeskPolicy {
    fn default() -> Self {
        Self { escalate_hours: 4, forced_hours: Self::FORCED_HOURS }
    }
}

impl Default for SuspicionPolicy {
    fn default() -> Self {
        Self { new_country: true, travel: true, travel_kmh: 1_000, failures: true, failures_in_a_row: 10 }
    }
}

/// A value out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyTrouble {
    /// A number outside its range; both ends are allowed.
    OutOfRange {
        /// Where it stands in the JSON text: `password.min_length`.
        field: &'static str,
        /// Lowest allowed.
        min: u32,
        /// Highest allowed.
        max: u32,
    },
    /// `password.expiry_days` is other than 90, 180 or 365. Shorter makes passwords worse (NIST SP 800-63B §3.1.1.2).
    ExpiryDays,
    /// A session would end of age before it could end of idleness, the named one.
    IdleLongerThanSession {
        /// Where it stands in the JSON text.
        field: &'static str,
    },
}

/// Where a policy leaves the standards. Allowed, for those whose contracts demand it, with a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Departure {
    /// Under 15 characters where the password is the only factor (NIST SP 800-63B §3.1.1.2, OWASP).
    ShortPasswords,
    /// Composition rules (NIST SP 800-63B §3.1.1.2 SHALL NOT, ASVS 6.2.5).
    Classes,
    /// Expiry without a sign of harm (NIST SP 800-63B §3.1.1.2 SHALL NOT, ASVS 6.2.10, 総務省).
    Expiry,
    /// No blocklist (NIST SP 800-63B §3.1.1.2 SHALL).
    NoBlocklist,
    /// Sessions longer than 24 h or idle for more than 1 h (NIST SP 800-63B §2.2.3, AAL2).
    LongSessions,
}

impl Policy {
    /// What NIST SP 800-63B-4 advises for passwords without a second factor; the same as `Default`.
    pub fn nist() -> Self {
        Self::default()
    }

    /// For those whose contracts demand kinds of signs and expiry. It leaves the standards, as little as such contracts allow.
    pub fn contract() -> Self {
        let password = PasswordPolicy { classes: 3, expiry_days: Some(90), ..PasswordPolicy::default() };
        Self { password, ..Self::default() }
    }

    /// Stricter than the standards ask, for workplaces with much to lose.
    pub fn strict() -> Self {
        Self {
            password: PasswordPolicy { min_length: 20, history: 24, ..PasswordPolicy::default() },
            session: SessionPolicy {
                member_absolute_h: 8,
                member_idle_min: 30,
                admin_absolute_h: 4,
                admin_idle_min: 10,
                reauth_min: 3,
            },
            contacts: ContactPolicy { reconfirm_days: 90, required_after_days: Some(7) },
            logs: LogPolicy { sign_ins_days: 730, audit_days: 1_825 },
            desk: DeskPolicy { escalate_hours: 1, ..DeskPolicy::default() },
            suspicion: SuspicionPolicy { failures_in_a_row: 5, ..SuspicionPolicy::default() },
        }
    }

    /// Every number with the name that it has in the JSON text, its lowest and highest. What may be left out counts as 0.
    fn ranges(&self) -> [(&'static str, u32, u32, u32); 16] {
        let Self { password, session, contacts, logs, desk, suspicion } = self;
        [
            ("password.min_length", password.min_length, 8, 64),
            ("password.history", password.history, 0, 24),
            ("password.classes", password.classes.into(), 0, 4),
            ("session.member_absolute_h", session.member_absolute_h, 1, 720),
            ("session.member_idle_min", session.member_idle_min, 5, 43_200),
            ("session.admin_absolute_h", session.admin_absolute_h, 1, 24),
            ("session.admin_idle_min", session.admin_idle_min, 5, 60),
            ("session.reauth_min", session.reauth_min, 1, 15),
            ("contacts.reconfirm_days", contacts.reconfirm_days, 30, 730),
            ("contacts.required_after_days", contacts.required_after_days.unwrap_or(0), 0, 90),
            ("desk.escalate_hours", desk.escalate_hours, 1, 168),
            ("desk.forced_hours", desk.forced_hours, 1, 24),
            ("suspicion.travel_kmh", suspicion.travel_kmh, 300, 20_000),
            ("suspicion.failures_in_a_row", suspicion.failures_in_a_row, 5, 50),
            ("logs.sign_ins_days", logs.sign_ins_days, 30, LogPolicy::DAYS_MOST),
            ("logs.audit_days", logs.audit_days, LogPolicy::AUDIT_DAYS_LEAST, LogPolicy::DAYS_MOST),
        ]
    }

    /// The lowest and highest that a number of this name can be.
    pub fn range(field: &str) -> Option<(u32, u32)> {
        let of = |(name, _, min, max): &(&str, u32, u32, u32)| (*name == field).then_some((*min, *max));
        Self::nist().ranges().iter().find_map(of)
    }

    /// All values that are out of bounds, in the order of the text.
    pub fn check(&self) -> Result<(), Vec<PolicyTrouble>> {
        let Self { password, session, .. } = self;
        let ranges = self.ranges();
        let mut troubles: Vec<_> = ranges
            .into_iter()
            .filter(|(_, value, min, max)| !(min..=max).contains(&value))
            .map(|(field, _, min, max)| PolicyTrouble::OutOfRange { field, min, max })
            .collect();
        if !matches!(password.expiry_days, None | Some(90 | 180 | 365)) {
            troubles.push(PolicyTrouble::ExpiryDays);
        }
        for (field, idle_min, absolute_h) in [
            ("session.member_idle_min", session.member_idle_min, session.member_absolute_h),
            ("session.admin_idle_min", session.admin_idle_min, session.admin_absolute_h),
        ] {
            if u64::from(idle_min) > u64::from(absolute_h) * 60 {
                troubles.push(PolicyTrouble::IdleLongerThanSession { field });
            }
        }
        if troubles.is_empty() { Ok(()) } else { Err(troubles) }
    }

    /// Where the policy leaves the standards, for the warning that the administrator reads.
    pub fn departures(&self) -> Vec<Departure> {
        let Self { password, session, .. } = self;
        [
            (password.min_length < 15, Departure::ShortPasswords),
            (password.classes > 0, Departure::Classes),
            (password.expiry_days.is_some(), Departure::Expiry),
            (!password.blocklist, Departure::NoBlocklist),
            (session.member_absolute_h > 24 || session.member_idle_min > 60, Departure::LongSessions),
        ]
        .into_iter()
        .filter_map(|(leaves, departure)| leaves.then_some(departure))
        .collect()
    }
}

impl Policy {
    /// The policy in a workspace's row.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
    /// The text for a workspace's row.
    pub fn to_json(&self) -> String {
        let mut policy = serde_json::json!(self);
        // A server of the version before does not know these, and reads what a newer one beside it writes.
        if let (true, Some(parts)) = (self.logs == LogPolicy::default(), policy.as_object_mut()) {
            parts.remove("logs");
        }
        if let (true, Some(parts)) = (self.suspicion == SuspicionPolicy::default(), policy.as_object_mut()) {
            parts.remove("suspicion");
        }
        if let (DeskPolicy::FORCED_HOURS, Some(desk)) = (self.desk.forced_hours, policy["desk"].as_object_mut()) {
            desk.remove("forced_hours");
        }
        policy.to_string()
    }
}

impl SessionPolicy {
    /// Hours that a session of this role lives at most.
    pub fn absolute_hours(&self, role: Role) -> i64 {
        i64::from(if role.is_administrative() { self.admin_absolute_h } else { self.member_absolute_h })
    }
    /// Minutes without use after which a session of this role ends.
    pub fn idle_minutes(&self, role: Role) -> i64 {
        i64::from(if role.is_administrative() { self.admin_idle_min } else { self.member_idle_min })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_what_the_standards_advise() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::nist());
        let some: Policy = serde_json::from_str(r#"{"password":{"min_length":20}}"#).unwrap();
        assert_eq!((some.password.min_length, some.password.history), (20, 5));
        assert_eq!(Policy::nist().check(), Ok(()));
        assert_eq!(Policy::nist().departures(), []);
        let text = serde_json::to_string(&some).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), some);
    }

    #[test]
    fn a_misspelt_word_is_not_passed_over() {
        assert!(serde_json::from_str::<Policy>(r#"{"password":{"minlength":20}}"#).is_err());
        assert!(serde_json::from_str::<Policy>(r#"{"pasword":{}}"#).is_err());
    }

    #[test]
    fn bounds_hold_and_all_troubles_are_told_at_once() {
        let mut policy = Policy::nist();
        policy.password.min_length = 7;
        policy.password.expiry_days = Some(30);
        policy.session.admin_absolute_h = 25;
        let troubles = policy.check().unwrap_err();
        assert_eq!(troubles[0], PolicyTrouble::OutOfRange { field: "password.min_length", min: 8, max: 64 });
        assert!(troubles.contains(&PolicyTrouble::ExpiryDays));
        assert_eq!(troubles.len(), 3);

        let mut policy = Policy::nist();
        policy.session.member_absolute_h = 1;
        policy.session.member_idle_min = 61;
        assert_eq!(
            policy.check(),
            Err(vec![PolicyTrouble::IdleLongerThanSession { field: "session.member_idle_min" }])
        );
        assert_eq!(policy.departures(), [Departure::LongSessions]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_written_reads_back(any in "\\PC*", lengths: [u32; 2], hours: [u32; 4], classes: u8) {
            let _ = Policy::from_json(&any);
            let mut policy = Policy::nist();
            policy.password.min_length = lengths[0];
            policy.password.history = lengths[1];
            policy.password.classes = classes;
            (policy.session.member_absolute_h, policy.session.member_idle_min) = (hours[0], hours[1]);
            (policy.session.admin_absolute_h, policy.session.admin_idle_min) = (hours[2], hours[3]);
            let _ = (policy.check(), policy.departures());
            proptest::prop_assert_eq!(Policy::from_json(&policy.to_json()).unwrap(), policy);
        }
    }
}
