//! What a restore undoes, told from an export of the audit log: whose old password or contact counts again, who was stopped and is not any
//! more, who and what is gone. Nobody is held by it; the operator decides.

use std::collections::BTreeMap;

use super::audit::{self, Line};
use super::output;
use crate::model::Timestamp;

/// What an action was that the restore undoes, in the order in which people must look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Undone {
    Stopped,
    Password,
    ContactLost,
    LetIn,
    ContactNew,
    Gone,
    Workspace,
}

impl Undone {
    fn of(action: &str) -> Option<Self> {
        Some(match action {
            "suspended" | "held" | "held_by_member" | "removal_held" => Self::Stopped,
            "password_changed" | "recovered" | "password_set_by_link" | "change_forced" | "forced_change_done" => {
                Self::Password
            }
            "contact_removed" | "objected_to_contact" | "frozen_contact_removed" => Self::ContactLost,
            "resumed" | "released" | "released_by_member" | "frozen_contact_kept" => Self::LetIn,
            "contact_added" | "contact_verified" => Self::ContactNew,
            "member_added" => Self::Gone,
            "policy_changed"
            | "contact_text_changed"
            | "failure_text_changed"
            | "networks_changed"
            | "workspace_created" => Self::Workspace,
            _ => return None,
        })
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Stopped => "was stopped, and is not any more",
            Self::Password => "an older password counts again",
            Self::ContactLost => "a contact that was given up counts again",
            Self::LetIn => "was let in again, and is stopped again",
            Self::ContactNew => "a new contact is gone",
            Self::Gone => "was added, and is gone",
            Self::Workspace => "settings are as before",
        }
    }

    /// Whether somebody who must not may come in by it.
    const fn is_dangerous(self) -> bool {
        matches!(self, Self::Stopped | Self::Password | Self::ContactLost)
    }
}

/// The list for the operator; `made_at` is the backup's time.
pub(super) fn told(lines: &[Line], made_at: Timestamp) -> String {
    let end = lines.iter().map(audit::at).max();
    let mut found: BTreeMap<(String, String), BTreeMap<Undone, (usize, Timestamp)>> = BTreeMap::new();
    for line in lines.iter().filter(|line| audit::at(line) > made_at) {
        let Some(undone) = Undone::of(&line.action) else { continue };
        let workspace = line.workspace.clone().or(line.workspace_id.clone()).unwrap_or_default();
        let whom = line.login.clone().or(line.member_id.clone()).unwrap_or_default();
        let entry = found.entry((workspace, whom)).or_default().entry(undone).or_insert((0, audit::at(line)));
        *entry = (entry.0 + 1, entry.1.max(audit::at(line)));
    }
    let mut text = String::new();
    let mut say = |line: String| {
        text.push_str(&output::plain(&line));
        text.push('\n');
    };
    match end {
        Some(end) => say(format!(
            "By the audit log, which ends at {}, this is undone; what came later, nobody knows:",
            output::time(end)
        )),
        None => say("The audit export is empty: it tells nothing.".to_owned()),
    }
    let mut held = Vec::new();
    for ((workspace, whom), all) in &found {
        let name = if whom.is_empty() { format!("workspace {workspace}") } else { format!("{whom}@{workspace}") };
        for (undone, (_, last)) in all {
            say(format!("  {name}: {} ({})", undone.words(), output::time(*last)));
        }
        if all.keys().any(|undone| undone.is_dangerous()) && !all.contains_key(&Undone::Gone) && !whom.is_empty() {
            held.push(format!("  aikagi member hold {workspace} {whom}"));
        }
    }
    if found.is_empty() && end.is_some() {
        say("  nothing of note".to_owned());
    }
    if !held.is_empty() {
        say(String::new());
        say("Before you start the server, hold those of whom you do not know that nobody else has the old password or contact:".to_owned());
        held.into_iter().for_each(&mut say);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, workspace: &str, login: &str, action: &str) -> Line {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Line {
            id: "aud_1".to_owned(),
            at: Timestamp(at * 1_000_000).to_jiff(),
            workspace: text(workspace),
            login: text(login),
            action: action.to_owned(),
            actor: "operator".to_owned(),
            workspace_id: None,
            member_id: None,
            subject: None,
            reference: None,
            network: None,
            details: None,
            chain: None,
            head: None,
        }
    }

    #[test]
    fn only_what_came_after_the_backup_is_undone_and_who_is_in_danger_is_named() {
        let lines = [
            line(90, "acme", "early", "password_changed"),
            line(110, "acme", "tanaka", "recovered"),
            line(120, "acme", "tanaka", "password_changed"),
            line(130, "acme", "sato", "contact_added"),
            line(140, "acme", "ito", "member_added"),
            line(141, "acme", "ito", "password_set_by_link"),
            line(150, "bravo", "abe", "suspended"),
            line(160, "acme", "", "policy_changed"),
            line(170, "acme", "tanaka", "checked_up"),
        ];
        let text = told(&lines, Timestamp(100_000_000));
        assert!(!text.contains("early") && text.contains("ends at 1970-01-01 00:02:50 UTC"), "{text}");
        assert!(text.contains("tanaka@acme: an older password counts again (1970-01-01 00:02:00 UTC)"), "{text}");
        assert!(text.contains("workspace acme: settings are as before"), "{text}");
        let held: Vec<_> = text.lines().filter(|line| line.contains("member hold")).collect();
        assert_eq!(held, ["  aikagi member hold acme tanaka", "  aikagi member hold bravo abe"], "{text}");
        assert!(told(&lines, Timestamp(200_000_000)).contains("nothing of note"));
        assert!(told(&[], Timestamp(0)).contains("tells nothing"));
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let text = told(&[line(2, "acme", "x\u{1b}[2J\n", "suspended")], Timestamp(0));
        assert!(!text.contains('\u{1b}') && text.contains("x·[2J·@acme"), "{text}");
    }
}
