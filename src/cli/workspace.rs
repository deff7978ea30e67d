//! `aikagi workspace …`: workspaces, their policy, their own words to people who cannot get in, and the networks that people may come from.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::workspace_messages::Messages;
use super::{output, parse_locale, parse_name, parse_slug, words, workspace};
use crate::app::App;
use crate::config::keys::nearest;
use crate::flows::workspaces::{self, WhichText};
use crate::model::{Bound, Locale, Networks, OwnText, Policy, Slug};

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
    FailureText(FailureText),
    Networks(NetworksArgs),
    Messages(Messages),
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
    /// For contracts that demand kinds of characters and expiry, against the standards' advice.
    Contract,
    /// Stricter than the standards ask.
    Strict,
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
    #[command(flatten)]
    words: Words,
}

/// Set the workspace's own words after a failed sign-in, the same whatever the reason.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  aikagi workspace failure-text acme --ja '初めての方は、入社のしおりの5ページをごらんください' --en 'New here? See page 5 of your welcome booklet'")]
pub(super) struct FailureText {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    #[command(flatten)]
    words: Words,
}

/// A text in one language or in both.
#[derive(Debug, Args)]
struct Words {
    /// In Japanese; empty to take it away.
    #[arg(long, value_name = "TEXT", required_unless_present = "en", value_parser = parse_words)]
    ja: Option<String>,
    /// In English; empty to take it away.
    #[arg(long, value_name = "TEXT", value_parser = parse_words)]
    en: Option<String>,
}

/// Show, set or clear the networks that a workspace's people may sign in from.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aikagi workspace networks acme
  aikagi workspace networks acme --clear
  aikagi workspace networks acme --from 203.0.113.0/24 --from 2001:db8::/32 --for desk")]
pub(super) struct NetworksArgs {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    /// Let people in from everywhere again.
    #[arg(long, conflicts_with_all = ["from", "bound"])]
    clear: bool,
    /// A network to let people in from; may be given several times, and takes the place of the present ones.
    #[arg(long, value_name = "NETWORK")]
    from: Vec<String>,
    /// Whom they bind: all, or desk (owners, administrators, help desk).
    #[arg(long = "for", value_name = "WHOM", requires = "from", value_parser = parse_bound, default_value = "all")]
    bound: Bound,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn parse_bound(text: &str) -> Result<Bound, &'static str> {
    Bound::parse(text).ok_or("it is all or desk")
}

/// Empty where the text is to be taken away.
fn parse_words(text: &str) -> Result<String, String> {
    let text = OwnText::parse(text).map_err(words::own_text)?;
    Ok(text.map_or_else(String::new, |text| text.as_str().to_owned()))
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
            Self::ContactText(text) => text.words.run(app, &text.slug, WhichText::Contact).await,
            Self::FailureText(text) => text.words.run(app, &text.slug, WhichText::Failure).await,
            Self::Networks(networks) => networks.run(app).await,
            Self::Messages(messages) => messages.run(app).await,
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
            Some(Preset::Contract) => Policy::contract(),
            Some(Preset::Strict) => Policy::strict(),
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

impl Words {
    async fn run(self, app: &App, slug: &Slug, which: WhichText) -> Result<()> {
        let workspace = workspace(app, slug).await?;
        // What is not named stays as it is.
        let chosen = |new: Option<String>, old: Option<String>| new.or(old).filter(|text| !text.is_empty());
        let [ja, en] = which.of(&workspace);
        let (ja, en) = (chosen(self.ja, ja), chosen(self.en, en));
        workspaces::set_text(app, &workspace, which, [ja.as_deref(), en.as_deref()]).await?;
        let none = || "(none)".to_owned();
        output::fields(&[("ja", ja.unwrap_or_else(none)), ("en", en.unwrap_or_else(none))]);
        Ok(())
    }
}

impl NetworksArgs {
    async fn run(self, app: &App) -> Result<()> {
        let workspace = workspace(app, &self.slug).await?;
        let before = workspaces::networks_of(&workspace)?;
        let after = if self.clear {
            None
        } else if self.from.is_empty() {
            before.clone()
        } else {
            match Networks::parse(self.bound, &self.from.join("\n")) {
                Ok(networks) => Some(networks),
                Err(troubles) => {
                    let told: Vec<_> = troubles.iter().map(|one| format!("\n  {}", words::networks(one))).collect();
                    bail!("nothing was changed:{}", told.concat());
                }
            }
        };
        if after != before {
            workspaces::set_networks(app, &workspace, after.as_ref()).await?;
            eprintln!(
                "The networks of {} are changed; sessions from elsewhere end when they are next used.",
                self.slug
            );
        }
        if self.json {
            return output::json(&serde_json::json!(after));
        }
        let Some(after) = after else {
            println!("People sign in to {} from everywhere.", workspace.slug);
            return Ok(());
        };
        output::fields(&[("for", after.bound.to_string()), ("from", after.texts().join(" "))]);
        Ok(())
    }
}
