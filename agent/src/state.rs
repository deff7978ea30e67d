//! What the program keeps: who it is, how often it was started, what it was told. One directory, which nobody else may look into; every file is written
//! beside and put into its place at once.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Result;

const IDENTITY: &str = "identity.json";
const STARTS: &str = "starts";

/// Who this device is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub server: String,
    pub agent: String,
    pub workspace: String,
    pub workspace_name: String,
    pub member: String,
    pub login: String,
    /// The only key whose commands are taken.
    pub command_key: String,
    /// The device's own key.
    pub seed: String,
    /// The workplace took the device out.
    #[serde(default)]
    pub gone: bool,
}

/// The directory.
pub(crate) struct State {
    dir: PathBuf,
}

impl State {
    /// Opens it, or makes it.
    pub fn open(dir: &Path) -> Result<Self> {
        if !dir.exists() {
            fs::DirBuilder::new().mode(0o700).create(dir).map_err(|why| format!("{}: {why}", dir.display()))?;
        }
        is_ours(dir)?;
        let mode = fs::metadata(dir).map_err(|why| why.to_string())?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(format!("others may look into {}: chmod 700", dir.display()));
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Only one program at a time; until the answer is dropped.
    pub fn lock(&self) -> Result<File> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.dir.join("lock"));
        let file = file.map_err(|why| why.to_string())?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| "another aikagi-agent runs: stop the service first".to_owned())?;
        Ok(file)
    }

    /// Who this device is; none where it is not enrolled.
    pub fn identity(&self) -> Result<Option<Identity>> {
        self.read(IDENTITY)
    }

    /// It is enrolled, or the workplace took it out.
    pub fn set_identity(&self, identity: &Identity) -> Result<()> {
        self.write(IDENTITY, identity)
    }

    /// Nothing is kept any more.
    pub fn forget(&self) -> Result<()> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.dir.display());
        for file in fs::read_dir(&self.dir).map_err(failed)? {
            let file = file.map_err(failed)?;
            if file.file_name() != "lock" {
                fs::remove_file(file.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Once more: how often this was asked.
    pub fn one_more_start(&self) -> Result<i64> {
        let starts = self.read::<i64>(STARTS)?.unwrap_or_default() + 1;
        self.write(STARTS, &starts)?;
        Ok(starts)
    }

    /// Reads a file; none where there is none.
    pub fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let path = self.dir.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|why| format!("{}: {why}", path.display())),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(format!("{}: {why}", path.display())),
        }
    }

    /// Writes a file so that there is the old one or the new one, whenever the power goes.
    pub fn write(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let put = || -> std::io::Result<()> {
            let new = self.dir.join(format!("{name}.new"));
            let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(value)?)?;
            file.sync_all()?;
            fs::rename(&new, self.dir.join(name))?;
            File::open(&self.dir)?.sync_all()
        };
        put().map_err(|why| format!("{}: {why}", self.dir.join(name).display()))
    }
}

/// Refuses a file or directory that somebody else could have written, or could put another in place of.
pub(crate) fn is_ours(path: &Path) -> Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let whole = fs::canonicalize(path).map_err(|why| format!("{}: {why}", path.display()))?;
    for (nth, at) in whole.ancestors().enumerate() {
        let about = fs::symlink_metadata(at).map_err(|why| format!("{}: {why}", at.display()))?;
        let theirs = about.uid() != 0 && about.uid() != own;
        // In a directory such as /tmp others can write, and not put another in place of what is ours.
        let sticky = nth > 0 && about.mode() & 0o1000 != 0;
        if theirs || (about.mode() & 0o022 != 0 && !sticky) {
            return Err(format!("{} can be written by others: that is not safe", at.display()));
        }
    }
    Ok(())
}
