//! Whose desk it is: making somebody an administrator, a helper, or a member again.

use super::member;
use crate::flows::desk::standing;
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, Role};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::Said;
use crate::web::view::desk::{RoleChoice, RolePage};

/// The choice.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let (name, login) = member::heading(&signed, &one);
    let page = RolePage {
        id: one.member.id.to_string(),
        name,
        login,
        choices: Role::ALL.iter().map(|&role| RoleChoice { role, chosen: role == one.member.role }).collect(),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// The chosen one holds from now on.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let role = Role::parse(call.form.text("role")).ok_or(Failure::BadRequest)?;
    let seat = super::seat(&call, &signed, Action::SetRoles)?;
    let said = match standing::set_role(&call.app, &seat, &id, role).await? {
        Ok(()) => Said::RoleChanged,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}
