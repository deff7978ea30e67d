//! `aikagi backup`, `aikagi restore` and `aikagi move`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use super::{audit, output, undone};
use crate::backup::{self, Contents, Total};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, read, sqlite_file};
use crate::store::{Db, keys, restored::Ended};
use crate::vault::{Keyring, MasterKeys, OsDice};

/// Write a sealed backup of the whole database; the server may run meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aikagi backup /var/backups/aikagi/$(date +%F).backup
  aikagi backup --verify /var/backups/aikagi/2026-11-22.backup")]
pub(super) struct Backup {
    /// The file to write, or to read with --verify.
    file: PathBuf,
    /// Replace the file if it is there. The old one stays until the new one is complete.
    #[arg(long)]
    force: bool,
    /// Only read a backup to its end and compare counts and digests.
    #[arg(long, conflicts_with = "force")]
    verify: bool,
}

/// Fill an empty database from a backup. The server must be stopped.
#[derive(Debug, Args)]
#[command(after_help = "The database is the configuration's, the key file the one that the backup was made with.

Example:
  aikagi restore /var/backups/aikagi/2026-11-22.backup --audit-export aikagi-audit.jsonl")]
pub(super) struct Restore {
    /// The backup.
    file: PathBuf,
    /// An export of the audit log (`aikagi audit export`): what the restore undoes is told from it, member by member.
    #[arg(long, value_name = "FILE")]
    audit_export: Option<PathBuf>,
}

/// Carry everything into an empty database of either engine. The server must be stopped.
#[derive(Debug, Args)]
#[command(after_help = "A password of PostgreSQL comes from PGPASSWORD or ~/.pgpass, not from the address.

Example:
  aikagi move --from sqlite:/var/lib/aikagi/aikagi.db --to postgres://aikagi@db.example.jp/aikagi")]
pub(super) struct Move {
    /// The database to read. It is not changed.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The empty database to fill.
    #[arg(long, value_name = "URL")]
    to: String,
}

impl Backup {
    pub(super) async fn run(self, config: Option<&Path>) -> Result<()> {
        let config = read::from_system(config, Vec::new())?;
        let keyring = keyring(&config)?;
        if self.verify {
            let contents = backup::verify(&keyring, &self.file)?;
            show(&contents.totals);
            println!("{} of {} is whole.", self.file.display(), output::time(contents.head.made_at));
            return Ok(());
        }
        must_be_there(&config.database_url)?;
        let db = Db::connect(&config.database_url).await?;
        // With the key that writes, which is the last that would be taken out of the file.
        let used = keys::list(&mut db.read().await?).await.unwrap_or_default();
        if let Some(key) = used.first() {
            keyring.turn(&key.id, None)?;
        }
        let done = backup::backup(&db, &keyring, &OsDice, SystemClock.now(), &self.file, self.force).await;
        db.close().await;
        let Contents { totals, .. } = done?;
        let rows: u64 = totals.iter().map(|total| total.rows).sum();
        println!("{} is written: {rows} rows of {} tables.", self.file.display(), totals.len());
        println!(
            "The key file {} is not in it, and without it nobody can read the backup: keep a copy of it apart.",
            config.master_key_file.display()
        );
        Ok(())
    }
}

impl Restore {
    pub(super) async fn run(self, config: Option<&Path>) -> Result<()> {
        let config = read::from_system(config, Vec::new())?;
        let keyring = keyring(&config)?;
        // Read first: a wrong file must stop it before anything is done.
        let export = self.audit_export.as_deref().map(audit::read).transpose()?;
        let now = SystemClock.now();
        let (contents, ended) = backup::restore(&keyring, &OsDice, now, &self.file, &config.database_url).await?;
        show(&contents.totals);
        println!("{}", told(&output::time(contents.head.made_at), ended));
        if let Some(lines) = &export {
            print!("\n{}", undone::told(lines, contents.head.made_at));
        }
        let newest = keyring.ids().pop();
        let writes = writing_key(&config.database_url).await?;
        if let Some(writes) = writes.filter(|id| newest.as_ref() != Some(id)) {
            println!(
                "It is written with the key {writes} again, as at that time; the key file holds a newer one. After the start: aikagi key rotate"
            );
        }
        Ok(())
    }
}

/// What the operator must know before the door opens again.
fn told(made_at: &str, ended: Ended) -> String {
    let Ended { sessions, codes, recoveries, links, forced_changes, alarms, messages, devices, waiting_contacts } =
        ended;
    format!(
        "The database is as it was at {made_at}.

Ended, so that nothing comes alive again that was used or lost since:
  {sessions} sessions, {codes} codes, {recoveries} open recoveries, {devices} known devices
  {links} links for a first password: give new ones with `aikagi member invite`
  {forced_changes} secrets of forced changes: give new ones with `aikagi member force-change`; until then the old password opens nothing
  {alarms} notices' rights to say \"that was not me\": who asks for it is held with `aikagi member hold`
  {messages} messages that waited are not sent
  {waiting_contacts} contacts that did not count yet at that time wait for the rest of it again, as from now

What happened after {made_at} is undone, and this database does not know what it was. Check before you start the server:
  passwords set since are the old ones again, also where somebody had stolen the old one
  contacts removed or frozen since count again; contacts added since are gone
  members suspended, held or released since are as they were before: `aikagi member list`
  members, workspaces and policies that were made or changed since are gone or as before
Who is in doubt is best held (`aikagi member hold`) until it is clear."
    )
}

impl Move {
    pub(super) async fn run(self) -> Result<()> {
        for url in [&self.from, &self.to] {
            if holds_password(url) {
                bail!(
                    "leave the password out of the address, where others on this machine can see it: give it in PGPASSWORD or ~/.pgpass"
                );
            }
        }
        must_be_there(&self.from)?;
        let totals = backup::transfer(&self.from, &self.to, SystemClock.now()).await?;
        show(&totals);
        println!(
            "Both databases hold the same. Now name the new one in `database_url` and start the server; \
             never start one on the old database again, since sessions and passwords would live in both."
        );
        Ok(())
    }
}

/// The id of the key with which the database is written.
async fn writing_key(url: &str) -> Result<Option<String>> {
    let db = Db::connect(url).await?;
    let used = keys::list(&mut db.read().await?).await?;
    db.close().await;
    Ok(used.into_iter().next().map(|key| key.id))
}

fn holds_password(url: &str) -> bool {
    let place = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    place.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

fn keyring(config: &Config) -> Result<Keyring> {
    let file = &config.master_key_file;
    if !file.exists() {
        bail!("there is no key file at {}: bring it back from where it is kept", file.display());
    }
    Ok(Keyring::new(&MasterKeys::read(file)?))
}

fn must_be_there(url: &str) -> Result<()> {
    if let Some(file) = sqlite_file(url)
        && !file.exists()
    {
        bail!("there is no database at {}", file.display());
    }
    Ok(())
}

fn show(totals: &[Total]) {
    let rows: Vec<_> =
        totals.iter().map(|total| vec![total.table.clone(), total.rows.to_string(), total.digest.clone()]).collect();
    output::table(&["TABLE", "ROWS", "SHA-256"], &rows);
}
