//! JSON documents whose meaning is somebody else's: provider settings, step results, resources.

mod canonical;

use serde::{
    Serialize, Serializer,
    de::{Deserialize, DeserializeSeed as _, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use self::canonical::Canonical;

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
        Checked::deserialize(value).map_err(|source| InvalidJson::Syntax { source })?.0
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
        serde_json::from_str::<Checked>(text).map_err(|source| InvalidJson::Syntax { source })?.0
    }
}

/// A document as it is read: put into canonical form, or why it cannot be a [`Json`].
pub(crate) struct Checked(pub(crate) Result<Json, InvalidJson>);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut document = Canonical::new();
        document.reading().deserialize(deserializer)?;
        let Canonical { mut text, fault, .. } = document;
        text.shrink_to_fit();
        Ok(Self(match fault {
            Some(fault) => Err(fault),
            None if text.len() > BYTES_MAX => Err(InvalidJson::TooLarge { bytes: text.len() }),
            None => Ok(Json(text)),
        }))
    }
}

impl Serialize for Checked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(json) => json.value().serialize(serializer),
            Err(fault) => Err(serde::ser::Error::custom(fault)),
        }
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

#[cfg(test)]
mod tests {
    use proptest::{
        collection::vec,
        prelude::{BoxedStrategy, Just, Strategy as _, any},
        prop_assert_eq, prop_oneof, proptest,
    };
    use serde_json::{Value, json};

    use super::{InvalidJson, Json};

    /// Documents as others write them: fields in any order, some twice, spaces between, numbers in any form.
    fn written() -> BoxedStrategy<String> {
        let whole = (-(1_i64 << 53)..=1 << 53).prop_map(|number| number.to_string());
        let broken = any::<i32>().prop_map(|number| format!("{:?}", f64::from(number) / 1e3));
        let large = any::<u16>().prop_map(|number| format!("{number}.5E+{}", 20 + number % 250));
        let string = ".{0,4}".prop_map(|string| Value::from(string).to_string());
        let word = prop_oneof![Just("null"), Just("true"), Just("false"), Just("-0"), Just("1.0"), Just("1e21")];
        let leaf = prop_oneof![whole, broken, large, string, word.prop_map(str::to_owned)];
        let nested = |inner: BoxedStrategy<String>| {
            let key = prop_oneof!["[a-c]{0,2}", "[a\u{1f600}\u{e000}\u{e9}\"\\\\\n]{0,2}"];
            let field = (key, inner.clone()).prop_map(|(key, value)| format!("{} : {value}", Value::from(key)));
            let object = vec(field, 0..6).prop_map(|fields| format!("{{ {} }}", fields.join(" , ")));
            prop_oneof![vec(inner, 0..4).prop_map(|items| format!("[ {} ]", items.join(" , "))), object].boxed()
        };
        leaf.boxed().prop_recursive(5, 40, 6, move |inner| nested(inner.boxed())).boxed()
    }

    proptest! {
        #[test]
        fn a_document_is_put_into_the_form_that_the_standard_says(text in written()) {
            let value: Value = serde_json::from_str(&text).unwrap();
            let canonical = serde_json_canonicalizer::to_string(&value).unwrap();
            let json: Json = text.parse().unwrap();
            prop_assert_eq!(json.as_str(), &canonical);
            prop_assert_eq!(&Json::from_value(&value).unwrap(), &json);
            prop_assert_eq!(canonical.parse::<Json>().unwrap(), json);
        }
    }

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
        assert!(matches!(r#"{"b":1,"a":[9007199254740993]}"#.parse::<Json>(), Err(InvalidJson::NumberTooLarge { .. })));
    }

    #[test]
    fn a_number_that_would_be_read_back_as_one_that_is_too_large_is_refused_at_once() {
        for number in ["1e16", "1e17", "-1e17", "9007199254740994.0", "1.8e19"] {
            assert!(matches!(number.parse::<Json>(), Err(InvalidJson::NumberTooLarge { .. })), "{number}");
        }
        for number in ["9e15", "2e19", "1e21", "-1e19", "1.5", "9007199254740992.0"] {
            let json = number.parse::<Json>();
            let again = json.as_ref().map(|json| Json::from_value(&json.value()));
            assert_eq!(json.as_ref().ok(), again.ok().and_then(Result::ok).as_ref(), "{number}");
        }
    }
}
