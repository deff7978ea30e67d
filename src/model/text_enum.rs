//! One macro for every enum that stands in a text column: the same word in the database, in JSON and in logs, on both engines.
//! A renamed word is a migration; a renamed variant is not.

/// An enum whose variants each have one word: `as_str`, `parse`, `ALL`, `Display`, `FromStr`, `AsRef<str>`, serde and sqlx (TEXT) all speak that word.
///
/// An unknown word in a column is an error of decoding, never a default: a state that this version does not know must not be taken for another.
macro_rules! text_enum {
    ($($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every variant, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The word in columns, JSON and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
            /// The variant of this exact word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { self.as_str() }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::model::text_enum::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::parse(word).ok_or($crate::model::text_enum::UnknownWord { kind: stringify!($name) })
            }
        }
        impl<DB: sqlx::Database> sqlx::Type<DB> for $name where str: sqlx::Type<DB> {
            fn type_info() -> DB::TypeInfo { <str as sqlx::Type<DB>>::type_info() }
            fn compatible(ty: &DB::TypeInfo) -> bool { <str as sqlx::Type<DB>>::compatible(ty) }
        }
        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name where &'static str: sqlx::Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut <DB as sqlx::Database>::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                sqlx::Encode::<DB>::encode_by_ref(&self.as_str(), buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where &'r str: sqlx::Decode<'r, DB> {
            fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<DB>>::decode(value)?.parse::<Self>()?)
            }
        }
    )*};
}
pub(crate) use text_enum;

/// A word that its enum does not have. The word itself stays out of the message: it may be what a person typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown word for {kind}")]
pub struct UnknownWord {
    /// Name of the enum.
    pub kind: &'static str,
}

#[cfg(test)]
mod tests {
    text_enum! {
        /// For the test.
        enum Door {
            /// One may pass.
            Open => "open",
            /// One may not.
            Shut => "shut",
        }
    }

    /// Compiles only if the enum can be bound and read on this driver.
    fn column<DB: sqlx::Database, T>()
    where
        T: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB> + for<'r> sqlx::Decode<'r, DB>,
    {
    }

    #[test]
    fn every_word_comes_back_and_no_other_does() {
        for &door in Door::ALL {
            assert_eq!(Door::parse(door.as_str()), Some(door));
            assert_eq!(door.to_string().parse(), Ok(door));
            assert_eq!(serde_json::to_string(&door).unwrap(), format!("\"{door}\""));
        }
        assert_eq!(Door::parse("ajar"), None);
        assert_eq!("Open".parse::<Door>().unwrap_err().to_string(), "unknown word for Door");
    }

    #[test]
    fn both_engines_can_hold_it() {
        column::<sqlx::Sqlite, Door>();
        column::<sqlx::Postgres, Door>();
        column::<sqlx::Sqlite, Option<Door>>();
        column::<sqlx::Postgres, Option<Door>>();
    }
}
