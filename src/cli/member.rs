//! `aikagi member …`: the operator adds members and looks after their accounts. No password is ever set or shown here;
//! members set theirs by a one-time link.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::{demand, import, output, parse_locale, parse_login, parse_name, parse_shown, parse_slug, words, workspace};
use crate::app::App;
use crate::flows::contacts::Address;
use crate::flows::members::{self, NewMember};
use crate::flows::standing;
use crate::model::{
    ContactKind, ContactState, Demand, EmailAddress, Locale, LoginName, MemberState, Phone, Role, Slug,
};
use crate::store::members::Member;
use crate::store::workspaces::Workspace;

/// Add members and look after their accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Add(Box<Add>),
    Import(Import),
    /// Show all members of a workspace.
    List {
        /// The workspace's short name.
        #[arg(value_parser = parse_slug)]
        workspace: Slug,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one member: state, hold, contacts (masked).
    Show {
        #[command(flatten)]
        whom: Whom,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new link for a member who has not set a password yet; older links end.
    Invite(Whom),
    /// Stop a member from signing in; their sessions end at once.
    Suspend(Whom),
    /// Let a suspended member sign in again.
    Resume(Whom),
    /// Hold an account as if its member had answered "that was not me".
    Hold(Whom),
    ForceChange(demand::Force),
    /// Ask a member for a new password at their next sign-in; sessions that are open go on.
    RequestChange(Whom),
    /// Release an account that is held, and let its frozen contacts count again.
    Release(Whom),
}

/// One member.
#[derive(Debug, Args)]
pub(super) struct Whom {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    workspace: Slug,
    /// The member's login name.
    #[arg(value_parser = parse_login)]
    login: LoginName,
}

/// Add a member and print the link with which they set a password.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  aikagi member add acme tanaka --name '田中 花子' --kana 'タナカ ハナコ' --department 営業部 --mobile 090-1234-5678

A mobile number or e-mail address given here counts once the member has typed a code that went there.")]
pub(super) struct Add {
    #[command(flatten)]
    whom: Whom,
    /// Their name, as the workplace writes it.
    #[arg(long, value_parser = parse_name)]
    name: String,
    /// Its reading.
    #[arg(long, default_value = "", value_parser = parse_shown)]
    kana: String,
    /// Their department.
    #[arg(long, default_value = "", value_parser = parse_shown)]
    department: String,
    /// owner, administrator, help_desk or member.
    #[arg(long, default_value = "member", value_parser = parse_role)]
    role: Role,
    /// Their mobile number.
    #[arg(long)]
    mobile: Option<String>,
    /// Their personal e-mail address.
    #[arg(long, value_parser = parse_email)]
    email: Option<EmailAddress>,
    /// The language of messages to them; the workspace's unless given.
    #[arg(long, value_parser = parse_locale)]
    locale: Option<Locale>,
}

/// Add all members of a CSV file, or none where a row is wrong.
#[derive(Debug, Args)]
#[command(after_help = import::HELP)]
pub(super) struct Import {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    workspace: Slug,
    /// The file: UTF-8, the first line names the columns.
    file: PathBuf,
    /// Only check the file.
    #[arg(long)]
    dry_run: bool,
    /// Write everybody's link into this new file, which only you can read (or, after an interruption, the same again).
    #[arg(long, value_name = "NEW.csv", conflicts_with = "dry_run")]
    links: Option<PathBuf>,
}

pub(super) fn parse_role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).ok_or("it can be owner, administrator, help_desk or member")
}

pub(super) fn parse_email(text: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(text).map_err(words::email)
}

impl Command {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::Add(add) => add.run(app).await,
            Self::Import(all) => {
                let workspace = workspace(app, &all.workspace).await?;
                import::run(app, &workspace, &all.file, all.dry_run, all.links.as_deref()).await
            }
            Self::List { workspace: slug, json } => list(app, &workspace(app, &slug).await?, json).await,
            Self::Show { whom, json } => {
                let (workspace, member) = whom.find(app).await?;
                show(app, &workspace, &member, json).await
            }
            Self::Invite(whom) => {
                let (workspace, member) = whom.find(app).await?;
                match members::invite_again(app, &workspace, &member).await? {
                    Some(link) => tell_link(app, &id(&workspace, &member), &link),
                    None => bail!(
                        "{} is {} and has a password already: they get back in by themselves at {}",
                        id(&workspace, &member),
                        member.state,
                        app.config.link("/recover")
                    ),
                }
                Ok(())
            }
            Self::Suspend(whom) => set_suspended(app, whom, true).await,
            Self::Resume(whom) => set_suspended(app, whom, false).await,
            Self::Hold(whom) => {
                let (workspace, member) = whom.find(app).await?;
                members::take_step(app, &member, standing::Step::Hold).await?;
                println!("{} is held: nobody signs in or recovers until `member release`.", id(&workspace, &member));
                Ok(())
            }
            Self::ForceChange(force) => force.run(app).await,
            Self::RequestChange(whom) => demand::request(app, &whom).await,
            Self::Release(whom) => {
                let (workspace, member) = whom.find(app).await?;
                if !members::take_step(app, &member, standing::Step::Release).await? {
                    bail!(
                        "{} is not held and has no frozen contact: there is nothing to release",
                        id(&workspace, &member)
                    );
                }
                println!("{} is released.", id(&workspace, &member));
                Ok(())
            }
        }
    }
}

impl Whom {
    pub(super) async fn find(&self, app: &App) -> Result<(Workspace, Member)> {
        let workspace = workspace(app, &self.workspace).await?;
        let member = members::by_login(app, &workspace, &self.login).await?;
        let member = member.with_context(|| {
            format!(
                "nobody in {0} has the login name `{1}`; `aikagi member list {0}` shows all",
                self.workspace, self.login
            )
        })?;
        Ok((workspace, member))
    }
}

pub(super) fn id(workspace: &Workspace, member: &Member) -> String {
    format!("{}@{}", member.login, workspace.slug)
}

fn tell_link(app: &App, id: &str, link: &str) {
    println!("{id} sets a password by this link, once, within {} hours of now:\n", app.config.limits.link_hours);
    println!("  {}", app.config.link(link));
}

impl Add {
    async fn run(self, app: &App) -> Result<()> {
        let Whom { workspace: slug, login } = &self.whom;
        let workspace = workspace(app, slug).await?;
        let mut contacts = Vec::new();
        if let Some(mobile) = &self.mobile {
            let phone = Phone::parse(mobile, &app.config.countries);
            let phone = phone.map_err(|why| anyhow::anyhow!("--mobile {mobile}: {}", words::phone(why)))?;
            contacts.push(Address::Mobile(phone));
        }
        contacts.extend(self.email.map(Address::Email));
        let new = NewMember {
            login: login.clone(),
            name: self.name,
            kana: self.kana,
            department: self.department,
            role: self.role,
            locale: self.locale.unwrap_or(workspace.locale),
            contacts,
        };
        match members::add(app, &workspace, &new).await? {
            members::Add::Done { member, link } => tell_link(app, &id(&workspace, &member), &link),
            members::Add::Taken => {
                bail!("the login name `{login}` is taken, or was given up a short while ago: choose another")
            }
        }
        Ok(())
    }
}

async fn set_suspended(app: &App, whom: Whom, suspended: bool) -> Result<()> {
    let (workspace, member) = whom.find(app).await?;
    let id = id(&workspace, &member);
    if !members::take_step(app, &member, if suspended { standing::Step::Suspend } else { standing::Step::Resume })
        .await?
    {
        bail!("{id} is {}: nothing was changed", member.state);
    }
    println!("{id} is {}.", if suspended { "suspended, and signed out everywhere" } else { "active again" });
    Ok(())
}

#[derive(serde::Serialize)]
struct Line {
    login: String,
    name: String,
    kana: String,
    department: String,
    role: Role,
    state: MemberState,
    held_since: Option<String>,
}

impl From<Member> for Line {
    fn from(member: Member) -> Self {
        Self {
            login: member.login,
            name: member.name,
            kana: member.kana,
            department: member.department,
            role: member.role,
            state: member.state,
            held_since: member.held_at.map(output::time),
        }
    }
}

async fn list(app: &App, workspace: &Workspace, json: bool) -> Result<()> {
    const PAGE: i64 = 500;
    let mut lines: Vec<Line> = Vec::new();
    let mut after = String::new();
    loop {
        let page = members::list(app, workspace, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.to_string();
        lines.extend(page.into_iter().map(Line::from));
    }
    if json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let state =
                if line.held_since.is_some() { format!("{}, held", line.state) } else { line.state.to_string() };
            vec![line.login, line.name, line.department, line.role.to_string(), state]
        })
        .collect();
    output::table(&["LOGIN", "NAME", "DEPARTMENT", "ROLE", "STATE"], &rows);
    Ok(())
}

#[derive(serde::Serialize)]
struct Whole {
    #[serde(flatten)]
    line: Line,
    id: String,
    workspace: String,
    locale: Locale,
    added_at: String,
    recovered_at: Option<String>,
    /// `forced` or `requested`.
    demand: Option<Demand>,
    demanded_at: Option<String>,
    contacts: Vec<Shown>,
}

#[derive(serde::Serialize)]
struct Shown {
    kind: ContactKind,
    masked: String,
    state: ContactState,
    recovers_from: Option<String>,
    confirmed_at: Option<String>,
}

async fn show(app: &App, workspace: &Workspace, member: &Member, json: bool) -> Result<()> {
    let contacts = members::contacts(app, workspace, member).await?.into_iter().map(|(row, masked)| Shown {
        kind: row.kind,
        masked,
        state: row.state,
        recovers_from: row.recovers_from.map(output::time),
        confirmed_at: row.confirmed_at.map(output::time),
    });
    let whole = Whole {
        id: member.id.to_string(),
        workspace: workspace.slug.clone(),
        locale: member.locale,
        added_at: output::time(member.created_at),
        recovered_at: member.recovered_at.map(output::time),
        demand: member.demand,
        demanded_at: member.demand_at.map(output::time),
        contacts: contacts.collect(),
        line: member.clone().into(),
    };
    if json {
        return output::json(&whole);
    }
    let Whole { line, .. } = whole;
    let no = || "no".to_owned();
    let mut fields = vec![
        ("login", id(workspace, member)),
        ("name", line.name),
        ("kana", line.kana),
        ("department", line.department),
        ("role", line.role.to_string()),
        ("state", line.state.to_string()),
        ("held", line.held_since.map_or_else(no, |since| format!("since {since}"))),
        ("language", whole.locale.to_string()),
        ("added", whole.added_at),
        ("recovered", whole.recovered_at.unwrap_or_else(|| "never".to_owned())),
        ("id", whole.id),
    ];
    if let Some(demand) = whole.demand {
        fields.push(("new password", format!("{demand}, since {}", whole.demanded_at.unwrap_or_default())));
    }
    for contact in whole.contacts {
        let from = contact.recovers_from.map(|from| format!(", recovers from {from}")).unwrap_or_default();
        fields.push(("contact", format!("{}  {}{from}", contact.masked, contact.state)));
    }
    output::fields(&fields);
    Ok(())
}
