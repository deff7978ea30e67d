//! `aikagi audit verify`: proves that an export, or the database, is whole, or names the first row that is not what it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{each, placed};
use crate::app::App;
use crate::cli::output;
use crate::clock::{Clock as _, SystemClock};
use crate::flows::chain::heads;
use crate::flows::chain::proof::{self, Broken, Fault, Report, Walk};
use crate::flows::workspaces;
use crate::store::chain::Head;
use crate::vault::chain::PublicKey;

/// Prove that nothing in the audit log was changed, put in or taken out; name the first row where something was. Exit code 1 then.
#[derive(Debug, Args)]
#[command(
    after_help = "An export is checked without the database, on any machine. Signatures are checked by the keys that `aikagi audit key` printed.
Heads that were kept elsewhere (`aikagi audit heads`) prove that no row was cut off since, nor the whole log written anew.

Examples:
  aikagi audit verify --database
  aikagi audit verify /mnt/elsewhere/aikagi-audit.jsonl --keys aikagi-audit.keys --heads heads-of-may.txt"
)]
pub(in crate::cli) struct Verify {
    /// The file that `aikagi audit export` wrote.
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    export: Option<PathBuf>,
    /// The log in the database itself.
    #[arg(long)]
    database: bool,
    /// A file with what `aikagi audit key` printed.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    keys: Option<PathBuf>,
    /// A file with heads that were kept elsewhere, among whatever else; several times for several.
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
}

impl Verify {
    /// The export, where one is to be checked.
    pub(super) fn file(&self) -> Option<&Path> {
        self.export.as_deref()
    }

    pub(super) async fn of_database(&self, app: &App) -> Result<ExitCode> {
        let reports = proof::database(app, &self.kept_heads()?).await?;
        let slugs =
            workspaces::list(app).await?.into_iter().map(|workspace| (workspace.id.0, workspace.slug)).collect();
        Ok(tell(&reports, &slugs))
    }

    pub(super) fn of_file(&self, file: &Path) -> Result<ExitCode> {
        let keys = self.public_keys()?;
        let mut found = BTreeMap::<String, Vec<Head>>::new();
        let mut slugs = BTreeMap::new();
        for head in self.kept_heads()? {
            found.entry(head.workspace_id.clone()).or_default().push(head);
        }
        for line in each(file)? {
            let line = line?;
            let name = line.workspace_id.unwrap_or_default();
            if let Some(slug) = line.workspace {
                slugs.insert(name.clone(), slug);
            }
            let heads = found.entry(name).or_default();
            if let Some(text) = &line.head {
                heads.push(heads::from_line(text).with_context(|| format!("{text:?} is no head"))?);
            }
        }
        let now = SystemClock.now();
        let mut walks: BTreeMap<_, _> = found
            .into_iter()
            .map(|(name, heads)| {
                let walk = Walk::new(&name, heads, &keys, now);
                (name, walk)
            })
            .collect();
        let mut older = 0_u64;
        for line in each(file)? {
            let line = line?;
            if line.head.is_some() {
                continue;
            }
            match placed(line) {
                None => older += 1,
                Some((row, place)) => {
                    let walk = walks.get_mut(row.chain()).context("the file was changed while it was read")?;
                    walk.row(row, place);
                }
            }
        }
        let reports: Vec<_> = walks.into_values().map(|walk| walk.end(None)).collect();
        let code = tell(&reports, &slugs);
        if older > 0 {
            println!("{older} lines of an earlier release have no place in a chain, and prove nothing.");
        }
        Ok(code)
    }

    fn public_keys(&self) -> Result<Vec<PublicKey>> {
        let Some(file) = &self.keys else { return Ok(Vec::new()) };
        let text = read(file)?;
        let keys = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
            PublicKey::parse(line).with_context(|| {
                format!("{}: `{}` is no key as `aikagi audit key` prints them", file.display(), output::plain(line))
            })
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        if keys.is_empty() {
            bail!("{} holds no key", file.display());
        }
        Ok(keys)
    }

    fn kept_heads(&self) -> Result<Vec<Head>> {
        let mut all = Vec::new();
        for file in &self.heads {
            let before = all.len();
            // A mail's lines may be wrapped and quoted.
            let text = read(file)?;
            let words: Vec<&str> = text.split_whitespace().filter(|word| *word != ">").collect();
            all.extend(words.windows(7).filter_map(|words| heads::from_line(&words.join(" "))));
            if all.len() == before {
                bail!("{} holds no head", file.display());
            }
        }
        Ok(all)
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Says what came of it, chain by chain.
fn tell(reports: &[Report], slugs: &BTreeMap<String, String>) -> ExitCode {
    for report in reports {
        let name = match slugs.get(&report.name) {
            Some(slug) => slug.as_str(),
            None if report.name.is_empty() => "the server itself",
            None => &report.name,
        };
        for line in lines(report) {
            println!("{}", output::plain(&format!("{name}: {line}")));
        }
    }
    let broken = reports.iter().filter(|report| report.broken.is_some()).count();
    if broken > 0 {
        println!("The audit log is NOT whole.");
        return ExitCode::FAILURE;
    }
    println!("Nothing was changed, put in or taken out.");
    ExitCode::SUCCESS
}

fn lines(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    let so_far = match report.first {
        None => "no row".to_owned(),
        Some((first, None)) => format!("rows {first} to {} fit", report.last),
        Some((first, Some(at))) => format!(
            "rows {first} to {} fit; those before were forgotten after the head of {}",
            report.last,
            output::time(at)
        ),
    };
    let signed = match report.signed_at {
        Some(at) if report.heads > 0 => {
            format!("{} signed heads fit, the newest of {}", report.heads, output::time(at))
        }
        _ if report.unknown_heads > 0 => "no signature was checked".to_owned(),
        _ => "no head was signed yet, so rows cut off at the end would not be missed".to_owned(),
    };
    lines.push(format!("{so_far}; {signed}"));
    if let Some(broken) = &report.broken {
        lines.push(format!("BROKEN at {}", told(broken)));
    }
    let mut note = |count: u64, what: &str| {
        if count > 0 {
            lines.push(format!("{count} {what}"));
        }
    };
    note(
        report.unknown_heads,
        "heads could not be checked: their keys are not among those given (`aikagi audit key` prints them)",
    );
    note(report.erased, "rows of which something was erased");
    note(report.late, "rows came more than an hour after younger ones: written late, or dated back");
    note(report.waiting, "rows wait for their place: a server gives it within a second, as does `aikagi audit export`");
    lines
}

fn told(broken: &Broken) -> String {
    let nth = broken.nth;
    let named = match &broken.row {
        Some(row) => {
            let at = output::time(crate::model::Timestamp(row.at));
            format!("row {nth} ({}, {}, {at})", row.id, row.action)
        }
        None => format!("row {nth}"),
    };
    let signed = |at: &Option<crate::model::Timestamp>| match at {
        Some(at) => format!("when it was signed at {}", output::time(*at)),
        None => "when the server wrote last".to_owned(),
    };
    match &broken.fault {
        Fault::Changed => {
            format!("{named}: it is not what it was, or rows before it were taken out and it moved up in their place")
        }
        Fault::Missing { to } if *to == nth => format!("{named}: it is missing"),
        Fault::Missing { to } => format!("{named}: it is missing, and all up to row {to}"),
        Fault::Inserted => format!("{named}: it was put in"),
        Fault::Reordered => format!("{named}: it stands before the row that it belongs behind"),
        Fault::CutOff { to, signed_at } => {
            format!("{named}: it is missing; the log was cut off here, it went to row {to} {}", signed(signed_at))
        }
        Fault::Rewritten { to, signed_at } => {
            format!(
                "{named}, or one behind it: they were written anew up to row {to}, which was another {}",
                signed(signed_at)
            )
        }
        Fault::Forged => format!("{named}: a head that signs it is false"),
    }
}
