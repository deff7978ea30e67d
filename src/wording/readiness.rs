//! What members get who are asked to see to their contacts, and who try out getting back in. Every message of a trial says that it is one. The
//! email that asks holds no link: it tells where to look after signing in as ever.

use super::messages::{Rendered, code_sms};
use super::{Locale, text};
use crate::model::{ContactKind, Secret};

/// The code of a trial.
pub fn drill_code(locale: Locale, kind: ContactKind, host: &str, code: &Secret, mark: &str) -> Rendered {
    let values = [("code", code.expose()), ("mark", mark)];
    match kind {
        ContactKind::Mobile => code_sms(locale, ["sms-drill-code-long", "sms-drill-code-short"], host, &values),
        ContactKind::Email => {
            let subject = text(locale, "mail-drill-code-subject", &values);
            Rendered::email(locale, subject, text(locale, "mail-drill-code", &values)).with_code(code)
        }
    }
}

/// Asks for a look at one's contacts.
pub fn nudge_email(locale: Locale, workspace: &str, login: &str) -> Rendered {
    let values = [("workspace", workspace), ("login", login)];
    Rendered::email(locale, text(locale, "mail-nudge-subject", &[]), text(locale, "mail-nudge", &values))
}

#[cfg(test)]
mod tests {
    use super::super::messages::fits_one_part;
    use super::*;

    #[test]
    fn a_trials_code_says_what_it_is_in_one_part_and_without_a_link() {
        let code = Secret::from("00482190".to_owned());
        for (locale, word) in [(Locale::Ja, "練習"), (Locale::En, "drill")] {
            for host in ["sign-in.kumamoto-shika.jp", "id.example.jp", "localhost"] {
                let sms = drill_code(locale, ContactKind::Mobile, host, &code, "KD").text;
                assert!(fits_one_part(&sms), "{}: {sms}", sms.chars().count());
                assert!(sms.contains(word) && sms.contains("KD"), "{sms}");
                assert!(sms.ends_with(&format!("\n@{host} #00482190")), "{sms}");
            }
            let mail = drill_code(locale, ContactKind::Email, "id.example.jp", &code, "KD");
            assert!(mail.subject.is_some_and(|subject| subject.contains(word)) && mail.text.contains("00482190"));
            assert!(mail.text.contains(word) && !mail.text.contains("://") && !mail.text.contains("id.example.jp"));
        }
    }

    #[test]
    fn whoever_is_asked_gets_no_link() {
        for locale in [Locale::Ja, Locale::En] {
            let mail = nudge_email(locale, "さくら商事", "tanaka@sakura");
            assert!(mail.text.contains("さくら商事") && mail.text.contains("tanaka@sakura"));
            assert!(!mail.text.contains("://") && !mail.text.contains("www."), "{}", mail.text);
        }
    }
}
