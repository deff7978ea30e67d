//! What lets a helper do a sensitive thing for a member, once: a proved call, a second administrator's agreement, or, where there is but one
//! administrator, their declaration to have identified the member in person, which becomes good after an hour.

use super::Seat;
use crate::app::App;
use crate::flows::{Result, new_id};
use crate::model::id::MemberId;
use crate::model::{Timestamp, minutes, time::Span};
use crate::store::calls::Call;
use crate::store::members::Member;
use crate::store::{self, Conn};
pub use store::warrants::Warrant;

/// How long one can be used.
const LIFE: Span = minutes(30);

/// What one rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The caller proved to be the member.
    Call,
    /// A second administrator agreed.
    Second,
}

impl Ground {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Second => "second",
        }
    }
}

/// Gives one to the helper of a call that was just proved.
pub(super) async fn grant(
    app: &App,
    conn: &mut Conn,
    call: &Call,
    member: &Member,
    ground: Ground,
    now: Timestamp,
) -> Result<()> {
    let warrant = Warrant {
        id: new_id!(app, now, WarrantId),
        workspace_id: call.workspace_id.clone(),
        member_id: member.id.clone(),
        holder: call.opener.clone(),
        ground: ground.as_str().to_owned(),
        call_id: Some(call.id.clone()),
        words: None,
        good_from: now,
        expires_at: now + LIFE,
        used_at: None,
        created_at: now,
    };
    Ok(store::apply(conn, [store::warrants::insert(&warrant)]).await?)
}

/// The seat's holder's warrant for this member, if there is one that is not used or over. It may not be good yet.
pub async fn find(app: &App, seat: &Seat<'_>, member: &MemberId) -> Result<Option<Warrant>> {
    let own = seat.member();
    let mut conn = app.db.read().await?;
    Ok(store::warrants::live(&mut conn, &own.workspace_id, &own.id, member, seat.now()).await?)
}

/// Uses the seat's holder's warrant for this member, in the caller's transaction, which does what `purpose` names. Answers whether there was a good one.
pub async fn consume(conn: &mut Conn, seat: &Seat<'_>, member: &MemberId, purpose: &str) -> Result<bool> {
    let (own, now) = (seat.member(), seat.now());
    let Some(warrant) = store::warrants::live(conn, &own.workspace_id, &own.id, member, now).await? else {
        return Ok(false);
    };
    Ok(store::warrants::consume(conn, &warrant, purpose, now).await?)
}
