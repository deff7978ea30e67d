//! Measures the real server from outside, as `cargo xtask bench` starts it: how many sign-ins of all that the
//! processors could hash, how little memory, how quick a start, how many codes a second.

mod bare;
mod browser;
mod by_mail;
mod commits;
mod desk;
mod door;
mod grown;
mod growth;
mod http;
mod import;
mod indexes;
mod live;
mod load;
mod machine;
mod mailbox;
mod messages;
mod place;
mod post;
mod recovery;
mod report;
mod smsc;
mod storm;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;

/// Measures the server and writes what it found.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a command line")]
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
    /// Measure how things grow with the members, and nothing else.
    #[arg(long)]
    growth: bool,
    /// Measure the desk's lists and logs with a million members and five million lines, and nothing else.
    #[arg(long, conflicts_with = "growth")]
    desk: bool,
    /// Measure how quickly messages leave by SMPP, and nothing else.
    #[arg(long, conflicts_with_all = ["growth", "desk"])]
    messages: bool,
    /// Measure forced sign-out and open pages on two nodes, and nothing else; PostgreSQL alone.
    #[arg(long, conflicts_with_all = ["growth", "desk", "messages"], requires = "postgres")]
    live: bool,
    /// The most members to measure growth with; more than a million only on PostgreSQL.
    #[arg(long, default_value_t = 1_000_000, requires = "growth")]
    members: u32,
    /// The folder for benchmarks.md and benchmarks.json; without it they are only printed.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> Result<()> {
    // The bare server has as many threads as the real one.
    if std::env::args().nth(1).as_deref() == Some(bare::FLAG) {
        return tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(bare::serve());
    }
    // One thread for all clients: the rest is the server's.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(Options::parse()))
}

async fn measure(options: Options) -> Result<()> {
    // The child works in a folder of its own.
    let program = options.server.canonicalize().context("there is no server to measure")?;
    let folder = place::Folder::new("disk")?;
    let machine = machine::Machine::look(folder.path());
    if options.desk {
        return Box::pin(look(&options, &program, machine)).await;
    }
    if options.messages {
        return send(&options, &program, machine).await;
    }
    if options.live {
        return hang(&options, &program, machine).await;
    }
    if options.growth {
        return grow(&options, &program, machine).await;
    }
    let plan = if options.quick { door::Plan::QUICK } else { door::Plan::FULL };
    let size = std::fs::metadata(&program)?.len();

    println!("disk");
    let mut commits = commits::Both::default();
    if !options.no_sqlite {
        commits.sqlite = Some(commits::measure(&program, None, plan).await?);
    }
    if let Some(url) = &options.postgres {
        commits.postgres = Some(commits::measure(&program, Some(url), plan).await?);
    }
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
    let Some(out) = &options.out else {
        println!("\n{text}");
        return Ok(());
    };
    let before = std::fs::read_to_string(out.join(PAGE)).unwrap_or_default();
    let kept = [grown::SECTION, desk::SECTION, messages::SECTION, live::SECTION];
    let text = kept.iter().fold(text, |text, kept| match kept.of(&before) {
        Some(section) => kept.put(&text, section),
        None => text,
    });
    write(out, PAGE, &text)?;
    write(out, "benchmarks.json", &format!("{}\n", serde_json::to_string_pretty(&found)?))
}

/// Only what must not grow with the members.
async fn grow(options: &Options, program: &Path, machine: machine::Machine) -> Result<()> {
    let plan = growth::Plan { quick: options.quick, most: options.members };
    let mut sqlite = None;
    if !options.no_sqlite {
        println!("sqlite");
        sqlite = Some(growth::measure(program, None, plan).await?);
    }
    let mut postgres = None;
    if let Some(url) = &options.postgres {
        println!("postgres");
        postgres = Some(growth::measure(program, Some(url), plan).await?);
    }
    let found = grown::Growth { machine, sqlite, postgres };
    let text = grown::text(&found);
    let Some(out) = &options.out else {
        println!("\n{text}");
        return Ok(());
    };
    let before = std::fs::read_to_string(out.join(PAGE))
        .context("the page is not written yet: measure without --growth first")?;
    write(out, PAGE, &grown::SECTION.put(&before, &text))?;
    write(out, "benchmarks-growth.json", &format!("{}\n", serde_json::to_string_pretty(&found)?))
}

/// Only what the administrators look through.
async fn look(options: &Options, program: &Path, machine: machine::Machine) -> Result<()> {
    let plan = if options.quick { desk::Plan::QUICK } else { desk::Plan::FULL };
    let mut sqlite = None;
    if !options.no_sqlite {
        println!("sqlite");
        sqlite = Some(Box::pin(desk::measure(program, None, plan)).await?);
    }
    let mut postgres = None;
    if let Some(url) = &options.postgres {
        println!("postgres");
        postgres = Some(Box::pin(desk::measure(program, Some(url), plan)).await?);
    }
    let text = desk::text(&desk::Looked { machine, plan, sqlite, postgres });
    let Some(out) = &options.out else {
        println!("\n{text}");
        return Ok(());
    };
    let before =
        std::fs::read_to_string(out.join(PAGE)).context("the page is not written yet: measure without --desk first")?;
    write(out, PAGE, &desk::SECTION.put(&before, &text))
}

/// Only how messages leave.
async fn send(options: &Options, program: &Path, machine: machine::Machine) -> Result<()> {
    let plan = if options.quick { messages::Plan::QUICK } else { messages::Plan::FULL };
    let mut sqlite = None;
    if !options.no_sqlite {
        println!("sqlite");
        sqlite = Some(messages::measure(program, None, plan).await?);
    }
    let mut postgres = None;
    if let Some(url) = &options.postgres {
        println!("postgres");
        postgres = Some(messages::measure(program, Some(url), plan).await?);
    }
    let found = messages::Found { machine, plan, sqlite, postgres };
    let text = messages::text(&found);
    let Some(out) = &options.out else {
        println!("\n{text}");
        return Ok(());
    };
    let before = std::fs::read_to_string(out.join(PAGE))
        .context("the page is not written yet: measure without --messages first")?;
    write(out, PAGE, &messages::SECTION.put(&before, &text))?;
    write(out, "benchmarks-messages.json", &format!("{}\n", serde_json::to_string_pretty(&found)?))
}

/// Only what a forced sign-out does on two nodes.
async fn hang(options: &Options, program: &Path, machine: machine::Machine) -> Result<()> {
    let plan = if options.quick { live::Plan::QUICK } else { live::Plan::FULL };
    let url = options.postgres.as_deref().context("two nodes have a PostgreSQL between them")?;
    let found = live::measure(program, url, plan, machine).await?;
    let text = live::text(&found);
    let Some(out) = &options.out else {
        println!("\n{text}");
        return Ok(());
    };
    let before =
        std::fs::read_to_string(out.join(PAGE)).context("the page is not written yet: measure without --live first")?;
    write(out, PAGE, &live::SECTION.put(&before, &text))
}

const PAGE: &str = "benchmarks.md";

fn write(out: &Path, name: &str, text: &str) -> Result<()> {
    let file = out.join(name);
    std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("written: {}", file.display());
    Ok(())
}
