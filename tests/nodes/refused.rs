//! What nobody should send to a server that sends SMS: PDUs that are none, receipts of messages that nobody sent, requests that are forged or too large. A real
//! server refuses each of them, says so in its log, and counts it.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::cluster::SqliteFile;
use crate::house::House;
use crate::smsc::PASSWORD;

/// The next PDU: its command, status and sequence number.
async fn pdu(stream: &mut TcpStream) -> (u32, u32, u32) {
    let mut head = [0; 16];
    stream.read_exact(&mut head).await.expect("a PDU");
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let mut body = vec![0; word(0) as usize - 16];
    stream.read_exact(&mut body).await.expect("its body");
    (word(4), word(8), word(12))
}

fn written(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short") + 16;
    let mut pdu: Vec<u8> = [length, command, 0, sequence].iter().flat_map(|word| word.to_be_bytes()).collect();
    pdu.extend_from_slice(body);
    pdu
}

/// A `deliver_sm` with this text, marked as a receipt.
fn receipt(sequence: u32, text: &str) -> Vec<u8> {
    let mut body = vec![0; 7];
    body.push(4);
    body.extend([0; 8]);
    body.push(u8::try_from(text.len()).expect("short"));
    body.extend(text.as_bytes());
    written(5, sequence, &body)
}

#[tokio::test]
async fn what_is_malformed_forged_or_of_nobody_is_refused_counted_and_logged() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = SqliteFile(format!("sqlite:{}", folder.path().join("aikagi.db").display()));
    let provider = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = provider.local_addr().expect("an address").port();
    let mut house = House::set_up(&file.0);
    house.set("MESSAGE_FILE", "");
    house.secret("provider.secret", PASSWORD);
    house.configure(&format!(
        "[[carriers]]\nname = \"line\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = false\nsystem_id = \"aikagi\"\n\
         password_file = \"provider.secret\"\nsource = \"Acme\"\n\n\
         [[carriers]]\nname = \"own\"\nkind = \"http\"\nurl = \"http://127.0.0.1:{port}/sms\"\nform = {{ to = \"{{to}}\", text = \"{{text}}\" }}\n\
         [carriers.receipts]\nproof = \"secret\"\nheader = \"X-Secret\"\nsecret_file = \"provider.secret\"\nid = \"/id\"\nstate = \"/state\"\n\
         states = {{ ok = \"delivered\" }}\n"
    ));
    let node = house.running("a");

    let (mut line, _) = provider.accept().await.expect("it comes");
    let (bind, _, sequence) = pdu(&mut line).await;
    assert_eq!(bind, 9);
    line.write_all(&written(0x8000_0009, sequence, b"keeper\0")).await.expect("sent");
    for (sent, answer) in [
        // A command that nobody knows; a delivery that breaks off; a receipt without a state; one of a message that nobody sent; a message too long to be one.
        (written(0x77, 101, b""), (0x8000_0000, 3, 101)),
        (written(5, 102, b"\x00\xff\x00\xff"), (0x8000_0005, 0x66, 102)),
        (receipt(103, "id:7 stat:PERHAPS"), (0x8000_0005, 0x66, 103)),
        (receipt(104, "id:nobody-s stat:DELIVRD err:000"), (0x8000_0005, 0, 104)),
        (vec![0xff; 16], (0x8000_0000, 2, 0)),
    ] {
        line.write_all(&sent).await.expect("sent");
        assert_eq!(pdu(&mut line).await, answer);
    }

    let client = reqwest::Client::new();
    let hook = format!("{}/hooks/messages/own", node.url());
    let sent = async |secret: &str, body: String| {
        let answer = client.post(&hook).header("X-Secret", secret).body(body).send().await.expect("an answer");
        answer.status().as_u16()
    };
    let arrived = r#"{"id":"nobody-s","state":"ok"}"#;
    assert_eq!(sent("another", arrived.to_owned()).await, 403);
    assert_eq!(sent("", arrived.to_owned()).await, 403);
    assert_eq!(sent(PASSWORD, "x".repeat(64 * 1_024 + 1)).await, 413);
    assert_eq!(sent(PASSWORD, "no JSON".to_owned()).await, 400);
    assert_eq!(sent(PASSWORD, arrived.to_owned()).await, 204);

    let metrics = format!("http://{}:{}/metrics", node.ip, node.operations);
    let page = reqwest::get(metrics).await.expect("an answer").text().await.expect("a text");
    for line in [
        r#"aikagi_smpp_received_total{carrier="line",what="malformed"} 3"#,
        r#"aikagi_smpp_received_total{carrier="line",what="unasked"} 1"#,
        r#"aikagi_smpp_received_total{carrier="line",what="receipt"} 1"#,
        r#"aikagi_receipts_total{outcome="early"} 2"#,
        r#"aikagi_receipt_requests_total{result="forged"} 2"#,
        r#"aikagi_receipt_requests_total{result="too_large"} 1"#,
        r#"aikagi_receipt_requests_total{result="unreadable"} 1"#,
        r#"aikagi_receipt_requests_total{result="written"} 1"#,
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    let end = Instant::now() + Duration::from_secs(10);
    for words in [
        "a PDU cannot be read",
        "a receipt cannot be understood",
        "cannot be read any more",
        "a receipt is not genuine",
        "a receipt is too large",
    ] {
        while !std::fs::read_to_string(house.path("a.log")).expect("a log").contains(words) {
            assert!(Instant::now() < end, "the log does not say: {words}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
