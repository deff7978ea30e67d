//! A PostgreSQL whose data lies on a file system of its own that is small: a file fills it up, as another program on the same disk would.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::cluster::{Disk, Server};
use crate::postgres::as_server_user;
use crate::programs::{is_root, quiet};

/// A new cluster, some tables and some time of work have room.
const SIZE: &str = "size=128m,mode=700";

/// Takes the file system away again when standard input ends, once the server ($1 its folder) has left it: however we end.
const GUARD: &str = r#"trap "" INT TERM HUP; cat >/dev/null
    for _ in $(seq 100); do test -e "$1/data/postmaster.pid" || break; sleep 0.1; done
    umount -l "$1/data"; rm -rf "$1""#;

/// The file system, which goes when this does. It is to be dropped after the server.
pub struct SmallDisk {
    data: PathBuf,
    guard: Child,
}

/// A new cluster on a small disk.
pub fn cluster() -> (Server, SmallDisk) {
    let mut disk = None;
    let server = Server::filled(Disk::Spared, |server| {
        let data = server.dir.join("data");
        quiet(as_server_user("mkdir").arg(&data))?;
        quiet(as_root("mount").args(["-t", "tmpfs", "-o", SIZE, "aikagi-test"]).arg(&data))?;
        let mut guard = as_root("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&server.dir).process_group(0);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        disk = Some(SmallDisk { data: data.clone(), guard: guard.spawn()? });
        quiet(as_root("chown").arg("--reference").arg(&server.dir).arg(&data))?;
        server.make_cluster()
    });
    (server.expect("PostgreSQL starts on a small disk (which root mounts)"), disk.expect("it was made"))
}

impl SmallDisk {
    /// Takes what room is left.
    pub fn fill(&self) {
        let of = format!("of={}", self.data.join("filler").display());
        for size in ["bs=1M", "bs=4k"] {
            let done = as_server_user("dd").args(["if=/dev/zero", &of, size, "oflag=append", "conv=notrunc"]).output();
            let said = String::from_utf8_lossy(&done.expect("dd runs").stderr).into_owned();
            assert!(said.contains("No space left"), "{said}");
        }
    }

    /// Gives the room back.
    pub fn make_room(&self) {
        quiet(as_server_user("rm").arg(self.data.join("filler"))).expect("rm");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait(); // nothing more can be done here if it is gone already
    }
}

fn as_root(program: &str) -> Command {
    if is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "--", program]);
        sudo
    }
}
