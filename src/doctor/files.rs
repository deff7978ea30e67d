//! Files on this machine: who may read them, whose they are, how much room is left beside them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::{Doctor, Finding, shown};
use crate::config::{Mail, carriers::CarrierSettings};
use crate::places::Places;
use crate::vault::MasterKeys;
use crate::vault::keyfile::KeyFileError;

/// Below this much room SQLite and its backups are in danger.
const ROOM: u64 = 500 << 20;
/// File systems of other machines: NFS, SMB 1 and 2, CIFS, 9P, AFS, Ceph, by their numbers in statfs(2).
const OF_NETWORKS: [u64; 7] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x0102_1997, 0x5346_414f, 0x00c3_6400];

pub(super) fn look(doctor: &Doctor) -> Vec<Finding> {
    let config = &doctor.config;
    let mut found = Vec::new();
    if let Some(file) = &doctor.config_file {
        found.push(configuration(file));
    }
    found.push(keys(&config.master_key_file));
    for file in config.mail.iter().flat_map(Mail::secrets) {
        found.extend(secret("mail", file));
    }
    for file in config.carriers.iter().flat_map(CarrierSettings::secrets) {
        found.extend(secret("carriers", file));
    }
    found.extend(config.places_file.as_deref().map(places));
    if let Some(file) = &config.database_url_file {
        found.extend(secret("database", file));
    }
    if let Some(file) = config.sqlite_file().filter(|file| file.exists()) {
        found.extend(sqlite(&file));
    }
    found
}

fn configuration(file: &Path) -> Finding {
    let what = format!("{} is read, and every key in it is known", shown(file));
    match mode(file) {
        Some(mode) if mode & 0o022 != 0 => Finding::broken(
            "configuration",
            format!("{} can be changed by others (mode {mode:04o})", shown(file)),
            format!("chmod 600 {}", shown(file)),
        ),
        _ => Finding::ok("configuration", what),
    }
}

fn keys(file: &Path) -> Finding {
    match MasterKeys::read(file) {
        Ok(keys) => {
            let count = keys.ids().count();
            let owner = fs::metadata(file).map(|about| about.uid());
            let folder = fs::metadata(folder(file)).map(|about| about.mode());
            match (owner, folder) {
                (_, Ok(mode)) if mode & 0o022 != 0 && mode & 0o1000 == 0 => Finding::broken(
                    "key file",
                    format!("others can replace {}, since its folder lets everybody write", shown(file)),
                    format!("chmod 700 {}", shown(folder_of(file).as_ref())),
                ),
                (Ok(owner), _) if owner != us() && us() != 0 => Finding::warning(
                    "key file",
                    format!("{} belongs to another user (id {owner}) than the one who asks", shown(file)),
                    "run the doctor as the server's user, or give the file to it with chown",
                ),
                _ => Finding::ok("key file", format!("{} holds {count} key(s), for its owner only", shown(file))),
            }
        }
        Err(KeyFileError::Open { mode, .. }) => Finding::broken(
            "key file",
            format!("{} can be read by others (mode {mode:04o}), and no server starts with it", shown(file)),
            format!("chmod 600 {}; if others may have read it, change the keys: aikagi key rotate", shown(file)),
        ),
        Err(why) => Finding::broken("key file", why.to_string(), "bring the key file back from where its copy is kept"),
    }
}

fn places(file: &Path) -> Finding {
    match Places::open(file) {
        Ok(places) => {
            let (kind, built) = places.about();
            let day = i64::try_from(built).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            let day = day.map_or_else(String::new, |day| format!(" of {}", day.strftime("%F")));
            Finding::ok("places", format!("{} tells where addresses lie ({kind}{day})", shown(file)))
        }
        Err(why) => Finding::broken(
            "places",
            why.to_string(),
            "bring a whole .mmdb file, or leave `places_file` out: no server starts with this one",
        ),
    }
}

fn us() -> u32 {
    rustix::process::getuid().as_raw()
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn folder_of(file: &Path) -> std::borrow::Cow<'_, Path> {
    folder(file).into()
}

fn mode(file: &Path) -> Option<u32> {
    Some(fs::metadata(file).ok()?.permissions().mode() & 0o7777)
}

fn secret(check: &'static str, file: &Path) -> Option<Finding> {
    let mode = mode(file)?;
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            check,
            format!("{} holds a password and can be read by others (mode {mode:04o})", shown(file)),
            format!("chmod 600 {}", shown(file)),
        )
    })
}

fn sqlite(file: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(mode) = mode(file).filter(|mode| mode & 0o077 != 0) {
        found.push(Finding::broken(
            "database",
            format!("{} can be read by others (mode {mode:04o})", shown(file)),
            format!("chmod 600 {}*", shown(file)),
        ));
    }
    let folder = folder(file);
    if let Ok(about) = rustix::fs::statfs(folder)
        && OF_NETWORKS.contains(&u64::try_from(about.f_type).unwrap_or_default())
    {
        found.push(Finding::broken(
            "database",
            format!("{} lies on a file system of another machine, on which SQLite can lose data", shown(file)),
            "put it on a disk of this machine, or move to PostgreSQL: aikagi move",
        ));
    }
    if let Ok(about) = rustix::fs::statvfs(folder) {
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        found.push(if free < ROOM {
            Finding::warning(
                "disk",
                format!("only {} MB are free beside the database", free >> 20),
                "make room: without any nobody can sign in",
            )
        } else {
            Finding::ok("disk", format!("{} MB are free beside the database", free >> 20))
        });
    }
    found
}
