//! A file of members: CSV, or with tabs as spreadsheets copy it, in any of the usual letters, its columns in any order. Each row becomes a
//! [`NewMember`], or everything that is wrong with it is told by line and column.
//!
//! A column that is not known is refused by its name: what nobody may set from a file (workspace, state, whether a contact counts) has none.

mod letters;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::contacts::Address;
use super::members::NewMember;
use crate::model::{
    Column, EmailAddress, EmailTrouble, Locale, LoginName, LoginTrouble, Phone, PhoneTrouble, Role, RowTrouble,
};

/// What rows are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Countries that numbers may be of.
    pub countries: &'a [String],
    /// The language of those who are added.
    pub locale: Locale,
    /// The highest role that may be given.
    pub highest: Role,
    /// How many rows at most.
    pub rows: usize,
}

/// What stands in a row, by column.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Cells {
    pub login: String,
    pub name: String,
    pub kana: String,
    pub department: String,
    pub role: String,
    pub mobile: String,
    pub email: String,
}

/// Something that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The line of the file on which the row begins; 0 where there is no file.
    pub line: u64,
    /// In which column.
    pub column: Option<Column>,
    /// What stands there, cut.
    pub typed: String,
    /// What is wrong with it.
    pub why: RowTrouble,
}

/// A row that can be added.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line on which it begins.
    pub line: u64,
    /// As it stands there.
    pub cells: Cells,
    /// Whom it makes.
    pub new: NewMember,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The rows that can be added.
    pub rows: Vec<Row>,
    /// What is wrong with the others.
    pub troubles: Vec<Told>,
    /// How many rows there are in all.
    pub total: usize,
}

/// What is wrong with a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// The bytes from this line on are no letters.
    Letters(u64),
    /// There is nothing below the first line.
    Empty,
    /// It has more rows than these.
    TooManyRows(usize),
    /// Columns that nobody knows.
    UnknownColumns(Vec<String>),
    /// This column is there twice.
    ColumnTwice(Column),
    /// This column is missing.
    ColumnMissing(Column),
    /// It is no table, from this line on.
    NoTable(u64),
}

/// The longest piece of somebody's text that is told.
const SHOWN: usize = 40;

impl Told {
    /// Cut to what can be shown.
    pub fn new(line: u64, column: Option<Column>, typed: &str, why: RowTrouble) -> Self {
        let mut shown: String =
            typed.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if typed.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        Self { line, column, typed: shown, why }
    }
}

/// Reads a file. The first row with an ID counts; another with the same ID is told.
pub fn read(bytes: &[u8], rules: &Rules<'_>) -> Result<Sheet, Bad> {
    // However the lines end, on a Mac by CR alone too: a row is known by its line.
    let text = letters::read(bytes).map_err(Bad::Letters)?.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().next().unwrap_or_default();
    let tabs = first.contains('\t') && !first.contains(',');
    let mut builder = csv::ReaderBuilder::new();
    builder.flexible(true).trim(csv::Trim::All).delimiter(if tabs { b'\t' } else { b',' });
    let mut reader = builder.from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(|_| Bad::NoTable(1))?)?;
    let mut sheet = Sheet::default();
    let mut seen: HashSet<String> = HashSet::new();
    let mut place = Place { text: &text, at: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(|_| Bad::NoTable(place.line))?;
        let line = place.line_of(record.position());
        if record.iter().all(str::is_empty) {
            continue;
        }
        sheet.total += 1;
        if sheet.total > rules.rows {
            return Err(Bad::TooManyRows(rules.rows));
        }
        if record.len() != columns.len() {
            let both = format!("{} / {}", record.len(), columns.len());
            sheet.troubles.push(Told::new(line, None, &both, RowTrouble::Fields));
            continue;
        }
        let cells = Cells::of(columns.iter().copied().zip(record.iter()));
        match row(line, &cells, rules) {
            Ok(new) => {
                if seen.contains(new.login.as_str()) {
                    sheet.troubles.push(Told::new(line, Some(Column::Login), new.login.as_str(), RowTrouble::Twice));
                } else {
                    seen.insert(new.login.to_string());
                    sheet.rows.push(Row { line, cells, new });
                }
            }
            Err(troubles) => sheet.troubles.extend(troubles),
        }
    }
    if sheet.total == 0 { Err(Bad::Empty) } else { Ok(sheet) }
}

/// How far lines were counted.
struct Place<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// The line on which the next row begins, counted from 1. The reader takes empty lines before it for a part of it.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let at = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let rest = self.text.get(at..).unwrap_or_default();
        let begin = at + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let passed = self.text.get(self.at..begin).unwrap_or_default();
        self.line += passed.bytes().filter(|byte| *byte == b'\n').map(|_| 1).sum::<u64>();
        self.at = self.at.max(begin);
        self.line
    }
}

/// The columns in the file's order.
fn columns(head: &csv::StringRecord) -> Result<Vec<Column>, Bad> {
    let mut columns = Vec::new();
    let mut unknown = Vec::new();
    for name in head {
        match Column::called(name) {
            Some(column) if columns.contains(&column) => return Err(Bad::ColumnTwice(column)),
            Some(column) => columns.push(column),
            None => unknown.push(Told::new(1, None, name, RowTrouble::Fields).typed),
        }
    }
    if !unknown.is_empty() {
        unknown.truncate(10);
        return Err(Bad::UnknownColumns(unknown));
    }
    match Column::ALL.iter().find(|column| column.is_needed() && !columns.contains(column)) {
        Some(missing) => Err(Bad::ColumnMissing(*missing)),
        None => Ok(columns),
    }
}

impl Cells {
    fn of<'a>(cells: impl Iterator<Item = (Column, &'a str)>) -> Self {
        let mut all = Self::default();
        for (column, text) in cells {
            text.clone_into(match column {
                Column::Login => &mut all.login,
                Column::Name => &mut all.name,
                Column::Kana => &mut all.kana,
                Column::Department => &mut all.department,
                Column::Role => &mut all.role,
                Column::Mobile => &mut all.mobile,
                Column::Email => &mut all.email,
            });
        }
        all
    }
}

/// One row; every cell that is wrong is told.
pub fn row(line: u64, cells: &Cells, rules: &Rules<'_>) -> Result<NewMember, Vec<Told>> {
    let mut troubles = Vec::new();
    let mut note = |column, typed: &str, why| troubles.push(Told::new(line, Some(column), typed, why));
    let login =
        LoginName::parse(&cells.login).map_err(|why| note(Column::Login, &cells.login, login_trouble(why))).ok();
    let name = match shown(&cells.name) {
        Ok(name) if name.is_empty() => Err(RowTrouble::Empty),
        other => other,
    };
    let name = name.map_err(|why| note(Column::Name, &cells.name, why)).ok();
    let kana = shown(&cells.kana).map_err(|why| note(Column::Kana, &cells.kana, why)).ok();
    let department = shown(&cells.department).map_err(|why| note(Column::Department, &cells.department, why)).ok();
    let role = match role(&cells.role) {
        Some(role) if role != Role::Member && role.rank() > rules.highest.rank() => Err(RowTrouble::RoleTooHigh),
        Some(role) => Ok(role),
        None => Err(RowTrouble::Role),
    };
    let role = role.map_err(|why| note(Column::Role, &cells.role, why)).ok();
    let mut contacts = Vec::new();
    if !cells.mobile.is_empty() {
        match Phone::parse(&cells.mobile, rules.countries) {
            Ok(phone) => contacts.push(Address::Mobile(phone)),
            Err(why) => note(Column::Mobile, &cells.mobile, phone_trouble(why)),
        }
    }
    if !cells.email.is_empty() {
        match EmailAddress::parse(&cells.email) {
            Ok(address) => contacts.push(Address::Email(address)),
            Err(why) => note(Column::Email, &cells.email, email_trouble(why)),
        }
    }
    match (login, name, kana, department, role) {
        (Some(login), Some(name), Some(kana), Some(department), Some(role)) if troubles.is_empty() => {
            Ok(NewMember { login, name, kana, department, role, locale: rules.locale, contacts })
        }
        _ => Err(troubles),
    }
}

/// A name or department, as it is shown on pages and in messages.
fn shown(text: &str) -> Result<String, RowTrouble> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err(RowTrouble::Control);
    }
    if text.chars().count() > 100 { Err(RowTrouble::TooLong) } else { Ok(text.to_owned()) }
}

/// A role by its word, or by its name in either language.
fn role(text: &str) -> Option<Role> {
    if text.is_empty() {
        return Some(Role::Member);
    }
    let word = text.to_lowercase().replace(' ', "_");
    Role::parse(&word).or(match text {
        "オーナー" => Some(Role::Owner),
        "管理者" => Some(Role::Administrator),
        "ヘルプデスク" => Some(Role::HelpDesk),
        "メンバー" => Some(Role::Member),
        _ => None,
    })
}

const fn login_trouble(why: LoginTrouble) -> RowTrouble {
    match why {
        LoginTrouble::Empty => RowTrouble::Empty,
        LoginTrouble::LooksLikePhone => RowTrouble::LoginPhone,
        LoginTrouble::LooksLikeEmail | LoginTrouble::SeveralAts | LoginTrouble::WorkEmail(_) => RowTrouble::LoginEmail,
        LoginTrouble::LookAlike => RowTrouble::LookAlike,
        LoginTrouble::TooLong | LoginTrouble::BadCharacter | LoginTrouble::Workspace(_) => RowTrouble::Login,
    }
}

const fn phone_trouble(why: PhoneTrouble) -> RowTrouble {
    match why {
        PhoneTrouble::Landline => RowTrouble::Landline,
        PhoneTrouble::IpPhone => RowTrouble::IpPhone,
        PhoneTrouble::Service => RowTrouble::Service,
        PhoneTrouble::Foreign => RowTrouble::Foreign,
        PhoneTrouble::TooShort => RowTrouble::TooShort,
        PhoneTrouble::TooManyDigits => RowTrouble::TooManyDigits,
        PhoneTrouble::Empty | PhoneTrouble::TooLong | PhoneTrouble::NotANumber => RowTrouble::Phone,
    }
}

const fn email_trouble(why: EmailTrouble) -> RowTrouble {
    match why {
        EmailTrouble::SeveralAddresses => RowTrouble::EmailSeveral,
        EmailTrouble::LooksLikePhone => RowTrouble::EmailPhone,
        _ => RowTrouble::Email,
    }
}
