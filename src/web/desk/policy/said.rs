//! What a change will do, as sentences.

use crate::flows::desk::effects::{Count, LOOKED_AT, NetworkEffects, PolicyEffects};
use crate::model::{Locale, Networks, Policy};
use crate::wording::text;

/// Which things are counted: key for exactly so many, and for at least so many.
#[derive(Clone, Copy)]
enum Of {
    Members,
    Sessions,
    Lines,
}

fn so_many(locale: Locale, count: Count, of: Of) -> String {
    let key = match (of, count.at_least) {
        (Of::Members, false) => "count-members",
        (Of::Members, true) => "count-members-least",
        (Of::Sessions, false) => "count-sessions",
        (Of::Sessions, true) => "count-sessions-least",
        (Of::Lines, false) => "count-lines",
        (Of::Lines, true) => "count-lines-least",
    };
    text(locale, key, &[("n", &count.n.to_string())])
}

/// Adds a sentence where there is anybody to speak of.
fn tell(into: &mut Vec<String>, locale: Locale, key: &str, count: Count, of: Of) {
    if count.n > 0 {
        into.push(text(locale, key, &[("count", &so_many(locale, count, of))]));
    }
}

/// What another policy does.
pub fn of_policy(locale: Locale, was: &Policy, new: &Policy, found: &PolicyEffects) -> Vec<String> {
    let say = |key| text(locale, key, &[]);
    let mut all = Vec::new();
    tell(&mut all, locale, "policy-does-must-change", found.must_change, Of::Members);
    tell(&mut all, locale, "policy-does-must-change-alone", found.must_change_alone, Of::Members);
    tell(&mut all, locale, "policy-does-sessions", found.sessions, Of::Sessions);
    if found.own_session {
        all.push(say("policy-does-own-session"));
    }
    tell(&mut all, locale, "policy-does-need-contact", found.need_contact, Of::Members);
    tell(&mut all, locale, "policy-does-reconfirm", found.reconfirm, Of::Members);
    tell(&mut all, locale, "policy-does-sign-ins", found.sign_ins, Of::Lines);
    tell(&mut all, locale, "policy-does-audit", found.audit, Of::Lines);
    let new_passwords = ["password.min_length", "password.blocklist", "password.history", "password.classes"];
    let changed = was.differs(new);
    if changed.iter().any(|field| new_passwords.contains(field)) {
        all.push(say("policy-does-new-passwords"));
    }
    let (old, longer) = (&was.session, &new.session);
    if longer.member_absolute_h > old.member_absolute_h || longer.admin_absolute_h > old.admin_absolute_h {
        all.push(say("policy-does-next-session"));
    }
    if changed.contains(&"desk.forced_hours") {
        all.push(say("policy-does-forced"));
    }
    if changed.iter().any(|field| field.starts_with("suspicion.")) {
        all.push(say("policy-does-suspicion"));
    }
    if all.is_empty() && !changed.is_empty() {
        all.push(say("policy-does-nothing-now"));
    }
    if found.must_change.at_least {
        all.push(looked_at(locale));
    }
    all
}

/// What other networks do.
pub fn of_networks(locale: Locale, new: Option<&Networks>, found: &NetworkEffects) -> Vec<String> {
    let say = |key| text(locale, key, &[]);
    if new.is_none() {
        return vec![say("networks-does-open")];
    }
    let mut all = vec![say("networks-does-doors")];
    if found.sessions.n > 0 {
        let values = [
            ("count", so_many(locale, found.sessions, Of::Sessions)),
            ("members", so_many(locale, found.members, Of::Members)),
        ];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.push(text(locale, "networks-does-sessions", &values));
    } else if !found.sessions.at_least {
        all.push(say("networks-does-no-sessions"));
    }
    tell(&mut all, locale, "networks-does-strangers", found.strangers, Of::Members);
    if found.sessions.at_least {
        all.push(looked_at(locale));
    }
    all
}

fn looked_at(locale: Locale) -> String {
    text(locale, "policy-does-looked-at", &[("n", &LOOKED_AT.to_string())])
}
