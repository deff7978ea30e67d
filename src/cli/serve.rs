//! `aikagi serve` and `aikagi demo`: the server, with one's own data or with made-up ones.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use super::{log, open};
use crate::config::{LogForm, read};
use crate::deliver::MemoryCarrier;
use crate::demo;
use crate::{flows, server};

/// Run the server until SIGTERM or Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aikagi serve --config /var/lib/aikagi/aikagi.toml")]
pub(super) struct Serve {
    /// The address to listen on, instead of the configuration's.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The address for health and metrics, instead of the configuration's.
    #[arg(long, value_name = "ADDRESS")]
    listen_operations: Option<String>,
}

impl Serve {
    pub(super) async fn run(self, file: Option<&Path>) -> Result<()> {
        let flags = [("listen", self.listen), ("listen_operations", self.listen_operations)];
        let flags = flags.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        let config = read::from_system(file, flags)?;
        log::begin(&config.log, config.log_format)?;
        server::count_metrics();
        let stop = server::stop_on_signal()?;
        let app = open(config).await?;
        let carriers = server::carriers_of(&app)?;
        if flows::workspaces::list(&app).await?.is_empty() {
            tracing::warn!("there is no workspace yet: `aikagi workspace create` makes one");
        }
        let url = app.config.public_url.clone();
        let app = Arc::new(app);
        let router = server::router(&app)?;
        server::serve(app.clone(), router, carriers, stop, |address| {
            println!("aikagi is ready: {url} (listening on {address})");
        })
        .await
    }
}

/// Try Aikagi out: a workplace of made-up people in a folder of its own, messages on a page.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aikagi demo\n  aikagi demo --fresh --listen 127.0.0.1:9000")]
pub(super) struct DemoArgs {
    /// The address to listen on; others than this machine's own are for trying out in a trusted network only.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Begin anew: forgets what was done in the demo.
    #[arg(long)]
    fresh: bool,
    /// The demo's own folder.
    #[arg(long, value_name = "FOLDER", default_value = "demo-data")]
    dir: PathBuf,
}

impl DemoArgs {
    pub(super) async fn run(self) -> Result<()> {
        let filter = std::env::var("AIKAGI_LOG").unwrap_or_else(|_| "warn".to_owned());
        log::begin(&filter, LogForm::Text)?;
        server::count_metrics();
        let stop = server::stop_on_signal()?;
        let config = demo::config(&self.dir, self.listen)?;
        demo::prepare(&self.dir, self.fresh)?;
        let app = Arc::new(server::build(config).await?);
        let carrier = Arc::new(MemoryCarrier::new());
        let stage = Arc::new(demo::open(&app, &self.dir, carrier.clone()).await?);
        let router = server::router_of_demo(&app, stage);
        let text = demo::announcement(&app.config.public_url);
        server::serve(app, router, vec![carrier], stop, |_| println!("{text}")).await
    }
}
