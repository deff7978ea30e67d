//! The log: lines for people or JSON, UTC, on standard error. Libraries that speak protocols never log their details,
//! whatever the filter says: codes and passwords are among them.

use std::io::IsTerminal as _;

use anyhow::Result;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogForm;

/// Begins logging; once a process.
pub(super) fn begin(filter: &str, form: LogForm) -> Result<()> {
    let quiet = filter_fn(|meta| !speaks_protocols(meta.target()) || *meta.level() <= Level::INFO);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match form {
        LogForm::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogForm::Json => lines.json().flatten_event(true).boxed(),
    };
    anyhow::ensure!(filter.is_ascii(), "`log` is not a log filter: try `info`, or `info,aikagi=debug`");
    // The filters hold for the whole registry, not for the layer: filters of a layer lose the event after a question
    // like `enabled!`, which sqlx asks before it logs a statement.
    tracing_subscriber::registry().with(EnvFilter::try_new(filter)?).with(quiet).with(lines).try_init()?;
    Ok(())
}

fn speaks_protocols(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or_default();
    matches!(library, "h2" | "hyper" | "hyper_util" | "lettre" | "reqwest" | "rustls" | "tower_http")
        || library.starts_with("sqlx")
}
