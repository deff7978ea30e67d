//! The policy at the desk: shown in plain words, changed by a form, and before a change holds a page says what it will do.

mod networks;
mod said;
mod texts;

pub use networks::{get as get_networks, post as post_networks};
pub use texts::{get_contact, get_failure, post_contact, post_failure};

use crate::flows::desk::policy::{self, Set};
use crate::flows::desk::{Seat, effects};
use crate::flows::session::Signed;
use crate::flows::workspaces::{self, WhichText};
use crate::model::policy_change::FIELDS;
use crate::model::{Action, Policy, PolicyTrouble, typed_number};
use crate::web::call::{Answer, Call};
use crate::web::desk::sealed;
use crate::web::failure::Failure;
use crate::web::view::desk::policy::{
    PolicyChange, PolicyPage, PolicyReview, PresetShown, form, groups, label_key, rows, warning_key,
};
use crate::web::view::{Said, Slip, Troubles};
use crate::wording::text;

/// Where the pages stand, behind the workspace's path.
const PATH: &str = "admin/policy";

/// The policy in plain words.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let seat = looks(&call, &signed)?;
    let workspace = policy::look(&call.app, &seat).await?;
    let present = workspaces::policy_of(&workspace)?;
    let page = PolicyPage {
        groups: groups(call.locale(), &present),
        warnings: present.departures().into_iter().map(warning_key).collect(),
        texts: [WhichText::Contact, WhichText::Failure].map(|which| texts::shown(which, &workspace)).into(),
        networks: workspaces::networks_of(&workspace)?.as_ref().map(networks::shown),
        may_networks: seat.may(Action::SetNetworks),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// The form, with the present values or those of a preset.
pub async fn get_change(call: Call, signed: Signed) -> Answer {
    let present = workspaces::policy_of(&policy::look(&call.app, &looks(&call, &signed)?).await?)?;
    let filled = preset(call.query("preset")).unwrap_or_else(|| present.clone());
    change_page(call, &signed, &present, &values(&filled), &[], Troubles::none())
}

/// What would happen; and, said once more, the change.
pub async fn post_change(mut call: Call, signed: Signed) -> Answer {
    let seat = super::seat(&call, &signed, Action::SetPolicy)?;
    let typed: Vec<(&'static str, String)> = FIELDS.map(|field| (field, call.form.text(field).to_owned())).into();
    let was = sealed::try_read::<Policy>(&call, &signed, call.form.text("was"));
    let present = workspaces::policy_of(&policy::look(&call.app, &seat).await?)?;
    // Another administrator was faster, or the form is of another session: both are shown, and nothing that was typed is lost.
    let Some(was) = was.filter(|was| *was == present) else {
        return meanwhile(call, &signed, &present, typed);
    };
    let new = match read(&was, &typed) {
        Ok(new) => new,
        Err(slips) => {
            let mut troubles = Troubles::none();
            for (field, slip) in slips {
                troubles.push(call.locale(), field, slip);
            }
            return change_page(call, &signed, &present, &typed, &[], troubles);
        }
    };
    match call.form.text("step") {
        "edit" => change_page(call, &signed, &present, &typed, &[], Troubles::none()),
        "apply" => match policy::set_policy(&call.app, &seat, &was, &new).await? {
            Set::Done => {
                call.say_next(Said::PolicyChanged);
                call.go(&format!("/w/{}/{PATH}", signed.slug))
            }
            Set::Meanwhile(present) => meanwhile(call, &signed, &present, typed),
            Set::ForOwners(_) => review(call, &signed, &was, &new).await,
            Set::Ended | Set::ShutsOneselfOut => Err(Failure::FormExpired),
        },
        _ => review(call, &signed, &was, &new).await,
    }
}

async fn review(mut call: Call, signed: &Signed, was: &Policy, new: &Policy) -> Answer {
    let locale = call.locale();
    let seat = super::seat(&call, signed, Action::SetPolicy)?;
    let laxer = was.laxer_in(new);
    let for_owners = if seat.may(Action::WeakenPolicy) { Vec::new() } else { laxer };
    let found = effects::of_policy(&call.app, &seat, was, new).await?;
    let page = PolicyReview {
        rows: rows(locale, was.differs(new), was, new),
        effects: said::of_policy(locale, was, new, &found),
        warnings: new.departures().into_iter().map(warning_key).collect(),
        for_owners: for_owners.into_iter().map(|field| text(locale, label_key(field), &[])).collect(),
        fields: carried(&call, &[&FIELDS[..], &["was"]].concat()),
        page: call.frame_at_desk(signed),
    };
    call.page(&page)
}

/// What was typed upon `was` is put upon what holds now: a value that was left as it was becomes the present one.
fn meanwhile(call: Call, signed: &Signed, present: &Policy, mut typed: Vec<(&'static str, String)>) -> Answer {
    let was = sealed::try_read::<Policy>(&call, signed, call.form.text("was"));
    let others = was.as_ref().map(|was| was.differs(present)).unwrap_or_default();
    if let Some(was) = &was {
        for (field, value) in &mut typed {
            if *value == written(was, field) {
                *value = written(present, field);
            }
        }
    }
    let news = rows(call.locale(), others, was.as_ref().unwrap_or(present), present);
    let troubles = Troubles::one(call.locale(), "", Slip::Meanwhile);
    change_page(call, signed, present, &typed, &news, troubles)
}

fn change_page(
    mut call: Call,
    signed: &Signed,
    present: &Policy,
    typed: &[(&'static str, String)],
    meanwhile: &[crate::web::view::desk::policy::PolicyRow],
    troubles: Troubles,
) -> Answer {
    let value = |name: &str| typed.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value).to_owned();
    let any = troubles.any();
    let page = PolicyChange {
        presets: PRESETS
            .map(|(word, key, about)| PresetShown { word, key, about, chosen: call.query("preset") == word })
            .into(),
        groups: form(call.locale(), value),
        meanwhile: meanwhile.to_vec(),
        was: sealed::seal(&call, signed, present),
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

const PRESETS: [(&str, &str, &str); 3] = [
    ("nist", "policy-preset-nist", "policy-preset-nist-about"),
    ("contract", "policy-preset-contract", "policy-preset-contract-about"),
    ("strict", "policy-preset-strict", "policy-preset-strict-about"),
];

fn preset(word: &str) -> Option<Policy> {
    match word {
        "nist" => Some(Policy::nist()),
        "contract" => Some(Policy::contract()),
        "strict" => Some(Policy::strict()),
        _ => None,
    }
}

/// A value as the form has it: empty where it is left out.
fn written(policy: &Policy, field: &str) -> String {
    policy.value(field).map_or_else(String::new, |value| value.to_string())
}

fn values(policy: &Policy) -> Vec<(&'static str, String)> {
    FIELDS.map(|field| (field, written(policy, field))).into()
}

/// The policy that was typed, or what to mend.
fn read(was: &Policy, typed: &[(&'static str, String)]) -> Result<Policy, Vec<(&'static str, Slip)>> {
    let mut new = was.clone();
    let mut slips = Vec::new();
    let range = |field| Policy::range(field).unwrap_or((0, 1));
    for (field, typed) in typed {
        let value = match typed_number(typed) {
            Some(value) => Some(value),
            None if typed.trim().is_empty() => None,
            // What is no number is out of bounds.
            None => Some(u32::MAX),
        };
        if !new.set_value(field, value) || value == Some(u32::MAX) {
            let (min, max) = range(field);
            slips.push((*field, Slip::OutOfRange(min, max)));
        }
    }
    if !slips.is_empty() {
        return Err(slips);
    }
    let Err(troubles) = new.check() else { return Ok(new) };
    let slip = |trouble| match trouble {
        PolicyTrouble::OutOfRange { field, min, max } => (field, Slip::OutOfRange(min, max)),
        PolicyTrouble::ExpiryDays => ("password.expiry_days", Slip::ExpiryDays),
        PolicyTrouble::IdleLongerThanSession { field } => (field, Slip::IdleLonger),
    };
    Err(troubles.into_iter().map(slip).collect())
}

/// The fields of the form with these names, as they came.
fn carried(call: &Call, names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), call.form.text(name).to_owned())).collect()
}

/// The seat for a page of whoever may see the policy.
fn looks<'a>(call: &'a Call, signed: &'a Signed) -> Result<Seat<'a>, Failure> {
    super::seat(call, signed, Action::SeePolicy)
}
