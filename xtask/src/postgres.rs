//! A PostgreSQL of our own: a new cluster in a temporary directory, on loopback, gone at the end.
//!
//! It must be gone also after a failure, a Ctrl-C or a `kill`. So a small guard process in a process group of its own
//! holds the read end of a pipe: when we end, however we end, it reads the end of file, stops the server and removes
//! its directory.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::programs::{find, is_root, quiet};

/// The oldest major version that Aikagi supports.
const OLDEST: u32 = 15;

/// Stops the server named by $1 (pg_ctl) and $2 (directory) as soon as standard input ends.
const GUARD: &str = r#"trap "" INT TERM HUP; cat >/dev/null; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;

/// A running server; dropping it stops it. `tests/nodes` uses this file, too, and does more with it.
pub struct Server {
    /// Where its programs are.
    pub(crate) bin: PathBuf,
    /// Its own folder, with `data` and `log` in it.
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    disk: Disk,
    guard: Child,
}

/// The directory with the newest `initdb` and `pg_ctl` that are new enough.
pub fn programs() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Some(dir) = find("initdb").and_then(|file| Some(file.parent()?.to_path_buf())) {
        let version = quiet(Command::new(dir.join("initdb")).arg("--version")).unwrap_or_default();
        found.extend(major(&version).map(|major| (major, dir)));
    }
    // Debian keeps every major version apart and off PATH.
    for entry in fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        if let Ok(major) = entry.file_name().to_string_lossy().parse() {
            found.push((major, entry.path().join("bin")));
        }
    }
    found.retain(|(major, bin)| *major >= OLDEST && bin.join("initdb").is_file() && bin.join("pg_ctl").is_file());
    // Of equals the last: Debian's own place rather than what links to it.
    let newest = found.into_iter().max_by_key(|(major, _)| *major);
    newest.map(|(_, bin)| bin).with_context(|| format!("no PostgreSQL {OLDEST} or newer is installed"))
}

/// The major version in `initdb (PostgreSQL) 15.18 (Debian …)`.
fn major(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok())
}

/// Whether what was committed must outlive the machine's own end.
#[derive(Debug, Clone, Copy)]
pub enum Disk {
    /// As in service: what is measured is what is run.
    Kept,
    /// For tests, which kill programs but never the machine: each makes a database of its own, and waits for no disk.
    Spared,
}

impl Disk {
    const fn settings(self) -> &'static str {
        match self {
            Self::Kept => "",
            Self::Spared => "-c fsync=off -c full_page_writes=off",
        }
    }
}

impl Server {
    /// Makes a cluster and starts it.
    pub fn start(disk: Disk) -> Result<Self> {
        Self::filled(disk, Self::make_cluster)
    }

    /// `initdb`.
    pub(crate) fn make_cluster(&self) -> Result<String> {
        // Collation of the language, not of bytes: a query that forgets `collate "C"` shows itself in a test.
        quiet(
            as_server_user(self.bin.join("initdb"))
                .arg("-D")
                .arg(self.dir.join("data"))
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
                .args(["--locale-provider=icu", "--icu-locale=ja-JP"]),
        )
    }

    /// Starts what `fill` put into the new server's folder.
    pub(crate) fn filled(disk: Disk, fill: impl FnOnce(&Self) -> Result<String>) -> Result<Self> {
        let bin = programs()?;
        // A short path below /tmp: a Unix socket's may have 107 bytes, and root's own directories are closed to the
        // user that the server runs as.
        let dir = quiet(as_server_user("mktemp").args(["-d", "/tmp/aikagi-pg.XXXXXX"]))?;
        let dir = PathBuf::from(dir.trim());
        let guard = guard(&bin, &dir)?;
        let mut server = Self { bin, dir, port: 0, disk, guard };
        fill(&server)?;
        // Between finding a free port and taking it, another process may be quicker.
        for _ in 0..3 {
            server.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            if server.go().is_ok() {
                return Ok(server);
            }
        }
        let mut log = String::new();
        // The log is the server user's; root reads it all the same.
        fs::File::open(server.dir.join("log")).and_then(|mut file| file.read_to_string(&mut log)).ok();
        bail!("PostgreSQL did not start:\n{log}")
    }

    /// Starts it where it is.
    pub(crate) fn go(&self) -> Result<()> {
        // Each test has a pool of its own, in a process of its own.
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c max_connections=300 {}",
            self.port,
            self.dir.display(),
            self.disk.settings()
        );
        quiet(
            as_server_user(self.bin.join("pg_ctl"))
                .args(["-w", "-t", "60", "-D"])
                .arg(self.dir.join("data"))
                .arg("-l")
                .arg(self.dir.join("log"))
                .args(["-o", &settings, "start"]),
        )?;
        Ok(())
    }

    /// Its address, with the right to create databases.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait(); // nothing more can be done here if it is gone already
    }
}

fn guard(bin: &Path, dir: &Path) -> Result<Child> {
    as_server_user("sh")
        .args(["-c", GUARD, "guard"])
        .arg(bin.join("pg_ctl"))
        .arg(dir)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the guard of PostgreSQL")
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made.
pub(crate) fn as_server_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = if is_root() {
        let mut runuser = Command::new("runuser");
        runuser.args(["-u", "postgres", "--"]).arg(program);
        runuser
    } else {
        Command::new(program)
    };
    // The server user may not be allowed into our own directory.
    command.current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_initdb_prints() {
        assert_eq!(major("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("initdb (PostgreSQL) 19beta2"), None);
        assert_eq!(major(""), None);
    }
}
