//! What a mail server's codes mean, as a cause: replies of three digits (RFC 5321 §4.2) and enhanced status codes (RFC 3463 with its registry).
//!
//! Servers differ in which they give. The enhanced code is asked first, then the digits, then a few words that all of them use.

use crate::model::Cause;

/// An enhanced status code: `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about.
    pub subject: u16,
    /// What of it.
    pub detail: u16,
}

impl Status {
    /// Reads `5.1.1`, whatever follows behind a space.
    pub fn read(text: &str) -> Option<Self> {
        let word = text.trim_start().split(|c: char| c.is_whitespace() || c == '(' || c == ';').next()?;
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| -> Option<u16> {
            ((1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        parts.next().is_none().then_some(())?;
        Some(Self { class, subject: number(subject)?, detail: number(detail)? })
    }

    /// What it says of why; nothing where it says nothing ("other").
    #[expect(clippy::match_same_arms, reason = "in the order of the registry, as it is read")]
    fn cause(self) -> Option<Cause> {
        let for_good = self.class == 5;
        Some(match (self.subject, self.detail) {
            // 5.1.7 and 5.1.8 are about who sends; 5.1.10 is a domain that takes no mail (RFC 7505).
            (1, 7 | 8) => Cause::RefusedSender,
            (1, 1..=4 | 6 | 10) => Cause::UnknownDestination,
            (2, 1) if for_good => Cause::UnknownDestination,
            (2, 1) => Cause::Throttled,
            (2, 2) => Cause::Full,
            (2, 3) | (3, 3 | 4) | (5, 1..=9) | (6, _) => Cause::Malformed,
            (3, 1 | 2 | 5) => Cause::Unreachable,
            // A host that is nowhere in the DNS; Exchange says 5.4.1 of addresses that it does not know.
            (4, 1 | 4 | 310) if for_good => Cause::UnknownDestination,
            (4, 5) => Cause::Throttled,
            (4, 7) => Cause::Expired,
            (4, _) => Cause::Unreachable,
            (7, 8 | 9 | 11 | 13) => Cause::Account,
            (7, 17..=19) => Cause::UnknownDestination,
            (7, 20..=27 | 29 | 509) => Cause::RefusedSender,
            (7, 28) => Cause::Throttled,
            (7, 1..) if for_good => Cause::Blocked,
            (7, _) if !for_good => Cause::Throttled,
            _ => return None,
        })
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What a server's answer means.
pub fn cause(reply: Option<u16>, status: Option<Status>, words: &str) -> Cause {
    // Said with 5.7.1, which else means a filter: the server does not take us for its own.
    let lower = words.to_ascii_lowercase();
    if lower.contains("relay")
        && ["denied", "not permitted", "not allowed", "prohibited"].iter().any(|no| lower.contains(no))
    {
        return Cause::Account;
    }
    let told = status.and_then(Status::cause).or_else(|| reply.and_then(of_reply));
    told.or_else(|| of_words(words)).or_else(|| reply.map(by_class)).unwrap_or(Cause::Unknown)
}

/// The digits that mean one thing only.
fn of_reply(reply: u16) -> Option<Cause> {
    Some(match reply {
        421 => Cause::Unreachable,
        452 | 552 => Cause::Full,
        500..=504 | 555 => Cause::Malformed,
        432 | 454 | 530 | 534 | 535 | 538 => Cause::Account,
        521 | 551 | 553 | 556 => Cause::UnknownDestination,
        _ => return None,
    })
}

/// The words that servers without enhanced codes use, those of the Japanese carriers among them.
fn of_words(words: &str) -> Option<Cause> {
    let words = words.to_ascii_lowercase();
    let any = |known: &[&str]| known.iter().any(|word| words.contains(word));
    if any(&["quota", "mailbox full", "mailbox is full", "over limit"]) {
        Some(Cause::Full)
    } else if any(&[
        "unknown user",
        "user unknown",
        "no such",
        "not exist",
        "invalid recipient",
        "not found",
        "unknown address",
        "unavailable",
    ]) {
        Some(Cause::UnknownDestination)
    } else if any(&["greylist", "try again later", "too many", "rate limit"]) {
        Some(Cause::Throttled)
    } else if any(&["spam", "blocked", "blacklist", "denylist", "policy", "denied", "spf", "dkim", "dmarc"]) {
        Some(Cause::Blocked)
    } else {
        None
    }
}

fn by_class(reply: u16) -> Cause {
    match reply {
        450 => Cause::Throttled,
        400..=499 => Cause::Unreachable,
        550 => Cause::UnknownDestination,
        554 => Cause::Blocked,
        _ => Cause::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_three_numbers_and_nothing_like_it() {
        assert_eq!(Status::read(" 5.1.1 <taro@example.jp> unknown"), Some(Status { class: 5, subject: 1, detail: 1 }));
        assert_eq!(Status::read("4.4.7(expired)").map(|status| status.to_string()).as_deref(), Some("4.4.7"));
        for other in ["", "5", "5.1", "5.1.1.1", "192.0.2.1", "3.1.1", "5.1111.1", "5.x.1", "5..1", "+5.1.1", "hello"] {
            assert_eq!(Status::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_servers_answer_is_told_in_one_word() {
        for (reply, words, expected) in [
            (550, "5.1.1 The email account that you tried to reach does not exist", Cause::UnknownDestination),
            (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Cause::UnknownDestination),
            (550, "5.4.1 Recipient address rejected: Access denied", Cause::UnknownDestination),
            (550, "Unknown user taro@docomo.ne.jp", Cause::UnknownDestination),
            (550, "Invalid recipient: <taro@softbank.ne.jp>", Cause::UnknownDestination),
            (550, "5.2.1 The account is disabled", Cause::UnknownDestination),
            (550, "5.5.0 Requested action not taken: mailbox unavailable", Cause::UnknownDestination),
            (452, "4.2.2 The recipient's inbox is out of storage", Cause::Full),
            (552, "5.2.2 Mailbox size limit exceeded", Cause::Full),
            (550, "mailbox is full", Cause::Full),
            (550, "5.7.1 Message rejected as spam by content filtering", Cause::Blocked),
            (554, "Transaction failed", Cause::Blocked),
            (554, "5.7.1 <taro@example.com>: Relay access denied", Cause::Account),
            (550, "relay not permitted", Cause::Account),
            (550, "5.7.26 Unauthenticated email is not accepted", Cause::RefusedSender),
            (553, "5.1.8 Domain of sender address does not exist", Cause::RefusedSender),
            (421, "4.7.0 Our system has detected an unusual rate", Cause::Throttled),
            (450, "4.7.1 Greylisted, try again later", Cause::Throttled),
            (450, "4.2.1 The user you are trying to contact is receiving mail at a rate", Cause::Throttled),
            (535, "5.7.8 Username and Password not accepted", Cause::Account),
            (530, "Authentication required", Cause::Account),
            (451, "4.3.0 Mail server temporarily rejected message", Cause::Unreachable),
            (451, "4.4.1 No answer from host", Cause::Unreachable),
            (550, "5.4.4 Host or domain name not found", Cause::UnknownDestination),
            (552, "5.3.4 Message size exceeds fixed limit", Cause::Malformed),
            (501, "Syntax error", Cause::Malformed),
        ] {
            assert_eq!(cause(Some(reply), Status::read(words), words), expected, "{reply} {words}");
        }
        assert_eq!(cause(None, Status::read("4.4.7"), ""), Cause::Expired);
        assert_eq!(cause(None, None, ""), Cause::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(reply in proptest::option::of(0u16..), text in "\\PC{0,40}", near in "[245]?\\.?[0-9]{0,4}\\.?[0-9]{0,4}[ ;(]?.{0,5}") {
            for words in [&text, &near] {
                let _ = cause(reply, Status::read(words), words);
            }
        }
    }
}
