//! The commands. Each file holds one family; here are the words of the command line and what all commands share.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 the command line was not understood. Secrets are never flags.

mod alert;
mod audit;
mod backup;
mod demand;
mod doctor;
mod import;
mod init;
mod key;
mod links;
mod log;
mod member;
mod output;
mod owner;
mod progress;
mod serve;
mod undone;
mod words;
mod workspace;
mod workspace_messages;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::{Config, read};
use crate::flows;
use crate::model::{Locale, LoginName, Slug, line};
use crate::server;
use crate::store::workspaces::Workspace;

/// Sign-in and account recovery for workplaces.
#[derive(Debug, Parser)]
#[command(name = "aikagi", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// The configuration file; aikagi.toml in this folder unless named.
    #[arg(long, global = true, value_name = "FILE", env = "AIKAGI_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  aikagi demo
  aikagi init --public-url https://id.example.jp --workspace acme --name 'Acme' --owner suzuki
  aikagi serve
  aikagi member add acme tanaka --name '田中 花子' --mobile 090-1234-5678
  aikagi member import acme members.csv --dry-run";

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Serve(serve::Serve),
    Demo(serve::DemoArgs),
    #[command(subcommand)]
    Workspace(workspace::Command),
    #[command(subcommand)]
    Member(member::Command),
    #[command(subcommand)]
    Owner(owner::Command),
    #[command(subcommand)]
    Alert(alert::Command),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Key(key::Command),
    Doctor(doctor::Examine),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Move(backup::Move),
}

/// Reads the command line, does it, and answers the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match cli.command {
        // As many threads as cores.
        Command::Serve(_) | Command::Demo(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(Box::pin(go(cli))),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // With its causes, one after the other.
            eprintln!("aikagi: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn go(cli: Cli) -> Result<ExitCode> {
    let config = cli.config.as_deref();
    let done = match cli.command {
        Command::Doctor(doctor) => return doctor.run(config).await,
        Command::Audit(command) => return command.run(config).await,
        Command::Init(init) => init.run(config).await,
        Command::Serve(serve) => serve.run(config).await,
        Command::Demo(demo) => demo.run().await,
        Command::Backup(backup) => backup.run(config).await,
        Command::Restore(restore) => restore.run(config).await,
        Command::Move(carry) => carry.run().await,
        Command::Workspace(command) => {
            let app = open(read::from_system(config, Vec::new())?).await?;
            closing(&app, command.run(&app).await).await
        }
        Command::Member(command) => {
            let app = open(read::from_system(config, Vec::new())?).await?;
            closing(&app, command.run(&app).await).await
        }
        Command::Owner(command) => {
            let app = open(read::from_system(config, Vec::new())?).await?;
            closing(&app, command.run(&app).await).await
        }
        Command::Key(command) => {
            let app = open(read::from_system(config, Vec::new())?).await?;
            closing(&app, command.run(&app).await).await
        }
        Command::Alert(command) => {
            let app = open(read::from_system(config, Vec::new())?).await?;
            closing(&app, command.run(&app).await).await
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

async fn closing(app: &App, outcome: Result<()>) -> Result<()> {
    app.db.close().await;
    outcome
}

/// The parts, on a database that is there. A wrong path must not quietly make an empty one.
async fn open(config: Config) -> Result<App> {
    if let Some(file) = config.sqlite_file()
        && !file.exists()
    {
        bail!("there is no database at {}: `aikagi init` makes one; or mend `database_url`", file.display());
    }
    server::build(config).await
}

async fn workspace(app: &App, slug: &Slug) -> Result<Workspace> {
    let found = flows::workspaces::by_slug(app, slug.as_str()).await?;
    found.with_context(|| format!("there is no workspace `{slug}`; `aikagi workspace list` shows all"))
}

fn parse_slug(text: &str) -> Result<Slug, &'static str> {
    Slug::parse(text).map_err(words::slug)
}

fn parse_login(text: &str) -> Result<LoginName, &'static str> {
    LoginName::parse(text).map_err(words::login)
}

fn parse_locale(text: &str) -> Result<Locale, &'static str> {
    Locale::parse(text).ok_or("it can be `ja` or `en`")
}

/// A name or department, as it is shown on pages and in messages.
fn parse_shown(text: &str) -> Result<String, &'static str> {
    line::line(text).map_err(words::line)
}

fn parse_name(text: &str) -> Result<String, &'static str> {
    line::name(text).map_err(words::line)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
