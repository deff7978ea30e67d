//! What an access token is good for: a few plain words, chosen when it is made. Which action of the desk asks for which of them stands in the
//! table of rights (`Action::by_token`).

use std::collections::BTreeSet;
use std::fmt;

use super::text_enum::text_enum;
use super::{Action, ByToken};

text_enum! {
    /// One thing that an access token may be good for.
    pub enum Scope {
        /// See members, their contacts in part, and who could get back in alone.
        MembersRead => "members.read",
        /// Add and invite members, put names and IDs right.
        MembersWrite => "members.write",
        /// Suspend, hold and sign out, and the ways back.
        MembersStop => "members.stop",
        /// Delete, and bring back.
        MembersDelete => "members.delete",
        /// Add, replace and take away contacts.
        ContactsWrite => "contacts.write",
        /// Demand new passwords.
        PasswordsDemand => "passwords.demand",
        /// Read the sign-in log and the audit log.
        LogsRead => "logs.read",
        /// Take whole logs out as a file.
        LogsExport => "logs.export",
        /// See the policy.
        PolicyRead => "policy.read",
        /// Make the policy stricter.
        PolicyWrite => "policy.write",
        /// Prepare work on many members, see how it goes on, and stop it. What it does to them asks for its own word, too.
        Jobs => "jobs",
        /// See who cannot get in, and answer them.
        RequestsAnswer => "requests.answer",
    }
}

/// What one access token is good for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads what [`Scopes`] writes; none where a word is no scope.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_whitespace().map(Scope::parse).collect::<Option<BTreeSet<_>>>().map(Self)
    }
    /// Whether a token that has these may be used for it.
    pub fn allow(&self, action: Action) -> bool {
        match action.by_token() {
            ByToken::Any => true,
            ByToken::With(scope) => self.0.contains(&scope),
            ByToken::Never => false,
        }
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if nth == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_an_unknown_word_is_no_scope() {
        let all: Scopes = Scope::ALL.iter().copied().collect();
        assert_eq!(Scopes::parse(&all.to_string()), Some(all));
        assert_eq!(Scopes::parse(""), Some(Scopes::default()));
        assert_eq!(Scopes::parse("members.read everything"), None);
    }

    #[test]
    fn each_scope_opens_its_own_actions_and_no_other() {
        for &scope in Scope::ALL {
            let one: Scopes = [scope].into_iter().collect();
            let opened: Vec<Action> = Action::ALL.iter().copied().filter(|action| one.allow(*action)).collect();
            assert!(opened.iter().any(|action| action.by_token() == ByToken::With(scope)), "{scope} opens nothing");
            for action in opened {
                assert!(matches!(action.by_token(), ByToken::Any) || action.by_token() == ByToken::With(scope));
            }
        }
    }
}
