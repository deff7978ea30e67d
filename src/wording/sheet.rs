//! A list of members in words: its columns, and what is the matter with a row.

use super::{Locale, text};
use crate::model::{Column, RowTrouble};

/// What is the matter, and what would be right.
pub fn trouble(locale: Locale, why: RowTrouble) -> String {
    match why {
        RowTrouble::Fields => text(locale, "sheet-fields", &[]),
        RowTrouble::Twice => text(locale, "sheet-twice", &[]),
        RowTrouble::Taken => text(locale, "sheet-taken", &[]),
        RowTrouble::Empty => text(locale, "sheet-empty", &[]),
        RowTrouble::TooLong => text(locale, "sheet-too-long", &[]),
        RowTrouble::Control => text(locale, "sheet-control", &[]),
        RowTrouble::LoginPhone => text(locale, "sheet-login-phone", &[]),
        RowTrouble::LoginEmail => text(locale, "sheet-login-email", &[]),
        RowTrouble::LookAlike => text(locale, "sheet-look-alike", &[]),
        RowTrouble::Login => text(locale, "sheet-login", &[]),
        RowTrouble::Role => text(locale, "sheet-role", &[]),
        RowTrouble::RoleTooHigh => text(locale, "sheet-role-too-high", &[]),
        RowTrouble::Landline => text(locale, "sheet-landline", &[]),
        RowTrouble::IpPhone => text(locale, "sheet-ip-phone", &[]),
        RowTrouble::Service => text(locale, "sheet-service", &[]),
        RowTrouble::Foreign => text(locale, "sheet-foreign", &[]),
        RowTrouble::TooShort => text(locale, "sheet-too-short", &[]),
        RowTrouble::TooManyDigits => text(locale, "sheet-too-many-digits", &[]),
        RowTrouble::Phone => text(locale, "sheet-phone", &[]),
        RowTrouble::EmailSeveral => text(locale, "sheet-email-several", &[]),
        RowTrouble::EmailPhone => text(locale, "sheet-email-phone", &[]),
        RowTrouble::Email => text(locale, "sheet-email", &[]),
        RowTrouble::Oneself => text(locale, "sheet-oneself", &[]),
        RowTrouble::Rank => text(locale, "sheet-rank", &[]),
        RowTrouble::Gone => text(locale, "sheet-gone", &[]),
        RowTrouble::Standing => text(locale, "sheet-standing", &[]),
        RowTrouble::Asked => text(locale, "sheet-asked", &[]),
        RowTrouble::Unreachable => text(locale, "sheet-unreachable", &[]),
        RowTrouble::NoContact => text(locale, "sheet-no-contact", &[]),
        RowTrouble::Invited => text(locale, "sheet-invited", &[]),
        RowTrouble::NotInvited => text(locale, "sheet-not-invited", &[]),
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
