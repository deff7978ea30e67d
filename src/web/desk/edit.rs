//! A member's names and ID, put right.

use super::{member, seat};
use crate::flows::desk::Refusal;
use crate::flows::desk::profile::{self, Profile, Refused};
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, LineTrouble, Locale, LoginName, Timestamp, line};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::EditPage;
use crate::web::view::{Said, Slip, Trouble, Troubles};
use crate::wording;

/// The form, with what is written down.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    if !one.below {
        return back(call, &signed, &one.member.id, Said::RankTooHigh);
    }
    let m = one.member;
    let page = EditPage {
        id: m.id.to_string(),
        shown: m.name.clone(),
        login: m.login,
        full_name: m.name,
        kana: m.kana,
        department: m.department,
        locale: m.locale,
        seen: m.updated_at.0.to_string(),
        troubles: Troubles::none(),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Writes it down.
pub async fn post(call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let (new, seen) = match read(&call) {
        Ok(read) => read,
        Err(troubles) => return again(call, &signed, troubles, false).await,
    };
    let done = {
        let seat = seat(&call, &signed, Action::EditProfile)?;
        profile::change(&call.app, &seat, &id, seen, &new).await?
    };
    let said = match done {
        Ok(false) => Said::ProfileChanged,
        Ok(true) => Said::IdChanged,
        Err(Refused::Taken) => {
            let text = wording::text(call.locale(), "edit-login-taken", &[]);
            return again(call, &signed, vec![Trouble { field: "login", text }], false).await;
        }
        Err(Refused::Changed) => {
            let text = wording::text(call.locale(), "edit-changed", &[]);
            return again(call, &signed, vec![Trouble { field: "", text }], true).await;
        }
        Err(Refused::Refusal(Refusal::NotFound)) => return Err(Failure::NotFound),
        Err(Refused::Refusal(refusal)) => super::refused(refusal).unwrap_or(Said::NothingToDo),
    };
    back(call, &signed, &id, said)
}

/// The form, or what to mend in it.
fn read(call: &Call) -> Result<(Profile, Timestamp), Vec<Trouble>> {
    let locale = call.locale();
    let mut troubles = Vec::new();
    let say = |trouble| match trouble {
        LineTrouble::Control => wording::text(locale, "line-control", &[]),
        LineTrouble::Long => wording::text(locale, "line-long", &[]),
        LineTrouble::Empty => wording::text(locale, "line-empty", &[]),
    };
    let mut lines = [("name", String::new()), ("kana", String::new()), ("department", String::new())];
    for (field, value) in &mut lines {
        let text = call.form.text(field);
        let read = if *field == "name" { line::name(text) } else { line::line(text) };
        match read {
            Ok(text) => *value = text,
            Err(trouble) => troubles.push(Trouble { field, text: say(trouble) }),
        }
    }
    let login = LoginName::parse(call.form.text("login"));
    let login = login.map_err(|trouble| {
        troubles.extend(Troubles::one(locale, "login", Slip::from(trouble)).all().iter().cloned());
    });
    let seen = call.form.text("seen").parse().map(Timestamp);
    let (Some(in_locale), Ok(seen)) = (Locale::parse(call.form.text("locale")), seen) else {
        troubles.push(Trouble { field: "", text: wording::text(locale, "edit-changed", &[]) });
        return Err(troubles);
    };
    let [(_, name), (_, kana), (_, department)] = lines;
    match login {
        Ok(login) if troubles.is_empty() => Ok((Profile { login, name, kana, department, locale: in_locale }, seen)),
        _ => Err(troubles),
    }
}

/// The form as it was typed; once who types was told of it, over what is there by now.
async fn again(mut call: Call, signed: &Signed, troubles: Vec<Trouble>, told: bool) -> Answer {
    let one = member::find(&call, signed).await?;
    let typed = |field| call.form.text(field).to_owned();
    let page = EditPage {
        id: one.member.id.to_string(),
        shown: one.member.name.clone(),
        login: typed("login"),
        full_name: typed("name"),
        kana: typed("kana"),
        department: typed("department"),
        locale: Locale::parse(call.form.text("locale")).unwrap_or(one.member.locale),
        seen: if told { one.member.updated_at.0.to_string() } else { typed("seen") },
        troubles: Troubles::from(troubles),
        page: call.frame_at_desk(signed),
    };
    call.mend(&page)
}

fn back(mut call: Call, signed: &Signed, id: &MemberId, said: Said) -> Answer {
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}
