//! The one way into the log: decide, check what concerns several streams, chain, fold, write.

mod across;
mod batch;

pub(super) use batch::{Batch, KnownReceipt};

use std::{collections::BTreeSet, future::Future, sync::Arc};

use super::{Append, Entry, ExecuteError, Expected, Head, LogError, Receipt, body};
use crate::{
    Command, CommandId, Event, PluginId, ProfileId, ProfileName, ProjectCommand, Provenance, Refusal, ShellId, Stream,
    TenantId, TenantName, Version, projection::Folded,
};

/// What a write begins with.
pub(super) struct Beginning {
    /// Where the log ends.
    pub(super) head: Head,
    /// What became of this request if it was made before.
    pub(super) known: Option<KnownReceipt>,
    /// The states of the streams that were named; where some are left out, they are loaded when they are needed.
    pub(super) streams: Vec<(Stream, Folded)>,
}

/// What a log offers inside one write transaction.
pub(super) trait Transaction: Send {
    /// Begins a request, which will concern these streams.
    fn begin(
        &mut self,
        command_id: CommandId,
        streams: Vec<Stream>,
    ) -> impl Future<Output = Result<Beginning, LogError>> + Send;

    /// The state of a stream.
    fn load(&mut self, stream: &Stream) -> impl Future<Output = Result<Folded, LogError>> + Send;

    /// The living tenant of this name.
    fn tenant_named(&mut self, name: &TenantName) -> impl Future<Output = Result<Option<TenantId>, LogError>> + Send;

    /// The living profile of this name.
    fn profile_named(&mut self, name: &ProfileName)
    -> impl Future<Output = Result<Option<ProfileId>, LogError>> + Send;

    /// The living profiles of a tenant, by id.
    fn profiles_of(&mut self, tenant: &TenantId) -> impl Future<Output = Result<Vec<ProfileId>, LogError>> + Send;

    /// The tenants that are there or set aside and were made with a plugin.
    fn tenants_at(&mut self, plugin: &PluginId) -> impl Future<Output = Result<Vec<TenantId>, LogError>> + Send;

    /// The shells that work in a tenant, by id.
    fn shells_in(&mut self, tenant: &TenantId) -> impl Future<Output = Result<Vec<ShellId>, LogError>> + Send;

    /// Writes events, rows, receipt and head.
    fn write(&mut self, batch: Batch) -> impl Future<Output = Result<(), LogError>> + Send;
}

/// Carries a request out inside a transaction, which the caller commits when the receipt is not a replayed one.
pub(super) async fn execute<T: Transaction>(
    transaction: &mut T,
    provenance: &Provenance,
    append: Append<'_>,
) -> Result<Receipt, ExecuteError> {
    let Append { commands, command_id, correlation_id, causation_id, time, ids } = append;
    let digest = body::of_commands(&commands);
    let Beginning { head, known, streams } = transaction.begin(command_id, concerned(&commands)).await?;
    if let Some(known) = known {
        return known.replay(command_id, digest);
    }
    let provenance = &Arc::new(provenance.clone());
    let envelope = batch::Envelope { provenance, command_id, correlation_id, causation_id, time };
    let mut batch = Batch::new(head, digest, command_id, streams);
    for command in commands {
        let stream = command.stream();
        load(transaction, &mut batch, &stream).await?;
        for event in decide(&batch, &stream, command)? {
            record(transaction, &mut batch, &envelope, ids, &stream, event).await?;
        }
    }
    finish(transaction, batch).await
}

/// Appends events as they are inside a transaction.
pub(super) async fn append<T: Transaction>(
    transaction: &mut T,
    provenance: &Provenance,
    entry: Entry<'_>,
) -> Result<Receipt, ExecuteError> {
    let Entry { stream, expected, events, command_id, correlation_id, causation_id, time, ids } = entry;
    let digest = body::of_events(&stream, expected, &events)?;
    let Beginning { head, known, streams } = transaction.begin(command_id, vec![stream.clone()]).await?;
    if let Some(known) = known {
        return known.replay(command_id, digest);
    }
    let provenance = &Arc::new(provenance.clone());
    let envelope = batch::Envelope { provenance, command_id, correlation_id, causation_id, time };
    let mut batch = Batch::new(head, digest, command_id, streams);
    load(transaction, &mut batch, &stream).await?;
    check_expected(&stream, expected, batch.folded(&stream).version)?;
    // What follows from them in other streams was decided elsewhere, too.
    for event in events {
        across::check(transaction, &mut batch, &stream, &event).await?;
        batch.push(&envelope, ids(), &stream, event)?;
    }
    finish(transaction, batch).await
}

async fn finish<T: Transaction>(transaction: &mut T, batch: Batch) -> Result<Receipt, ExecuteError> {
    let receipt = batch.receipt();
    if !batch.records.is_empty() {
        transaction.write(batch).await?;
    }
    Ok(receipt)
}

/// The streams that will be asked for, as far as the commands say.
fn concerned(commands: &[Command]) -> Vec<Stream> {
    let own = commands.iter().map(Command::stream);
    let selected = commands.iter().filter_map(|command| {
        let Command::Project(ProjectCommand::SelectTenant { tenant }) = command else { return None };
        Some(Stream::Tenant(tenant.clone()))
    });
    let streams: BTreeSet<_> = own.chain(selected).collect();
    streams.into_iter().collect()
}

fn decide(batch: &Batch, stream: &Stream, command: Command) -> Result<Vec<Event>, Refusal> {
    batch.folded(stream).state.decide(command)
}

fn check_expected(stream: &Stream, expected: Expected, found: Option<Version>) -> Result<(), ExecuteError> {
    let expected = match expected {
        Expected::Any => return Ok(()),
        Expected::NoStream => None,
        Expected::Exact(version) => Some(version),
    };
    if found == expected { Ok(()) } else { Err(ExecuteError::Conflict { stream: stream.clone(), expected, found }) }
}

/// One event, after the rules across streams, and what follows from it in other streams.
async fn record<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    envelope: &batch::Envelope<'_>,
    ids: &mut (dyn FnMut() -> crate::EventId + Send),
    stream: &Stream,
    event: Event,
) -> Result<(), ExecuteError> {
    across::check(transaction, batch, stream, &event).await?;
    let ending = across::Ending::of(&event, stream);
    let cause = batch.push(envelope, ids(), stream, event)?;
    let Some(ending) = ending else { return Ok(()) };
    let envelope = batch::Envelope { causation_id: Some(cause), ..*envelope };
    for (stream, event) in across::consequences(transaction, batch, ending).await? {
        batch.push(&envelope, ids(), &stream, event)?;
    }
    Ok(())
}

async fn load<T: Transaction>(transaction: &mut T, batch: &mut Batch, stream: &Stream) -> Result<(), LogError> {
    if !batch.knows(stream) {
        let folded = transaction.load(stream).await?;
        batch.know(stream, folded);
    }
    Ok(())
}
