//! Remote wipe: which way it goes, how far it reaches, and how far it has come.

use super::text_enum::text_enum;

text_enum! {
    /// Which way it goes.
    pub enum WipeWay {
        /// The browser or installed web app itself, when it comes next or while a page of it is open.
        Browser => "browser",
        /// The workplace's program on the device.
        Agent => "agent",
        /// A device management, by a signed request.
        Webhook => "webhook",
        /// Microsoft Intune, by Microsoft Graph.
        Graph => "graph",
    }

    /// How far it reaches.
    pub enum WipeWhat {
        /// The applications there are signed out.
        SignOut => "sign_out",
        /// The data of this server in a browser; of the workplace's applications elsewhere.
        Data => "data",
        /// The whole device.
        Device => "device",
    }

    /// How far it has come. It goes forward only, but for what a service that manages devices turned away: that waits again.
    pub enum WipeState {
        /// It waits until the device can be reached.
        Queued => "queued",
        /// The device, or who manages it, was told.
        Sent => "sent",
        /// The device, or who manages it, said that it is done.
        Confirmed => "confirmed",
        /// The device said that it did not work.
        Failed => "failed",
        /// It will never be done.
        Impossible => "impossible",
    }

    /// Why it failed, or never will be done.
    pub enum WipeCause {
        /// Somebody else signed in on the device since.
        PassedOn => "passed_on",
        /// The device was found.
        Found => "found",
        /// An administrator took it back before it was sent.
        TakenBack => "taken_back",
        /// The device did not come in time.
        NotReached => "not_reached",
        /// The device, or who manages it, refuses to.
        Refused => "refused",
        /// Nobody could look whether anything is left: no script runs there.
        Unseen => "unseen",
        /// Part of it could not be removed.
        NotRemoved => "not_removed",
        /// Who manages it does not know it, or not any more: nobody can say what became of it.
        Unlisted => "unlisted",
        /// The way there is not set up any more.
        NotSetUp => "not_set_up",
        /// The server was restored from a backup, and may have taken it back since.
        Restored => "restored",
    }
}

impl WipeState {
    /// Whether nothing more is to be expected.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Confirmed | Self::Failed | Self::Impossible)
    }
}
