//! Access tokens for programs: which work, a new one, which is shown once, and the end of one.

use super::seat;
use crate::flows::desk::tokens::{self, Lifetime, New, Refused};
use crate::flows::session::Signed;
use crate::model::id::AccessTokenId;
use crate::model::{Action, LineTrouble, Scope, Scopes, line};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{NewTokenPage, ScopeChoice, TokenMadePage, TokenRow, TokensPage, scope_key};
use crate::web::view::{Said, Trouble, Troubles, moment};
use crate::wording::text;

/// For how many days one can be made.
const DAYS: [i64; 4] = [7, 30, 60, 90];
/// Unless something else is chosen.
const USUAL_DAYS: i64 = 30;

/// Those that work.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let locale = call.locale();
    let after = Some(call.query("after").to_owned()).filter(|after| !after.is_empty());
    // Whoever only looks needs no fresh password.
    let found = tokens::list(&call.app, &signed, after.as_deref(), call.visitor.now).await?;
    let at = |at| moment(locale, at);
    let rows = found.tokens.into_iter().map(|made| TokenRow {
        id: made.token.id.to_string(),
        maker: (made.token.member_id != signed.member.id).then(|| made.maker_name.clone()),
        scopes: Scopes::parse(&made.token.scopes).unwrap_or_default().iter().map(scope_key).collect(),
        made: at(made.token.created_at),
        until: at(made.token.expires_at),
        used: made.token.used_at.map(at),
        may_end: tokens::may_end(&signed.member, &made),
        called: made.token.name,
    });
    let page = TokensPage {
        rows: rows.collect(),
        next: found.next.map(|next| format!("/w/{}/admin/tokens?after={next}", signed.slug)),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// The form.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn get_new(call: Call, signed: Signed) -> Answer {
    form(call, &signed, &Scopes::default(), USUAL_DAYS, Vec::new())
}

fn form(mut call: Call, signed: &Signed, chosen: &Scopes, days: i64, troubles: Vec<Trouble>) -> Answer {
    let scopes = Scope::ALL.iter().copied();
    let page = NewTokenPage {
        called: call.form.text("name").to_owned(),
        scopes: scopes.map(|scope| ScopeChoice { scope, chosen: chosen.iter().any(|one| one == scope) }).collect(),
        days: DAYS.map(|n| (n, n == days)).into(),
        troubles: Troubles::from(troubles),
        page: call.frame_at_desk(signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// Makes one, and shows it, once.
pub async fn post_new(mut call: Call, signed: Signed) -> Answer {
    let locale = call.locale();
    let say = |key| text(locale, key, &[]);
    let scopes: Scopes = Scope::ALL.iter().copied().filter(|scope| call.form.has(scope.as_str())).collect();
    let days = call.form.text("days").parse().unwrap_or_default();
    let mut troubles = Vec::new();
    let name = line::name(call.form.text("name")).unwrap_or_else(|trouble| {
        let text = match trouble {
            LineTrouble::Control => say("line-control"),
            LineTrouble::Long => say("line-long"),
            LineTrouble::Empty => say("line-empty"),
        };
        troubles.push(Trouble { field: "name", text });
        String::new()
    });
    if scopes.is_empty() {
        troubles.push(Trouble { field: "scopes", text: say("token-none-chosen") });
    }
    let lifetime = Lifetime::of_days(days);
    if lifetime.is_none() {
        troubles.push(Trouble { field: "days", text: say("token-days-bounds") });
    }
    let Some(lifetime) = lifetime.filter(|_| troubles.is_empty()) else {
        return form(call, &signed, &scopes, days, troubles);
    };
    let new = New { name, scopes, lifetime };
    let made = {
        let seat = seat(&call, &signed, Action::KeepTokens)?;
        tokens::make(&call.app, &seat, &new).await?
    };
    let shown = match made {
        Ok(shown) => shown,
        Err(Refused::Full) => {
            let full = Trouble { field: "", text: say("token-full") };
            return form(call, &signed, &new.scopes, days, vec![full]);
        }
        Err(Refused::Refusal(refusal)) => {
            call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo));
            return call.go(&format!("/w/{}/admin/tokens", signed.slug));
        }
    };
    let page = TokenMadePage {
        called: new.name,
        token: shown.token.to_string(),
        until: moment(locale, shown.expires_at),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Ends one.
pub async fn post_end(mut call: Call, signed: Signed) -> Answer {
    let id = AccessTokenId(call.param("token").unwrap_or_default().to_owned());
    let seat = seat(&call, &signed, Action::KeepTokens)?;
    let said = match tokens::end(&call.app, &seat, &id).await? {
        Ok(()) => Said::TokenEnded,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/tokens", signed.slug))
}
