//! A policy as a list of named values, as forms and pages of changes have it; and in which of them another one is laxer.

use super::Policy;

/// A value of a policy: none where it is left out.
pub type Value = Option<u32>;

/// Every value of a policy by the name that it has in the JSON text, in the order in which people read them.
pub const FIELDS: [&str; 21] = [
    "password.min_length",
    "password.blocklist",
    "password.history",
    "password.classes",
    "password.expiry_days",
    "session.member_absolute_h",
    "session.member_idle_min",
    "session.admin_absolute_h",
    "session.admin_idle_min",
    "session.reauth_min",
    "contacts.reconfirm_days",
    "contacts.required_after_days",
    "logs.sign_ins_days",
    "logs.audit_days",
    "desk.escalate_hours",
    "desk.forced_hours",
    "suspicion.new_country",
    "suspicion.travel",
    "suspicion.travel_kmh",
    "suspicion.failures",
    "suspicion.failures_in_a_row",
];

impl Policy {
    /// The value of this name; yes is 1, no is 0.
    pub fn value(&self, field: &str) -> Value {
        let Self { password, session, contacts, logs, desk, suspicion } = self;
        Some(match field {
            "password.min_length" => password.min_length,
            "password.blocklist" => password.blocklist.into(),
            "password.history" => password.history,
            "password.classes" => password.classes.into(),
            "password.expiry_days" => return password.expiry_days,
            "session.member_absolute_h" => session.member_absolute_h,
            "session.member_idle_min" => session.member_idle_min,
            "session.admin_absolute_h" => session.admin_absolute_h,
            "session.admin_idle_min" => session.admin_idle_min,
            "session.reauth_min" => session.reauth_min,
            "contacts.reconfirm_days" => contacts.reconfirm_days,
            "contacts.required_after_days" => return contacts.required_after_days,
            "logs.sign_ins_days" => logs.sign_ins_days,
            "logs.audit_days" => logs.audit_days,
            "desk.escalate_hours" => desk.escalate_hours,
            "desk.forced_hours" => desk.forced_hours,
            "suspicion.new_country" => suspicion.new_country.into(),
            "suspicion.travel" => suspicion.travel.into(),
            "suspicion.travel_kmh" => suspicion.travel_kmh,
            "suspicion.failures" => suspicion.failures.into(),
            "suspicion.failures_in_a_row" => suspicion.failures_in_a_row,
            _ => return None,
        })
    }

    /// Sets the value of this name. Answers false where there is none, or where it cannot be left out; bounds are for [`Policy::check`].
    pub fn set_value(&mut self, field: &str, value: Value) -> bool {
        let Self { password, session, contacts, logs, desk, suspicion } = self;
        match field {
            "password.expiry_days" => password.expiry_days = value,
            "contacts.required_after_days" => contacts.required_after_days = value,
            _ => {
                let Some(value) = value else { return false };
                match field {
                    "password.min_length" => password.min_length = value,
                    "password.blocklist" if value <= 1 => password.blocklist = value == 1,
                    "password.history" => password.history = value,
                    "password.classes" => match u8::try_from(value) {
                        Ok(value) => password.classes = value,
                        Err(_) => return false,
                    },
                    "session.member_absolute_h" => session.member_absolute_h = value,
                    "session.member_idle_min" => session.member_idle_min = value,
                    "session.admin_absolute_h" => session.admin_absolute_h = value,
                    "session.admin_idle_min" => session.admin_idle_min = value,
                    "session.reauth_min" => session.reauth_min = value,
                    "contacts.reconfirm_days" => contacts.reconfirm_days = value,
                    "logs.sign_ins_days" => logs.sign_ins_days = value,
                    "logs.audit_days" => logs.audit_days = value,
                    "desk.escalate_hours" => desk.escalate_hours = value,
                    "desk.forced_hours" => desk.forced_hours = value,
                    "suspicion.new_country" if value <= 1 => suspicion.new_country = value == 1,
                    "suspicion.travel" if value <= 1 => suspicion.travel = value == 1,
                    "suspicion.travel_kmh" => suspicion.travel_kmh = value,
                    "suspicion.failures" if value <= 1 => suspicion.failures = value == 1,
                    "suspicion.failures_in_a_row" => suspicion.failures_in_a_row = value,
                    _ => return false,
                }
            }
        }
        true
    }

    /// The names of the values that are not the same in the other one.
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        FIELDS.into_iter().filter(|field| self.value(field) != other.value(field)).collect()
    }

    /// The names of the values in which `new` protects less than this one. Kinds of signs and expiry protect less by being demanded: the
    /// standards forbid them (NIST SP 800-63B §3.1.1.2).
    pub fn laxer_in(&self, new: &Self) -> Vec<&'static str> {
        let lax = |field: &&'static str| {
            let (before, after) = (self.value(field), new.value(field));
            match *field {
                // Who drops expiry follows the standards; who brings it in, or changes it, does not.
                "password.expiry_days" => after.is_some() && after != before,
                // Put off for ever is laxer than after so many days.
                "contacts.required_after_days" => after.unwrap_or(u32::MAX) > before.unwrap_or(u32::MAX),
                "password.min_length"
                | "password.blocklist"
                | "password.history"
                | "logs.sign_ins_days"
                | "logs.audit_days"
                | "suspicion.new_country"
                | "suspicion.travel"
                | "suspicion.failures" => after < before,
                _ => after > before,
            }
        };
        FIELDS.into_iter().filter(lax).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_name_and_no_other() {
        let json = serde_json::json!(Policy::strict());
        let mut named = 0;
        for field in FIELDS {
            let (table, name) = field.split_once('.').unwrap();
            let value = &json[table][name];
            let plain = value.as_u64().or_else(|| value.as_bool().map(u64::from));
            assert_eq!(plain.and_then(|value| u32::try_from(value).ok()), Policy::strict().value(field), "{field}");
            named += 1;
        }
        let all: usize = json.as_object().unwrap().values().map(|table| table.as_object().unwrap().len()).sum();
        assert_eq!(named, all, "a value without a name would not be shown");
    }

    #[test]
    fn what_is_set_is_what_is_read() {
        let mut policy = Policy::nist();
        for field in FIELDS {
            assert!(policy.set_value(field, Policy::strict().value(field)), "{field}");
        }
        assert_eq!(policy, Policy::strict());
        assert!(!policy.set_value("password.min_length", None) && !policy.set_value("password.classes", Some(300)));
        assert!(!policy.set_value("password.blocklist", Some(2)) && !policy.set_value("password", Some(1)));
        assert_eq!(policy, Policy::strict());
    }

    #[test]
    fn presets_are_within_bounds_and_only_the_contracts_leaves_the_standards() {
        for policy in [Policy::nist(), Policy::contract(), Policy::strict()] {
            assert_eq!(policy.check(), Ok(()));
        }
        assert!(Policy::strict().departures().is_empty() && !Policy::contract().departures().is_empty());
    }

    #[test]
    fn stricter_is_not_laxer() {
        assert!(Policy::nist().laxer_in(&Policy::strict()).is_empty());
        assert_eq!(Policy::nist().laxer_in(&Policy::contract()), ["password.classes", "password.expiry_days"]);
        assert!(Policy::contract().laxer_in(&Policy::nist()).is_empty(), "back to the standards");
        let back = Policy::strict().laxer_in(&Policy::nist());
        assert_eq!(back.len(), Policy::nist().differs(&Policy::strict()).len(), "{back:?}");
        let mut never = Policy::strict();
        never.contacts.required_after_days = None;
        assert_eq!(Policy::strict().laxer_in(&never), ["contacts.required_after_days"]);
    }
}
