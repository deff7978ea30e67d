//! Hands what happened to a program elsewhere, signed as "Standard Webhooks" has it (standardwebhooks.com): an HMAC-SHA256 over id, time and
//! body, by the present secret and, for a day after a change, by the one before.

use std::sync::Arc;

use data_encoding::BASE64;
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::header::{HeaderName, HeaderValue};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::outgoing::{Failed, Outgoing};
use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::clock::Clock;
use crate::model::{Cause, Timestamp, hours, id::WorkspaceId, time::Span};
use crate::store::{Db, alert_settings};
use crate::vault::{Dice, Keyring, seal::OpenError};

/// What a webhook is sealed as. It is part of the sealed data, so it never changes.
pub const WEBHOOK: &str = "alert webhook";
/// What every secret begins with.
pub const PREFIX: &str = "whsec_";
/// How long the secret before signs, too.
const BOTH_FOR: Span = hours(24);

/// A workspace's webhook, as it lies sealed.
#[derive(Clone, serde::Serialize, serde::Deserialize, zeroize::ZeroizeOnDrop)]
pub struct Webhook {
    /// Where to.
    pub url: String,
    /// The secret, `whsec_` and base64.
    pub secret: String,
    /// The secret before.
    pub before: Option<String>,
    /// Until when that one signs, too.
    #[zeroize(skip)]
    pub before_until: Timestamp,
}

/// Without the secrets, and without the path, which is often one.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

impl Webhook {
    /// One to this address, with a secret from 256 bits of chance.
    pub fn new(url: String, chance: [u8; 32]) -> Self {
        Self { url, secret: new_secret(chance), before: None, before_until: Timestamp(0) }
    }

    /// The same webhook with another secret; this one's signs for a day longer.
    #[must_use]
    pub fn with_new_secret(&self, chance: [u8; 32], now: Timestamp) -> Self {
        let before = Some(self.secret.clone());
        Self { url: self.url.clone(), secret: new_secret(chance), before, before_until: now + BOTH_FOR }
    }

    /// As it is stored.
    pub fn seal(&self, keyring: &Keyring, dice: &dyn Dice, workspace: &WorkspaceId) -> String {
        // A struct of texts becomes JSON without fail.
        let plain = Zeroizing::new(serde_json::to_vec(self).unwrap_or_default());
        keyring.server_key().seal(dice, WEBHOOK, workspace.as_str(), &plain)
    }

    /// Opens it.
    pub fn open(keyring: &Keyring, workspace: &WorkspaceId, sealed: &str) -> Result<Self, OpenError> {
        let plain = keyring.server_key().open_text(WEBHOOK, workspace.as_str(), sealed)?;
        serde_json::from_str(&plain).map_err(|_| OpenError::Form)
    }

    /// Whether a request of this id, time and body was signed with a secret that counts now. Every signature of the header is compared.
    pub fn has_signed(&self, (id, at, body): (&str, i64, &str), signatures: &str, now: Timestamp) -> bool {
        let before = self.before.as_ref().filter(|_| self.before_until > now);
        let mut right = false;
        for secret in std::iter::once(&self.secret).chain(before) {
            let Some(wanted) = sign(secret, id, at, body) else { continue };
            for one in signatures.split(' ').take(8) {
                right |= bool::from(one.as_bytes().ct_eq(wanted.as_bytes()));
            }
        }
        right
    }

    /// The three headers of a request; none where its id is none.
    pub fn headers(&self, id: &str, body: &str, now: Timestamp) -> Option<[(HeaderName, HeaderValue); 3]> {
        let at = now.0.div_euclid(1_000_000);
        let signatures = self.signatures(id, at, body, now);
        Some([
            (HeaderName::from_static("webhook-id"), HeaderValue::from_str(id).ok()?),
            (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(at)),
            (HeaderName::from_static("webhook-signature"), HeaderValue::from_str(&signatures).ok()?),
        ])
    }

    /// Where it leads, without the path, which is often a secret.
    pub fn place(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        format!("{scheme}://{}/…", rest.split(['/', '?', '#']).next().unwrap_or_default())
    }

    /// The header with every signature that counts now.
    pub fn signatures(&self, id: &str, at: i64, body: &str, now: Timestamp) -> String {
        let before = self.before.as_ref().filter(|_| self.before_until > now);
        let all = std::iter::once(&self.secret).chain(before);
        all.filter_map(|secret| sign(secret, id, at, body)).collect::<Vec<_>>().join(" ")
    }
}

fn new_secret(chance: [u8; 32]) -> String {
    format!("{PREFIX}{}", BASE64.encode(&*Zeroizing::new(chance)))
}

/// `v1,` and the signature; none where the secret is none.
fn sign(secret: &str, id: &str, at: i64, body: &str) -> Option<String> {
    let key = Zeroizing::new(BASE64.decode(secret.strip_prefix(PREFIX)?.as_bytes()).ok()?);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
}

/// Where a message for a webhook goes, as it was when it was written: the destination in the outbox.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Destination {
    /// Whose secret signs.
    pub workspace: String,
    /// The address.
    pub url: String,
}

/// Hands requests over.
pub struct WebhookCarrier {
    /// Where the secrets lie.
    pub db: Db,
    /// The keys that they are sealed with.
    pub keyring: Arc<Keyring>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who sends.
    pub outgoing: Outgoing,
}

impl WebhookCarrier {
    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let to: Destination = serde_json::from_str(&letter.to)
            .map_err(|_| NotHandedOver::never(Cause::Provider, "the destination is none"))?;
        let target = self
            .outgoing
            .settings
            .target(&to.url)
            .map_err(|_| NotHandedOver::never(Cause::Provider, "the address is not allowed"))?;
        let webhook = self.webhook(&WorkspaceId(to.workspace)).await?;
        let headers = webhook.headers(&letter.id, &letter.text, self.clock.now());
        let headers = headers.ok_or_else(|| NotHandedOver::never(Cause::Provider, "it cannot be signed"))?;
        match self.outgoing.post(&target, &headers, letter.text.clone()).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                Ok(HandedOver { provider_id: Some(format!("HTTP {} {}", answer.status, answer.text)) })
            }
            // Gone: whoever is there wants no more of it.
            Ok(answer) if answer.status == 410 => Err(NotHandedOver::never(Cause::Provider, "HTTP 410")),
            Ok(answer) => Err(NotHandedOver::later(Cause::Provider, format!("HTTP {} {}", answer.status, answer.text))),
            Err(Failed::Refused(why)) => Err(NotHandedOver::never(Cause::Provider, why)),
            Err(Failed::Later(why) | Failed::Unheard(why)) => Err(NotHandedOver::later(Cause::Provider, why)),
        }
    }

    /// The secrets are read at each try, so that a new one counts for what waits already.
    async fn webhook(&self, workspace: &WorkspaceId) -> Result<Webhook, NotHandedOver> {
        let row = async { alert_settings::of(&mut self.db.read().await?, workspace).await }.await;
        let row = row.map_err(|_| NotHandedOver::later(Cause::Provider, "the database does not answer"))?;
        let sealed = row
            .and_then(|row| row.webhook)
            .ok_or_else(|| NotHandedOver::never(Cause::Provider, "the webhook is gone"))?;
        Webhook::open(&self.keyring, workspace, &sealed)
            .map_err(|_| NotHandedOver::later(Cause::Provider, "the secret does not open"))
    }
}

impl Carrier for WebhookCarrier {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Webhook
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn it_signs_as_the_standard_does() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn for_a_day_both_secrets_sign() {
        let first = Webhook::new("https://x".to_owned(), [1; 32]);
        let now = Timestamp(1_700_000_000_000_000);
        let second = first.with_new_secret([2; 32], now);
        let one = first.signatures("m", 1, "{}", now);
        let both = second.signatures("m", 1, "{}", now + hours(23));
        assert!(both.ends_with(&format!(" {one}")), "{both}");
        let alone = second.signatures("m", 1, "{}", now + hours(24));
        assert!(!alone.contains(' ') && both.starts_with(&alone), "{alone}");
        assert!(!format!("{second:?}").contains("whsec"));
    }
}
