//! What all pages of a signed-in member begin with: who it is, and the way to the door for everybody else.

use crate::flows::session::{self, Over, Signed};
use crate::model::{ContactKind, ContactState as State, Locale, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::failure::Failure;
use crate::web::view::{Channel, ContactShown, FrozenShown, Said, Standing, moment};

/// The sign-in page of a workspace.
pub fn door(slug: &str) -> String {
    format!("/w/{slug}/sign-in")
}

/// Who is signed in, or else the answer that leads to the door.
pub async fn enter(mut call: Call) -> Result<(Call, Signed), Answer> {
    let signed = match call.signed().await {
        Ok(signed) => signed,
        Err(failure) => return Err(Err(failure)),
    };
    if let Some(signed) = signed {
        return Ok((call, signed));
    }
    let workspace = match call.workspace().await {
        Ok(Some(workspace)) => workspace,
        Ok(None) => return Err(Err(Failure::NotFound)),
        Err(failure) => return Err(Err(failure)),
    };
    // Only who was signed in before is told that the session is over, and why.
    if let Some(token) = call.cookie(Cookie::Session(&workspace.slug)) {
        let why = match session::why_over(&call.app, &token).await {
            Ok(why) => why,
            Err(error) => return Err(Err(error.into())),
        };
        call.clear(Cookie::Session(&workspace.slug));
        call.say_next(why.map_or(Said::SessionOver, said_of));
    }
    Err(call.go(&door(&workspace.slug)))
}

const fn said_of(why: Over) -> Said {
    match why {
        Over::Time => Said::SessionOver,
        Over::Elsewhere => Said::OverElsewhere,
        Over::Lost => Said::OverLost,
        Over::Desk => Said::OverByDesk,
        Over::Password => Said::OverNewPassword,
        Over::Recovered => Said::OverRecovered,
        Over::Stopped => Said::OverStopped,
        Over::Outside => Said::OverOutside,
    }
}

/// The same, and the password is young enough: an expired one is changed first.
pub async fn enter_current(call: Call) -> Result<(Call, Signed), Answer> {
    let (call, signed) = enter(call).await?;
    if signed.must_change {
        let slug = &signed.slug;
        return Err(call.go(&format!("/w/{slug}/me/password")));
    }
    Ok((call, signed))
}

/// The same for delicate pages: the password was given a short while ago, or is asked for first.
pub async fn enter_fresh(call: Call, back: &str) -> Result<(Call, Signed), Answer> {
    let (call, signed) = enter_current(call).await?;
    if signed.is_fresh(call.visitor.now) {
        return Ok((call, signed));
    }
    let slug = &signed.slug;
    Err(call.go(&format!("/w/{slug}/me/confirm?next={back}")))
}

/// Only pages of one's own come next; anything else is the first one.
pub fn next_of(signed: &Signed, next: &str) -> String {
    let home = format!("/w/{}/me", signed.slug);
    let own = super::language::own_path(next).is_some_and(|path| path.starts_with(&format!("{home}/")));
    if own { next.to_owned() } else { home }
}

/// The way a contact's messages travel.
pub fn channel(kind: ContactKind) -> Channel {
    match kind {
        ContactKind::Mobile => Channel::Mobile,
        ContactKind::Email => Channel::Email,
    }
}

/// A contact as its owner sees it.
pub fn shown(locale: Locale, own: &crate::flows::contacts::Own, now: Timestamp) -> ContactShown {
    let entered = own.state == State::Verified && own.verified_at.is_none();
    let mut states = match own.state {
        State::Verified => match own.recovers_from {
            Some(from) if from > now => {
                vec![Standing::Verified, Standing::Waiting((now.until(from).as_seconds() + 3_599) / 3_600)]
            }
            _ => vec![Standing::Verified],
        },
        State::Unverified => vec![Standing::Unverified],
        State::Frozen if own.lost => vec![Standing::Lost],
        State::Frozen | State::Removed => vec![Standing::Frozen],
    };
    if entered {
        states[0] = Standing::Entered;
    }
    if own.bounces {
        states.push(Standing::Unreachable);
    }
    let frozen = own.frozen.map(|frozen| FrozenShown {
        at: moment(locale, frozen.at),
        changed_at: moment(locale, frozen.changed_at),
        verified_at: own.verified_at.map(|at| moment(locale, at)),
    });
    ContactShown { id: own.id.to_string(), channel: channel(own.kind), shown: own.shown.clone(), states, frozen }
}
