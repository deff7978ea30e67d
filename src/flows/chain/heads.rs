//! Heads: once a day the end of each chain that grew is signed. A head that is kept elsewhere proves what the log was up to then, whatever
//! becomes of the database.
//!
//! An older key's public half is vouched for by the key that writes, so that its heads can be checked when the key file has it no more.

use super::{Error, Result, elsewhere};
use crate::app::App;
use crate::model::{Timestamp, days};
use crate::store::chain::{self, Head, VouchedKey};
use crate::store::{self, transaction};
use crate::vault::chain::PublicKey;

/// What a head's signature is over.
fn said(head: &Head) -> String {
    let name = if head.workspace_id.is_empty() { "-" } else { &head.workspace_id };
    format!("aikagi-head-1 {name} {} {} {}", head.nth, head.link, head.signed_at.0)
}

/// A head in one line, as it leaves the server.
pub fn to_line(head: &Head) -> String {
    format!("{} {} {}", said(head), head.key_id, head.signature)
}

/// A head from its line; none where this is something else.
pub fn from_line(text: &str) -> Option<Head> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["aikagi-head-1", name, nth, link, signed_at, key_id, signature] = words[..] else { return None };
    let signed_at = Timestamp(signed_at.parse().ok()?);
    Some(Head {
        workspace_id: if name == "-" { String::new() } else { name.to_owned() },
        day: signed_at.window(days(1)),
        nth: nth.parse().ok().filter(|nth| *nth > 0)?,
        link: link.to_owned(),
        signed_at,
        key_id: key_id.to_owned(),
        signature: signature.to_owned(),
    })
}

/// Whether one of these keys signed it.
pub fn is_signed(head: &Head, keys: &[PublicKey]) -> bool {
    keys.iter().any(|key| key.id == head.key_id && key.has_signed(&said(head), &head.signature))
}

/// Signs the end of each chain that grew and has no head from today (UTC). Answers how many.
pub async fn sign(app: &App) -> Result<u64> {
    let now = app.now();
    let day = now.window(days(1));
    let tips = chain::without_head(&mut app.db.read().await?, day).await?;
    if tips.is_empty() {
        return Ok(0);
    }
    vouch(app).await?;
    let mut signed = 0;
    for tip in tips {
        let mut head = Head {
            workspace_id: tip.workspace_id,
            day,
            nth: tip.nth,
            link: tip.link,
            signed_at: now,
            key_id: String::new(),
            signature: String::new(),
        };
        (head.key_id, head.signature) = app.keyring.sign(&said(&head));
        let new = transaction!(app.db, conn => {
            let new = chain::insert_head(conn, &head).await?;
            if new {
                elsewhere::send(app, conn, &head, now).await?;
            }
            Ok::<_, Error>(new)
        })?;
        signed += u64::from(new);
    }
    if signed > 0 {
        app.outbox_bell.notify_one();
        app.webhook_bell.notify_one();
    }
    Ok(signed)
}

/// The key that writes vouches for every key at hand, once.
pub async fn vouch(app: &App) -> Result<()> {
    let there = chain::keys(&mut app.db.read().await?).await?;
    let writes = app.keyring.writes();
    for key in app.keyring.public_keys() {
        if there.iter().any(|known| known.key_id == key.id && known.by_key_id == writes) {
            continue;
        }
        let (by_key_id, signature) = app.keyring.sign(&vouched(&key));
        let row = VouchedKey { key_id: key.id, by_key_id, public: key.text, signature };
        transaction!(app.db, conn => store::apply(conn, [chain::insert_key(&row)]).await).map_err(Error::from)?;
    }
    Ok(())
}

fn vouched(key: &PublicKey) -> String {
    format!("aikagi-key-1 {key}")
}

/// Every public key that the keys at hand vouch for, they themselves first.
pub async fn keys(app: &App) -> Result<Vec<PublicKey>> {
    let mut known = app.keyring.public_keys();
    let mut others = chain::keys(&mut app.db.read().await?).await?;
    loop {
        let before = known.len();
        others.retain(|other| {
            let key = PublicKey { id: other.key_id.clone(), text: other.public.clone() };
            let is_known = known.iter().any(|known| known.id == key.id);
            let by = known.iter().find(|known| known.id == other.by_key_id);
            let is_vouched = by.is_some_and(|by| by.has_signed(&vouched(&key), &other.signature));
            if is_vouched && !is_known {
                known.push(key);
            }
            !is_vouched
        });
        if known.len() == before {
            return Ok(known);
        }
    }
}

/// A chain's heads from this place on.
pub async fn list(app: &App, name: &str, from: i64) -> Result<Vec<Head>> {
    Ok(chain::heads(&mut app.db.read().await?, name, from).await?)
}
