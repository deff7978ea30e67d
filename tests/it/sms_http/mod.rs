//! SMS by services that are asked over HTTP: doubles of them that the vendors' own libraries use as we do, answers of every bad kind, and the receipts
//! that come back.

mod doubles;
mod guide;
mod hostile;
mod judged;
mod receipts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aikagi::clock::{Clock, HandClock};
use aikagi::config::carriers::{Http, Sns, Twilio, Vonage};
use aikagi::deliver::sms_http::{DescribedCarrier, SnsCarrier, TwilioCarrier, VonageCarrier};
use aikagi::deliver::{Channel, Letter};
use aikagi::model::{Timestamp, minutes};
use serde::de::DeserializeOwned;

use self::doubles::{ACCESS_KEY, ACCOUNT, API_KEY, KEY, KEY_SECRET, REGION, TOKEN};

/// Where a story's receipts would be sent.
const CALLBACK: &str = "https://id.example.jp/hooks/messages/sms";
/// Sunday 2026-11-22, 06:00 in Tokyo.
const NOW: Timestamp = Timestamp(1_795_294_800_000_000);
const TEXT: &str = "確認コードは 12345678 です。+&=%\"\\{to}\n\n@id.example.jp #12345678";

/// Secrets in files of their own.
struct Secrets(tempfile::TempDir);

impl Secrets {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let name = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let path = self.0.path().join(name.to_string());
        std::fs::write(&path, format!("{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("allowed");
        path
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(HandClock::at(NOW))
}

fn letter(to: &str) -> Letter {
    Letter {
        channel: Channel::Sms,
        id: "msg_06gzzv2j03taw5w5anhmm53tq4".to_owned(),
        to: to.to_owned(),
        subject: None,
        text: TEXT.to_owned(),
        html: None,
        purpose: "recovery_code".to_owned(),
        reference: Some("R-1".to_owned()),
        at: NOW,
        expires_at: NOW + minutes(10),
        sender: None,
    }
}

/// The settings as they are written in a file.
fn settings<Settings: DeserializeOwned>(text: &str) -> Settings {
    toml::from_str(text).expect("settings")
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}

fn twilio(url: &str, secrets: &Secrets, more: &str) -> TwilioCarrier {
    let file = secrets.file(TOKEN);
    let text =
        format!("name = \"sms\"\nurl = \"{url}\"\naccount = \"{ACCOUNT}\"\ntoken_file = \"{}\"\n{more}", shown(&file));
    TwilioCarrier::new(settings::<Twilio>(&text), CALLBACK.to_owned(), clock()).expect("they fit together")
}

/// With a key of its own instead of the account's token, and a messaging service instead of a sender.
fn twilio_by_key(url: &str, secrets: &Secrets) -> TwilioCarrier {
    let file = secrets.file(KEY_SECRET);
    let text = format!(
        "name = \"sms\"\nurl = \"{url}\"\naccount = \"{ACCOUNT}\"\nkey = \"{KEY}\"\nkey_file = \"{}\"\n\
         messaging_service = \"MG1\"\nreceipts = false",
        shown(&file)
    );
    TwilioCarrier::new(settings::<Twilio>(&text), CALLBACK.to_owned(), clock()).expect("they fit together")
}

fn vonage(url: &str, secrets: &Secrets, secret: &str) -> VonageCarrier {
    let (file, signature) = (secrets.file(secret), secrets.file("signature secret of the story, long enough"));
    let text = format!(
        "name = \"sms\"\nurl = \"{url}\"\nkey = \"{API_KEY}\"\nsecret_file = \"{}\"\nsender = \"Acme\"\nsignature_secret_file = \"{}\"",
        shown(&file),
        shown(&signature)
    );
    VonageCarrier::new(settings::<Vonage>(&text), CALLBACK.to_owned(), clock()).expect("they fit together")
}

fn sns(url: &str, secrets: &Secrets, secret: &str) -> SnsCarrier {
    let file = secrets.file(secret);
    let text = format!(
        "name = \"sms\"\nurl = \"{url}\"\nregion = \"{REGION}\"\naccess_key = \"{ACCESS_KEY}\"\nsecret_key_file = \"{}\"\nsender = \"ACME\"",
        shown(&file)
    );
    SnsCarrier::new(settings::<Sns>(&text), clock()).expect("they fit together")
}

fn described(text: &str) -> DescribedCarrier {
    let settings = settings::<Http>(&format!("name = \"sms\"\n{text}"));
    DescribedCarrier::new(settings, CALLBACK.to_owned()).expect("they fit together")
}
