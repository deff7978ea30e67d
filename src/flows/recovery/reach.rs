//! Whom an attempt to get back in reaches: from what was typed to the one stored contact that its codes go to, and from
//! that contact to the members who have it. Nobody is found by the same steps as somebody.

use zeroize::Zeroizing;

use super::CONTACT;
use crate::app::App;
use crate::flows::Result;
use crate::model::{
    ContactKind, EmailAddress, LoginTyped, Phone, Timestamp,
    id::{AlarmId, ContactId, MemberId, WorkspaceId},
};
use crate::store::contacts::Candidate;
use crate::store::holds::Way;
use crate::store::recoveries::Recovery;
use crate::store::{self, Conn};

/// Where the person says that a code can reach them.
#[derive(Debug, Clone)]
pub enum Reach {
    /// A mobile number.
    Mobile(Phone),
    /// A personal e-mail address and, where remembered, the ID.
    Email(EmailAddress, Option<LoginTyped>),
}

impl Reach {
    pub(super) fn kind(&self) -> ContactKind {
        match self {
            Self::Mobile(_) => ContactKind::Mobile,
            Self::Email(..) => ContactKind::Email,
        }
    }
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.e164().to_owned(),
            Self::Email(address, _) => address.canonical(),
        }
    }
    /// Where a number that was typed belongs, whoever has it.
    pub(super) fn country(&self) -> Option<String> {
        match self {
            Self::Mobile(phone) => Some(phone.country()),
            Self::Email(..) => None,
        }
    }
    pub(super) fn as_typed(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.e164().to_owned(),
            Self::Email(address, _) => address.as_sent(),
        }
    }
}

/// Whom the ID typed beside the address means.
#[derive(PartialEq, Eq)]
pub(super) enum Only {
    Anybody,
    Member(MemberId),
    Nobody,
}

/// Two statements whether the ID exists or not; none where no ID was typed.
pub(super) async fn whose(conn: &mut Conn, page: Option<&WorkspaceId>, reach: &Reach) -> Result<Only> {
    let Reach::Email(_, Some(login)) = reach else { return Ok(Only::Anybody) };
    let LoginTyped::Name { name, workspace } = login else { return Ok(Only::Nobody) };
    let workspace = match workspace {
        Some(slug) => store::workspaces::by_slug(conn, slug.as_str()).await?.map(|workspace| workspace.id),
        None => page.cloned(),
    };
    // A bare name on the common page says too little to look anybody up by: the address alone decides.
    let Some(workspace) = workspace else {
        return Ok(if matches!(login, LoginTyped::Name { workspace: None, .. }) {
            Only::Anybody
        } else {
            Only::Nobody
        });
    };
    let member = store::members::by_login(conn, &workspace, name.as_str()).await?;
    Ok(member.map_or(Only::Nobody, |member| Only::Member(member.id)))
}

/// What ends a hold: for as long as somebody can object to a recovery, what carried it ends none.
pub(super) fn way<'a>(app: &App, alarm: &'a AlarmId) -> Way<'a> {
    Way { alarm, shortly: app.config.limits.objection() }
}

/// The contact that an attempt's codes go to: of several that are written alike, the one just as it was typed, or else
/// the oldest.
pub(super) fn goes_to(app: &App, found: &[Candidate], typed: &str) -> Result<Option<ContactId>> {
    for candidate in found {
        if *stored(app, candidate)? == typed {
            return Ok(Some(candidate.contact_id.clone()));
        }
    }
    Ok(found.first().map(|oldest| oldest.contact_id.clone()))
}

/// The address as it is stored.
pub(super) fn stored(app: &App, candidate: &Candidate) -> Result<Zeroizing<String>> {
    let key = app.data_key(&candidate.workspace_id, &candidate.data_key)?;
    Ok(key.open_text(CONTACT, candidate.contact_id.as_str(), &candidate.address)?)
}

/// Whose the contact is that the attempt's codes go to; nobody when it no longer counts. One address may be written in
/// two ways (`Ichiro@…`, `ichiro@…`), and its host may take them for two people (RFC 5321 §2.4): who proved the one has
/// not proved the other.
pub(super) async fn candidates(
    app: &App,
    conn: &mut Conn,
    recovery: &Recovery,
    now: Timestamp,
) -> Result<Vec<Candidate>> {
    let (kind, index, workspace) = (recovery.kind, recovery.index(), recovery.workspace_id.as_ref());
    if let Some(alarm) = &recovery.releases {
        let found = store::holds::candidates(conn, way(app, alarm), kind, &index, now).await?;
        let is_it = |found: &Candidate| !recovery.decoy && recovery.contact_id.as_ref() == Some(&found.contact_id);
        return Ok(found.into_iter().filter(is_it).collect());
    }
    let only = recovery.only_member_id.as_ref();
    let found = store::contacts::candidates(conn, kind, &index, workspace, only, now).await?;
    let is_it = |found: &&Candidate| recovery.contact_id.as_ref() == Some(&found.contact_id);
    let mut sent_to = found.iter().find(is_it).cloned();
    if sent_to.is_none() && recovery.member_id.is_some() {
        // The code went to the same address as somebody else's, before the attempt was kept to its choice.
        let all = store::contacts::candidates(conn, kind, &index, workspace, None, now).await?;
        sent_to = all.iter().find(is_it).cloned();
    }
    let Some(sent_to) = sent_to.filter(|_| !recovery.decoy) else {
        return Ok(Vec::new());
    };
    let address = stored(app, &sent_to)?;
    let mut same = Vec::new();
    for found in &found {
        if stored(app, found)? == address {
            same.push(found.clone());
        }
    }
    Ok(same)
}
