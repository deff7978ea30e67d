//! What the help desk sends: the letters that a member reads out, and news of people who cannot get in. The letters' messages say whom to
//! read them to, and have no line that lets a browser fill them in: nobody types them on a page of their own.

use super::messages::Rendered;
use super::{Locale, lasting, text};
use crate::model::{ContactKind, Secret};

/// The letters that the member reads to the help desk while they speak.
pub fn call_code(locale: Locale, kind: ContactKind, workspace: &str, letters: &Secret) -> Rendered {
    let code = letters.expose();
    match kind {
        ContactKind::Mobile => Rendered::plain(locale, text(locale, "sms-call-code", &[("code", code)])),
        ContactKind::Email => {
            let subject = text(locale, "mail-call-code-subject", &[]);
            let words = text(locale, "mail-call-code", &[("code", code), ("workspace", workspace)]);
            Rendered::email(locale, subject, words).with_code(letters)
        }
    }
}

/// What administrators are told of requests. Nothing of what was written stands in it.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    /// The workplace's name.
    pub workspace: &'a str,
    /// It has waited for so many hours; none for new ones.
    pub waits_hours: Option<i64>,
}

/// News of requests.
pub fn request(locale: Locale, kind: ContactKind, news: &News<'_>, link: &str) -> Rendered {
    let time = news.waits_hours.map(|n| lasting(locale, n * 3_600)).unwrap_or_default();
    let values = [("workspace", news.workspace), ("link", link), ("time", time.as_str())];
    let (sms, subject, mail) = if news.waits_hours.is_some() {
        (
            text(locale, "sms-locked-out-waits", &values[2..]),
            text(locale, "mail-locked-out-waits-subject", &values[2..]),
            text(locale, "mail-locked-out-waits", &values),
        )
    } else {
        (
            text(locale, "sms-locked-out-new", &[]),
            text(locale, "mail-locked-out-new-subject", &[]),
            text(locale, "mail-locked-out-new", &values[..2]),
        )
    };
    match kind {
        ContactKind::Mobile => Rendered::plain(locale, sms),
        ContactKind::Email => Rendered::email(locale, subject, mail).with_link(link),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::messages::fits_one_part;

    #[test]
    fn an_sms_of_the_help_desk_is_one_part_without_link_or_name() {
        let letters = Secret::from("WXZV".to_owned());
        for locale in [Locale::Ja, Locale::En] {
            let code = call_code(locale, ContactKind::Mobile, "さくら商事", &letters).text;
            assert!(code.contains("WXZV") && !code.contains('@') && !code.contains('#'), "{code}");
            for waits_hours in [None, Some(4)] {
                let news = News { workspace: "さくら商事", waits_hours };
                let sms =
                    request(locale, ContactKind::Mobile, &news, "https://id.example.jp/w/sakura/admin/queue").text;
                for text in [&code, &sms] {
                    assert!(fits_one_part(text), "{}: {text}", text.chars().count());
                    assert!(!text.contains("http") && !text.contains("さくら"), "{text}");
                }
            }
            let mail = call_code(locale, ContactKind::Email, "さくら商事", &letters);
            assert!(mail.text.contains("WXZV") && mail.text.contains("さくら商事") && !mail.text.contains("://"));
            assert!(!mail.subject.expect("an e-mail has one").contains("WXZV"), "a locked screen shows the subject");
        }
    }
}
