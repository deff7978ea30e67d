//! Master keys and what is derived from them: a text file outside the database, HKDF-SHA256 (RFC 5869), one key a purpose.
//!
//! The file has one line a key, oldest first: `aikagi-key-1:<id>:<32 bytes, base64url>`. New writes use the LAST line; all lines
//! are tried by id when reading, so a key is rotated by adding a line. The exact-match index of contacts and the counters' keys
//! come from the FIRST line, because a lookup must compute the same text for ever: the first line may only go once every indexed
//! row has been computed anew. Losing the file loses every password and every sealed row: back it up apart from the database.

use std::{collections::HashSet, fmt, fs, io, io::Write, path::Path};

use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Dice, dice, seal::DataKey};

const LINE: &str = "aikagi-key-1";

/// 256 bits of key. Never shown, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Key(pub(super) [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Why a key file was not taken. None of these tells anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("the key file {path} cannot be {verb}: {source}")]
    Io {
        /// The file.
        path: String,
        /// "read" or "written".
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
pub struct MasterKeys(Vec<(String, Key)>);

impl MasterKeys {
    /// A file's worth with one fresh key.
    pub fn generate(dice: &dyn Dice) -> Self {
        Self(vec![(new_id(dice), Key(dice::bytes(dice)))])
    }

    /// Adds a fresh key behind the others, for new writes from now on.
    pub fn add(&mut self, dice: &dyn Dice) {
        self.0.push((new_id(dice), Key(dice::bytes(dice))));
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

/// The purposes of one master key.
pub(super) struct Derived {
    pub(super) id: String,
    pub(super) code: Key,
    pub(super) token: Key,
    pub(super) pepper: Key,
    pub(super) csrf: Key,
    pub(super) wrap: Key,
    pub(super) backup: Key,
}

/// Every key the server works with, derived once at the start.
pub struct Keyring {
    pub(super) contact_index: Key,
    pub(super) limit: Key,
    /// Oldest first, never empty.
    pub(super) all: Vec<Derived>,
    server: DataKey,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|key| &key.id)).finish()
    }
}

impl Keyring {
    /// Derives all keys.
    pub fn new(master: &MasterKeys) -> Self {
        let all = master.0.iter().map(|(id, key)| Derived {
            id: id.clone(),
            code: derive(key, "code"),
            token: derive(key, "token"),
            pepper: derive(key, "pepper"),
            csrf: derive(key, "csrf"),
            wrap: derive(key, "wrap"),
            backup: derive(key, "backup"),
        });
        let server = master.0.iter().map(|(id, key)| (id.clone(), derive(key, "server data")));
        let oldest = &master.0[0].1;
        Self {
            contact_index: derive(oldest, "contact index"),
            limit: derive(oldest, "limit"),
            all: all.collect(),
            server: DataKey::of_server(server.collect()),
        }
    }

    /// The key with which the server seals rows that belong to no workspace.
    pub fn server_key(&self) -> &DataKey {
        &self.server
    }

    pub(super) fn newest(&self) -> &Derived {
        self.all.last().expect("a key file holds at least one key")
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Derived> {
        self.all.iter().find(|key| key.id == id)
    }
}

/// The key of one backup file: a key of its own for each, so that its chunks can be numbered from nought.
pub(super) fn of_file(backup: &Key, salt: &[u8; 32]) -> Key {
    let mut key = Key([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), &backup.0)
        .expand(b"aikagi backup file", &mut key.0)
        .expect("32 bytes are within what HKDF gives");
    key
}

/// HKDF-SHA256 with the purpose as `info`; changing these texts changes every key.
fn derive(master: &Key, purpose: &str) -> Key {
    let mut key = Key([0; 32]);
    Hkdf::<Sha256>::new(Some(b"aikagi-key-1"), &master.0)
        .expand(purpose.as_bytes(), &mut key.0)
        .expect("32 bytes are within what HKDF gives");
    key
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
    fn two_keys_write_with_the_newest_and_index_with_the_oldest() {
        let mut master = MasterKeys::generate(&SeededDice::new(1));
        let before = Keyring::new(&master);
        master.add(&SeededDice::new(2));
        let after = Keyring::new(&MasterKeys::parse(&master.to_text()).expect("parses"));
        assert_eq!(before.contact_index("sms", "+81901"), after.contact_index("sms", "+81901"));
        assert_ne!(before.newest().id, after.newest().id);
        assert!(after.by_id(&before.newest().id).is_some());
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

    #[test]
    fn purposes_and_masters_give_different_keys_and_debug_shows_none() {
        let mut master = MasterKeys::generate(&SeededDice::new(1));
        master.add(&SeededDice::new(2));
        let ring = Keyring::new(&master);
        let mut seen = HashSet::from([ring.contact_index.0, ring.limit.0]);
        for key in &ring.all {
            for one in [&key.code, &key.token, &key.pepper, &key.csrf, &key.wrap, &key.backup] {
                assert!(seen.insert(one.0));
            }
        }
        let shown = format!("{ring:?} {master:?} {:?}", ring.server_key());
        for line in master.to_text().lines() {
            assert!(!shown.contains(line.rsplit(':').next().expect("a key")));
        }
        assert!(!shown.contains("[0,") && !shown.contains(", 1"), "{shown}");
    }
}
