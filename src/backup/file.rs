//! The file of a backup while it is written: beside its final name, readable by its owner only, and renamed when all of it
//! is on the disk. What was there before stays until then.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, Result, of};

/// A file that is gone again unless it is kept.
pub struct Partial {
    path: PathBuf,
    beside: PathBuf,
    file: File,
    force: bool,
    kept: bool,
}

impl Partial {
    /// Opens `NAME.partial`. What an interrupted backup left there is thrown away.
    pub fn begin(path: &Path, force: bool) -> Result<Self> {
        if !force && path.exists() {
            return Err(Error::Exists(path.to_owned()));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let beside = path.with_file_name(name);
        let file = match create(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let old = File::open(&beside).map_err(of(&beside))?;
                lock(&old, path)?;
                fs::remove_file(&beside).map_err(of(&beside))?;
                create(&beside)
            }
            file => file,
        };
        let file = file.map_err(of(&beside))?;
        // From here on it is taken back should anything fail.
        let partial = Self { path: path.to_owned(), beside, file, force, kept: false };
        lock(&partial.file, path)?;
        Ok(partial)
    }

    /// Where to write.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Waits for the disk and gives it its name.
    pub fn keep(mut self) -> Result<()> {
        self.file.sync_all().map_err(of(&self.path))?;
        if !self.force && self.path.exists() {
            return Err(Error::Exists(self.path.clone()));
        }
        fs::rename(&self.beside, &self.path).map_err(of(&self.path))?;
        self.kept = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(of(folder))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be taken back is thrown away by the next one.
            fs::remove_file(&self.beside).ok();
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The system lets go of the lock when the process ends, however it ends.
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::UnderWay(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(of(path)(error)),
    }
}
