//! `aikagi audit …`: the audit log as lines of JSON in a file that grows, to be kept where the server's own disk is not; its public keys and
//! signed heads; and the proof that nothing of it was changed (`verify`).

mod verify;

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use serde_json::value::RawValue;

use super::{closing, open as open_app};
use crate::app::App;
use crate::config::read as config;
use crate::flows::chain::{self, Entry, Row, heads};
use crate::model::{Timestamp, id::AuditId};
use crate::store::chain::{Head, Place};

/// Keep the audit log elsewhere, and prove that it is whole.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Export(Export),
    Verify(verify::Verify),
    /// Print the public keys by which signed heads can be checked without the database: keep them with the export.
    Key,
    /// Print the newest signed head of every workspace's log, a line each: keep them where this machine's administrators cannot write.
    Heads,
}

/// Add what is new to a file of JSON lines, made if it is not there. Run it often; keep the file on another machine.
#[derive(Debug, Args)]
#[command(
    after_help = "Each workspace's rows come in the order of their chain, with what `aikagi audit verify` needs to prove the file whole.

Example:
  aikagi audit export /mnt/elsewhere/aikagi-audit.jsonl"
)]
pub(super) struct Export {
    /// The file.
    file: PathBuf,
    /// Without effect: every run goes to the end.
    #[arg(long, hide = true)]
    to_the_end: bool,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) at: jiff::Timestamp,
    pub(super) workspace: Option<String>,
    pub(super) login: Option<String>,
    pub(super) action: String,
    pub(super) actor: String,
    pub(super) workspace_id: Option<String>,
    pub(super) member_id: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) network: Option<String>,
    /// Before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<Box<RawValue>>,
    /// Where it stands in its chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chain: Option<Standing>,
    /// On a line of its own behind the row that it signs: a head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<String>,
}

/// A line's place in its chain.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Standing {
    nth: i64,
    by_leaf: String,
    about_leaf: String,
    link: String,
}

impl Command {
    pub(super) async fn run(self, path: Option<&Path>) -> Result<ExitCode> {
        if let Self::Verify(verify) = &self
            && let Some(file) = verify.file()
        {
            return verify.of_file(file);
        }
        let app = open_app(config::from_system(path, Vec::new())?).await?;
        let mut code = ExitCode::SUCCESS;
        let done = async {
            match self {
                Self::Export(export) => export.run(&app).await,
                Self::Verify(verify) => {
                    code = verify.of_database(&app).await?;
                    Ok(())
                }
                Self::Key => {
                    heads::vouch(&app).await?;
                    heads::keys(&app).await?.iter().for_each(|key| println!("{key}"));
                    Ok(())
                }
                Self::Heads => newest_heads(&app).await,
            }
        };
        let done = done.await;
        closing(&app, done).await.map(|()| code)
    }
}

async fn newest_heads(app: &App) -> Result<()> {
    // Today's, too, where no server has signed it yet.
    chain::append(app).await?;
    heads::sign(app).await?;
    for name in chain::names(app).await? {
        if let Some(head) = heads::list(app, &name, 0).await?.last() {
            println!("{}", heads::to_line(head));
        }
    }
    Ok(())
}

impl Export {
    async fn run(self, app: &App) -> Result<()> {
        let named = || self.file.display().to_string();
        let mut file = open(&self.file)?;
        last_id(&mut file).with_context(named)?;
        let ends = ends(&mut file).with_context(named)?;
        chain::append(app).await?;
        let mut count = 0_usize;
        for name in chain::names(app).await? {
            let end = ends.get(&name).cloned().unwrap_or_default();
            count += self.chain(app, &name, end, &mut file).await.with_context(named)?;
        }
        println!("{count} lines were added to {}.", self.file.display());
        Ok(())
    }

    /// What is new of one chain, its heads each behind the row that it signs.
    async fn chain(&self, app: &App, name: &str, mut end: End, file: &mut File) -> Result<usize> {
        let mut heads = heads::list(app, name, end.head + 1).await?.into_iter().peekable();
        let mut count = 0;
        loop {
            // The last one once more, to see whether it is the one in the file.
            let from = if count == 0 { end.nth - 1 } else { end.nth };
            let mut some = chain::page(app, name, from).await?;
            if count == 0 && some.first().is_some_and(|first| first.place.nth == end.nth) {
                let last = some.remove(0);
                if last.place.link != end.link {
                    bail!(
                        "it and the database tell different things from the audit log's row {} on: the database was restored or \
                         changed since. Keep the file, see `aikagi audit verify --database`, and export into a new one",
                        end.nth
                    );
                }
            }
            let mut text = Vec::new();
            for entry in &some {
                while let Some(head) = heads.next_if(|head| head.nth < entry.place.nth) {
                    write_line(&mut text, &shown_head(&head, entry))?;
                    count += 1;
                }
                write_line(&mut text, &shown(entry)?)?;
                count += 1;
                if let Some(head) = heads.next_if(|head| head.nth == entry.place.nth) {
                    write_line(&mut text, &shown_head(&head, entry))?;
                    count += 1;
                }
                end.nth = entry.place.nth;
            }
            let is_over = some.is_empty();
            if is_over {
                for head in heads.by_ref() {
                    write_line(&mut text, &bare_head(&head))?;
                    count += 1;
                }
            }
            file.write_all(&text)?;
            file.sync_data()?;
            if is_over {
                return Ok(count);
            }
        }
    }
}

fn write_line(text: &mut Vec<u8>, line: &Line) -> Result<()> {
    serde_json::to_writer(&mut *text, line)?;
    text.push(b'\n');
    Ok(())
}

fn shown(entry: &Entry) -> Result<Line> {
    let (row, place) = (&entry.row, &entry.place);
    // What did not open is told as a text.
    let details = |text: &String| match RawValue::from_string(text.clone()) {
        Ok(raw) => Ok(raw),
        Err(_) => serde_json::value::to_raw_value(text),
    };
    Ok(Line {
        id: row.id.clone(),
        at: Timestamp(row.at).to_jiff(),
        workspace: entry.slug.clone(),
        login: entry.login.clone(),
        action: row.action.clone(),
        actor: row.actor.clone(),
        workspace_id: row.workspace_id.clone(),
        member_id: row.member_id.clone(),
        subject: row.subject.clone(),
        reference: row.reference.clone(),
        network: row.network.clone(),
        details: row.details.as_ref().map(details).transpose()?,
        chain: Some(Standing {
            nth: place.nth,
            by_leaf: place.by_leaf.clone(),
            about_leaf: place.about_leaf.clone(),
            link: place.link.clone(),
        }),
        head: None,
    })
}

/// A head looks like a line, so that who reads lines only need not know of heads.
fn bare_head(head: &Head) -> Line {
    Line {
        id: AuditId::new(head.signed_at, [0; 10]).0,
        at: head.signed_at.to_jiff(),
        workspace: None,
        login: None,
        action: "head_signed".to_owned(),
        actor: "server".to_owned(),
        workspace_id: (!head.workspace_id.is_empty()).then(|| head.workspace_id.clone()),
        member_id: None,
        subject: None,
        reference: None,
        network: None,
        details: None,
        chain: None,
        head: Some(heads::to_line(head)),
    }
}

fn shown_head(head: &Head, behind: &Entry) -> Line {
    Line { workspace: behind.slug.clone(), ..bare_head(head) }
}

/// How far a file has come with one chain.
#[derive(Debug, Clone, Default)]
struct End {
    nth: i64,
    link: String,
    /// The place of the newest head.
    head: i64,
}

/// How far the file has come with every chain. Lines of an earlier release have no place, and come once more.
fn ends(file: &mut File) -> Result<HashMap<String, End>> {
    file.seek(SeekFrom::Start(0))?;
    let mut ends = HashMap::<String, End>::new();
    for line in BufReader::new(&*file).split(b'\n') {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        let line: Line =
            serde_json::from_slice(&line).context("it holds something else than an export of the audit log")?;
        let end = ends.entry(line.workspace_id.clone().unwrap_or_default()).or_default();
        if let Some(head) = line.head.as_deref().and_then(heads::from_line) {
            end.head = end.head.max(head.nth);
        } else if let Some(place) = line.chain
            && place.nth > end.nth
        {
            (end.nth, end.link) = (place.nth, place.link);
        }
    }
    file.seek(SeekFrom::End(0))?;
    Ok(ends)
}

/// This process's alone.
fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another export to {} is under way", path.display()),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The id in the last whole line, empty without one; what a run left half written is cut off. The file is at its end then.
fn last_id(file: &mut File) -> Result<String> {
    const STEP: u64 = 4_096;
    let mut tail = Vec::new();
    let mut from = file.seek(SeekFrom::End(0))?;
    let end = from;
    // Back until two line ends are seen, or the beginning.
    while from > 0 && tail.split(|byte| *byte == b'\n').count() < 3 {
        let step = STEP.min(from);
        from -= step;
        file.seek(SeekFrom::Start(from))?;
        let mut more = vec![0; usize::try_from(step)?];
        file.read_exact(&mut more)?;
        more.extend_from_slice(&tail);
        tail = more;
    }
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let half = u64::try_from(tail.len() - whole)?;
    let last = tail[..whole].split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    let id = match last {
        None if from == 0 => String::new(),
        None => bail!("it holds something else than an export of the audit log"),
        Some(line) => {
            serde_json::from_slice::<Line>(line).context("it holds something else than an export of the audit log")?.id
        }
    };
    if id.is_empty()
        && half > 0
        && !tail[whole..].starts_with(b"{\"id\":\"aud_")
        && !b"{\"id\":\"aud_".starts_with(&tail[whole..])
    {
        bail!("it holds something else than an export of the audit log");
    }
    file.set_len(end - half)?;
    file.seek(SeekFrom::End(0))?;
    Ok(id)
}

/// The lines of an export one after the other; what is wrong is told by its number.
fn each(path: &Path) -> Result<impl Iterator<Item = Result<Line>>> {
    let unreadable = move || format!("{} cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    let lines = BufReader::new(file).split(b'\n').enumerate();
    Ok(lines.filter(|(_, line)| !line.as_ref().is_ok_and(Vec::is_empty)).map(move |(number, line)| {
        serde_json::from_slice(&line.with_context(unreadable)?)
            .with_context(|| format!("{}:{}: this is no line of an audit export", path.display(), number + 1))
    }))
}

/// What was done, by an export: each row once, also where an earlier release had written it before, and without heads.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for line in each(path)? {
        let line = line?;
        if line.head.is_none() && seen.insert(line.id.clone()) {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// A line as a row in its place; none for one of an earlier release, which has none.
fn placed(line: Line) -> Option<(Row, Place)> {
    let Standing { nth, by_leaf, about_leaf, link } = line.chain?;
    let details =
        line.details.map(|raw| serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned()));
    let row = Row {
        id: line.id,
        workspace_id: line.workspace_id,
        action: line.action,
        at: line.at.as_microsecond(),
        actor: line.actor,
        network: line.network,
        member_id: line.member_id,
        subject: line.subject,
        reference: line.reference,
        details,
    };
    Some((row, Place { nth, by_leaf, about_leaf, link }))
}

/// When a line was written.
pub(super) fn at(line: &Line) -> Timestamp {
    Timestamp(line.at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str) -> String {
        format!(
            "{{\"id\":\"{id}\",\"at\":\"2026-11-22T00:00:00Z\",\"workspace\":null,\"login\":null,\"action\":\"held\",\"actor\":\"operator\",\
             \"workspace_id\":null,\"member_id\":null,\"subject\":null,\"reference\":null,\"network\":null}}\n"
        )
    }

    fn last(text: &str) -> (Result<String>, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, text).expect("written");
        let id = last_id(&mut open(&path).expect("it opens"));
        (id, std::fs::read_to_string(&path).expect("there"))
    }

    #[test]
    fn it_goes_on_behind_the_last_whole_line() {
        assert_eq!(last("").0.expect("new"), "");
        let (one, two) = (line("aud_1"), line("aud_2"));
        assert_eq!(last(&format!("{one}{two}")).0.expect("an export"), "aud_2");
        for half in [&two[..1], &two[..40], &two[..two.len() - 1]] {
            let (id, text) = last(&format!("{one}{half}"));
            assert_eq!((id.expect("an export").as_str(), text.as_str()), ("aud_1", one.as_str()));
            let (id, text) = last(half);
            assert_eq!((id.expect("an export").as_str(), text.as_str()), ("", ""));
        }
        let many = one.repeat(200);
        assert_eq!(last(&format!("{many}{two}{}", &one[..90])).0.expect("an export"), "aud_2");
    }

    #[test]
    fn a_file_that_is_something_else_stays_as_it_is() {
        for other in
            ["hello", "login,name\nsuzuki,x\n", "{\"id\":1}\n", &"x".repeat(9_000), &format!("{}\n", "y".repeat(9_000))]
        {
            let (id, text) = last(other);
            assert!(id.is_err(), "{other:.20}");
            assert_eq!(text, other);
        }
    }
}
