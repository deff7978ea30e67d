//! Whether a command is one for this device: signed by the workspace that it was enrolled with, for this very device and member, not over, and not here
//! before.
//!
//! Clocks: a device's may be wrong, and whoever has it may set it. What counts as the time is the newest that the workspace itself signed; the device's own
//! clock refuses only what by it is over for more than a day, which is not enough to lose a command by, and keeps one that somebody held back for weeks
//! from being carried out.

use crate::forms::{Command, Purpose, Signed, VERSION};
use crate::journal::Journal;
use crate::keys::has_signed;
use crate::state::Identity;

/// Seconds by which the device's clock may be ahead.
const SLACK: i64 = 86_400;

/// Reads one, or says why it is refused.
pub(crate) fn check(
    signed: &Signed,
    identity: &Identity,
    journal: &Journal<'_>,
    own_time: i64,
) -> Result<Command, &'static str> {
    if !has_signed(&identity.command_key, Purpose::Command, signed) {
        return Err("it is not signed by the workspace");
    }
    let command: Command = serde_json::from_str(&signed.text).map_err(|_| "it cannot be read")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if command.v != VERSION || command.command.len() > 64 || !command.command.chars().all(plain) {
        return Err("it cannot be read");
    }
    let ours = (&command.workspace, &command.agent, &command.member);
    if ours != (&identity.workspace, &identity.agent, &identity.member) {
        return Err("it is for another device or member");
    }
    if journal.knows(&command.command) {
        return Err("it was here before");
    }
    let over = journal.newest_time() >= command.expires_at || own_time > command.expires_at + SLACK;
    if over || command.sent_at >= command.expires_at {
        return Err("it is over");
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::What;
    use crate::journal::{Entry, Told};
    use crate::keys::{Own, new_seed};
    use crate::state::State;

    fn command() -> Command {
        Command {
            v: VERSION,
            command: "wip_1".to_owned(),
            workspace: "wsp_1".to_owned(),
            agent: "agt_1".to_owned(),
            member: "mem_1".to_owned(),
            what: What::Data,
            asked_at: 1_000,
            sent_at: 2_000,
            expires_at: 9_000,
        }
    }

    fn signed(by: &Own, command: &Command) -> Signed {
        by.signed(Purpose::Command, serde_json::to_string(command).unwrap())
    }

    #[test]
    fn only_what_is_meant_for_this_device_is_taken_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(&dir.path().join("state")).unwrap();
        let mut journal = Journal::open(&state).unwrap();
        let (workspace, other) = (Own::read(&new_seed().unwrap()).unwrap(), Own::read(&new_seed().unwrap()).unwrap());
        let text = |text: &str| text.to_owned();
        let identity = Identity {
            server: text(""),
            agent: text("agt_1"),
            workspace: text("wsp_1"),
            workspace_name: text(""),
            member: text("mem_1"),
            login: text(""),
            command_key: workspace.public(),
            seed: text(""),
            gone: false,
        };
        let good = command();
        assert_eq!(check(&signed(&workspace, &good), &identity, &journal, 2_000), Ok(good.clone()));
        // Another workspace's key; another purpose; a letter changed.
        assert!(check(&signed(&other, &good), &identity, &journal, 2_000).is_err());
        let receipt = workspace.signed(Purpose::Receipt, serde_json::to_string(&good).unwrap());
        assert!(check(&receipt, &identity, &journal, 2_000).is_err());
        let mut changed = signed(&workspace, &good);
        changed.text = changed.text.replace("\"data\"", "\"device\"");
        assert!(check(&changed, &identity, &journal, 2_000).is_err());
        // Others' ids, ids that are no names of files, another version.
        for wrong in [
            Command { agent: text("agt_2"), ..good.clone() },
            Command { member: text("mem_2"), ..good.clone() },
            Command { workspace: text("wsp_2"), ..good.clone() },
            Command { command: text("../x"), ..good.clone() },
            Command { v: 2, ..good.clone() },
        ] {
            assert!(check(&signed(&workspace, &wrong), &identity, &journal, 2_000).is_err(), "{wrong:?}");
        }
        // A clock that is behind or a little ahead costs nothing; one that is far ahead refuses.
        for (own, taken) in [(0, true), (9_000 + SLACK, true), (9_001 + SLACK, false)] {
            assert_eq!(check(&signed(&workspace, &good), &identity, &journal, own).is_ok(), taken, "{own}");
        }
        // Replayed, it was here before; an older one that never came is over by what the workspace signed since.
        let entry = Entry { command: good.clone(), began_at: 0, parts: Vec::new(), receipt: None, told: Told::Not };
        journal.put(&entry).unwrap();
        let journal = Journal::open(&state).unwrap();
        assert_eq!(check(&signed(&workspace, &good), &identity, &journal, 2_000), Err("it was here before"));
        let older = Command { command: text("wip_0"), sent_at: 500, expires_at: 1_500, ..good };
        assert_eq!(check(&signed(&workspace, &older), &identity, &journal, 0), Err("it is over"));
    }
}
