//! A server of the stories behind a real socket.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::harness::{self, Server};

/// A server that browsers can reach.
pub struct Stage {
    pub server: Server,
    /// `http://localhost:40123`
    pub url: String,
    serving: JoinHandle<()>,
}

impl Stage {
    /// Starts one with the workspace さくら商事 and nobody in it.
    pub async fn open() -> Self {
        Self::open_with(|server| server.router.clone()).await
    }

    /// Starts one whose pages are made so.
    pub async fn open_with(pages: impl FnOnce(&Server) -> axum::Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let mut config = harness::config();
        config.public_url.clone_from(&url);
        let server = Server::start_with(config).await;
        let service = pages(&server).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            axum::serve(listener, service).await.ok();
        });
        Self { server, url, serving }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
