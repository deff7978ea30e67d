//! Loss, theft and suspicion.

use super::text_enum::text_enum;

text_enum! {
    /// What is reported.
    pub enum IncidentKind {
        /// It cannot be found.
        Lost => "lost",
        /// Somebody took it.
        Stolen => "stolen",
        /// Somebody else may know the password.
        Suspected => "suspected",
    }

    /// How it ended.
    pub enum IncidentEnd {
        /// All was done that was to be done.
        Closed => "closed",
        /// It was in the other coat: what was lost counts again.
        Undone => "undone",
    }

    /// What an administrator does in a case, in this order.
    pub enum LossStep {
        /// Nobody comes in until an administrator, or the member by a second contact, releases it.
        Hold => "hold",
        /// Nobody comes in until an administrator says so.
        Suspend => "suspend",
        /// Every session ends, those on devices that were not reported, too.
        SignOut => "sign_out",
        /// What is under way to get in, access tokens, and known devices count no more.
        Void => "void",
        /// A new password, by a contact that is not lost.
        Password => "password",
        /// The member is told once more.
        Tell => "tell",
    }

    /// What the list at its end has a line for.
    pub enum IncidentThing {
        /// A device.
        Device => "device",
        /// A session on it.
        Session => "session",
        /// A number or address on it.
        Contact => "contact",
    }
}
