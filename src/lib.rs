//! Aikagi: sign-in and account recovery for workplaces. `ARCHITECTURE.md` is the map.

pub mod api;
pub mod app;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod deliver;
pub mod demo;
pub mod doctor;
pub mod flows;
pub mod model;
pub mod operations;
pub mod places;
pub mod server;
pub mod store;
pub mod tls;
pub mod vault;
pub mod web;
pub mod wording;
