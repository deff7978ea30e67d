//! The stories that a person would tell, run once for each database engine, and the rules of the house.

mod api;
mod cli;
mod config;
mod harness;
mod own;
mod recovery;
mod rooms;
mod schema;
mod smtp;
