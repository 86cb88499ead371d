//! An event with its envelope, as the log holds it, and the chain of hashes.

use uuid::Uuid;

use crate::{
    CommandId, Digest, Event, EventId, Position, Timestamp, Version,
    codec::{self, DecodeError},
    digest::Fields,
};

/// Who did it, with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The user of the operating system.
    pub actor: String,
    /// The machine.
    pub host: String,
    /// Name and version of the program.
    pub cli: String,
    /// What was typed, secrets removed.
    pub argv: Vec<String>,
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the log.
    pub position: Position,
    /// Unique for ever.
    pub id: EventId,
    /// The stream that it belongs to.
    pub stream: String,
    /// Its place in the stream.
    pub version: Version,
    /// Its type's name.
    pub kind: String,
    /// Schema version of its payload.
    pub schema: u32,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it, with what.
    pub provenance: Provenance,
    /// The request that it is part of.
    pub command_id: CommandId,
    /// What belongs together across requests.
    pub correlation_id: Uuid,
    /// The event that led to it.
    pub causation_id: Option<EventId>,
    /// Canonical JSON, as stored.
    pub payload: String,
    /// Of everything before, and of this event.
    pub hash: Digest,
    /// What happened.
    pub event: Event,
}

/// A row of table `events`, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEvent {
    pub(crate) position: i64,
    pub(crate) id: Vec<u8>,
    pub(crate) stream: String,
    pub(crate) version: i64,
    pub(crate) kind: String,
    pub(crate) schema: i64,
    pub(crate) time: i64,
    pub(crate) actor: String,
    pub(crate) host: String,
    pub(crate) cli: String,
    pub(crate) command: String,
    pub(crate) command_id: Vec<u8>,
    pub(crate) correlation_id: Vec<u8>,
    pub(crate) causation_id: Option<Vec<u8>>,
    pub(crate) payload: String,
    pub(crate) hash: Vec<u8>,
}

impl StoredEvent {
    /// The row of an event.
    pub(crate) fn of(recorded: &Recorded) -> Self {
        Self {
            position: recorded.position.sql(),
            id: recorded.id.uuid().as_bytes().to_vec(),
            stream: recorded.stream.clone(),
            version: recorded.version.sql(),
            kind: recorded.kind.clone(),
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
        fields.number(self.position).bytes(&self.id).bytes(self.stream.as_bytes()).number(self.version);
        fields.bytes(self.kind.as_bytes()).number(self.schema).number(self.time);
        fields.bytes(self.actor.as_bytes()).bytes(self.host.as_bytes()).bytes(self.cli.as_bytes());
        fields.bytes(self.command.as_bytes()).bytes(&self.command_id).bytes(&self.correlation_id);
        fields.bytes(self.causation_id.as_deref().unwrap_or_default()).bytes(self.payload.as_bytes());
    }

    /// The event that the row holds.
    pub(crate) fn decode(self) -> Result<Recorded, RowError> {
        let schema = u32::try_from(self.schema).map_err(|_| RowError::Column { column: "schema" })?;
        let event = codec::decode(&self.kind, schema, &self.payload)?;
        let id = |bytes: &[u8], column| Uuid::from_slice(bytes).map_err(|_| RowError::Column { column });
        let hash = self.hash.try_into().map_err(|_| RowError::Column { column: "hash" })?;
        Ok(Recorded {
            position: Position::from_sql(self.position).ok_or(RowError::Column { column: "position" })?,
            id: EventId::new(id(&self.id, "id")?),
            stream: self.stream,
            version: Version::from_sql(self.version).ok_or(RowError::Column { column: "version" })?,
            kind: self.kind,
            schema,
            time: Timestamp::from_millis(self.time),
            provenance: Provenance {
                actor: self.actor,
                host: self.host,
                cli: self.cli,
                argv: serde_json::from_str(&self.command).map_err(|_| RowError::Column { column: "command" })?,
            },
            command_id: CommandId::new(id(&self.command_id, "command_id")?),
            correlation_id: id(&self.correlation_id, "correlation_id")?,
            causation_id: match self.causation_id {
                None => None,
                Some(bytes) => Some(EventId::new(id(&bytes, "causation_id")?)),
            },
            payload: self.payload,
            hash: Digest::from_bytes(hash),
            event,
        })
    }
}

/// Why a row of table `events` is not an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    #[error("column `{column}` does not hold what it should")]
    Column { column: &'static str },
    #[error(transparent)]
    Event(#[from] DecodeError),
}
