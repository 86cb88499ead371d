//! The one way into the log: decide, check what concerns several streams, chain, fold, write.

mod batch;

pub(super) use batch::{Batch, KnownReceipt};

use std::future::Future;

use super::{Append, Entry, ExecuteError, Expected, Head, LogError, Receipt, body};
use crate::{
    Command, CommandId, Event, Provenance, Refusal, State, Stream, Tenant, TenantEvent, TenantId, TenantName, Version,
    projection::Folded,
};

/// What a log offers inside one write transaction.
pub(super) trait Transaction: Send {
    /// Where the log ends, and what became of this request if it was made before.
    fn begin(
        &mut self,
        command_id: CommandId,
    ) -> impl Future<Output = Result<(Head, Option<KnownReceipt>), LogError>> + Send;

    /// The state of a stream.
    fn load(&mut self, stream: &Stream) -> impl Future<Output = Result<Folded, LogError>> + Send;

    /// The living tenant of this name.
    fn tenant_named(&mut self, name: &TenantName) -> impl Future<Output = Result<Option<TenantId>, LogError>> + Send;

    /// Writes events, rows, receipt and head.
    fn write(&mut self, batch: &Batch) -> impl Future<Output = Result<(), LogError>> + Send;
}

/// Carries a request out inside a transaction, which the caller commits when the receipt is not a replayed one.
pub(super) async fn execute<T: Transaction>(
    transaction: &mut T,
    provenance: &Provenance,
    append: Append<'_>,
) -> Result<Receipt, ExecuteError> {
    let Append { commands, command_id, correlation_id, causation_id, time, ids } = append;
    let digest = body::of_commands(&commands);
    let (head, known) = transaction.begin(command_id).await?;
    if let Some(known) = known {
        return known.replay(command_id, digest);
    }
    let envelope = batch::Envelope { provenance, command_id, correlation_id, causation_id, time };
    let mut batch = Batch::new(head, digest, command_id);
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
    let (head, known) = transaction.begin(command_id).await?;
    if let Some(known) = known {
        return known.replay(command_id, digest);
    }
    let envelope = batch::Envelope { provenance, command_id, correlation_id, causation_id, time };
    let mut batch = Batch::new(head, digest, command_id);
    load(transaction, &mut batch, &stream).await?;
    check_expected(&stream, expected, batch.folded(&stream).version)?;
    for event in events {
        record(transaction, &mut batch, &envelope, ids, &stream, event).await?;
    }
    finish(transaction, batch).await
}

async fn finish<T: Transaction>(transaction: &mut T, batch: Batch) -> Result<Receipt, ExecuteError> {
    if !batch.records.is_empty() {
        transaction.write(&batch).await?;
    }
    Ok(batch.receipt())
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
    check_across(transaction, batch, &event).await?;
    let ended = match (&event, stream) {
        (
            Event::Tenant(TenantEvent::TenantDeleted { .. } | TenantEvent::TenantCreationUndone { .. }),
            Stream::Tenant(id),
        ) => Some(id),
        (Event::Project(_) | Event::Tenant(_) | Event::Operation(_) | Event::Plugin(_), _) => None,
    };
    let cause = batch.push(envelope, ids(), stream, event)?;
    let Some(ended) = ended else { return Ok(()) };
    load(transaction, batch, &Stream::Project).await?;
    if selected(batch) == Some(ended) {
        let envelope = batch::Envelope { causation_id: Some(cause), ..*envelope };
        let unselected = crate::ProjectEvent::TenantUnselected { tenant: ended.clone() };
        batch.push(&envelope, ids(), &Stream::Project, unselected.into())?;
    }
    Ok(())
}

fn selected(batch: &Batch) -> Option<&TenantId> {
    match &batch.folded(&Stream::Project).state {
        State::Project(project) => project.selected.as_ref(),
        State::Tenant(_) | State::Operation(_) | State::Plugin(_) => None,
    }
}

/// The rules that concern several streams.
async fn check_across<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    event: &Event,
) -> Result<(), ExecuteError> {
    match event {
        Event::Tenant(TenantEvent::TenantRequested { name, .. } | TenantEvent::TenantAdopted { name, .. }) => {
            let by = match batch.naming(name) {
                Some(batch::Naming::GivenTo(id)) => Some(id.clone()),
                Some(batch::Naming::Freed) => None,
                None => transaction.tenant_named(name).await?,
            };
            by.map_or(Ok(()), |by| Err(Refusal::NameTaken { name: name.clone(), by }.into()))
        }
        Event::Project(crate::ProjectEvent::TenantSelected { tenant }) => {
            let stream = Stream::Tenant(tenant.clone());
            load(transaction, batch, &stream).await?;
            match &batch.folded(&stream).state {
                State::Tenant(Tenant::Living(_)) => Ok(()),
                State::Tenant(Tenant::Gone { .. }) => Err(Refusal::TenantGone { id: tenant.clone() }.into()),
                State::Tenant(Tenant::Unknown) | State::Project(_) | State::Operation(_) | State::Plugin(_) => {
                    Err(Refusal::NoSuchTenant { id: tenant.clone() }.into())
                }
            }
        }
        Event::Project(_) | Event::Tenant(_) | Event::Operation(_) | Event::Plugin(_) => Ok(()),
    }
}

async fn load<T: Transaction>(transaction: &mut T, batch: &mut Batch, stream: &Stream) -> Result<(), LogError> {
    if !batch.knows(stream) {
        let folded = transaction.load(stream).await?;
        batch.know(stream, folded);
    }
    Ok(())
}
