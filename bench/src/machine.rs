//! What `/proc` tells of this machine and of processes, and what the disk can do.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aikagi::clock::{Clock as _, SystemClock};
use anyhow::{Context as _, Result};
use serde::Serialize;

/// Where and when it was measured.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub date: String,
    pub commit: String,
    pub cpu: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    pub filesystem: String,
}

impl Machine {
    /// `dir` is where the database's files lie.
    pub fn look(dir: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            date: SystemClock.now().to_jiff().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            commit: commit(),
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: cores(),
            memory_mib: field(&read("/proc/meminfo"), "MemTotal").and_then(|kib| kib_of(&kib)).unwrap_or(0) / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            filesystem: filesystem(&read("/proc/mounts"), dir).unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn commit() -> String {
    let mut git = Command::new("git");
    // The figures themselves, which this writes, do not count as a change.
    let described = git.args(["describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]).output();
    let text = described.ok().filter(|it| it.status.success()).and_then(|it| String::from_utf8(it.stdout).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// `ext4` and the like: of the mount with the longest path that leads there.
fn filesystem(mounts: &str, dir: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let of = mounts.filter(|(point, _)| dir.starts_with(point)).max_by_key(|(point, _)| point.len())?;
    Some(of.1.to_owned())
}

fn kib_of(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

/// Processor seconds that a process (none: this one) has used, all its threads together.
pub fn cpu_seconds(pid: Option<u32>) -> f64 {
    let path = pid.map_or_else(|| "/proc/self/stat".to_owned(), |pid| format!("/proc/{pid}/stat"));
    ticks(&fs::read_to_string(path).unwrap_or_default()).map_or(f64::NAN, |ticks| f64::from(ticks) / 100.0)
}

/// `utime` and `stime`, in hundredths of a second (proc(5)). They are counted after the name, which may hold spaces.
fn ticks(stat: &str) -> Option<u32> {
    let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system) = (words.next()?.parse::<u32>().ok()?, words.next()?.parse::<u32>().ok()?);
    Some(user + system)
}

/// Processor seconds that this machine has worked, for whomever; also those that its host took away.
pub fn all_cpu_seconds() -> f64 {
    busy(&fs::read_to_string("/proc/stat").unwrap_or_default()).unwrap_or(f64::NAN)
}

/// All but idle and waiting for the disk, of the first line of `/proc/stat` up to what was stolen.
fn busy(stat: &str) -> Option<f64> {
    let words = stat.lines().next()?.split_ascii_whitespace().skip(1).take(8);
    let ticks = words.map(str::parse).collect::<Result<Vec<f64>, _>>().ok()?;
    Some((ticks.iter().sum::<f64>() - ticks.get(3)? - ticks.get(4)?) / 100.0)
}

/// Memory of a process in MiB: what it holds now, and the most it ever held.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    pub resident_mib: f64,
    pub peak_mib: f64,
}

pub fn memory(pid: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name}"))?;
        let kib = line.split_ascii_whitespace().nth(1).and_then(|kib| kib.parse::<u32>().ok());
        Ok::<_, anyhow::Error>(f64::from(kib.context("no number")?) / 1024.0)
    };
    Ok(Memory { resident_mib: field("VmRSS:")?, peak_mib: field("VmHWM:")? })
}

/// How often a second this disk takes 4 KiB and says that it has them: over and over within one file of 4 MiB, as
/// SQLite's log is written once it has its size.
pub fn syncs_per_second(dir: &Path, time: Duration) -> Result<f64> {
    const PAGE: usize = 4096;
    const PAGES: usize = 1024;
    let path = dir.join("disk");
    let mut file = File::create(&path)?;
    file.write_all(&vec![0; PAGE * PAGES])?;
    file.sync_all()?;
    let start = Instant::now();
    let mut done = 0_usize;
    while start.elapsed() < time {
        if done.is_multiple_of(PAGES) {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&[u8::try_from(done % 251)?; PAGE])?;
        file.sync_data()?;
        done += 1;
    }
    let rate = crate::load::count(done) / start.elapsed().as_secs_f64();
    drop(file);
    fs::remove_file(path)?;
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_past_a_name_with_brackets() {
        let stat = "12 (a) b) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks(""), None);
    }

    #[test]
    fn a_machine_that_waits_is_not_busy() {
        assert_eq!(busy("cpu  100 0 50 9000 700 0 25 25 0 0\ncpu0 1"), Some(2.0));
        assert_eq!(busy(""), None);
    }

    #[test]
    fn the_nearest_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n";
        assert_eq!(filesystem(mounts, Path::new("/tmp/x")).as_deref(), Some("tmpfs"));
        assert_eq!(filesystem(mounts, Path::new("/tmpx")).as_deref(), Some("ext4"));
    }
}
