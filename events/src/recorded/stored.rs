//! A row of table `events`, and what is hashed of it.

use super::Recorded;
use crate::{Digest, digest::Fields};

/// A row of table `events`, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEvent<T = String, B = Vec<u8>> {
    pub(crate) position: i64,
    pub(crate) id: B,
    pub(crate) stream: T,
    pub(crate) version: i64,
    pub(crate) kind: T,
    pub(crate) schema: i64,
    pub(crate) time: i64,
    pub(crate) actor: T,
    pub(crate) host: T,
    pub(crate) cli: T,
    pub(crate) command: T,
    pub(crate) command_id: B,
    pub(crate) correlation_id: B,
    pub(crate) causation_id: Option<B>,
    pub(crate) payload: T,
    pub(crate) hash: B,
}

/// The same where it lies.
pub(crate) type EventRow<'a> = StoredEvent<&'a str, &'a [u8]>;

impl<T, B> StoredEvent<T, B> {
    /// The same with other texts and other bytes.
    pub(crate) fn map<'a, U, C>(
        &'a self,
        mut text: impl FnMut(&'a T) -> U,
        mut bytes: impl FnMut(&'a B) -> C,
    ) -> StoredEvent<U, C> {
        StoredEvent {
            position: self.position,
            id: bytes(&self.id),
            stream: text(&self.stream),
            version: self.version,
            kind: text(&self.kind),
            schema: self.schema,
            time: self.time,
            actor: text(&self.actor),
            host: text(&self.host),
            cli: text(&self.cli),
            command: text(&self.command),
            command_id: bytes(&self.command_id),
            correlation_id: bytes(&self.correlation_id),
            causation_id: self.causation_id.as_ref().map(&mut bytes),
            payload: text(&self.payload),
            hash: bytes(&self.hash),
        }
    }
}

impl EventRow<'_> {
    /// A copy.
    pub(crate) fn to_stored(&self) -> StoredEvent {
        self.map(|text| (*text).to_owned(), |bytes| bytes.to_vec())
    }
}

impl StoredEvent {
    /// The event where it lies.
    pub(crate) fn row(&self) -> EventRow<'_> {
        self.map(String::as_str, Vec::as_slice)
    }

    /// The row of an event.
    pub(crate) fn of(recorded: &Recorded) -> Self {
        Self {
            position: recorded.position.sql(),
            id: recorded.id.uuid().as_bytes().to_vec(),
            stream: recorded.stream.clone(),
            version: recorded.version.sql(),
            kind: recorded.kind.to_owned(),
            schema: i64::from(recorded.schema),
            time: recorded.time.millis(),
            actor: recorded.provenance.actor.clone(),
            host: recorded.provenance.host.clone(),
            cli: recorded.provenance.cli.clone(),
            command: serde_json::Value::from(recorded.provenance.argv.clone()).to_string(),
            command_id: recorded.command_id.uuid().as_bytes().to_vec(),
            correlation_id: recorded.correlation_id.as_bytes().to_vec(),
            causation_id: recorded.causation_id.map(|id| id.uuid().as_bytes().to_vec()),
            payload: recorded.payload.clone(),
            hash: recorded.hash.as_bytes().to_vec(),
        }
    }
}

impl<T: AsRef<str> + Into<String>, B: AsRef<[u8]>> StoredEvent<T, B> {
    /// The hash that this row must have after `previous`: SHA-256 over `previous` (32 bytes, zeros before the first
    /// event) and the fields that [`write`](Self::write) writes.
    pub(crate) fn hash_after(&self, previous: &Digest) -> Digest {
        let mut fields = Fields::default();
        self.write(&mut fields);
        fields.digest_after(previous)
    }

    /// What is hashed of this row, in the chain as in the Merkle tree:
    ///
    /// 1. the envelope, in the order of the columns `position`, `id`, `stream`, `version`, `type`, `schema`, `time`,
    ///    `actor`, `host`, `cli`, `command`, `command_id`, `correlation_id`, `causation_id`;
    /// 2. `payload`.
    ///
    /// A number is 8 bytes, most significant first, two's complement. A text (its UTF-8) or a blob is its length in
    /// bytes as such a number, and then its bytes. No causation is an empty blob.
    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.clear();
        fields.number(self.position).bytes(self.id.as_ref()).text(&self.stream).number(self.version);
        fields.text(&self.kind).number(self.schema).number(self.time);
        fields.text(&self.actor).text(&self.host).text(&self.cli).text(&self.command);
        fields.bytes(self.command_id.as_ref()).bytes(self.correlation_id.as_ref());
        fields.bytes(self.causation_id.as_ref().map(AsRef::as_ref).unwrap_or_default()).text(&self.payload);
    }
}
