//! Many members at once, in chunks: one short transaction each, so that sign-ins go on meanwhile, and a row in the database that
//! says how far it has come. Whoever has the same rows can go on where it stopped, at whatever point that was.
//!
//! An import can take longer than a change of keys: every chunk is written with the keys as they stand then, or not at all.
//!
//! A chunk is prepared, then its links are written where the operator wants them, then it is put in. So the links of whoever
//! is in were on the disk before; those written for somebody who is not yet are thrown away when it goes on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use zeroize::Zeroizing;

use super::members::{self, NewMember};
use super::password::{self, LINK_PATH};
use super::{Error, Result, keys, token_kind};
use crate::app::App;
use crate::model::{Timestamp, id};
use crate::store::contacts::Contact;
use crate::store::imports::Import as Row;
use crate::store::links::Link;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, transaction};
use crate::vault::Token;

/// Rows that one transaction takes: a few milliseconds of work, which others wait for on SQLite.
pub const CHUNK: usize = 50;
/// Names that one question asks for.
const ASKED: usize = 200;

/// How an import stands before anything is changed.
#[derive(Debug)]
pub struct Found {
    /// It was begun before: so many rows are done.
    pub begun: Option<usize>,
    /// The rows after those whose login name is taken, or was given up a short while ago.
    pub taken: Vec<usize>,
    /// Another import of this workspace that was begun and did not end.
    pub other: Option<Other>,
}

/// An import that stopped midway.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Other {
    pub done: usize,
    pub total: usize,
    pub started_at: Timestamp,
}

/// Looks how the import of these rows stands, and which of them cannot be added.
pub async fn look(app: &App, workspace: &Workspace, all: &[NewMember]) -> Result<Found> {
    let mut conn = app.db.read().await?;
    let row = store::imports::by_digests(&mut conn, &workspace.id, &digests(app, all)).await?;
    let done = row.as_ref().map_or(0, |row| places(row.done));
    let other = store::imports::unfinished(&mut conn, &workspace.id).await?;
    let other = other.filter(|_| row.is_none()).map(|other| Other {
        done: places(other.done),
        total: places(other.total),
        started_at: other.started_at,
    });
    drop(conn);
    let taken = taken(app, workspace, all, done..all.len()).await?;
    Ok(Found { begun: row.is_some().then_some(done), taken, other })
}

/// Which of these rows cannot be added.
async fn taken(app: &App, workspace: &Workspace, all: &[NewMember], rows: Range<usize>) -> Result<Vec<usize>> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let mut found = Vec::new();
    let asked: Vec<usize> = rows.collect();
    for some in asked.chunks(ASKED) {
        let logins: Vec<&str> = some.iter().map(|row| all[*row].login.as_str()).collect();
        let taken = store::members::taken(&mut conn, &workspace.id, &logins, now).await?;
        let taken: HashSet<String> = taken.into_iter().collect();
        found.extend(some.iter().filter(|row| taken.contains(all[**row].login.as_str())));
    }
    Ok(found)
}

/// Rows are the same when they make the same members, however the file is written and whatever language the workspace has by now. By
/// every key, since an import that was interrupted may be gone on with under another one.
fn digests(app: &App, all: &[NewMember]) -> Vec<String> {
    let rows: Vec<String> = all
        .iter()
        .map(|new| {
            let contacts = new.contacts.iter().map(|address| (address.kind().as_str(), address.as_sent()));
            let NewMember { login, name, kana, department, role, .. } = new;
            // As Rust would write them: no two rows look the same.
            let contacts: Vec<_> = contacts.collect();
            format!("{:?}", (login.as_str(), name, kana, department, role.as_str(), contacts))
        })
        .collect();
    app.keyring.import_digests(&rows)
}

/// Counts are never negative, nor more than fit into memory.
fn places(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An import under way, held by this run until another one takes it over.
pub struct Import<'a> {
    app: &'a App,
    /// As it was when the last chunk was prepared.
    workspace: Workspace,
    all: &'a [NewMember],
    row: Row,
    skipped: BTreeSet<usize>,
}

/// What came of putting something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is in.
    Done,
    /// Nothing was changed, since the members were not what they were when it was prepared: prepare it again.
    Changed,
    /// Nothing was changed, since another key writes by now: prepare it again.
    Turned,
    /// Nothing was changed: another run took this import over.
    TakenOver,
}

/// What one transaction puts in.
pub struct Chunk {
    rows: Range<usize>,
    now: Timestamp,
    /// The workspace's data key, wrapped, and the master key that it is written with.
    with: (String, String),
    members: Vec<Member>,
    contacts: Vec<Contact>,
    links: Vec<Link>,
    paths: Vec<Zeroizing<String>>,
}

impl Chunk {
    /// Those who get a link, with its path.
    pub fn links(&self) -> impl Iterator<Item = (&Member, &str)> {
        self.members.iter().zip(self.paths.iter().map(|path| path.as_str()))
    }
}

/// Begins, or goes on where it stopped. From now on an earlier run of the same import does nothing any more.
pub async fn begin<'a>(app: &'a App, workspace: &Workspace, all: &'a [NewMember]) -> Result<Import<'a>> {
    let now = app.now();
    let digests = digests(app, all);
    let mut new = Row {
        workspace_id: workspace.id.clone(),
        digest: String::new(),
        run_id: id::text("run", now, app.chance()),
        total: whole(all.len()),
        done: 0,
        skipped: String::new(),
        started_at: now,
        finished_at: None,
    };
    let row = transaction!(app.db, conn => {
        let begun = store::imports::by_digests(conn, &workspace.id, &digests).await?;
        new.digest = begun.map_or_else(|| digests[0].clone(), |row| row.digest);
        store::imports::begin(conn, &new).await
    })
    .map_err(Error::from)?;
    let skipped = row.skipped.split(',').filter_map(|row| row.parse().ok()).collect();
    Ok(Import { app, workspace: workspace.clone(), all, row, skipped })
}

enum Stop {
    Is(Put),
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

fn outcome(answer: std::result::Result<(), Stop>) -> Result<Put> {
    match answer {
        Ok(()) => Ok(Put::Done),
        Err(Stop::Is(put)) => Ok(put),
        Err(Stop::Broken(error)) => Err(error),
    }
}

impl Import<'_> {
    /// So many rows are done.
    pub fn done(&self) -> usize {
        places(self.row.done)
    }

    /// Whether all are.
    pub fn is_over(&self) -> bool {
        self.row.finished_at.is_some()
    }

    /// The rows done that were not added, since somebody else had taken the login name after the file was checked.
    pub fn skipped(&self) -> impl Iterator<Item = usize> {
        self.skipped.iter().copied()
    }

    /// The next rows, with a link each where `links` says so.
    pub async fn prepare(&mut self, links: bool) -> Result<Chunk> {
        self.keep_up().await?;
        let (app, workspace, now) = (self.app, &self.workspace, self.app.now());
        let mut chunk = Chunk {
            rows: self.done()..self.all.len().min(self.done() + CHUNK),
            now,
            with: (workspace.data_key.clone(), app.keyring.writes()),
            members: Vec::new(),
            contacts: Vec::new(),
            links: Vec::new(),
            paths: Vec::new(),
        };
        for row in chunk.rows.clone().filter(|row| !self.skipped.contains(row)) {
            let new = &self.all[row];
            let member = members::row(app, workspace, new, now);
            for address in &new.contacts {
                chunk.contacts.push(members::contact(app, workspace, &member, address, None, now)?.0);
            }
            if links {
                let (link, path) = password::link(app, &workspace.id, &member.id, now);
                chunk.links.push(link);
                chunk.paths.push(path);
            }
            chunk.members.push(member);
        }
        Ok(chunk)
    }

    /// The keys may have changed since the last chunk. First the workspace: what its data key is wrapped with is in the file then.
    async fn keep_up(&mut self) -> Result<()> {
        let app = self.app;
        let workspace = store::workspaces::by_id(&mut app.db.read().await?, &self.workspace.id).await?;
        self.workspace = workspace.ok_or_else(|| Error::Broken("the workspace is gone".to_owned()))?;
        keys::keep_up(app).await
    }

    /// Puts the next rows in, all of the chunk or none.
    pub async fn put(&mut self, chunk: &Chunk) -> Result<Put> {
        let (app, workspace) = (self.app, &self.workspace);
        let mut next = self.row.clone();
        next.done = whole(chunk.rows.end);
        next.finished_at = (next.done == next.total).then_some(chunk.now);
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        let told = |member| members::deed(member, "member_added").with(key.clone(), members::added(member));
        let audit: Vec<_> = chunk.members.iter().map(|member| told(member).line(app, chunk.now)).collect();
        let put = outcome(transaction!(app.db, conn => {
            if !store::imports::set_done(conn, &next, self.row.done).await? {
                return Err(Stop::Is(Put::TakenOver));
            }
            if store::keys::writing(conn, workspace.id.as_str()).await?.as_ref() != Some(&chunk.with) {
                return Err(Stop::Is(Put::Turned));
            }
            let added = store::members::insert_all(conn, &chunk.members).await?;
            if usize::try_from(added) != Ok(chunk.members.len()) {
                return Err(Stop::Is(Put::Changed));
            }
            let more = store::contacts::insert_all(&chunk.contacts).chain(store::logs::audit_all(&audit));
            store::apply(conn, more.chain(store::links::insert_all(&chunk.links))).await?;
            Ok(())
        }))?;
        match put {
            Put::Done => self.row = next,
            Put::Turned | Put::TakenOver => {}
            Put::Changed => {
                let before = self.skipped.len();
                self.skipped.extend(taken(app, workspace, self.all, chunk.rows.clone()).await?);
                if self.skipped.len() == before {
                    return Err(Error::Broken(
                        "members cannot be added, though nobody has their login names".to_owned(),
                    ));
                }
                let told: Vec<String> = self.skipped.iter().map(ToString::to_string).collect();
                self.row.skipped = told.join(",");
            }
        }
        Ok(put)
    }

    /// Of those who are in, whose link is not among these (login name, link) or opens nothing any more. `links` keeps only those that do.
    pub async fn without_link(&self, links: &mut Vec<(String, Zeroizing<String>)>) -> Result<Vec<usize>> {
        let (app, now) = (self.app, self.app.now());
        let mut conn = app.db.read().await?;
        let mut good: HashSet<String> = HashSet::new();
        for some in links.chunks(ASKED) {
            let mut shown = HashMap::new();
            for (login, link) in some {
                let token = link.rsplit_once(LINK_PATH).map_or("", |(_, token)| token);
                if let Some(token) = Token::parse(token_kind::LINK, token) {
                    shown.insert(token.prefix.clone(), (login, token));
                }
            }
            let prefixes: Vec<&str> = shown.keys().map(String::as_str).collect();
            for (prefix, hash, login) in store::links::usable(&mut conn, &self.workspace.id, &prefixes, now).await? {
                let own = shown.get(&prefix).filter(|(own, _)| **own == login);
                if own.is_some_and(|(_, token)| token.matches(&app.keyring, &hash)) {
                    good.insert(login);
                }
            }
        }
        let mut kept = HashSet::new();
        links.retain(|(login, _)| good.contains(login) && kept.insert(login.clone()));
        let lacks = |row: &usize| !self.skipped.contains(row) && !good.contains(self.all[*row].login.as_str());
        Ok((0..self.done()).filter(lacks).collect())
    }

    /// New links for those of these rows who are in and have set no password yet.
    pub async fn prepare_links(&mut self, rows: &[usize]) -> Result<Chunk> {
        self.keep_up().await?;
        let (app, now) = (self.app, self.app.now());
        let logins: Vec<&str> = rows.iter().map(|row| self.all[*row].login.as_str()).collect();
        let members = store::members::invited(&mut app.db.read().await?, &self.workspace.id, &logins).await?;
        let new = members.iter().map(|member| password::link(app, &self.workspace.id, &member.id, now));
        let (links, paths) = new.unzip();
        let with = (self.workspace.data_key.clone(), app.keyring.writes());
        Ok(Chunk { rows: 0..0, now, with, members, contacts: Vec::new(), links, paths })
    }

    /// Puts these links in; older ones of the same members end.
    pub async fn put_links(&self, chunk: &Chunk) -> Result<Put> {
        let (app, row) = (self.app, &self.row);
        let told = |member| members::deed(member, "invited_again").line(self.app, chunk.now);
        let audit: Vec<_> = chunk.members.iter().map(told).collect();
        let ids: Vec<_> = chunk.members.iter().map(|member| member.id.clone()).collect();
        if ids.is_empty() {
            return Ok(Put::Done);
        }
        outcome(transaction!(app.db, conn => {
            if !store::imports::set_done(conn, row, row.done).await? {
                return Err(Stop::Is(Put::TakenOver));
            }
            let taken = store::members::take_invited(conn, &self.workspace.id, &chunk.members).await?;
            if usize::try_from(taken) != Ok(ids.len()) {
                return Err(Stop::Is(Put::Changed));
            }
            store::links::end_for_members(conn, &ids, chunk.now).await?;
            for id in &ids {
                store::invitations::end_for_member(conn, &self.workspace.id, id, chunk.now).await?;
            }
            let more = store::logs::audit_all(&audit).chain(store::links::insert_all(&chunk.links));
            store::apply(conn, more).await?;
            Ok(())
        }))
    }
}

/// Adds all without anybody who looks on; none when one login name is taken: then answers which (by place in the list).
pub async fn all(
    app: &App,
    workspace: &Workspace,
    all: &[NewMember],
) -> Result<std::result::Result<usize, Vec<usize>>> {
    let found = look(app, workspace, all).await?;
    if !found.taken.is_empty() {
        return Ok(Err(found.taken));
    }
    let mut import = begin(app, workspace, all).await?;
    while !import.is_over() {
        let chunk = import.prepare(false).await?;
        if import.put(&chunk).await? == Put::TakenOver {
            return Err(Error::Broken("another import of the same members is under way".to_owned()));
        }
    }
    let skipped: Vec<usize> = import.skipped().collect();
    Ok(if skipped.is_empty() { Ok(all.len()) } else { Err(skipped) })
}
