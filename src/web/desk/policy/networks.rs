//! From which networks people may sign in. The page says from where the form comes, as the server sees it, since a list without that place is refused.

use crate::flows::desk::effects;
use crate::flows::desk::policy::{self, Set};
use crate::flows::session::Signed;
use crate::flows::workspaces;
use crate::model::{Action, Bound, Networks, NetworksTrouble};
use crate::web::call::{Answer, Call};
use crate::web::desk::sealed;
use crate::web::failure::Failure;
use crate::web::view::desk::policy::{Meanwhile, NetworksPage, NetworksReview, NetworksShown};
use crate::web::view::{Said, Slip, Troubles};

use super::said;

/// No list at all.
const EVERYWHERE: &str = "everywhere";

/// A list as pages show it.
pub fn shown(networks: &Networks) -> NetworksShown {
    NetworksShown { only_desk: networks.bound == Bound::Desk, from: networks.texts() }
}

/// The form.
pub async fn get(call: Call, signed: Signed) -> Answer {
    let present = workspaces::networks_of(&policy::look(&call.app, &super::looks(&call, &signed)?).await?)?;
    let who = present.as_ref().map_or(EVERYWHERE, |list| list.bound.as_str()).to_owned();
    let from = present.as_ref().map(|list| list.texts().join("\n")).unwrap_or_default();
    form(call, &signed, present.as_ref(), [who, from], None, Troubles::none())
}

/// What would happen; and, said once more, the change.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let seat = super::super::seat(&call, &signed, Action::SetNetworks)?;
    let typed = ["who", "from"].map(|name| call.form.text(name).to_owned());
    let present = workspaces::networks_of(&policy::look(&call.app, &seat).await?)?;
    let was = sealed::try_read::<Option<Networks>>(&call, &signed, call.form.text("was"));
    if was.as_ref() != Some(&present) {
        return meanwhile(call, &signed, present.as_ref(), typed);
    }
    let new = match Bound::parse(&typed[0]) {
        Some(bound) => match Networks::parse(bound, &typed[1]) {
            Ok(new) => Some(new),
            Err(troubles) => {
                let mut slips = Troubles::none();
                troubles.into_iter().take(10).for_each(|trouble| slips.push(call.locale(), "from", slip(trouble)));
                return form(call, &signed, present.as_ref(), typed, None, slips);
            }
        },
        None if typed[0] == EVERYWHERE => None,
        None => {
            let slips = Troubles::one(call.locale(), "who", Slip::NothingChosen);
            return form(call, &signed, present.as_ref(), typed, None, slips);
        }
    };
    if call.form.text("step") == "edit" {
        return form(call, &signed, present.as_ref(), typed, None, Troubles::none());
    }
    if policy::shuts_out(&seat, new.as_ref()) {
        return shut_out(call, &signed, present.as_ref(), typed);
    }
    if call.form.text("step") != "apply" {
        let found = effects::of_networks(&call.app, &seat, new.as_ref()).await?;
        let page = NetworksReview {
            networks: new.as_ref().map(shown),
            effects: said::of_networks(call.locale(), new.as_ref(), &found),
            fields: super::carried(&call, &["who", "from", "was"]),
            page: call.frame_at_desk(&signed),
        };
        return call.page(&page);
    }
    match policy::set_networks(&call.app, &seat, present.as_ref(), new.as_ref()).await? {
        Set::Done => {
            call.say_next(Said::NetworksChanged);
            call.go(&format!("/w/{}/{}", signed.slug, super::PATH))
        }
        Set::Meanwhile(present) => meanwhile(call, &signed, present.as_ref(), typed),
        Set::ShutsOneselfOut => shut_out(call, &signed, present.as_ref(), typed),
        Set::Ended | Set::ForOwners(_) => Err(Failure::FormExpired),
    }
}

fn shut_out(call: Call, signed: &Signed, present: Option<&Networks>, typed: [String; 2]) -> Answer {
    let slips = Troubles::one(call.locale(), "from", Slip::NetworkOwn(call.visitor.address.to_string()));
    form(call, signed, present, typed, None, slips)
}

fn meanwhile(call: Call, signed: &Signed, present: Option<&Networks>, typed: [String; 2]) -> Answer {
    let troubles = Troubles::one(call.locale(), "", Slip::Meanwhile);
    form(call, signed, present, typed, Some(Meanwhile(present.map(shown))), troubles)
}

fn form(
    mut call: Call,
    signed: &Signed,
    present: Option<&Networks>,
    [who, from]: [String; 2],
    meanwhile: Option<Meanwhile>,
    troubles: Troubles,
) -> Answer {
    let any = troubles.any();
    let page = NetworksPage {
        who,
        from,
        address: call.visitor.address.to_string(),
        meanwhile,
        was: sealed::seal(&call, signed, &present),
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

fn slip(trouble: NetworksTrouble) -> Slip {
    match trouble {
        NetworksTrouble::Empty => Slip::NetworksEmpty,
        NetworksTrouble::TooMany(most) => Slip::NetworksMany(most),
        NetworksTrouble::NotANetwork(typed) => Slip::NetworkUnreadable(typed),
        NetworksTrouble::HostBits(typed, meant) => Slip::NetworkHostBits(typed, meant),
        NetworksTrouble::Everywhere => Slip::NetworksEverywhere,
    }
}
