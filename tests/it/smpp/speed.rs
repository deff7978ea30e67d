//! How quickly messages leave, next to a client that does nothing but send. It prints and judges nothing: run it alone, with
//! `--run-ignored only --no-capture`.

use std::time::Instant;

use futures_util::StreamExt as _;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::OctetString;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::io::AsyncWriteExt as _;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Encoder as _, FramedRead};

use super::*;

const MESSAGES: u32 = 5_000;

fn octets(sequence: u32, pdu: impl Into<Pdu>) -> BytesMut {
    let mut octets = BytesMut::new();
    CommandCodec::new().encode(Command::new(CommandStatus::EsmeRok, sequence, pdu), &mut octets).expect("written");
    octets
}

/// Sends with so many unanswered, and counts answers.
async fn bare(port: u16, window: u32) -> Duration {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.set_nodelay(true).expect("set");
    let (incoming, mut outgoing) = stream.into_split();
    let mut incoming = FramedRead::new(incoming, CommandCodec::new());
    let password = PASSWORD.parse().expect("short");
    let bind = BindTransceiver::builder().system_id("bare".parse().expect("short")).password(password).build();
    outgoing.write_all(&octets(1, bind)).await.expect("sent");
    incoming.next().await.expect("an answer").expect("a PDU");
    let message = || {
        let text = OctetString::from_static_slice(b"Your code is 12345678.").expect("short");
        SubmitSm::builder().destination_addr("819012345678".parse().expect("short")).short_message(text).build()
    };
    let begun = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < MESSAGES {
        while sent < MESSAGES && sent - answered < window {
            sent += 1;
            outgoing.write_all(&octets(sent + 1, message())).await.expect("sent");
        }
        let answer = incoming.next().await.expect("an answer").expect("a PDU");
        answered += u32::from(answer.id() == CommandId::SubmitSmResp);
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn messages_a_second_next_to_a_bare_client() {
    let smsc = Smsc::with("speed", &json!({ "password": PASSWORD, "quiet": true })).await;
    for window in [1, 10, 50] {
        let kept = Kept::of(SmppSettings { window, ..smsc.settings() }).await;
        assert!(kept.hand_over("first").await.is_ok());
        let letter = letter("Your code is 12345678.");
        let begun = Instant::now();
        let sent = futures_util::stream::iter(0..MESSAGES).map(|_| kept.carrier.hand_over(&letter));
        let mut sent = sent.buffer_unordered(usize::try_from(window).expect("small"));
        while let Some(answer) = sent.next().await {
            answer.expect("taken");
        }
        drop(sent);
        let ours = begun.elapsed();
        kept.end().await;
        let bare = bare(smsc.port, window).await;
        let rate = |took: Duration| f64::from(MESSAGES) / took.as_secs_f64();
        println!("window {window}: {:.0} messages a second, a bare client {:.0}", rate(ours), rate(bare));
    }
}
