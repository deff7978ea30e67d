//! The pages as a person meets them: in Chromium, on a telephone and on a PC, in both languages, with and without scripts.
//!
//! Every page that a story comes to is held against the same rules (`rules.rs`) and leaves a picture in
//! `target/screenshots`.

mod browser;
mod chromium;
mod contacts;
mod desk;
mod desk_work;
mod detours;
mod door;
mod forced;
#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the stories without a browser use the rest")]
mod harness;
mod help;
mod keyboard;
mod losses;
mod mending;
mod messages;
mod policy;
mod profile;
#[path = "../it/raw.rs"]
#[allow(dead_code, reason = "the harness's dump is for other stories")]
mod raw;
mod readiness;
mod recovery;
mod rules;
mod stage;
mod typing;
