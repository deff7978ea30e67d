//! Texts with places in braces that are filled for each message: `{to}`, `{text}` … A place is filled as it must be where it stands: whoever fills in
//! says how a value is written, so that no value can end its field and begin another.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What is not unreserved in an address (RFC 3986, 2.3).
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What can stand in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The number as E.164: `+819012345678`.
    To,
    /// The same without the plus: `819012345678`.
    ToDigits,
    /// As it is dialled in Japan: `09012345678`.
    ToNational,
    /// The message.
    Text,
    /// Who it comes from.
    Sender,
    /// The message's id, the same at every try.
    Id,
    /// The number that a person reads to their administrator.
    Reference,
    /// Where receipts are to be sent.
    Callback,
    /// The secret.
    Secret,
    /// User and secret as Basic authentication writes them (RFC 7617).
    Basic,
}

impl Place {
    const ALL: [(&'static str, Self); 10] = [
        ("to", Self::To),
        ("to_digits", Self::ToDigits),
        ("to_national", Self::ToNational),
        ("text", Self::Text),
        ("sender", Self::Sender),
        ("id", Self::Id),
        ("reference", Self::Reference),
        ("callback", Self::Callback),
        ("secret", Self::Secret),
        ("basic", Self::Basic),
    ];
}

/// Gives the value of a place; nothing where there is none for this message.
pub type Values<'a> = &'a dyn Fn(Place) -> Option<String>;

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Place),
}

impl Pattern {
    /// Reads one. Braces that are meant as such are doubled.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = match after.split_once('}') {
                Some(found) if brace == "{" => found,
                _ => return Err("a brace stands alone: double it where it is meant as such".to_owned()),
            };
            let place = Place::ALL.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
            let Some(place) = place else {
                let names: Vec<_> = Place::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                return Err(format!("{{{name}}} is no place: there are {}", names.join(", ")));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Place(place));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Every place in it.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.0.iter().filter_map(|piece| if let Piece::Place(place) = piece { Some(*place) } else { None })
    }

    /// What stands before the first place.
    pub fn beginning(&self) -> &str {
        if let Some(Piece::Text(text)) = self.0.first() { text } else { "" }
    }

    /// The text with its places filled, each value as `written` writes it.
    fn filled(&self, values: Values<'_>, written: impl Fn(String) -> String) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Place(place) => text.push_str(&written(values(*place)?)),
            }
        }
        Some(text)
    }

    /// As it is, for a header or for what is escaped as a whole.
    pub fn plain(&self, values: Values<'_>) -> Option<String> {
        self.filled(values, |value| value)
    }

    /// As an address: a value stays within the part of the path or query that it stands in.
    pub fn address(&self, values: Values<'_>) -> Option<String> {
        self.filled(values, |value| utf8_percent_encode(&value, IN_ADDRESS).to_string())
    }
}

/// JSON whose texts are patterns. Names of members are what they are.
#[derive(Debug, Clone)]
pub enum Json {
    /// A text.
    Text(Pattern),
    /// A number, a truth value, nothing.
    Plain(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
        Self::of(value)
    }

    fn of(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Pattern::parse(&text)?),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| Ok((name, Self::of(value)?)));
                Self::Object(members.collect::<Result<_, String>>()?)
            }
            plain => Self::Plain(plain),
        })
    }

    /// The value with its places filled.
    pub fn filled(&self, values: Values<'_>) -> Option<Value> {
        Some(match self {
            Self::Text(pattern) => Value::String(pattern.plain(values)?),
            Self::Plain(value) => value.clone(),
            Self::List(items) => Value::Array(items.iter().map(|item| item.filled(values)).collect::<Option<_>>()?),
            Self::Object(members) => {
                let members = members.iter().map(|(name, value)| Some((name.clone(), value.filled(values)?)));
                Value::Object(members.collect::<Option<_>>()?)
            }
        })
    }

    /// Every place in it.
    pub fn places(&self) -> Vec<Place> {
        match self {
            Self::Text(pattern) => pattern.places().collect(),
            Self::Plain(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::places).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, value)| value.places()).collect(),
        }
    }
}

/// The fields of a form.
#[derive(Debug, Clone)]
pub struct Form(Vec<(String, Pattern)>);

impl Form {
    /// Reads them.
    pub fn parse(fields: &BTreeMap<String, String>) -> Result<Self, String> {
        let fields = fields
            .iter()
            .map(|(name, text)| Ok((name.clone(), Pattern::parse(text).map_err(|why| format!("`{name}`: {why}"))?)));
        fields.collect::<Result<_, String>>().map(Self)
    }

    /// The form as it is sent.
    pub fn filled(&self, values: Values<'_>) -> Option<String> {
        let mut form = Serializer::new(String::new());
        for (name, pattern) in &self.0 {
            form.append_pair(name, &pattern.plain(values)?);
        }
        Some(form.finish())
    }

    /// Every place in it.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.0.iter().flat_map(|(_, pattern)| pattern.places())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_place_is_known_or_refused() {
        for bad in ["{nobody}", "{to", "to}", "{", "}", "{}", "{TO}", "{to }", "{{to}", "{to}}"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        let values: Values<'_> = &|place| (place == Place::To).then(|| "+81".to_owned());
        let filled = |text: &str| Pattern::parse(text).unwrap().plain(values);
        assert_eq!(filled("a{to}b{to}").as_deref(), Some("a+81b+81"));
        assert_eq!(filled("{{to}}{{").as_deref(), Some("{to}{"));
        assert_eq!(filled("").as_deref(), Some(""));
        assert_eq!(filled("{sender}"), None, "what there is none of is not left out");
    }

    #[test]
    fn japanese_and_signs_are_written_as_each_form_asks() {
        let values: Values<'_> = &|_| Some("確認 1&2=\"3\"/?#\n".to_owned());
        let address = Pattern::parse("https://x.jp/a?t={text}").unwrap().address(values).unwrap();
        assert_eq!(address, "https://x.jp/a?t=%E7%A2%BA%E8%AA%8D%201%262%3D%223%22%2F%3F%23%0A");
        let form = Form::parse(&BTreeMap::from([("t".to_owned(), "{text}".to_owned())])).unwrap();
        assert_eq!(form.filled(values).unwrap(), "t=%E7%A2%BA%E8%AA%8D+1%262%3D%223%22%2F%3F%23%0A");
        let json = Json::parse(r#"{"t":["{text}",1,null]}"#).unwrap().filled(values).unwrap();
        assert_eq!(json.to_string(), r#"{"t":["確認 1&2=\"3\"/?#\n",1,null]}"#);
    }

    proptest! {
        #[test]
        fn no_text_panics(any in "\\PC*", near in "([{}]|\\{to\\}|\\{text\\}|a){0,12}") {
            let _ = (Pattern::parse(&any), Pattern::parse(&near), Json::parse(&any));
        }

        #[test]
        fn no_value_leaves_its_place(value in "(.|\\n|\x00){0,40}") {
            let values: Values<'_> = &|_| Some(value.clone());
            let fields = BTreeMap::from([("a".to_owned(), "x{text}".to_owned()), ("b".to_owned(), "2".to_owned())]);
            let form = Form::parse(&fields).unwrap().filled(values).unwrap();
            let read: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            let wanted = vec![("a".to_owned(), format!("x{value}")), ("b".to_owned(), "2".to_owned())];
            prop_assert_eq!(read, wanted);

            let json = Json::parse(r#"{"a":"x{text}","b":[true,"{text}"]}"#).unwrap().filled(values).unwrap();
            let read: Value = serde_json::from_slice(&serde_json::to_vec(&json).unwrap()).unwrap();
            prop_assert_eq!(read, serde_json::json!({"a": format!("x{value}"), "b": [true, value]}));

            let address = Pattern::parse("https://x.jp/p/{text}/q?a={text}&b=2").unwrap().address(values).unwrap();
            let uri: hyper::Uri = address.parse().unwrap();
            prop_assert_eq!(uri.host(), Some("x.jp"));
            prop_assert_eq!(uri.path().split('/').count(), 4);
            let read: Vec<_> = form_urlencoded::parse(uri.query().unwrap().as_bytes()).into_owned().collect();
            prop_assert_eq!(read, vec![("a".to_owned(), value), ("b".to_owned(), "2".to_owned())]);
        }
    }
}
