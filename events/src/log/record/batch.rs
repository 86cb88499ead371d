//! What one transaction is going to write.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use crate::{
    CommandId, Digest, Event, EventId, ExecuteError, Head, LivingProfile, LogError, Position, Provenance, Receipt,
    Recorded, ShellId, State, Stream, Tenant, TenantEvent, TenantId, TenantName, Timestamp, Version, codec,
    projection::{Change, Fold, FoldError, Folded},
    recorded::StoredEvent,
};

/// What the events of one request have in common.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) provenance: &'a Arc<Provenance>,
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
    /// The first event, if it is earlier than the one before this batch: all of a batch have one time.
    pub(crate) turn: Option<(Position, Timestamp)>,
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
    /// An empty one that knows these streams.
    pub(super) fn new(head: Head, digest: Digest, command_id: CommandId, streams: Vec<(Stream, Folded)>) -> Self {
        let (records, changes, names) = (vec![], vec![], HashMap::new());
        let mut fold = Fold::default();
        for (stream, folded) in streams {
            fold.insert(&stream, folded);
        }
        Self { records, changes, head, turn: None, command_id, digest, fold, names }
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

    /// The living profiles that this batch has to do with.
    pub(super) fn living_profiles(&self) -> impl Iterator<Item = &LivingProfile> {
        self.fold.states().filter_map(State::living_profile)
    }

    /// The shells of this batch that work in a tenant.
    pub(super) fn shells_in(&self, tenant: &TenantId) -> Vec<ShellId> {
        self.fold.shells_in(tenant)
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
        let name = match &folded.state {
            State::Tenant(Tenant::Living(living)) => Some(living.name.clone()),
            // A tenant that is set aside has no name but where it gets it back.
            State::Tenant(Tenant::Aside(aside)) => {
                let returns = matches!(event, Event::Tenant(TenantEvent::TenantReturnStarted { .. }));
                returns.then(|| aside.tenant.name.clone())
            }
            State::Tenant(Tenant::Unknown | Tenant::Gone { .. })
            | State::Project(_)
            | State::Operation(_)
            | State::Plugin(_)
            | State::Profile(_)
            | State::Account(_)
            | State::Session(_)
            | State::Shell(_) => None,
        };
        let mut recorded = Recorded {
            position: Position::after(self.head.position),
            id,
            stream: stream.to_string(),
            version,
            kind: encoded.kind,
            schema: encoded.schema,
            time: envelope.time,
            provenance: Arc::clone(envelope.provenance),
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
        let changes = self.fold.apply(&recorded.happened()).map_err(|error| cannot_follow(&recorded, error))?;
        self.changes.extend(changes.into_iter().map(|change| (recorded.position, change)));
        self.note_names(&recorded.event, stream, name);
        if self.head.time.is_some_and(|last| recorded.time < last) {
            self.turn = Some((recorded.position, recorded.time));
        }
        self.head = Head { position: Some(recorded.position), hash: recorded.hash, time: Some(recorded.time) };
        self.records.push((recorded, stored));
        Ok(id)
    }

    /// `before` is the name that the tenant had, or has again.
    fn note_names(&mut self, event: &Event, stream: &Stream, before: Option<TenantName>) {
        match event {
            Event::Tenant(TenantEvent::TenantRenamed { name }) => {
                self.names.extend(before.map(|name| (name, Naming::Freed)));
                if let Stream::Tenant(id) = stream {
                    self.names.insert(name.clone(), Naming::GivenTo(id.clone()));
                }
            }
            Event::Tenant(
                TenantEvent::TenantRequested { name, id, .. } | TenantEvent::TenantAdopted { name, id, .. },
            ) => {
                self.names.insert(name.clone(), Naming::GivenTo(id.clone()));
            }
            Event::Tenant(TenantEvent::TenantReturnStarted { .. }) => {
                if let Stream::Tenant(id) = stream {
                    self.names.extend(before.map(|name| (name, Naming::GivenTo(id.clone()))));
                }
            }
            Event::Tenant(
                TenantEvent::TenantDeleted { .. }
                | TenantEvent::TenantSetAside { .. }
                | TenantEvent::TenantReturnUndone { .. }
                | TenantEvent::TenantCreationUndone { .. }
                | TenantEvent::TenantAbandoned { .. },
            ) => {
                self.names.extend(before.map(|name| (name, Naming::Freed)));
            }
            Event::Project(_)
            | Event::Tenant(_)
            | Event::Operation(_)
            | Event::Plugin(_)
            | Event::Profile(_)
            | Event::Account(_)
            | Event::Session(_)
            | Event::Shell(_) => {}
        }
    }

    /// The states of the streams that it knows, as it leaves them.
    pub(crate) fn into_states(self) -> impl Iterator<Item = Folded> {
        self.fold.into_states()
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
