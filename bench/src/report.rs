//! The page `docs/benchmarks.md`: what was found beside what was aimed at, and what the figures mean.

use std::fmt::Write as _;

use serde::Serialize;

use crate::by_mail;
use crate::commits;
use crate::door::{CLIENTS, Door, Plan};
use crate::import::Import;
use crate::load::Run;
use crate::machine::Machine;
use crate::place::PEOPLE;
use crate::recovery;
use crate::storm;

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Found {
    pub machine: Machine,
    pub plan: Plan,
    pub binary_mb: f64,
    pub sqlite: Option<Door>,
    pub postgres: Option<Door>,
    pub commits: commits::Both,
}

/// What is aimed at.
#[derive(Clone, Copy)]
enum Goal {
    None,
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_reached(self, value: f64) -> bool {
        match self {
            Self::None => true,
            Self::AtLeast(goal) => value >= goal,
            Self::AtMost(goal) => value <= goal,
        }
    }
}

/// A line of the table: the same figure on both engines.
struct Line {
    name: String,
    goal_text: &'static str,
    goals: [Goal; 2],
    values: [Option<f64>; 2],
    decimals: usize,
}

impl Found {
    fn line(&self, name: impl Into<String>, decimals: usize, of: impl Fn(&Door) -> Option<f64>) -> Line {
        let values = [self.sqlite.as_ref(), self.postgres.as_ref()].map(|door| door.and_then(&of));
        Line { name: name.into(), goal_text: "", goals: [Goal::None; 2], values, decimals }
    }

    fn lines(&self) -> Vec<Line> {
        use Goal::{AtLeast, AtMost};
        let both = |goal| [goal, goal];
        let mut lines = vec![
            aim(
                "0.92 SQLite, 0.85 PostgreSQL",
                [AtLeast(0.92), AtLeast(0.85)],
                self.line("**Sign-ins for each bare hash**", 3, |door| Some(door.ratio)),
            ),
            self.line("Bare hashes a second", 1, |door| Some(door.bare.per_second)),
            self.line("Sign-ins a second", 1, |door| Some(door.sign_ins.per_second)),
            self.line("Processor time of a bare hash, ms", 1, |door| Some(door.bare.cpu_ms)),
            self.line("Processor time of a sign-in, ms (without PostgreSQL's)", 1, |door| Some(door.sign_ins.cpu_ms)),
            self.line("Sign-in, median, ms", 0, |door| Some(door.sign_ins.p50_ms)),
            self.line("Sign-in, 99 %, ms", 0, |door| Some(door.sign_ins.p99_ms)),
            aim(
                "1,500",
                both(AtLeast(1_500.0)),
                self.line("**Recovery starts a second**, numbers on file", 0, |door| Some(door.recoveries.per_second)),
            ),
        ];
        lines.extend(self.times("Recovery start, on file", true, |door| door.recoveries));
        lines.push(aim(
            "1,500",
            both(AtLeast(1_500.0)),
            self.line("Recovery starts a second, unknown numbers", 0, |door| Some(door.recoveries_unknown.per_second)),
        ));
        lines.extend(self.times("Recovery start, unknown", true, |door| door.recoveries_unknown));
        lines.push(
            self.line("Messages handed over a second, when nobody asks for more", 0, |door| door.messages_per_second),
        );
        lines.extend(self.by_mail());
        lines.extend([
            aim(
                "0.85",
                both(AtLeast(0.85)),
                self.line("**Whole recoveries for each bare hash**", 3, |door| Some(door.recovered.ratio)),
            ),
            self.line("Whole recoveries a second", 1, |door| Some(door.recovered.whole.per_second)),
            self.line("… hashes that each takes", 2, |door| Some(door.recovered.hashes_each)),
            self.line("… median, ms, with the message", 0, |door| Some(door.recovered.whole.p50_ms)),
            self.line("Right codes a second", 0, |door| Some(door.recovered.right_codes.per_second)),
            self.line("… 99 %, ms", 1, |door| Some(door.recovered.right_codes.p99_ms)),
            self.line("Wrong codes a second", 0, |door| Some(door.recovered.wrong_codes.per_second)),
            self.line("… 99 %, ms", 1, |door| Some(door.recovered.wrong_codes.p99_ms)),
            self.line("Session checks a second", 0, |door| Some(door.sessions.per_second)),
            aim(
                "0.6",
                both(AtLeast(0.6)),
                self.line("**… by those of a bare handler**", 3, |door| Some(door.session_ratio)),
            ),
        ]);
        lines.extend(self.times("Session check", false, |door| door.sessions));
        lines.extend([
            aim(
                "75",
                both(AtMost(75.0)),
                self.line("**Cold start**, ms (to the first page)", 0, |door| Some(door.cold_start_ms)),
            ),
            self.line("The very first start, ms (makes the schema)", 0, |door| Some(door.first_start_ms)),
            aim(
                "30",
                both(AtMost(30.0)),
                self.line("**Idle memory**, MiB (resident)", 1, |door| Some(door.idle.resident_mib)),
            ),
            self.line("The most it held while starting, MiB", 1, |door| Some(door.idle.peak_mib)),
            self.line("Memory right after the load, MiB", 1, |door| Some(door.loaded.resident_mib)),
            self.line("Memory a minute after the load, MiB", 1, |door| Some(door.rested?.resident_mib)),
        ]);
        lines.extend(self.storm());
        lines.extend(self.import());
        lines.push(Line {
            name: "**Program**, MB (one file, stripped)".to_owned(),
            goal_text: "40",
            goals: both(AtMost(40.0)),
            values: [Some(self.binary_mb); 2],
            decimals: 1,
        });
        lines
    }

    fn by_mail(&self) -> Vec<Line> {
        use Goal::{AtLeast, AtMost};
        let delay = by_mail::DELAY.as_millis();
        let of_run = |run: usize, clients: usize| {
            let line = |name: String, decimals, of: fn(&by_mail::ByMail) -> f64| {
                self.line(name, decimals, move |door| door.by_mail.get(run).map(of))
            };
            let name =
                format!("**Recovery starts a second by e-mail**, {clients} clients, the mail server takes {delay} ms");
            [
                aim("1,500", [AtLeast(1_500.0); 2], line(name, 0, |run| run.starts.per_second)),
                line("… median, ms".to_owned(), 1, |run| run.starts.p50_ms),
                aim("20", [AtMost(20.0); 2], line("… 99 %, ms".to_owned(), 1, |run| run.starts.p99_ms)),
                line("… messages handed over a second meanwhile".to_owned(), 0, |run| run.handed_per_second),
            ]
        };
        by_mail::CLIENTS.into_iter().enumerate().flat_map(|(run, clients)| of_run(run, clients)).collect()
    }

    fn storm(&self) -> Vec<Line> {
        use Goal::{AtLeast, AtMost};
        let both = |goal| [goal, goal];
        let peak_goals = [&self.sqlite, &self.postgres]
            .map(|door| door.as_ref().map_or(Goal::None, |door| AtMost(door.storm.peak_goal_mib)));
        vec![
            self.line(format!("**A storm** of {} clients: sign-ins a second", storm::CLIENTS), 1, |door| {
                Some(door.storm.signed_in_per_second)
            }),
            aim("0.9", both(AtLeast(0.9)), self.line("… by those of 8 clients", 3, |door| Some(door.storm.of_calm))),
            self.line("… turned away (503 or 429)", 0, |door| {
                Some(f64::from(u32::try_from(door.storm.turned_away).unwrap_or(u32::MAX)))
            }),
            aim(
                "10,000",
                both(AtMost(10_000.0)),
                self.line("… longest wait for an answer, ms", 0, |door| Some(door.storm.longest_ms)),
            ),
            aim(
                "5",
                both(AtMost(5.0)),
                self.line("… `/healthz` meanwhile, 99 %, ms", 1, |door| Some(door.storm.health_p99_ms)),
            ),
            aim(
                "25",
                both(AtMost(25.0)),
                self.line("… the sign-in page meanwhile, 99 %, ms", 1, |door| Some(door.storm.page_p99_ms)),
            ),
            aim(
                "idle + 20 a core + 64",
                peak_goals,
                self.line("… the most memory, MiB", 1, |door| Some(door.storm.peak_mib)),
            ),
        ]
    }

    fn import(&self) -> [Line; 5] {
        use Goal::{AtLeast, AtMost};
        let times = |of: fn(&Import) -> f64| {
            [&self.sqlite, &self.postgres]
                .map(|door| door.as_ref().map_or(Goal::None, |door| AtMost(of(&door.import) * 1.5)))
        };
        [
            aim(
                "5,000",
                [AtLeast(5_000.0); 2],
                self.line("**Members imported a second**", 0, |door| Some(door.import.rows_per_second)),
            ),
            self.line("Sign-in before that, median, ms", 1, |door| Some(door.import.calm_p50_ms)),
            aim(
                "1.5 × before",
                times(|import| import.calm_p50_ms),
                self.line("… meanwhile, median, ms", 1, |door| Some(door.import.meanwhile_p50_ms)),
            ),
            self.line("Sign-in before that, 99 %, ms", 1, |door| Some(door.import.calm_p99_ms)),
            aim(
                "1.5 × before",
                times(|import| import.calm_p99_ms),
                self.line("… meanwhile, 99 %, ms", 1, |door| Some(door.import.meanwhile_p99_ms)),
            ),
        ]
    }

    fn times(&self, name: &str, has_goal: bool, of: impl Fn(&Door) -> Run) -> [Line; 3] {
        let cpu = format!("{name}, processor time without PostgreSQL's, ms");
        let cpu = self.line(cpu, 2, |door| Some(of(door).cpu_ms));
        let p99 = self.line(format!("{name}, 99 %, ms"), 1, |door| Some(of(door).p99_ms));
        let p99 = if has_goal { aim("20", [Goal::AtMost(20.0); 2], p99) } else { p99 };
        [self.line(format!("{name}, median, ms"), 1, |door| Some(of(door).p50_ms)), p99, cpu]
    }
}

impl Line {
    fn cell(&self, engine: usize) -> String {
        let Some(value) = self.values[engine] else { return "–".to_owned() };
        let sign = match self.goals[engine] {
            Goal::None => "",
            goal if goal.is_reached(value) => " ✓",
            _ => " ✗",
        };
        format!("{value:.*}{sign}", self.decimals)
    }
}

/// The line with its goal.
fn aim(text: &'static str, goals: [Goal; 2], line: Line) -> Line {
    Line { goal_text: text, goals, ..line }
}

/// The page.
pub fn text(found: &Found) -> String {
    let Machine { date, commit, cpu, cores, memory_mib, kernel, filesystem } = &found.machine;
    let mut page = format!(
        "# How fast, how small\n\n\
         Written by `cargo xtask bench`; do not edit. [benchmarks.json](benchmarks.json) holds the same for programs.\n\n\
         | When | Commit | Processor | Cores | Memory | Kernel | Filesystem |\n|---|---|---|---|---|---|---|\n\
         | {date} | {commit} | {cpu} | {cores} | {memory_mib} MiB | {kernel} | {filesystem} |\n\n\
         | Figure | SQLite | PostgreSQL | Goal |\n|---|---|---|---|\n"
    );
    for line in found.lines() {
        // Writing to a text does not fail.
        let _ = writeln!(page, "| {} | {} | {} | {} |", line.name, line.cell(0), line.cell(1), line.goal_text);
    }
    page.push_str("\n✓ reached, ✗ missed.\n\n");
    page.push_str(&commits::text(&found.commits));
    page.push_str(&explanation(found));
    page
}

fn explanation(found: &Found) -> String {
    let Plan { seconds, pairs, starts, storm_seconds, attempts, import_rows, .. } = found.plan;
    let (storm_clients, recovery_clients, delay) = (storm::CLIENTS, recovery::CLIENTS, by_mail::DELAY.as_millis());
    let shares: Vec<String> = [("SQLite", &found.sqlite), ("PostgreSQL", &found.postgres)]
        .into_iter()
        .filter_map(|(name, door)| door.as_ref().map(|door| (name, door)))
        .map(|(name, door)| {
            let of = |run: Run| format!("{:.2} / {:.2} / {:.2}", run.server_cpus, run.own_cpus, run.other_cpus);
            let runs = [door.bare, door.sign_ins, door.sessions, door.recoveries];
            format!("| {name} | {} |\n", runs.map(of).join(" | "))
        })
        .collect();
    format!(
        "## How it is measured\n\n\
         The program that ships (`cargo build --release`) runs as a child on a new database with {PEOPLE} members, with the \
         default cost of a password (Argon2id, 19 MiB, two passes). {CLIENTS} clients on kept connections ask one thing after the other \
         through the JSON API, for {seconds} seconds each time. Client, server and database share this one machine.\n\n\
         Processors kept busy by the server / by the clients / by everything else on the machine. With SQLite the last should be near \
         0, else somebody else was at work and the figures are worth little; with PostgreSQL it holds the database's own:\n\n\
         | | Bare hashes | Sign-ins | Session checks | Recovery starts |\n|---|---|---|---|---|\n{}\n\
         - **Sign-ins for each bare hash** is what is left of the processors' hashing once everything else of a sign-in is paid for: \
         HTTP, limits, logs, the session, the commits. Bare hashes are the same code on as many threads in the measuring program, while the \
         server rests. Both run by turns, {pairs} times; the figure is the middle of the {pairs} ratios. Each sign-in is right, \
         by another member, from a device that was not seen before, which is the dearer case.\n\
         - **A sign-in's time** with {CLIENTS} clients is mostly waiting for a turn at hashing: it says how many clients there are, not how \
         long one person waits.\n\
         - **Recovery starts** count the limits, write the attempt, the code and the sealed message, and commit. The limits for \
         destinations and networks are raised so that they refuse nothing, and each request comes from an address of its own, by \
         `X-Forwarded-For`. The outbox works meanwhile and writes the messages to memory; a real carrier is slower and paid for.\n\
         - **By e-mail** the same is asked with addresses on file, and the only carrier is a mail server in the measuring program, over TCP, that \
         takes each message only after {delay} ms. Messages that it cannot take as fast as they come wait in the outbox; that is what an outbox \
         is for, and no start is to notice. Each run has a database of its own.\n\
         - **Whole recoveries** begin with a number and end with a new password; the code is read where the carrier writes it, so that a message is \
         sent and received in between. {recovery_clients} clients, since they wait for messages, too. Each takes several hashes (the new password is compared with \
         the present and earlier ones, then hashed; the server counts them), and all of them are held against bare hashes, by turns as above. \
         **Codes** are typed at attempts that were begun before: {attempts} attempts, four wrong codes each and then the right one.\n\
         - **Session checks** are one read each. They say what a bearer token costs. The bare handler is an axum route in a process of its own that asks \
         the same through the same pool and answers a name; both run by turns.\n\
         - **Members imported**: the whole command `aikagi member import --links` with {import_rows} rows, each with a mobile number and an e-mail address, while \
         four people sign in five times a second each, and did so before.\n\
         - **A storm**: {storm_clients} connections sign in for {storm_seconds} seconds, each again as soon as it is answered, those turned away a \
         second later. Meanwhile `/healthz` and the sign-in page are each asked 20 times a second on a connection of their own. \
         Only sign-ins that ended in time count. The server was started anew for it, and its peak is `VmHWM`.\n\
         - **Cold start** is from the start of the process to the first answer 200 of the sign-in page, the middle of {starts} starts. The \
         files are in the system's cache.\n\
         - **Idle memory** is what the process holds resident (`VmRSS`), PostgreSQL's own not counted. Under load each hashing thread \
         holds 19 MiB, and gives it back after a minute without work.\n\
         - A machine with more cores hashes more and so signs in more; the ratio is the figure to compare. On a machine that others use \
         at the same time all of these are worse and less certain.\n\n\
         ## Again\n\n\
         ```\ncargo xtask bench           # both engines, about thirteen minutes; writes this page\n\
         cargo xtask bench --quick   # a first look, prints only\n\
         cargo xtask bench --engine sqlite --quick\n\
         cargo xtask bench --growth  # with up to a million members, about ten minutes; writes its own section here\n```\n",
        shares.concat()
    )
}

/// A part of the page between two marks, which is measured apart: a run of one kind leaves the other parts alone.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub begin: &'static str,
    pub end: &'static str,
}

impl Section {
    /// As it stands in a page.
    pub fn of(self, page: &str) -> Option<&str> {
        let from = page.find(self.begin)?;
        let to = from + page.get(from..)?.find(self.end)? + self.end.len();
        page.get(from..to)
    }

    /// The page with this text in the place of its own, or behind everything.
    pub fn put(self, page: &str, new: &str) -> String {
        self.of(page).map_or_else(|| format!("{page}\n{new}"), |old| page.replacen(old, new, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_shown_as_reached_or_missed() {
        let line = |value, goal| Line {
            name: String::new(),
            goal_text: "",
            goals: [goal; 2],
            values: [Some(value), None],
            decimals: 1,
        };
        assert_eq!(line(0.93, Goal::AtLeast(0.92)).cell(0), "0.9 ✓");
        assert_eq!(line(80.0, Goal::AtMost(75.0)).cell(0), "80.0 ✗");
        assert_eq!(line(80.0, Goal::None).cell(0), "80.0");
        assert_eq!(line(80.0, Goal::None).cell(1), "–");
    }
}
