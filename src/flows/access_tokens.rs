//! Access tokens: a program comes with one to the desk's JSON API and does there what its maker may, so far as the token was made for it. It lives
//! and dies with its maker's sessions, but for their idleness: whatever ends all of them ends it, too.

use super::session::Signed;
use super::{Deed, Error, Result, Visitor, networks, token_kind};
use crate::app::App;
use crate::model::id::AccessTokenId;
use crate::model::{Policy, Scopes, Secret, Timestamp, hours, minutes, time::Span};
use crate::store::access_tokens::{self, Live};
use crate::store::leases;
use crate::store::limits::Window;
use crate::store::transaction;
use crate::vault::Token;

/// How often its last use is written at most.
const USED_EVERY: Span = hours(1);

/// Whether it has the form of an access token.
pub fn is_one(text: &str) -> bool {
    Token::parse(token_kind::ACCESS, text).is_some()
}

/// In whose name a program comes with this token; none when it opens nothing. One that nobody has costs the same work.
pub async fn authenticate(app: &App, token: &Secret, visitor: &Visitor) -> Result<Option<Signed>> {
    let now = visitor.now;
    let Some(presented) = Token::parse(token_kind::ACCESS, token.expose()) else { return Ok(None) };
    let row = access_tokens::live(&mut app.db.read().await?, &presented.prefix, now).await?;
    let Some(live) = row else {
        presented.compare_with_nothing(&app.keyring);
        return Ok(None);
    };
    if !presented.matches(&app.keyring, &live.token_hash) {
        return Ok(None);
    }
    if !networks::admit(live.networks.as_deref(), live.member.role, visitor.address)? {
        end_outside(app, &live, visitor).await?;
        return Ok(None);
    }
    let anew = presented.hash_anew(&app.keyring, &live.token_hash);
    if anew.is_some() || live.used_at.is_none_or(|used| used + USED_EVERY <= now) {
        let hash = anew.as_ref().unwrap_or(&live.token_hash);
        let used = transaction!(app.db, conn => access_tokens::set_used(conn, &live.member.workspace_id, &live.token_id, hash, now).await);
        match used {
            // It could be read and not be written (a full disk): it counts as unused.
            Err(error) if error.is_passing() => tracing::warn!(%error, "a token's use cannot be written down"),
            other => other?,
        }
    }
    let policy = Policy::from_json(&live.policy).map_err(|error| Error::Broken(error.to_string()))?;
    let scopes =
        Scopes::parse(&live.scopes).ok_or_else(|| Error::Broken(format!("the scopes of {}", live.token_id)))?;
    Ok(Some(Signed::by_token(live, scopes, policy, now)))
}

/// Counts a request of a program, whose token is good. Answers from when on there are more where it has had enough. A twelfth of what fits into a minute is
/// taken at once, so that few requests write.
pub async fn count(app: &App, id: &AccessTokenId, now: Timestamp) -> Result<std::result::Result<(), Timestamp>> {
    let key = format!("token:{id}");
    if let Some(known) = app.requests.spend(&key, now) {
        return Ok(known);
    }
    let cap = app.config.limits.token_requests_per_minute;
    let window = Window::new(cap, minutes(1));
    let taken = transaction!(app.db, conn => leases::take(conn, &key, window, (cap / 12).max(1), now).await);
    match taken {
        Ok(taken) => Ok(app.requests.put(&key, taken, now)),
        // It could be read and not be written (a full disk): what it asks for can only be read, too.
        Err(error) if error.is_passing() => {
            tracing::warn!(%error, "a token's requests cannot be counted");
            Ok(Ok(()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends one that was carried to another network, as it ends a session.
async fn end_outside(app: &App, live: &Live, visitor: &Visitor) -> Result<()> {
    const WHY: &str = "token_outside";
    let (maker, id, now) = (&live.member, &live.token_id, visitor.now);
    transaction!(app.db, conn => {
        if access_tokens::end(conn, &maker.workspace_id, id, WHY, now).await? {
            let deed = Deed { subject: Some(id.as_str()), ..Deed::own(maker, WHY, visitor) };
            deed.write(app, conn, now).await?;
        }
        Ok(())
    })
}
