//! A server that enrols anybody and sends what it is told to: what a device must not take is made here.

use std::sync::{Arc, Mutex};

use aikagi::model::agent::{Command, ENROL, Enrolled, POLL, Polled, Purpose, RECEIPTS, Signed, VERSION, What};
use aikagi::vault::signing::Signer;
use axum::routing::post;
use axum::{Json, Router};

#[derive(Default)]
struct Shelf {
    next: Vec<Signed>,
    receipts: usize,
}

pub struct Liar {
    pub url: String,
    shelf: Arc<Mutex<Shelf>>,
    key: Signer,
}

fn id(prefix: &str) -> String {
    format!("{prefix}_{}", "0".repeat(26))
}

impl Liar {
    pub async fn open() -> Self {
        let key = Signer::from_seed(&[5; 32]);
        let shelf = Arc::<Mutex<Shelf>>::default();
        let enrolled = Enrolled {
            agent: id("agt"),
            workspace: id("wsp"),
            workspace_name: "x".to_owned(),
            member: id("mem"),
            login: "x".to_owned(),
            command_key: key.public(),
        };
        let (polled, taken) = (shelf.clone(), shelf.clone());
        let router = Router::new()
            .route(ENROL, post(async move || (axum::http::StatusCode::CREATED, Json(enrolled.clone()))))
            .route(
                POLL,
                post(async move || {
                    let commands = std::mem::take(&mut polled.lock().expect("whole").next);
                    Json(Polled { commands })
                }),
            )
            .route(RECEIPTS, post(async move || taken.lock().expect("whole").receipts += 1));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shelf, key }
    }

    /// The device gets it with its next question.
    pub async fn sends(&self, signed: &[Signed]) {
        self.shelf.lock().expect("whole").next = signed.to_vec();
        super::until("it is fetched", || self.shelf.lock().expect("whole").next.is_empty()).await;
    }

    pub fn receipts(&self) -> usize {
        self.shelf.lock().expect("whole").receipts
    }

    fn command(nth: u32) -> Command {
        Command {
            v: VERSION,
            command: format!("wip_{nth:026}"),
            workspace: id("wsp"),
            agent: id("agt"),
            member: id("mem"),
            what: What::SignOut,
            asked_at: 1,
            sent_at: 2,
            expires_at: i64::MAX - 100_000,
        }
    }

    fn signs(key: &Signer, purpose: Purpose, command: &Command) -> Signed {
        let text = serde_json::to_string(command).expect("JSON");
        Signed { signature: key.sign(&purpose.over(&text)), text }
    }

    fn signed(&self, command: &Command) -> Signed {
        Self::signs(&self.key, Purpose::Command, command)
    }

    pub fn good(&self) -> Signed {
        self.signed(&Self::command(1))
    }
    pub fn forged() -> Signed {
        Self::signs(&Signer::from_seed(&[6; 32]), Purpose::Command, &Self::command(2))
    }
    pub fn receipt_as_command(&self) -> Signed {
        Self::signs(&self.key, Purpose::Receipt, &Self::command(3))
    }
    pub fn for_another_device(&self) -> Signed {
        self.signed(&Command { agent: id("agt").replace('0', "1"), ..Self::command(4) })
    }
    pub fn for_another_member(&self) -> Signed {
        self.signed(&Command { member: id("mem").replace('0', "1"), ..Self::command(5) })
    }
    pub fn over(&self) -> Signed {
        self.signed(&Command { expires_at: 1_000, ..Self::command(6) })
    }
}
