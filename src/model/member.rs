//! Members of a workspace: their roles, states and contacts, and how a try to sign in can end.

super::text_enum::text_enum! {
    /// What a member may do in the workspace's console.
    #[derive(Default)]
    pub enum Role {
        /// Decides about everything, other owners included; a workspace always has one.
        Owner => "owner",
        /// Keeps accounts, contacts and policy.
        Administrator => "administrator",
        /// Helps callers; never sees a secret, never mends contacts.
        HelpDesk => "help_desk",
        /// Keeps only their own account.
        #[default]
        Member => "member",
    }

    /// What one owner can want done about another.
    pub enum OwnerStep {
        /// Nobody comes in, sessions end.
        Suspend => "suspend",
        /// In again.
        Resume => "resume",
        /// Releases a hold.
        Release => "release",
        /// A new password at once, by a secret that goes to their contact.
        Force => "force",
        /// An administrator from then on, no owner.
        Demote => "demote",
    }

    /// Where a member's account stands. A hold ("that was not me") is not a state: it lies beside, so that lifting it restores what was.
    pub enum MemberState {
        /// Added, has not set a password yet.
        Invited => "invited",
        /// Can sign in.
        Active => "active",
        /// Stopped by an administrator.
        Suspended => "suspended",
        /// Deleted; can be brought back for 7 days.
        Deleted => "deleted",
    }

    /// What administrators demand of a member's password.
    pub enum Demand {
        /// A new one at once: the one that was there opens nothing.
        Forced => "forced",
        /// A new one at the next sign-in, before anything else.
        Requested => "requested",
    }

    /// By which way a contact is reached. The words are those of the ways.
    pub enum ContactKind {
        /// A mobile number, by SMS.
        Mobile => "sms",
        /// A personal e-mail address.
        Email => "email",
    }

    /// What a contact is good for.
    pub enum ContactState {
        /// Written down; no code was typed yet. Never recovers, never gets a secret.
        Unverified => "unverified",
        /// Its own code was typed: recovers and gets notices.
        Verified => "verified",
        /// Objected to or on a lost device: gets notices without buttons, recovers nothing.
        Frozen => "frozen",
        /// Taken away; kept so that the log can name it and the old contact can object.
        Removed => "removed",
    }

    /// How a try to sign in ended: for the log. The page tells these apart only after the right password.
    pub enum SignInResult {
        /// A session was given.
        Done => "done",
        /// The ID exists, the password was another.
        WrongPassword => "wrong_password",
        /// No such ID in this workspace.
        UnknownId => "unknown_id",
        /// Right password, member suspended.
        Suspended => "suspended",
        /// Right password, account held after "that was not me".
        Held => "held",
        /// Right password, member deleted.
        Deleted => "deleted",
        /// The invitation was not taken up yet.
        Invited => "invited",
        /// Refused before the password was looked at: too many tries with this ID from this network.
        TooMany => "too_many",
        /// The password was not looked at, unseen: the account's own budget for unknown devices is spent.
        BudgetSpent => "budget_spent",
        /// Right password, but the policy lets it live no longer: only a new one can be set.
        Expired => "expired",
        /// Right password, but an administrator demands a new one first.
        ChangeDemanded => "change_demanded",
        /// The secret of a forced change was right: the page to set a password was opened.
        SecretTaken => "secret_taken",
        /// Right password or secret, but not from a network that the workspace lets its people in from.
        Outside => "outside",
        /// Right password, but on a device that was reported as lost.
        DeviceLost => "device_lost",
        /// Right password, but the workspace's trial or plan ended.
        PlanEnded => "plan_ended",
    }
}

impl Role {
    /// Height of the role; nobody acts on a higher one. Only the order counts: ranks are not stored.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Owner => 3,
            Self::Administrator => 2,
            Self::HelpDesk => 1,
            Self::Member => 0,
        }
    }
    /// Whether the administrators' limits on sessions hold.
    pub const fn is_administrative(self) -> bool {
        self.rank() > 0
    }
}

impl SignInResult {
    /// Whether the password was found right: only then may a page say why somebody was not let in.
    pub const fn knew_password(self) -> bool {
        match self {
            Self::Done
            | Self::Suspended
            | Self::Held
            | Self::Deleted
            | Self::Expired
            | Self::ChangeDemanded
            | Self::SecretTaken
            | Self::Outside
            | Self::DeviceLost
            | Self::PlanEnded => true,
            Self::WrongPassword | Self::UnknownId | Self::Invited | Self::TooMany | Self::BudgetSpent => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_ranks_fall() {
        for &result in SignInResult::ALL {
            assert_eq!(SignInResult::parse(result.as_str()), Some(result));
        }
        assert!(Role::ALL.windows(2).all(|pair| pair[0].rank() > pair[1].rank()));
        assert_eq!(ContactKind::Mobile.as_str(), "sms");
    }
}
