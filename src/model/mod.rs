//! The words of the field and their rules: pure values, no async, SQL, HTTP, clock or configuration file.

pub mod asked;
pub mod carriers;
pub mod code;
pub mod email;
pub mod id;
mod index;
pub mod locale;
pub mod login;
pub mod member;
pub mod network;
pub mod password;
pub mod phone;
pub mod policy;
pub mod rights;
pub mod search;
pub mod secret;
pub mod tally;
mod text_enum;
pub mod time;
mod typed;

pub use asked::{AskTrouble, Asked, Cause, RequestState};
pub use carriers::CarrierGuide;
pub use code::{AlarmWord, CallCode, CodeTrouble, CodeTyped, DigitCode, ForcedSecret, Mark, Reference};
pub use email::{EmailAddress, EmailTrouble};
pub use index::AddressIndex;
pub use locale::Locale;
pub use login::{LoginName, LoginTrouble, LoginTyped, Slug, SlugTrouble};
pub use member::{AlertEvent, ContactKind, ContactState, Demand, MemberState, Role, SignInResult};
pub use network::Network;
pub use password::{PasswordTrouble, Strength};
pub use phone::{Phone, PhoneTrouble};
pub use policy::{Policy, PolicyTrouble};
pub use rights::Action;
pub use secret::Secret;
pub use time::{Timestamp, days, hours, minutes, seconds};
