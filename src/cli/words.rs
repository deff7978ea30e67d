//! What is wrong with something that the operator typed, in English: each says what would be right.

use crate::model::policy::Departure;
use crate::model::{
    EmailTrouble, LineTrouble, LoginTrouble, NetworksTrouble, OwnTextTrouble, PhoneTrouble, PolicyTrouble, SlugTrouble,
    own_text,
};

pub(super) fn slug(trouble: SlugTrouble) -> &'static str {
    match trouble {
        SlugTrouble::Reserved => "this word is used by the server itself: choose another",
        SlugTrouble::EdgeHyphen => "it must not begin or end with a hyphen",
        _ => "a workspace's short name has 2 to 40 small letters, digits and hyphens",
    }
}

pub(super) fn login(trouble: LoginTrouble) -> &'static str {
    match trouble {
        LoginTrouble::Empty => "the login name is empty",
        LoginTrouble::LooksLikePhone => "it looks like a telephone number: a login name needs a letter",
        LoginTrouble::LooksLikeEmail | LoginTrouble::SeveralAts | LoginTrouble::WorkEmail(_) => {
            "give the name alone, without @ and what follows"
        }
        LoginTrouble::LookAlike => "it mixes letters of several scripts that look alike",
        _ => "a login name has 1 to 64 letters, digits and . _ -",
    }
}

pub(super) fn line(trouble: LineTrouble) -> &'static str {
    match trouble {
        LineTrouble::Control => "it holds a line break or another control character",
        LineTrouble::Long => "it has more than 100 characters",
        LineTrouble::Empty => "it is empty",
    }
}

pub(super) fn phone(trouble: PhoneTrouble) -> &'static str {
    match trouble {
        PhoneTrouble::Landline => "this is a fixed line, which gets no SMS",
        PhoneTrouble::IpPhone => "050 numbers get no SMS",
        PhoneTrouble::Service => "this is a service's number, which gets no SMS",
        PhoneTrouble::Foreign => "this number's country is not among `countries` of the configuration",
        PhoneTrouble::TooShort => "digits are missing: a mobile number is like 090-1234-5678",
        PhoneTrouble::TooManyDigits => "it has too many digits: a mobile number is like 090-1234-5678",
        _ => "this is not a mobile number like 090-1234-5678",
    }
}

pub(super) fn email(trouble: EmailTrouble) -> &'static str {
    match trouble {
        EmailTrouble::SeveralAddresses => "give one address only",
        EmailTrouble::LookAlike => "its domain mixes letters that look alike",
        EmailTrouble::LooksLikePhone => "this is a telephone number: it belongs to `mobile`",
        EmailTrouble::TooLong => "the address is too long",
        _ => "this is not an e-mail address like taro@example.jp",
    }
}

pub(super) fn policy(trouble: PolicyTrouble) -> String {
    match trouble {
        PolicyTrouble::OutOfRange { field, min, max } => format!("{field} can be {min} to {max}"),
        PolicyTrouble::ExpiryDays => "password.expiry_days can be 90, 180, 365 or none".to_owned(),
        PolicyTrouble::IdleLongerThanSession { field } => format!("{field} is longer than the whole session"),
    }
}

pub(super) fn departure(departure: Departure) -> &'static str {
    match departure {
        Departure::ShortPasswords => {
            "passwords under 15 characters: NIST SP 800-63B asks for 15 where the password is the only factor"
        }
        Departure::Classes => {
            "composition rules: NIST SP 800-63B and OWASP ASVS forbid them, since people answer with Password1!"
        }
        Departure::Expiry => {
            "expiring passwords: NIST SP 800-63B and OWASP ASVS forbid it, and the Ministry of Internal Affairs advises against it"
        }
        Departure::NoBlocklist => "no blocklist: NIST SP 800-63B demands that common passwords are refused",
        Departure::LongSessions => "sessions over 24 hours, or 1 hour without use: longer than NIST SP 800-63B allows",
    }
}

pub(super) fn own_text(trouble: OwnTextTrouble) -> String {
    match trouble {
        OwnTextTrouble::TooLong => format!("it has more than {} characters", own_text::MOST_LETTERS),
        OwnTextTrouble::TooManyLines => format!("it has more than {} lines", own_text::MOST_LINES),
        OwnTextTrouble::Unseen => "it holds control characters, or marks that nobody sees".to_owned(),
        OwnTextTrouble::LookAlike(word) => format!("`{word}` mixes letters that look alike"),
    }
}

pub(super) fn networks(trouble: &NetworksTrouble) -> String {
    match trouble {
        NetworksTrouble::Empty => "there is no network in it".to_owned(),
        NetworksTrouble::TooMany(most) => {
            format!("there are more than {most} networks: wider ones can take in several")
        }
        NetworksTrouble::NotANetwork(typed) => {
            format!("`{typed}` is not a network such as 203.0.113.0/24 or 2001:db8::/32")
        }
        NetworksTrouble::HostBits(typed, meant) => {
            format!("`{typed}` points into the middle of a network: did you mean {meant}?")
        }
        NetworksTrouble::Everywhere => {
            "together they are every address: to let people in from everywhere, --clear".to_owned()
        }
    }
}
