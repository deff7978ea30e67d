//! Removes a file or a directory with all that is in it, and nothing else. Every step goes by an open directory and one name in it, so that no
//! symbolic link is ever followed: not in what is removed, not in the path that leads there, not where somebody puts a link into its place meanwhile. A link is
//! removed as what it is. What is mounted inside stays.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fchmod, fstat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use crate::forms::PartState;

/// How deep a directory is gone into by open directories; what lies deeper is moved up first, or the system's limit of open files would keep it.
const DEEPEST: usize = 64;
/// How much is moved up at most: somebody may go on making deep directories.
const MOST_MOVED: u64 = 10_000;
/// How often a directory is looked through while an application still writes into it.
const ROUNDS: usize = 3;

/// What stands in the way.
#[derive(Debug)]
enum Stop {
    /// A symbolic link in the path.
    Link(String),
    /// Another file system.
    Mounted(String),
    /// The system says no.
    No(String, Errno),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Link(name) => write!(f, "{name} is a symbolic link in the path"),
            Self::Mounted(name) => write!(f, "another file system is mounted at {name}"),
            Self::No(name, errno) => write!(f, "{name}: {errno}"),
        }
    }
}

/// Removes what stands at this path, of which the configuration has made sure that it is written whole.
pub(crate) fn remove(path: &Path) -> (PartState, Option<String>) {
    match go(path) {
        Ok(true) => (PartState::Done, None),
        Ok(false) => (PartState::Absent, None),
        Err(stop) => (PartState::Failed, Some(stop.to_string())),
    }
}

fn shown(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

fn open(dir: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    openat(dir, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Answers whether there was anything.
fn go(path: &Path) -> Result<bool, Stop> {
    let root = openat(CWD, c"/", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let mut dir = root.map_err(|why| Stop::No("/".to_owned(), why))?;
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => CString::new(name.as_bytes()).ok(),
        _ => None,
    });
    let mut names: Vec<CString> = names.collect();
    let Some(last) = names.pop() else { return Ok(false) };
    for name in names {
        dir = match open(&dir, &name) {
            Ok(next) => next,
            Err(Errno::NOENT) => return Ok(false),
            Err(why) if is_link(&dir, &name) => {
                let _ = why;
                return Err(Stop::Link(shown(&name)));
            }
            Err(why) => return Err(Stop::No(shown(&name), why)),
        };
    }
    if is_link(&dir, &last) {
        return Err(Stop::Link(shown(&last)));
    }
    match unlinkat(&dir, last.as_c_str(), AtFlags::empty()) {
        Ok(()) => return Ok(true),
        Err(Errno::NOENT) => return Ok(false),
        // It is a directory.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(why) => return Err(Stop::No(shown(&last), why)),
    }
    let top = open(&dir, &last).map_err(|why| Stop::No(shown(&last), why))?;
    let device = device(&top, &last)?;
    let outer = self::device(&dir, &last)?;
    if device != outer {
        return Err(Stop::Mounted(shown(&last)));
    }
    let mut walk = Walk { top: &top, device, moved: 0 };
    walk.clear(&top, &last, 0)?;
    unlinkat(&dir, last.as_c_str(), AtFlags::REMOVEDIR).map_err(|why| Stop::No(shown(&last), why))?;
    Ok(true)
}

fn is_link(dir: &OwnedFd, name: &CStr) -> bool {
    statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Symlink)
}

fn device(dir: &OwnedFd, name: &CStr) -> Result<u64, Stop> {
    fstat(dir).map(|about| about.st_dev).map_err(|why| Stop::No(shown(name), why))
}

struct Walk<'a> {
    top: &'a OwnedFd,
    device: u64,
    moved: u64,
}

impl Walk<'_> {
    /// Removes all that is in this directory. The first thing that cannot be removed is told, behind everything else that could.
    fn clear(&mut self, dir: &OwnedFd, own: &CStr, depth: usize) -> Result<(), Stop> {
        let mut stop = None;
        let (mut rounds, mut moved) = (0, self.moved);
        while rounds < ROUNDS {
            let names = names(dir).map_err(|why| Stop::No(shown(own), why))?;
            if names.is_empty() {
                return Ok(());
            }
            stop = None;
            for name in names {
                if let Err(why) = self.one(dir, &name, depth) {
                    stop = stop.or(Some(why));
                }
            }
            // Once more for what an application has just written, and as often as something deep was moved up here.
            rounds = if self.moved > moved { 0 } else { rounds + 1 };
            moved = self.moved;
        }
        match stop {
            Some(stop) => Err(stop),
            None => Ok(()),
        }
    }

    fn one(&mut self, dir: &OwnedFd, name: &CStr, depth: usize) -> Result<(), Stop> {
        let failed = |why| Stop::No(shown(name), why);
        match unlinkat(dir, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(Errno::ACCESS) => {
                // The directory is one's own and may have been shut against oneself.
                fchmod(dir, Mode::RWXU).map_err(failed)?;
                match unlinkat(dir, name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => return Ok(()),
                    Err(Errno::ISDIR | Errno::PERM) => {}
                    Err(why) => return Err(failed(why)),
                }
            }
            Err(why) => return Err(failed(why)),
        }
        if depth >= DEEPEST && self.moved < MOST_MOVED {
            self.moved += 1;
            // By chance, since a try before this one may have left some, or somebody may have put one there.
            let chance = crate::keys::chance().map_or(self.moved, u64::from_be_bytes);
            let place = CString::new(format!(".aikagi-agent-{chance}")).expect("there is no NUL in it");
            return renameat(dir, name, self.top, place.as_c_str()).map_err(failed);
        }
        let inner = match open(dir, name) {
            // Somebody put something else into its place: the next round sees it.
            Err(Errno::LOOP | Errno::NOTDIR) => return unlinkat(dir, name, AtFlags::empty()).map_err(failed),
            opened => opened.map_err(failed)?,
        };
        if device(&inner, name)? != self.device {
            return Err(Stop::Mounted(shown(name)));
        }
        self.clear(&inner, name, depth + 1)?;
        match unlinkat(dir, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(why) => Err(failed(why)),
        }
    }
}

fn names(dir: &OwnedFd) -> Result<Vec<CString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn all_of_it_goes_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (outside, data) = (dir.path().join("outside"), dir.path().join("data"));
        fs::create_dir_all(outside.join("deep")).unwrap();
        fs::write(outside.join("deep/kept"), "kept").unwrap();
        fs::create_dir_all(data.join("a/b")).unwrap();
        fs::write(data.join("a/b/file"), "gone").unwrap();
        symlink(&outside, data.join("a/to_a_directory")).unwrap();
        symlink(outside.join("deep/kept"), data.join("a/to_a_file")).unwrap();
        symlink("/nowhere", data.join("dangling")).unwrap();
        fs::hard_link(outside.join("deep/kept"), data.join("hard")).unwrap();
        fs::create_dir(data.join("shut")).unwrap();
        fs::write(data.join("shut/file"), "gone").unwrap();
        fs::set_permissions(data.join("shut"), fs::Permissions::from_mode(0o500)).unwrap();
        assert_eq!(remove(&data), (PartState::Done, None));
        assert!(!data.exists());
        assert_eq!(fs::read_to_string(outside.join("deep/kept")).unwrap(), "kept");
        assert_eq!(remove(&data), (PartState::Absent, None));
        assert_eq!(remove(&data.join("not/there")), (PartState::Absent, None));
    }

    #[test]
    fn a_link_in_the_path_or_at_its_end_stops_it() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir_all(outside.join("app")).unwrap();
        fs::write(outside.join("app/kept"), "kept").unwrap();
        symlink(&outside, dir.path().join("link")).unwrap();
        for path in ["link/app", "link"] {
            let (state, why) = remove(&dir.path().join(path));
            assert_eq!(state, PartState::Failed);
            assert!(why.unwrap().contains("symbolic link"));
        }
        assert!(outside.join("app/kept").exists());
        fs::write(dir.path().join("file"), "gone").unwrap();
        assert_eq!(remove(&dir.path().join("file")), (PartState::Done, None));
    }

    #[test]
    fn a_tree_deeper_than_files_can_be_open_goes_too() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        let mut at = openat(CWD, &data, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        for _ in 0..1_500 {
            rustix::fs::mkdirat(&at, c"d", Mode::RWXU).unwrap();
            at = open(&at, c"d").unwrap();
        }
        drop(at);
        assert_eq!(remove(&data), (PartState::Done, None));
        assert!(!data.exists());
    }
}
