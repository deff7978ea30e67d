//! A member's names and ID put right. Another ID ends the sessions; the old one opens nothing any more, and nobody else gets it for a while.

use super::{Refusal, Seat};
use crate::app::App;
use crate::flows::{Changed, Error, Result, alarm, standing::QUARANTINE};
use crate::model::id::MemberId;
use crate::model::{Action, Locale, LoginName, MemberState, Timestamp};
use crate::store::members::Member;
use crate::store::{self, transaction};

/// What an administrator writes down of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Profile {
    pub login: LoginName,
    pub name: String,
    pub kana: String,
    pub department: String,
    pub locale: Locale,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// As anything at the desk.
    Refusal(Refusal),
    /// Somebody has the ID, or gave it up a short while ago.
    Taken,
    /// The member was changed since the form was filled.
    Changed,
}

/// Changes the profile as it was seen at `seen` (the member's `updated_at`). Answers whether the ID is another.
pub async fn change(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    seen: Timestamp,
    new: &Profile,
) -> Result<std::result::Result<bool, Refused>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        // Two who take one ID at once go one after the other.
        store::workspaces::take(conn, &seat.member().workspace_id).await?;
        let member = match seat.hold_for(conn, Action::EditProfile, id).await? {
            Ok(member) if member.state != MemberState::Deleted => member,
            Ok(_) => return Ok::<_, Error>(Err(Refused::Refusal(Refusal::State))),
            Err(refusal) => return Ok(Err(Refused::Refusal(refusal))),
        };
        if member.updated_at != seen {
            return Ok(Err(Refused::Changed));
        }
        let after = Member {
            login: new.login.as_str().to_owned(),
            name: new.name.clone(),
            kana: new.kana.clone(),
            department: new.department.clone(),
            locale: new.locale,
            ..member.clone()
        };
        let changed = Changed::default()
            .put("login", &member.login, &after.login)
            .put("name", &member.name, &after.name)
            .put("kana", &member.kana, &after.kana)
            .put("department", &member.department, &after.department)
            .put("locale", member.locale.as_str(), after.locale.as_str());
        if changed.is_empty() {
            return Ok(Ok(false));
        }
        if !store::members::set_profile(conn, &member, &after, now + QUARANTINE, now).await? {
            return Ok(Err(Refused::Taken));
        }
        store::roster::put_words(conn, std::slice::from_ref(&after)).await?;
        let renamed = after.login != member.login;
        if renamed {
            store::sessions::end_all(conn, &member.workspace_id, id, None, "id_changed", now).await?;
            store::recoveries::end_open(conn, id, now).await?;
            alarm::tell(app, conn, &after, alarm::Event::IdChanged, id.as_str(), None, now).await?;
        }
        let action = if renamed { "id_changed" } else { "profile_changed" };
        let key = seat.signed().data_key(app)?;
        seat.deed(&member, action).with(key, changed).write(app, conn, now).await?;
        Ok(Ok(renamed))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}
