//! A log in memory, for tests and dry runs: the same rules, nothing on disk.

use std::collections::HashMap;

use super::{
    Append, Entry, EventLog, ExecuteError, Head, LogError, Receipt,
    record::{self, Batch, KnownReceipt, Transaction},
};
use crate::{
    CommandId, Digest, Position, Provenance, Recorded, State, Stream, Tenant, TenantId, TenantName,
    projection::{Fold, Folded},
};

/// A log in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog {
    events: Vec<Recorded>,
    fold: Fold,
    receipts: HashMap<CommandId, (Digest, Receipt)>,
}

impl MemoryLog {
    fn head_now(&self) -> Head {
        self.events.last().map_or(Head { position: None, hash: Digest::ZERO, time: None }, |last| Head {
            position: Some(last.position),
            hash: last.hash,
            time: Some(last.time),
        })
    }

    fn known(&self, command_id: CommandId) -> Option<KnownReceipt> {
        let (digest, receipt) = self.receipts.get(&command_id)?;
        Some(KnownReceipt {
            digest: *digest,
            first: receipt.first?,
            last: receipt.last?,
            events: receipt.events.clone(),
        })
    }
}

impl EventLog for MemoryLog {
    async fn head(&mut self) -> Result<Head, LogError> {
        Ok(self.head_now())
    }

    async fn read(&mut self, after: Option<Position>, limit: u32) -> Result<Vec<Recorded>, LogError> {
        let later = self.events.iter().filter(|recorded| Some(recorded.position) > after);
        Ok(later.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn execute(&mut self, provenance: &Provenance, append: Append<'_>) -> Result<Receipt, ExecuteError> {
        record::execute(self, provenance, append).await
    }

    async fn append(&mut self, provenance: &Provenance, entry: Entry<'_>) -> Result<Receipt, ExecuteError> {
        record::append(self, provenance, entry).await
    }
}

/// Nothing is written before all is decided, so that the log itself can be the transaction.
impl Transaction for MemoryLog {
    async fn begin(&mut self, command_id: CommandId) -> Result<(Head, Option<KnownReceipt>), LogError> {
        Ok((self.head_now(), self.known(command_id)))
    }

    async fn load(&mut self, stream: &Stream) -> Result<Folded, LogError> {
        Ok(self.fold.get(stream).cloned().unwrap_or_else(|| Folded::initial(stream)))
    }

    async fn tenant_named(&mut self, name: &TenantName) -> Result<Option<TenantId>, LogError> {
        Ok(self.fold.states().find_map(|state| match state {
            State::Tenant(Tenant::Living(living)) if living.name == *name => Some(living.id.clone()),
            State::Tenant(_) | State::Project(_) | State::Operation(_) | State::Plugin(_) => None,
        }))
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), LogError> {
        for (recorded, _) in &batch.records {
            let refold = self.fold.apply(recorded);
            refold
                .map_err(|error| LogError::Damaged { position: Some(recorded.position), reason: error.to_string() })?;
            self.events.push(recorded.clone());
        }
        self.receipts.insert(batch.command_id, (batch.digest, batch.receipt()));
        Ok(())
    }
}
