//! What administrators do at their desk.

use aikagi::model::Role;

use super::{any, at_every_statement, audited, n, step, told};
use crate::harness::{Server, address};

#[tokio::test]
async fn making_an_access_token() {
    let prepare = async |server: &Server| {
        let (sato, desk) = server.keeper("sato", Role::Administrator).await;
        let since = server.app.now();
        let contacts = [address("sato@example.jp"), address("090-1234-5678")];
        aikagi::flows::members::settle(&server.app, &server.workspace, &sato, None, &contacts, since)
            .await
            .expect("the database works");
        let fields = [("name", "人事システム"), ("days", "30"), ("members.read", "yes")];
        step(desk, "/w/sakura/admin/tokens/new", &fields)
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("a token", n(dump, "access_tokens") == 1),
            ("of this epoch", any(dump, "access_tokens", |row| row["epoch"] == 0 && row["ended_at"].is_null())),
            ("written down", audited(dump, "token_made")),
            ("both contacts are told", told(dump, "token_made", 2)),
        ]
    })
    .await;
}
