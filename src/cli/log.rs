//! The log: lines for people or JSON, UTC, on standard error. Libraries that speak protocols never log their details,
//! whatever the filter says: codes and passwords are among them.

use std::io::IsTerminal as _;

use anyhow::Result;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogForm;

/// Begins logging; once a process.
pub(super) fn begin(filter: &str, form: LogForm) -> Result<()> {
    let quiet = filter_fn(|meta| {
        let library = meta.target().split("::").next().unwrap_or_default();
        let talks =
            matches!(library, "h2" | "hyper" | "hyper_util" | "lettre" | "reqwest" | "rustls" | "sqlx" | "tower_http");
        !talks || *meta.level() <= Level::INFO
    });
    let filter = EnvFilter::try_new(filter)?.and(quiet);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match form {
        LogForm::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed(),
        LogForm::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    tracing_subscriber::registry().with(layer).try_init()?;
    Ok(())
}
