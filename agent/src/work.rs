//! Carries a command out, thing by thing. Each is written down when it is over, so that whoever is killed goes on where it was; a program that was
//! running then runs again.

use std::path::Path;

use crate::config::{Config, Hook};
use crate::forms::{MOST_PARTS, MOST_TOLD, Part, PartState, Purpose, Receipt, State as Outcome, VERSION, What};
use crate::journal::{Entry, Journal};
use crate::keys::Own;
use crate::remove::remove;
use crate::{Result, hook, now};

/// One thing to do.
enum Thing<'a> {
    Run(What, &'a Hook),
    Remove(&'a Path),
}

impl Thing<'_> {
    fn part(&self) -> (What, String) {
        match self {
            Self::Run(what, hook) => (*what, cut(&hook.command.join(" "))),
            Self::Remove(path) => (What::Data, cut(&path.to_string_lossy())),
        }
    }

    fn carry_out(&self) -> (PartState, Option<String>) {
        match self {
            Self::Run(_, hook) => match hook::run(hook) {
                Ok(()) => (PartState::Done, None),
                Err(why) => (PartState::Failed, Some(why)),
            },
            Self::Remove(path) => remove(path),
        }
    }
}

fn cut(text: &str) -> String {
    text.replace(char::is_control, " ").chars().take(MOST_TOLD).collect()
}

/// From where it stands to its receipt.
pub(crate) fn carry_out(entry: &mut Entry, config: &Config, journal: &mut Journal<'_>, own: &Own) -> Result<()> {
    let what = entry.command.what;
    let whole = config.whole_device.hook();
    let refused = what == What::Device && whole.is_none();
    let mut things: Vec<Thing<'_>> = Vec::new();
    if !refused {
        things.extend(config.sign_out.iter().map(|hook| Thing::Run(What::SignOut, hook)));
        if what != What::SignOut {
            things.extend(config.data.iter().map(|data| Thing::Remove(&data.path)));
        }
        if what == What::Device {
            things.extend(whole.iter().map(|hook| Thing::Run(What::Device, hook)));
        }
    }
    for thing in &things {
        let (what, name) = thing.part();
        if entry.parts.iter().any(|part| part.what == what && part.name == name) {
            continue;
        }
        let (result, why) = thing.carry_out();
        eprintln!("aikagi-agent: {} {name}: {result:?} {}", entry.id(), why.as_deref().unwrap_or_default());
        entry.parts.push(Part { what, name, result, why: why.as_deref().map(cut) });
        journal.put(entry)?;
    }
    let all_done = entry.parts.iter().all(|part| part.result != PartState::Failed);
    let receipt = Receipt {
        v: VERSION,
        command: entry.id().to_owned(),
        workspace: entry.command.workspace.clone(),
        agent: entry.command.agent.clone(),
        state: match (refused, all_done) {
            (true, _) => Outcome::Refused,
            (false, true) => Outcome::Done,
            (false, false) => Outcome::Failed,
        },
        parts: told(&entry.parts),
        began_at: entry.began_at,
        ended_at: now(),
    };
    let text = serde_json::to_string(&receipt).map_err(|why| why.to_string())?;
    entry.receipt = Some(own.signed(Purpose::Receipt, text));
    journal.put(entry)
}

/// As many as a receipt holds, what failed first.
fn told(parts: &[Part]) -> Vec<Part> {
    let mut told = parts.to_vec();
    told.sort_by_key(|part| part.result != PartState::Failed);
    told.truncate(MOST_PARTS);
    told
}
