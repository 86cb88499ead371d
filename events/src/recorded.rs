//! An event with its envelope, as the log holds it, and the chain of hashes.

mod rows;
mod stored;

use std::{
    fmt::{self, Formatter},
    sync::Arc,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Visitor},
};
use uuid::Uuid;

pub(crate) use rows::Rows;
pub(crate) use stored::{EventRow, StoredEvent};

use crate::{
    CommandId, Digest, Event, EventId, Position, Timestamp, Version,
    codec::{self, DecodeError},
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
    pub kind: &'static str,
    /// Schema version of its payload.
    pub schema: u32,
    /// When it happened.
    pub time: Timestamp,
    /// Who did it, with what; one for all events of a request that are read together.
    pub provenance: Arc<Provenance>,
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

/// What happened, with what its stream needs to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happened<'a> {
    pub(crate) position: Position,
    pub(crate) stream: &'a str,
    pub(crate) version: Version,
    pub(crate) time: Timestamp,
    pub(crate) event: &'a Event,
}

impl Recorded {
    pub(crate) fn happened(&self) -> Happened<'_> {
        let Self { position, ref stream, version, time, ref event, .. } = *self;
        Happened { position, stream, version, time, event }
    }
}

impl<T: AsRef<str> + Into<String>, B: AsRef<[u8]>> StoredEvent<T, B> {
    /// What happened, after a look at every column.
    pub(crate) fn check(&self) -> Result<Decoded, RowError> {
        let decoded = self.decoded()?;
        let _: Vec<Word> = self.words()?;
        Ok(decoded)
    }

    /// The event that the row holds. `last` is what stood in the row before.
    pub(crate) fn decode(self, last: &mut LastProvenance) -> Result<Recorded, RowError> {
        let decoded = self.decoded()?;
        Ok(Recorded {
            position: decoded.position,
            id: decoded.id,
            version: decoded.version,
            kind: codec::kind_of(&decoded.event),
            schema: decoded.schema,
            time: decoded.time,
            provenance: last.or_of(&self)?,
            command_id: decoded.command_id,
            correlation_id: decoded.correlation_id,
            causation_id: decoded.causation_id,
            stream: self.stream.into(),
            payload: self.payload.into(),
            hash: decoded.hash,
            event: decoded.event,
        })
    }

    /// The words of the command.
    fn words<W: DeserializeOwned>(&self) -> Result<Vec<W>, RowError> {
        serde_json::from_str(self.command.as_ref()).map_err(|_| RowError::Column { column: "command" })
    }

    fn decoded(&self) -> Result<Decoded, RowError> {
        let schema = u32::try_from(self.schema).map_err(|_| RowError::Column { column: "schema" })?;
        let event = codec::decode(self.kind.as_ref(), schema, self.payload.as_ref())?;
        let id = |bytes: &B, column| Uuid::from_slice(bytes.as_ref()).map_err(|_| RowError::Column { column });
        let hash = self.hash.as_ref().try_into().map_err(|_| RowError::Column { column: "hash" })?;
        Ok(Decoded {
            position: Position::from_sql(self.position).ok_or(RowError::Column { column: "position" })?,
            id: EventId::new(id(&self.id, "id")?),
            version: Version::from_sql(self.version).ok_or(RowError::Column { column: "version" })?,
            schema,
            time: Timestamp::from_millis(self.time),
            command_id: CommandId::new(id(&self.command_id, "command_id")?),
            correlation_id: id(&self.correlation_id, "correlation_id")?,
            causation_id: match &self.causation_id {
                None => None,
                Some(bytes) => Some(EventId::new(id(bytes, "causation_id")?)),
            },
            hash: Digest::from_bytes(hash),
            event,
        })
    }
}

/// Who did what as the row that was read last says it: events of one request, and of many, say the same.
#[derive(Default)]
pub(crate) struct LastProvenance {
    /// The command as it stands in the row, and what it and the other columns mean.
    last: Option<(String, Arc<Provenance>)>,
}

impl LastProvenance {
    /// The same again, where a row says the same.
    fn or_of<T, B>(&mut self, row: &StoredEvent<T, B>) -> Result<Arc<Provenance>, RowError>
    where
        T: AsRef<str> + Into<String>,
        B: AsRef<[u8]>,
    {
        let next = [&row.actor, &row.host, &row.cli, &row.command].map(AsRef::as_ref);
        if let Some((command, last)) = &self.last
            && next == [&last.actor, &last.host, &last.cli, command]
        {
            return Ok(Arc::clone(last));
        }
        let [actor, host, cli, command] = next.map(ToOwned::to_owned);
        let provenance = Arc::new(Provenance { actor, host, cli, argv: row.words()? });
        self.last = Some((command, Arc::clone(&provenance)));
        Ok(provenance)
    }
}

/// What the columns of a row hold that are not there as they are meant.
pub(crate) struct Decoded {
    pub(crate) position: Position,
    id: EventId,
    version: Version,
    pub(crate) schema: u32,
    time: Timestamp,
    command_id: CommandId,
    correlation_id: Uuid,
    causation_id: Option<EventId>,
    hash: Digest,
    pub(crate) event: Event,
}

impl Decoded {
    /// What happened in the stream of the same row.
    pub(crate) const fn happened<'a>(&'a self, stream: &'a str) -> Happened<'a> {
        let Self { position, version, time, ref event, .. } = *self;
        Happened { position, stream, version, time, event }
    }
}

/// A word that was looked at, and not kept.
pub(crate) struct Word;

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Word)
    }
}

impl Visitor<'_> for Word {
    type Value = Self;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
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
