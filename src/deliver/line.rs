//! A line of a log as programs that watch over many servers read it: syslog (RFC 5424) or JSON. Whatever a stranger's browser calls itself,
//! a line stays one line.

use serde_json::{Map, Value};

use crate::model::Timestamp;

/// What the structured data is named: the number is the one for documentation (RFC 5612), since the product has none of its own.
const ELEMENT: &str = "aikagi@32473";
/// Security and authorization messages that are not for everybody (RFC 5424 §6.2.1, `authpriv`).
const FACILITY: u8 = 10;
/// How long a value may be; a whole line then fits what every receiver takes (RFC 5424 §6.1).
const VALUE: usize = 300;

/// How important it is (RFC 5424 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Somebody should look.
    Warning = 4,
    /// Out of the ordinary.
    Notice = 5,
    /// Everyday.
    Info = 6,
}

/// A line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which log: `sign_in`, `audit`.
    pub log: &'static str,
    /// What happened, one word.
    pub what: String,
    /// When.
    pub at: Timestamp,
    /// How important it is.
    pub severity: Severity,
    /// The rest; what is empty is left out. `id` is one of them: a receiver that gets a line twice knows it by that.
    pub fields: Vec<(&'static str, String)>,
}

impl Line {
    /// As RFC 5424 has it, from this host.
    pub fn to_syslog(&self, host: &str) -> String {
        let priority = FACILITY * 8 + self.severity as u8;
        let at = format!("{:.6}", self.at.to_jiff());
        let host = header(host, 255);
        let each: Vec<_> = self.filled().map(|(name, value)| format!(" {name}=\"{}\"", escaped(&value))).collect();
        let data = each.concat();
        let (log, what) = (header(self.log, 32), plain(&self.what));
        format!("<{priority}>1 {at} {host} aikagi - {log} [{ELEMENT} what=\"{}\"{data}] {log} {what}", escaped(&what))
    }

    /// As one JSON object.
    pub fn to_json(&self, host: &str) -> String {
        let mut object = Map::new();
        let all = [
            ("at", format!("{:.6}", self.at.to_jiff())),
            ("host", plain(host)),
            ("log", self.log.to_owned()),
            ("what", plain(&self.what)),
        ];
        for (name, value) in all.into_iter().chain(self.filled()) {
            object.insert(name.to_owned(), Value::String(value));
        }
        Value::Object(object).to_string()
    }

    fn filled(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, plain(value)))
    }
}

/// Without what could end a line or move a terminal's cursor, and not too long.
fn plain(value: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    value.chars().take(VALUE).map(|c| if unseen(c) { '?' } else { c }).collect()
}

/// A value between quotation marks (RFC 5424 §6.3.3).
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// A part of the header: printable ASCII without spaces (RFC 5424 §6), `-` for nothing.
fn header(value: &str, most: usize) -> String {
    let text: String = value.chars().filter(char::is_ascii_graphic).take(most).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(agent: &str) -> Line {
        Line {
            log: "sign_in",
            what: "wrong_password".to_owned(),
            at: Timestamp(1_700_000_000_000_001),
            severity: Severity::Notice,
            fields: vec![("id", "sin_1".to_owned()), ("member", String::new()), ("agent", agent.to_owned())],
        }
    }

    #[test]
    fn a_line_is_as_the_standard_writes_it() {
        assert_eq!(
            line("Safari").to_syslog("id.example.jp"),
            "<85>1 2023-11-14T22:13:20.000001Z id.example.jp aikagi - sign_in [aikagi@32473 what=\"wrong_password\" \
             id=\"sin_1\" agent=\"Safari\"] sign_in wrong_password"
        );
        assert_eq!(
            line("Safari").to_json("id.example.jp"),
            "{\"at\":\"2023-11-14T22:13:20.000001Z\",\"host\":\"id.example.jp\",\"log\":\"sign_in\",\
             \"what\":\"wrong_password\",\"id\":\"sin_1\",\"agent\":\"Safari\"}"
        );
    }

    #[test]
    fn a_hostile_browser_stays_in_its_quotation_marks() {
        let hostile = "x\"] <0>1 - evil\n<34>1 forged\r\0\u{85}\u{2028}\u{1b}[2J \\\\\" ]\u{202e}";
        let syslog = line(hostile).to_syslog("h");
        assert!(
            syslog.contains("agent=\"x\\\"\\] <0>1 - evil?<34>1 forged????\u{3f}[2J \\\\\\\\\\\" \\]?\"] sign_in"),
            "{syslog}"
        );
        for written in [syslog, line(hostile).to_json("h")] {
            assert_eq!(written.lines().count(), 1);
            assert!(!written.contains(|c: char| c.is_control() || c == '\u{2028}'), "{written}");
        }
        let long = line(&"あ".repeat(10_000)).to_syslog("h");
        assert!(long.len() < 2_048, "{}", long.len());
        let read: Value = serde_json::from_str(&line(hostile).to_json("h")).unwrap();
        assert!(read["agent"].as_str().is_some_and(|agent| agent.starts_with("x\"] <0>1")));
    }

    proptest::proptest! {
        /// Read back as RFC 5424 §6.3.3 says, the value is what it was, but for what is not printed.
        #[test]
        fn any_value_comes_back(any in "\\PC{0,80}") {
            let written = line(&any).to_syslog("h");
            let (_, rest) = written.split_once("agent=\"").unwrap_or(("", "\""));
            let (mut read, mut chars) = (String::new(), rest.chars());
            loop {
                match chars.next() {
                    Some('\\') => read.extend(chars.next()),
                    Some('"') | None => break,
                    Some(c) => read.push(c),
                }
            }
            proptest::prop_assert_eq!(read, plain(&any));
        }
    }
}
