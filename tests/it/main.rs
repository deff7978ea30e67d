//! The stories that a person would tell, run once for each database engine, and the rules of the house.

mod harness;
mod own;
mod recovery;
mod rooms;
mod smtp;
