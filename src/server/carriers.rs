//! The carriers that the configuration names, ready to be asked.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use crate::clock::{Clock, SystemClock};
use crate::config::carriers::{CarrierSettings, Smpp};
use crate::config::{Config, Mail, MailSecurity, read::private_text};
use crate::deliver::sms_http::{DescribedCarrier, SnsCarrier, TwilioCarrier, VonageCarrier};
use crate::deliver::{
    Carrier, Channel, FileCarrier, SmppCarrier, SmppSettings, SmtpCarrier, SmtpSecurity, SmtpSettings, hooks,
};
use crate::vault::OsDice;

/// The carriers that the configuration names, in the order in which they are asked.
pub fn carriers(config: &Config) -> Result<Vec<Arc<dyn Carrier>>> {
    let mut carriers: Vec<Arc<dyn Carrier>> = Vec::new();
    if let Some(mail) = &config.mail {
        carriers.push(Arc::new(smtp(mail, config.host())?));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for settings in &config.carriers {
        carriers.push(match settings {
            CarrierSettings::File(settings) => Arc::new(file(&settings.name, &settings.path)?),
            CarrierSettings::Smpp(settings) => Arc::new(smpp(settings)?),
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

fn smtp(mail: &Mail, public_host: &str) -> Result<SmtpCarrier> {
    let credentials = match (&mail.user, &mail.password_file) {
        (Some(user), Some(file)) => {
            let password = private_text(file).map_err(|why| anyhow::anyhow!("`mail.password_file`: {why}"))?;
            Some((user.clone(), Zeroizing::new(password)))
        }
        _ => None,
    };
    let settings = SmtpSettings {
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
        timeout: Duration::from_secs(20),
        kept_connections: 4,
    };
    SmtpCarrier::new(settings).context("`mail`")
}
