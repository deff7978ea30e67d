//! One's own devices: what they are called, what is signed in there, and its end.

use super::own;
use crate::flows::devices::{self, Shown};
use crate::flows::session::Signed;
use crate::model::id::DeviceId;
use crate::model::{DeviceName, Locale, device};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{DeviceNamePage, DeviceShown, Devices, Said, Slip, Troubles, moment};
use crate::wording::agent;

/// A device in words; `this` is the one on which it is read.
pub fn shown(locale: Locale, shown: &Shown, this: Option<&DeviceId>) -> DeviceShown {
    let device = &shown.device;
    let kind = agent::in_words(locale, &device.agent);
    let (name, kind) = match &device.name {
        Some(name) => (name.clone(), Some(kind)),
        None => (kind, None),
    };
    DeviceShown {
        id: device.device_id.to_string(),
        name,
        kind,
        place: place(locale, shown),
        first: moment(locale, device.first_at),
        seen: moment(locale, shown.seen_at()),
        is_in: !shown.sessions.is_empty(),
        this: this == Some(&device.device_id),
    }
}

/// Where a device was used last: the place as far as it is known, and the network as people know it (of a single address, the address).
fn place(locale: Locale, shown: &Shown) -> String {
    let network = shown.device.network.strip_suffix("/32").unwrap_or(&shown.device.network);
    match &shown.place {
        Some(place) => format!("{}　{network}", place.in_words(locale)),
        None => network.to_owned(),
    }
}

/// All of them, this one first.
pub async fn list(call: &Call, signed: &Signed) -> Result<Vec<DeviceShown>, Failure> {
    let rows = devices::list(&call.app, signed, call.visitor.now).await?;
    let mut list: Vec<_> = rows.iter().map(|row| shown(call.locale(), row, signed.device.as_ref())).collect();
    list.sort_by_key(|device| !device.this);
    Ok(list)
}

fn path(signed: &Signed) -> String {
    format!("/w/{}/me/devices", signed.slug)
}

fn id(call: &Call) -> DeviceId {
    DeviceId(call.param("id").unwrap_or_default().to_owned())
}

/// The page.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let list = list(&call, &signed).await?;
    let page = call.frame_for(&signed);
    call.page(&Devices { page, list })
}

/// Signs one out.
pub async fn post_sign_out(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    if !devices::sign_out(&call.app, &signed, &id(&call), &call.visitor).await? {
        return Err(Failure::NotFound);
    }
    call.say_next(Said::SessionEnded);
    call.go(&path(&signed))
}

/// Signs all others out.
pub async fn post_sign_out_others(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    devices::sign_out_others(&call.app, &signed, &call.visitor).await?;
    call.say_next(Said::SessionsEnded);
    call.go(&path(&signed))
}

/// What it is called.
pub async fn get_name(call: Call) -> Answer {
    name_page(call, None).await
}

/// Calls it something else, or nothing any more.
pub async fn post_name(call: Call) -> Answer {
    let name = match DeviceName::parse(call.form.text("name")) {
        Ok(name) => name,
        Err(trouble) => return name_page(call, Some(Slip::of_text(trouble, device::MOST_LETTERS))).await,
    };
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    if !devices::rename(&call.app, &signed, &id(&call), name.as_ref(), &call.visitor).await? {
        return Err(Failure::NotFound);
    }
    call.say_next(Said::DeviceNamed);
    call.go(&path(&signed))
}

async fn name_page(call: Call, slip: Option<Slip>) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call).to_string();
    let device = list(&call, &signed).await?.into_iter().find(|device| device.id == id).ok_or(Failure::NotFound)?;
    let named = if device.kind.is_some() { device.name.clone() } else { String::new() };
    let page = DeviceNamePage {
        value: if slip.is_some() { call.form.text("name").to_owned() } else { named },
        device,
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "name", slip)),
        page: call.frame_for(&signed),
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}
