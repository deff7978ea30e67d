//! Access tokens at the desk: made by an administrator for a program, seen once, listed, ended. What a token may is never more than its maker may
//! at that moment, and never touches anybody who has a part in the desk.

use zeroize::Zeroizing;

use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::session::Signed;
use crate::flows::{Changed, Deed, Error, Result, alarm, new_id, token_kind};
use crate::model::id::AccessTokenId;
use crate::model::{Action, Role, Scopes, Timestamp, days, time::Span};
pub use crate::store::access_tokens::Made;
use crate::store::access_tokens::{self, AccessToken};
use crate::store::members::Member;
use crate::store::{self, transaction};
use crate::vault::Token;

/// What it takes.
const ACTION: Action = Action::KeepTokens;
/// Live ones that a member has at most.
pub const MOST: i64 = 20;
/// Lines of one page.
const PAGE: usize = 50;

/// For how long one can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(i64);

impl Lifetime {
    /// The longest.
    pub const MOST_DAYS: i64 = 90;

    /// So many days; none for less than one and for more than the longest.
    pub const fn of_days(days: i64) -> Option<Self> {
        if 1 <= days && days <= Self::MOST_DAYS { Some(Self(days)) } else { None }
    }
    fn span(self) -> Span {
        days(self.0)
    }
}

/// A token that is about to be made.
#[derive(Debug)]
pub struct New {
    /// What its maker calls it, one line.
    pub name: String,
    /// What it is good for, at least one thing.
    pub scopes: Scopes,
    /// For how long.
    pub lifetime: Lifetime,
}

/// Why none was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// As anything at the desk.
    Refusal(Refusal),
    /// The maker has as many as anybody may.
    Full,
}

/// One just made.
#[derive(Debug)]
pub struct Shown {
    /// What the program is given. It is nowhere else.
    pub token: Zeroizing<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Makes a token. Its maker's contacts are told, and may object: that holds the account, and with it every token.
pub async fn make(app: &App, seat: &Seat<'_>, new: &New) -> Result<std::result::Result<Shown, Refused>> {
    let now = seat.now();
    let own = seat.member();
    let key = seat.signed().data_key(app)?;
    let token = Token::new(&*app.dice, &app.keyring, token_kind::ACCESS);
    let mut row = AccessToken {
        id: new_id!(app, now, AccessTokenId),
        workspace_id: own.workspace_id.clone(),
        member_id: own.id.clone(),
        epoch: own.epoch,
        name: new.name.clone(),
        scopes: new.scopes.to_string(),
        token_prefix: token.prefix.clone(),
        token_hash: token.hash.clone(),
        used_at: None,
        expires_at: now + new.lifetime.span(),
        created_at: now,
    };
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, ACTION).await? {
            return Ok::<_, Error>(Err(Refused::Refusal(refusal)));
        }
        // A session may have been taken along to another epoch since the request came.
        let maker = store::members::by_id(conn, &own.workspace_id, &own.id).await?;
        let maker = maker.ok_or_else(|| Error::Broken("a maker is gone".to_owned()))?;
        row.epoch = maker.epoch;
        if access_tokens::count(conn, &maker, now).await? >= MOST {
            return Ok(Err(Refused::Full));
        }
        store::apply(conn, [access_tokens::insert(&row)]).await?;
        let told = Changed::default()
            .put("name", (), &row.name)
            .put("scopes", (), &row.scopes)
            .put("until", (), row.expires_at.to_jiff().to_string());
        let deed = Deed { subject: Some(row.id.as_str()), ..seat.deed(own, "token_made") };
        deed.with(key.clone(), told).write(app, conn, now).await?;
        alarm::tell(app, conn, own, alarm::Event::TokenMade, row.id.as_str(), None, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done.map(|()| Shown { token: token.text, expires_at: row.expires_at }))
}

/// Some of the live ones, newest first.
#[derive(Debug)]
pub struct Page {
    /// The tokens.
    pub tokens: Vec<Made>,
    /// Behind which id it goes on.
    pub next: Option<AccessTokenId>,
}

/// The live ones that somebody signed in may know of: owners all of the workspace, others their own.
pub async fn list(app: &App, signed: &Signed, after: Option<&str>, now: Timestamp) -> Result<Page> {
    let own = &signed.member;
    if signed.granted.is_some() || !own.role.may(ACTION) {
        return Err(Error::Broken("tokens were listed for somebody who may not see any".to_owned()));
    }
    let maker = (!sees_all(own)).then_some(&own.id);
    let (before, limit) = (after.unwrap_or("~"), i64::try_from(PAGE + 1).unwrap_or(i64::MAX));
    let mut conn = app.db.read().await?;
    let mut tokens = access_tokens::list(&mut conn, &own.workspace_id, maker, before, limit, now).await?;
    let next = tokens.get(PAGE - 1).filter(|_| tokens.len() > PAGE).map(|last| last.token.id.clone());
    tokens.truncate(PAGE);
    Ok(Page { tokens, next })
}

fn sees_all(own: &Member) -> bool {
    own.role == Role::Owner
}

/// Whether this member may end it: one's own, and those of people below.
pub fn may_end(own: &Member, made: &Made) -> bool {
    made.token.member_id == own.id || own.role.stands_above(made.maker_role)
}

/// Ends one.
pub async fn end(app: &App, seat: &Seat<'_>, id: &AccessTokenId) -> Result<Outcome<()>> {
    let now = seat.now();
    let own = seat.member();
    let workspace = &own.workspace_id;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, ACTION).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let found = access_tokens::by_id(conn, workspace, id).await?;
        let found = found.filter(|made| sees_all(own) || made.token.member_id == own.id);
        let Some(made) = found else { return Ok(Err(Refusal::NotFound)) };
        if !may_end(own, &made) {
            return Ok(Err(Refusal::Rank));
        }
        if !access_tokens::end(conn, workspace, id, "desk", now).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = Deed {
            member: Some(&made.token.member_id),
            subject: Some(id.as_str()),
            ..seat.did("token_ended", id.as_str())
        };
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}
