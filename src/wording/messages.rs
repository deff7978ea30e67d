//! What leaves the house: SMS and e-mails, as pure functions. An SMS is one part (70 UCS-2 characters, or 160 of the GSM alphabet), holds
//! nothing that a user typed and no link; a code's SMS ends in the origin-bound line that lets browsers fill it in
//! (<https://wicg.github.io/sms-one-time-codes/>). A code's e-mail holds no link either: filters judge links before senders.

use super::{Locale, lasting, moment, text};
use crate::model::{ContactKind, Secret, Timestamp};

/// A message, ready to be handed to a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// An e-mail's subject; none for an SMS.
    pub subject: Option<String>,
    /// The text; lines end in LF.
    pub text: String,
    /// The language of its words.
    pub locale: Locale,
    /// The code in it, which an e-mail's HTML shows large.
    pub code: Option<String>,
    /// The link in it, which an e-mail's HTML can be pressed on.
    pub link: Option<String>,
}

impl Rendered {
    /// An SMS, or what goes to a program.
    pub fn plain(locale: Locale, text: String) -> Self {
        Self { subject: None, text, locale, code: None, link: None }
    }

    /// An e-mail.
    pub fn email(locale: Locale, subject: String, text: String) -> Self {
        Self { subject: Some(subject), ..Self::plain(locale, text) }
    }

    pub(super) fn with_code(self, code: &Secret) -> Self {
        Self { code: Some(code.expose().to_owned()), ..self }
    }

    pub(super) fn with_link(self, link: &str) -> Self {
        Self { link: Some(link.to_owned()), ..self }
    }
}

/// A notice's facts.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// What happened, as in the row: `recovered`, `password_changed`, `contact_added`, …; see `flows::alarm::Event`.
    pub event: &'a str,
    /// The workplace's name, fixed at registration.
    pub workspace: &'a str,
    /// The whole ID: `tanaka@sakura`.
    pub login: &'a str,
    /// When.
    pub at: Timestamp,
    /// The contact it is about, masked; the device, in words.
    pub about: Option<&'a str>,
    /// How to say 「自分ではない」: the link of an e-mail, the word of an SMS. Without it, the administrators are named.
    pub way_out: Option<&'a str>,
    /// Number to read to the help desk.
    pub reference: Option<&'a str>,
}

/// What happened, without a full stop: for subjects, for the list of changes, for the page that asks 「ご自身で行ったことですか」.
pub fn event_text(locale: Locale, event: &str) -> String {
    match event {
        "recovered" => text(locale, "event-recovered", &[]),
        "password_changed" => text(locale, "event-password-changed", &[]),
        "contact_added" => text(locale, "event-contact-added", &[]),
        "contact_removed" => text(locale, "event-contact-removed", &[]),
        "contact_kept" => text(locale, "event-contact-kept", &[]),
        "contact_mended" => text(locale, "event-contact-mended", &[]),
        "id_changed" => text(locale, "event-id-changed", &[]),
        "identified" => text(locale, "event-identified", &[]),
        "held" => text(locale, "event-held", &[]),
        "released" => text(locale, "event-released", &[]),
        "suspended" => text(locale, "event-suspended", &[]),
        "resumed" => text(locale, "event-resumed", &[]),
        "signed_out" => text(locale, "event-signed-out", &[]),
        "deleted" => text(locale, "event-deleted", &[]),
        "role_changed" => text(locale, "event-role-changed", &[]),
        "call_proved" => text(locale, "event-call-proved", &[]),
        "change_forced" => text(locale, "event-change-forced", &[]),
        "token_made" => text(locale, "event-token-made", &[]),
        "new_device" => text(locale, "event-new-device", &[]),
        "agent_enrolled" => text(locale, "event-agent-enrolled", &[]),
        "loss_reported" => text(locale, "event-loss-reported", &[]),
        "new_country" => text(locale, "event-new-country", &[]),
        "far_apart" => text(locale, "event-far-apart", &[]),
        "after_failures" => text(locale, "event-after-failures", &[]),
        "failed_tries" => text(locale, "event-failed-tries", &[]),
        _ => text(locale, "event-other", &[]),
    }
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

/// A recovery code. `host` is the public host's name without scheme or port; `mark` the attempt's two letters.
pub fn recovery_code(locale: Locale, kind: ContactKind, host: &str, code: &Secret, mark: &str) -> Rendered {
    let values = [("code", code.expose()), ("mark", mark)];
    match kind {
        ContactKind::Mobile => code_sms(locale, ["sms-code-recovery-long", "sms-code-recovery-short"], host, &values),
        ContactKind::Email => {
            let subject = text(locale, "mail-code-recovery-subject", &values);
            Rendered::email(locale, subject, text(locale, "mail-code-recovery", &values)).with_code(code)
        }
    }
}

/// A code that confirms a contact of one's own.
pub fn contact_code(locale: Locale, kind: ContactKind, host: &str, code: &Secret) -> Rendered {
    let values = [("code", code.expose())];
    match kind {
        ContactKind::Mobile => code_sms(locale, ["sms-code-contact-long", "sms-code-contact-short"], host, &values),
        ContactKind::Email => {
            let subject = text(locale, "mail-code-contact-subject", &values);
            Rendered::email(locale, subject, text(locale, "mail-code-contact", &values)).with_code(code)
        }
    }
}

/// A message that only shows that it arrives.
pub fn test(locale: Locale, kind: ContactKind, workspace: &str) -> Rendered {
    match kind {
        ContactKind::Mobile => Rendered::plain(locale, text(locale, "sms-test", &[])),
        ContactKind::Email => {
            let subject = text(locale, "mail-test-subject", &[]);
            Rendered::email(locale, subject, text(locale, "mail-test", &[("workspace", workspace)]))
        }
    }
}

/// The kind sentence where the host leaves room for it, else the short one; `init` refuses hosts over 25 characters.
pub(super) fn code_sms(locale: Locale, keys: [&str; 2], host: &str, values: &[(&str, &str)]) -> Rendered {
    let render = |key| format!("{}\n@{host} #{}", text(locale, key, values), values[0].1);
    let long = render(keys[0]);
    let text = if fits_one_part(&long) { long } else { render(keys[1]) };
    Rendered::plain(locale, text)
}

/// A notice, as SMS or e-mail. The link of an e-mail only opens a page with a button: scanners open links, too.
pub fn notice(locale: Locale, kind: ContactKind, notice: &Notice<'_>) -> Rendered {
    match kind {
        ContactKind::Mobile => notice_sms(locale, notice),
        ContactKind::Email => notice_email(locale, notice),
    }
}

fn notice_sms(locale: Locale, notice: &Notice<'_>) -> Rendered {
    let what = match notice.event {
        "recovered" => text(locale, "sms-notice-recovered", &[]),
        "password_changed" => text(locale, "sms-notice-password-changed", &[]),
        "contact_added" => text(locale, "sms-notice-contact-added", &[]),
        "contact_removed" => text(locale, "sms-notice-contact-removed", &[]),
        "contact_kept" => text(locale, "sms-notice-contact-kept", &[]),
        "contact_mended" => text(locale, "sms-notice-contact-mended", &[]),
        "id_changed" => text(locale, "sms-notice-id-changed", &[]),
        "identified" => text(locale, "sms-notice-identified", &[]),
        "held" => text(locale, "sms-notice-held", &[]),
        "released" => text(locale, "sms-notice-released", &[]),
        "suspended" => text(locale, "sms-notice-suspended", &[]),
        "resumed" => text(locale, "sms-notice-resumed", &[]),
        "signed_out" => text(locale, "sms-notice-signed-out", &[]),
        "deleted" => text(locale, "sms-notice-deleted", &[]),
        "role_changed" => text(locale, "sms-notice-role-changed", &[]),
        "call_proved" => text(locale, "sms-notice-call-proved", &[]),
        "change_forced" => text(locale, "sms-notice-change-forced", &[]),
        "token_made" => text(locale, "sms-notice-token-made", &[]),
        "new_device" => text(locale, "sms-notice-new-device", &[]),
        "agent_enrolled" => text(locale, "sms-notice-agent-enrolled", &[]),
        "loss_reported" => text(locale, "sms-notice-loss-reported", &[]),
        "new_country" => text(locale, "sms-notice-new-country", &[]),
        "far_apart" => text(locale, "sms-notice-far-apart", &[]),
        "after_failures" => text(locale, "sms-notice-after-failures", &[]),
        "failed_tries" => text(locale, "sms-notice-failed-tries", &[]),
        _ => text(locale, "sms-notice-other", &[]),
    };
    let text = match notice.way_out {
        Some(word) => text(locale, "sms-notice-word", &[("what", &what), ("word", word)]),
        None => text(locale, "sms-notice-ask", &[("what", &what)]),
    };
    Rendered::plain(locale, text)
}

fn notice_email(locale: Locale, notice: &Notice<'_>) -> Rendered {
    let what = event_text(locale, notice.event);
    let mut facts = vec![
        text(locale, "mail-notice-workspace", &[("workspace", notice.workspace)]),
        text(locale, "mail-notice-login", &[("login", notice.login)]),
        text(locale, "mail-notice-at", &[("at", &moment(locale, notice.at))]),
    ];
    if let Some(about) = notice.about {
        facts.push(match notice.event {
            "new_device" => text(locale, "mail-notice-device", &[("device", about)]),
            "new_country" | "far_apart" => text(locale, "mail-notice-place", &[("place", about)]),
            _ => text(locale, "mail-notice-contact", &[("contact", about)]),
        });
    }
    if let Some(reference) = notice.reference {
        facts.push(text(locale, "mail-notice-reference", &[("reference", reference)]));
    }
    let mut parts = vec![text(locale, "mail-notice-what", &[("what", &what)]), facts.join("\n")];
    match notice.event {
        "held" => {}
        "failed_tries" => parts.push(text(locale, "mail-notice-tries", &[])),
        "change_forced" => parts.push(text(locale, "mail-notice-forced", &[])),
        _ => parts.push(text(locale, "mail-notice-mine", &[])),
    }
    parts.push(match notice.way_out {
        Some(url) => text(locale, "mail-notice-not-me", &[("url", url)]),
        None => text(locale, "mail-notice-ask", &[]),
    });
    parts.push(text(locale, "mail-foot", &[]));
    let rendered = Rendered::email(locale, text(locale, "mail-notice-subject", &[("what", &what)]), parts.join("\n\n"));
    Rendered { link: notice.way_out.map(str::to_owned), ..rendered }
}

/// A forced change's facts.
#[derive(Debug, Clone, Copy)]
pub struct Forced<'a> {
    /// The workplace's name.
    pub workspace: &'a str,
    /// The whole ID: `tanaka@sakura`.
    pub login: &'a str,
    /// The secret in its groups.
    pub secret: &'a Secret,
    /// How long it can be typed.
    pub seconds: i64,
}

/// The secret of a forced change, to type where the password is. Neither way carries a link.
pub fn forced_secret(locale: Locale, kind: ContactKind, facts: &Forced<'_>) -> Rendered {
    let time = lasting(locale, facts.seconds);
    let (secret, time) = (("secret", facts.secret.expose()), ("time", time.as_str()));
    match kind {
        ContactKind::Mobile => Rendered::plain(locale, text(locale, "sms-forced", &[secret, time])),
        ContactKind::Email => {
            let values = [secret, time, ("workspace", facts.workspace), ("login", facts.login)];
            let subject = text(locale, "mail-forced-subject", &[]);
            Rendered::email(locale, subject, text(locale, "mail-forced", &values)).with_code(facts.secret)
        }
    }
}

/// An invitation's facts.
#[derive(Debug, Clone, Copy)]
pub struct Invitation<'a> {
    /// The workplace's name.
    pub workspace: &'a str,
    /// The whole ID.
    pub login: &'a str,
    /// The code, in groups.
    pub code: &'a Secret,
    /// The page that takes it, with the code filled in.
    pub link: &'a str,
    /// The public host's name.
    pub host: &'a str,
}

/// An invitation. An email has a link, which only opens a page with a button: whoever is new cannot be asked to find the page. An SMS has
/// none, as always: the code is typed.
pub fn invitation(locale: Locale, kind: ContactKind, facts: &Invitation<'_>) -> Rendered {
    let code = ("code", facts.code.expose());
    match kind {
        ContactKind::Mobile => Rendered::plain(locale, text(locale, "sms-invitation", &[code, ("host", facts.host)])),
        ContactKind::Email => {
            let values = [code, ("workspace", facts.workspace), ("login", facts.login), ("link", facts.link)];
            let subject = text(locale, "mail-invitation-subject", &[("workspace", facts.workspace)]);
            let rendered = Rendered::email(locale, subject, text(locale, "mail-invitation", &values));
            rendered.with_code(facts.code).with_link(facts.link)
        }
    }
}

/// What administrators are told of.
#[derive(Debug, Clone, Copy)]
pub struct Alert<'a> {
    /// What happened, as in the row: `guesses_in_a_row`, `sweep`.
    pub event: &'a str,
    /// The workplace's name.
    pub workspace: &'a str,
    /// The whole ID of the member it is about.
    pub login: Option<&'a str>,
    /// The network that it is about.
    pub network: Option<&'a str>,
    /// How often what it tells had happened.
    pub times: i64,
    /// When.
    pub at: Timestamp,
}

/// An alert for administrators, as SMS or e-mail. It carries no right: there is nothing to object to.
pub fn alert(locale: Locale, kind: ContactKind, alert: &Alert<'_>) -> Rendered {
    let say = |key| text(locale, key, &[]);
    let [sms, subject, what, next] = match alert.event {
        "sweep" => ["sms-alert-sweep", "mail-alert-sweep-subject", "mail-alert-sweep", "mail-alert-sweep-next"],
        "break_glass_used" => [
            "sms-alert-break-glass-used",
            "mail-alert-break-glass-used-subject",
            "mail-alert-break-glass-used",
            "mail-alert-owner-next",
        ],
        "break_glass_sealed" => [
            "sms-alert-break-glass-sealed",
            "mail-alert-break-glass-sealed-subject",
            "mail-alert-break-glass-sealed",
            "mail-alert-owner-next",
        ],
        "owner_step_asked" => [
            "sms-alert-owner-step-asked",
            "mail-alert-owner-step-asked-subject",
            "mail-alert-owner-step-asked",
            "mail-alert-owner-step-next",
        ],
        "owner_step_done" => [
            "sms-alert-owner-step-done",
            "mail-alert-owner-step-done-subject",
            "mail-alert-owner-step-done",
            "mail-alert-owner-next",
        ],
        "owner_step_refused" => [
            "sms-alert-owner-step-refused",
            "mail-alert-owner-step-refused-subject",
            "mail-alert-owner-step-refused",
            "mail-alert-owner-next",
        ],
        "owner_recovered" => [
            "sms-alert-owner-recovered",
            "mail-alert-owner-recovered-subject",
            "mail-alert-owner-recovered",
            "mail-alert-owner-next",
        ],
        "sign_in_after_failures" => [
            "sms-alert-look",
            "mail-alert-after-failures-subject",
            "mail-alert-after-failures",
            "mail-alert-after-failures-next",
        ],
        "network_failures" => {
            ["sms-alert-look", "mail-alert-network-subject", "mail-alert-network", "mail-alert-network-next"]
        }
        "many_countries" => {
            ["sms-alert-look", "mail-alert-countries-subject", "mail-alert-countries", "mail-alert-countries-next"]
        }
        "new_country" => [
            "sms-alert-look",
            "mail-alert-new-country-subject",
            "mail-alert-new-country",
            "mail-alert-new-country-next",
        ],
        "far_apart" => {
            ["sms-alert-look", "mail-alert-far-apart-subject", "mail-alert-far-apart", "mail-alert-far-apart-next"]
        }
        "budget_spent" => {
            ["sms-alert-look", "mail-alert-budget-subject", "mail-alert-budget", "mail-alert-budget-next"]
        }
        "member_loss" => ["sms-alert-look", "mail-alert-loss-subject", "mail-alert-loss", "mail-alert-loss-next"],
        "member_objected" => {
            ["sms-alert-look", "mail-alert-objected-subject", "mail-alert-objected", "mail-alert-objected-next"]
        }
        "unconfirmed_over" => [
            "sms-alert-look",
            "mail-alert-unconfirmed-subject",
            "mail-alert-unconfirmed",
            "mail-alert-unconfirmed-next",
        ],
        "chain_broken" => ["sms-alert-look", "mail-alert-chain-subject", "mail-alert-chain", "mail-alert-chain-next"],
        _ => ["sms-alert-guesses", "mail-alert-guesses-subject", "mail-alert-guesses", "mail-alert-guesses-next"],
    };
    if kind == ContactKind::Mobile {
        return Rendered::plain(locale, say(sms));
    }
    let mut facts = vec![text(locale, "mail-notice-workspace", &[("workspace", alert.workspace)])];
    if let Some(login) = alert.login {
        facts.push(text(locale, "mail-notice-login", &[("login", login)]));
    }
    if let Some(network) = alert.network {
        facts.push(text(locale, "mail-alert-from", &[("network", network)]));
    }
    facts.push(text(locale, "mail-notice-at", &[("at", &moment(locale, alert.at))]));
    let what = text(locale, what, &[("n", &alert.times.to_string())]);
    let parts = [what, facts.join("\n"), say(next), text(locale, "mail-foot", &[])];
    Rendered::email(locale, say(subject), parts.join("\n\n"))
}

/// The day's signed head of the audit log, to be kept outside of the server. The line stands alone, so that it is found in the mail.
pub fn chain_head(locale: Locale, workspace: &str, line: &str, at: Timestamp) -> Rendered {
    let say = |key| text(locale, key, &[]);
    let facts = [
        text(locale, "mail-notice-workspace", &[("workspace", workspace)]),
        text(locale, "mail-notice-at", &[("at", &moment(locale, at))]),
    ];
    let parts = [say("mail-head"), facts.join("\n"), line.to_owned(), say("mail-head-next"), say("mail-foot")];
    Rendered::email(locale, say("mail-head-subject"), parts.join("\n\n"))
}

/// The link with which a new member sets a password. `seconds` is how long it can be used.
pub fn activation_email(locale: Locale, workspace: &str, login: &str, url: &str, seconds: i64) -> Rendered {
    let time = lasting(locale, seconds);
    let values = [("workspace", workspace), ("login", login), ("url", url), ("time", time.as_str())];
    let subject = text(locale, "mail-activation-subject", &values[..1]);
    Rendered::email(locale, subject, text(locale, "mail-activation", &values)).with_link(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AlertEvent;

    const LONG: &str = "sign-in.kumamoto-shika.jp";
    const BOTH: [Locale; 2] = [Locale::Ja, Locale::En];
    const EVENTS: &[&str] = &[
        "recovered",
        "password_changed",
        "contact_added",
        "contact_removed",
        "contact_kept",
        "contact_mended",
        "id_changed",
        "identified",
        "held",
        "released",
        "suspended",
        "resumed",
        "signed_out",
        "deleted",
        "role_changed",
        "call_proved",
        "change_forced",
        "token_made",
        "new_device",
        "agent_enrolled",
        "loss_reported",
        "new_country",
        "far_apart",
        "after_failures",
        "failed_tries",
        "not known yet",
    ];

    fn code() -> Secret {
        Secret::from("00482190".to_owned())
    }

    fn news<'a>(event: &'a str, way_out: Option<&'a str>) -> Notice<'a> {
        let (workspace, login, about, reference) =
            ("さくら商事", "tanaka@sakura", Some("090-••••-5678"), Some("K7-2391-M"));
        Notice { event, workspace, login, at: Timestamp(1_795_334_700_000_000), about, way_out, reference }
    }

    #[test]
    fn a_codes_sms_is_one_part_and_ends_in_the_bound_line() {
        assert_eq!(LONG.len(), 25);
        for locale in BOTH {
            for host in [LONG, "id.example.jp", "localhost"] {
                let recovery = recovery_code(locale, ContactKind::Mobile, host, &code(), "KD");
                assert!(recovery.text.contains("KD"));
                for sms in [recovery, contact_code(locale, ContactKind::Mobile, host, &code())] {
                    assert!(fits_one_part(&sms.text), "{}: {}", sms.text.chars().count(), sms.text);
                    assert!(sms.text.ends_with(&format!("\n@{host} #00482190")), "{}", sms.text);
                    assert_eq!(sms.text.matches("00482190").count(), 2, "{}", sms.text);
                    assert!(!sms.text.contains("http"));
                }
            }
        }
    }

    #[test]
    fn the_kind_sentence_is_used_where_there_is_room() {
        assert_eq!(
            recovery_code(Locale::Ja, ContactKind::Mobile, "id.example.jp", &code(), "KD").text,
            "合鍵：認証番号 00482190（控え KD）10分有効。誰にも教えないでください\n@id.example.jp #00482190"
        );
    }

    #[test]
    fn a_notices_sms_is_one_part_without_link_or_name() {
        for locale in BOTH {
            for &event in EVENTS {
                for word in [Some("BCDF-GHJK-MNPQ"), None] {
                    let sms = notice(locale, ContactKind::Mobile, &news(event, word));
                    assert!(fits_one_part(&sms.text), "{}: {}", sms.text.chars().count(), sms.text);
                    assert_eq!(sms.text.contains("BCDF-GHJK-MNPQ"), word.is_some());
                    assert!(!sms.text.contains("http") && !sms.text.contains("さくら") && !sms.text.contains("tanaka"));
                }
            }
        }
    }

    #[test]
    fn a_forced_secret_fits_one_part_and_comes_without_a_link_or_a_name_by_sms() {
        let secret = Secret::from("CDF-234-HJK-567-LMN-89P");
        for locale in BOTH {
            for hours in 1..=24 {
                let facts =
                    Forced {
                        workspace: "さくら商事", login: "tanaka@sakura", secret: &secret, seconds: hours * 3_600
                    };
                let sms = forced_secret(locale, ContactKind::Mobile, &facts).text;
                assert!(fits_one_part(&sms), "{}: {sms}", sms.chars().count());
                assert!(sms.contains("CDF-234-HJK-567-LMN-89P") && !sms.contains("tanaka") && !sms.contains("さくら"));
                let mail = forced_secret(locale, ContactKind::Email, &facts);
                for part in ["CDF-234-HJK-567-LMN-89P", "tanaka@sakura", "さくら商事", &lasting(locale, hours * 3_600)]
                {
                    assert!(mail.text.contains(part), "{part} in {}", mail.text);
                }
                let subject = mail.subject.expect("an e-mail has a subject");
                assert!(!subject.contains("CDF"), "a subject is shown on a locked screen");
                assert!(![&sms, &subject, &mail.text].iter().any(|text| text.contains("://") || text.contains("www.")));
            }
        }
    }

    #[test]
    fn an_alert_tells_administrators_what_and_whom_and_names_nobody_by_sms() {
        for locale in BOTH {
            let owners = ["owner_step_asked", "owner_step_done", "owner_step_refused"];
            let all = AlertEvent::ALL.iter().filter(|event| event.can_be_mailed()).map(|event| event.as_str());
            for event in all.chain(owners) {
                let login = ["guesses_in_a_row", "sign_in_after_failures"].contains(&event).then_some("tanaka@sakura");
                let facts = Alert {
                    event,
                    workspace: "さくら商事",
                    login,
                    network: None,
                    times: 12,
                    at: Timestamp(1_795_334_700_000_000),
                };
                let sms = alert(locale, ContactKind::Mobile, &facts).text;
                assert!(fits_one_part(&sms), "{}: {sms}", sms.chars().count());
                assert!(!sms.contains("tanaka") && !sms.contains("さくら"), "{sms}");
                let mail = alert(locale, ContactKind::Email, &facts);
                assert!(mail.text.contains("さくら商事") && mail.text.contains("17:05"), "{}", mail.text);
                assert_eq!(mail.text.contains("tanaka@sakura"), login.is_some(), "{}", mail.text);
                assert!(!mail.text.contains("://"), "{}", mail.text);
            }
        }
    }

    #[test]
    fn a_codes_email_has_no_link() {
        for locale in BOTH {
            let recovery = recovery_code(locale, ContactKind::Email, LONG, &code(), "KD");
            assert!(recovery.text.contains("KD"));
            for mail in [recovery, contact_code(locale, ContactKind::Email, LONG, &code())] {
                assert!(mail.text.contains("00482190"), "{}", mail.text);
                let all = format!("{} {}", mail.subject.expect("an e-mail has a subject"), mail.text);
                assert!(!all.contains("://") && !all.contains("www.") && !all.contains(LONG), "{all}");
                assert!(!all.contains('\r'));
            }
        }
    }

    #[test]
    fn a_notices_email_says_what_when_where_and_what_to_do() {
        let url = "https://id.example.jp/not-me/abc";
        for locale in BOTH {
            for &event in EVENTS {
                let mail = notice(locale, ContactKind::Email, &news(event, Some(url)));
                for part in ["さくら商事", "tanaka@sakura", "17:05", "090-••••-5678", "K7-2391-M", url] {
                    assert!(mail.text.contains(part), "{part} in {}", mail.text);
                }
                assert!(!notice(locale, ContactKind::Email, &news(event, None)).text.contains("://"));
            }
        }
    }

    #[test]
    fn an_activation_names_the_id_and_how_long_its_link_lives() {
        let url = "https://id.example.jp/set-password/abc";
        let mail = activation_email(Locale::Ja, "さくら商事", "tanaka@sakura", url, 86_400);
        assert!(mail.text.contains("tanaka@sakura") && mail.text.contains("1日") && mail.text.contains(url));
    }
}
