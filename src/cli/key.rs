//! `aikagi key …`: the master keys, beside running servers. A new one takes over, everything is computed anew with it, an old one goes.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use super::output;
use crate::app::App;
use crate::flows::keys::anew::Progress;
use crate::flows::keys::retiring::{self, Retire};
use crate::flows::keys::rotation::{self, Activate};
use crate::flows::keys::{self, Line, Resting, State, anew};
use crate::store::keys::Server;
use crate::vault::{MasterKeys, keyfile, keyfile::KeyFileError};

/// How long requests that are under way at a step may go on before the next one.
const UNDER_WAY: Duration = Duration::from_secs(5);
/// How often running servers are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// See and change the master keys; servers may run meanwhile.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every key and how many rows need it.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Add a new key to the key file without using it yet. Only needed with several servers: copy the file to all of them, then `rotate`.
    Add,
    /// Bring a new key into use and compute everything anew with it. Interrupted, it goes on when it is run again.
    #[command(
        after_help = "With one server this is all: it adds a key to the key file, the running server reads it by itself.
With several, run `aikagi key add` on one, copy the key file to all others, then `aikagi key rotate` once."
    )]
    Rotate {
        /// How long to wait for servers that have not read the new key.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        wait: u64,
    },
    /// Take a key out of the key file, if nothing needs it. It is kept in a file of its own for older backups.
    Retire {
        /// Its id, as `aikagi key list` shows it.
        id: String,
        /// Even if hashes rest on it that cannot be computed anew: those passwords, known devices, sessions, links for a first password, open
        /// recoveries and codes end, and so do the rights to object in notices that were sent.
        #[arg(long)]
        leave_hashes: bool,
    },
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::List { json } => list(app, json).await,
            Self::Add => add(app).await,
            Self::Rotate { wait } => rotate(app, Duration::from_secs(wait)).await,
            Self::Retire { id, leave_hashes } => retire(app, &id, leave_hashes).await,
        }
    }
}

async fn list(app: &App, json: bool) -> Result<()> {
    let lines = keys::list(app).await?;
    if json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines.iter().map(row).collect();
    output::table(&["KEY", "STATE", "WRITES FROM", "NEEDED BY"], &rows);
    Ok(())
}

fn row(line: &Line) -> Vec<String> {
    let state = match line.state {
        State::Writes => "writes",
        State::Waits => "waits",
        State::Reads => "only reads",
        State::Gone => "not in the key file",
    };
    let from = line.writes_from.map(output::time).unwrap_or_default();
    vec![line.id.clone(), state.to_owned(), from, needed_by(&line.resting)]
}

fn needed_by(resting: &Resting) -> String {
    let each = resting.each().into_iter().filter(|(_, rows)| *rows > 0);
    let each: Vec<_> = each.map(|(what, rows)| format!("{rows} {what}")).collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
}

async fn add(app: &App) -> Result<()> {
    let id = waiting_or_new(app).await?;
    println!(
        "The key {id} stands in {} and waits. Copy the file to every other server (mode 600); each reads it within a second. \
         Then, on one of them: aikagi key rotate",
        app.config.master_key_file.display()
    );
    Ok(())
}

/// The key that waits to take over: the one that is in the file already, or a new one.
async fn waiting_or_new(app: &App) -> Result<String> {
    let standing = keys::standing(app).await?;
    if standing.writes()?.done_at.is_none() {
        bail!("an earlier change of keys has not come to its end: run `aikagi key rotate` first");
    }
    if let Some(id) = standing.waiting {
        return Ok(id);
    }
    let file = &app.config.master_key_file;
    let (id, all) = keyfile::change_file(file, |keys| Ok::<_, KeyFileError>((keys.add(&*app.dice), keys.clone())))?;
    app.keyring.replace(&all)?;
    keys::refresh(app).await?;
    Ok(id)
}

async fn rotate(app: &App, wait: Duration) -> Result<()> {
    let standing = keys::standing(app).await?;
    let writes = standing.writes()?;
    if writes.done_at.is_some() && anew::left(app).await? > 0 {
        let total = compute(app).await?;
        println!(
            "{} rows were computed anew with the key {}, which writes: they had been left on an older one. No key was added; \
             run `aikagi key rotate` again for a new one.",
            total.anew, writes.id
        );
        return Ok(());
    }
    if writes.done_at.is_some() {
        // What a slow request wrote with an older key after the last change would be found no more after this one.
        anew::compute(app, |_| {}).await?;
        let id = waiting_or_new(app).await?;
        take_over(app, &id, wait).await?;
        println!("The key {id} writes from now on.");
    } else {
        println!("The change of keys that was begun goes on.");
    }
    let id = keys::standing(app).await?.writes()?.id.clone();
    for_all(wait, "write with it", async || rotation::behind(app, &id).await.map_err(Into::into)).await?;
    a_moment(app).await?;
    let total = compute(app).await?;
    println!("{} rows were computed anew with the key {id}.", total.anew);
    println!(
        "Copy {} to where it is kept apart from the backups, now. Older keys stay in it until nothing needs them: \
         `aikagi key list` says what does, `aikagi key retire ID` takes one out.",
        app.config.master_key_file.display()
    );
    Ok(())
}

async fn take_over(app: &App, id: &str, wait: Duration) -> Result<()> {
    loop {
        for_all(wait, "have read it", async || rotation::unready(app, id).await.map_err(Into::into)).await?;
        rotation::prepare(app, id).await?;
        a_moment(app).await?;
        match rotation::activate(app, id).await? {
            Activate::Done => return Ok(()),
            Activate::NotEverywhere(_) | Activate::NotPrepared => {}
            Activate::Overtaken => bail!("another change of keys is under way; see `aikagi key list`"),
        }
    }
}

/// Everything, again until nothing is left: a request that was under way may have written with the older key.
async fn compute(app: &App) -> Result<Progress> {
    let mut total = Progress::default();
    for _ in 0..5 {
        let done = anew::compute(app, show).await?;
        total.anew += done.anew;
        if anew::finish(app).await? {
            return Ok(total);
        }
    }
    bail!("rows are still written with an older key: is a server running that does not share this database's key file?")
}

fn show(progress: Progress) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{} rows seen, {} computed anew", progress.seen, progress.anew);
        std::io::stderr().flush().ok();
    }
}

/// Lets what is under way end, where a server runs at all.
async fn a_moment(app: &App) -> Result<()> {
    if !keys::servers(app).await?.is_empty() {
        tokio::time::sleep(UNDER_WAY).await;
    }
    Ok(())
}

/// Waits until no server is left behind.
async fn for_all(wait: Duration, what: &str, left: impl AsyncFn() -> Result<Vec<Server>>) -> Result<()> {
    let until = tokio::time::Instant::now() + wait;
    let mut told = false;
    loop {
        let behind = left().await?;
        if behind.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            bail!(
                "{} running server(s) do not {what} yet: nothing more is changed. Copy the key file to every server, see their logs, \
                 then run `aikagi key rotate` again; it goes on where it stopped",
                behind.len()
            );
        }
        if !told {
            eprintln!("Waiting until {} running server(s) {what} …", behind.len());
            told = true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn retire(app: &App, id: &str, leave: bool) -> Result<()> {
    let left = match retiring::retire(app, id, leave).await? {
        Retire::Ready(left) => left,
        Retire::NoSuch => bail!("the key file has no key `{id}`; `aikagi key list` shows all"),
        Retire::Writes => bail!("the key {id} is the one that writes; bring another into use first: aikagi key rotate"),
        Retire::NotDone => bail!("not everything is computed anew yet: run `aikagi key rotate` to its end first"),
        Retire::TooEarly(from) => bail!(
            "the newer key took over a short while ago, and what was under way then may still write with this one; \
             try again after {}",
            output::time(from)
        ),
        Retire::Needed(resting) => bail!("{}", refusal(id, &resting)),
    };
    let file = &app.config.master_key_file;
    let kept = kept_file(file, id);
    keyfile::change_file(file, |keys| {
        let old = keys.take(id).with_context(|| format!("the key file has no key `{id}` any more"))?;
        // Whatever happens now, the key is in one of the two files.
        match MasterKeys::read(&kept) {
            Ok(there) if there.has(id) => {}
            _ => old.write_new(&kept)?,
        }
        anyhow::Ok(())
    })?;
    if !left.is_nothing() {
        println!("Left behind, and worth nothing any more: {}.", needed_by(&left));
    }
    println!(
        "The key {id} is no longer in {}; running servers forget it within a second. Copy the file to every other server.
Backups that were made before still need it. It is kept in {}: move that file to where the key file's copy is kept, and destroy it with \
         the last of those backups. To restore one, put the line back at the beginning of the key file.",
        file.display(),
        kept.display()
    );
    Ok(())
}

fn kept_file(file: &Path, id: &str) -> PathBuf {
    file.with_added_extension(format!("retired-{id}"))
}

fn refusal(id: &str, resting: &Resting) -> String {
    let mut said = format!("the key {id} is needed by {}.", needed_by(resting));
    if resting.rows() > 0 {
        said.push_str(" Run `aikagi key rotate` first.");
    } else {
        said.push_str(
            " These are hashes: passwords and known devices change to the new key when their owner signs in, the others end by themselves. \
             Wait, or give --leave-hashes: then these passwords fit no more (their owners come back by recovery), these devices and \
             sessions are unknown, links for a first password open nothing (`aikagi member invite` makes new ones), and whoever was sent \
             a notice cannot say by it that it was not them.",
        );
    }
    said
}
