//! The file into which the server's carrier writes its messages, read as it grows: the codes, each by the reference of its attempt.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Deserialize;

/// The codes that have come.
pub struct Mailbox(RefCell<Inside>);

struct Inside {
    file: File,
    /// The beginning of a line whose rest is still to come.
    rest: Vec<u8>,
    codes: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Letter {
    text: String,
    purpose: String,
    reference: Option<String>,
}

impl Mailbox {
    pub fn open(path: &Path) -> Result<Self> {
        // The server makes it only with the first letter.
        let file = File::options().read(true).append(true).create(true).open(path)?;
        Ok(Self(RefCell::new(Inside { file, rest: Vec::new(), codes: HashMap::new() })))
    }

    /// Waits for the code of the attempt with this reference.
    pub async fn code(&self, reference: &str) -> Result<String> {
        let begun = Instant::now();
        loop {
            if let Some(code) = self.0.borrow_mut().find(reference)? {
                return Ok(code);
            }
            ensure!(begun.elapsed() < Duration::from_mins(1), "no code came for {reference}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Inside {
    fn find(&mut self, reference: &str) -> Result<Option<String>> {
        if let Some(code) = self.codes.remove(reference) {
            return Ok(Some(code));
        }
        self.file.read_to_end(&mut self.rest)?;
        // What is read may end anywhere, also within a character.
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        for line in std::str::from_utf8(&lines)?.lines() {
            let letter: Letter = serde_json::from_str(line)?;
            if letter.purpose == "recovery_code"
                && let (Some(reference), Some(code)) = (letter.reference, code_in(&letter.text))
            {
                self.codes.insert(reference, code);
            }
        }
        Ok(self.codes.remove(reference))
    }
}

/// The eight digits in a message, whose halves stand apart.
fn code_in(text: &str) -> Option<String> {
    let groups = text.split(|c: char| !c.is_ascii_digit() && c != ' ');
    groups.map(|group| group.replace(' ', "")).find(|group| group.len() == 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_with_and_without_a_space() {
        assert_eq!(code_in("Aikagi: 1234 5678 (AB)\n@localhost #12345678").as_deref(), Some("12345678"));
        assert_eq!(code_in("確認コードは12345678です").as_deref(), Some("12345678"));
        assert_eq!(code_in("no code since 2026"), None);
    }
}
