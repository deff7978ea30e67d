//! Receipts that providers send to `/hooks/messages/NAME`: whether a request is genuine, and what it tells. A request that does not prove where it
//! comes from is read no further than that takes.
//!
//! Nothing here writes: what was read goes to the receipt book, in which a receipt that came before changes nothing.

mod bearer;
mod described;
mod twilio;
mod vonage;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::HeaderMap;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use described::DescribedHook;
pub use twilio::TwilioHook;
pub use vonage::VonageHook;

use super::receipts::Receipt;
use crate::config::Config;
use crate::config::carriers::CarrierSettings;
use crate::config::read::private_text;
use crate::model::{Timestamp, hours, minutes, time::Span};

/// Where carriers' hooks stand; the carrier's name follows.
pub const PATH: &str = "/hooks/messages/";

/// How old a request may be that says when it was signed. A provider tries for hours to hand in what we could not take; a repetition changes nothing.
const OLDEST: Span = hours(24);
/// How far ahead of ours a provider's clock may be.
const AHEAD: Span = minutes(5);

/// A request as it came.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, byte for byte.
    pub body: &'a [u8],
}

impl<'a> Arrived<'a> {
    /// A header that came once and is text.
    fn header(&self, name: &str) -> Option<&'a str> {
        let mut all = self.headers.get_all(name).iter();
        let value = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(value)
    }
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It does not prove where it comes from.
    Forged(&'static str),
    /// It is genuine, and of another day.
    Stale,
    /// It is genuine, and cannot be understood.
    Unreadable(&'static str),
}

/// What a provider's requests are held against.
pub trait Hook: Send + Sync + 'static {
    /// The receipts in a genuine request; those that say nothing about a message of ours are left out.
    fn read(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<Vec<Receipt>, Refused>;
}

/// The hooks of all carriers that have one.
#[derive(Default)]
pub struct Hooks(HashMap<String, Box<dyn Hook>>);

impl Hooks {
    /// Those that the configuration names. Reads their secrets; fails with what is wrong.
    pub fn of(config: &Config) -> Result<Self, String> {
        let mut hooks = HashMap::new();
        for settings in &config.carriers {
            let name = settings.name();
            let hook = hook(settings, config).map_err(|why| format!("carrier `{name}`: {why}"))?;
            hooks.extend(hook.map(|hook| (name.to_owned(), hook)));
        }
        Ok(Self(hooks))
    }

    /// The hook of this carrier.
    pub fn of_carrier(&self, name: &str) -> Option<&dyn Hook> {
        self.0.get(name).map(AsRef::as_ref)
    }
}

/// Where a carrier's receipts are to be sent.
pub fn address(config: &Config, carrier: &str) -> String {
    config.link(&format!("{PATH}{carrier}"))
}

/// The hook of one carrier, if it has one.
fn hook(settings: &CarrierSettings, config: &Config) -> Result<Option<Box<dyn Hook>>, String> {
    match settings {
        CarrierSettings::Twilio(twilio) => TwilioHook::of(twilio, address(config, &twilio.name)),
        CarrierSettings::Vonage(vonage) => VonageHook::of(vonage),
        CarrierSettings::Http(http) => DescribedHook::of(&http.name, http.receipts.as_ref(), &http.codes),
        CarrierSettings::Smtp(smtp) => DescribedHook::of(&smtp.name, smtp.bounce_webhook.as_deref(), &BTreeMap::new()),
        // Amazon sends none, SMPP has them on its own connection, a file has none.
        CarrierSettings::Sns(_) | CarrierSettings::Smpp(_) | CarrierSettings::File(_) => Ok(None),
    }
}

/// A key for HMAC-SHA256 that was read from a file.
struct Key(Zeroizing<String>);

impl Key {
    fn read(key: &str, file: &Path) -> Result<Self, String> {
        private_text(file).map(|text| Self(Zeroizing::new(text))).map_err(|why| format!("`{key}`: {why}"))
    }

    /// Whether `code` is that of these parts, one after the other; in constant time.
    fn signed(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else { return false };
        for part in parts {
            mac.update(part);
        }
        mac.verify_slice(code).is_ok()
    }

    /// Whether this is the secret itself; in a time that tells neither how much of it is right nor how long it is.
    fn is(&self, text: &[u8]) -> bool {
        let code = |text: &[u8]| {
            let mac = Hmac::<Sha256>::new_from_slice(b"compare").ok()?;
            Some(mac.chain_update(text).finalize())
        };
        // Codes compare in constant time.
        code(self.0.as_bytes()).zip(code(text)).is_some_and(|(ours, theirs)| ours == theirs)
    }
}

/// Whether what was signed at this time counts now.
fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    at.0 <= now.0.saturating_add(AHEAD.as_micros()) && now.0.saturating_sub(at.0) <= OLDEST.as_micros()
}

/// Seconds since 1970 as a point in time; none where nobody's clock goes.
fn of_seconds(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(1_000_000).map(Timestamp)
}
