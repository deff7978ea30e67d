//! What surrounds every page: language, workplace, the person, a line of news.

use std::fmt::Display;

use crate::{
    model::{Action, Locale, Role},
    wording::{self, clock_pattern, lasting},
};

/// What every page carries.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The page's language.
    pub locale: Locale,
    /// The token that every form sends back.
    pub csrf: String,
    /// The nonce of this answer's content security policy.
    pub nonce: String,
    /// This page's path, to come back to after a change of language.
    pub here: String,
    /// The workplace whose page this is.
    pub workspace: Option<WorkspaceShown>,
    /// The name of the person who is signed in.
    pub member: Option<String>,
    /// What just happened.
    pub flash: Option<Flash>,
    /// Whether the menu of a signed-in member is shown.
    pub signed_in_links: bool,
    /// What the signed-in person is at the administrators' desk.
    pub role: Role,
    /// How many locked-out people wait, at the desk of who may answer them.
    pub waiting: i64,
    /// Whether this is the demonstration server.
    pub demo: bool,
}

/// A workplace as pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceShown {
    /// Its name.
    pub name: String,
    /// Its part of the path: `/w/{slug}`.
    pub slug: String,
}

/// A line of news above a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// How it is meant.
    pub kind: FlashKind,
    /// The sentence.
    pub text: String,
}

/// How a line of news is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashKind {
    /// It worked.
    Good,
    /// Worth knowing.
    Info,
    /// It did not work.
    Bad,
}

impl FlashKind {
    /// Class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Bad => "bad",
        }
    }
    /// How insistently a screen reader says it.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Good | Self::Info => "status",
            Self::Bad => "alert",
        }
    }
    /// Whether it worked.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Good)
    }
}

/// One entry of the menu.
#[derive(Debug)]
pub struct MenuItem {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: String,
    /// Whether this is the page.
    pub current: bool,
    /// How many wait there.
    pub badge: i64,
}

impl Frame {
    /// The text under `key`.
    pub fn t(&self, key: &str) -> String {
        wording::text(self.locale, key, &[])
    }
    /// The text under `key` with one value.
    pub fn t1(&self, key: &str, name: &str, value: impl Display) -> String {
        wording::text(self.locale, key, &[(name, &value.to_string())])
    }
    /// The text under `key` with values.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        wording::text(self.locale, key, values)
    }
    /// A path in this workplace, or in the common room if there is none.
    pub fn path(&self, rest: &str) -> String {
        match &self.workspace {
            Some(workspace) => format!("/w/{}/{rest}", workspace.slug),
            None => format!("/{rest}"),
        }
    }
    /// The heading of a help article.
    pub fn help_title(&self, name: &str) -> &'static str {
        super::article::title(self.locale, name).unwrap_or_default()
    }
    /// The address of a style sheet, script or icon.
    pub fn asset(&self, path: &str) -> String {
        super::asset_path(path)
    }
    /// The language one can change to.
    pub const fn other_locale(&self) -> Locale {
        match self.locale {
            Locale::Ja => Locale::En,
            Locale::En => Locale::Ja,
        }
    }
    /// Where the name of the house leads.
    pub fn start(&self) -> String {
        self.path(if self.member.is_some() { "me" } else { "sign-in" })
    }
    /// What leads the signed-in to their own page and others to the door, on pages that do not know which one reads them.
    pub fn home(&self) -> String {
        self.workspace.as_ref().map_or_else(|| "/".to_owned(), |workspace| format!("/w/{}", workspace.slug))
    }
    /// The menu of a signed-in member.
    pub fn menu(&self) -> Vec<MenuItem> {
        let own = [
            ("me", "menu-home"),
            ("me/contacts", "menu-contacts"),
            ("me/password", "menu-password"),
            ("me/devices", "menu-sessions"),
        ];
        own.into_iter().map(|(rest, key)| self.item(rest, key, "me")).collect()
    }
    /// Whether the desk is open to the signed-in person.
    pub const fn has_desk(&self) -> bool {
        self.role.may(Action::OpenDesk)
    }
    /// Whether the signed-in person may see every member.
    pub const fn sees_members(&self) -> bool {
        self.role.may(Action::SeeMembers)
    }
    /// Whether the signed-in person may make access tokens.
    pub const fn keeps_tokens(&self) -> bool {
        self.role.may(Action::KeepTokens)
    }
    /// The rail of the administrators' desk: what the signed-in person may do there.
    pub fn rail(&self) -> Vec<MenuItem> {
        let all = [
            ("admin", "desk-start", Action::OpenDesk, 0),
            ("admin/members", "desk-members", Action::SeeMembers, 0),
            ("admin/readiness", "desk-readiness", Action::SeeMembers, 0),
            ("admin/queue", "queue-title", Action::AnswerLockedOut, self.waiting),
            ("admin/alerts", "alerts-title", Action::SeeAlerts, 0),
            ("admin/policy", "policy-title", Action::SeePolicy, 0),
            ("admin/sign-ins", "desk-log-sign-ins", Action::ReadSignIns, 0),
            ("admin/history", "desk-log-audit", Action::ReadAudit, 0),
            ("admin/messages", "messages-title", Action::FindMessage, 0),
            ("admin/owners", "owners-title", Action::SealCode, 0),
        ];
        let open = all.into_iter().filter(|(_, _, action, _)| self.role.may(*action));
        open.map(|(rest, key, _, badge)| MenuItem { badge, ..self.item(rest, key, "admin") }).collect()
    }
    fn item(&self, rest: &str, key: &str, root: &str) -> MenuItem {
        let href = self.path(rest);
        let current = self.here == href || (rest != root && self.here.starts_with(&format!("{href}/")));
        MenuItem { href, text: self.t(key), current, badge: 0 }
    }
    /// 「2 / 4　認証番号を入力する」
    pub fn step(&self, n: &u8, of: &u8, name: &str) -> String {
        self.with("step", &[("n", &n.to_string()), ("of", &of.to_string()), ("name", name)])
    }
    /// 「あと 9分41秒 使えます。」
    pub fn time_left(&self, seconds: &i64) -> String {
        self.t1("time-left", "time", self.lasting(seconds))
    }
    /// 「あと 24秒 で、もう一度送れます。」
    pub fn resend_in(&self, seconds: &i64) -> String {
        self.t1("resend-in", "time", self.lasting(seconds))
    }
    /// A span as a person says it.
    pub fn lasting(&self, seconds: &i64) -> String {
        lasting(self.locale, *seconds)
    }
    /// A span in whole minutes, rounded up.
    pub fn minutes(&self, seconds: &i64) -> String {
        lasting(self.locale, (seconds + 59) / 60 * 60)
    }
    /// An example of an ID, shorter on a workplace's own page.
    pub fn sign_in_hint(&self) -> String {
        self.t(if self.workspace.is_some() { "sign-in-id-hint-workspace" } else { "sign-in-id-hint" })
    }
    /// The pattern from which scripts count down.
    pub fn clock_pattern(&self) -> String {
        clock_pattern(self.locale)
    }
}
