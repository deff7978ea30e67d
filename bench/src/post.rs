//! A mail server for the server to hand its messages to (RFC 5321): takes every one, each after a while, and counts them.
//! It reads no more of them than their ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The mail server while it runs; its connections end with it.
pub struct Post {
    pub address: SocketAddr,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Post {
    /// Opens for any number of connections. Each message is taken only after `delay`.
    pub async fn open(delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let taken = Arc::<AtomicUsize>::default();
        let task = tokio::spawn(accept(listener, delay, taken.clone()));
        Ok(Self { address, taken, task })
    }

    /// How many messages were taken.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, delay: Duration, taken: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(stream, delay, taken.clone()));
    }
}

/// One connection, to its `QUIT` or its end.
async fn serve(stream: TcpStream, delay: Duration, taken: Arc<AtomicUsize>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 localhost\r\n").await?;
    let mut line = Vec::new();
    while next(&mut stream, &mut line).await? {
        let verb: Vec<u8> = line.iter().take(4).map(u8::to_ascii_uppercase).collect();
        let answer: &[u8] = match verb.as_slice() {
            b"EHLO" => b"250-localhost\r\n250 8BITMIME\r\n",
            b"MAIL" | b"RCPT" | b"RSET" | b"NOOP" => b"250 OK\r\n",
            b"DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                while next(&mut stream, &mut line).await? && line != b".\r\n" {}
                tokio::time::sleep(delay).await;
                // Cut off in the middle, it is no message.
                taken.fetch_add(usize::from(line == b".\r\n"), Ordering::Relaxed);
                b"250 OK\r\n"
            }
            b"QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => b"502 not here\r\n",
        };
        stream.write_all(answer).await?;
    }
    Ok(())
}

/// Reads one line with its end; false where there is no more.
async fn next(stream: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    Ok(stream.read_until(b'\n', line).await? > 0)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn whole_messages_count_and_others_do_not() -> Result<()> {
        let post = Post::open(Duration::ZERO).await?;
        let mut whole = TcpStream::connect(post.address).await?;
        whole.write_all(b"EHLO us\r\nmail from:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi\r\n..\r\n.\r\nQUIT\r\n").await?;
        let mut said = String::new();
        whole.read_to_string(&mut said).await?;
        let codes: Vec<_> = said.lines().filter_map(|line| line.get(..4)).collect();
        assert_eq!(codes, ["220 ", "250-", "250 ", "250 ", "250 ", "354 ", "250 ", "221 "]);
        assert_eq!(post.taken(), 1);
        let mut cut = TcpStream::connect(post.address).await?;
        cut.write_all(b"DATA\r\nHi\r\n").await?;
        cut.shutdown().await?;
        cut.read_to_string(&mut said).await?;
        assert_eq!(post.taken(), 1);
        Ok(())
    }
}
