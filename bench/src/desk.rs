//! What administrators look through, in a workspace of a million members with five million lines of logs: the list, the search, the logs, as
//! pages, by one signed-in owner.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use aikagi::app::App;
use aikagi::model::id::{AuditId, MemberId, SignInId};
use aikagi::model::{Locale, Slug, Timestamp, days, search};
use aikagi::store::whole::{self, Row, Table};
use aikagi::store::workspaces::Workspace;
use aikagi::store::{Conn, Error};
use aikagi::vault::OsDice;
use aikagi::vault::dice::bytes;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::door::say;
use crate::growth::cheap_hash;
use crate::indexes;
use crate::load::{median, percentile};
use crate::machine::Machine;
use crate::place::{Place, SLUG, Server, door};
use crate::report::Section;

/// The marks of this section of the page.
pub const SECTION: Section =
    Section { begin: "<!-- desk: by cargo xtask bench --desk -->\n", end: "<!-- end of desk -->\n" };
/// The median of each page, in ms.
const GOAL: f64 = 30.0;
/// Rows that go in by one transaction.
const AT_ONCE: u32 = 20_000;
const FAMILIES: [(&str, &str); 10] = [
    ("佐藤", "さとう"),
    ("鈴木", "すずき"),
    ("高橋", "たかはし"),
    ("田中", "たなか"),
    ("伊藤", "いとう"),
    ("渡辺", "わたなべ"),
    ("山本", "やまもと"),
    ("中村", "なかむら"),
    ("小林", "こばやし"),
    ("加藤", "かとう"),
];
const GIVEN: [(&str, &str); 8] = [
    ("一郎", "いちろう"),
    ("美咲", "みさき"),
    ("健", "けん"),
    ("陽菜", "ひな"),
    ("翔", "しょう"),
    ("花", "はな"),
    ("大輔", "だいすけ"),
    ("恵", "めぐみ"),
];

/// How much there is, and how often each page is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    members: u32,
    sign_ins: u32,
    audit: u32,
    rounds: usize,
}

impl Plan {
    pub const FULL: Self = Self { members: 1_000_000, sign_ins: 4_000_000, audit: 1_000_000, rounds: 110 };
    pub const QUICK: Self = Self { members: 5_000, sign_ins: 20_000, audit: 5_000, rounds: 20 };
}

/// What one page took: median and 99 %, in ms.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    name: &'static str,
    median: f64,
    most: f64,
}

/// All that was found of it.
#[derive(Debug)]
pub struct Looked {
    pub machine: Machine,
    pub plan: Plan,
    pub sqlite: Option<Vec<Took>>,
    pub postgres: Option<Vec<Took>>,
}

/// The section.
pub fn text(looked: &Looked) -> String {
    let Machine { date, commit, cpu, cores, memory_mib, kernel, filesystem } = &looked.machine;
    let Plan { members, sign_ins, audit, rounds } = looked.plan;
    let mut text = format!(
        "{}## What administrators look through\n\n\
         | When | Commit | Processor | Cores | Memory | Kernel | Filesystem |\n|---|---|---|---|---|---|---|\n\
         | {date} | {commit} | {cpu} | {cores} | {memory_mib} MiB | {kernel} | {filesystem} |\n\n\
         | Page, median (99 %) in ms, goal {GOAL} | SQLite | PostgreSQL |\n|---|---|---|\n",
        SECTION.begin
    );
    let cell = |all: &Option<Vec<Took>>, nth: usize| {
        all.as_ref().and_then(|all| all.get(nth)).map_or_else(
            || "–".to_owned(),
            |took| {
                let sign = if took.median < GOAL { "✓" } else { "✗" };
                format!("{:.1} ({:.1}) {sign}", took.median, took.most)
            },
        )
    };
    let names = looked.sqlite.as_ref().or(looked.postgres.as_ref());
    for (nth, took) in names.into_iter().flatten().enumerate() {
        // Writing to a text does not fail.
        let _ = writeln!(text, "| {} | {} | {} |", took.name, cell(&looked.sqlite, nth), cell(&looked.postgres, nth));
    }
    let _ = write!(
        text,
        "\n{members} members of one workspace, {sign_ins} lines of the sign-in log, {audit} of the audit log. Whole pages over HTTP by one owner, one after \
         the other, {rounds} times, the first tenth uncounted.\n\n```\ncargo xtask bench --desk\n```\n{}",
        SECTION.end
    );
    text
}

/// Fills a database, and asks for each page in turn.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Vec<Took>> {
    let place = Place::new(program, postgres).await?;
    let begun = Instant::now();
    Box::pin(fill(&place, plan)).await?;
    say(&format!("{} members and their logs loaded in {:.0} s", plan.members, begun.elapsed().as_secs_f64()));
    let server = place.start(&door())?;
    let mut desk = Desk::open(&server).await?;
    let found = desk.look_around(plan).await?;
    server.stop()?;
    Ok(found)
}

/// The owner's browser.
struct Desk(Browser);

impl Desk {
    async fn open(server: &Server) -> Result<Self> {
        Ok(Self(Browser::signs_in(server, "member-0", 1).await?))
    }

    async fn page(&mut self, path: &str) -> Result<String> {
        self.0.page(path).await
    }

    /// Where a filter's form leads, whose answer is what is measured.
    async fn filter(&mut self, form: &str, fields: &[(&str, &str)]) -> Result<String> {
        self.0.submits(form, form, fields).await
    }

    async fn look_around(&mut self, plan: Plan) -> Result<Vec<Took>> {
        let (members, sign_ins, history) = (desk("/members"), desk("/sign-ins"), desk("/history"));
        let middle = format!("member-{}", plan.members / 2);
        let find = |typed: &str, which: &str| [("q", typed.to_owned()), ("which", which.to_owned())];
        let mut pages = vec![("The list, first page", members.clone(), None)];
        for (name, [typed, which]) in [
            ("Search: さとう", find("さとう", "present")),
            ("Search: 佐藤 経理7", find("佐藤 経理7", "present")),
            ("Search: an ID's beginning", find(&middle, "present")),
            ("Search: what nobody has", find("ぬらりひょん", "present")),
            ("Filter: suspended", find("", "suspended")),
            ("Filter: no sign-in for 90 days", find("", "away90")),
        ] {
            let path = self.filter(&members, &[(typed.0, &typed.1), (which.0, &which.1)]).await?;
            pages.push((name, path, None));
        }
        pages.push(("The list, page after page", members, Some(())));
        pages.push(("Sign-in log, first page", sign_ins.clone(), None));
        let one = self.filter(&sign_ins, &[("login", &middle)]).await?;
        pages.push(("Sign-in log of one member", one, None));
        let wrong = self.filter(&sign_ins, &[("what", "suspended")]).await?;
        pages.push(("Sign-in log, a rare result", wrong, None));
        pages.push(("Audit log, first page", history.clone(), None));
        let of = self.filter(&history, &[("login", &middle)]).await?;
        pages.push(("Audit log of one member", of, None));
        pages.push(("The desk's first page", desk(""), None));

        let mut all = Vec::new();
        for (name, path, goes_on) in pages {
            let (mut times, mut next) = (Vec::new(), path.clone());
            for round in 0..plan.rounds {
                let begun = Instant::now();
                let page = self.page(&next).await?;
                if round >= plan.rounds / 10 {
                    times.push(begun.elapsed().as_secs_f64() * 1e3);
                }
                if goes_on.is_some() {
                    let to = page.split_once("\" rel=\"next\"").and_then(|(before, _)| before.rsplit_once('"'));
                    next = to.map_or_else(|| path.clone(), |(_, to)| to.to_owned());
                }
            }
            times.sort_by(f64::total_cmp);
            let took = Took { name, most: percentile(&times, 99), median: median(times) };
            say(&format!("{name}: {:.1} ms, 99 % {:.1} ms", took.median, took.most));
            all.push(took);
        }
        Ok(all)
    }
}

fn desk(path: &str) -> String {
    format!("/w/{SLUG}/admin{path}")
}

async fn fill(place: &Place, plan: Plan) -> Result<()> {
    let app = place.app().await?;
    let slug = Slug::parse(SLUG).map_err(|_| anyhow::anyhow!("slug"))?;
    let workspace = aikagi::flows::workspaces::create(&app, &slug, "Acme", Locale::Ja).await?;
    let workspace = workspace.context("it is there already")?;
    let hash = cheap_hash(&app).await?;
    app.db.close().await;
    let indexes = indexes::set_aside(place.database_url()).await?;
    // Opened anew: a connection does not forget the plans of its statements.
    let app = place.app().await?;
    let mut filling = Filling {
        app: &app,
        workspace: &workspace,
        hash,
        ids: Vec::new(),
        words: Vec::new(),
        last: Default::default(),
    };
    filling.all(plan).await?;
    app.db.close().await;
    indexes.put_back().await
}

struct Filling<'a> {
    app: &'a App,
    workspace: &'a Workspace,
    hash: String,
    ids: Vec<MemberId>,
    /// What each is found by, with whose it is by number; they go in by the order of their key.
    words: Vec<(String, usize)>,
    /// The last id of each log.
    last: [String; 2],
}

impl Filling<'_> {
    async fn all(&mut self, plan: Plan) -> Result<()> {
        for begin in (0..plan.members).step_by(AT_ONCE as usize) {
            let numbers = begin..plan.members.min(begin + AT_ONCE);
            let mut rows = [Vec::new(), Vec::new()];
            for number in numbers {
                self.person(number, &mut rows)?;
            }
            self.put(["members", "passwords"], &rows).await?;
        }
        self.words.sort_unstable();
        for some in self.words.chunks(AT_ONCE as usize) {
            let row = |(word, whose): &(String, usize)| {
                vec![json!(self.workspace.id.as_str()), json!(word), json!(self.ids[*whose].as_str())]
            };
            self.put(["member_words"], &[some.iter().map(row).collect()]).await?;
        }
        let since = self.app.now() - days(89);
        for (nth, table, lines) in [(0, "sign_ins", plan.sign_ins), (1, "audit", plan.audit)] {
            let step = days(88).as_micros() / i64::from(lines);
            for begin in (0..lines).step_by(AT_ONCE as usize) {
                let numbers = begin..lines.min(begin + AT_ONCE);
                let rows = numbers
                    .map(|n| self.line(nth, n, Timestamp(since.0 + i64::from(n) * step)))
                    .collect::<Result<_>>()?;
                self.put([table], &[rows]).await?;
            }
        }
        // Nothing is left to be added up or chained: that is no part of what is measured.
        let until = self.app.now().0;
        let positions = [("sign_ins", &self.last[0]), ("audit", &self.last[1])];
        let rows = positions.map(|(log, position)| vec![json!(log), json!(position), json!(until)]);
        self.put(["tally_positions"], &[rows.to_vec()]).await
    }

    async fn put<const N: usize>(&self, names: [&str; N], rows: &[Vec<Row>; N]) -> Result<()> {
        let mut tries = self.app.db.tries();
        let mut conn = tries.begin().await?;
        let done = put(&mut conn, &names, rows).await;
        tries.settle(conn, done).await.context("nobody else is at work")??;
        Ok(())
    }

    /// The rows of one person; the first is the owner who looks.
    fn person(&mut self, number: u32, rows: &mut [Vec<Row>; 2]) -> Result<()> {
        let app = self.app;
        let at = Timestamp((app.now() - days(90)).0 + i64::from(number) * 1_000);
        let member = MemberId::new(at, app.chance());
        let nth = usize::try_from(number)?;
        let (family, given) = (FAMILIES[nth % FAMILIES.len()], GIVEN[nth / 10 % GIVEN.len()]);
        let (login, name) = (format!("member-{number}"), format!("{} {}", family.0, given.0));
        let (kana, department) = (format!("{} {}", family.1, given.1), format!("経理{}課", nth / 80 % 40));
        let day = at.day() + i64::from(number % 89);
        let cell = |table: &str, column: &str| match (table, column) {
            (_, "workspace_id") => json!(self.workspace.id.as_str()),
            ("members", "id") | (_, "member_id") => json!(member.as_str()),
            ("members", "login") => json!(login),
            ("members", "name") => json!(name),
            ("members", "kana") => json!(kana),
            ("members", "department") => json!(department),
            ("members", "role") => json!(if number == 0 { "owner" } else { "member" }),
            ("members", "state") => json!(if number % 1_000 == 7 { "suspended" } else { "active" }),
            ("members", "locale") => json!("ja"),
            ("members", "epoch") => json!(0),
            ("members", "signed_in_day") => json!(if number % 10 == 3 { 0 } else { day }),
            ("members", "words_due") => json!(false),
            ("members", "readiness") => json!(if number % 20 == 1 { "no_contact" } else { "ready" }),
            ("passwords", "hash") => json!(self.hash),
            ("passwords", "set_at") | ("members", "created_at" | "updated_at") => json!(at.0),
            _ => Value::Null,
        };
        for (rows, name) in rows.iter_mut().zip(["members", "passwords"]) {
            rows.push(row(table(name)?, |column| cell(name, column)));
        }
        for word in search::words(&login, &name, &kana, &department) {
            self.words.push((word, nth));
        }
        self.ids.push(member);
        Ok(())
    }

    /// A line of a log, about anybody.
    fn line(&mut self, log: usize, number: u32, at: Timestamp) -> Result<Row> {
        let app = self.app;
        let about = &self.ids[usize::try_from(u32::from_be_bytes(bytes(&OsDice)))? % self.ids.len()];
        let id = if log == 0 { SignInId::new(at, app.chance()).0 } else { AuditId::new(at, app.chance()).0 };
        self.last[log].clone_from(&id);
        let result = if number % 5_000 == 9 {
            "suspended"
        } else if number.is_multiple_of(7) {
            "wrong_password"
        } else {
            "done"
        };
        let name = if log == 0 { "sign_ins" } else { "audit" };
        Ok(row(table(name)?, |column| match column {
            "id" => json!(id),
            "workspace_id" => json!(self.workspace.id.as_str()),
            "member_id" => json!(about.as_str()),
            "result" => json!(result),
            "way" => json!("page"),
            "address" => json!("198.51.100.7"),
            "network" => json!("198.51.100.7/32"),
            "agent" => json!("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"),
            "actor" => json!(self.ids[0].as_str()),
            "action" => json!(if number.is_multiple_of(3) { "change_requested" } else { "recovered" }),
            "at" => json!(at.0),
            "nth" => json!(i64::from(number) + 1_000),
            "link" => json!("x"),
            _ => Value::Null,
        }))
    }
}

fn table(name: &str) -> Result<&'static Table> {
    whole::tables().iter().find(|table| table.name == name).with_context(|| format!("there is no table {name}"))
}

fn row(table: &Table, cell: impl Fn(&str) -> Value) -> Row {
    let names = table.columns.split(", ").map(|column| column.split_once(' ').map_or(column, |(name, _)| name));
    names.map(cell).collect()
}

async fn put<const N: usize>(conn: &mut Conn, names: &[&str; N], rows: &[Vec<Row>; N]) -> Result<(), Error> {
    for (name, rows) in names.iter().zip(rows) {
        let Some(table) = whole::tables().iter().find(|table| table.name == *name) else { continue };
        for some in rows.chunks(table.batch()) {
            whole::insert(conn, table, some).await?;
        }
    }
    Ok(())
}
