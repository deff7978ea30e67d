//! A list of members in words: its columns, and what is the matter with a row.

use super::{Locale, text};
use crate::model::{Column, RowTrouble};

/// What is the matter, and what would be right.
pub fn trouble(locale: Locale, why: RowTrouble) -> String {
    text(locale, key(why), &[])
}

/// Key of that sentence.
pub const fn key(why: RowTrouble) -> &'static str {
    match why {
        RowTrouble::Fields => "sheet-fields",
        RowTrouble::Twice => "sheet-twice",
        RowTrouble::Taken => "sheet-taken",
        RowTrouble::Empty => "sheet-empty",
        RowTrouble::TooLong => "sheet-too-long",
        RowTrouble::Control => "sheet-control",
        RowTrouble::LoginPhone => "sheet-login-phone",
        RowTrouble::LoginEmail => "sheet-login-email",
        RowTrouble::LookAlike => "sheet-look-alike",
        RowTrouble::Login => "sheet-login",
        RowTrouble::Role => "sheet-role",
        RowTrouble::RoleTooHigh => "sheet-role-too-high",
        RowTrouble::Landline => "sheet-landline",
        RowTrouble::IpPhone => "sheet-ip-phone",
        RowTrouble::Service => "sheet-service",
        RowTrouble::Foreign => "sheet-foreign",
        RowTrouble::TooShort => "sheet-too-short",
        RowTrouble::TooManyDigits => "sheet-too-many-digits",
        RowTrouble::Phone => "sheet-phone",
        RowTrouble::EmailSeveral => "sheet-email-several",
        RowTrouble::EmailPhone => "sheet-email-phone",
        RowTrouble::Email => "sheet-email",
        RowTrouble::Oneself => "sheet-oneself",
        RowTrouble::Rank => "sheet-rank",
        RowTrouble::Gone => "sheet-gone",
        RowTrouble::Standing => "sheet-standing",
        RowTrouble::Asked => "sheet-asked",
        RowTrouble::Unreachable => "sheet-unreachable",
        RowTrouble::NoContact => "sheet-no-contact",
        RowTrouble::Invited => "sheet-invited",
        RowTrouble::NotInvited => "sheet-not-invited",
    }
}

/// A column as the template names it.
pub fn column(locale: Locale, column: Column) -> String {
    match column {
        Column::Login => text(locale, "column-login", &[]),
        Column::Name => text(locale, "column-name", &[]),
        Column::Kana => text(locale, "column-kana", &[]),
        Column::Department => text(locale, "column-department", &[]),
        Column::Role => text(locale, "column-role", &[]),
        Column::Mobile => text(locale, "column-mobile", &[]),
        Column::Email => text(locale, "column-email", &[]),
    }
}
