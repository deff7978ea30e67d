//! A device of one's own is lost: the report, the case, and the way back when it was found.

use super::{devices, own, removal};
use crate::flows::contacts::{self, Own};
use crate::flows::devices::Shown;
use crate::flows::incidents::{self, Back, Case, Found, Report, Reported};
use crate::flows::session::Signed;
use crate::flows::wipes::{self, Asked, Wipe};
use crate::flows::{agents, devices as known, history, management};
use crate::model::id::{ContactId, DeviceId};
use crate::model::{ContactKind, IncidentKind, IncidentThing, Locale, Timestamp, WipeState};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::view::{
    CaseShown, ChangeShown, ContactShown, Loss, LossBack, LossChoice, LossForm, LossStays, Lost, Said, Slip,
    ThingShown, Troubles, WipeShown, moment,
};
use crate::wording;

/// This page, before it is known who is signed in.
fn place(call: &Call) -> String {
    format!("/w/{}/me/lost", call.param("slug").unwrap_or_default())
}

/// The case while there is one, else the report; the report with `?more=1`, too.
pub async fn get(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let Some(case) = incidents::own(&call.app, &signed).await?.filter(|_| call.query("more").is_empty()) else {
        let all = All::of(&call, &signed).await?;
        return lost_page(call, &signed, all.form(&Form::default(), signed.device.as_ref()), None, Troubles::none());
    };
    let all = All::of(&call, &signed).await?;
    let way_back = match incidents::way_back(&call.app, &signed, &case).await? {
        Back::Nothing => LossBack::Nothing,
        Back::Proved => LossBack::Open,
        Back::Prove(ids) => LossBack::Prove(all.shown(&ids, call.locale(), call.visitor.now)),
    };
    let names = all.names(call.locale());
    let page = Loss {
        case: case_shown(call.locale(), &case, &names, signed.password_set_at),
        back: way_back,
        contact_text: signed.contact_text(call.locale()).map(str::to_owned),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}

/// Reports.
pub async fn post(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let all = All::of(&call, &signed).await?;
    let form = all.form(&call.form, signed.device.as_ref());
    let Some(report) = report_of(&form) else {
        // Pressed twice, it is done, and what was ticked is no choice any more.
        if has_ticks(&call.form) && incidents::own(&call.app, &signed).await?.is_some() {
            return call.go(&back);
        }
        let troubles = Troubles::one(call.locale(), "devices", Slip::NothingChosen);
        return lost_page(call, &signed, form, None, troubles);
    };
    let hold = call.form.text("if_unproved") == "hold";
    match incidents::report(&call.app, &signed, &report, hold, &call.visitor).await? {
        Reported::Done => call.say_next(Said::LossReported),
        Reported::Held => return removal::held(call, &signed),
        Reported::AfterRecovery { until, provers } => {
            let stays = LossStays {
                until: moment(call.locale(), until),
                provers: all.shown(&provers, call.locale(), call.visitor.now),
                contact_text: signed.contact_text(call.locale()).map(str::to_owned),
            };
            return lost_page(call, &signed, form, Some(stays), Troubles::none());
        }
        Reported::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
        Reported::ThisDevice | Reported::NoSuch => return Err(Failure::NotFound),
    }
    call.go(&back)
}

/// It was found.
pub async fn post_found(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match incidents::found(&call.app, &signed, &call.visitor).await? {
        Found::Done => call.say_next(Said::LossUndone),
        Found::Prove => return call.go(&back),
        Found::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
        Found::NothingLost => call.say_next(Said::NothingToDo),
    }
    call.go(&format!("/w/{}/me/devices", signed.slug))
}

/// All is done, and it was not found.
pub async fn post_close(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match incidents::close(&call.app, &signed, &call.visitor).await? {
        Found::Done => call.say_next(Said::LossClosed),
        Found::Prove => {}
        Found::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
        Found::NothingLost => call.say_next(Said::NothingToDo),
    }
    call.go(&back)
}

/// A lost device is to give up what it holds.
pub async fn post_wipe(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let device = DeviceId(call.form.text("device").to_owned());
    call.say_next(match wipes::ask_own(&call.app, &signed, &device, &call.visitor).await? {
        Asked::Done => Said::WipeAsked,
        Asked::Spent => Said::TooSoon,
        Asked::NotLost => Said::NothingToDo,
        Asked::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
    });
    call.go(&back)
}

fn lost_page(mut call: Call, signed: &Signed, form: LossForm, stays: Option<LossStays>, troubles: Troubles) -> Answer {
    let is_wrong = troubles.any();
    let page = Lost { form, stays, troubles, page: call.frame_for(signed) };
    if is_wrong { call.mend(&page) } else { call.page(&page) }
}

/// One's programs, devices and contacts.
struct All {
    agents: Vec<agents::Shown>,
    managed: Vec<management::Shown>,
    devices: Vec<Shown>,
    contacts: Vec<Own>,
    locale: Locale,
}

impl All {
    async fn of(call: &Call, signed: &Signed) -> Result<Self, Failure> {
        Ok(Self {
            agents: agents::own(&call.app, signed).await?,
            managed: management::own(&call.app, signed).await?,
            devices: known::list(&call.app, signed, call.visitor.now).await?,
            contacts: contacts::list(&call.app, signed).await?,
            locale: call.locale(),
        })
    }

    fn form(&self, typed: &Form, this: Option<&DeviceId>) -> LossForm {
        let contacts = self.contacts.iter().filter(|contact| !contact.lost);
        let contacts = contacts.map(|contact| (&contact.id, contact.kind, contact.shown.clone()));
        form_of(self.locale, typed, (&self.devices, this), contacts)
    }

    fn shown(&self, ids: &[ContactId], locale: Locale, now: Timestamp) -> Vec<ContactShown> {
        let among = self.contacts.iter().filter(|contact| ids.contains(&contact.id));
        among.map(|contact| own::shown(locale, contact, now)).collect()
    }

    fn names(&self, locale: Locale) -> Vec<(String, String)> {
        let contacts = self.contacts.iter().map(|contact| (contact.id.to_string(), contact.shown.clone()));
        let agents = self.agents.iter().map(agents::Shown::name);
        let managed = self.managed.iter().map(management::Shown::name);
        names_of(locale, &self.devices).into_iter().chain(contacts).chain(agents).chain(managed).collect()
    }
}

/// The form, as it was typed; before that, with the numbers ticked, which go where a telephone goes.
pub fn form_of<'a>(
    locale: Locale,
    typed: &Form,
    (all, this): (&[Shown], Option<&DeviceId>),
    contacts: impl Iterator<Item = (&'a ContactId, ContactKind, String)>,
) -> LossForm {
    let is_typed = typed.has("kind");
    let lost = |shown: &&Shown| this != Some(&shown.device.device_id) && shown.device.lost_in.is_none();
    let devices = all.iter().filter(lost).map(|shown| {
        let device = devices::shown(locale, shown, this);
        let field = format!("device_{}", device.id);
        let note = format!("{}　{}", device.seen, device.place);
        LossChoice { chosen: typed.text(&field) == "on", note: Some(note), name: device.name, field }
    });
    let contacts = contacts.map(|(id, kind, name)| {
        let field = format!("contact_{id}");
        let chosen = if is_typed { typed.text(&field) == "on" } else { kind == ContactKind::Mobile };
        LossChoice { chosen, note: None, name, field }
    });
    LossForm {
        kind: IncidentKind::parse(typed.text("kind")).unwrap_or(IncidentKind::Lost),
        devices: devices.collect(),
        contacts: contacts.collect(),
        contacts_shut: false,
    }
}

/// What is ticked; none where nothing is.
pub fn report_of(form: &LossForm) -> Option<Report> {
    let ticked = |choices: &[LossChoice], prefix: &str| -> Vec<String> {
        let chosen = choices.iter().filter(|choice| choice.chosen);
        chosen.filter_map(|choice| choice.field.strip_prefix(prefix).map(str::to_owned)).collect()
    };
    let report = Report {
        kind: form.kind,
        devices: ticked(&form.devices, "device_").into_iter().map(DeviceId).collect(),
        contacts: ticked(&form.contacts, "contact_").into_iter().map(ContactId).collect(),
    };
    (!report.devices.is_empty() || !report.contacts.is_empty()).then_some(report)
}

/// Whether anything was ticked, be it a choice or not.
pub fn has_ticks(typed: &Form) -> bool {
    typed.fields().any(|(name, value)| value == "on" && (name.starts_with("device_") || name.starts_with("contact_")))
}

/// What the devices are called, by their ids.
pub fn names_of(locale: Locale, all: &[Shown]) -> Vec<(String, String)> {
    all.iter().map(|shown| devices::shown(locale, shown, None)).map(|device| (device.id, device.name)).collect()
}

/// A case in words.
pub fn case_shown(
    locale: Locale,
    case: &Case,
    names: &[(String, String)],
    password_set_at: Option<Timestamp>,
) -> CaseShown {
    let incident = &case.incident;
    let name = |id: &str| names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
    let things = case.things.iter().map(|thing| {
        let of = thing.device_id.as_deref().filter(|_| thing.kind == IncidentThing::Session);
        ThingShown {
            kind: thing.kind,
            name: name(of.unwrap_or(&thing.thing_id)).unwrap_or_else(|| "-".to_owned()),
            told: moment(locale, thing.told_at),
            refused: thing.confirmed_at.map(|at| moment(locale, at)),
            undone: thing.undone_at.map(|at| moment(locale, at)),
            wipe: (thing.kind == IncidentThing::Device && thing.undone_at.is_none())
                .then(|| thing.thing_id.clone())
                .filter(|id| !case.wipes.iter().any(|wipe| is_under_way(wipe, id))),
        }
    });
    let wipes = case.wipes.iter();
    let wipes = wipes.map(|wipe| WipeShown::of(locale, wipe, name(&wipe.target).unwrap_or_else(|| "-".to_owned())));
    let deeds = case.deeds.iter().map(|line| ChangeShown {
        at: moment(locale, line.at),
        text: wording::text(locale, history::deed(&line.action).key(), &[]),
    });
    CaseShown {
        opened: moment(locale, incident.opened_at),
        kind: incident.kind,
        by_desk: incident.opened_by != incident.member_id,
        is_open: incident.ended_at.is_none(),
        things: things.collect(),
        wipes: wipes.collect(),
        deeds: deeds.collect(),
        password_at: password_set_at.filter(|at| *at > incident.opened_at).map(|at| moment(locale, at)),
    }
}

/// Whether this device was told and has not failed, so that telling it once more is of no use.
fn is_under_way(wipe: &Wipe, device: &str) -> bool {
    wipe.target == device && (!wipe.state.is_over() || wipe.state == WipeState::Confirmed)
}
