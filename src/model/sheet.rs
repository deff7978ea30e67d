//! A list of members as a table: which columns there are, by the names that people give them, and what can be wrong with a row.

use unicode_normalization::UnicodeNormalization as _;

use super::text_enum::text_enum;

text_enum! {
    /// A column of the table.
    pub enum Column {
        /// The bare ID.
        Login => "login",
        /// The name.
        Name => "name",
        /// Its reading.
        Kana => "kana",
        /// The department.
        Department => "department",
        /// The role.
        Role => "role",
        /// A mobile number.
        Mobile => "mobile",
        /// A personal e-mail address.
        Email => "email",
    }

    /// Why nothing comes of a row.
    pub enum RowTrouble {
        /// More or fewer fields than the first line has.
        Fields => "fields",
        /// The ID stands in the file before.
        Twice => "twice",
        /// Somebody has the ID, or gave it up a short while ago.
        Taken => "taken",
        /// Nothing where something must be.
        Empty => "empty",
        /// More than 100 characters.
        TooLong => "too_long",
        /// A line break or another control character.
        Control => "control",
        /// An ID like a telephone number.
        LoginPhone => "login_phone",
        /// An ID like an e-mail address.
        LoginEmail => "login_email",
        /// An ID of letters that look alike.
        LookAlike => "look_alike",
        /// An ID with signs that stand in none.
        Login => "login",
        /// No such role.
        Role => "role",
        /// A role that whoever adds may not give.
        RoleTooHigh => "role_too_high",
        /// A fixed line.
        Landline => "landline",
        /// An 050 number.
        IpPhone => "ip_phone",
        /// A service's number.
        Service => "service",
        /// A country to which nothing is sent.
        Foreign => "foreign",
        /// Digits are missing.
        TooShort => "too_short",
        /// Digits too many.
        TooManyDigits => "too_many_digits",
        /// No mobile number.
        Phone => "phone",
        /// Several addresses.
        EmailSeveral => "email_several",
        /// A telephone number where an address belongs.
        EmailPhone => "email_phone",
        /// No e-mail address.
        Email => "email",
        /// Who began the work.
        Oneself => "oneself",
        /// Somebody of an equal or higher rank.
        Rank => "rank",
        /// Nobody any more.
        Gone => "gone",
        /// An account in a state in which this means nothing.
        Standing => "standing",
        /// A new password is demanded of them already.
        Asked => "asked",
        /// Somebody whom no confirmed contact reaches.
        Unreachable => "unreachable",
        /// Somebody without a contact.
        NoContact => "no_contact",
        /// Somebody who is not invited any more, or of too high a rank.
        NotInvited => "not_invited",
        /// Somebody whose invitation holds.
        Invited => "invited",
    }
}

impl Column {
    /// Its names, normalised: as the template has them, and as people write them.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Login => {
                &["login", "id", "loginid", "userid", "ログインid", "ユーザーid", "ログイン名", "アカウント"]
            }
            Self::Name => &["name", "fullname", "名前", "氏名", "お名前"],
            Self::Kana => &["kana", "reading", "ふりがな", "フリガナ", "よみ", "よみがな", "読み", "読みがな", "カナ"],
            Self::Department => &["department", "部署", "所属", "部門", "部署名"],
            Self::Role => &["role", "役割", "権限"],
            Self::Mobile => {
                &["mobile", "mobilenumber", "phone", "携帯", "携帯番号", "携帯電話", "携帯電話番号", "電話番号"]
            }
            Self::Email => &[
                "email",
                "e-mail",
                "mail",
                "emailaddress",
                "personalemail",
                "メール",
                "メールアドレス",
                "個人メール",
                "個人メールアドレス",
            ],
        }
    }

    /// The column that a first line means by this.
    pub fn called(typed: &str) -> Option<Self> {
        // Bracketed notes, marks and spaces are for people: "氏名（必須）", "Login ID *".
        let plain: String = typed.nfkc().flat_map(char::to_lowercase).collect();
        let plain = plain.split(['(', '[', '【']).next().unwrap_or_default();
        let plain: String = plain.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '※' | '_')).collect();
        Self::ALL.iter().copied().find(|column| column.names().contains(&plain.as_str()))
    }

    /// Whether no row goes without it.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Login | Self::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_the_names_that_people_give_them() {
        for (typed, column) in [
            ("login", Column::Login),
            ("Login ID *", Column::Login),
            ("ログインＩＤ（必須）", Column::Login),
            ("氏 名", Column::Name),
            ("ﾌﾘｶﾞﾅ", Column::Kana),
            ("所属", Column::Department),
            ("携帯電話番号", Column::Mobile),
            ("メールアドレス", Column::Email),
            ("E-Mail", Column::Email),
        ] {
            assert_eq!(Column::called(typed), Some(column), "{typed}");
        }
        for typed in ["", "workspace_id", "verified", "state", "password", "社員番号", "(login)"] {
            assert_eq!(Column::called(typed), None, "{typed}");
        }
    }
}
