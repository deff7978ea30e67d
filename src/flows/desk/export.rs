//! The members as a file, as the list shows them: piece by piece, so that a hundred thousand never stand in memory. That it was taken is a line of the audit log
//! before its first row is read.

use std::sync::Arc;

use super::roster::{self, After, Only};
use super::{Outcome, Seat, table};
use crate::app::App;
use crate::flows::contacts::masked;
use crate::flows::recovery::CONTACT;
use crate::flows::{Changed, Error, Result};
use crate::model::id::WorkspaceId;
use crate::model::{Action, Column, ContactKind, Locale};
use crate::store::contacts::Contact;
use crate::store::members::Member;
use crate::store::{self, transaction};
use crate::vault::DataKey;
use crate::wording::{self, sheet};

/// How contacts stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contacts {
    /// With the middle hidden.
    Masked,
    /// Whole.
    Whole,
}

impl Contacts {
    /// The right that it takes.
    pub const fn action(self) -> Action {
        match self {
            Self::Masked => Action::Export,
            Self::Whole => Action::ExportContacts,
        }
    }
}

/// A file under way.
pub struct Export {
    workspace: WorkspaceId,
    slug: String,
    typed: String,
    only: Only,
    contacts: Contacts,
    locale: Locale,
    key: Arc<DataKey>,
    begun: bool,
    after: Option<After>,
    over: bool,
}

/// Begins a file of those whom the list would show.
pub async fn begin(
    app: &App,
    seat: &Seat<'_>,
    typed: &str,
    only: Only,
    contacts: Contacts,
    locale: Locale,
) -> Result<Outcome<Export>> {
    seat.taken_for(contacts.action())?;
    let key = seat.signed().data_key(app)?;
    let held = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, contacts.action()).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let told = Changed::default()
            .put("contacts", (), if contacts == Contacts::Whole { "whole" } else { "masked" })
            .put("narrowed", false, !typed.is_empty() || only != Only::Present);
        seat.did("members_exported", "members").with(key.clone(), told).write(app, conn, seat.now()).await?;
        Ok(Ok(()))
    })?;
    Ok(held.map(|()| Export {
        workspace: seat.member().workspace_id.clone(),
        slug: seat.signed().slug.clone(),
        typed: typed.to_owned(),
        only,
        contacts,
        locale,
        key,
        begun: false,
        after: None,
        over: false,
    }))
}

impl Export {
    /// The next piece of the file; none when it is over.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let mut out = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            let mut head: Vec<String> = Column::ALL.iter().map(|column| sheet::column(self.locale, *column)).collect();
            head.push(wording::text(self.locale, "export-col-state", &[]));
            head.push(wording::text(self.locale, "export-col-last", &[]));
            out = table::first(&head)?;
        }
        let of = (&self.workspace, &*self.slug);
        let page = roster::page(app, of, &self.typed, self.only, self.after.as_ref(), roster::PAGE).await?;
        let ids: Vec<_> = page.members.iter().map(|member| member.id.clone()).collect();
        let contacts = store::contacts::of_members(&mut app.db.read().await?, &self.workspace, &ids).await?;
        let rows = page.members.iter().map(|member| self.row(member, &contacts)).collect::<Result<Vec<_>>>()?;
        out.extend(table::rows(rows.iter())?);
        self.over = page.next.is_none();
        self.after = page.next;
        Ok(Some(out))
    }

    fn row(&self, member: &Member, contacts: &[Contact]) -> Result<Vec<String>> {
        let (mut numbers, mut addresses) = (Vec::new(), Vec::new());
        for contact in contacts.iter().filter(|contact| contact.member_id == member.id) {
            let plain = self.key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            let shown = if self.contacts == Contacts::Whole { plain.to_string() } else { masked(contact.kind, &plain) };
            match contact.kind {
                ContactKind::Mobile => numbers.push(shown),
                ContactKind::Email => addresses.push(shown),
            }
        }
        let last = (member.signed_in_day > 0).then(|| crate::model::days(member.signed_in_day).as_micros());
        let last = last.map(|micros| crate::model::Timestamp(micros).to_jiff().strftime("%Y-%m-%d").to_string());
        Ok(vec![
            member.login.clone(),
            member.name.clone(),
            member.kana.clone(),
            member.department.clone(),
            member.role.as_str().to_owned(),
            numbers.join(" "),
            addresses.join(" "),
            member.state.as_str().to_owned(),
            last.unwrap_or_default(),
        ])
    }
}
