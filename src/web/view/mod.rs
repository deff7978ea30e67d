//! What a page shows: plain values and their templates. No rules, no time of day, no database; whatever has to be decided was decided before.

mod alarm;
pub mod asking;
mod assets;
mod contacts;
mod demo;
pub mod desk;
pub mod desk_queue;
mod frame;
mod help;
mod problem;
mod profile;
mod recovery;
mod shared;
mod sign_in;
mod slip;

pub use alarm::{NotMe, NotMeConfirm, NotMeDone};
pub use assets::{Asset, asset, asset_path};
pub use contacts::{
    AddContact, ConfirmRemove, ContactShown, Contacts, DecideContact, Deciding, FrozenShown, RemovalHeld, RemovalStays,
    Standing, VerifyContact,
};
pub use demo::{Demo, DemoMessage, DemoMessages, DemoPerson};
pub use frame::{Flash, FlashKind, Frame, MenuItem, WorkspaceShown};
pub use help::{Guide, HelpSms};
pub use problem::{Problem, ProblemKind};
pub use profile::{ChangePassword, ChangeShown, Checkup, Home, Reauth, Reminder, SessionShown, Sessions};
pub use recovery::{
    CodeState, Ended, FoundId, RecoverChoose, RecoverCode, RecoverEmail, RecoverEnded, RecoverIds, RecoverMobile,
    RecoverOther, RecoverPassword, TooMany, Trail, TrailDot,
};
pub use shared::{Channel, Rules, Trouble, Troubles};
pub use sign_in::{CannotSignIn, InvitationPage, SetPassword, SignIn, Stopped, StoppedKind};
pub use slip::{Said, Slip};

pub use crate::wording::{lasting, moment};
