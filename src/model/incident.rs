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
