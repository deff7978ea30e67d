//! A member's devices as services that manage them know them: naming one, taking it out, having it wiped.

use super::management::is_guid;
use super::member;
use crate::flows::desk::roster::One;
use crate::flows::management::{self, Added};
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, DeviceName, WipeWay, WipeWhat, device};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::management::{DeskManaged, DeskManagedWipe, ManagedShown, way_key};
use crate::web::view::{Said, Slip, Troubles};

/// Signs of an id at most, where the service is any program.
const MOST_ID: usize = 128;

fn path(signed: &Signed, id: &MemberId) -> String {
    format!("/w/{}/admin/members/{id}/managed", signed.slug)
}

fn ids(call: &Call) -> (MemberId, String) {
    let param = |name| call.param(name).unwrap_or_default().to_owned();
    (MemberId(param("id")), param("managed"))
}

async fn list(call: &Call, signed: &Signed, one: &One) -> Result<Vec<ManagedShown>, Failure> {
    let seat = super::seat(call, signed, Action::SeeMembers)?;
    let list = management::of_member(&call.app, &seat, &one.member.id).await?;
    Ok(list.iter().map(|shown| ManagedShown::of(call.locale(), shown)).collect())
}

/// The page.
pub async fn get(call: Call, signed: Signed) -> Answer {
    show(call, &signed, Troubles::none()).await
}

async fn show(mut call: Call, signed: &Signed, troubles: Troubles) -> Answer {
    let one = member::find(&call, signed).await?;
    let list = list(&call, signed, &one).await?;
    let (reached, may_set) = {
        let seat = super::seat(&call, signed, Action::SeeMembers)?;
        (management::ways(&call.app, &seat).await?, seat.may(Action::SetManagement))
    };
    let any = troubles.any();
    let text = |name: &str| if any { call.form.text(name).to_owned() } else { String::new() };
    let (device, device_name, chosen) = (text("device"), text("name"), text("way"));
    let first = reached.first().copied();
    let ways = reached.iter().map(|&way| {
        let is_chosen = if chosen.is_empty() { first == Some(way) } else { chosen == way.as_str() };
        (way.as_str(), way_key(way), is_chosen)
    });
    let (name, login) = member::heading(signed, &one);
    let page = DeskManaged {
        ways: ways.collect(),
        id: one.member.id.to_string(),
        name,
        login,
        list,
        keeps: one.below,
        may_set,
        device,
        device_name,
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Names one.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let (member, _) = ids(&call);
    let locale = call.locale();
    let way = match call.form.text("way") {
        "webhook" => WipeWay::Webhook,
        "graph" => WipeWay::Graph,
        _ => return show(call, &signed, Troubles::one(locale, "way", Slip::NothingChosen)).await,
    };
    let device = call.form.text("device").trim().to_owned();
    // Intune's ids are the same in small letters; another program's are as it writes them.
    let is_intune = way == WipeWay::Graph;
    let device = if is_intune { device.to_ascii_lowercase() } else { device };
    let is_id = (1..=MOST_ID).contains(&device.len()) && device.bytes().all(|b| b.is_ascii_graphic());
    if !is_id || (is_intune && !is_guid(&device)) {
        let slip = if is_intune { Slip::GuidForm } else { Slip::ManagedIdForm };
        return show(call, &signed, Troubles::one(locale, "device", slip)).await;
    }
    let name = match DeviceName::parse(call.form.text("name")) {
        Ok(name) => name,
        Err(trouble) => {
            let slip = Slip::of_text(trouble, device::MOST_LETTERS);
            return show(call, &signed, Troubles::one(locale, "name", slip)).await;
        }
    };
    let added = {
        let seat = super::seat(&call, &signed, Action::KeepAgents)?;
        management::add(&call.app, &seat, &member, (way, &device, name.as_ref())).await?
    };
    let slip = match added {
        Err(refusal) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            return call.go(&path(&signed, &member));
        }
        Ok(Added::Done) => {
            call.say_next(Said::ManagedAdded);
            return call.go(&path(&signed, &member));
        }
        Ok(Added::Unlisted) => Slip::ManagedUnlisted,
        Ok(Added::Unreachable(why)) => Slip::ManagedUnreachable(why),
        Ok(Added::NotSetUp) => Slip::ManagedNotSetUp,
        Ok(Added::Taken) => Slip::ManagedTaken,
        Ok(Added::Many) => Slip::ManagedMany,
    };
    show(call, &signed, Troubles::one(locale, "device", slip)).await
}

/// Takes one out.
pub async fn post_remove(mut call: Call, signed: Signed) -> Answer {
    let (member, id) = ids(&call);
    let seat = super::seat(&call, &signed, Action::KeepAgents)?;
    let said = match management::remove(&call.app, &seat, &member, &id).await? {
        Ok(()) => Said::AgentEnded,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, &member))
}

/// Before the service is told.
pub async fn get_wipe(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let (_, id) = ids(&call);
    let device = list(&call, &signed, &one).await?.into_iter().find(|it| it.id == id).ok_or(Failure::NotFound)?;
    let (name, login) = member::heading(&signed, &one);
    let page =
        DeskManagedWipe { id: one.member.id.to_string(), name, login, device, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Tells it.
pub async fn post_wipe(mut call: Call, signed: Signed) -> Answer {
    let (member, id) = ids(&call);
    let Some(what) = WipeWhat::parse(call.form.text("what")) else { return get_wipe(call, signed).await };
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match management::ask(&call.app, &seat, &member, &id, what).await? {
        Ok(()) => Said::ManagedWipeAsked,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    // From the case, or from the list.
    match call.form.text("from") {
        "lost" => call.go(&format!("/w/{}/admin/members/{member}/lost", signed.slug)),
        _ => call.go(&path(&signed, &member)),
    }
}
