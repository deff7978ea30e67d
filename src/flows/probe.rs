//! The doctor's question, as the server that is asked sees it: what it saw of the request goes into the database, once, for who wrote the
//! question there. Nobody else learns anything, not even that there is such a path.

use super::{Error, Result, token_kind};
use crate::app::App;
use crate::model::Secret;
use crate::store;
use crate::store::transaction;
use crate::vault::Token;

pub use crate::store::probes::Seen;

/// Answers whether there was such a question, and whether it is answered by this.
pub async fn answer(app: &App, token: &Secret, seen: &Seen) -> Result<bool> {
    let Some(presented) = Token::parse(token_kind::PROBE, token.expose()) else { return Ok(false) };
    let now = app.now();
    let hash = store::probes::open(&mut app.db.read().await?, &presented.prefix, now).await?;
    if !hash.is_some_and(|hash| presented.matches(&app.keyring, &hash)) {
        return Ok(false);
    }
    transaction!(app.db, conn => store::probes::answer(conn, &presented.prefix, seen, now).await).map_err(Error::from)
}
