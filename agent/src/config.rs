//! The configuration: what is signed out and removed when the word comes. It is read anew for each command, so that it says what is true then.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::Result;
use crate::state::is_ours;

/// Seconds that a program is given.
const SECONDS: u64 = 60;
/// Directories that are the system's: neither they nor anything in them is removed.
const SYSTEM: &[&str] =
    &["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr"];
/// Directories that others live in: things in them may be removed, they themselves not.
const SHARED: &[&str] = &[
    "/home",
    "/root",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/cache",
    "/var/spool",
    "/var/tmp",
    "/tmp",
    "/opt",
    "/srv",
    "/mnt",
    "/media",
];

/// The file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where `enrol` goes.
    pub server: Option<String>,
    /// Certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// What is removed.
    pub data: Vec<Data>,
    /// Programs that sign applications out.
    pub sign_out: Vec<Hook>,
    /// What wipes the whole device.
    pub whole_device: WholeDevice,
}

/// A file or directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    pub path: PathBuf,
}

/// A program with its arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hook {
    pub command: Vec<String>,
    #[serde(default = "seconds")]
    pub seconds: u64,
}

/// What wipes the whole device, and whether it may.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WholeDevice {
    pub allowed: bool,
    pub command: Vec<String>,
    pub seconds: Option<u64>,
}

fn seconds() -> u64 {
    SECONDS
}

impl WholeDevice {
    /// The program, if it is allowed.
    pub fn hook(&self) -> Option<Hook> {
        let hook = Hook { command: self.command.clone(), seconds: self.seconds.unwrap_or(SECONDS) };
        self.allowed.then_some(hook)
    }
}

impl Config {
    /// Reads it; without the file nothing is configured. One that others may write is refused.
    pub fn read(file: &Path) -> Result<Self> {
        if !file.exists() {
            return Ok(Self::default());
        }
        is_ours(file)?;
        let text = std::fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
        Self::parse(&text).map_err(|why| format!("{}: {why}", file.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|why| why.to_string())?;
        for data in &config.data {
            may_be_removed(&data.path)?;
        }
        let whole = config.whole_device.allowed.then_some(&config.whole_device.command);
        for command in config.sign_out.iter().map(|hook| &hook.command).chain(whole) {
            if !command.first().is_some_and(|program| program.starts_with('/')) {
                return Err("a `command` begins with the whole path of a program".to_owned());
            }
        }
        Ok(config)
    }
}

/// Whether it is a path that this program removes at all.
pub(crate) fn may_be_removed(path: &Path) -> Result<()> {
    let refused = |why: &str| Err(format!("`data`: {} {why}", path.display()));
    let mut parts = path.components();
    let plain =
        parts.next() == Some(Component::RootDir) && parts.clone().all(|part| matches!(part, Component::Normal(_)));
    // `components` leaves out what a person may have meant otherwise.
    let as_written: PathBuf = path.components().collect();
    if !plain || as_written.as_os_str() != path.as_os_str() {
        return refused("is to be written whole, without `.`, `..` or a slash at its end");
    }
    if parts.count() < 2 || SHARED.iter().any(|shared| path == Path::new(shared)) {
        return refused("is more than the data of an application");
    }
    if SYSTEM.iter().any(|system| path.starts_with(system)) {
        return refused("belongs to the system");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_and_everybodys_things_are_never_removed() {
        for path in [
            "/",
            "/home",
            "/etc/x/y",
            "/usr/share/app",
            "/var/lib",
            "/tmp",
            "/srv",
            "/data",
            "relative/x",
            "/a/../b",
            "/a/./b",
            "/a/b/",
            "",
            "/a//b",
        ] {
            assert!(may_be_removed(Path::new(path)).is_err(), "{path}");
        }
        for path in ["/home/tanaka/.config/app", "/var/lib/app", "/srv/app", "/opt/app/data"] {
            assert_eq!(may_be_removed(Path::new(path)), Ok(()));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(Config::parse("[[data]]\npath = \"/srv/app\"\n[[sign_out]]\ncommand = [\"/bin/true\"]\n").is_ok());
        for text in [
            "dat = 1",
            "[[data]]\npath = \"/etc/x\"",
            "[[sign_out]]\ncommand = [\"true\"]",
            "[[sign_out]]\ncommand = []",
            "[whole_device]\nallowed = true",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
        assert!(Config::parse("[whole_device]\nallowed = false").is_ok());
    }
}
