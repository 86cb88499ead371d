//! What one transaction is going to write.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    CommandId, Digest, Event, EventId, ExecuteError, Head, LogError, Position, Provenance, Receipt, Recorded, State,
    Stream, Tenant, TenantEvent, TenantId, TenantName, Timestamp, Version, codec,
    projection::{Change, Fold, FoldError, Folded},
    recorded::StoredEvent,
};

/// What the events of one request have in common.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) provenance: &'a Provenance,
    pub(super) command_id: CommandId,
    pub(super) correlation_id: Uuid,
    pub(super) causation_id: Option<EventId>,
    pub(super) time: Timestamp,
}

/// Events, the rows that they change, and the receipt.
pub(crate) struct Batch {
    pub(crate) records: Vec<(Recorded, StoredEvent)>,
    pub(crate) changes: Vec<(Position, Change)>,
    pub(crate) head: Head,
    pub(crate) command_id: CommandId,
    pub(crate) digest: Digest,
    fold: Fold,
    /// Names that this batch gave or freed.
    names: HashMap<TenantName, Naming>,
}

/// What a batch did to a name.
pub(super) enum Naming {
    GivenTo(TenantId),
    Freed,
}

/// What became of a request that was made before.
pub(crate) struct KnownReceipt {
    pub(crate) digest: Digest,
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) events: Vec<EventId>,
}

impl KnownReceipt {
    pub(super) fn replay(self, command_id: CommandId, digest: Digest) -> Result<Receipt, ExecuteError> {
        if self.digest != digest {
            return Err(ExecuteError::CommandReused { command_id });
        }
        let (first, last) = (Some(self.first), Some(self.last));
        Ok(Receipt { command_id, first, last, events: self.events, replayed: true })
    }
}

impl Batch {
    pub(super) fn new(head: Head, digest: Digest, command_id: CommandId) -> Self {
        let (records, changes, names) = (vec![], vec![], HashMap::new());
        Self { records, changes, head, command_id, digest, fold: Fold::default(), names }
    }

    pub(super) fn knows(&self, stream: &Stream) -> bool {
        self.fold.get(stream).is_some()
    }

    pub(super) fn know(&mut self, stream: &Stream, folded: Folded) {
        self.fold.insert(stream, folded);
    }

    pub(super) fn folded(&self, stream: &Stream) -> &Folded {
        self.fold.get(stream).expect("BUG: a stream was used before it was loaded")
    }

    /// What this batch did to a name; none: nothing.
    pub(super) fn naming(&self, name: &TenantName) -> Option<&Naming> {
        self.names.get(name)
    }

    /// Puts an event at the end of the log and of its stream.
    pub(super) fn push(
        &mut self,
        envelope: &Envelope<'_>,
        id: EventId,
        stream: &Stream,
        event: Event,
    ) -> Result<EventId, ExecuteError> {
        let encoded = codec::encode(&event)?;
        let folded = self.folded(stream);
        let version = Version::after(folded.version);
        let freed = match &folded.state {
            State::Tenant(Tenant::Living(living)) => Some(living.name.clone()),
            State::Tenant(Tenant::Unknown | Tenant::Gone { .. })
            | State::Project(_)
            | State::Operation(_)
            | State::Plugin(_) => None,
        };
        let mut recorded = Recorded {
            position: Position::after(self.head.position),
            id,
            stream: stream.to_string(),
            version,
            kind: encoded.kind.to_owned(),
            schema: encoded.schema,
            time: envelope.time,
            provenance: envelope.provenance.clone(),
            command_id: envelope.command_id,
            correlation_id: envelope.correlation_id,
            causation_id: envelope.causation_id,
            payload: encoded.payload,
            hash: Digest::ZERO,
            event,
        };
        let mut stored = StoredEvent::of(&recorded);
        recorded.hash = stored.hash_after(&self.head.hash);
        stored.hash = recorded.hash.as_bytes().to_vec();
        let changes = self.fold.apply(&recorded).map_err(|error| cannot_follow(&recorded, error))?;
        self.changes.extend(changes.into_iter().map(|change| (recorded.position, change)));
        self.note_names(&recorded.event, freed);
        self.head = Head { position: Some(recorded.position), hash: recorded.hash, time: Some(recorded.time) };
        self.records.push((recorded, stored));
        Ok(id)
    }

    fn note_names(&mut self, event: &Event, freed: Option<TenantName>) {
        match event {
            Event::Tenant(
                TenantEvent::TenantRequested { name, id, .. } | TenantEvent::TenantAdopted { name, id, .. },
            ) => {
                self.names.insert(name.clone(), Naming::GivenTo(id.clone()));
            }
            Event::Tenant(TenantEvent::TenantDeleted { .. } | TenantEvent::TenantCreationUndone { .. }) => {
                self.names.extend(freed.map(|name| (name, Naming::Freed)));
            }
            Event::Project(_) | Event::Tenant(_) | Event::Operation(_) | Event::Plugin(_) => {}
        }
    }

    pub(crate) fn receipt(&self) -> Receipt {
        Receipt {
            command_id: self.command_id,
            first: self.records.first().map(|(recorded, _)| recorded.position),
            last: self.records.last().map(|(recorded, _)| recorded.position),
            events: self.records.iter().map(|(recorded, _)| recorded.id).collect(),
            replayed: false,
        }
    }
}

fn cannot_follow(recorded: &Recorded, error: FoldError) -> ExecuteError {
    match error {
        FoldError::Corrupt(source) => ExecuteError::CannotFollow { stream: recorded.stream.clone(), source },
        FoldError::Version { .. } | FoldError::Stream(_) => {
            ExecuteError::Log(LogError::Damaged { position: Some(recorded.position), reason: error.to_string() })
        }
    }
}
