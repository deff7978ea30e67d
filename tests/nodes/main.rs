//! Several real servers on one PostgreSQL, with real proxies, and everything that can be killed, hung or filled up is: what was
//! answered as done stays done. Each test starts programs of its own; `cargo xtask test --only nodes`.

mod arrival;
mod carrier;
mod client;
mod clock;
mod cluster;
mod database;
mod failover;
mod full;
mod house;
mod kill;
mod load;
mod proxy;
mod refused;
mod rolling;
mod small_disk;
mod smsc;
mod together;

#[path = "../../xtask/src/postgres.rs"]
#[allow(dead_code, reason = "the chores use the rest")]
mod postgres;
#[path = "../../xtask/src/programs.rs"]
#[allow(dead_code, reason = "the chores use the rest")]
mod programs;
