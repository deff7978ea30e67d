//! `aikagi workspace …`: workspaces, their policy, and their own words on whom to ask.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::{output, parse_locale, parse_name, parse_slug, words, workspace};
use crate::app::App;
use crate::config::keys::nearest;
use crate::flows::workspaces;
use crate::model::{Locale, Policy, Slug};

/// Make and keep workspaces.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a workspace.
    Create(Create),
    /// Show all workspaces.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    Policy(PolicyArgs),
    ContactText(ContactText),
}

/// Make a workspace.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aikagi workspace create acme --name 'Acme' --locale ja")]
pub(super) struct Create {
    /// Its short name, as in addresses and IDs: 2 to 40 small letters, digits and hyphens.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    /// Its name, as people know it.
    #[arg(long, value_parser = parse_name)]
    name: String,
    /// Its first language: ja or en.
    #[arg(long, default_value = "ja", value_parser = parse_locale)]
    locale: Locale,
}

/// Show or change what a workspace demands of passwords, sessions and contacts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aikagi workspace policy acme
  aikagi workspace policy acme --set password.min_length=20 --set contacts.required_after_days=14
  aikagi workspace policy acme --preset nist")]
pub(super) struct PolicyArgs {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    /// Put all values back to what a standard advises.
    #[arg(long)]
    preset: Option<Preset>,
    /// Change one value; may be given several times. `none` takes away what is optional.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Only show, which is also what happens without --set and --preset.
    #[arg(long, conflicts_with_all = ["preset", "sets"])]
    show: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preset {
    /// NIST SP 800-63B-4, without a second factor.
    Nist,
}

/// Set the workspace's own words on whom to ask, shown to people who cannot get in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aikagi workspace contact-text acme --ja '総務部 内線 1234' --en 'General affairs, extension 1234'
  aikagi workspace contact-text acme --en ''")]
pub(super) struct ContactText {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    /// In Japanese; empty to take it away.
    #[arg(long, value_name = "TEXT", required_unless_present = "en", value_parser = parse_words)]
    ja: Option<String>,
    /// In English; empty to take it away.
    #[arg(long, value_name = "TEXT", value_parser = parse_words)]
    en: Option<String>,
}

fn parse_words(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err("it holds control characters");
    }
    if text.chars().count() > 300 { Err("it has more than 300 characters") } else { Ok(text.to_owned()) }
}

#[derive(serde::Serialize)]
struct Line {
    slug: String,
    name: String,
    locale: Locale,
    created_at: String,
    suspended: bool,
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::Create(create) => create.run(app).await,
            Self::List { json } => list(app, json).await,
            Self::Policy(policy) => policy.run(app).await,
            Self::ContactText(text) => text.run(app).await,
        }
    }
}

impl Create {
    async fn run(self, app: &App) -> Result<()> {
        let Some(workspace) = workspaces::create(app, &self.slug, &self.name, self.locale).await? else {
            bail!("the short name `{}` is taken, or was another workspace's: choose another", self.slug);
        };
        println!("The workspace {} ({}) is made.", workspace.slug, workspace.name);
        println!("Its first owner: aikagi member add {} LOGIN --name NAME --role owner", workspace.slug);
        Ok(())
    }
}

async fn list(app: &App, json: bool) -> Result<()> {
    let all = workspaces::list(app).await?;
    let lines: Vec<Line> = all
        .into_iter()
        .map(|one| Line {
            slug: one.slug,
            name: one.name,
            locale: one.locale,
            created_at: output::time(one.created_at),
            suspended: one.suspended_at.is_some(),
        })
        .collect();
    if json {
        return output::json(&lines);
    }
    if lines.is_empty() {
        println!("There is no workspace yet: aikagi workspace create SLUG --name NAME");
        return Ok(());
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let state = if line.suspended { "suspended" } else { "open" };
            vec![line.slug, line.name, line.locale.to_string(), state.to_owned(), line.created_at]
        })
        .collect();
    output::table(&["SLUG", "NAME", "LANGUAGE", "STATE", "MADE"], &rows);
    Ok(())
}

impl PolicyArgs {
    async fn run(self, app: &App) -> Result<()> {
        let workspace = workspace(app, &self.slug).await?;
        let before = Policy::from_json(&workspace.policy)?;
        let mut policy = match self.preset {
            Some(Preset::Nist) => Policy::nist(),
            None => before.clone(),
        };
        for set in &self.sets {
            policy = change(&policy, set)?;
        }
        if let Err(troubles) = policy.check() {
            let told: Vec<_> = troubles.into_iter().map(|trouble| format!("\n  {}", words::policy(trouble))).collect();
            bail!("nothing was changed, since the policy would be out of bounds:{}", told.concat());
        }
        if policy != before {
            workspaces::set_policy(app, &workspace, &policy).await?;
            eprintln!("The policy of {} is changed.", workspace.slug);
        }
        let value = serde_json::to_value(&policy)?;
        if self.json {
            output::json(&value)?;
        } else {
            let lines = leaves(&value);
            let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), shown(value))).collect();
            output::fields(&lines);
        }
        for departure in policy.departures() {
            eprintln!("warning: {}", words::departure(departure));
        }
        Ok(())
    }
}

/// The policy with one value changed.
fn change(policy: &Policy, set: &str) -> Result<Policy> {
    let (name, text) = set.split_once('=').with_context(|| format!("--set {set}: write KEY=VALUE"))?;
    let mut whole = serde_json::to_value(policy)?;
    let names: Vec<String> = leaves(&whole).into_iter().map(|(name, _)| name).collect();
    let place = whole.pointer_mut(&format!("/{}", name.replace('.', "/"))).filter(|place| !place.is_object());
    let Some(place) = place else {
        match nearest(name, names.iter().map(String::as_str)) {
            Some(known) => bail!("--set {set}: there is no `{name}`; did you mean `{known}`?"),
            None => bail!("--set {set}: there is no `{name}`; there are {}", names.join(", ")),
        }
    };
    *place = match text.trim() {
        "none" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    serde_json::from_value(whole).map_err(|_| {
        let kind =
            if name == "password.blocklist" { "true or false" } else { "a whole number, or none where it is optional" };
        anyhow::anyhow!("--set {set}: the value must be {kind}")
    })
}

/// Every value with its dotted name.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    let tables = value.as_object().into_iter().flatten();
    tables
        .flat_map(|(table, inner)| {
            let inner = inner.as_object().into_iter().flatten();
            inner.map(move |(name, value)| (format!("{table}.{name}"), value.clone()))
        })
        .collect()
}

fn shown(value: &Value) -> String {
    if value.is_null() { "none".to_owned() } else { value.to_string() }
}

impl ContactText {
    async fn run(self, app: &App) -> Result<()> {
        let workspace = workspace(app, &self.slug).await?;
        // What is not named stays as it is.
        let chosen =
            |new: Option<String>, old: &Option<String>| new.or_else(|| old.clone()).filter(|text| !text.is_empty());
        let ja = chosen(self.ja, &workspace.contact_text_ja);
        let en = chosen(self.en, &workspace.contact_text_en);
        workspaces::set_contact_text(app, &workspace, ja.as_deref(), en.as_deref()).await?;
        let none = || "(none)".to_owned();
        output::fields(&[("ja", ja.unwrap_or_else(none)), ("en", en.unwrap_or_else(none))]);
        Ok(())
    }
}
