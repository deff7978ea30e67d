//! The stories that a person would tell, run once for each database engine, and the rules of the house.

mod api;
mod at_rest;
mod backup;
mod cli;
mod config;
mod crash;
mod frozen;
mod harness;
mod headers;
mod imports;
mod limits;
mod model;
mod own;
mod plans;
mod races;
mod raw;
mod recovery;
mod rooms;
mod schema;
mod smtp;
mod steps;
mod store;
mod sweeps;
mod uniform;
