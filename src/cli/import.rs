//! `aikagi member import`: a CSV file becomes members, all of them or none. Every row that is wrong is told with its
//! line and what would be right; a dry run changes nothing.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::member::{parse_email, parse_role};
use super::{parse_login, parse_name, parse_shown, words};
use crate::app::App;
use crate::config::keys::nearest;
use crate::flows::contacts::Address;
use crate::flows::members::{self, NewMember};
use crate::model::{Locale, Phone, Role};
use crate::store::workspaces::Workspace;

pub(super) const HELP: &str =
    "The file is UTF-8 (in Excel: CSV UTF-8) and its first line names the columns, in any order:
  login,name,kana,department,role,mobile,email
Only login and name must be there. A role is owner, administrator, help_desk or member.

Examples:
  aikagi member import acme members.csv --dry-run
  aikagi member import acme members.csv --links links.csv";

const COLUMNS: [&str; 7] = ["login", "name", "kana", "department", "role", "mobile", "email"];

/// Rows at most: one transaction holds them all.
const ROWS: usize = 20_000;

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
    let mut sheet = read(&bytes, &app.config.countries, workspace.locale)?;
    for (line, new) in &sheet.rows {
        if members::by_login(app, workspace, &new.login).await?.is_some() {
            sheet.troubles.push((*line, format!("the login name `{}` is taken", new.login)));
        }
    }
    refuse(file, sheet.troubles)?;
    let count = sheet.rows.len();
    if count == 0 {
        bail!("{} has no rows: nothing was changed", file.display());
    }
    if dry_run {
        println!("{count} rows can be imported. Nothing was changed.");
        return Ok(());
    }
    let links = links.map(Links::new).transpose()?;
    let (places, all): (Vec<u64>, Vec<NewMember>) = sheet.rows.into_iter().unzip();
    if let Err(taken) = members::import(app, workspace, &all).await? {
        let told = |place: usize| {
            let line = places.get(place).copied().unwrap_or_default();
            (line, "the login name is taken, or was given up a short while ago".to_owned())
        };
        return refuse(file, taken.into_iter().map(told).collect());
    }
    println!("{count} members were added to {}.", workspace.slug);
    if let Some(links) = links {
        return links.fill(app, workspace, &all).await;
    }
    println!("Each gets a link with: aikagi member invite {} LOGIN", workspace.slug);
    Ok(())
}

fn refuse(file: &Path, mut troubles: Vec<(u64, String)>) -> Result<()> {
    if troubles.is_empty() {
        return Ok(());
    }
    troubles.sort();
    let told: Vec<_> = troubles.iter().map(|(line, what)| format!("\n  {}:{line}: {what}", file.display())).collect();
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
    for record in reader.records() {
        let record = record.context("the file cannot be read as CSV")?;
        let line = line_of(text, record.position());
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

/// The line on which a row begins, counted from 1. The reader takes empty lines before it for a part of it.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let at = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    let begin = at + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
    let before = text.get(..begin).unwrap_or_default().matches('\n').count();
    u64::try_from(before + 1).unwrap_or(u64::MAX)
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

/// The file of links, opened before anything is changed so that it cannot fail for a wrong path afterwards.
struct Links {
    path: String,
    file: fs::File,
}

impl Links {
    fn new(path: &Path) -> Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("--links: {} cannot be made", path.display()))?;
        Ok(Self { path: path.display().to_string(), file })
    }

    async fn fill(mut self, app: &App, workspace: &Workspace, all: &[NewMember]) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["login", "name", "link"])?;
        for new in all {
            let Some(member) = members::by_login(app, workspace, &new.login).await? else { continue };
            if let Some(link) = members::invite_again(app, workspace, &member).await? {
                let id = format!("{}@{}", member.login, workspace.slug);
                writer.write_record([id, member.name, app.config.link(&link)])?;
            }
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        self.file.write_all(&bytes).and_then(|()| self.file.sync_all()).with_context(|| self.path.clone())?;
        println!(
            "Their links are in {}, good once each, within {} hours of now. Delete the file when they are sent.",
            self.path, app.config.limits.link_hours
        );
        Ok(())
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
