//! `aikagi member force-change` and `request-change`: the operator demands a new password of a member, and never sees one.

use anyhow::{Result, bail};
use clap::Args;

use super::member::{Whom, id};
use super::output;
use crate::app::App;
use crate::flows::desk::forced_change::{self, By, Lifetime, Refused};
use crate::flows::workspaces;

/// Demand a new password at once: sign the member out everywhere and send a secret, once, that opens nothing but the page to set one.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  aikagi member force-change acme tanaka --hours 4

The secret goes to the contact that counts for recovery and was confirmed last; every other contact is told. Nobody else sees it.")]
pub(super) struct Force {
    #[command(flatten)]
    whom: Whom,
    /// How many hours the secret can be used, 24 at most; without it as many as the workspace's policy says.
    #[arg(long, value_parser = parse_lifetime)]
    hours: Option<Lifetime>,
}

pub(super) fn parse_lifetime(text: &str) -> Result<Lifetime, &'static str> {
    text.parse().ok().and_then(Lifetime::of_hours).ok_or("it can be 1 to 24")
}

impl Force {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        let (workspace, member) = self.whom.find(app).await?;
        let id = id(&workspace, &member);
        let usual = Lifetime::usual(&workspaces::policy_of(&workspace)?);
        let hours = self.hours.unwrap_or(usual);
        let sent = match forced_change::force(app, By::Operator(&workspace.id), &member.id, None, hours).await? {
            Ok(sent) => sent,
            Err(refused) => bail!("{}", not_demanded(&id, refused)),
        };
        println!(
            "{id} is signed out everywhere, and the present password opens nothing any more.\n\
         A secret to set another goes to {}; it can be used once, until {}.\n\
         After that: {}, or `member force-change` again.",
            sent.masked,
            output::time(sent.expires_at),
            app.config.link("/recover")
        );
        Ok(())
    }
}

pub(super) async fn request(app: &App, whom: &Whom) -> Result<()> {
    let (workspace, member) = whom.find(app).await?;
    let id = id(&workspace, &member);
    match forced_change::request(app, By::Operator(&workspace.id), &member.id).await? {
        Ok(()) => println!("{id} is asked for a new password at the next sign-in."),
        Err(refused) => bail!("{}", not_demanded(&id, refused)),
    }
    Ok(())
}

/// Why nothing was demanded, and what helps.
fn not_demanded(id: &str, refused: Refused) -> String {
    let why = match refused {
        Refused::State => "is not active, or held: `aikagi member show` says which",
        Refused::WithoutContact | Refused::Contact => {
            "has no contact that counts for recovery now, so a secret can go nowhere; to ask at the next sign-in: `aikagi member request-change`"
        }
        Refused::Already => "is asked for a new password already",
        Refused::NotFound => "is gone",
        Refused::Ended | Refused::Rank | Refused::Oneself | Refused::Reachable | Refused::NoWarrant => {
            "cannot be asked by you"
        }
    };
    format!("{id} {why}: nothing was changed")
}
