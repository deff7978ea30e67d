//! A message to a contact of one's own, to see whether it arrives: it holds no code, and opens nothing.

use super::super::guard::{self, Sends, Wait};
use super::super::post::{self, Message};
use super::super::trail::Followed;
use super::{CONTACT, deed};
use crate::app::App;
use crate::flows::session::{self, Signed};
use crate::flows::{Error, Result, Visitor};
use crate::model::{ContactState, id::ContactId, minutes, time::Span};
use crate::store::devices::Known;
use crate::store::{self, transaction};
use crate::wording;

/// What such a message is for.
pub const PURPOSE: &str = "test";
/// How long it is worth sending.
const LIFE: Span = minutes(10);

/// What came of asking for one.
#[derive(Debug)]
pub enum Try {
    /// It is on its way.
    Sent,
    /// Enough for now.
    Wait(Wait),
    /// There is no such contact, or it is not confirmed.
    NoSuch,
}

enum Stop {
    Refused(Try),
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Sends one. Its budget is apart: it uses up nobody's codes.
pub async fn send(app: &App, signed: &Signed, id: &ContactId, visitor: &Visitor) -> Result<Try> {
    let (member, now) = (&signed.member, visitor.now);
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Err(Stop::Refused(Try::NoSuch));
        }
        let found = store::contacts::by_id(conn, &member.workspace_id, &member.id, id).await?;
        let Some(contact) = found.filter(|contact| contact.state == ContactState::Verified) else {
            return Err(Stop::Refused(Try::NoSuch));
        };
        let known = Known { device: true, network: true };
        let taken = guard::take_send(app, conn, &contact.address_index, Sends::Trying, known, visitor).await?;
        taken.map_err(|wait| Stop::Refused(Try::Wait(wait)))?;
        let to = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address).map_err(Error::from)?;
        let message = Message {
            workspace: Some(&member.workspace_id),
            member: Some(&member.id),
            contact: Some(&contact.id),
            known: true,
            kind: contact.kind,
            purpose: PURPOSE,
            reference: None,
            to: Some(&to),
            rendered: wording::messages::test(member.locale, contact.kind, &signed.workspace_name),
            expires_at: now + LIFE,
        };
        post::queue(app, conn, message, now).await?;
        deed(signed, "test_message_sent", Some(&contact.id), visitor).write(app, conn, now).await?;
        Ok(())
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(()) => Ok(Try::Sent),
        Err(Stop::Refused(refused)) => Ok(refused),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// The newest one to this contact.
pub fn followed(signed: &Signed, id: &ContactId) -> Followed {
    Followed::own(signed, id, PURPOSE)
}
