//! What the desk shows of the policy: its values in plain words, the form to change them, what a change would do; and the same for the workplace's
//! own texts and the networks that people may come from.

use askama::Template;

use super::super::{Frame, Troubles};
use crate::model::policy::Departure;
use crate::model::policy_change::{FIELDS, Value};
use crate::model::{Locale, Policy};
use crate::wording::text;

/// Values that belong together: key of their name, and the beginning of theirs.
const GROUPS: [(&str, &[&str]); 6] = [
    ("policy-group-password", &["password."]),
    ("policy-group-session", &["session."]),
    ("policy-group-contacts", &["contacts."]),
    ("policy-group-logs", &["logs."]),
    ("policy-group-desk", &["desk."]),
    ("policy-group-suspicion", &["suspicion."]),
];

/// Key of a value's name.
pub fn label_key(field: &str) -> &'static str {
    match field {
        "password.min_length" => "policy-min-length",
        "password.blocklist" => "policy-blocklist",
        "password.history" => "policy-history",
        "password.classes" => "policy-classes",
        "password.expiry_days" => "policy-expiry",
        "session.member_absolute_h" => "policy-member-absolute",
        "session.member_idle_min" => "policy-member-idle",
        "session.admin_absolute_h" => "policy-admin-absolute",
        "session.admin_idle_min" => "policy-admin-idle",
        "session.reauth_min" => "policy-reauth",
        "contacts.reconfirm_days" => "policy-reconfirm",
        "contacts.required_after_days" => "policy-required",
        "logs.sign_ins_days" => "policy-sign-ins",
        "logs.audit_days" => "policy-audit",
        "desk.forced_hours" => "policy-forced",
        "suspicion.new_country" => "policy-new-country",
        "suspicion.travel" => "policy-travel",
        "suspicion.travel_kmh" => "policy-travel-kmh",
        "suspicion.failures" => "policy-failures",
        "suspicion.failures_in_a_row" => "policy-failures-in-a-row",
        _ => "policy-escalate",
    }
}

/// Key of what is said beside it in the form.
fn hint_key(field: &str) -> &'static str {
    match field {
        "password.min_length" => "policy-min-length-hint",
        "password.blocklist" => "policy-blocklist-hint",
        "password.history" => "policy-history-hint",
        "password.classes" => "policy-classes-hint",
        "password.expiry_days" => "policy-expiry-hint",
        "session.member_absolute_h" => "policy-member-absolute-hint",
        "session.member_idle_min" => "policy-member-idle-hint",
        "session.admin_absolute_h" => "policy-admin-absolute-hint",
        "session.admin_idle_min" => "policy-admin-idle-hint",
        "session.reauth_min" => "policy-reauth-hint",
        "contacts.reconfirm_days" => "policy-reconfirm-hint",
        "contacts.required_after_days" => "policy-required-hint",
        "logs.sign_ins_days" => "policy-sign-ins-hint",
        "logs.audit_days" => "policy-audit-hint",
        "desk.forced_hours" => "policy-forced-hint",
        "suspicion.new_country" => "policy-new-country-hint",
        "suspicion.travel" => "policy-travel-hint",
        "suspicion.travel_kmh" => "policy-travel-kmh-hint",
        "suspicion.failures" => "policy-failures-hint",
        "suspicion.failures_in_a_row" => "policy-failures-in-a-row-hint",
        _ => "policy-escalate-hint",
    }
}

/// A value as a person says it.
pub fn words(locale: Locale, field: &str, value: Value) -> String {
    let with = |key| text(locale, key, &[("n", &value.unwrap_or(0).to_string())]);
    match (field, value) {
        ("contacts.required_after_days", None) => with("policy-required-never"),
        ("contacts.required_after_days", Some(0)) => with("policy-required-at-once"),
        ("password.blocklist", Some(0)) => with("policy-blocklist-off"),
        ("password.blocklist", _) => with("policy-blocklist-on"),
        ("password.history" | "password.classes", Some(0)) | ("password.expiry_days", None) => with("policy-none"),
        ("suspicion.new_country" | "suspicion.travel" | "suspicion.failures", Some(0)) => with("policy-rule-off"),
        ("suspicion.new_country" | "suspicion.travel" | "suspicion.failures", _) => with("policy-rule-on"),
        ("suspicion.travel_kmh", _) => with("policy-kmh"),
        ("suspicion.failures_in_a_row", _) => with("policy-times"),
        ("password.min_length", _) => with("policy-letters"),
        ("password.history", _) => with("policy-last-n"),
        ("password.classes", _) => with("policy-kinds"),
        (field, _) if field.ends_with("_h") || field.ends_with("_hours") => with("policy-hours"),
        (field, _) if field.ends_with("_min") => with("policy-minutes"),
        _ => with("policy-days"),
    }
}

/// Key of the warning about a departure from the standards.
pub const fn warning_key(departure: Departure) -> &'static str {
    match departure {
        Departure::ShortPasswords => "policy-warns-short",
        Departure::Classes => "policy-warns-classes",
        Departure::Expiry => "policy-warns-expiry",
        Departure::NoBlocklist => "policy-warns-blocklist",
        Departure::LongSessions => "policy-warns-sessions",
    }
}

/// A value, and where it changes what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its name.
    pub label: String,
    /// As it is.
    pub now: String,
    /// As it would be.
    pub then: String,
}

/// Some values under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyGroup {
    /// The name.
    pub name: String,
    /// The values.
    pub rows: Vec<PolicyRow>,
}

/// The policy in plain words.
pub fn groups(locale: Locale, policy: &Policy) -> Vec<PolicyGroup> {
    let group = |(key, begins): (&str, &[&str])| PolicyGroup {
        name: text(locale, key, &[]),
        rows: rows(locale, fields_of(begins), policy, policy),
    };
    GROUPS.into_iter().map(group).collect()
}

fn fields_of(begins: &[&str]) -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().filter(move |field| begins.iter().any(|begin| field.starts_with(begin)))
}

/// These values before and after.
pub fn rows(
    locale: Locale,
    fields: impl IntoIterator<Item = &'static str>,
    before: &Policy,
    after: &Policy,
) -> Vec<PolicyRow> {
    let row = |field| PolicyRow {
        label: text(locale, label_key(field), &[]),
        now: words(locale, field, before.value(field)),
        then: words(locale, field, after.value(field)),
    };
    fields.into_iter().map(row).collect()
}

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyField {
    /// As the form sends it.
    pub name: &'static str,
    /// Its name for people.
    pub label: String,
    /// What is said beside it.
    pub hint: String,
    /// As typed.
    pub value: String,
    /// What can be chosen, with its words; empty where a number is typed.
    pub choices: Vec<(String, String)>,
}

/// Fields under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldGroup {
    /// The name.
    pub name: String,
    /// The fields.
    pub fields: Vec<PolicyField>,
}

/// The form, filled in with what `typed` answers for a field's name.
pub fn form(locale: Locale, typed: impl Fn(&str) -> String) -> Vec<FieldGroup> {
    let field = |name: &'static str| {
        let (min, max) = Policy::range(name).unwrap_or((0, 0));
        let choices: Vec<Value> = match name {
            "password.blocklist" | "suspicion.new_country" | "suspicion.travel" | "suspicion.failures" => {
                vec![Some(1), Some(0)]
            }
            "password.classes" => vec![Some(0), Some(2), Some(3), Some(4)],
            "password.expiry_days" => vec![None, Some(365), Some(180), Some(90)],
            _ => Vec::new(),
        };
        let choice = |value: &Value| (value.map_or_else(String::new, |n| n.to_string()), words(locale, name, *value));
        PolicyField {
            name,
            label: text(locale, label_key(name), &[]),
            hint: text(locale, hint_key(name), &[("min", &min.to_string()), ("max", &max.to_string())]),
            value: typed(name),
            choices: choices.iter().map(choice).collect(),
        }
    };
    let group = |(key, begins): (&str, &[&str])| FieldGroup {
        name: text(locale, key, &[]),
        fields: fields_of(begins).map(field).collect(),
    };
    GROUPS.into_iter().map(group).collect()
}

/// One of the workplace's own texts, as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextShown {
    /// Where it is changed, behind `admin/policy/`.
    pub path: &'static str,
    /// Key of its name.
    pub key: &'static str,
    /// In Japanese.
    pub ja: Option<String>,
    /// In English.
    pub en: Option<String>,
}

/// The networks, as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworksShown {
    /// Whether only the desk is bound.
    pub only_desk: bool,
    /// Each.
    pub from: Vec<String>,
}

/// The networks that hold since somebody else was faster; none: from everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meanwhile(pub Option<NetworksShown>);

/// GET `/w/{slug}/admin/policy`
#[derive(Debug, Template)]
#[template(path = "pages/desk/policy.html")]
pub struct PolicyPage {
    /// The frame.
    pub page: Frame,
    /// The values.
    pub groups: Vec<PolicyGroup>,
    /// Where it leaves the standards.
    pub warnings: Vec<&'static str>,
    /// The texts.
    pub texts: Vec<TextShown>,
    /// The networks; none: from everywhere.
    pub networks: Option<NetworksShown>,
    /// Whether the person may say which.
    pub may_networks: bool,
}

/// A set of values to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetShown {
    /// Its word in the address.
    pub word: &'static str,
    /// Key of its name.
    pub key: &'static str,
    /// Key of what it is for.
    pub about: &'static str,
    /// Whether the form holds it.
    pub chosen: bool,
}

/// GET and POST `/w/{slug}/admin/policy/change`: a field for each value, `was`, `step`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/policy_change.html")]
pub struct PolicyChange {
    /// The frame.
    pub page: Frame,
    /// The sets.
    pub presets: Vec<PresetShown>,
    /// The fields.
    pub groups: Vec<FieldGroup>,
    /// What somebody else changed meanwhile.
    pub meanwhile: Vec<PolicyRow>,
    /// What the form was made upon, sealed.
    pub was: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// The answer to POST `/w/{slug}/admin/policy/change`: what would happen.
#[derive(Debug, Template)]
#[template(path = "pages/desk/policy_review.html")]
pub struct PolicyReview {
    /// The frame.
    pub page: Frame,
    /// What changes.
    pub rows: Vec<PolicyRow>,
    /// What that does.
    pub effects: Vec<String>,
    /// Where it leaves the standards.
    pub warnings: Vec<&'static str>,
    /// Names of the values in which it protects less, where that is not for the person.
    pub for_owners: Vec<String>,
    /// The form, to go on with.
    pub fields: Vec<(String, String)>,
}

/// GET and POST `/w/{slug}/admin/policy/contact-text` and `failure-text`: `ja`, `en`, `was`, `step`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/own_text.html")]
pub struct OwnTextPage {
    /// The frame; `page.here` is where the form goes.
    pub page: Frame,
    /// Whether it is the text after a failed sign-in.
    pub is_failure: bool,
    /// As typed in Japanese.
    pub ja: String,
    /// As typed in English.
    pub en: String,
    /// What holds since somebody else was faster.
    pub meanwhile: Option<[Option<String>; 2]>,
    /// What the form was made upon, sealed.
    pub was: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// How a text will look.
#[derive(Debug, Template)]
#[template(path = "pages/desk/own_text_preview.html")]
pub struct OwnTextPreview {
    /// The frame; `page.here` is where the form goes.
    pub page: Frame,
    /// Whether it is the text after a failed sign-in.
    pub is_failure: bool,
    /// What is shown to those who read Japanese.
    pub ja: Option<String>,
    /// What is shown to those who read English.
    pub en: Option<String>,
    /// The form, to go on with.
    pub fields: Vec<(String, String)>,
}

/// GET and POST `/w/{slug}/admin/policy/networks`: `who`, `from`, `was`, `step`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/networks.html")]
pub struct NetworksPage {
    /// The frame.
    pub page: Frame,
    /// `everywhere`, `all` or `desk`, as chosen.
    pub who: String,
    /// As typed.
    pub from: String,
    /// The address that the form comes from, as the server sees it.
    pub address: String,
    /// What holds since somebody else was faster.
    pub meanwhile: Option<Meanwhile>,
    /// What the form was made upon, sealed.
    pub was: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// The answer to POST `/w/{slug}/admin/policy/networks`: what would happen.
#[derive(Debug, Template)]
#[template(path = "pages/desk/networks_review.html")]
pub struct NetworksReview {
    /// The frame.
    pub page: Frame,
    /// What would hold; none: from everywhere.
    pub networks: Option<NetworksShown>,
    /// What that does.
    pub effects: Vec<String>,
    /// The form, to go on with.
    pub fields: Vec<(String, String)>,
}
