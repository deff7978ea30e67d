//! Typed texts into the words of the model, and what each trouble is called in an answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{Field, Kind, Problem};
use crate::app::App;
use crate::flows::{contacts::Address, password::Trouble};
use crate::model::{
    CodeTrouble, CodeTyped, ContactKind, EmailAddress, EmailTrouble, LoginTrouble, LoginTyped, PasswordTrouble, Phone,
    PhoneTrouble, Slug, Timestamp,
};

/// By which way a contact is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Channel {
    /// A mobile number.
    Sms,
    /// A personal e-mail address.
    Email,
}

impl From<ContactKind> for Channel {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Mobile => Self::Sms,
            ContactKind::Email => Self::Email,
        }
    }
}

/// A point in time as RFC 3339 text in UTC, always with three decimals.
pub(super) fn time(at: Timestamp) -> String {
    format!("{:.3}", at.to_jiff())
}

/// A contact as it was typed in the field `address`.
pub(super) fn address(app: &App, channel: Channel, typed: &str) -> Result<Address, Problem> {
    Ok(match channel {
        Channel::Sms => Address::Mobile(phone(app, typed)?),
        Channel::Email => Address::Email(email(typed)?),
    })
}

/// A mobile number typed in the field `address`.
pub(super) fn phone(app: &App, typed: &str) -> Result<Phone, Problem> {
    Phone::parse(typed, &app.config.countries).map_err(|trouble| {
        let (code, key) = match trouble {
            PhoneTrouble::Empty => ("empty", "slip-number-empty"),
            PhoneTrouble::TooLong | PhoneTrouble::TooManyDigits => ("too_long", "slip-number-unreadable"),
            PhoneTrouble::NotANumber => ("not_a_number", "slip-number-unreadable"),
            PhoneTrouble::TooShort => ("too_short", "slip-number-unreadable"),
            PhoneTrouble::Landline => ("landline", "slip-number-landline"),
            PhoneTrouble::IpPhone => ("ip_phone", "slip-number-landline"),
            PhoneTrouble::Service => ("service_number", "slip-number-landline"),
            PhoneTrouble::Foreign => ("foreign", "slip-number-foreign"),
        };
        Field::new("address", code, key).into()
    })
}

/// An e-mail address typed in the field `address`.
pub(super) fn email(typed: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(typed).map_err(|trouble| {
        let (code, key) = match trouble {
            EmailTrouble::Empty => ("empty", "slip-email-empty"),
            EmailTrouble::TooLong => ("too_long", "slip-email-unreadable"),
            EmailTrouble::SeveralAddresses => ("several_addresses", "slip-email-unreadable"),
            EmailTrouble::NoAt
            | EmailTrouble::NothingBeforeAt
            | EmailTrouble::NoDomainDot
            | EmailTrouble::BadDomain
            | EmailTrouble::BadDots
            | EmailTrouble::BadCharacter
            | EmailTrouble::LookAlike
            | EmailTrouble::LooksLikePhone => ("not_an_address", "slip-email-unreadable"),
        };
        Field::new("address", code, key).into()
    })
}

/// An ID typed in the field `login`.
pub(super) fn login(typed: &str) -> Result<LoginTyped, Problem> {
    LoginTyped::parse(typed).map_err(|trouble| login_trouble(trouble).into())
}

/// What an ID has against it.
pub(super) fn login_trouble(trouble: LoginTrouble) -> Field {
    let (code, key) = match trouble {
        LoginTrouble::Empty => ("empty", "slip-login-empty"),
        LoginTrouble::TooLong => ("too_long", "api-field-login"),
        LoginTrouble::BadCharacter => ("bad_character", "api-field-login"),
        LoginTrouble::LooksLikePhone => ("looks_like_phone", "api-field-login"),
        LoginTrouble::LooksLikeEmail => ("looks_like_email", "api-field-login"),
        LoginTrouble::LookAlike => ("look_alike", "api-field-login"),
        LoginTrouble::SeveralAts => ("several_ats", "api-field-login"),
        LoginTrouble::Workspace(_) => ("workspace", "api-field-login"),
        LoginTrouble::WorkEmail(_) => ("work_email", "api-field-login"),
    };
    Field::new("login", code, key)
}

/// A workspace named in the field `workspace`, in its one form.
pub(super) fn workspace(typed: Option<&str>) -> Result<Option<Slug>, Problem> {
    typed.map(|typed| Slug::parse(typed).map_err(|_| unknown_workspace())).transpose()
}

/// No workspace has this name.
pub(super) fn unknown_workspace() -> Problem {
    Field::new("workspace", "unknown", "api-field-workspace").into()
}

/// A code typed in the field `code`.
pub(super) fn code(app: &App, typed: &str) -> Result<CodeTyped, Problem> {
    CodeTyped::parse(typed, app.config.sms_sender.as_deref()).map_err(|trouble| {
        let (code, key) = match trouble {
            CodeTrouble::Empty => ("empty", "slip-code-empty"),
            CodeTrouble::WrongLength { .. } => ("wrong_length", "slip-code-shape"),
            CodeTrouble::NotDigits => ("not_digits", "slip-code-shape"),
            CodeTrouble::LooksLikeSender => ("sender", "slip-code-shape"),
        };
        Field::new("code", code, key).into()
    })
}

/// Why a new password is not taken: all reasons at once.
pub(super) fn password_troubles(troubles: &[Trouble]) -> Problem {
    Problem::fields(troubles.iter().map(password_trouble).collect())
}

fn password_trouble(trouble: &Trouble) -> Field {
    let field = |code, key| Field::new("password", code, key);
    match trouble {
        Trouble::UsedBefore => field("used_before", "slip-password-again"),
        Trouble::Policy(trouble) => match trouble {
            PasswordTrouble::Empty => field("empty", "slip-password-empty"),
            PasswordTrouble::TooShort { min, have } => {
                field("too_short", "slip-password-short").saying("min", min).saying("more", &min.saturating_sub(*have))
            }
            PasswordTrouble::TooLong => field("too_long", "slip-password-long"),
            PasswordTrouble::ControlCharacter => field("control_character", "api-field-control"),
            PasswordTrouble::Common => field("common", "slip-password-common"),
            PasswordTrouble::ContainsContext(_) => field("own_word", "slip-password-own"),
            PasswordTrouble::Repetitive => field("repetitive", "slip-password-common"),
            PasswordTrouble::TooFewClasses { min, .. } => {
                field("too_few_classes", "slip-password-classes").saying("n", min)
            }
        },
    }
}

/// An id in a path, as this server writes them; anything else is nobody's.
pub(super) fn id(prefix: &str, text: String) -> Result<String, Problem> {
    let letters = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).unwrap_or_default();
    if letters.len() == 26 && letters.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(Kind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::SessionId;

    #[test]
    fn our_own_ids_pass_and_no_other_text() {
        let ours = SessionId::new(Timestamp(1_795_334_700_000_000), [7; 10]).0;
        assert!(id("ses", ours.clone()).is_ok());
        for text in ["", "ses_", "ses_\0", &ours[1..], &ours.to_uppercase(), &format!("{ours}0")] {
            assert!(id("ses", text.to_owned()).is_err(), "{text:?}");
        }
        assert!(id("con", ours).is_err());
    }

    #[test]
    fn times_are_texts_of_one_length() {
        assert_eq!(time(Timestamp(1_795_334_700_000_000)), "2026-11-22T08:05:00.000Z");
        assert_eq!(time(Timestamp(1_795_334_700_123_999)), "2026-11-22T08:05:00.123Z");
    }
}
