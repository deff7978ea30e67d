//! The file of master keys, outside the database: read, written, and changed without ever being half there.
//!
//! It has one line a key, oldest first: `aikagi-key-1:<id>:<32 bytes, base64url>`. All lines are tried by id when reading; which one new
//! writes use is said by the database, so that all servers change at once. Losing the file loses every password and every sealed
//! row: back it up apart from the database.

use std::{collections::HashSet, fs, io, io::Write, path::Path, path::PathBuf};

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::{Dice, dice, keys::Key};

const LINE: &str = "aikagi-key-1";

/// Why a key file was not taken. None of these tells anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("the key file {path} cannot be {verb}: {source}")]
    Io {
        /// The file.
        path: String,
        /// "read", "written" and the like.
        verb: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// Others than the owner may read it.
    #[error("the key file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    Open {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// A line is not `aikagi-key-1:<id>:<key>`.
    #[error("line {0} of the key file is not `aikagi-key-1:<id>:<32 bytes in base64url or hex>`")]
    Line(usize),
    /// Two lines have the same id.
    #[error("line {0} of the key file repeats the id of an earlier line")]
    Twice(usize),
    /// There is no key.
    #[error("the key file holds no key")]
    Empty,
}

/// The master keys of a server, oldest first, never empty.
#[derive(Debug, Clone)]
pub struct MasterKeys(pub(super) Vec<(String, Key)>);

impl MasterKeys {
    /// A file's worth with one fresh key.
    pub fn generate(dice: &dyn Dice) -> Self {
        Self(vec![(new_id(dice), Key(dice::bytes(dice)))])
    }

    /// Adds a fresh key behind the others and answers its id. It is only read with until it takes over.
    pub fn add(&mut self, dice: &dyn Dice) -> String {
        let id = loop {
            let id = new_id(dice);
            if !self.has(&id) {
                break id;
            }
        };
        self.0.push((id.clone(), Key(dice::bytes(dice))));
        id
    }

    /// The keys' ids, oldest first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// Whether there is a key of this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|own| own == id)
    }

    /// Takes this key out and answers it as a file of its own; none when there is no such key or it is the only one.
    pub fn take(&mut self, id: &str) -> Option<Self> {
        let at = self.0.iter().position(|(own, _)| own == id).filter(|_| self.0.len() > 1)?;
        Some(Self(vec![self.0.remove(at)]))
    }

    /// Reads the key file. On Unix a file that group or others may touch is refused.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Io { path: path.display().to_string(), verb: "read", source };
        let mut file = fs::File::open(path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Of the open file, not of the path: nobody can swap it in between.
            let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(KeyFileError::Open { path: path.display().to_string(), mode });
            }
        }
        let mut text = Zeroizing::new(String::new());
        io::Read::read_to_string(&mut file, &mut text).map_err(failed)?;
        Self::parse(&text)
    }

    /// The keys of a file's text. Empty lines and lines that start with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys = Vec::new();
        let mut ids = HashSet::new();
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) = parse_line(line).ok_or(KeyFileError::Line(number))?;
            if !ids.insert(id.clone()) {
                return Err(KeyFileError::Twice(number));
            }
            keys.push((id, key));
        }
        if keys.is_empty() { Err(KeyFileError::Empty) } else { Ok(Self(keys)) }
    }

    /// The file's text.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(128 * self.0.len()));
        for (id, key) in &self.0 {
            text.push_str(LINE);
            text.push(':');
            text.push_str(id);
            text.push(':');
            BASE64URL_NOPAD.encode_append(&key.0, &mut text);
            text.push('\n');
        }
        text
    }

    /// Writes a new file that only its owner may read (0600) and waits for the disk; an existing file is never overwritten.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        let failed = |source| KeyFileError::Io { path: path.display().to_string(), verb: "written", source };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(self.to_text().as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)
    }
}

/// Changes a key file as one step: whoever reads it, or loses power, has the old file or the new one, whole. Two changes at once wait for
/// each other. The new file belongs to the same user as the old one and is readable by its owner only. `change` answers what the caller
/// wants to know, or why nothing is changed.
pub fn change_file<T, E: From<KeyFileError>>(
    path: &Path,
    change: impl FnOnce(&mut MasterKeys) -> Result<T, E>,
) -> Result<T, E> {
    // A link stays one: what it leads to is replaced.
    let path = fs::canonicalize(path).map_err(failed(path, "read"))?;
    let folder = path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let lock = fs::File::open(&folder).map_err(failed(&folder, "read"))?;
    lock.lock().map_err(failed(&folder, "locked"))?;
    let mut keys = MasterKeys::read(&path)?;
    let answer = change(&mut keys)?;
    let new = path.with_added_extension("new");
    // What an earlier try left behind when it was interrupted: the lock says that nobody works on it.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&new, "removed")(error).into()),
        _ => {}
    }
    keys.write_new(&new)?;
    keep_owner(&path, &new)?;
    fs::rename(&new, &path).map_err(failed(&path, "replaced"))?;
    lock.sync_all().map_err(failed(&folder, "written"))?;
    Ok(answer)
}

/// An operator may be root where the server is not: it must still be able to read its file.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::MetadataExt as _;
    let (was, is) = (fs::metadata(old).map_err(failed(old, "read"))?, fs::metadata(new).map_err(failed(new, "read"))?);
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        std::os::unix::fs::chown(new, Some(was.uid()), Some(was.gid())).map_err(failed(new, "given to its owner"))?;
    }
    Ok(())
}
#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

fn failed(path: &Path, verb: &'static str) -> impl Fn(io::Error) -> KeyFileError {
    let path = path.display().to_string();
    move |source| KeyFileError::Io { path: path.clone(), verb, source }
}

fn new_id(dice: &dyn Dice) -> String {
    data_encoding::HEXLOWER.encode(&dice::bytes::<4>(dice))
}

fn parse_line(line: &str) -> Option<(String, Key)> {
    let mut parts = line.split(':');
    let (Some(LINE), Some(id), Some(key), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    // Ids stand inside stored texts between dots, dollars and commas.
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || id.len() > 16 || !id.bytes().all(plain) {
        return None;
    }
    let bytes = if key.len() == 64 {
        data_encoding::HEXLOWER_PERMISSIVE.decode(key.as_bytes())
    } else {
        BASE64URL_NOPAD.decode(key.trim_end_matches('=').as_bytes())
    };
    let bytes = Zeroizing::new(bytes.ok()?);
    Some((id.to_owned(), Key(bytes.as_slice().try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::SeededDice;

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("aikagi-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn a_written_file_reads_back_and_is_never_overwritten() {
        let path = scratch("written.key");
        let keys = MasterKeys::generate(&SeededDice::new(1));
        keys.write_new(&path).expect("a new file");
        assert_eq!(*MasterKeys::read(&path).expect("readable").to_text(), *keys.to_text());
        assert!(matches!(keys.write_new(&path), Err(KeyFileError::Io { verb: "written", .. })));
        fs::remove_file(path).expect("cleaned");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_way_out() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = scratch("open.key");
        MasterKeys::generate(&SeededDice::new(1)).write_new(&path).expect("a new file");
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode set");
            let refused = MasterKeys::read(&path).expect_err("refused").to_string();
            assert!(refused.contains("chmod 600"), "{refused}");
        }
        fs::remove_file(path).expect("cleaned");
    }

    #[test]
    fn broken_files_are_refused_by_line() {
        let good = MasterKeys::generate(&SeededDice::new(1)).to_text();
        let refused = |text: &str| MasterKeys::parse(text).expect_err("refused").to_string();
        assert!(refused("# only a remark\n\n").contains("no key"));
        assert!(refused(&format!("{}{}", *good, *good)).contains("line 2"));
        for bad in ["aikagi-key-2:a:AAAA", "aikagi-key-1:a:AAAA", "aikagi-key-1::", "x"] {
            assert!(refused(&format!("#\n{bad}\n")).contains("line 2"), "{bad}");
        }
        let hex = format!("aikagi-key-1:hex:{}", "0f".repeat(32));
        assert!(MasterKeys::parse(&hex).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_change_keeps_mode_and_link_and_every_older_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real.key"), folder.path().join("master.key"));
        let dice = SeededDice::new(1);
        let keys = MasterKeys::generate(&dice);
        keys.write_new(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        // Left behind by a try that was interrupted.
        fs::write(folder.path().join("real.key.new"), "aikagi-key-1:half").unwrap();
        let id = change_file(&link, |keys| Ok::<_, KeyFileError>(keys.add(&dice))).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        let now = MasterKeys::read(&link).unwrap();
        assert!(now.to_text().starts_with(keys.to_text().as_str()) && now.has(&id));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        // Refused: nothing is changed.
        let before = fs::read(&path).unwrap();
        change_file(&link, |keys| {
            keys.add(&dice);
            Err::<(), _>(KeyFileError::Empty)
        })
        .unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn two_changes_at_once_lose_neither() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKeys::generate(&SeededDice::new(1)).write_new(&path).unwrap();
        std::thread::scope(|scope| {
            for seed in 2..10 {
                let path = &path;
                scope.spawn(move || change_file(path, |keys| Ok::<_, KeyFileError>(keys.add(&SeededDice::new(seed)))));
            }
        });
        assert_eq!(MasterKeys::read(&path).unwrap().ids().count(), 9);
    }

    #[test]
    fn the_last_key_cannot_be_taken_out() {
        let dice = SeededDice::new(1);
        let mut keys = MasterKeys::generate(&dice);
        let first = keys.ids().next().unwrap().to_owned();
        assert!(keys.take(&first).is_none());
        let second = keys.add(&dice);
        assert!(keys.take("none").is_none());
        assert!(keys.take(&first).unwrap().has(&first));
        assert_eq!(keys.ids().collect::<Vec<_>>(), [second]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_written_the_same(any in "\\PC*", near in "([0-9a-f]{8}:[A-Za-z0-9_=-]{40,44}\n?|#[a-z ]{0,9}\n|\n){0,4}") {
            for text in [any, near] {
                if let Ok(keys) = MasterKeys::parse(&text) {
                    let again = MasterKeys::parse(&keys.to_text()).expect("its own text");
                    proptest::prop_assert!(keys.ids().eq(again.ids()));
                }
            }
        }
    }
}
