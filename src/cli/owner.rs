//! `aikagi owner recover`: an owner who locked themselves out is let back in by the operator, who sees a secret once, and never a password.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::demand::parse_lifetime;
use super::{output, parse_login, parse_slug, workspace};
use crate::app::App;
use crate::flows::desk::forced_change::Lifetime;
use crate::flows::owners;
use crate::model::{LoginName, Slug};

/// Let owners back in who locked themselves out.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Recover(Recover),
}

/// Lift whatever stops an owner's account, and show a secret, once, that opens nothing but the page to set a password.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  aikagi owner recover acme suzuki

Every administrator and owner of the workspace is told, and it stands in the audit log. Make sure who asks before you give the secret away.")]
pub(super) struct Recover {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    workspace: Slug,
    /// The owner's login name.
    #[arg(value_parser = parse_login)]
    login: LoginName,
    /// How many hours the secret can be used, 24 at most.
    #[arg(long, default_value = "1", value_parser = parse_lifetime)]
    hours: Lifetime,
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        let Self::Recover(Recover { workspace: slug, login, hours }) = self;
        let workspace = workspace(app, &slug).await?;
        let whole = format!("{}@{slug}", login.as_str());
        let Some(shown) = owners::recover(app, &workspace, &login, hours).await? else {
            bail!("{whole} is not an owner: `aikagi member list {slug}` shows who is. Nothing was changed");
        };
        println!(
            "{whole} is signed out everywhere, and the present password opens nothing any more.\n             Typed in the place of the password at {}, this opens the page to set another, once, until {}:\n\n  {}\n\n             Every administrator of {slug} who has a contact is told.",
            app.config.link(&format!("/w/{slug}/sign-in")),
            output::time(shown.expires_at),
            shown.secret.grouped().expose(),
        );
        Ok(())
    }
}
