//! `aikagi member import`: a CSV file becomes members. Every row that is wrong is told with its line and what would be right, and then
//! nothing is changed; a dry run changes nothing either. A good file goes in by chunks, and goes on where it was interrupted.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::links::{Line, Links};
use super::output;
use super::progress::Progress;
use crate::app::App;
use crate::config::keys::nearest;
use crate::flows::import::{self, Chunk, Found, Import, Put};
use crate::flows::members::NewMember;
use crate::flows::pace::Pace;
use crate::flows::sheet::{self, Bad, Rules, Told};
use crate::model::{Column, Locale, Role};
use crate::store::workspaces::Workspace;
use crate::wording;

pub(super) const HELP: &str =
    "The file is UTF-8, UTF-16 or Shift_JIS, as Excel writes them, and its first line names the columns, in any order:
  login,name,kana,department,role,mobile,email
Only login and name must be there. A role is owner, administrator, help_desk or member.

The whole file is checked first: if any row is wrong, nothing is changed. Then the members are added fifty at a
time, and those who are in can be used at once. If it is interrupted, run the same command again: it goes on where it
stopped, adds nobody twice, and completes the file of links.

Examples:
  aikagi member import acme members.csv --dry-run
  aikagi member import acme members.csv --links links.csv";

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
    let rules = Rules { countries, locale, highest: Role::Owner, rows: ROWS };
    let read = sheet::read(bytes, &rules).or_else(|bad| match bad {
        Bad::Empty => Ok(sheet::Sheet::default()),
        bad => Err(anyhow::anyhow!(in_words(&bad))),
    })?;
    Ok(Sheet {
        rows: read.rows.into_iter().map(|row| (row.line, row.new)).collect(),
        troubles: read.troubles.iter().map(|told| (told.line, told_in_words(told))).collect(),
    })
}

fn in_words(bad: &Bad) -> String {
    let all: Vec<_> = Column::ALL.iter().map(|column| column.as_str()).collect();
    match bad {
        Bad::Letters(line) => format!("line {line} is no text: save the file as UTF-8 (in Excel: CSV UTF-8)"),
        Bad::NoTable(line) => format!("line {line} cannot be read as CSV"),
        Bad::Empty => "it has no rows".to_owned(),
        Bad::TooManyRows(most) => format!("the file has more than {most} rows: import it in parts"),
        Bad::UnknownColumns(names) => {
            match names.iter().find_map(|name| Some((name, nearest(name, all.iter().copied())?))) {
                Some((name, near)) => format!("line 1: unknown column `{name}`; did you mean `{near}`?"),
                None => format!("line 1: unknown column `{}`; the columns are {}", names.join("`, `"), all.join(",")),
            }
        }
        Bad::ColumnTwice(column) => format!("line 1: the column `{column}` is there twice"),
        Bad::ColumnMissing(column) => {
            format!("line 1: the column `{column}` is missing; the columns are {}", all.join(","))
        }
    }
}

fn told_in_words(told: &Told) -> String {
    let why = wording::sheet::trouble(Locale::En, told.why);
    match told.column {
        Some(column) => format!("{column} `{}`: {why}", told.typed),
        None => format!("{}: {why}", told.typed),
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
        assert!(told[3].starts_with("3: 2 / 5: it has another number of fields"), "{told:#?}");
        assert!(told[5].starts_with("6: login `ito`: the same ID stands in the file before"), "{told:#?}");
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
        let why = read(b"login,name\nx,\xfd\xfe", &[], Locale::Ja).unwrap_err().to_string();
        assert!(why.starts_with("line 2 is no text"), "{why}");
        assert_eq!(
            read(b"login,name\nx,\x93\xfa", &[], Locale::Ja).unwrap().rows[0].1.name,
            "日",
            "as Excel writes it"
        );
        // Every line ends in CR alone, as on an old Mac: each is a row of its own, with its own number.
        let mac = read(b"login,name\ra,A\rb,B\rc,C\r", &[], Locale::Ja).unwrap().rows;
        assert_eq!(mac.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 3, 4]);
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
