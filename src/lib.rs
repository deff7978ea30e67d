//! Aikagi: sign-in and account recovery for workplaces. `ARCHITECTURE.md` is the map.

pub mod clock;
pub mod deliver;
pub mod model;
pub mod store;
pub mod vault;
