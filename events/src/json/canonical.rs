//! A document put into canonical form while it is read, without a tree of values in between.

use std::{
    fmt::{Display, Formatter, Write as _},
    ops::Range,
};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{DEPTH_MAX, InvalidJson, WHOLE_NUMBER_MAX};

/// The canonical text of a document that is read, and what is wrong with it besides its syntax.
pub(super) struct Canonical {
    pub(super) text: String,
    /// The first fault that was found.
    pub(super) fault: Option<InvalidJson>,
    /// Of the objects that are being read: where in the text their fields are.
    fields: Vec<Field>,
}

/// Where a field of an object is: its key in quotation marks, and its end.
struct Field {
    key: Range<usize>,
    end: usize,
}

/// Reads one value into the text.
pub(super) struct Reading<'a> {
    into: &'a mut Canonical,
    levels_left: usize,
}

/// Room to begin with, which most documents do not go beyond.
const TEXT_BYTES: usize = 1 << 10;
const FIELDS: usize = 16;

impl Canonical {
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(TEXT_BYTES), fault: None, fields: Vec::with_capacity(FIELDS) }
    }

    /// Reads a document.
    pub(super) const fn reading(&mut self) -> Reading<'_> {
        Reading { into: self, levels_left: DEPTH_MAX }
    }

    fn found(&mut self, fault: InvalidJson) {
        self.fault.get_or_insert(fault);
    }

    /// `size` is that of a whole number.
    fn number(&mut self, number: impl Display, size: u64) {
        if size > WHOLE_NUMBER_MAX {
            self.found(InvalidJson::NumberTooLarge { number: number.to_string() });
        }
        let _ = write!(self.text, "{number}");
    }

    /// Canonical JSON writes strings as `serde_json` does.
    fn string(&mut self, string: &str) {
        // All of them are counted, as the machine does that for many bytes at once.
        if string.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).count() > 0 {
            self.text.push_str(&Value::from(string).to_string());
        } else {
            self.text.push('"');
            self.text.push_str(string);
            self.text.push('"');
        }
    }

    /// Whether a key is known to stand before another: where characters are written as they are compared.
    fn is_before(&self, key: &Range<usize>, next: &Range<usize>) -> bool {
        let inside = |key: &Range<usize>| &self.text.as_bytes()[key.start + 1..key.end - 1];
        let is_plain = |key: &[u8]| key.is_ascii() && !key.contains(&b'\\');
        let (key, next) = (inside(key), inside(next));
        key < next && is_plain(key) && is_plain(next)
    }

    /// Puts the fields of an object in order, which begins at `start`. Of a key that stands there twice the last counts.
    fn sort<E: Error>(&mut self, start: usize, fields: usize) -> Result<(), E> {
        let mut sorted = vec![];
        for Field { key, end } in self.fields.drain(fields..) {
            let name: String = serde_json::from_str(&self.text[key.clone()]).map_err(E::custom)?;
            sorted.push((name.encode_utf16().collect::<Vec<_>>(), key.start..end));
        }
        sorted.sort_by(|(name, _), (next, _)| name.cmp(next));
        sorted.dedup_by(|(next, later), (name, earlier)| {
            let is_twice = next == name;
            if is_twice {
                *earlier = later.clone();
            }
            is_twice
        });
        let fields: Vec<_> = sorted.into_iter().map(|(_, field)| &self.text[field]).collect();
        let object = fields.join(",");
        self.text.truncate(start);
        let _ = write!(self.text, "{{{object}");
        Ok(())
    }
}

impl Reading<'_> {
    /// For what stands inside of this value.
    const fn inner(&mut self) -> Reading<'_> {
        Reading { into: self.into, levels_left: self.levels_left }
    }

    fn begin(&mut self, bracket: char) {
        match self.levels_left.checked_sub(1) {
            Some(levels_left) => self.levels_left = levels_left,
            None => self.into.found(InvalidJson::TooDeep),
        }
        self.into.text.push(bracket);
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.into.text.push_str("null");
        Ok(())
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<(), E> {
        self.into.text.push_str(if is_true { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.into.number(number, number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.into.number(number, number.unsigned_abs());
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        let text = serde_json_canonicalizer::to_string(&number).map_err(E::custom)?;
        // As it is written it may be a whole number, and that is what is read the next time.
        let size = text.parse::<u64>().or_else(|_| text.parse::<i64>().map(i64::unsigned_abs));
        self.into.number(text, size.unwrap_or_default());
        Ok(())
    }

    fn visit_str<E>(self, string: &str) -> Result<(), E> {
        self.into.string(string);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.begin('[');
        let start = self.into.text.len();
        while items.next_element_seed(self.inner())?.is_some() {
            self.into.text.push(',');
        }
        if self.into.text.len() > start {
            self.into.text.pop();
        }
        self.into.text.push(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        let (start, fields) = (self.into.text.len(), self.into.fields.len());
        self.begin('{');
        let mut is_sorted = true;
        loop {
            let begun = self.into.text.len();
            if access.next_key_seed(self.inner())?.is_none() {
                break;
            }
            let key = begun..self.into.text.len();
            self.into.text.push(':');
            access.next_value_seed(self.inner())?;
            let into = &mut *self.into;
            let last = into.fields[fields..].last();
            is_sorted &= last.is_none_or(|last| into.is_before(&last.key, &key));
            into.fields.push(Field { key, end: into.text.len() });
            into.text.push(',');
        }
        if self.into.fields.len() > fields {
            self.into.text.pop();
        }
        if !is_sorted {
            self.into.sort(start, fields)?;
        }
        self.into.fields.truncate(fields);
        self.into.text.push('}');
        Ok(())
    }
}
