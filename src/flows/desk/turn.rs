//! One piece of long work in the hands of one node: what there is to do, the proof that whoever began it still may, and the end of it.
//!
//! What a program began by an access token is done within the token's bounds: it touches nobody who has a part in the desk, each line of the audit
//! log names the token, and whatever ends the token ends the work.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::jobs::{INPUT, Job, REPORT, Report, lines, open, place_of, report, whole};
use super::{highest, reaches};
use crate::app::App;
use crate::flows::sheet::Told;
use crate::flows::{Deed, Error, Result, demanded, keys};
use crate::model::id::{AccessTokenId, MemberId};
use crate::model::{MemberState, Role, Timestamp};
use crate::store::jobs::Piece;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, jobs};
use crate::vault::DataKey;

/// A piece of work in somebody's hands.
#[derive(Debug)]
pub struct Turn {
    pub(super) job: Job,
    pub(super) workspace: Workspace,
    pub(super) now: Timestamp,
    piece: Piece,
    key: Arc<DataKey>,
}

/// Why a piece was not done.
pub(super) enum Stop {
    /// Somebody stopped the job, or another node has it by now.
    Lost,
    /// Whoever began it may no more.
    Right,
    /// Something changed since it was prepared: prepare it again.
    Again,
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

impl Turn {
    pub(super) async fn of(app: &App, job: &Job) -> Result<Self> {
        // First the workspace: what its data key is wrapped with is in the key file then.
        let workspace = store::workspaces::by_id(&mut app.db.read().await?, &job.workspace_id).await?;
        let workspace = workspace.ok_or_else(|| Error::Broken("the workspace is gone".to_owned()))?;
        keys::keep_up(app).await?;
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        let piece = jobs::piece(&mut app.db.read().await?, &job.workspace_id, &job.id, job.next).await?;
        let piece = piece.ok_or_else(|| Error::Broken(format!("{} has no piece {}", job.id, job.next)))?;
        Ok(Self { job: job.clone(), workspace, now: app.now(), piece, key })
    }

    /// How many rows were gone through before.
    pub(super) fn before(&self) -> u64 {
        u64::try_from(self.job.done).unwrap_or_default()
    }

    /// What there is to do.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T> {
        let sealed = self.piece.input.as_ref();
        let sealed = sealed.ok_or_else(|| Error::Broken(format!("{} has nothing to do", self.job.id)))?;
        open(&self.key, INPUT, &self.piece, sealed)
    }

    /// The first statement of the change: this node still has the job, and whoever began it still may. Until the transaction ends nobody changes
    /// either. Answers who that is.
    pub(super) async fn hold(&self, conn: &mut Conn) -> std::result::Result<Member, Stop> {
        // First the member, as everywhere: whoever stops the job has taken theirs, too.
        let (workspace, by) = (&self.job.workspace_id, &self.job.by_member);
        store::members::take(conn, workspace, by).await?;
        if !jobs::hold(conn, &self.job).await? {
            return Err(Stop::Lost);
        }
        if let Some(token) = &self.job.token_id
            && !store::access_tokens::take_live(conn, (workspace, by), token, self.now).await?
        {
            return Err(Stop::Right);
        }
        let by = store::members::by_id(conn, &self.job.workspace_id, &self.job.by_member).await?;
        by.filter(|by| {
            by.state == MemberState::Active
                && by.held_at.is_none()
                && !demanded::is_forced(by)
                && by.role.may(self.job.kind.action())
        })
        .ok_or(Stop::Right)
    }

    /// Whether whoever began it acts on somebody of this rank.
    pub(super) fn stands_above(&self, by: &Member, role: Role) -> bool {
        reaches(by.role, self.job.token_id.is_some(), role)
    }

    /// The highest role that they give to somebody new.
    pub(super) fn highest(&self, by: &Member) -> Role {
        highest(by.role, self.job.token_id.is_some())
    }

    /// The last statement: the piece is done, with what was wrong with rows of it, and who came of it.
    pub(super) async fn put(
        &self,
        app: &App,
        conn: &mut Conn,
        told: Vec<Told>,
        members: Vec<MemberId>,
    ) -> std::result::Result<(), Stop> {
        let failed = whole(lines(&told));
        let mut all = match &self.piece.report {
            Some(sealed) => open::<Report>(&self.key, REPORT, &self.piece, sealed)?.told,
            None => Vec::new(),
        };
        all.extend(told);
        all.sort();
        let done = Piece {
            told: whole(lines(&all)),
            report: report(app, &self.key, &place_of(&self.job.id, self.piece.nth), all, members)?,
            input: None,
            ..self.piece.clone()
        };
        Ok(jobs::put(conn, &done, failed, self.now).await?)
    }

    /// A line of the audit log, in the name of who began the job.
    pub(super) fn deed<'a>(&'a self, member: &'a MemberId, action: &'a str) -> Deed<'a> {
        Deed {
            workspace: Some(&self.workspace.id),
            actor: self.job.by_member.as_str(),
            action,
            member: Some(member),
            subject: Some(self.job.id.as_str()),
            reference: self.job.token_id.as_ref().map(AccessTokenId::as_str),
            network: None,
        }
    }

    /// What the workspace's texts are sealed with.
    pub(super) fn key(&self) -> Arc<DataKey> {
        self.key.clone()
    }

    /// The workspace's data key and the master key, as the change must still find them.
    pub(super) fn writes_with(&self, app: &App) -> (String, String) {
        (self.workspace.data_key.clone(), app.keyring.writes())
    }
}
