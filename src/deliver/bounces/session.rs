//! One connection of LMTP (RFC 2033): `LHLO`, `MAIL`, `RCPT`, `DATA` with an answer for each recipient, `RSET`, `NOOP`, `VRFY`, `QUIT`.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::data::Body;
use super::{Gate, dsn};
use crate::deliver::receipts::{About, Receipt};
use crate::model::id::MessageId;

/// A command with its line end (RFC 5321 §4.5.3.1.4, with room for what follows the address).
const LONGEST_LINE: usize = 2_048;
/// Messages on one connection.
const MOST_MESSAGES: usize = 1_000;

/// Why a connection ended early.
enum Gone {
    Broken,
    /// With these last words.
    Told(&'static str),
}

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Self {
        Self::Broken
    }
}

/// What was said of the message that is being handed over.
#[derive(Default)]
struct Envelope {
    has_sender: bool,
    to: Vec<MessageId>,
}

/// Says that there is no room.
pub(super) async fn turn_away(mut stream: TcpStream) {
    metrics::counter!("aikagi_bounces_total", "kind" => "turned_away").increment(1);
    stream.write_all(b"421 4.3.2 too many connections, come back later\r\n").await.ok();
}

/// Talks until the caller goes, says too much, or is silent for too long.
pub(super) async fn hold(gate: &Gate, stream: TcpStream, stop: CancellationToken) {
    stream.set_nodelay(true).ok();
    let (read, write) = stream.into_split();
    let mut session = Session { gate, read: BufReader::new(read), write, answer: Vec::new() };
    let words = match tokio::time::timeout(gate.caps.session, session.talk(&stop)).await {
        Ok(Ok(()) | Err(Gone::Broken)) => return,
        Ok(Err(Gone::Told(words))) => words,
        Err(_) => "421 4.4.2 this takes too long",
    };
    session.say(words);
    tokio::time::timeout(gate.caps.farewell, session.flush()).await.ok();
}

struct Session<'a, R, W> {
    gate: &'a Gate,
    read: BufReader<R>,
    write: W,
    /// Answers wait until the caller does, since commands may come several at once (RFC 2920).
    answer: Vec<u8>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Session<'_, R, W> {
    fn say(&mut self, line: &str) {
        self.answer.extend_from_slice(line.as_bytes());
        self.answer.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if !self.answer.is_empty() {
            let answer = std::mem::take(&mut self.answer);
            let written = tokio::time::timeout(self.gate.caps.silence, self.write.write_all(&answer)).await;
            written.map_err(|_| Gone::Broken)??;
        }
        Ok(())
    }

    async fn talk(&mut self, stop: &CancellationToken) -> Result<(), Gone> {
        self.say(&format!("220 {} LMTP", self.gate.host));
        let (mut has_greeted, mut mistakes, mut messages) = (false, 0, 0);
        let mut envelope = Envelope::default();
        loop {
            let line = tokio::select! {
                biased;
                () = stop.cancelled(), if self.read.buffer().is_empty() => {
                    return Err(Gone::Told("421 4.3.2 going away, come back later"));
                }
                line = self.line() => line?,
            };
            let (verb, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
            let rest = rest.trim();
            let before = self.answer.len();
            match (verb.to_ascii_uppercase().as_str(), has_greeted) {
                ("LHLO", _) if !rest.is_empty() => {
                    has_greeted = true;
                    envelope = Envelope::default();
                    let (host, most) = (self.gate.host.clone(), self.gate.caps.message);
                    self.say(&format!("250-{host}"));
                    self.say("250-PIPELINING");
                    self.say("250-ENHANCEDSTATUSCODES");
                    self.say("250-8BITMIME");
                    self.say(&format!("250 SIZE {most}"));
                }
                ("HELO" | "EHLO", _) => self.say("500 5.5.1 this is LMTP: say LHLO"),
                ("RSET", _) => {
                    envelope = Envelope::default();
                    self.say("250 2.0.0 forgotten");
                }
                ("NOOP", _) => self.say("250 2.0.0 yes"),
                ("VRFY", _) => self.say("252 2.5.0 send it and see"),
                ("QUIT", _) => {
                    self.say("221 2.0.0 good-bye");
                    return self.flush().await;
                }
                ("MAIL" | "RCPT" | "DATA", false) => self.say("503 5.5.1 say LHLO first"),
                ("MAIL", true) => self.mail(rest, &mut envelope),
                ("RCPT", true) => self.rcpt(rest, &mut envelope),
                ("DATA", true) if !rest.is_empty() => self.say("501 5.5.4 DATA stands alone"),
                ("DATA", true) if envelope.to.is_empty() => self.say("503 5.5.1 nobody here is to have it"),
                ("DATA", true) => {
                    messages += 1;
                    let to = std::mem::take(&mut envelope).to;
                    self.data(&to).await?;
                    if messages >= MOST_MESSAGES {
                        return Err(Gone::Told("421 4.3.2 that is enough for one connection"));
                    }
                }
                _ => self.say("500 5.5.2 no such command"),
            }
            // Wrong addresses count, too: nobody should try them through.
            if matches!(self.answer.get(before), Some(b'5')) {
                mistakes += 1;
                if mistakes >= self.gate.caps.mistakes {
                    return Err(Gone::Told("421 4.7.0 too many mistakes"));
                }
            }
        }
    }

    fn mail(&mut self, rest: &str, envelope: &mut Envelope) {
        let Some((_, options)) = path(rest, "FROM:") else { return self.say("501 5.5.4 MAIL FROM:<…> is missing") };
        let size = options.split_ascii_whitespace().find_map(|option| {
            let (name, value) = option.split_once('=')?;
            name.eq_ignore_ascii_case("SIZE").then(|| value.parse::<u64>().ok())?
        });
        if envelope.has_sender {
            self.say("503 5.5.1 one at a time");
        } else if size.is_some_and(|size| size > self.gate.caps.message as u64) {
            self.say("552 5.3.4 too large for a report");
        } else {
            *envelope = Envelope { has_sender: true, to: Vec::new() };
            self.say("250 2.1.0 go on");
        }
    }

    fn rcpt(&mut self, rest: &str, envelope: &mut Envelope) {
        let Some((address, _)) = path(rest, "TO:") else { return self.say("501 5.5.4 RCPT TO:<…> is missing") };
        if !envelope.has_sender {
            self.say("503 5.5.1 MAIL comes first");
        } else if envelope.to.len() >= self.gate.caps.recipients {
            self.say("452 4.5.3 no more recipients");
        } else if let Some(message) = self.gate.path.message(address) {
            envelope.to.push(message);
            self.say("250 2.1.5 ours");
        } else {
            metrics::counter!("aikagi_bounces_total", "kind" => "refused").increment(1);
            self.say("550 5.1.1 not an address that was made here");
        }
    }

    /// Reads the message, and answers once for each recipient (RFC 2033 §4.2).
    async fn data(&mut self, to: &[MessageId]) -> Result<(), Gone> {
        self.say("354 go on, end with a dot");
        let mut body = Body::new(self.gate.caps.message);
        loop {
            let bytes = self.more().await?;
            if bytes.is_empty() {
                return Err(Gone::Broken);
            }
            let used = body.take(bytes);
            let read = used.unwrap_or(bytes.len());
            self.read.consume(read);
            if used.is_some() {
                break;
            }
            // Read on, so that the refusal is heard; but not for ever.
            if body.length() > self.gate.caps.message.saturating_mul(8) {
                return Err(Gone::Told("421 5.3.4 far too large"));
            }
        }
        let Some(message) = body.finish() else {
            for _ in to {
                self.say("552 5.3.4 too large for a report");
            }
            return Ok(());
        };
        let told = dsn::read(&message);
        let kind = if told.is_some() { "report" } else { "other" };
        metrics::counter!("aikagi_bounces_total", "kind" => kind).increment(1);
        for id in to {
            let is_noted = match &told {
                None => true,
                Some(told) => {
                    let at = self.gate.clock.now();
                    let (outcome, code) = (told.outcome, told.code.clone());
                    (self.gate.note)(Receipt {
                        about: About::Message { id: id.clone(), carrier: None },
                        outcome,
                        code,
                        at,
                    })
                    .await
                }
            };
            self.say(if is_noted {
                "250 2.0.0 noted"
            } else {
                "451 4.3.0 cannot be written down now, come back later"
            });
        }
        Ok(())
    }

    /// One command without its line end.
    async fn line(&mut self) -> Result<String, Gone> {
        let mut line = Vec::new();
        loop {
            let bytes = self.more().await?;
            if bytes.is_empty() {
                return Err(Gone::Broken);
            }
            let end = bytes.iter().position(|b| *b == b'\n').map(|at| at + 1);
            let read = end.unwrap_or(bytes.len());
            line.extend_from_slice(&bytes[..read]);
            self.read.consume(read);
            if line.len() > LONGEST_LINE {
                return Err(Gone::Told("500 5.5.2 that line is too long"));
            }
            if end.is_some() {
                break;
            }
        }
        let whole = line.strip_suffix(b"\r\n").ok_or(Gone::Told("500 5.5.2 lines end with CR and LF"))?;
        Ok(String::from_utf8_lossy(whole).into_owned())
    }

    /// What has come, after what was to be answered went out; nothing where the caller is gone.
    async fn more(&mut self) -> Result<&[u8], Gone> {
        if self.read.buffer().is_empty() {
            self.flush().await?;
        }
        let filled = tokio::time::timeout(self.gate.caps.silence, fill(&mut self.read)).await;
        filled.map_err(|_| Gone::Told("421 4.4.2 silent for too long"))??;
        Ok(self.read.buffer())
    }
}

async fn fill(read: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<()> {
    read.fill_buf().await.map(drop)
}

/// `FROM:<a@b> SIZE=1` cut into the address and the rest. A space behind the colon is taken, as other servers do.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let inner = rest[head.len()..].trim_start().strip_prefix('<')?;
    let (address, options) = inner.split_once('>')?;
    Some((address, options))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::Caps;
    use super::*;
    use crate::clock::HandClock;
    use crate::deliver::return_path::ReturnPath;
    use crate::model::Timestamp;
    use crate::vault::{Keyring, MasterKeys, SeededDice};

    const NOW: Timestamp = Timestamp(1_795_334_700_000_000);

    fn gate() -> Gate {
        let keyring = Arc::new(Keyring::new(&MasterKeys::generate(&SeededDice::new(4))));
        Gate {
            path: ReturnPath::new("bounce.example.jp", keyring),
            host: "id.example.jp".to_owned(),
            clock: Arc::new(HandClock::at(NOW)),
            note: Arc::new(|_| Box::pin(async { true })),
            caps: Caps { message: 500, ..Caps::default() },
        }
    }

    /// All that is answered to these bytes, and nothing more comes.
    fn answers(gate: &Gate, bytes: &[u8]) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let mut session =
            Session { gate, read: BufReader::with_capacity(64, bytes), write: Vec::new(), answer: Vec::new() };
        let ended = runtime.block_on(session.talk(&CancellationToken::new()));
        let mut said = std::mem::take(&mut session.write);
        said.append(&mut session.answer);
        if let Err(Gone::Told(words)) = ended {
            said.extend_from_slice(words.as_bytes());
            said.extend_from_slice(b"\r\n");
        }
        String::from_utf8(said).expect("ASCII")
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_answered_in_lines_and_nothing_foreign_is_taken(
            words in proptest::collection::vec(
                prop_oneof![
                    Just(b"LHLO mx\r\n".to_vec()),
                    Just(b"MAIL FROM:<>\r\n".to_vec()),
                    Just(b"RCPT TO:<bounces+00000000000000000000000000-aaaaaaaaaaaaaaaa@bounce.example.jp>\r\n".to_vec()),
                    Just(b"OURS".to_vec()),
                    Just(b"DATA\r\n".to_vec()),
                    Just(b"\r\n.\r\n".to_vec()),
                    Just(b"RSET\r\n".to_vec()),
                    "[A-Za-z]{0,5} ?\\PC{0,30}\r?\n?".prop_map(String::into_bytes),
                    proptest::collection::vec(proptest::num::u8::ANY, 0..200),
                ],
                0..14,
            )
        ) {
            let gate = gate();
            let ours = gate.path.address(MessageId::new(NOW, [7; 10]).as_str()).expect("an address");
            let ours = format!("RCPT TO:<{ours}>\r\n").into_bytes();
            let bytes: Vec<u8> = words.iter().flat_map(|words| if words == b"OURS" { ours.clone() } else { words.clone() }).collect();
            let said = answers(&gate, &bytes);
            prop_assert!(said.starts_with("220 ") && said.ends_with("\r\n"), "{}", said);
            for line in said.lines() {
                prop_assert!(line.len() > 3 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit), "{}", line);
            }
            // A message is asked for only after an address of ours.
            if said.contains("354 ") {
                prop_assert!(bytes.windows(ours.len()).any(|part| part == ours), "{}", said);
            }
        }
    }
}
