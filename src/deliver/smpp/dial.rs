//! The way to a provider: TCP, TLS around it where it is wanted, and the bind by which it lets us in.

use std::str::FromStr as _;

use futures_util::StreamExt as _;
use rusmpp::pdus::BindTransceiver;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, CommandId, CommandStatus, Pdu as Out};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Encoder as _, FramedRead};

use super::pdu::{Frames, Pdu};
use super::settings::Checked;
use super::status;
use crate::deliver::NotHandedOver;
use crate::model::Cause;

/// PDUs that may come before the answer to the bind.
const BEFORE: usize = 16;

/// A connection, whatever is around it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection on which we are bound.
pub(super) struct Link {
    pub(super) incoming: FramedRead<ReadHalf<Box<dyn Stream>>, Frames>,
    pub(super) outgoing: WriteHalf<Box<dyn Stream>>,
}

/// A PDU as octets.
pub(super) fn octets(status: CommandStatus, sequence: u32, pdu: impl Into<Out>) -> BytesMut {
    let mut octets = BytesMut::new();
    let command = Command::new(status, sequence, pdu);
    // It writes into memory, which does not fail.
    rusmpp::tokio_codec::CommandCodec::new().encode(command, &mut octets).ok();
    octets
}

/// Connects and binds. Ends when the caller's time is over.
pub(super) async fn dial(to: &Checked) -> Result<Link, NotHandedOver> {
    let stream = connect(to).await?;
    let (incoming, outgoing) = tokio::io::split(stream);
    bind(to, Link { incoming: FramedRead::new(incoming, Frames), outgoing }).await
}

async fn connect(to: &Checked) -> Result<Box<dyn Stream>, NotHandedOver> {
    let unreached =
        |what: &str, error: &std::io::Error| NotHandedOver::later(Cause::Provider, format!("{what}: {}", error.kind()));
    let tcp = TcpStream::connect((to.settings.host.as_str(), to.port)).await;
    let tcp = tcp.map_err(|error| unreached("the provider is not reached", &error))?;
    // Small PDUs that somebody waits for.
    tcp.set_nodelay(true).ok();
    let Some((name, config)) = &to.tls else { return Ok(Box::new(tcp)) };
    let tls = TlsConnector::from(config.clone()).connect(name.clone(), tcp).await;
    Ok(Box::new(tls.map_err(|error| {
        // What rustls says of a certificate tells the operator what to mend; it holds no secret.
        NotHandedOver::later(Cause::Provider, format!("TLS with the provider fails: {error}"))
    })?))
}

async fn bind(to: &Checked, mut link: Link) -> Result<Link, NotHandedOver> {
    const SEQUENCE: u32 = 1;
    let settings = &to.settings;
    let broke = || NotHandedOver::later(Cause::Provider, "the provider ends the connection before it lets us in");
    let bind = BindTransceiver::builder()
        .system_id(field(&settings.system_id)?)
        .password(field(&settings.password)?)
        .system_type(field(&settings.system_type)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build();
    let bind = octets(CommandStatus::EsmeRok, SEQUENCE, bind);
    link.outgoing.write_all(&bind).await.map_err(|_| broke())?;
    link.outgoing.flush().await.map_err(|_| broke())?;
    for _ in 0..BEFORE {
        let frame = match link.incoming.next().await {
            Some(Ok(frame)) => frame,
            Some(Err(lost)) => return Err(NotHandedOver::later(Cause::Provider, lost.to_string())),
            None => return Err(broke()),
        };
        let answer = Pdu::read(frame);
        let of_ours = matches!(answer.id, CommandId::BindTransceiverResp | CommandId::GenericNack);
        if of_ours && answer.sequence == SEQUENCE {
            return match answer.status {
                CommandStatus::EsmeRok => Ok(link),
                status => Err(unwelcome(status)),
            };
        }
    }
    Err(NotHandedOver::later(Cause::Provider, "the provider does not answer our bind"))
}

/// A refused bind is about us, whatever its number is, and somebody will mend it.
fn unwelcome(status: CommandStatus) -> NotHandedOver {
    let refusal = status::refusal(status);
    let cause = match refusal.cause {
        known @ (Cause::Throttled | Cause::Provider) => known,
        _ => Cause::Account,
    };
    let code = refusal.code.unwrap_or_default();
    NotHandedOver::later(cause, format!("the provider does not let us in: {code}")).code(code)
}

/// Checked when the settings were.
fn field<const MAX: usize>(text: &str) -> Result<COctetString<1, MAX>, NotHandedOver> {
    COctetString::from_str(text).map_err(|_| NotHandedOver::later(Cause::Account, "the settings cannot be written"))
}
