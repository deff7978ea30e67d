//! What leaves the house: SMS and e-mails, as pure functions. An SMS is one part (70 UCS-2 characters, or 160 of the GSM alphabet), holds
//! nothing that a user typed and no link; a code's SMS ends in the origin-bound line that lets browsers fill it in
//! (<https://wicg.github.io/sms-one-time-codes/>). A code's e-mail holds no link either: filters judge links before senders.

use super::{Locale, lasting, moment, text};
use crate::model::Timestamp;

/// A message, ready to be handed to a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// An e-mail's subject; none for an SMS.
    pub subject: Option<String>,
    /// The text; lines end in LF.
    pub text: String,
}

/// What a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The password was set anew by recovery.
    Recovered,
    /// The password was changed while signed in.
    PasswordChanged,
    /// A contact was confirmed and counts now.
    ContactAdded,
    /// A contact was removed.
    ContactRemoved,
    /// A contact took the place of another.
    ContactChanged,
    /// The account is held.
    AccountHeld,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Recovered,
        Self::PasswordChanged,
        Self::ContactAdded,
        Self::ContactRemoved,
        Self::ContactChanged,
        Self::AccountHeld,
    ];

    /// The word in rows and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::PasswordChanged => "password_changed",
            Self::ContactAdded => "contact_added",
            Self::ContactRemoved => "contact_removed",
            Self::ContactChanged => "contact_changed",
            Self::AccountHeld => "account_held",
        }
    }

    /// The event with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }

    /// What happened, without a full stop: for subjects and for the page that asks 「ご自身で行ったことですか」.
    pub fn text(self, locale: Locale) -> String {
        let key = match self {
            Self::Recovered => "event-recovered",
            Self::PasswordChanged => "event-password-changed",
            Self::ContactAdded => "event-contact-added",
            Self::ContactRemoved => "event-contact-removed",
            Self::ContactChanged => "event-contact-changed",
            Self::AccountHeld => "event-account-held",
        };
        text(locale, key, &[])
    }

    /// Whether both contacts are frozen when somebody objects.
    pub const fn freezes(self) -> bool {
        matches!(self, Self::ContactAdded | Self::ContactRemoved | Self::ContactChanged)
    }
}

/// A notice's facts.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// What happened.
    pub event: Event,
    /// The workplace's name, fixed at registration.
    pub workspace: &'a str,
    /// When.
    pub at: Timestamp,
    /// The contact concerned, masked: 「090-••••-5678」.
    pub masked: Option<&'a str>,
}

/// The most characters of one SMS part with any letter outside the GSM alphabet.
pub const SMS_UCS2: usize = 70;
/// The most characters of one SMS part within the GSM alphabet.
pub const SMS_GSM: usize = 160;

/// Whether the text fits in one SMS part. UTF-16 units are counted, as networks do.
pub fn fits_one_part(text: &str) -> bool {
    // Of ASCII, the GSM alphabet lacks the backtick; [ ] { } ^ | ~ \ cost two, which this counts by refusing them.
    let gsm = text.bytes().all(|b| matches!(b, b'\n' | b' '..=b'Z' | b'_' | b'a'..=b'z'));
    text.encode_utf16().count() <= if gsm { SMS_GSM } else { SMS_UCS2 }
}

/// A recovery code by SMS. `host` is the public host's name without scheme or port; `mark` the attempt's two letters.
pub fn recovery_code_sms(locale: Locale, host: &str, code: &str, mark: &str) -> Rendered {
    code_sms(locale, ["sms-code-recovery-long", "sms-code-recovery-short"], host, code, mark)
}

/// A code that confirms a new number, by SMS.
pub fn contact_code_sms(locale: Locale, host: &str, code: &str, mark: &str) -> Rendered {
    code_sms(locale, ["sms-code-contact-long", "sms-code-contact-short"], host, code, mark)
}

/// The kind sentence where the host leaves room for it, else the short one; `init` refuses hosts over 25 characters.
fn code_sms(locale: Locale, keys: [&str; 2], host: &str, code: &str, mark: &str) -> Rendered {
    let render = |key| format!("{}\n@{host} #{code}", text(locale, key, &[("code", code), ("mark", mark)]));
    let long = render(keys[0]);
    let text = if fits_one_part(&long) { long } else { render(keys[1]) };
    Rendered { subject: None, text }
}

/// A recovery code by e-mail.
pub fn recovery_code_email(locale: Locale, code: &str, mark: &str) -> Rendered {
    let values = [("code", code), ("mark", mark)];
    Rendered {
        subject: Some(text(locale, "mail-code-recovery-subject", &values)),
        text: text(locale, "mail-code-recovery", &values),
    }
}

/// A code that confirms a new address, by e-mail.
pub fn contact_code_email(locale: Locale, workspace: &str, code: &str, mark: &str) -> Rendered {
    let values = [("code", code), ("mark", mark), ("workspace", workspace)];
    Rendered {
        subject: Some(text(locale, "mail-code-contact-subject", &values[..2])),
        text: text(locale, "mail-code-contact", &values),
    }
}

/// A notice by SMS. `word` is what one types under 「自分ではない」; without it the text points to the administrators.
pub fn notice_sms(locale: Locale, event: Event, word: Option<&str>) -> Rendered {
    let key = match event {
        Event::Recovered => "sms-notice-recovered",
        Event::PasswordChanged => "sms-notice-password-changed",
        Event::ContactAdded => "sms-notice-contact-added",
        Event::ContactRemoved => "sms-notice-contact-removed",
        Event::ContactChanged => "sms-notice-contact-changed",
        Event::AccountHeld => "sms-notice-account-held",
    };
    let what = text(locale, key, &[]);
    let text = match word {
        Some(word) => text(locale, "sms-notice-word", &[("what", &what), ("word", word)]),
        None => text(locale, "sms-notice-ask", &[("what", &what)]),
    };
    Rendered { subject: None, text }
}

/// A notice by e-mail. `url` is the link of 「心当たりがない場合」; it only opens a page with a button.
pub fn notice_email(locale: Locale, notice: &Notice<'_>, url: Option<&str>) -> Rendered {
    let what = notice.event.text(locale);
    let at = moment(locale, notice.at);
    let mut parts = vec![text(locale, "mail-notice-what", &[("what", &what)])];
    let mut facts = vec![
        text(locale, "mail-notice-workspace", &[("workspace", notice.workspace)]),
        text(locale, "mail-notice-at", &[("at", &at)]),
    ];
    if let Some(masked) = notice.masked {
        facts.push(text(locale, "mail-notice-contact", &[("contact", masked)]));
    }
    parts.push(facts.join("\n"));
    if notice.event != Event::AccountHeld {
        parts.push(text(locale, "mail-notice-mine", &[]));
    }
    parts.push(match url {
        Some(url) => text(locale, "mail-notice-not-me", &[("url", url)]),
        None => text(locale, "mail-notice-ask", &[]),
    });
    parts.push(text(locale, "mail-foot", &[]));
    Rendered { subject: Some(text(locale, "mail-notice-subject", &[("what", &what)])), text: parts.join("\n\n") }
}

/// The link with which a new member sets a password. `seconds` is how long it can be used.
pub fn activation_email(locale: Locale, workspace: &str, login: &str, url: &str, seconds: i64) -> Rendered {
    let time = lasting(locale, seconds);
    let values = [("workspace", workspace), ("login", login), ("url", url), ("time", time.as_str())];
    Rendered {
        subject: Some(text(locale, "mail-activation-subject", &values[..1])),
        text: text(locale, "mail-activation", &values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "sign-in.kumamoto-shika.jp";
    const BOTH: [Locale; 2] = [Locale::Ja, Locale::En];

    #[test]
    fn a_codes_sms_is_one_part_and_ends_in_the_bound_line() {
        assert_eq!(LONG.len(), 25);
        for locale in BOTH {
            for host in [LONG, "id.example.jp"] {
                for sms in [
                    recovery_code_sms(locale, host, "00482190", "KD"),
                    contact_code_sms(locale, host, "00482190", "WM"),
                ] {
                    assert!(fits_one_part(&sms.text), "{}: {}", sms.text.chars().count(), sms.text);
                    assert!(sms.text.ends_with(&format!("\n@{host} #00482190")), "{}", sms.text);
                    assert_eq!(sms.text.matches("00482190").count(), 2, "{}", sms.text);
                    assert!(sms.text.contains("KD") || sms.text.contains("WM"));
                    assert!(!sms.text.contains("http"));
                }
            }
        }
    }

    #[test]
    fn the_kind_sentence_is_used_where_there_is_room() {
        assert_eq!(
            recovery_code_sms(Locale::Ja, "id.example.jp", "48219037", "KD").text,
            "合鍵：認証番号 48219037（控え KD）10分有効。誰にも教えないでください\n@id.example.jp #48219037"
        );
    }

    #[test]
    fn a_notices_sms_is_one_part() {
        for locale in BOTH {
            for event in Event::ALL {
                for word in [Some("BCDF-GHJK-MNPQ"), None] {
                    let sms = notice_sms(locale, event, word);
                    assert!(fits_one_part(&sms.text), "{}: {}", sms.text.chars().count(), sms.text);
                    assert!(!sms.text.contains("http"));
                }
            }
        }
    }

    #[test]
    fn a_codes_email_has_no_link_and_shows_code_and_mark() {
        for locale in BOTH {
            for mail in [
                recovery_code_email(locale, "00482190", "KD"),
                contact_code_email(locale, "さくら商事", "00482190", "KD"),
            ] {
                assert!(mail.text.contains("00482190") && mail.text.contains("KD"), "{}", mail.text);
                let all = format!("{} {}", mail.subject.expect("an e-mail has a subject"), mail.text);
                assert!(!all.contains("://") && !all.contains("www."), "{all}");
                assert!(!all.contains('\r'));
            }
        }
    }

    #[test]
    fn a_notices_email_says_what_when_where_and_what_to_do() {
        for locale in BOTH {
            for event in Event::ALL {
                let notice = Notice {
                    event,
                    workspace: "さくら商事",
                    at: Timestamp(1_795_334_700_000_000),
                    masked: Some("090-••••-5678"),
                };
                let url = "https://id.example.jp/not-me/abc";
                let mail = notice_email(locale, &notice, Some(url));
                for part in ["さくら商事", "17:05", "090-••••-5678", url] {
                    assert!(mail.text.contains(part), "{part} in {}", mail.text);
                }
                assert!(!notice_email(locale, &notice, None).text.contains("://"));
            }
        }
    }

    #[test]
    fn an_activation_names_the_id_and_how_long_its_link_lives() {
        let mail = activation_email(
            Locale::Ja,
            "さくら商事",
            "tanaka@sakura",
            "https://id.example.jp/set-password/abc",
            86_400,
        );
        assert!(
            mail.text.contains("tanaka@sakura") && mail.text.contains("1日") && mail.text.contains("/set-password/abc")
        );
    }
}
