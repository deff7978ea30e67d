//! Measures the real server from outside, as `cargo xtask bench` starts it: how many sign-ins of all that the
//! processors could hash, how little memory, how quick a start, how many codes a second.

mod door;
mod http;
mod load;
mod machine;
mod place;
mod report;
mod storm;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;

/// Measures the server and writes what it found.
#[derive(Debug, Parser)]
struct Options {
    /// The server's program, as it ships.
    #[arg(long)]
    server: PathBuf,
    /// A PostgreSQL on which databases may be made; without it only SQLite is measured.
    #[arg(long)]
    postgres: Option<String>,
    /// Leave SQLite out.
    #[arg(long)]
    no_sqlite: bool,
    /// Short runs, for a first look.
    #[arg(long)]
    quick: bool,
    /// The folder for benchmarks.md and benchmarks.json; without it they are only printed.
    #[arg(long)]
    out: Option<PathBuf>,
}

// One thread for all clients: the rest is the server's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let plan = if options.quick { door::Plan::QUICK } else { door::Plan::FULL };
    // The child works in a folder of its own.
    let program = options.server.canonicalize().context("there is no server to measure")?;
    let size = std::fs::metadata(&program)?.len();
    let folder = place::Folder::new("disk")?;
    let machine = machine::Machine::look(folder.path());

    println!("disk");
    let commits = door::commits(folder.path(), plan).await?;
    let mut sqlite = None;
    if !options.no_sqlite {
        println!("sqlite");
        sqlite = Some(door::measure(&program, None, plan).await?);
    }
    let mut postgres = None;
    if let Some(url) = &options.postgres {
        println!("postgres");
        postgres = Some(door::measure(&program, Some(url), plan).await?);
    }
    let found = report::Found { machine, plan, binary_mb: door::megabytes(size), sqlite, postgres, commits };
    let text = report::text(&found);
    match &options.out {
        None => println!("\n{text}"),
        Some(out) => {
            let write = |name: &str, text: &str| {
                let file = out.join(name);
                std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))
            };
            write("benchmarks.md", &text)?;
            write("benchmarks.json", &format!("{}\n", serde_json::to_string_pretty(&found)?))?;
            println!("\nwritten: benchmarks.md and benchmarks.json in {}", out.display());
        }
    }
    Ok(())
}
