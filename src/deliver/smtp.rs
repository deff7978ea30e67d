//! The SMTP carrier (RFC 5321): one connection a letter at a time, kept for the next; STARTTLS (RFC 3207) or TLS from the start (RFC 8314).
//!
//! lettre speaks the protocol and writes MIME; connections are kept here, not in its pool, because a try that runs out of time must
//! take its connection with it: a half-spoken one would give the next letter the last one's answer.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use lettre::{
    message::Mailbox,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        extension::ClientId,
        response::Response,
    },
};
use zeroize::Zeroizing;

use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver, mime};
use crate::model::Cause;

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
    /// For one whole try. RFC 5321 would wait for minutes, but a code is of no use by then.
    pub timeout: Duration,
    /// Connections kept for the next letters.
    pub kept_connections: usize,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings")
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

/// Hands e-mail to one server.
pub struct SmtpCarrier {
    settings: SmtpSettings,
    port: u16,
    tls: Option<TlsParameters>,
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
        let port = settings.port.unwrap_or(match settings.security {
            SmtpSecurity::None => 25,
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::Tls => 465,
        });
        let tls = match settings.security {
            SmtpSecurity::None => None,
            SmtpSecurity::StartTls | SmtpSecurity::Tls => Some(tls(&settings)?),
        };
        let hello = ClientId::Domain(settings.public_host.clone());
        // lettre keeps the password as a plain string; one copy is enough.
        let credentials =
            settings.credentials.take().map(|(user, password)| Credentials::new(user, password.to_string()));
        Ok(Self { settings, port, tls, hello, from, credentials, idle: Mutex::new(Vec::new()) })
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let to = mime::address(&letter.to)
            .ok_or_else(|| NotHandedOver::never(Cause::UnknownDestination, "the destination is not an address"))?;
        let unwritable = |_| NotHandedOver::never(Cause::Malformed, "the message cannot be written as MIME");
        let envelope = mime::envelope(&self.from, &to).map_err(unwritable)?;
        let message = mime::message(letter, &self.from, &to, &self.settings.public_host).map_err(unwritable)?;
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let response = connection.send(&envelope, &message).await.map_err(|error| failure("the message", &error))?;
        if !connection.has_broken() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < self.settings.kept_connections {
                idle.push((connection, Instant::now()));
            }
        }
        Ok(HandedOver { provider_id: provider_id(&response) })
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
        let wrapped = tls.clone().filter(|_| settings.security == SmtpSecurity::Tls);
        let server = (settings.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(settings.timeout), hello, wrapped, None)
            .await
            .map_err(|error| failure("the connection", &error))?;
        if let Some(tls) = tls
            && settings.security == SmtpSecurity::StartTls
        {
            connection.starttls(tls.clone(), hello).await.map_err(|error| unready("STARTTLS", &error))?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(|error| unready("our sign-in", &error))?;
        }
        Ok(connection)
    }
}

impl Carrier for SmtpCarrier {
    fn name(&self) -> &'static str {
        "smtp"
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

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, SmtpSettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|error| SmtpSettingsError::CaFile(error.to_string()))?;
        let authorities = Certificate::from_pem(&pem).map_err(|error| SmtpSettingsError::CaFile(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    builder.build().map_err(|error| SmtpSettingsError::Tls(error.to_string()))
}

/// 4xx and everything about the line can be tried again; 5xx is the server's last word on this letter (RFC 5321, 4.2.1).
fn failure(what: &str, error: &lettre::transport::smtp::Error) -> NotHandedOver {
    let why = why(what, error);
    match error.status() {
        Some(code) if error.is_permanent() => NotHandedOver::never(Cause::Unknown, why).code(code.to_string()),
        Some(code) => NotHandedOver::later(Cause::Unknown, why).code(code.to_string()),
        None => NotHandedOver::later(Cause::Provider, why),
    }
}

/// Before the letter is spoken of, a refusal is about us and not about the letter: somebody will mend it, so it is tried again.
fn unready(what: &str, error: &lettre::transport::smtp::Error) -> NotHandedOver {
    NotHandedOver::later(Cause::Provider, why(what, error))
}

/// Only the code: servers like to repeat the address in their text.
fn why(what: &str, error: &lettre::transport::smtp::Error) -> String {
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
            host: "mail.example.jp".to_owned(),
            port: None,
            security: SmtpSecurity::None,
            credentials: Some(("user".to_owned(), Zeroizing::new("secret".to_owned()))),
            ca_file: None,
            from: "Aikagi <no-reply@example.jp>".to_owned(),
            public_host: "id.example.jp".to_owned(),
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
