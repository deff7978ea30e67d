//! The least of HTTP/1.1 that a load generator needs: one kept connection, whole answers with a length. It costs
//! little, so that the processors are the server's.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection.
pub struct Http {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// The head's lines.
    pub head: String,
    pub body: Vec<u8>,
}

impl Http {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Asks and waits for the whole answer. `head` holds further header lines, each with its end.
    pub async fn ask(&mut self, method: &str, path: &str, head: &str, body: &str) -> Result<Answer> {
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{head}\r\n{body}");
        self.stream.write_all(request.as_bytes()).await?;
        self.answer().await
    }

    /// The same where only one status will do.
    pub async fn expect(&mut self, status: u16, method: &str, path: &str, head: &str, body: &str) -> Result<Vec<u8>> {
        let answer = self.ask(method, path, head, body).await?;
        if answer.status != status {
            bail!("{method} {path} was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer.body)
    }

    async fn answer(&mut self) -> Result<Answer> {
        self.read.clear();
        let (status, from, length) = loop {
            self.more().await?;
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let (status, length) = head(&self.read[..end]).context("an answer's head that cannot be read")?;
                break (status, end + 4, length);
            }
        };
        while self.read.len() < from + length {
            self.more().await?;
        }
        let head = String::from_utf8_lossy(&self.read[..from]).into_owned();
        Ok(Answer { status, head, body: self.read[from..from + length].to_vec() })
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// Status and length.
fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    // 204 has no body and says no length (RFC 9110 section 8.6).
    let length = match fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, length)) => length.trim().parse().ok()?,
        None if status == 204 => 0,
        None => return None,
    };
    Some((status, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_status_and_length() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nx: y\r\nContent-Length: 12"), Some((200, 12)));
        assert_eq!(head(b"HTTP/1.1 204 No Content\r\nx: y"), Some((204, 0)));
        assert_eq!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"), None);
    }
}
