//! The desk's first page: what asks for attention, and the way to a member.

use crate::flows::desk::charts;
use crate::flows::desk::roster::{self, Only};
use crate::flows::incidents;
use crate::flows::session::Signed;
use crate::model::Action;
use crate::web::call::{Answer, Call};
use crate::web::view::desk::{Recent, Start};
use crate::web::view::{LossRow, moment};

/// The page.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let may_look = signed.member.role.may(Action::SeeMembers);
    let held = if may_look {
        let seat = super::seat(&call, &signed, Action::SeeMembers)?;
        let page = roster::look(&call.app, &seat, "", Only::Held, None).await?;
        page.members.iter().map(|member| super::members::row(call.locale(), member, call.visitor.now)).collect()
    } else {
        Vec::new()
    };
    let losses = if may_look {
        let seat = super::seat(&call, &signed, Action::SeeMembers)?;
        let open = incidents::open_cases(&call.app, &seat).await?;
        open.into_iter()
            .map(|case| LossRow {
                id: case.member_id.0,
                name: case.name,
                login: format!("{}@{}", case.login, signed.slug),
                kind: case.kind,
                at: moment(call.locale(), case.opened_at),
            })
            .collect()
    } else {
        Vec::new()
    };
    let recent = if signed.member.role.may(Action::ReadSignIns) {
        let seat = super::seat(&call, &signed, Action::ReadSignIns)?;
        let counts = charts::recent(&call.app, &seat).await?;
        Some(Recent::of(call.locale(), &counts.hours, &counts.days, counts.only_until))
    } else {
        None
    };
    let alerts =
        if signed.member.role.may(Action::SeeAlerts) { super::alerts::open(&call, &signed).await? } else { Vec::new() };
    let page = Start { page: call.frame_at_desk(&signed), may_look, alerts, losses, held, recent };
    call.page(&page)
}
