//! `aikagi member import`: a CSV file becomes members. Every row that is wrong is told with its line and what would be right, and then
//! nothing is changed; a dry run changes nothing either. A good file goes in by chunks, and goes on where it was interrupted.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::links::{Line, Links};
use super::member::{parse_email, parse_role};
use super::progress::Progress;
use super::{output, parse_login, parse_name, parse_shown, words};
use crate::app::App;
use crate::config::keys::nearest;
use crate::flows::contacts::Address;
use crate::flows::import::{self, Chunk, Found, Import, Put};
use crate::flows::members::NewMember;
use crate::flows::pace::Pace;
use crate::model::{Locale, Phone, Role};
use crate::store::workspaces::Workspace;

pub(super) const HELP: &str =
    "The file is UTF-8 (in Excel: CSV UTF-8) and its first line names the columns, in any order:
  login,name,kana,department,role,mobile,email
Only login and name must be there. A role is owner, administrator, help_desk or member.

The whole file is checked first: if any row is wrong, nothing is changed. Then the members are added fifty at a
time, and those who are in can be used at once. If it is interrupted, run the same command again: it goes on where it
stopped, adds nobody twice, and completes the file of links.

Examples:
  aikagi member import acme members.csv --dry-run
  aikagi member import acme members.csv --links links.csv";

const COLUMNS: [&str; 7] = ["login", "name", "kana", "department", "role", "mobile", "email"];

/// Rows at most: they are checked in memory.
const ROWS: usize = 200_000;

/// The rows that can be members, each with its line, and what is wrong with the others.
#[derive(Debug, Default)]
struct Sheet {
    rows: Vec<(u64, NewMember)>,
    troubles: Vec<(u64, String)>,
}

pub(super) async fn run(
    app: &App,
    workspace: &Workspace,
    file: &Path,
    dry_run: bool,
    links: Option<&Path>,
) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let Sheet { rows, mut troubles } = read(&bytes, &app.config.countries, workspace.locale)?;
    drop(bytes);
    let (places, all): (Vec<u64>, Vec<NewMember>) = rows.into_iter().unzip();
    let found = import::look(app, workspace, &all).await?;
    if found.begun.is_none() {
        let taken = |row: &usize| (places[*row], format!("the login name `{}` is taken", all[*row].login));
        troubles.extend(found.taken.iter().map(taken));
    }
    refuse(file, troubles, &found)?;
    let count = all.len();
    if count == 0 {
        bail!("{} has no rows: nothing was changed", file.display());
    }
    if dry_run {
        match found.begun {
            None => println!("{count} rows can be imported. Nothing was changed."),
            Some(done) => {
                let left = count - done - found.taken.len();
                println!("{done} of {count} rows are imported, and {left} more can be. Nothing was changed.");
            }
        }
        return Ok(());
    }
    let links =
        links.map(|path| Ok::<_, anyhow::Error>((path, Links::open(path, found.begun.is_some())?))).transpose()?;
    let mut import = import::begin(app, workspace, &all).await?;
    let before = import.done();
    let mut progress = Progress::of(count);
    let again = match links {
        None => {
            go_on(app, workspace, &mut import, None, &mut progress).await?;
            None
        }
        Some((path, (mut links, known))) => {
            let again = complete(app, workspace, &mut import, &mut links, known).await?;
            go_on(app, workspace, &mut import, Some(&mut links), &mut progress).await?;
            Some((path, again))
        }
    };
    drop(progress);
    let skipped: Vec<usize> = import.skipped().collect();
    let added = count - before - skipped.iter().filter(|row| **row >= before).count();
    println!("{added} members were added to {}.", workspace.slug);
    if before > 0 {
        println!("{before} of the {count} rows had been imported before.");
    }
    match again {
        None => println!("Each gets a link with: aikagi member invite {} LOGIN", workspace.slug),
        Some((path, again)) => {
            let hours = app.config.limits.link_hours;
            println!(
                "Their links are in {}, good once each, within {hours} hours of now. Delete the file when they are sent.",
                path.display()
            );
            if again > 0 {
                println!("{again} of those who had been imported before have new links; older ones have ended.");
            }
        }
    }
    let told: Vec<_> = skipped
        .iter()
        .map(|row| format!("\n  {}:{}: the login name `{}`", file.display(), places[*row], all[*row].login))
        .collect();
    if !told.is_empty() {
        bail!(
            "these were not added, since somebody else had taken their login names after the file was checked; all others \
             are in. Choose other login names for them and import them with a file of their own:{}",
            told.concat()
        );
    }
    Ok(())
}

/// Puts in what is left, a chunk at a time.
async fn go_on(
    app: &App,
    workspace: &Workspace,
    import: &mut Import<'_>,
    mut links: Option<&mut Links>,
    progress: &mut Progress,
) -> Result<()> {
    let mut pace = Pace::shared();
    while !import.is_over() {
        let chunk = import.prepare(links.is_some()).await?;
        if let Some(links) = &mut links {
            write(app, workspace, links, &chunk)?;
        }
        pace.rest().await;
        let put = pace.time(import.put(&chunk)).await?;
        settle(links.as_deref_mut(), put, import)?;
        progress.tell(import.done());
    }
    Ok(())
}

/// Makes the file of links whole for those who are in already. Answers how many got a new link.
async fn complete(
    app: &App,
    workspace: &Workspace,
    import: &mut Import<'_>,
    links: &mut Links,
    known: Vec<Line>,
) -> Result<usize> {
    let mut good = known.iter().map(|line| (line.login.clone(), line.link.clone())).collect();
    let lacking = import.without_link(&mut good).await?;
    let good: HashMap<_, _> = good.into_iter().collect();
    let kept: Vec<&Line> = known.iter().filter(|line| good.get(&line.login) == Some(&line.link)).collect();
    links.keep(&kept)?;
    let mut again = 0;
    for rows in lacking.chunks(import::CHUNK) {
        loop {
            let chunk = import.prepare_links(rows).await?;
            write(app, workspace, links, &chunk)?;
            let put = import.put_links(&chunk).await?;
            settle(Some(links), put, import)?;
            if put == Put::Done {
                again += chunk.links().count();
                break;
            }
        }
    }
    Ok(again)
}

fn write(app: &App, workspace: &Workspace, links: &mut Links, chunk: &Chunk) -> Result<()> {
    links.write(chunk, &workspace.slug, |path| app.config.link(path))
}

fn settle(links: Option<&mut Links>, put: Put, import: &Import<'_>) -> Result<()> {
    if let Some(links) = links {
        links.settle(put == Put::Done)?;
    }
    if put == Put::TakenOver {
        bail!(
            "the same import was started again elsewhere and goes on there, from row {}: nothing is lost. \
             When that one has ended, run this command again for what you still need, like links",
            import.done() + 1
        );
    }
    Ok(())
}

fn refuse(file: &Path, mut troubles: Vec<(u64, String)>, found: &Found) -> Result<()> {
    if troubles.is_empty() {
        return Ok(());
    }
    troubles.sort();
    let mut told: Vec<_> =
        troubles.iter().map(|(line, what)| format!("\n  {}:{line}: {what}", file.display())).collect();
    if let Some(other) = found.other.filter(|_| !found.taken.is_empty()) {
        told.push(format!(
            "\nAn import of other rows, perhaps of this file before it was changed, stopped after {} of {} rows; it began at {}. \
             To go on with it, run it with the file as it was; or take those who are in out of this one.",
            other.done,
            other.total,
            output::time(other.started_at)
        ));
    }
    bail!("nothing was changed, since not every row can be imported:{}", told.concat())
}

fn read(bytes: &[u8], countries: &[String], locale: Locale) -> Result<Sheet> {
    // Excel begins a UTF-8 file with a byte-order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.get(..error.valid_up_to()).unwrap_or_default().split(|b| *b == b'\n').count();
        anyhow::anyhow!("line {line} is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)")
    })?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = columns(reader.headers().context("the first line cannot be read")?)?;
    let mut sheet = Sheet::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut place = Place { text, at: 0, line: 1 };
    for record in reader.records() {
        let record = record.context("the file cannot be read as CSV")?;
        let line = place.line_of(record.position());
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != columns.len() {
            let what = format!("{} fields where the first line has {}", record.len(), columns.len());
            sheet.troubles.push((line, what));
            continue;
        }
        let cells: HashMap<&str, &str> = columns.iter().copied().zip(record.iter()).collect();
        match row(&cells, countries, locale) {
            Ok(new) => {
                if let Some(first) = seen.insert(new.login.to_string(), line) {
                    sheet.troubles.push((line, format!("the login name `{}` is in line {first} already", new.login)));
                } else {
                    sheet.rows.push((line, new));
                }
            }
            Err(troubles) => sheet.troubles.extend(troubles.into_iter().map(|what| (line, what))),
        }
        if sheet.rows.len() > ROWS {
            bail!("the file has more than {ROWS} rows: import it in parts");
        }
    }
    Ok(sheet)
}

/// How far lines were counted.
struct Place<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// The line on which the next row begins, counted from 1. The reader takes empty lines before it for a part of it.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let at = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let rest = self.text.get(at..).unwrap_or_default();
        let begin = at + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let passed = self.text.get(self.at..begin).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').map(|_| 1).sum::<u64>();
        self.at = self.at.max(begin);
        self.line
    }
}

/// The known columns in the file's order.
fn columns(head: &csv::StringRecord) -> Result<Vec<&'static str>> {
    let mut columns = Vec::new();
    let all = COLUMNS.join(",");
    for name in head {
        let name = name.to_lowercase();
        let Some(known) = COLUMNS.iter().find(|known| **known == name) else {
            match nearest(&name, COLUMNS.into_iter()) {
                Some(near) => bail!("line 1: unknown column `{name}`; did you mean `{near}`?"),
                None => bail!("line 1: unknown column `{name}`; the columns are {all}"),
            }
        };
        if columns.contains(known) {
            bail!("line 1: the column `{name}` is there twice");
        }
        columns.push(*known);
    }
    for must in ["login", "name"] {
        if !columns.contains(&must) {
            bail!("line 1: the column `{must}` is missing; the columns are {all}");
        }
    }
    Ok(columns)
}

/// One row; every cell that is wrong is told.
fn row(cells: &HashMap<&str, &str>, countries: &[String], locale: Locale) -> Result<NewMember, Vec<String>> {
    let cell = |name: &str| cells.get(name).copied().unwrap_or_default();
    let mut troubles = Vec::new();
    let mut note = |name: &str, why: &str| troubles.push(format!("{name} `{}`: {why}", cell(name)));
    let login = parse_login(cell("login")).map_err(|why| note("login", why)).ok();
    let name = parse_name(cell("name")).map_err(|why| note("name", why)).ok();
    let kana = parse_shown(cell("kana")).map_err(|why| note("kana", why)).ok();
    let department = parse_shown(cell("department")).map_err(|why| note("department", why)).ok();
    let role = match cell("role") {
        "" => Some(Role::Member),
        text => parse_role(text).map_err(|why| note("role", why)).ok(),
    };
    let mut contacts = Vec::new();
    if !cell("mobile").is_empty() {
        match Phone::parse(cell("mobile"), countries) {
            Ok(phone) => contacts.push(Address::Mobile(phone)),
            Err(why) => note("mobile", words::phone(why)),
        }
    }
    if !cell("email").is_empty() {
        match parse_email(cell("email")) {
            Ok(address) => contacts.push(Address::Email(address)),
            Err(why) => note("email", why),
        }
    }
    match (login, name, kana, department, role) {
        (Some(login), Some(name), Some(kana), Some(department), Some(role)) if troubles.is_empty() => {
            Ok(NewMember { login, name, kana, department, role, locale, contacts })
        }
        _ => Err(troubles),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Result<Sheet> {
        read(text.as_bytes(), &["JP".to_owned()], Locale::Ja)
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let sheet = sheet("\u{feff}Name,login,mobile\n田中 花子,tanaka,090-1234-5678\n\n鈴木,suzuki,\n").unwrap();
        assert!(sheet.troubles.is_empty(), "{sheet:?}");
        assert_eq!(sheet.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(sheet.rows[0].1.contacts.len(), 1);
    }

    #[test]
    fn every_wrong_row_is_told_with_its_line() {
        let sheet = sheet(
            "login,name,role,mobile,email\ntanaka,田中,boss,03-1234-5678,x\nsuzuki,鈴木\nsato,,,,\nito,伊藤,,,\nITO,伊藤,,,\n",
        )
        .unwrap();
        let told: Vec<String> = sheet.troubles.iter().map(|(line, what)| format!("{line}: {what}")).collect();
        assert_eq!(told.len(), 6, "{told:#?}");
        assert!(told[0].starts_with("2: role `boss`") && told[1].contains("fixed line"), "{told:#?}");
        assert!(told[3].starts_with("3: 2 fields where the first line has 5"), "{told:#?}");
        assert!(told[5].contains("`ito` is in line 5 already"), "{told:#?}");
        assert_eq!(sheet.rows.len(), 1);
    }

    #[test]
    fn a_wrong_first_line_or_encoding_says_what_would_be_right() {
        for (text, word) in [
            ("login,name,mobil\n", "did you mean `mobile`"),
            ("login,kana\n", "`name` is missing"),
            ("login,name,login\n", "twice"),
            ("login,name,salary\n", "the columns are"),
        ] {
            let why = sheet(text).unwrap_err().to_string();
            assert!(why.contains(word), "{why}");
        }
        let why = read(b"login,name\nx,\x93\xfa", &[], Locale::Ja).unwrap_err().to_string();
        assert!(why.starts_with("line 2 is not UTF-8"), "{why}");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_and_no_control_characters_come_in(any in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100), rows in "((\"|,|\n|\r|\t|\x00|[a-z0-9ぁ-ん@. -]{1,12}){0,12}\n){0,4}") {
            let countries = ["JP".to_owned()];
            let _ = read(&any, &countries, Locale::Ja);
            if let Ok(sheet) = sheet(&format!("login,name,kana\n{rows}")) {
                for (_, new) in &sheet.rows {
                    for text in [new.login.as_str(), &new.name, &new.kana, &new.department] {
                        proptest::prop_assert!(!text.contains(char::is_control), "{:?}", text);
                    }
                }
            }
        }
    }
}
