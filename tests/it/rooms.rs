//! The rules of ARCHITECTURE.md that a program can check: which room imports which, where SQL stands, how a module
//! opens, how long a file may grow, that every table knows its workspace.
//!
//! The checker reads tokens, not lines: comments, strings and `use` groups do not mislead it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms (top-level modules of `src/`) a room may import, besides itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &["model"]),
    ("config", &["model"]),
    ("vault", &["model"]),
    ("wording", &["model"]),
    ("places", &["model"]),
    ("store", &["model"]),
    ("deliver", &["app", "clock", "config", "model", "store", "vault"]),
    ("flows", &["app", "clock", "config", "deliver", "model", "places", "store", "vault", "wording"]),
    ("web", &["app", "clock", "config", "flows", "model", "vault", "wording"]),
    // Of `web`, only how a visitor is read from a request.
    ("api", &["app", "clock", "config", "flows", "model", "vault", "web", "wording"]),
    ("backup", &["config", "model", "store", "vault"]),
    ("doctor", &["clock", "config", "deliver", "flows", "model", "places", "store", "vault"]),
    ("operations", &["app", "model", "store"]),
    ("tls", &["clock", "config", "model"]),
];

/// These put the rooms together and may import every one.
const ABOVE_ALL: &[&str] = &["app", "cli", "demo", "lib", "main", "server"];

/// Crates that bring into a room what it must not know.
const NOT_THERE: &[(&str, &[&str])] = &[
    ("model", &["askama", "axum", "clap", "hyper", "lettre", "reqwest", "tokio", "tower"]),
    ("clock", &["askama", "axum", "lettre"]),
    ("vault", &["askama", "axum", "lettre"]),
    ("wording", &["askama", "axum", "lettre", "tokio"]),
    ("places", &["askama", "axum", "lettre", "tokio"]),
    ("store", &["askama", "axum", "lettre"]),
    ("deliver", &["axum"]),
    ("flows", &["askama", "axum", "lettre"]),
    ("web", &["lettre"]),
    ("api", &["askama", "lettre"]),
];

/// What of sqlx sends SQL. A derive (`sqlx::Type` on an id of `model`) sends none and may stand anywhere.
const SQL: &[&str] = &["query", "query_as", "query_scalar", "query_with", "raw_sql", "QueryBuilder"];

/// Tables of the server itself, which belong to no workspace, each with its reason.
const WITHOUT_WORKSPACE: &[&str] = &[
    "workspaces",      // is the workspace
    "limits",          // counts by network and by what was typed, before any workspace is known
    "early_receipts",  // a provider told of a message whose try is not written yet: whose it is shows when it is
    "throttles",       // the same, as growing waits
    "devices",         // a browser, which may know members of several workspaces
    "master_keys",     // the server's keys
    "servers",         // the programs that run
    "probes",          // questions to them
    "audit_keys",      // public halves of the server's keys
    "tally_positions", // how far a log of the whole server is added up
    "followers",       // how far such a log is followed
];

/// A file may have this many lines. About 400 is where to look for the second concept.
const LONGEST: usize = 600;

#[test]
fn rooms_import_only_from_rooms_below() {
    let mut wrong = String::new();
    for (path, text) in sources("src") {
        for fault in imports(&path, &text) {
            let _ = writeln!(wrong, "{path}: {fault}");
        }
    }
    assert!(wrong.is_empty(), "ARCHITECTURE.md forbids:\n{wrong}");
}

#[test]
fn modules_say_what_they_are_and_stay_short() {
    let mut wrong = String::new();
    for dir in ["src", "tests", "xtask/src"] {
        for (path, text) in sources(dir) {
            if !opens_with_what_it_is(&text) {
                let _ = writeln!(wrong, "{path} does not open with `//!`");
            }
            let lines = text.lines().count();
            if dir == "src" && lines > LONGEST {
                let _ = writeln!(wrong, "{path} has {lines} lines; {LONGEST} is the most: look for the second concept");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_table_knows_its_workspace() {
    let mut wrong = String::new();
    for path in files("migrations").into_iter().filter(|path| is_kind(path, "sql")) {
        for table in tables_without_workspace(&read(&path)) {
            let _ = writeln!(wrong, "{path}: table {table} has no workspace_id");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nothing_of_the_workshop_is_left_in_the_repository() {
    let mut wrong = String::new();
    for path in files(".") {
        let text = read(&path);
        for word in words_of_the_workshop(&path, &text) {
            let _ = writeln!(wrong, "{path}: {word}");
        }
    }
    assert!(wrong.is_empty(), "these belong to one machine or one day, not to the project:\n{wrong}");
}

// --- the tree ---

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory, as paths from the root, without what git ignores and without Git's own.
fn files(dir: &str) -> Vec<String> {
    const NOT_OURS: &[&str] = &[".git", ".tools", "target", "node_modules", "demo-data"];
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(root().join(&dir)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let path = dir.join(&name);
            let kind = entry.file_type().expect("the kind of a directory's entry");
            if NOT_OURS.iter().any(|it| name == *it) {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                let path = path.strip_prefix(".").unwrap_or(&path);
                found.push(path.to_str().expect("a path in UTF-8").to_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_kind(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == extension)
}

/// The text of a file; pictures and fonts count as empty.
fn read(path: &str) -> String {
    fs::read(root().join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn sources(dir: &str) -> Vec<(String, String)> {
    let rust = files(dir).into_iter().filter(|path| is_kind(path, "rs"));
    rust.map(|path| (path.clone(), read(&path))).collect()
}

// --- the rules, on texts ---

fn opens_with_what_it_is(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//! "))
}

/// What this file imports against the rules.
fn imports(path: &str, text: &str) -> Vec<String> {
    let place = modules_of(path);
    let room = place.first().map_or_else(|| path.trim_start_matches("src/").trim_end_matches(".rs"), |it| it.as_str());
    let tokens = tokens(text);
    let mut faults = Vec::new();
    if room == "model" && tokens.iter().any(|token| token == "async") {
        faults.push("`model` is pure: nothing in it is async".to_owned());
    }
    for used in paths(&tokens, place.len()) {
        let [first, second, ..] = used.as_slice() else { continue };
        if first == "crate" {
            if let Some(fault) = wrong_room(room, second) {
                faults.push(fault);
            }
        } else if first == "sqlx" && room != "store" && SQL.contains(&second.as_str()) {
            faults.push(format!("sqlx::{second} outside of `store`"));
        } else if NOT_THERE.iter().any(|(it, crates)| *it == room && crates.contains(&first.as_str())) {
            faults.push(format!("`{room}` must not know {first}"));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

fn wrong_room(from: &str, to: &str) -> Option<String> {
    if from == to || ABOVE_ALL.contains(&from) {
        return None;
    }
    if to == "*" {
        return Some("`crate::*` hides what is imported".to_owned());
    }
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == from) else {
        return Some(format!("`{from}` is no room yet: give it a line in tests/it/rooms.rs and in ARCHITECTURE.md"));
    };
    // What lib.rs itself exports (a macro, the error) is everybody's.
    let is_room = ROOMS.iter().any(|(room, _)| *room == to) || ABOVE_ALL.contains(&to);
    (is_room && !allowed.contains(&to)).then(|| format!("`{from}` must not import `{to}`"))
}

/// `src/model/id.rs` -> `model`, `id`; lib.rs and main.rs are the root itself.
fn modules_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let names = inner.split('/').filter(|name| *name != "mod");
    if ["lib", "main"].contains(&inner) { Vec::new() } else { names.map(str::to_owned).collect() }
}

/// Names, `::` and single signs; without comments, texts, characters and lifetimes.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if c == '"' {
            string(rest)
        } else if c == '\'' {
            character(rest)
        } else if name > 0 {
            found.push(rest[..name].to_owned());
            name
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    found
}

/// The length of `r"…"`, `br#"…"#` and so on, if one begins here.
fn raw_string(text: &str) -> Option<usize> {
    let inner = ["r", "br", "cr"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    let body = inner[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close).map_or(body.len(), |end| end + close.len());
    Some(text.len() - body.len() + end)
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'x'` and `'\n'` are characters, `'a` is a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(text.len(), |end| 3 + end + 1),
        Some(_) if chars.next().is_some_and(|(_, c)| c == '\'') => {
            text[1..].find('\'').map_or(text.len(), |end| 1 + end + 1)
        }
        _ => 1,
    }
}

/// Every path in the text, groups spread out, `super` resolved; what stands in the crate begins with `crate`.
/// `depth` is how many modules the file itself lies deep.
fn paths(tokens: &[String], depth: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    // For each open brace, whether an inline module opened it.
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => braces.push(at >= 2 && tokens[at - 2] == "mod"),
            "}" => {
                braces.pop();
            }
            name if is_name(name) && tokens.get(at + 1).is_some_and(|it| it == "::") => {
                let mut tree = Vec::new();
                at = spread(tokens, at, &[], &mut tree);
                let inner = depth + braces.iter().filter(|module| **module).count();
                found.extend(tree.into_iter().filter_map(|path| resolve(path, inner)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads one path, also `a::{b, c::d}`; gives the place after it.
fn spread(tokens: &[String], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = if tokens[at] == "," { at + 1 } else { spread(tokens, at, &path, found).max(at + 1) };
                }
                return at + 1;
            }
            Some(name) if is_name(name) || name == "*" => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => break,
        }
        if tokens.get(at).is_some_and(|token| token == "::") {
            at += 1;
        } else {
            break;
        }
    }
    // `as another_name` follows in a `use`; the turbofish's `<` ended the path above.
    if tokens.get(at).is_some_and(|token| token == "as") {
        at += 2;
    }
    found.push(path);
    at
}

/// `super::super::store` in a module two deep is `crate::store`; a `super` that stays inside the room needs no look.
fn resolve(path: Vec<String>, depth: usize) -> Option<Vec<String>> {
    if path.first().is_some_and(|it| it == "aikagi") {
        return Some(std::iter::once("crate".to_owned()).chain(path.into_iter().skip(1)).collect());
    }
    let path: Vec<String> = path.into_iter().skip_while(|it| it == "self").collect();
    let up = path.iter().take_while(|it| *it == "super").count();
    if up == 0 {
        return Some(path);
    }
    (up >= depth).then(|| std::iter::once("crate".to_owned()).chain(path.into_iter().skip(up)).collect())
}

/// The tables that this migration creates without a workspace, but for those that have a reason.
fn tables_without_workspace(sql: &str) -> Vec<String> {
    let plain: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default().to_lowercase() + "\n").collect();
    let mut found = Vec::new();
    for piece in plain.split("create table").skip(1) {
        let statement = piece.split(';').next().unwrap_or_default();
        let (head, body) = statement.split_once('(').unwrap_or((statement, ""));
        let name = head.split_whitespace().last().unwrap_or_default().trim_matches('"');
        let columns = body.split(|c: char| !c.is_alphanumeric() && c != '_');
        if !columns.into_iter().any(|word| word == "workspace_id") && !WITHOUT_WORKSPACE.contains(&name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// Paths of one machine, addresses of package registries, talk of how the work was shared out. Written in pieces here,
/// so that this file passes its own check.
fn words_of_the_workshop(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let starts = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || "._-".contains(c));
    for dir in ["work", "root"] {
        let dir = format!("/{dir}/");
        if text.match_indices(&dir).any(|(at, _)| starts(at)) {
            found.push(dir);
        }
    }
    if !is_kind(path, "lock") && !path.ends_with("package-lock.json") {
        for (name, end) in [("crates", ".io"), ("registry.npmjs", ".org"), ("pypi", ".org"), ("deb.debian", ".org")] {
            let host = format!("{name}{end}");
            if text.contains(&host) {
                found.push(host);
            }
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for three in words.windows(3) {
        if three[0].eq_ignore_ascii_case("session") && three[1].parse::<u32>().is_ok() && three[2] == "of" {
            found.push(three.join(" "));
        }
    }
    found
}

// --- the checker can fail ---

#[test]
fn a_forbidden_import_is_found_however_it_is_written() {
    let bad = |path: &str, text: &str| assert!(!imports(path, text).is_empty(), "passed in {path}: {text}");
    bad("src/model/id.rs", "use crate::store::Tx;");
    bad("src/model/id.rs", "use super::super::store::Tx;");
    bad("src/model/mod.rs", "fn f(tx: super::store::Tx) {}");
    bad("src/model/id.rs", "mod tests { fn f() { super::super::super::vault::seal() } }");
    bad("src/clock.rs", "use super::store;");
    bad("src/store/members.rs", "use crate::{model::{Id, Timestamp}, vault::Sealed as S};");
    bad("src/store/members.rs", "macro_rules! m { () => { $crate::flows::go() } }");
    bad("src/web/member/home.rs", "let x = crate::store::members::list(tx);");
    bad("src/flows/recovery.rs", "use crate::web::Visitor;");
    bad("src/flows/recovery.rs", "use crate::*;");
    bad("src/flows/recovery.rs", "let q = '\\''; use crate::cli; // 'a");
    bad("src/attic/mod.rs", "use crate::model::Id;");
}

#[test]
fn what_a_room_must_not_know_is_found() {
    let bad = |path: &str, text: &str| assert!(!imports(path, text).is_empty(), "passed in {path}: {text}");
    bad("src/model/code.rs", "async fn check() {}");
    bad("src/model/code.rs", "use tokio::sync::Mutex;");
    bad("src/flows/sign_in.rs", "use axum::http::StatusCode;");
    bad("src/flows/sign_in.rs", "sqlx::query(\"select 1\").fetch(db)");
    bad("src/web/mod.rs", "use sqlx::{Row, query_as};");
    bad("src/main.rs", "sqlx::query_scalar::<_, i64>(\"select 1\")");
}

#[test]
fn what_is_allowed_passes() {
    let good = |path: &str, text: &str| assert_eq!(imports(path, text), [""; 0], "in {path}: {text}");
    good("src/model/id.rs", "use super::Timestamp; mod tests { use super::*; use super::super::time::days; }");
    good("src/model/time.rs", "#[derive(sqlx::Type)] struct T; // crate::store::Tx");
    good(
        "src/clock.rs",
        "use crate::model::{Timestamp, time::Span}; let s = \"crate::store\"; let r = r#\"crate::\"web\"#;",
    );
    good("src/flows/recovery.rs", "use crate::{app::App, store, vault}; fn f<'a>(x: &'a str) -> crate::Result<()> {}");
    good("src/store/members.rs", "sqlx::query(on!(tx))");
    good("src/app.rs", "use crate::{cli, web}; use super::deliver;");
    good("src/main.rs", "aikagi::cli::run()");
}

#[test]
fn modules_without_a_first_line_are_found() {
    assert!(opens_with_what_it_is("\n//! Times.\n"));
    assert!(!opens_with_what_it_is("// Times.\n"));
    assert!(!opens_with_what_it_is("use std::fs;\n//! Times.\n"));
    assert!(!opens_with_what_it_is(""));
}

#[test]
fn tables_without_a_workspace_are_found() {
    let sql = "create table members (id text, workspace_id text);\n\
               CREATE TABLE IF NOT EXISTS codes (id text -- workspace_id\n);\n\
               create table workspaces (id text);";
    assert_eq!(tables_without_workspace(sql), ["codes"]);
    assert_eq!(tables_without_workspace("create table a (old_workspace_id text)"), ["a"]);
}

#[test]
fn words_of_the_workshop_are_found() {
    let found = |text: &str| !words_of_the_workshop("docs/a.md", text).is_empty();
    assert!(found(&format!("see {}work/notes", "/")));
    assert!(found(&format!("from crates{}", ".io")));
    assert!(found(&format!("session 3 {} five", "of")));
    assert!(!found("a network/root/ path, /w/acme and the session of a member"));
    assert!(words_of_the_workshop("Cargo.lock", &format!("crates{}", ".io")).is_empty());
}
