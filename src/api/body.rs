//! Reads a body strictly: `application/json`, at most 16 KiB, one object whose keys stand once, and in it what the
//! operation's schema names, no more and no longer. The schema that clients read is the one that is checked here.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, ArrayItems, KnownFormat, Object, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{Number, PartialSchema};

use super::problem::{Field, Kind, Problem};
use crate::flows::desk::imports;

/// Bytes of a body at most. The longest one has two passwords of 1,024 bytes, each byte perhaps escaped as `\u0000`.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// The body of a request, as its schema says.
pub(super) struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + PartialSchema,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Kind::MediaType.into());
        }
        read(&whole(request, MAX_BYTES).await?).map(Self)
    }
}

/// A file of members: a table as text, in whichever way of writing it.
pub(super) struct Csv(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = only_type(request.headers()).unwrap_or_default();
        // Its charset is seen by its bytes: what programs write there is often not so.
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv")) {
            return Err(Kind::MediaType.into());
        }
        Ok(Self(whole(request, imports::MAX_BYTES).await?.to_vec()))
    }
}

/// What the body is, where that is said once.
fn only_type(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    field.to_str().ok()
}

/// `application/json`, and where a charset is named, UTF-8 (RFC 8259 §8.1 knows no other).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = only_type(headers) else { return false };
    let mut parts = text.split(';').map(str::trim);
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

async fn whole(request: Request, most: usize) -> Result<Bytes, Problem> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|field| field.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > most as u64) {
        return Err(Kind::TooLarge.into());
    }
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Kind::TooLarge.into()),
        Err(_) => Err(Kind::Malformed.into()),
    }
}

fn read<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let Ok(Once(object)) = serde_json::from_slice(bytes) else {
        return Err(Kind::Malformed.into());
    };
    if let RefOr::T(Schema::Object(schema)) = T::schema() {
        let fields = faults(&schema, &object);
        if !fields.is_empty() {
            return Err(Problem::malformed(fields));
        }
    }
    serde_json::from_value(Value::Object(object)).map_err(|_| Kind::Malformed.into())
}

/// What the object has against it by its schema. All our bodies are flat: texts, whole numbers, yes or no, and lists of such.
fn faults(schema: &Object, object: &Map<String, Value>) -> Vec<Field> {
    let missing = schema.required.iter().filter(|name| !object.contains_key(*name));
    let mut found: Vec<Field> = missing.map(|name| Field::new(name, "missing", "api-field-missing")).collect();
    for (name, value) in object {
        found.extend(match schema.properties.get(name) {
            Some(RefOr::T(Schema::Object(property))) => fault(name, property, value),
            Some(RefOr::T(Schema::Array(property))) => fault_of_list(name, property, value),
            Some(_) => None,
            None => Some(Field::new(name, "unknown", "api-field-unknown")),
        });
    }
    found
}

fn fault(name: &str, property: &Object, value: &Value) -> Option<Field> {
    let takes = |kind: Type| match &property.schema_type {
        SchemaType::Type(only) => *only == kind,
        SchemaType::Array(kinds) => kinds.contains(&kind),
        SchemaType::AnyValue => true,
    };
    match value {
        Value::Null if takes(Type::Null) => None,
        Value::String(text) if takes(Type::String) => {
            if text.contains('\0') {
                Some(Field::new(name, "nul", "api-field-nul"))
            } else if property.max_length.is_some_and(|max| text.chars().count() > max) {
                // Passwords are measured in bytes, with words of their own, by the flow.
                let is_password = matches!(property.format, Some(SchemaFormat::KnownFormat(KnownFormat::Password)));
                let key = if is_password { "slip-password-long" } else { "api-field-long" };
                Some(Field::new(name, "too_long", key))
            } else if property.enum_values.as_ref().is_some_and(|words| !words.contains(value)) {
                Some(Field::new(name, "unknown_word", "api-field-word"))
            } else {
                None
            }
        }
        Value::Bool(_) if takes(Type::Boolean) => None,
        Value::Number(number) if takes(Type::Integer) && number.is_i64() => {
            let value = number.as_i64().unwrap_or_default();
            let (min, max) = (whole_of(property.minimum.as_ref()), whole_of(property.maximum.as_ref()));
            let (min, max) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
            let field =
                || Field::new(name, "out_of_range", "slip-out-of-range").saying("min", &min).saying("max", &max);
            (!(min..=max).contains(&value)).then(field)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Some(Field::new(name, "wrong_type", "api-field-type"))
        }
    }
}

/// What a list has against it; of its items the first that does not fit.
fn fault_of_list(name: &str, property: &Array, value: &Value) -> Option<Field> {
    let may_be_null = matches!(&property.schema_type, SchemaType::Array(kinds) if kinds.contains(&Type::Null));
    let items = match value {
        Value::Null if may_be_null => return None,
        Value::Array(items) => items,
        _ => return Some(Field::new(name, "wrong_type", "api-field-type")),
    };
    if property.max_items.is_some_and(|max| items.len() > max) {
        return Some(Field::new(name, "too_long", "api-field-long"));
    }
    let ArrayItems::RefOrSchema(of) = &property.items else { return None };
    let RefOr::T(Schema::Object(of)) = &**of else { return None };
    items.iter().find_map(|item| fault(name, of, item))
}

/// A bound of a schema.
fn whole_of(bound: Option<&Number>) -> Option<i64> {
    match bound? {
        Number::Int(n) => i64::try_from(*n).ok(),
        Number::UInt(n) => i64::try_from(*n).ok(),
        Number::Float(_) => None,
    }
}

/// An object whose keys each stand once: where two readers could take different ones, neither is taken (RFC 8259 §4).
struct Once(Map<String, Value>);

impl<'de> serde::Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Once;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut object = Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if object.insert(key, value).is_some() {
                        return Err(A::Error::custom("a key stands twice"));
                    }
                }
                Ok(Once(object))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
    #[expect(dead_code, reason = "only read")]
    struct Sample {
        #[schema(max_length = 8)]
        login: String,
        #[schema(max_length = 8)]
        workspace: Option<String>,
        again: Option<bool>,
        #[schema(minimum = 1, maximum = 24)]
        hours: Option<i64>,
        #[schema(max_items = 2)]
        members: Option<Vec<String>>,
    }

    fn codes(text: &str) -> Result<Sample, String> {
        read(text.as_bytes()).map_err(|problem: Problem| format!("{problem:?}"))
    }

    #[test]
    fn what_the_schema_names_is_read() {
        assert!(codes(r#"{"login":"田中田中田中田中"}"#).is_ok());
        assert!(codes(r#"{"login":"a","workspace":null,"again":true}"#).is_ok());
        assert!(codes(r#"{"login":"a","hours":24}"#).is_ok());
        assert!(codes(r#"{"login":"a","members":["a","b"]}"#).is_ok());
        assert!(codes(r#"{"login":"a","members":null}"#).is_ok());
    }

    #[test]
    fn everything_else_is_refused_and_told_apart() {
        let refused = |text: &str, code: &str| {
            let said = codes(text).expect_err(text);
            assert!(said.contains("Malformed") && said.contains(code), "{text}: {said}");
        };
        refused("{}", "missing");
        refused(r#"{"login":"a","extra":1}"#, "unknown");
        refused(r#"{"login":["a"]}"#, "wrong_type");
        refused(r#"{"login":null}"#, "wrong_type");
        refused(r#"{"login":"a","again":"yes"}"#, "wrong_type");
        refused(r#"{"login":"a\u0000"}"#, "nul");
        refused(r#"{"login":"a","hours":25}"#, "out_of_range");
        refused(r#"{"login":"a","hours":0}"#, "out_of_range");
        refused(r#"{"login":"a","hours":1.5}"#, "wrong_type");
        refused(r#"{"login":"a","hours":"1"}"#, "wrong_type");
        refused(r#"{"login":"a","hours":18446744073709551615}"#, "wrong_type");
        refused(r#"{"login":"123456789"}"#, "too_long");
        refused(r#"{"login":"a","members":["a","b","c"]}"#, "too_long");
        refused(r#"{"login":"a","members":[1]}"#, "wrong_type");
        refused(r#"{"login":"a","members":["a\u0000"]}"#, "nul");
        refused(r#"{"login":"a","members":"a"}"#, "wrong_type");
        for text in [
            r#"{"login":"a","login":"b"}"#,
            r#"{"login":"a"} x"#,
            r#"["a"]"#,
            "",
            "null",
            r#"{"login":"\ud800"}"#,
            "{'login':'a'}",
        ] {
            refused(text, "fields: []");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_taken_for_json() {
        let json = |text: &str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().expect("a header's value"))]))
        };
        assert!(json("application/json") && json("Application/JSON; charset=\"UTF-8\""));
        assert!(!json("text/plain") && !json("application/json; charset=shift_jis") && !json(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
