//! The project's chores, started by `cargo xtask …`: the whole test suite, its tools, a PostgreSQL for development.
//!
//! Nothing here ships. A chore that needs a program from outside gets it through `tools.rs`, where versions are pinned.

mod bench;
mod pictures;
mod postgres;
mod programs;
mod suite;
mod tools;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
The project's chores.

  cargo xtask test      everything: tools, format, lints, documentation, unit tests, stories on both engines, nodes, browser
      --only PARTS      only these, with commas: tools,fmt,deny,clippy,doc,unit,stories,nodes,browser
      --engine ENGINE   stories on sqlite or postgres only
  cargo xtask bench     measures the server as it ships on both engines and writes docs/benchmarks.md
      --quick           short runs, printed only
      --engine ENGINE   sqlite or postgres only, printed only
  cargo xtask pictures  tells the browser stories and takes the guides' pictures from them
  cargo xtask tools     installs what the tests need (Debian packages as root or by sudo; the rest into .tools/)
  cargo xtask postgres  starts a PostgreSQL of its own, prints its URL, and throws it away at Ctrl-C
";

fn main() -> ExitCode {
    let outcome = start(std::env::args().skip(1).collect());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: Vec<String>) -> Result<()> {
    let mut args = args.into_iter();
    match args.next().as_deref() {
        Some("test") => suite::start(&options(args)?),
        Some("bench") => bench::start(&bench::Options::parse(args)?),
        Some("pictures") => pictures::start(),
        Some("tools") => tools::install(&suite::PARTS),
        Some("postgres") => {
            tools::install_postgres()?;
            let server = postgres::Server::start(postgres::Disk::Spared)?;
            println!("{}\nCtrl-C stops it and throws its data away.", server.url());
            loop {
                // The guard of the server (see postgres.rs) outlives this process and cleans up.
                std::thread::park();
            }
        }
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("unknown chore `{other}`\n\n{HELP}"),
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Result<suite::Options> {
    let mut options = suite::Options::default();
    while let Some(arg) = args.next() {
        let (flag, value) = match arg.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (arg, args.next()),
        };
        let value = value.with_context(|| format!("`{flag}` needs a value"))?;
        match flag.as_str() {
            "--only" => options.parts = suite::Part::parse_list(&value)?,
            "--engine" => options.engines = suite::Engine::parse_list(&value)?,
            _ => bail!("unknown option `{flag}`\n\n{HELP}"),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<suite::Options> {
        options(args.iter().map(ToString::to_string))
    }

    #[test]
    fn everything_is_the_default_and_only_narrows_it() -> Result<()> {
        assert_eq!(parse(&[])?.parts, suite::PARTS);
        assert_eq!(parse(&["--only", "fmt,unit"])?.parts, [suite::Part::Fmt, suite::Part::Unit]);
        assert_eq!(parse(&["--engine=sqlite"])?.engines, [suite::Engine::Sqlite]);
        Ok(())
    }

    #[test]
    fn a_misspelt_part_or_option_is_refused() {
        assert!(parse(&["--only", "unti"]).is_err());
        assert!(parse(&["--engine", "mysql"]).is_err());
        assert!(parse(&["--onyl", "unit"]).is_err());
        assert!(parse(&["--only"]).is_err());
    }
}
