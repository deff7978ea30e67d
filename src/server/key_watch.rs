//! How a running server comes to know of another master key: it looks at its key file and at what the database says, every second, and
//! tells the other side what it has. No restart is needed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::{Error, Result, keys};
use crate::vault::MasterKeys;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often this server says that it runs, when nothing changes.
const SPEAK_EVERY: u32 = 5;

/// What tells one state of a file from another.
type Stamp = Option<(SystemTime, u64, u64)>;

/// The key file of a running server.
pub(super) struct KeyWatch {
    id: String,
    file: PathBuf,
    stamp: Stamp,
    /// The key that the database is written with and that this server does not have.
    missing: Option<String>,
}

impl KeyWatch {
    /// Says for the first time that this server runs, also one that serves nobody yet because its clock is wrong.
    pub(super) async fn begin(app: &App) -> Result<Self> {
        let id = data_encoding::HEXLOWER.encode(&app.chance::<8>());
        let file = app.config.master_key_file.clone();
        // Without a stamp: the file was read before the database opened, and another may have come since.
        let watch = Self { id, stamp: None, file, missing: None };
        keys::announce(app, &watch.id).await?;
        keys::refresh(app).await?;
        Ok(watch)
    }

    /// Watches until `stop`.
    pub(super) async fn go_on(&mut self, app: &App, stop: CancellationToken) {
        let mut second = tokio::time::interval(LOOK_EVERY);
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut silent_for = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = second.tick() => {}
            }
            let before = had(app);
            let read = self.read_again(app);
            match keys::refresh(app).await {
                Err(Error::Key(missing)) => {
                    tracing::error!(%missing, "this server cannot work: give it the present key file");
                    // The file may be on its way: read it whatever its stamp says.
                    (self.stamp, self.missing) = (None, Some(missing.0));
                }
                Err(error) => tracing::error!(%error, "cannot ask which key writes"),
                Ok(()) => {
                    if self.missing.take().is_some() {
                        tracing::warn!("this server has the key that writes and works again");
                    }
                }
            }
            silent_for += 1;
            if read || before != had(app) || silent_for >= SPEAK_EVERY {
                match keys::announce(app, &self.id).await {
                    Ok(()) => silent_for = 0,
                    Err(error) => tracing::error!(%error, "cannot say that this server runs"),
                }
            }
        }
        keys::farewell(app, &self.id).await.ok();
    }

    /// Takes the file's keys if it has changed. A file that cannot be used changes nothing.
    fn read_again(&mut self, app: &App) -> bool {
        let now = stamp(&self.file);
        if now == self.stamp || now.is_none() {
            return false;
        }
        self.stamp = now;
        let before = had(app);
        let taken = match MasterKeys::read(&self.file) {
            Ok(master) => match &self.missing {
                // The one that wrote before may have been taken out of the file since.
                Some(missing) => app.keyring.replace_and_turn(&master, missing),
                None => app.keyring.replace(&master),
            }
            .map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        match taken {
            Ok(()) if had(app) == before => {}
            Ok(()) => tracing::info!(keys = ?app.keyring, "the key file has changed and was read again"),
            Err(why) => {
                tracing::error!(%why, "the key file has changed and cannot be used: the keys stay as they were");
            }
        }
        true
    }
}

fn had(app: &App) -> (Vec<String>, String, Option<String>) {
    (app.keyring.ids(), app.keyring.writes(), app.keyring.other())
}

fn stamp(file: &std::path::Path) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len(), about.ino()))
}
