//! The SMTP carrier (RFC 5321): one connection a letter at a time, kept for the next; STARTTLS (RFC 3207) or TLS from the start (RFC 8314).
//!
//! lettre speaks the protocol and writes MIME; connections are kept here, not in its pool, because a try that runs out of time must
//! take its connection with it: a half-spoken one would give the next letter the last one's answer. The commands are given one by one, since
//! what a refusal is about hangs on the command that it answers.

use std::{
    error::Error as _,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use lettre::{
    Address,
    message::Mailbox,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::dkim::Signer;
use super::return_path::ReturnPath;
use super::smtp_wire::{self, NoWire};
use super::status::{self, Status};
use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver, mime};
use crate::model::{Cause, is_phone_mail};

type SmtpError = lettre::transport::smtp::Error;

/// A connection that stood unused for longer is not used again: servers close them after some minutes.
const KEPT: Duration = Duration::from_mins(1);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: for a server on the same machine.
    None,
    /// STARTTLS, or no mail at all.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// Where mail goes out.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The carrier's name in the configuration.
    pub name: String,
    /// Host name, also the name that the server's certificate must show.
    pub host: String,
    /// Port; by default 465 with TLS, 587 with STARTTLS, 25 without.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User name and password.
    pub credentials: Option<(String, Zeroizing<String>)>,
    /// PEM file of the authorities to trust *instead of* the system's.
    pub ca_file: Option<PathBuf>,
    /// Sender: `Name <address>` or an address.
    pub from: String,
    /// Host of the public URL: names us to the server and ends each Message-ID.
    pub public_host: String,
    /// Signs each message.
    pub dkim: Option<Arc<Signer>>,
    /// Where bounces go; to the sender unless set.
    pub return_path: Option<ReturnPath>,
    /// For one whole try. RFC 5321 would wait for minutes, but a code is of no use by then.
    pub timeout: Duration,
    /// Connections kept for the next letters.
    pub kept_connections: usize,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Why SMTP settings were not taken.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSettingsError {
    /// The sender is not an address.
    #[error("the sender of e-mail is not an address: {0}")]
    From(String),
    /// A password would cross a network in the clear.
    #[error("a password for {0} needs TLS or STARTTLS")]
    Clear(String),
    /// The file of authorities cannot be read.
    #[error("the file of certificate authorities cannot be read: {0}")]
    CaFile(String),
    /// TLS cannot be set up.
    #[error("TLS for e-mail cannot be set up: {0}")]
    Tls(String),
}

/// How TLS is made.
enum Tls {
    Never,
    /// lettre makes it after STARTTLS.
    Later(TlsParameters),
    AtOnce(Arc<ClientConfig>),
}

/// Hands e-mail to one server.
pub struct SmtpCarrier {
    settings: SmtpSettings,
    port: u16,
    tls: Tls,
    hello: ClientId,
    from: Mailbox,
    credentials: Option<Credentials>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl std::fmt::Debug for SmtpCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(f)
    }
}

impl SmtpCarrier {
    /// Checks the settings and reads the file of authorities; connects to nothing yet.
    pub fn new(mut settings: SmtpSettings) -> Result<Self, SmtpSettingsError> {
        let from = settings.from.parse().map_err(|_| SmtpSettingsError::From(settings.from.clone()))?;
        let here = matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if settings.security == SmtpSecurity::None && settings.credentials.is_some() && !here {
            return Err(SmtpSettingsError::Clear(settings.host));
        }
        let (port, tls) = match settings.security {
            SmtpSecurity::None => (25, Tls::Never),
            SmtpSecurity::StartTls => (587, Tls::Later(tls_later(&settings)?)),
            SmtpSecurity::Tls => (465, Tls::AtOnce(tls_at_once(&settings)?)),
        };
        let port = settings.port.unwrap_or(port);
        let hello = ClientId::Domain(settings.public_host.clone());
        // lettre keeps the password as a plain string; one copy is enough.
        let credentials =
            settings.credentials.take().map(|(user, password)| Credentials::new(user, password.to_string()));
        Ok(Self { settings, port, tls, hello, from, credentials, idle: Mutex::new(Vec::new()) })
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let to = mime::address(&letter.to)
            .ok_or_else(|| NotHandedOver::never(Cause::UnknownDestination, "the destination is not an address"))?;
        let sender = self.sender(letter);
        let message = self.message(letter, &to)?;
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = say(&mut connection, sender, to, &message).await;
        // After a refusal the same connection carries the next letter, once this one is forgotten.
        let may_stay = match &answer {
            Ok(_) => true,
            Err((_, error)) if error.status().is_none_or(|code| u16::from(code) == 421) => false,
            Err(_) => connection.command(Rset).await.is_ok(),
        };
        if may_stay && !connection.has_broken() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < self.settings.kept_connections {
                idle.push((connection, Instant::now()));
            }
        }
        match answer {
            Ok(response) => Ok(HandedOver { provider_id: provider_id(&response) }),
            Err((step, error)) => Err(refusal(step, &error)),
        }
    }

    /// Where the envelope says that bounces go.
    fn sender(&self, letter: &Letter) -> Address {
        let own = self.settings.return_path.as_ref().and_then(|path| path.address(&letter.id)?.parse().ok());
        own.unwrap_or_else(|| self.from.email.clone())
    }

    fn message(&self, letter: &Letter, to: &Address) -> Result<Vec<u8>, NotHandedOver> {
        // The filters of telephones' carriers keep HTML away, and their older telephones cannot show it.
        let html = letter.html.as_deref().filter(|_| !is_phone_mail(to.domain()));
        let message = mime::message(letter, html, &self.from, to, &self.settings.public_host)
            .map_err(|_| NotHandedOver::never(Cause::Malformed, "the message cannot be written as MIME"))?;
        match &self.settings.dkim {
            None => Ok(message),
            Some(signer) => signer
                .sign(&message, letter.at)
                .ok_or_else(|| NotHandedOver::later(Cause::Malformed, "the message cannot be signed (DKIM)")),
        }
    }

    /// A connection of an earlier letter that still answers.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < KEPT && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, NotHandedOver> {
        let Self { settings, tls, hello, .. } = self;
        let at_once = match tls {
            Tls::AtOnce(config) => Some(config),
            Tls::Never | Tls::Later(_) => None,
        };
        let wire = smtp_wire::connect(&settings.host, self.port, at_once).await.map_err(|no| match no {
            NoWire::NotReached(kind) => {
                NotHandedOver::later(Cause::Provider, format!("the mail server is not reached: {kind}"))
            }
            NoWire::Tls => NotHandedOver::later(Cause::Provider, "TLS with the mail server fails at the connection"),
        })?;
        let connected = AsyncSmtpConnection::connect_with_transport(wire, hello).await;
        let mut connection = connected.map_err(|error| refusal(Step::Connection, &error))?;
        if let Tls::Later(tls) = tls {
            connection.starttls(tls.clone(), hello).await.map_err(|error| refusal(Step::StartTls, &error))?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(|error| refusal(Step::SignIn, &error))?;
        }
        Ok(connection)
    }
}

/// What a server was told when it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connection,
    StartTls,
    SignIn,
    Sender,
    Recipient,
    Message,
}

impl Step {
    const fn words(self) -> &'static str {
        match self {
            Self::Connection => "the connection",
            Self::StartTls => "STARTTLS",
            Self::SignIn => "our sign-in",
            Self::Sender => "our sender",
            Self::Recipient => "the recipient",
            Self::Message => "the message",
        }
    }
}

async fn say(
    connection: &mut AsyncSmtpConnection,
    sender: Address,
    to: Address,
    message: &[u8],
) -> Result<Response, (Step, SmtpError)> {
    // RFC 6531. A server that has not heard of it refuses the address in its own words.
    let wide =
        !AsRef::<str>::as_ref(&to).is_ascii() && connection.server_info().supports_feature(Extension::SmtpUtfEight);
    let options = if wide { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    connection.command(Mail::new(Some(sender), options)).await.map_err(|error| (Step::Sender, error))?;
    connection.command(Rcpt::new(to, Vec::new())).await.map_err(|error| (Step::Recipient, error))?;
    connection.command(Data).await.map_err(|error| (Step::Message, error))?;
    connection.message(message).await.map_err(|error| (Step::Message, error))
}

impl Carrier for SmtpCarrier {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(async move {
            // Running out of time drops the future and with it the connection.
            match tokio::time::timeout(self.settings.timeout, self.send(letter)).await {
                Ok(answer) => answer,
                Err(_) => Err(NotHandedOver::later(Cause::Provider, "the mail server did not answer in time")),
            }
        })
    }

    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async move {
            match tokio::time::timeout(self.settings.timeout, self.connect()).await {
                Ok(connection) => {
                    // The server has said yes; how it takes the farewell does not matter.
                    connection?.quit().await.ok();
                    Ok(())
                }
                Err(_) => Err(NotHandedOver::later(Cause::Provider, "the mail server did not answer in time")),
            }
        })
    }
}

fn tls_later(settings: &SmtpSettings) -> Result<TlsParameters, SmtpSettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|error| SmtpSettingsError::CaFile(error.to_string()))?;
        let authorities = Certificate::from_pem(&pem).map_err(|error| SmtpSettingsError::CaFile(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    builder.build().map_err(|error| SmtpSettingsError::Tls(error.to_string()))
}

fn tls_at_once(settings: &SmtpSettings) -> Result<Arc<ClientConfig>, SmtpSettingsError> {
    let config = smtp_wire::tls(settings.ca_file.as_deref());
    config.map(Arc::new).map_err(|error| SmtpSettingsError::CaFile(error.to_string()))
}

/// What a refusal means. 4xx and everything about the line can be tried again; 5xx is the server's last word on this letter (RFC 5321 §4.2.1), unless
/// it is about us: then somebody will mend it.
fn refusal(step: Step, error: &SmtpError) -> NotHandedOver {
    let why = why(step.words(), error);
    let Some(reply) = error.status().map(u16::from) else { return NotHandedOver::later(Cause::Provider, why) };
    // lettre gives the server's words as the cause of its error. They stay here: servers like to repeat the address.
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let status = Status::read(&words);
    let said = status::cause(Some(reply), status, &words);
    let for_good = reply >= 500;
    let cause = match step {
        Step::SignIn if for_good => Cause::Account,
        Step::Connection | Step::StartTls | Step::SignIn => Cause::Provider,
        Step::Sender => match said {
            Cause::Account | Cause::Throttled => said,
            _ if for_good => Cause::RefusedSender,
            _ => Cause::Provider,
        },
        // A "not now" that says no more is the trouble of the server that we talk to, not of the one behind it.
        Step::Recipient | Step::Message => match status.map(|status| status.subject) {
            None | Some(0 | 3 | 5) if !for_good && said != Cause::Throttled => Cause::Provider,
            _ => said,
        },
    };
    let about_us = matches!(cause, Cause::Account | Cause::Provider | Cause::RefusedSender | Cause::Throttled);
    let refused =
        if for_good && !about_us { NotHandedOver::never(cause, why) } else { NotHandedOver::later(cause, why) };
    refused.code(status.map_or_else(|| reply.to_string(), |status| status.to_string()))
}

/// Only the code: servers like to repeat the address in their text.
fn why(what: &str, error: &SmtpError) -> String {
    match error.status() {
        Some(code) => format!("the mail server answers {code} to {what}"),
        None if error.is_tls() => format!("TLS with the mail server fails at {what}"),
        None if error.is_timeout() => format!("the mail server did not answer in time to {what}"),
        None if error.is_client() => format!("the mail server lacks what is needed for {what}"),
        None => format!("the mail server is not reached, or broke off, at {what}"),
    }
}

/// `250 2.0.0 Ok: queued as 4ZkX…` (Postfix, Exim's `id=`): the word after it, so that both logs can be laid side by side.
fn provider_id(response: &Response) -> Option<String> {
    let line = response.first_line()?;
    let (_, rest) = line.split_once("queued as ").or_else(|| line.split_once("id="))?;
    let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SmtpSettings {
        SmtpSettings {
            name: "smtp".to_owned(),
            host: "mail.example.jp".to_owned(),
            port: None,
            security: SmtpSecurity::None,
            credentials: Some(("user".to_owned(), Zeroizing::new("secret".to_owned()))),
            ca_file: None,
            from: "Aikagi <no-reply@example.jp>".to_owned(),
            public_host: "id.example.jp".to_owned(),
            dkim: None,
            return_path: None,
            timeout: Duration::from_secs(5),
            kept_connections: 1,
        }
    }

    #[test]
    fn a_password_never_goes_over_the_network_in_the_clear() {
        assert!(matches!(SmtpCarrier::new(settings()), Err(SmtpSettingsError::Clear(_))));
        assert!(SmtpCarrier::new(SmtpSettings { host: "localhost".to_owned(), ..settings() }).is_ok());
        let carrier = SmtpCarrier::new(SmtpSettings { security: SmtpSecurity::StartTls, ..settings() });
        assert!(!format!("{carrier:?} {:?}", settings()).contains("secret"));
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_the_start() {
        let from = SmtpSettings { from: "nobody".to_owned(), credentials: None, ..settings() };
        assert!(matches!(SmtpCarrier::new(from), Err(SmtpSettingsError::From(_))));
        let ca_file = Some(PathBuf::from("/nonexistent/ca.pem"));
        let ca = SmtpSettings { ca_file, security: SmtpSecurity::Tls, ..settings() };
        assert!(matches!(SmtpCarrier::new(ca), Err(SmtpSettingsError::CaFile(_))));
    }
}
