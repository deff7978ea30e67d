//! The file carrier: one JSON line a message, for trying things out and for tests that read the messages like a person would.
//!
//! The file holds codes in the clear: it is made readable by its owner only, and is no carrier for a workplace.

use std::{
    fs, io,
    io::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;

use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::model::Cause;

/// Appends every letter to a file. The file is opened anew each time, so that it may be moved away or emptied.
#[derive(Debug, Clone)]
pub struct FileCarrier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    path: PathBuf,
    /// One writer at a time, so that a short write could not be torn by another's line.
    turn: Mutex<()>,
}

/// The line's fields, in the order in which they are written.
#[derive(serde::Serialize)]
struct Line<'a> {
    at: String,
    id: &'a str,
    kind: &'static str,
    to: &'a str,
    subject: Option<&'a str>,
    text: &'a str,
    purpose: &'a str,
    reference: Option<&'a str>,
}

impl FileCarrier {
    /// A carrier to this file, which the first letter makes (mode 0600) when it is not there. A place where it cannot be made is refused.
    pub fn open(name: &str, path: impl Into<PathBuf>) -> io::Result<Self> {
        let inner = Inner { name: name.to_owned(), path: path.into(), turn: Mutex::new(()) };
        inner.can_be_written()?;
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    /// Changes nothing, since whoever only looks asks, too.
    fn can_be_written(&self) -> io::Result<()> {
        match fs::OpenOptions::new().append(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(std::path::Path::new("."));
                Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?)
            }
            opened => opened.map(drop),
        }
    }

    fn open(&self) -> io::Result<fs::File> {
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }

    /// Appends one line in one call and waits for the disk.
    fn append(&self, line: &[u8]) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.open()?;
        file.write_all(line)?;
        file.sync_data()
    }
}

fn line(letter: &Letter) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line {
        at: format!("{:.6}", letter.at.to_jiff()),
        id: &letter.id,
        kind: letter.channel.as_str(),
        to: &letter.to,
        subject: letter.subject.as_deref(),
        text: &letter.text,
        purpose: &letter.purpose,
        reference: letter.reference.as_deref(),
    })?;
    line.push(b'\n');
    Ok(line)
}

impl Carrier for FileCarrier {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel != Channel::Webhook
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(async move {
            let line = line(letter)
                .map_err(|_| NotHandedOver::never(Cause::Malformed, "the message cannot be written as JSON"))?;
            let inner = Arc::clone(&self.0);
            match tokio::task::spawn_blocking(move || inner.append(&line)).await {
                Ok(Ok(())) => Ok(HandedOver { provider_id: None }),
                Ok(Err(error)) => {
                    Err(NotHandedOver::later(Cause::Provider, format!("the file cannot be written: {}", error.kind())))
                }
                Err(_) => Err(NotHandedOver::later(Cause::Provider, "writing the file was broken off")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::carrier::letter, *};

    #[tokio::test]
    async fn each_letter_is_one_line_that_only_the_owner_reads() {
        let path = std::env::temp_dir().join(format!("aikagi-{}-letters.jsonl", std::process::id()));
        let _ = fs::remove_file(&path);
        let carrier = FileCarrier::open("file", &path).expect("a place for it");
        assert!(!path.exists(), "nothing is written by looking");
        let sms = letter(Channel::Sms, "+819012345678", "確認コード\n\"12345678\"");
        let mail = letter(Channel::Email, "taro@example.jp", "本文");
        let (one, two) = futures_util::future::join(carrier.hand_over(&sms), carrier.hand_over(&mail)).await;
        assert!(one.is_ok() && two.is_ok());
        assert!(carrier.hand_over(&sms).await.is_ok());

        let text = fs::read_to_string(&path).expect("readable");
        assert_eq!(text.lines().count(), 3);
        assert_eq!(
            text.lines().last(),
            Some(
                "{\"at\":\"2023-11-14T22:13:20.000001Z\",\"id\":\"msg_01\",\"kind\":\"sms\",\"to\":\"+819012345678\",\"subject\":null,\
                 \"text\":\"確認コード\\n\\\"12345678\\\"\",\"purpose\":\"recovery_code\",\"reference\":\"R-1\"}"
            )
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(&path).expect("cleaned");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_says_so_without_the_message() {
        let path = std::env::temp_dir().join(format!("aikagi-{}-gone", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        let carrier = FileCarrier::open("file", path.join("letters")).expect("a place for it");
        fs::remove_dir_all(&path).expect("gone");
        assert!(FileCarrier::open("file", path.join("letters")).is_err());
        let refused = carrier.hand_over(&letter(Channel::Sms, "+819012345678", "12345678")).await;
        let Err(NotHandedOver { is_final: false, why, .. }) = refused else { panic!("{refused:?}") };
        assert!(!why.contains("8190") && !why.contains("12345678"), "{why}");
    }
}
