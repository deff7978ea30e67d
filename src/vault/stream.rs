//! Sealing of long streams in chunks, after STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance", CRYPTO 2015): every chunk knows its number and whether it is the last one.
//!
//! A file has a head in the clear (form, id of the master key, 32 bytes of salt), then chunks of 64 KiB and their tag. The file's key
//! comes from the master key and the salt, so that no two files share one: a chunk of another file, or another number, does not open.

use std::io::{self, Read, Write};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use super::{Dice, Keyring, dice, keys};

const FORM: &[u8] = b"aikagi-backup-1\n";
const SALT: usize = 32;
/// What a chunk holds; the last one may hold less.
pub const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// Why a stream did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It does not begin as such a file does.
    #[error("this is no backup of Aikagi, or its beginning was changed")]
    Form,
    /// It was sealed with a key that is not at hand.
    #[error(
        "it was sealed with the key `{0}`, which the key file does not hold: bring back the key file of that server"
    )]
    Key(String),
    /// A chunk does not open in this place.
    #[error(
        "part {0} does not open: the file was changed, cut short, or put together from several, \
         or the key file is not the one it was made with; take another backup"
    )]
    Damaged(u64),
}

impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The cipher of one file.
struct Chunks {
    cipher: XChaCha20Poly1305,
    head: Vec<u8>,
    number: u64,
}

impl Chunks {
    fn new(backup: &keys::Key, salt: &[u8; SALT], head: Vec<u8>) -> Self {
        let key = keys::of_file(backup, salt);
        Self { cipher: XChaCha20Poly1305::new(&key.0.into()), head, number: 0 }
    }

    /// Nonce and associated data of the next chunk: the head, the number and whether it is the last.
    fn place(&mut self, is_last: bool) -> (XNonce, Vec<u8>) {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.number.to_be_bytes());
        nonce[8] = u8::from(is_last);
        let mut place = self.head.clone();
        place.extend_from_slice(&self.number.to_be_bytes());
        place.push(u8::from(is_last));
        self.number += 1;
        (XNonce::from(nonce), place)
    }

    fn seal(&mut self, plain: &[u8], is_last: bool) -> Vec<u8> {
        let (nonce, aad) = self.place(is_last);
        let sealed = self.cipher.encrypt(&nonce, Payload { msg: plain, aad: &aad });
        sealed.expect("a chunk is far below the cipher's limit")
    }

    fn open(&mut self, sealed: &[u8], is_last: bool) -> Result<Zeroizing<Vec<u8>>, StreamError> {
        let (nonce, aad) = self.place(is_last);
        let plain = self.cipher.decrypt(&nonce, Payload { msg: sealed, aad: &aad });
        plain.map(Zeroizing::new).map_err(|_| StreamError::Damaged(self.number))
    }
}

/// Seals what is written to it. Without [`finish`](Self::finish) the stream counts as cut short.
pub struct Sealer<W: Write> {
    out: W,
    chunks: Chunks,
    plain: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealer<W> {
    /// Begins a stream with the newest key.
    pub fn begin(keyring: &Keyring, dice: &dyn Dice, mut out: W) -> io::Result<Self> {
        let key = keyring.newest();
        let salt = dice::bytes::<SALT>(dice);
        let mut head = FORM.to_vec();
        // An id has 16 characters at most.
        head.push(u8::try_from(key.id.len()).unwrap_or(u8::MAX));
        head.extend_from_slice(key.id.as_bytes());
        head.extend_from_slice(&salt);
        out.write_all(&head)?;
        let chunks = Chunks::new(&key.backup, &salt, head);
        Ok(Self { out, chunks, plain: Zeroizing::new(Vec::with_capacity(CHUNK)) })
    }

    /// Writes the last chunk.
    pub fn finish(mut self) -> io::Result<W> {
        let sealed = self.chunks.seal(&self.plain, true);
        self.out.write_all(&sealed)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for more: only then is it known not to be the last.
        if self.plain.len() == CHUNK && !bytes.is_empty() {
            let sealed = self.chunks.seal(&self.plain, false);
            self.out.write_all(&sealed)?;
            self.plain.clear();
        }
        let taken = bytes.len().min(CHUNK - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a sealed stream as it is read. Nothing is given out that was not proved.
pub struct Opener<R: Read> {
    from: R,
    chunks: Chunks,
    next: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    ended: bool,
}

impl<R: Read> Opener<R> {
    /// Reads the head.
    pub fn begin(keyring: &Keyring, mut from: R) -> io::Result<Self> {
        let mut head = vec![0; FORM.len() + 1];
        exactly(&mut from, &mut head)?;
        if !head.starts_with(FORM) {
            return Err(StreamError::Form.into());
        }
        let mut id = vec![0; usize::from(head[FORM.len()])];
        exactly(&mut from, &mut id)?;
        let mut salt = [0; SALT];
        exactly(&mut from, &mut salt)?;
        head.extend_from_slice(&id);
        head.extend_from_slice(&salt);
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let id = String::from_utf8(id).ok().filter(|id| id.len() <= 16 && id.as_bytes().iter().all(plain));
        let id = id.ok_or(StreamError::Form)?;
        let Some(key) = keyring.by_id(&id) else { return Err(StreamError::Key(id).into()) };
        let chunks = Chunks::new(&key.backup, &salt, head);
        let mut opener = Self { from, chunks, next: Vec::new(), plain: Zeroizing::default(), given: 0, ended: false };
        opener.next = opener.sealed()?;
        Ok(opener)
    }

    /// The next chunk as it lies in the file; empty at its end.
    fn sealed(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::with_capacity(CHUNK + TAG);
        self.from.by_ref().take((CHUNK + TAG) as u64).read_to_end(&mut chunk)?;
        Ok(chunk)
    }
}

fn exactly(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => StreamError::Form.into(),
        _ => error,
    })
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() && !self.ended {
            let following = self.sealed()?;
            let chunk = std::mem::replace(&mut self.next, following);
            self.ended = self.next.is_empty();
            self.plain = self.chunks.open(&chunk, self.ended)?;
            self.given = 0;
        }
        let rest = &self.plain[self.given..];
        let taken = rest.len().min(bytes.len());
        bytes[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    fn ring(seed: u64) -> Keyring {
        Keyring::new(&MasterKeys::generate(&SeededDice::new(seed)))
    }

    fn sealed(keyring: &Keyring, seed: u64, plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::begin(keyring, &SeededDice::new(seed), Vec::new()).unwrap();
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(keyring: &Keyring, file: &[u8]) -> Result<Vec<u8>, String> {
        let mut plain = Vec::new();
        let mut opener = Opener::begin(keyring, file).map_err(|error| error.to_string())?;
        opener.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        Ok(plain)
    }

    #[test]
    fn streams_of_every_length_come_back() {
        let ring = ring(1);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
            let plain: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[0]).collect();
            let file = sealed(&ring, 5, &plain);
            assert_eq!(opened(&ring, &file).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn every_damage_is_noticed() {
        let ring = ring(1);
        let plain = vec![7; 2 * CHUNK + 100];
        let file = sealed(&ring, 5, &plain);
        let head = FORM.len() + 1 + 8 + SALT;
        let whole = CHUNK + TAG;
        assert_eq!(file.len(), head + 2 * whole + 100 + TAG);
        let refused = |file: &[u8]| opened(&ring, file).expect_err("damage goes unnoticed");
        for at in (0..head).chain([head, head + whole - 1, head + whole, head + 2 * whole, file.len() - 1]) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            refused(&changed);
        }
        for cut in (0..head).chain([head, head + 1, head + whole, head + 2 * whole, file.len() - 1]) {
            refused(&file[..cut]);
        }
        let part = |file: &[u8], n: usize| file[head + n * whole..(head + (n + 1) * whole).min(file.len())].to_vec();
        let swapped = [&file[..head], &part(&file, 1), &part(&file, 0), &part(&file, 2)].concat();
        assert!(refused(&swapped).contains("part 1 does not open"));
        let left_out = [&file[..head], &part(&file, 0), &part(&file, 2)].concat();
        assert!(refused(&left_out).contains("part 2 does not open"));
        let other = sealed(&ring, 6, &plain);
        let spliced = [&file[..head], &part(&file, 0), &part(&other, 1), &part(&file, 2)].concat();
        assert!(refused(&spliced).contains("part 2 does not open"));
        refused(&[file.clone(), vec![0]].concat());
        refused(&[file.clone(), part(&file, 2)].concat());
        assert!(refused(b"SQLite format 3 is another thing").contains("no backup of Aikagi"));
    }

    #[test]
    fn another_key_is_named() {
        let file = sealed(&ring(1), 5, b"x");
        assert!(opened(&ring(2), &file).unwrap_err().contains("which the key file does not hold"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_and_none_that_were_changed_open(any: Vec<u8>, at in 0..400_usize, bit in 0..8_u8, behind: Vec<u8>) {
            let ring = ring(1);
            let file = sealed(&ring, 5, &[7; 300]);
            proptest::prop_assert!(opened(&ring, &any).is_err());
            let mut changed = file.clone();
            changed[at % file.len()] ^= 1 << bit;
            proptest::prop_assert!(opened(&ring, &changed).is_err());
            if !behind.is_empty() {
                proptest::prop_assert!(opened(&ring, &[file, behind].concat()).is_err());
            }
        }
    }
}
