//! Aikagi: sign-in and account recovery for workplaces. `ARCHITECTURE.md` is the map.

pub mod clock;
pub mod model;
pub mod web;
pub mod wording;
