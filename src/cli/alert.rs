//! `aikagi alert …`: what the server has noticed by counting wrong codes.

use anyhow::Result;
use clap::Subcommand;

use super::{output, parse_slug, workspace};
use crate::app::App;
use crate::flows::{sweeps, workspaces};
use crate::model::Slug;

/// See and end alerts about wrong codes.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the newest alerts.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a sweep's hold: networks where nobody signed in before can recover again. For one member, see `aikagi member release`.
    End {
        /// The workspace's short name; without it, the sweep of the whole server.
        #[arg(value_parser = parse_slug)]
        slug: Option<Slug>,
    },
}

#[derive(serde::Serialize)]
struct Line {
    event: &'static str,
    workspace: Option<String>,
    member: Option<String>,
    at: String,
    /// Until when it closes anything; none where it does not, or no longer.
    closes_until: Option<String>,
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::List { json } => list(app, json).await,
            Self::End { slug } => {
                let found = match &slug {
                    Some(slug) => Some(workspace(app, slug).await?),
                    None => None,
                };
                let ended = sweeps::end(app, found.as_ref()).await?;
                println!("{}", if ended { "The sweep's hold has ended." } else { "There is no sweep to end." });
                Ok(())
            }
        }
    }
}

async fn list(app: &App, json: bool) -> Result<()> {
    let now = app.now();
    let slugs = workspaces::list(app).await?;
    let lines: Vec<Line> = sweeps::list(app)
        .await?
        .into_iter()
        .map(|alert| Line {
            event: alert.event.as_str(),
            workspace: alert.workspace_id.map(|id| {
                slugs.iter().find(|workspace| workspace.id == id).map_or(id.0, |workspace| workspace.slug.clone())
            }),
            member: alert.member_id.map(|id| id.0),
            at: output::time(alert.created_at),
            closes_until: (alert.ends_at > now).then(|| output::time(alert.ends_at)),
        })
        .collect();
    if json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let workspace = line.workspace.unwrap_or_else(|| "(whole server)".to_owned());
            [
                line.at,
                line.event.to_owned(),
                workspace,
                line.member.unwrap_or_default(),
                line.closes_until.unwrap_or_default(),
            ]
            .to_vec()
        })
        .collect();
    output::table(&["at", "event", "workspace", "member", "closes until"], &rows);
    Ok(())
}
