//! One's own password: changed while signed in, or set by a link, for the first time or since an administrator demands it.

use super::{own, slips};
use crate::flows::password::{self, Change, First};
use crate::model::{Locale, Secret};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{self, ChangePassword, ProblemKind, Said, SetPassword, Slip, StoppedKind, Troubles};
use crate::wording;

/// What the new password has to keep, as the page says it.
pub fn rules(locale: Locale, rules: &password::Rules) -> view::Rules {
    let classes = rules.classes();
    let more = (classes > 0).then(|| wording::text(locale, "rules-classes", &[("n", &classes.to_string())]));
    view::Rules { min: rules.min_length() as usize, more: more.into_iter().collect() }
}

/// The page to change it.
pub async fn get_change(call: Call) -> Answer {
    change_page(call, Troubles::none()).await
}

async fn change_page(call: Call, troubles: Troubles) -> Answer {
    let (mut call, signed) = match own::enter(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let any = troubles.any();
    let mine = password::rules_for(&call.app, &signed).await?;
    let page = ChangePassword {
        login: format!("{}@{}", signed.member.login, signed.slug),
        asked: signed.is_asked,
        rules: rules(call.locale(), &mine),
        page: call.frame_for(&signed),
        troubles,
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Changes it; every other session ends.
pub async fn post_change(call: Call) -> Answer {
    let (mut call, signed) = match own::enter(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let locale = call.locale();
    let (current, typed) = (call.form.secret("current"), call.form.secret("password"));
    let troubles = match password::change(&call.app, &signed, &current, &typed, &call.visitor).await? {
        Change::Done => {
            call.say_next(Said::PasswordChanged);
            return call.go(&format!("/w/{}/me", signed.slug));
        }
        Change::Ended => return call.go(&own::door(&signed.slug)),
        Change::WrongCurrent if current.is_empty() => Troubles::one(locale, "current", Slip::PasswordEmpty),
        Change::WrongCurrent => Troubles::one(locale, "current", Slip::PasswordWrong),
        Change::Wait => Troubles::one(locale, "current", Slip::TriesSpent),
        Change::Refused(troubles) => slips::passwords(locale, &troubles),
    };
    change_page(call, troubles).await
}

/// The page behind a link.
pub async fn get_first(call: Call) -> Answer {
    first_page(call, Troubles::none()).await
}

async fn first_page(mut call: Call, troubles: Troubles) -> Answer {
    let token = Secret::from(call.param("token").ok_or(Failure::NotFound)?);
    let Some(behind) = password::behind_link(&call.app, &token, &call.visitor).await? else {
        return call.problem(ProblemKind::LinkOver);
    };
    if !behind.rules().admit(&call.visitor) {
        return outside(call, &behind).await;
    }
    let any = troubles.any();
    let page = SetPassword {
        page: call.frame(),
        action: format!("/set-password/{}", token.expose()),
        workspace: behind.workspace_name.clone(),
        login: format!("{}@{}", behind.login, behind.slug),
        forced: behind.forced,
        rules: rules(call.locale(), behind.rules()),
        troubles,
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Sets the password and leads to the door.
pub async fn post_first(mut call: Call) -> Answer {
    let token = Secret::from(call.param("token").ok_or(Failure::NotFound)?);
    let Some(behind) = password::behind_link(&call.app, &token, &call.visitor).await? else {
        return call.problem(ProblemKind::LinkOver);
    };
    let typed = call.form.secret("password");
    match password::set_by_link(&call.app, &behind, &typed, &call.visitor).await? {
        First::Done => {
            call.say_next(Said::PasswordSet);
            call.set_login(&format!("{}@{}", behind.login, behind.slug));
            call.go(&own::door(&behind.slug))
        }
        First::Refused(troubles) => {
            let troubles = slips::passwords(call.locale(), &troubles);
            first_page(call, troubles).await
        }
        First::Ended => call.problem(ProblemKind::LinkOver),
        First::Outside => outside(call, &behind).await,
    }
}

async fn outside(call: Call, behind: &password::Behind) -> Answer {
    let contact_text = behind.rules().contact_text(call.locale()).map(str::to_owned);
    super::sign_in::stopped(call, StoppedKind::Outside, contact_text).await
}
