//! A server of the stories behind a real socket.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use aikagi::model::Role;
use aikagi::store::members::Member;

use crate::browser::Browser;
use crate::harness::{self, PASSWORD, Server};

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

    /// Somebody of this role, who is added for it, signs in.
    pub async fn seats(&self, browser: &Browser, login: &str, role: Role) -> Member {
        let keeper = self.server.member(login, &[]).await;
        self.server.sql(&format!("update members set role = '{role}' where id = '{}'", keeper.id)).await;
        browser.open("/w/sakura/sign-in").await;
        browser.types("login", login).await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
        keeper
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
