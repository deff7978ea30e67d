//! Long work that an administrator begins at the desk: what kinds there are, and how one stands.

use super::Action;
use super::text_enum::text_enum;

text_enum! {
    /// What a job does.
    pub enum JobKind {
        /// Adds the members of a file.
        Import => "import",
        /// Invites members.
        Invite => "invite",
        /// Demands a new password at once.
        Force => "force",
        /// Asks for a new password at the next sign-in.
        Request => "request",
        /// Suspends members.
        Suspend => "suspend",
        /// Lets suspended ones in again.
        Resume => "resume",
        /// Signs members out everywhere.
        SignOut => "sign_out",
    }

    /// How a job stands.
    pub enum JobState {
        /// Everything is there; somebody has to say go.
        Draft => "draft",
        /// Nobody has begun yet.
        Waiting => "waiting",
        /// Some of it is done.
        Running => "running",
        /// All of it is.
        Done => "done",
        /// It ended midway by itself.
        Failed => "failed",
        /// Somebody stopped it.
        Stopped => "stopped",
    }

    /// How an invitation went out.
    pub enum InvitationWay {
        /// To an email address.
        Email => "email",
        /// To a mobile number.
        Sms => "sms",
        /// On paper.
        Slip => "slip",
    }

    /// Why a job failed.
    pub enum JobCause {
        /// Whoever began it may no more: they were stopped, or lost the role.
        Right => "right",
        /// Something broke that no second try mends.
        Broken => "broken",
    }
}

impl JobKind {
    /// What whoever began it must be able to do, at every piece of it.
    pub const fn action(self) -> Action {
        match self {
            Self::Import | Self::Invite => Action::AddMembers,
            Self::Force | Self::Request => Action::DemandPassword,
            Self::Suspend | Self::Resume => Action::Suspend,
            Self::SignOut => Action::SignOut,
        }
    }
}

impl JobState {
    /// Whether it goes on by itself.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Whether nothing more comes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped)
    }
}
