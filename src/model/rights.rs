//! Who may do what at the administrators' desk: one table of roles and actions. docs/roles.md shows it to people, and a test holds
//! both together and asks every address of the desk by every role.
//!
//! Two rules stand beside the table. Nobody acts on somebody of an equal or higher rank. What is sensitive asks for the password
//! again when it was given too long ago.

use super::{Role, Scope, text_enum::text_enum};

text_enum! {
    /// Something that is done at the desk.
    pub enum Action {
        /// Open the desk: the first page.
        OpenDesk => "open_desk",
        /// See members, their contacts and their sessions.
        SeeMembers => "see_members",
        /// Suspend and resume.
        Suspend => "suspend",
        /// Delete, and bring back within 7 days.
        Delete => "delete",
        /// Release an account that "that was not me" holds, or hold one.
        Release => "release",
        /// Sign a member out everywhere, or on one device.
        SignOut => "sign_out",
        /// Demand a new password at once, or at the next sign-in.
        DemandPassword => "demand_password",
        /// Put names and the ID right.
        EditProfile => "edit_profile",
        /// Put contacts right: add, replace and take away.
        MendContacts => "mend_contacts",
        /// Declare, as the only administrator, to have identified somebody in person.
        Declare => "declare",
        /// Make the sealed code with which an owner gets back in.
        SealCode => "seal_code",
        /// Ask for a step about another owner, and agree to or refuse one.
        ActOnOwners => "act_on_owners",
        /// Make somebody an administrator, a helper, or a member again.
        SetRoles => "set_roles",
        /// Open a caller's case.
        TakeCalls => "take_calls",
        /// Demand a new password of, or sign out, a member whose call one proved oneself.
        HelpCaller => "help_caller",
        /// Agree, as a second person, that somebody else's caller is who they say.
        AgreeToCalls => "agree_to_calls",
        /// See and answer the queue of those who cannot get in.
        AnswerLockedOut => "answer_locked_out",
        /// Ask members to see to their contacts, by a prompt, by email, by a slip of paper.
        Nudge => "nudge",
        /// Read the sign-in log.
        ReadSignIns => "read_sign_ins",
        /// Read the audit log.
        ReadAudit => "read_audit",
        /// Find out by its reference number what became of a message.
        FindMessage => "find_message",
        /// Look through the message log.
        ReadMessages => "read_messages",
        /// Take members or logs out as a file.
        Export => "export",
        /// Take members' whole numbers and addresses out as a file.
        ExportContacts => "export_contacts",
        /// Have a file looked through, see how long work goes on, and stop it.
        PrepareJobs => "prepare_jobs",
        /// Add members, one or many, and invite them.
        AddMembers => "add_members",
        /// See the policy, the texts and the networks.
        SeePolicy => "see_policy",
        /// Change the policy to what protects as much or more.
        SetPolicy => "set_policy",
        /// Change the policy to what protects less, or leaves the standards; keep logs for a shorter time.
        WeakenPolicy => "weaken_policy",
        /// Write the texts that people who cannot get in read.
        SetTexts => "set_texts",
        /// Say from which networks people may sign in.
        SetNetworks => "set_networks",
        /// See, make and end access tokens for programs.
        KeepTokens => "keep_tokens",
        /// See what stood out.
        SeeAlerts => "see_alerts",
        /// Say that an alert was seen to.
        AcknowledgeAlerts => "acknowledge_alerts",
        /// Say what is to be told to whom, and to which program elsewhere.
        SetAlerts => "set_alerts",
        /// Report a member's device as lost, say that it was found, and close the case.
        AnswerLosses => "answer_losses",
        /// Have a member's device enrolled with the workplace's program, and take it away again.
        KeepAgents => "keep_agents",
        /// Say which services manage devices, and how they are reached.
        SetManagement => "set_management",
    }
}

/// Whether an access token may be used for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByToken {
    /// Any token may.
    Any,
    /// One that was made with this scope.
    With(Scope),
    /// None: for that somebody must be signed in.
    Never,
}

impl Action {
    /// The lowest role that may do it.
    pub const fn lowest(self) -> Role {
        match self {
            Self::OpenDesk | Self::TakeCalls | Self::HelpCaller | Self::AnswerLockedOut | Self::FindMessage => {
                Role::HelpDesk
            }
            Self::SetRoles
            | Self::SealCode
            | Self::ActOnOwners
            | Self::ExportContacts
            | Self::WeakenPolicy
            | Self::SetNetworks
            | Self::SetManagement
            | Self::SetAlerts => Role::Owner,
            Self::SeeMembers
            | Self::Suspend
            | Self::Delete
            | Self::Release
            | Self::SignOut
            | Self::AnswerLosses
            | Self::KeepAgents
            | Self::DemandPassword
            | Self::EditProfile
            | Self::MendContacts
            | Self::Declare
            | Self::AgreeToCalls
            | Self::Nudge
            | Self::ReadSignIns
            | Self::ReadAudit
            | Self::ReadMessages
            | Self::Export
            | Self::PrepareJobs
            | Self::AddMembers
            | Self::SeePolicy
            | Self::SetPolicy
            | Self::SetTexts
            | Self::SeeAlerts
            | Self::AcknowledgeAlerts
            | Self::KeepTokens => Role::Administrator,
        }
    }

    /// Whether it asks for the password again when that was given too long ago (ASVS 7.5.1).
    pub const fn is_sensitive(self) -> bool {
        match self {
            Self::OpenDesk
            | Self::SeeMembers
            | Self::TakeCalls
            | Self::AnswerLockedOut
            | Self::ReadSignIns
            | Self::ReadAudit
            | Self::FindMessage
            | Self::ReadMessages
            | Self::PrepareJobs
            | Self::SeePolicy
            | Self::SeeAlerts
            | Self::AcknowledgeAlerts => false,
            Self::Suspend
            | Self::Delete
            | Self::Release
            | Self::SignOut
            | Self::AnswerLosses
            | Self::KeepAgents
            | Self::DemandPassword
            | Self::EditProfile
            | Self::MendContacts
            | Self::Declare
            | Self::SealCode
            | Self::ActOnOwners
            | Self::HelpCaller
            | Self::AgreeToCalls
            | Self::Nudge
            | Self::SetRoles
            | Self::Export
            | Self::ExportContacts
            | Self::AddMembers
            | Self::SetPolicy
            | Self::WeakenPolicy
            | Self::SetTexts
            | Self::SetNetworks
            | Self::SetAlerts
            | Self::SetManagement
            | Self::KeepTokens => true,
        }
    }

    /// Whether an access token may be used for it, besides what its maker may do. What needs a person (a caller, a promise, a secret that is
    /// shown), what is for owners, and making more tokens is for nobody but who is signed in.
    pub const fn by_token(self) -> ByToken {
        match self {
            Self::OpenDesk => ByToken::Any,
            Self::SeeMembers => ByToken::With(Scope::MembersRead),
            Self::AddMembers | Self::EditProfile => ByToken::With(Scope::MembersWrite),
            Self::Suspend | Self::Release | Self::SignOut => ByToken::With(Scope::MembersStop),
            Self::Delete => ByToken::With(Scope::MembersDelete),
            Self::MendContacts => ByToken::With(Scope::ContactsWrite),
            Self::DemandPassword => ByToken::With(Scope::PasswordsDemand),
            Self::ReadSignIns | Self::ReadAudit | Self::FindMessage | Self::ReadMessages => {
                ByToken::With(Scope::LogsRead)
            }
            Self::Export => ByToken::With(Scope::LogsExport),
            Self::SeePolicy => ByToken::With(Scope::PolicyRead),
            Self::SetPolicy => ByToken::With(Scope::PolicyWrite),
            Self::PrepareJobs => ByToken::With(Scope::Jobs),
            Self::AnswerLockedOut => ByToken::With(Scope::RequestsAnswer),
            Self::Declare
            | Self::AnswerLosses
            | Self::KeepAgents
            | Self::SealCode
            | Self::ActOnOwners
            | Self::SetRoles
            | Self::TakeCalls
            | Self::HelpCaller
            | Self::AgreeToCalls
            | Self::Nudge
            | Self::ExportContacts
            | Self::WeakenPolicy
            | Self::SetTexts
            | Self::SetNetworks
            | Self::SeeAlerts
            | Self::AcknowledgeAlerts
            | Self::SetAlerts
            | Self::SetManagement
            | Self::KeepTokens => ByToken::Never,
        }
    }
}

impl Role {
    /// Whether this role may do it at all; on whom is another question ([`Role::stands_above`]).
    pub const fn may(self, action: Action) -> bool {
        self.rank() >= action.lowest().rank()
    }

    /// Whether this role may act on somebody of that one.
    pub const fn stands_above(self, other: Self) -> bool {
        self.rank() > other.rank()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_less_may_nothing_that_who_may_more_may_not() {
        for &action in Action::ALL {
            assert!(Role::Owner.may(action), "{action}");
            assert!(!Role::Member.may(action), "{action}");
            assert!(!Role::HelpDesk.may(action) || Role::Administrator.may(action), "{action}");
        }
    }

    #[test]
    fn what_is_for_owners_and_making_tokens_is_for_no_token() {
        for &action in Action::ALL {
            if action.lowest() == Role::Owner || action == Action::KeepTokens {
                assert_eq!(action.by_token(), ByToken::Never, "{action}");
            }
        }
    }

    #[test]
    fn nobody_stands_above_an_equal() {
        for &one in Role::ALL {
            assert!(!one.stands_above(one));
            assert!(Role::ALL.iter().all(|&other| !(one.stands_above(other) && other.stands_above(one))));
        }
    }
}
