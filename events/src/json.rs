//! JSON documents whose meaning is somebody else's: provider settings, step results, resources.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A document is kept in an event, and events are read whole.
const BYTES_MAX: usize = 1 << 20;
/// Deeper documents are attacks on a parser's stack, not data.
const DEPTH_MAX: usize = 64;
/// Canonical JSON knows only doubles: beyond this, whole numbers would silently change (RFC 7493, section 2.2).
const WHOLE_NUMBER_MAX: u64 = 1 << 53;

/// A JSON document in canonical form (RFC 8785): equal documents are equal texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(String);

impl Json {
    /// Puts a document into canonical form; at most 1 MiB, at most 64 levels deep, whole numbers within ±2^53.
    pub fn from_value(value: &Value) -> Result<Self, InvalidJson> {
        check(value, DEPTH_MAX)?;
        let text = serde_json_canonicalizer::to_string(value).map_err(|source| InvalidJson::Syntax { source })?;
        if text.len() > BYTES_MAX { Err(InvalidJson::TooLarge { bytes: text.len() }) } else { Ok(Self(text)) }
    }

    /// The empty object, `{}`.
    pub fn object() -> Self {
        Self("{}".to_owned())
    }

    /// A document as we stored it ourselves: checked to be one that [`Json::value`] can read, not made canonical again.
    pub(crate) fn stored(text: String) -> Result<Self, InvalidJson> {
        serde_json::from_str::<Readable>(&text).map_err(|source| InvalidJson::Syntax { source })?;
        Ok(Self(text))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document as a value.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("BUG: canonical JSON that is not JSON")
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes any JSON text and puts it into canonical form.
impl std::str::FromStr for Json {
    type Err = InvalidJson;

    fn from_str(text: &str) -> Result<Self, InvalidJson> {
        if text.len() > BYTES_MAX {
            return Err(InvalidJson::TooLarge { bytes: text.len() });
        }
        Self::from_value(&serde_json::from_str(text).map_err(|source| InvalidJson::Syntax { source })?)
    }
}

/// Reads a document as [`Value`] is read, and keeps nothing. What serde ignores is checked less: numbers beyond all
/// doubles and any depth would pass.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Readable)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Readable>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_key::<Readable>()?.is_some() {
            fields.next_value::<Readable>()?;
        }
        Ok(self)
    }
}

/// Why a document is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InvalidJson {
    /// More than 1 MiB in canonical form.
    #[error("a JSON document of {bytes} bytes is too large: at most {BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// More than 64 levels of objects and arrays.
    #[error("a JSON document is nested too deeply: at most {DEPTH_MAX} levels")]
    TooDeep,
    /// A whole number that a double cannot hold.
    #[error("the number {number} in a JSON document is too large: whole numbers go to 2^53")]
    NumberTooLarge {
        /// The number as it was written.
        number: String,
    },
    /// Not JSON at all.
    #[error("invalid JSON: {source}")]
    Syntax {
        /// What the parser says.
        source: serde_json::Error,
    },
}

fn check(value: &Value, levels_left: usize) -> Result<(), InvalidJson> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if whole.is_some_and(|whole| whole > WHOLE_NUMBER_MAX) {
                return Err(InvalidJson::NumberTooLarge { number: number.to_string() });
            }
            Ok(())
        }
        Value::Array(items) => {
            let levels_left = levels_left.checked_sub(1).ok_or(InvalidJson::TooDeep)?;
            items.iter().try_for_each(|item| check(item, levels_left))
        }
        Value::Object(fields) => {
            let levels_left = levels_left.checked_sub(1).ok_or(InvalidJson::TooDeep)?;
            fields.values().try_for_each(|field| check(field, levels_left))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{InvalidJson, Json};

    #[test]
    fn equal_documents_are_equal_texts() {
        let text: Json = "{ \"b\": 1.0, \"a\": [true, null] }".parse().unwrap();
        assert_eq!(text.as_str(), r#"{"a":[true,null],"b":1}"#);
        assert_eq!(text, Json::from_value(&json!({"a": [true, null], "b": 1})).unwrap());
        assert_eq!(text.value(), json!({"a": [true, null], "b": 1}));
    }

    #[test]
    fn what_was_stored_is_taken_if_and_only_if_it_can_be_read() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let written = r#"{"a":[null,true,-1,1e300,1.5,18446744073709551615,"\u00e4\n",{}],"b\n":{"c":[]}}"#;
        let texts = ["1e999", "-1e999", r#"{"a":[1e400]}"#, "{", "", "{1:2}", r#""\ud800""#, "1 2", written, "null"];
        for text in texts.map(str::to_owned).into_iter().chain([deep(64), deep(127), deep(128), deep(100_000)]) {
            let readable = serde_json::from_str::<Value>(&text);
            assert_eq!(Json::stored(text.clone()).ok().map(|json| json.value()), readable.ok(), "{text:.40}");
        }
    }

    #[test]
    fn what_would_change_or_hurt_is_refused() {
        let deep = (0..100).fold(Value::Null, |inner, _| json!([inner]));
        assert!(matches!(Json::from_value(&deep), Err(InvalidJson::TooDeep)));
        assert!(matches!(Json::from_value(&json!("x".repeat(1 << 20))), Err(InvalidJson::TooLarge { .. })));
        assert!(matches!(Json::from_value(&json!(u64::MAX)), Err(InvalidJson::NumberTooLarge { .. })));
        assert!(matches!("{".parse::<Json>(), Err(InvalidJson::Syntax { .. })));
    }
}
