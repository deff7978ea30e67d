//! The carriers that the configuration names, ready to be asked.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use zeroize::Zeroizing;

use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::carriers::{CarrierSettings, Smpp};
use crate::config::{Config, Mail, MailSecurity, ReturnTo, read::private_text};
use crate::deliver::bounces::{self, Gate};
use crate::deliver::dkim::Signer;
use crate::deliver::return_path::ReturnPath;
use crate::deliver::sms_http::{DescribedCarrier, SnsCarrier, TwilioCarrier, VonageCarrier};
use crate::deliver::{
    Carrier, Channel, FileCarrier, Noted, SmppCarrier, SmppSettings, SmtpCarrier, SmtpSecurity, SmtpSettings, hooks,
};
use crate::vault::OsDice;

/// The carriers of a server that runs: as below, and what mail cannot be delivered comes back to it.
pub fn carriers_of(app: &App) -> Result<Vec<Arc<dyn Carrier>>> {
    build(&app.config, return_path(app).as_ref())
}

/// The carriers that the configuration names, in the order in which they are asked.
pub fn carriers(config: &Config) -> Result<Vec<Arc<dyn Carrier>>> {
    build(config, None)
}

fn build(config: &Config, bounces: Option<&ReturnPath>) -> Result<Vec<Arc<dyn Carrier>>> {
    let mut carriers: Vec<Arc<dyn Carrier>> = Vec::new();
    if let Some(mail) = &config.mail {
        carriers.push(Arc::new(smtp(mail, config.host(), bounces)?));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for settings in &config.carriers {
        carriers.push(match settings {
            CarrierSettings::File(settings) => Arc::new(file(&settings.name, &settings.path)?),
            CarrierSettings::Smpp(settings) => Arc::new(smpp(settings)?),
            CarrierSettings::Smtp(settings) => Arc::new(smtp(settings, config.host(), bounces)?),
            CarrierSettings::Twilio(settings) => {
                let callback = hooks::address(config, &settings.name);
                Arc::new(named(&settings.name, TwilioCarrier::new(settings.clone(), callback, clock.clone()))?)
            }
            CarrierSettings::Vonage(settings) => {
                let callback = hooks::address(config, &settings.name);
                Arc::new(named(&settings.name, VonageCarrier::new(settings.clone(), callback, clock.clone()))?)
            }
            CarrierSettings::Sns(settings) => {
                Arc::new(named(&settings.name, SnsCarrier::new(settings.clone(), clock.clone()))?)
            }
            CarrierSettings::Http(settings) => {
                let callback = hooks::address(config, &settings.name);
                Arc::new(named(&settings.name, DescribedCarrier::new((**settings).clone(), callback))?)
            }
        });
    }
    if let Some(path) = &config.message_file {
        carriers.push(Arc::new(file("file", path)?));
    }
    for channel in [Channel::Sms, Channel::Email] {
        if !carriers.iter().any(|carrier| carrier.carries(channel)) {
            let channel = channel.as_str();
            tracing::warn!("no carrier takes messages by {channel}: members cannot get a code that way");
        }
    }
    Ok(carriers)
}

/// A carrier, or what is wrong with its settings.
fn named<T>(name: &str, carrier: std::result::Result<T, String>) -> Result<T> {
    carrier.map_err(|why| anyhow::anyhow!("carrier `{name}`: {why}"))
}

/// The address that what cannot be delivered goes to, where the operator takes such mail.
fn return_path(app: &App) -> Option<ReturnPath> {
    let bounces = app.config.bounces.as_ref()?;
    Some(ReturnPath::new(&bounces.domain, app.keyring.clone()))
}

/// Where it is taken.
pub(super) fn gate(app: &App) -> Option<Gate> {
    let book = app.receipts.clone();
    let note: bounces::Note = Arc::new(move |receipt| {
        let book = book.clone();
        Box::pin(async move {
            let noted = book.note(&receipt).await;
            if let Err(error) = &noted {
                tracing::error!(%error, "what came back cannot be written down");
            }
            noted.is_ok_and(|noted| noted != Noted::InHand)
        })
    });
    let host = app.config.host().to_owned();
    Some(Gate { path: return_path(app)?, host, clock: app.clock.clone(), note, caps: bounces::Caps::default() })
}

fn file(name: &str, path: &Path) -> Result<FileCarrier> {
    let carrier = FileCarrier::open(name, path);
    let carrier = carrier.with_context(|| format!("carrier `{name}`: {} cannot be written", path.display()))?;
    tracing::warn!(file = %path.display(), "messages are written to a file, codes in the clear: for trying out only");
    Ok(carrier)
}

fn smpp(settings: &Smpp) -> Result<SmppCarrier> {
    let name = &settings.name;
    let password = private_text(&settings.password_file);
    let password = password.map_err(|why| anyhow::anyhow!("carrier `{name}`: `password_file`: {why}"))?;
    let settings = SmppSettings::of(settings, Zeroizing::new(password));
    if !settings.tls && !settings.is_here() {
        tracing::warn!(
            carrier = name,
            "password and codes go to this provider in the clear: let them go through a tunnel"
        );
    }
    let carrier = SmppCarrier::new(settings, Arc::new(SystemClock), Arc::new(OsDice));
    carrier.with_context(|| format!("carrier `{name}`"))
}

fn smtp(mail: &Mail, public_host: &str, bounces: Option<&ReturnPath>) -> Result<SmtpCarrier> {
    let credentials = match (&mail.user, &mail.password_file) {
        (Some(user), Some(file)) => {
            let password = private_text(file).map_err(|why| anyhow!("`password_file` of `{}`: {why}", mail.name))?;
            Some((user.clone(), Zeroizing::new(password)))
        }
        _ => None,
    };
    let settings = SmtpSettings {
        name: mail.name.clone(),
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security {
            MailSecurity::Starttls => SmtpSecurity::StartTls,
            MailSecurity::Tls => SmtpSecurity::Tls,
            MailSecurity::None => SmtpSecurity::None,
        },
        credentials,
        ca_file: mail.ca_file.clone(),
        from: mail.from.clone(),
        public_host: public_host.to_owned(),
        dkim: signer(mail)?.map(Arc::new),
        return_path: bounces.filter(|_| mail.return_path == ReturnTo::Bounces).cloned(),
        timeout: Duration::from_secs(20),
        kept_connections: 4,
    };
    SmtpCarrier::new(settings).with_context(|| format!("carrier `{}`", mail.name))
}

/// Who signs what this server takes.
fn signer(mail: &Mail) -> Result<Option<Signer>> {
    let (Some(selector), Some(file)) = (&mail.dkim_selector, &mail.dkim_key_file) else { return Ok(None) };
    let of = || format!("`dkim_key_file` of `{}`", mail.name);
    let pem = Zeroizing::new(private_text(file).map_err(|why| anyhow!("{}: {why}", of()))?);
    let own = mail.from.rsplit_once('@').map(|(_, domain)| domain.trim_end_matches('>').trim());
    let domain = mail.dkim_domain.as_deref().or(own).unwrap_or_default();
    Ok(Some(Signer::new(domain, selector, pem.as_bytes()).with_context(of)?))
}
