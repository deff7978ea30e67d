//! A new password is demanded at once, seen from the member's side: the secret of a forced change is typed where the password is, and is
//! exchanged for a link that sets one. It opens nothing else, and gives no session.
//!
//! At the door the secret is compared in the place of the password, so that every try costs one hash, whoever's it is.

use zeroize::Zeroizing;

use super::sign_in::Attempt;
use super::{Deed, Error, Result, Visitor, alarm, guard, password};
use crate::app::App;
use crate::model::id::{ForcedChangeId, LinkId};
use crate::model::{Demand, ForcedSecret, Timestamp, minutes, time::Span};
use crate::store::members::{Entrant, Member};
use crate::store::{self, Conn, transaction};

/// What the message with a secret is for.
pub(super) const SECRET: &str = "forced_change";

/// How long the link lives that a secret is exchanged for. The secret's own time need not last so long.
const LINK: Span = minutes(30);

/// What a try at the door is compared with.
pub(super) struct Compared<'a> {
    /// The text, as it was hashed.
    pub typed: Zeroizing<String>,
    /// The hash; none where there is nothing to compare with.
    pub stored: Option<&'a str>,
    /// It is the secret's and not the password's.
    pub is_secret: bool,
}

/// Chooses what the typed text is compared with. What has the form of a secret is one only where one was given.
pub(super) fn compared<'a>(attempt: &Attempt<'_>, entrant: Option<&'a Entrant>) -> Compared<'a> {
    // Read whoever is meant, so that it costs the same.
    let secret = ForcedSecret::parse(attempt.password.expose());
    let password = password::normal(&attempt.password);
    let Some(entrant) = entrant else { return Compared { typed: password, stored: None, is_secret: false } };
    match (secret, entrant.forced_hash.as_deref()) {
        (Some(secret), Some(hash)) => {
            Compared { typed: Zeroizing::new(secret.signs().expose().to_owned()), stored: Some(hash), is_secret: true }
        }
        _ => Compared { typed: password, stored: entrant.password.as_deref(), is_secret: false },
    }
}

/// The one who typed the right secret, and its forced change, while its time lasts.
pub(super) fn taken(entrant: &Entrant, now: Timestamp) -> Option<&ForcedChangeId> {
    entrant.forced_id.as_ref().filter(|_| entrant.forced_until.is_some_and(|until| until > now))
}

/// Exchanges the right secret for a link that this browser alone gets; an earlier one ends. None when it was overtaken.
pub(super) async fn exchange(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    change: &ForcedChangeId,
    visitor: &Visitor,
) -> Result<Option<Zeroizing<String>>> {
    let now = visitor.now;
    if !store::members::take_forced(conn, &member.workspace_id, &member.id, member.epoch).await? {
        return Ok(None);
    }
    let (link, path) = password::link(app, &member.workspace_id, &member.id, now);
    let link = store::links::Link { expires_at: now + LINK, ..link };
    if !store::forced_changes::set_link(conn, change, &link.id, now).await? {
        return Ok(None);
    }
    store::links::insert(conn, &link).await?;
    let deed = Deed { subject: Some(change.as_str()), ..Deed::own(member, "forced_secret_taken", visitor) };
    deed.write(app, conn, now).await?;
    Ok(Some(path))
}

/// Sets the password by the link that a secret was exchanged for, and uses both up. Answers false when something else was faster: a recovery, another forced
/// change, a hold, the same link in another browser.
pub(super) async fn fulfil(
    app: &App,
    member: &Member,
    rules: &password::Rules,
    link: &LinkId,
    hash: &str,
    visitor: &Visitor,
) -> Result<bool> {
    let now = visitor.now;
    transaction!(app.db, conn => {
        if !store::members::take_forced(conn, &member.workspace_id, &member.id, member.epoch).await?
            || !store::links::consume(conn, link, now).await?
        {
            return Ok::<_, Error>(false);
        }
        let Some((change, kind)) = store::forced_changes::consume(conn, &member.id, link, now).await? else {
            return Ok(false);
        };
        store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "password_set", now).await?;
        let changed = password::put(conn, member, rules, hash, now).await?;
        store::recoveries::end_for_member(conn, &member.id, now).await?;
        // Whoever has the contact that the secret went to has got in by it, as in a recovery: the same guards hold for a day.
        if let Some(kind) = kind {
            store::members::set_recovered(conn, &member.workspace_id, &member.id, kind, now).await?;
        }
        store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await?;
        let deed = Deed { subject: Some(change.as_str()), ..Deed::own(member, "forced_change_done", visitor) };
        deed.with(rules.key(app)?, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, member, alarm::Event::PasswordChanged, member.id.as_str(), None, now).await?;
        Ok(true)
    })
}

/// There is a new password: nothing is demanded any more.
pub(super) async fn fulfilled(conn: &mut Conn, member: &Member, now: Timestamp) -> Result<()> {
    store::forced_changes::end_for_member(conn, &member.id, "fulfilled", now).await?;
    store::members::set_demand(conn, &member.workspace_id, &member.id, None, now).await?;
    Ok(())
}

/// Whether a new password is demanded at once, and the one that was there opens nothing.
pub(super) fn is_forced(member: &Member) -> bool {
    member.demand == Some(Demand::Forced)
}
