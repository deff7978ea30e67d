//! `cargo xtask bench`: builds the server as it ships and the program that measures it (package `bench`), gives that a
//! PostgreSQL of its own, and lets it write docs/benchmarks.md.

use anyhow::{Result, bail};

use crate::programs::{cargo, command, root, run};
use crate::suite::Engine;
use crate::{postgres, tools};

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// What people wait for, storms, imports.
    Door,
    /// How that grows with the members.
    Growth,
    /// The administrators' lists and logs.
    Desk,
    /// How messages leave.
    Messages,
    /// Forced sign-out on two nodes.
    Live,
}

/// How to measure.
#[derive(Debug)]
pub struct Options {
    pub engines: Vec<Engine>,
    /// Short runs that are only printed.
    pub quick: bool,
    pub what: What,
    /// The most of them, where that is said.
    pub members: Option<String>,
    /// The programs as they are built for tests: to see whether measuring works, not how fast the server is.
    pub debug: bool,
}

impl Options {
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            engines: vec![Engine::Sqlite, Engine::Postgres],
            quick: false,
            what: What::Door,
            members: None,
            debug: false,
        };
        let mut args = args.flat_map(|arg| arg.split('=').map(str::to_owned).collect::<Vec<_>>());
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--growth" => options.what = What::Growth,
                "--desk" => options.what = What::Desk,
                "--members" => options.members = args.next(),
                "--messages" => options.what = What::Messages,
                "--live" => options.what = What::Live,
                "--debug" => options.debug = true,
                "--engine" => options.engines = Engine::parse_list(&args.next().unwrap_or_default())?,
                _ => bail!("unknown option `{arg}`"),
            }
        }
        Ok(options)
    }
}

/// Builds and measures. The page is written only by a whole run: half a page would hide what was measured before.
pub fn start(options: &Options) -> Result<()> {
    // Apart, so that the server gets no feature for the sake of the other.
    for package in ["aikagi", "bench"] {
        let profile = if options.debug { "dev" } else { "release" };
        run(cargo().args(["build", "--profile", profile, "--locked", "--package", package, "--bins"]))?;
    }
    let folder = if options.debug { "debug" } else { "release" };
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into).join(folder);
    let mut measure = command(built.join("bench"));
    measure.arg("--server").arg(built.join("aikagi"));
    let wanted = |engine| options.engines.contains(&engine);
    let server = if wanted(Engine::Postgres) {
        tools::install_postgres()?;
        Some(postgres::Server::start(postgres::Disk::Kept)?)
    } else {
        None
    };
    if let Some(server) = &server {
        measure.args(["--postgres", &server.url()]);
    }
    if !wanted(Engine::Sqlite) {
        measure.arg("--no-sqlite");
    }
    if options.quick {
        measure.arg("--quick");
    }
    match options.what {
        What::Door => {}
        What::Growth => _ = measure.arg("--growth"),
        What::Desk => _ = measure.arg("--desk"),
        What::Messages => _ = measure.arg("--messages"),
        What::Live => _ = measure.arg("--live"),
    }
    if let Some(members) = &options.members {
        measure.args(["--members", members]);
    }
    let is_whole = options.engines.len() == 2 && options.members.is_none();
    if is_whole && !options.quick && !options.debug {
        measure.arg("--out").arg(root().join("docs"));
    }
    run(&mut measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_are_the_default() -> Result<()> {
        let parse = |args: &[&str]| Options::parse(args.iter().map(ToString::to_string));
        assert_eq!(parse(&[])?.engines.len(), 2);
        let short = parse(&["--quick", "--engine=sqlite"])?;
        assert!(short.quick);
        assert_eq!(short.engines, [Engine::Sqlite]);
        assert!(parse(&["--quik"]).is_err());
        Ok(())
    }
}
