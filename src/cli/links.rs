//! The file of links that `aikagi member import --links` writes: a line is on the disk before the member whose it is can be
//! in, so that none is lost however the import ends. A file that was left midway is gone on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use crate::flows::import::Chunk;

const HEAD: &str = "login,name,link\n";

/// The open file, this process's alone.
pub(super) struct Links {
    path: PathBuf,
    file: File,
    /// What is behind this is not certain yet.
    certain: u64,
    /// Keeps others away from the file that this one took the place of.
    replaced: Option<File>,
}

/// A line of the file: login name and link, and the whole line.
pub(super) struct Line {
    pub(super) login: String,
    pub(super) link: Zeroizing<String>,
    text: Zeroizing<String>,
}

impl Links {
    /// Opens the file and reads what an earlier run left in it. Unless the import was `begun` before there can be nothing.
    pub(super) fn open(path: &Path, begun: bool) -> Result<(Self, Vec<Line>)> {
        let named = || format!("--links: {}", path.display());
        let mut file = options().open(path).with_context(|| format!("{} cannot be made", named()))?;
        lock(&file, path)?;
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o077 != 0 {
            bail!("{} is there already and can be read by others: name a new file", named());
        }
        if is_of_another(&file)? {
            bail!("{} is there already and belongs to another user: name a new file", named());
        }
        fs::remove_file(beside(path)).ok();
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).with_context(|| format!("{} is there already and cannot be read", named()))?;
        let known = lines(&text).filter(|known| begun || known.is_empty());
        let Some(known) = known else {
            bail!("{} is there already and holds something else: name a new file", named());
        };
        let mut links = Self { path: path.to_owned(), file, certain: 0, replaced: None };
        if known.is_empty() {
            links.file.set_len(0)?;
            links.file.seek(SeekFrom::Start(0))?;
            links.file.write_all(HEAD.as_bytes()).and_then(|()| links.file.sync_all()).with_context(named)?;
            sync_folder(path).with_context(named)?;
        }
        links.certain = links.file.seek(SeekFrom::End(0))?;
        Ok((links, known))
    }

    /// Keeps only these lines of what was read, if those are not all: in a new file that takes the place of the old one at once.
    pub(super) fn keep(&mut self, lines: &[&Line]) -> Result<()> {
        let mut text = Zeroizing::new(HEAD.to_owned());
        for line in lines {
            text.push_str(&line.text);
        }
        if u64::try_from(text.len()) == Ok(self.certain) {
            return Ok(());
        }
        let beside = beside(&self.path);
        let write = || {
            let mut file = options().create_new(true).open(&beside)?;
            file.try_lock()?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            sync_folder(&self.path)?;
            Ok::<_, std::io::Error>(file)
        };
        let file = write().with_context(|| format!("--links: {}", self.path.display()))?;
        self.certain = text.len().try_into()?;
        self.replaced = Some(std::mem::replace(&mut self.file, file));
        Ok(())
    }

    /// Writes the chunk's links down before it is put in.
    pub(super) fn write(&mut self, chunk: &Chunk, slug: &str, whole: impl Fn(&str) -> String) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (member, path) in chunk.links() {
            writer.write_record([&format!("{}@{slug}", member.login), &member.name, &whole(path)])?;
        }
        let bytes = Zeroizing::new(writer.into_inner().map_err(csv::IntoInnerError::into_error)?);
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.with_context(|| format!("--links: {}", self.path.display()))
    }

    /// What was written last is certain, or it came to nothing and is taken back.
    pub(super) fn settle(&mut self, is_in: bool) -> Result<()> {
        if !is_in {
            self.file.set_len(self.certain)?;
        }
        self.certain = self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // In a folder that others can write to, a link of theirs would lead the secrets to them.
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default(),
    );
    options
}

/// Whether the file is another user's, who could read it later whatever its mode is now.
#[cfg(target_os = "linux")]
fn is_of_another(file: &File) -> Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::uid(&file.metadata()?) != rustix::process::geteuid().as_raw())
}
#[cfg(not(target_os = "linux"))]
fn is_of_another(_: &File) -> Result<bool> {
    Ok(false)
}

/// The system lets go of the lock when the process ends, however it ends.
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!("--links: another import is writing {}", path.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("--links: {}", path.display())),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// The whole lines of the file; what follows the last line's end was being written when the program died. None when the
/// file is another one.
fn lines(text: &str) -> Option<Vec<Line>> {
    let Some(rest) = text.strip_prefix(HEAD) else { return HEAD.starts_with(text).then(Vec::new) };
    let mut lines = Vec::new();
    for line in rest.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let record = reader.records().next()?.ok()?;
        let (login, _) = record.get(0)?.rsplit_once('@')?;
        let link = Zeroizing::new(record.get(2)?.to_owned());
        lines.push(Line { login: login.to_owned(), link, text: Zeroizing::new(line.to_owned()) });
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_an_own_file_count() {
        let logins = |text: &str| lines(text).map(|all| all.into_iter().map(|line| line.login).collect::<Vec<_>>());
        assert_eq!(logins(""), Some(vec![]));
        assert_eq!(logins("login,na"), Some(vec![]));
        let text =
            format!("{HEAD}tanaka@acme,\"田中, 花子\",https://x/set-password/akl_1\nito@acme,伊藤,https://x/set-pass");
        assert_eq!(logins(&text), Some(vec!["tanaka".to_owned()]));
        assert_eq!(&*lines(&text).unwrap()[0].link, "https://x/set-password/akl_1");
        assert_eq!(logins("login,name\ntanaka,x\n"), None);
        assert_eq!(logins(&format!("{HEAD}tanaka,x,y\n")), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(any in "\\PC*", near in "([a-z]{0,3}@?[,\"\n]?){0,12}") {
            let _ = (lines(&any), lines(&format!("{HEAD}{any}")), lines(&format!("{HEAD}{near}")));
        }
    }
}
