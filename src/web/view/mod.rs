//! What a page shows: plain values and their templates. No rules, no time of day, no database; whatever has to be decided was decided before.

pub mod agents;
mod alarm;
mod article;
pub mod asking;
mod assets;
pub mod chart;
mod contacts;
mod demo;
pub mod desk;
pub mod desk_queue;
mod drill;
mod frame;
mod help;
pub mod loss;
pub mod management;
mod problem;
mod profile;
mod recovery;
mod said;
mod shared;
mod sign_in;
mod slip;
mod trail;

pub use alarm::{NotMe, NotMeConfirm, NotMeDone, NotMeRelease};
pub use article::{Article, Block, Piece, TOPICS, article, is_for_desk};
pub use assets::{Asset, asset, asset_path};
pub use contacts::{
    AddContact, ConfirmRemove, ContactShown, Contacts, DecideContact, Deciding, FrozenShown, RemovalHeld, RemovalStays,
    Standing, TryContact, VerifyContact,
};
pub use demo::{Demo, DemoMessage, DemoMessages, DemoPerson};
pub use drill::{DrillChoose, DrillCode, DrillDone};
pub use frame::{Flash, FlashKind, Frame, MenuItem, WorkspaceShown};
pub use help::{Guide, HelpArticle, HelpList, HelpSms};
pub use loss::{
    CaseShown, LivesShown, Loss, LossBack, LossChoice, LossForm, LossRow, LossStays, LossStepShown, Lost, ThingShown,
    WipeShown,
};
pub use problem::{Problem, ProblemKind};
pub use profile::{
    ChangePassword, ChangeShown, Checkup, DeviceNamePage, DeviceShown, Devices, Home, Offline, Reauth, Reminder,
};
pub use recovery::{
    CodeState, Ended, FoundId, RecoverChoose, RecoverCode, RecoverEmail, RecoverEnded, RecoverIds, RecoverMobile,
    RecoverOther, RecoverPassword, TooMany,
};
pub use said::Said;
pub use shared::{Channel, Rules, Trouble, Troubles};
pub use sign_in::{CannotSignIn, InvitationPage, SetPassword, SignIn, Stopped, StoppedKind, Wiped};
pub use slip::Slip;
pub use trail::{TrailDot, TrailShown, TrailStop, trail_json};

pub use crate::wording::{lasting, moment};
