//! How events are stored: a twin of each event for the file, apart from the event itself, and the way between them.
//!
//! A stored event is (type, schema version, payload in canonical JSON). To change an event's shape, give its twin the
//! next schema version, add a fixture `events/fixtures/<type>/v<n>.json`, and an `Upcast` from the old one: a pure
//! function from the old payload to the new. What was written stays as it was written.

#[macro_use]
mod twin;
mod account;
mod operation;
mod plugin;
mod profile;
mod project;
mod session;
mod shell;
mod stored;
mod tenant;

pub(crate) use account::kind as account_kind;
pub(crate) use operation::kind as operation_kind;
pub(crate) use plugin::kind as plugin_kind;
pub(crate) use profile::kind as profile_kind;
pub(crate) use project::kind as project_kind;
pub(crate) use session::kind as session_kind;
pub(crate) use shell::kind as shell_kind;
pub(crate) use stored::{failure_of_text, failure_text};
pub(crate) use tenant::kind as tenant_kind;

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use serde_json::Value;

use crate::Event;

/// Events are read whole, and hold documents of up to 1 MiB.
pub const PAYLOAD_BYTES_MAX: usize = 2 << 20;

/// One type of event in its newest stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// The type's name: `TenantRequested`.
    pub name: &'static str,
    /// The newest schema version, from 1.
    pub schema: u32,
    /// The streams in which it occurs: `tenant/<id>`.
    pub stream: &'static str,
    /// What it says, as a sentence.
    pub meaning: &'static str,
    /// Its fields: name and type.
    pub fields: &'static [(&'static str, &'static str)],
}

/// A type of event, and how its payload is read.
struct EventType {
    kind: EventKind,
    decode: fn(&str) -> Result<Event, DecodeError>,
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The type's name.
    pub kind: &'static str,
    /// Schema version of the payload.
    pub schema: u32,
    /// Canonical JSON.
    pub payload: String,
}

/// Lifts the payload of one type from one schema version to the next.
struct Upcast {
    kind: &'static str,
    from: u32,
    lift: fn(Value) -> Value,
}

/// None needed so far.
const UPCASTS: &[Upcast] = &[];

/// Every type of event that this program knows, in the order of the catalogue.
const TYPES: [&[EventType]; 8] = [
    project::TYPES,
    tenant::TYPES,
    profile::TYPES,
    session::TYPES,
    shell::TYPES,
    account::TYPES,
    operation::TYPES,
    plugin::TYPES,
];

/// Every type of event that this program knows.
pub fn kinds() -> impl Iterator<Item = &'static EventKind> {
    TYPES.into_iter().flatten().map(|known| &known.kind)
}

/// The type of this name, if events of this schema version of it are understood.
fn known(kind: &str, schema: u32) -> Option<&'static EventType> {
    static BY_NAME: LazyLock<HashMap<&str, &EventType>> =
        LazyLock::new(|| TYPES.into_iter().flatten().map(|known| (known.kind.name, known)).collect());
    BY_NAME.get(kind).copied().filter(|known| (1..=known.kind.schema).contains(&schema))
}

/// Whether this program understands events of this type and schema version.
pub fn understands(kind: &str, schema: u32) -> bool {
    known(kind, schema).is_some()
}

/// The stored form of an event.
pub fn encode(event: &Event) -> Result<Encoded, EncodeError> {
    let encoded = match event {
        Event::Project(event) => project::encode(event),
        Event::Tenant(event) => tenant::encode(event),
        Event::Operation(event) => operation::encode(event),
        Event::Plugin(event) => plugin::encode(event),
        Event::Profile(event) => profile::encode(event),
        Event::Session(event) => session::encode(event),
        Event::Shell(event) => shell::encode(event),
        Event::Account(event) => account::encode(event),
    }?;
    let bytes = encoded.payload.len();
    if bytes > PAYLOAD_BYTES_MAX { Err(EncodeError::TooLarge { bytes }) } else { Ok(encoded) }
}

/// The type's name, as the log stores it.
pub fn kind_of(event: &Event) -> &'static str {
    match event {
        Event::Project(event) => project::kind(event),
        Event::Tenant(event) => tenant::kind(event),
        Event::Operation(event) => operation::kind(event),
        Event::Plugin(event) => plugin::kind(event),
        Event::Profile(event) => profile::kind(event),
        Event::Session(event) => session::kind(event),
        Event::Shell(event) => shell::kind(event),
        Event::Account(event) => account::kind(event),
    }
}

/// The event that was stored.
pub fn decode(kind: &str, schema: u32, payload: &str) -> Result<Event, DecodeError> {
    match known(kind, schema) {
        None => Err(DecodeError::Unknown { kind: kind.to_owned(), schema }),
        Some(known) if schema == known.kind.schema => (known.decode)(payload),
        Some(known) => decode_older(known, schema, payload),
    }
}

fn decode_older(known: &EventType, schema: u32, payload: &str) -> Result<Event, DecodeError> {
    let EventKind { name: kind, schema: newest, .. } = known.kind;
    let value = serde_json::from_str(payload).map_err(|source| DecodeError::Payload { kind, source })?;
    match lifted(UPCASTS, kind, schema..newest, value) {
        Some(value) => (known.decode)(&value.to_string()),
        None => Err(DecodeError::Unknown { kind: kind.to_owned(), schema }),
    }
}

/// A payload after the upcast of every version; none where one is missing.
fn lifted(upcasts: &[Upcast], kind: &str, mut versions: Range<u32>, value: Value) -> Option<Value> {
    versions.try_fold(value, |value, from| {
        let upcast = upcasts.iter().find(|upcast| upcast.kind == kind && upcast.from == from)?;
        Some((upcast.lift)(value))
    })
}

/// Why an event cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Its payload is beyond the limit.
    #[error("an event of {bytes} bytes is too large: at most {PAYLOAD_BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It has no JSON form.
    #[error("an event has no JSON form")]
    Json {
        /// What the serialiser says.
        #[from]
        source: serde_json::Error,
    },
}

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A newer program wrote it.
    #[error("this version does not know event `{kind}` of schema {schema}")]
    Unknown {
        /// The type's name.
        kind: String,
        /// Its schema version.
        schema: u32,
    },
    /// The payload is not what the type's schema says.
    #[error("the payload of `{kind}` is not what its schema says: {source}")]
    Payload {
        /// The type's name.
        kind: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A field holds what its type refuses.
    #[error("field `{field}` of `{kind}` is not valid: {reason}")]
    Field {
        /// The type's name.
        kind: &'static str,
        /// The field's name.
        field: &'static str,
        /// The rule that it breaks.
        reason: String,
    },
}

#[cfg(test)]
#[path = "codec/fixture_test.rs"]
mod tests;
