//! The words of the field and their rules: pure values, no async, SQL, HTTP, clock or configuration file.

pub mod id;
pub mod locale;
pub mod time;

pub use locale::Locale;
pub use time::{Timestamp, days, hours, minutes, seconds};
