//! The service: finishes what was begun, tells what was done, asks what is to be done, and waits. Between answers it sleeps in the kernel; nothing ticks.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::client::{Caller, Client, Trouble};
use crate::command::check;
use crate::config::Config;
use crate::journal::{Entry, Journal, Told};
use crate::state::{Identity, State};
use crate::{Result, keys, now, work};

/// Seconds between tries while the server is away: doubled each time up to the most.
const WAITS: (u64, u64) = (1, 300);
/// An answer without anything that came sooner than this is not asked for again at once.
const SHORTEST: Duration = Duration::from_secs(1);

/// Until the device is taken out.
pub(crate) fn run(config: &Path, state: &Path) -> Result<()> {
    // A mistake in the configuration is told when the service starts, not when a device is lost.
    let first = Config::read(config)?;
    let state = State::open(state)?;
    let _only_one = state.lock()?;
    let mut identity = state.identity()?.ok_or("this device is not enrolled: aikagi-agent enrol")?;
    if identity.gone {
        eprintln!("aikagi-agent: the workplace took this device out: nothing is to be done");
        return Ok(());
    }
    let client = Client::new(&identity.server, first.ca_file.as_deref())?;
    let mut journal = Journal::open(&state)?;
    let known = identity.clone();
    let mut caller = Caller::begin(&known, &state)?;
    eprintln!("aikagi-agent: waits for {} ({})", identity.workspace_name, identity.server);
    let mut failures = 0;
    loop {
        match turn(config, &client, &mut caller, &mut journal, &known) {
            Ok(()) => failures = 0,
            Err(Stop::Broken(why)) => return Err(why),
            Err(Stop::Trouble(Trouble::Gone)) => {
                identity.gone = true;
                state.set_identity(&identity)?;
                eprintln!("aikagi-agent: {}", Trouble::Gone);
                return Ok(());
            }
            Err(Stop::Trouble(why)) => {
                if matches!(why, Trouble::Replayed) {
                    caller.skip(&state)?;
                }
                let least = if let Trouble::Later(_, least) = why { least } else { 0 };
                let wait = wait(failures, least)?;
                eprintln!("aikagi-agent: {why}; tries again in {} s", wait.as_secs());
                failures += 1;
                std::thread::sleep(wait);
            }
        }
    }
}

enum Stop {
    /// The program cannot go on.
    Broken(String),
    /// It can, later.
    Trouble(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Broken(why)
    }
}

fn turn(
    config: &Path,
    client: &Client,
    caller: &mut Caller<'_>,
    journal: &mut Journal<'_>,
    identity: &Identity,
) -> std::result::Result<(), Stop> {
    while let Some(mut entry) = journal.unfinished() {
        work::carry_out(&mut entry, &Config::read(config)?, journal, caller.own())?;
    }
    while let Some(mut entry) = journal.untold() {
        let Some(receipt) = &entry.receipt else { continue };
        entry.told = match client.tell(caller, receipt) {
            Ok(()) => Told::Taken,
            Err(Trouble::Receipt) => {
                eprintln!("aikagi-agent: {}: {}", entry.id(), Trouble::Receipt);
                Told::Refused
            }
            Err(why) => return Err(why.into()),
        };
        journal.put(&entry)?;
    }
    let asked = Instant::now();
    let polled = client.poll(caller, journal.held())?;
    let mut refused = None;
    for signed in &polled.commands {
        match check(signed, identity, journal, now()) {
            Ok(command) => {
                eprintln!("aikagi-agent: {} is to be carried out: {:?}", command.command, command.what);
                let entry = Entry { command, began_at: now(), parts: Vec::new(), receipt: None, told: Told::Not };
                journal.put(&entry)?;
            }
            Err(why) => {
                eprintln!("aikagi-agent: a command is refused: {why}");
                refused = Some(why);
            }
        }
    }
    if let Some(why) = refused
        && journal.unfinished().is_none()
    {
        return Err(Trouble::Later(format!("a command was refused: {why}"), 5).into());
    }
    if polled.commands.is_empty() && asked.elapsed() < SHORTEST {
        std::thread::sleep(SHORTEST);
    }
    Ok(())
}

/// Some time between the half and the whole of it, so that a thousand devices do not come back in the same second.
fn wait(failures: u32, least: u64) -> Result<Duration> {
    let (first, most) = WAITS;
    let whole = (first << failures.min(16)).min(most).max(least) * 1_000;
    let part = u64::from(u16::from_be_bytes(keys::chance()?));
    Ok(Duration::from_millis(whole / 2 + whole / 2 * part / 65_536))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_it_is_away_the_less_often_it_is_asked() {
        for (failures, least, from, to) in
            [(0, 0, 500, 1_000), (3, 0, 4_000, 8_000), (40, 0, 150_000, 300_000), (0, 60, 30_000, 60_000)]
        {
            let wait = wait(failures, least).unwrap().as_millis();
            assert!((from..=to).contains(&wait), "{failures}: {wait}");
        }
    }
}
