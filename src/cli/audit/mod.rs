//! `aikagi audit export`: the audit log as lines of JSON in a file that grows, to be kept where the server's own disk is not.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::flows::history;
use crate::model::{Timestamp, minutes};

/// The audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Export(Export),
}

/// Add what is new to a file of JSON lines, made if it is not there. Run it often; keep the file on another machine.
#[derive(Debug, Args)]
#[command(
    after_help = "What happened in the last minute comes with the next run, so that no line is missed that was written meanwhile.

Example:
  aikagi audit export /mnt/elsewhere/aikagi-audit.jsonl"
)]
pub(super) struct Export {
    /// The file.
    file: PathBuf,
    /// The last minute, too: when no server runs any more.
    #[arg(long)]
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
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::Export(export) => export.run(app).await,
        }
    }
}

impl Export {
    async fn run(self, app: &App) -> Result<()> {
        let named = || self.file.display().to_string();
        let mut file = open(&self.file)?;
        let mut after = last_id(&mut file).with_context(named)?;
        let until = if self.to_the_end { app.now() } else { app.now() - minutes(1) };
        let mut count = 0_usize;
        loop {
            let some = history::audit_after(app, &after, until).await?;
            let Some(last) = some.last() else { break };
            last.line.id.as_str().clone_into(&mut after);
            let mut text = Vec::new();
            for entry in &some {
                serde_json::to_writer(&mut text, &shown(entry))?;
                text.push(b'\n');
            }
            file.write_all(&text).and_then(|()| file.sync_data()).with_context(named)?;
            count += some.len();
        }
        println!("{count} lines were added to {}.", self.file.display());
        Ok(())
    }
}

fn shown(entry: &history::Entry) -> Line {
    let line = &entry.line;
    Line {
        id: line.id.to_string(),
        at: line.at.to_jiff(),
        workspace: entry.slug.clone(),
        login: entry.login.clone(),
        action: line.action.clone(),
        actor: line.actor.clone(),
        workspace_id: line.workspace_id.as_ref().map(ToString::to_string),
        member_id: line.member_id.as_ref().map(ToString::to_string),
        subject: line.subject.clone(),
        reference: line.reference.clone(),
        network: line.network.clone(),
    }
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

/// The lines of an export, each with its number; what is wrong is told by its line.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut lines = Vec::new();
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let line = serde_json::from_slice(line)
            .with_context(|| format!("{}:{}: this is no line of an audit export", path.display(), number + 1))?;
        lines.push(line);
    }
    Ok(lines)
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
