//! A log in memory, for tests and dry runs: the same rules, nothing on disk.

use std::collections::HashMap;

use super::{
    Append, Entry, EventLog, ExecuteError, Head, LogError, Receipt, demand,
    record::{self, Batch, Beginning, KnownReceipt, Transaction},
};
use crate::{
    CommandId, Digest, PluginId, Position, ProfileId, ProfileName, Provenance, Recorded, ShellId, State, Stream,
    Tenant, TenantId, TenantName,
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
    async fn begin(&mut self, command_id: CommandId, _: Vec<Stream>) -> Result<Beginning, LogError> {
        Ok(Beginning { head: self.head_now(), known: self.known(command_id), streams: vec![] })
    }

    async fn load(&mut self, stream: &Stream) -> Result<Folded, LogError> {
        Ok(self.fold.get(stream).cloned().unwrap_or_else(|| Folded::initial(stream)))
    }

    async fn tenant_named(&mut self, name: &TenantName) -> Result<Option<TenantId>, LogError> {
        Ok(self.fold.states().find_map(|state| match state {
            State::Tenant(Tenant::Living(living)) if living.name == *name => Some(living.id.clone()),
            State::Tenant(_)
            | State::Project(_)
            | State::Operation(_)
            | State::Plugin(_)
            | State::Profile(_)
            | State::Account(_)
            | State::Session(_)
            | State::Shell(_) => None,
        }))
    }

    async fn profile_named(&mut self, name: &ProfileName) -> Result<Option<ProfileId>, LogError> {
        let mut living = self.fold.states().filter_map(State::living_profile);
        Ok(living.find(|profile| profile.name == *name).map(|profile| profile.id))
    }

    async fn profiles_of(&mut self, tenant: &TenantId) -> Result<Vec<ProfileId>, LogError> {
        let living = self.fold.states().filter_map(State::living_profile);
        let mut ids: Vec<_> = living.filter(|profile| profile.tenant == *tenant).map(|profile| profile.id).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    async fn tenants_at(&mut self, plugin: &PluginId) -> Result<Vec<TenantId>, LogError> {
        Ok(self.fold.states().filter_map(|state| demand::tenant_at(plugin, state)).collect())
    }

    async fn shells_in(&mut self, tenant: &TenantId) -> Result<Vec<ShellId>, LogError> {
        let mut ids = self.fold.shells_in(tenant);
        ids.sort_unstable();
        Ok(ids)
    }

    async fn write(&mut self, batch: Batch) -> Result<(), LogError> {
        let receipt = batch.receipt();
        for (recorded, _) in &batch.records {
            let refold = self.fold.apply(&recorded.happened());
            refold
                .map_err(|error| LogError::Damaged { position: Some(recorded.position), reason: error.to_string() })?;
            self.events.push(recorded.clone());
        }
        self.receipts.insert(batch.command_id, (batch.digest, receipt));
        Ok(())
    }
}
