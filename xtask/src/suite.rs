//! `cargo xtask test`: the parts of the suite one after the other, each with its time; the first failure ends it.
//!
//! The stories (`tests/it`) run once for each database engine. `AIKAGI_TEST_ENGINE` names it, and with PostgreSQL
//! `AIKAGI_TEST_POSTGRES` is the URL of a server on which each test makes a database of its own.

use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::programs::{cargo, command, root, run, tools_dir, works};
use crate::{postgres, tools};

/// A part of the suite, as `--only` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Tools,
    Fmt,
    Deny,
    Clippy,
    Doc,
    Unit,
    Stories,
    Nodes,
    Browser,
}

/// All of them, in the order in which they run: what is quick and often wrong comes first.
pub const PARTS: [Part; 9] = [
    Part::Tools,
    Part::Fmt,
    Part::Deny,
    Part::Clippy,
    Part::Doc,
    Part::Unit,
    Part::Stories,
    Part::Nodes,
    Part::Browser,
];

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tools => "tools",
            Self::Fmt => "fmt",
            Self::Deny => "deny",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Unit => "unit",
            Self::Stories => "stories",
            Self::Nodes => "nodes",
            Self::Browser => "browser",
        })
    }
}

impl Part {
    /// `fmt,unit`; they run in the suite's order all the same.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        let names = text.split(',').map(str::trim);
        for name in names.clone() {
            if !PARTS.iter().any(|part| part.to_string() == name) {
                bail!("no part `{name}`: there are {}", PARTS.map(|part| part.to_string()).join(", "));
            }
        }
        Ok(PARTS.into_iter().filter(|part| names.clone().any(|name| part.to_string() == name)).collect())
    }
}

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

impl Engine {
    /// `sqlite`, `postgres` or both with a comma.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        let parse = |name: &str| match name.trim() {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            other => bail!("no engine `{other}`: there are sqlite and postgres"),
        };
        text.split(',').map(parse).collect()
    }
}

/// What to run.
#[derive(Debug)]
pub struct Options {
    pub parts: Vec<Part>,
    pub engines: Vec<Engine>,
}

impl Default for Options {
    fn default() -> Self {
        Self { parts: PARTS.to_vec(), engines: vec![Engine::Sqlite, Engine::Postgres] }
    }
}

/// Tests that ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u32,
    failed: u32,
}

/// Runs the chosen parts and prints the table of times, also when a part fails.
pub fn start(options: &Options) -> Result<()> {
    let mut suite = Suite { times: Vec::new(), count: Count::default(), nextest: has_nextest() };
    let outcome = suite.all(options);
    suite.print_times();
    // Last and alone on its line, for whoever reads it: a person or a program.
    let closing = format!("{} passed, {} failed", suite.count.passed, suite.count.failed);
    match outcome {
        Ok(()) => {
            println!("\n{closing}");
            Ok(())
        }
        Err(error) => {
            println!("\n{closing}");
            Err(error)
        }
    }
}

fn has_nextest() -> bool {
    works(cargo().args(["nextest", "--version"]))
}

struct Suite {
    times: Vec<(String, Duration, bool)>,
    count: Count,
    nextest: bool,
}

impl Suite {
    fn all(&mut self, options: &Options) -> Result<()> {
        let wanted = |part| options.parts.contains(&part);
        // Parts that need tools bring them along, whether `tools` was named or not.
        self.part("tools", |_| tools::install(&options.parts))?;
        if wanted(Part::Fmt) {
            self.part("fmt", |_| run_cargo(&["fmt", "--all", "--check"]))?;
        }
        if wanted(Part::Deny) {
            self.part("deny (licences, bans, sources)", |_| deny())?;
        }
        if wanted(Part::Clippy) {
            self.part("clippy", |_| {
                run_cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
            })?;
        }
        if wanted(Part::Doc) {
            self.part("doc", |_| {
                let args = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
                run(cargo().args(args).env("RUSTDOCFLAGS", "-D warnings"))
            })?;
        }
        if wanted(Part::Unit) {
            // Ten thousand texts and bytes for each parser: about a minute in all.
            let cases = [("PROPTEST_CASES", std::env::var_os("PROPTEST_CASES").unwrap_or_else(|| "10000".into()))];
            self.part("unit", |suite| suite.tests(&["--workspace", "--lib", "--bins"], &cases))?;
            self.part("unit (examples in docs)", |suite| {
                let mut doc = cargo();
                doc.args(["test", "--doc", "--workspace", "--locked"]);
                suite.counted(&mut doc)
            })?;
        }
        if wanted(Part::Stories) {
            for &engine in &options.engines {
                self.stories(engine)?;
            }
        }
        if wanted(Part::Nodes) {
            self.part("nodes", |suite| suite.tests(&["--test", "nodes"], &[]))?;
            self.part("nodes (devices)", |suite| suite.tests(&["--workspace", "--test", "device"], &[]))?;
        }
        if wanted(Part::Browser) {
            if root().join("tests/browser/main.rs").exists() {
                let mut settings = engine_settings(Engine::Sqlite, None);
                let paths = [("AIKAGI_CHROMIUM", tools::chromium()), ("AIKAGI_CHROMEDRIVER", tools::chromedriver())];
                settings.extend(paths.into_iter().filter_map(|(name, path)| Some((name, path?.into()))));
                self.part("browser", |suite| suite.tests(&["--test", "browser"], &settings))?;
            } else {
                println!("\n=== browser: there is no tests/browser/main.rs yet");
            }
        }
        Ok(())
    }

    fn stories(&mut self, engine: Engine) -> Result<()> {
        let mut server = None;
        if engine == Engine::Postgres {
            self.part("starting PostgreSQL", |_| {
                server = Some(postgres::Server::start(postgres::Disk::Spared)?);
                Ok(())
            })?;
        }
        let settings = engine_settings(engine, server.as_ref());
        self.part(&format!("stories ({engine})"), |suite| suite.tests(&["--test", "it"], &settings))
    }

    fn part(&mut self, name: &str, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = work(self);
        self.times.push((name.to_owned(), start.elapsed(), outcome.is_ok()));
        outcome.with_context(|| format!("failed: {name}"))
    }

    fn print_times(&self) {
        println!();
        for (name, time, well) in &self.times {
            println!("{name:<26} {:>8.1} s  {}", time.as_secs_f64(), if *well { "ok" } else { "FAILED" });
        }
        let all: Duration = self.times.iter().map(|(_, time, _)| *time).sum();
        println!("{:<26} {:>8.1} s", "all", all.as_secs_f64());
    }

    /// Tests chosen by cargo's own words (`--lib`, `--test it`).
    fn tests(&mut self, which: &[&str], settings: &[(&'static str, OsString)]) -> Result<()> {
        let mut command = cargo();
        if self.nextest {
            command.args(["nextest", "run", "--locked"]).args(which);
            if std::io::stderr().is_terminal() {
                command.args(["--color", "always"]);
            }
        } else {
            command.args(["test", "--locked", "--no-fail-fast"]).args(which);
        }
        command.env("AIKAGI_TOOLS", tools_dir()).envs(settings.iter().cloned());
        self.counted(&mut command)
    }

    /// Runs and reads along, so that the tests can be counted.
    fn counted(&mut self, command: &mut Command) -> Result<()> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start cargo")?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // nextest shows what a failed test printed, with a `test result:` of its own: only its summary counts.
        let sign = if command.get_args().any(|arg| arg == "nextest") { NEXTEST } else { CARGO };
        let out = thread::spawn(move || read_along(stdout, std::io::stdout(), sign));
        let err = thread::spawn(move || read_along(stderr, std::io::stderr(), sign));
        let status = child.wait()?;
        for count in [out, err].map(|thread| thread.join().unwrap_or_default()) {
            self.count.passed += count.passed;
            self.count.failed += count.failed;
        }
        if !status.success() {
            bail!("cargo ended with {status}");
        }
        Ok(())
    }
}

fn engine_settings(engine: Engine, server: Option<&postgres::Server>) -> Vec<(&'static str, OsString)> {
    let mut settings = vec![("AIKAGI_TEST_ENGINE", engine.to_string().into())];
    settings.extend(server.map(|server| ("AIKAGI_TEST_POSTGRES", server.url().into())));
    settings
}

/// What the tree of dependencies may hold (deny.toml). Known weaknesses are not asked for: their list lies on the network, and a
/// change that was right yesterday must not fail today.
fn deny() -> Result<()> {
    let program = tools::cargo_deny().context("cargo-deny is missing: cargo install --locked cargo-deny")?;
    // It reads the crates of every platform, of which a build brings only its own.
    run_cargo(&["fetch", "--locked"])?;
    run(command(program).current_dir(root()).args([
        "--offline",
        "--locked",
        "--workspace",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}

fn run_cargo(args: &[&str]) -> Result<()> {
    run(cargo().args(args))
}

/// Passes every line on and adds up those that count tests.
fn read_along(from: Option<impl Read>, mut to: impl Write, sign: &str) -> Count {
    let mut sum = Count::default();
    let Some(from) = from else { return sum };
    for line in BufReader::new(from).split(b'\n').map_while(std::io::Result::ok) {
        // A terminal that went away does not change what the tests find.
        let _ = to.write_all(&line).and_then(|()| to.write_all(b"\n"));
        let plain = without_colour(&String::from_utf8_lossy(&line));
        if let Some(count) = plain.trim().strip_prefix(sign).and_then(count) {
            sum.passed += count.passed;
            sum.failed += count.failed;
        }
    }
    sum
}

/// What the line with the numbers begins with: `Summary [ 1.2s] 3 tests run: 2 passed, 1 failed, 0 skipped` and
/// `test result: ok. 3 passed; 0 failed; …`.
const NEXTEST: &str = "Summary [";
const CARGO: &str = "test result: ";

/// The numbers in the rest of such a line.
fn count(rest: &str) -> Option<Count> {
    let (_, numbers) = rest.split_once(" run: ").or_else(|| rest.split_once(". "))?;
    let mut count = Count::default();
    // "2 passed (1 slow, 1 leaky), 1 failed": a bracket's numbers belong to the number before it.
    let mut depth = 0_u32;
    let plain: String = numbers
        .chars()
        .filter(|c| {
            depth = depth + u32::from(*c == '(') - u32::from(*c == ')' && depth > 0);
            depth == 0 && *c != ')'
        })
        .collect();
    for item in plain.split([',', ';']) {
        let Some((number, word)) = item.trim().split_once(' ') else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        match word.trim() {
            "passed" => count.passed += number,
            "failed" | "timed out" | "exec failed" => count.failed += number,
            _ => {}
        }
    }
    Some(count)
}

/// Without the escape sequences that colour a terminal.
fn without_colour(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str, sign: &str) -> (u32, u32) {
        let count = read_along(Some(lines.as_bytes()), std::io::sink(), sign);
        (count.passed, count.failed)
    }

    #[test]
    fn nextest_and_cargo_are_counted_alike() {
        assert_eq!(read("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped", NEXTEST), (3, 0));
        let slow = "Summary [ 9.1s] 9/12 tests run: 6 passed (1 slow, 2 leaky), 1 failed, 2 timed out, 0 skipped";
        assert_eq!(read(slow, NEXTEST), (6, 3));
        let two = "test result: ok. 2 passed; 0 failed; 0 ignored\ntest result: FAILED. 3 passed; 1 failed; 0 ignored";
        assert_eq!(read(two, CARGO), (5, 1));
    }

    #[test]
    fn what_a_failed_test_printed_is_not_counted_again() {
        let lines =
            "  test result: FAILED. 0 passed; 1 failed; 0 ignored\n Summary [ 1s] 1 test run: 0 passed, 1 failed";
        assert_eq!(read(lines, NEXTEST), (0, 1));
        assert_eq!(read("        PASS [   0.003s] aikagi model::id::tests::run: 1 passed", NEXTEST), (0, 0));
    }

    #[test]
    fn colours_do_not_hide_a_number() {
        let line = "\u{1b}[32;1m Summary\u{1b}[0m [ 0.0s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m";
        assert_eq!(read(line, NEXTEST), (2, 0));
    }
}
