//! The rules of setting a tenant aside, bringing it back, and deleting it for good.

use super::{living, not_this};
use crate::{AsideTenant, Json, OperationId, Refusal, Tenant, TenantEvent, TenantId, TenantPhase, Timestamp};

/// Its end; whoever records it twice has what they want already.
pub(super) fn set_aside(
    tenant: &Tenant,
    id: &TenantId,
    operation: OperationId,
    until: Timestamp,
    resources: Json,
) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Aside(aside) = tenant
        && aside.tenant.ended == Some(operation)
    {
        return Ok(vec![]);
    }
    let living = living(tenant, id)?;
    if living.phase == TenantPhase::Deleting(operation) {
        return Ok(vec![TenantEvent::TenantSetAside { operation, until, resources }]);
    }
    Err(not_this(living, operation))
}

pub(super) fn start_return(
    tenant: &Tenant,
    id: &TenantId,
    operation: OperationId,
) -> Result<Vec<TenantEvent>, Refusal> {
    match tenant {
        Tenant::Aside(aside) => {
            idle(aside)?;
            Ok(vec![TenantEvent::TenantReturnStarted { operation }])
        }
        Tenant::Living(living) if returning(living.phase) == Some(operation) => Ok(vec![]),
        Tenant::Living(_) => Err(Refusal::TenantLiving { id: id.clone() }),
        Tenant::Unknown | Tenant::Gone { .. } => living(tenant, id).map(|_| vec![]),
    }
}

pub(super) fn brought_back(
    tenant: &Tenant,
    id: &TenantId,
    operation: OperationId,
    resources: Json,
) -> Result<Vec<TenantEvent>, Refusal> {
    let living = living(tenant, id)?;
    if returning(living.phase) == Some(operation) {
        return Ok(vec![TenantEvent::TenantBroughtBack { operation, resources }]);
    }
    let again = living.phase == TenantPhase::Ready && living.ended == Some(operation);
    if again { Ok(vec![]) } else { Err(not_this(living, operation)) }
}

pub(super) fn return_undone(
    tenant: &Tenant,
    id: &TenantId,
    operation: OperationId,
) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Aside(aside) = tenant
        && aside.tenant.ended == Some(operation)
    {
        return Ok(vec![]);
    }
    let living = living(tenant, id)?;
    if returning(living.phase) == Some(operation) {
        return Ok(vec![TenantEvent::TenantReturnUndone { operation }]);
    }
    Err(not_this(living, operation))
}

/// For good, whether its time is over or not.
pub(super) fn start_deletion(aside: &AsideTenant, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if aside.deleting == Some(operation) {
        return Ok(vec![]);
    }
    idle(aside)?;
    Ok(vec![TenantEvent::TenantDeletionStarted { operation }])
}

pub(super) fn deletion_undone(aside: &AsideTenant, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    ended(aside, operation, TenantEvent::TenantDeletionUndone { operation })
}

pub(super) fn deleted(aside: &AsideTenant, operation: Option<OperationId>) -> Result<Vec<TenantEvent>, Refusal> {
    match operation {
        Some(operation) if aside.deleting == Some(operation) => {
            Ok(vec![TenantEvent::TenantDeleted { operation: Some(operation) }])
        }
        Some(operation) => Err(not_this(&aside.tenant, operation)),
        // Its provider was not asked: what was made is gone for good, or nobody's any more.
        None => idle(aside).map(|()| vec![TenantEvent::TenantDeleted { operation: None }]),
    }
}

pub(super) fn abandon(aside: &AsideTenant, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    ended(aside, operation, TenantEvent::TenantAbandoned { operation })
}

fn ended(aside: &AsideTenant, operation: OperationId, event: TenantEvent) -> Result<Vec<TenantEvent>, Refusal> {
    if aside.deleting == Some(operation) {
        return Ok(vec![event]);
    }
    let again = aside.deleting.is_none() && aside.tenant.ended == Some(operation);
    if again { Ok(vec![]) } else { Err(not_this(&aside.tenant, operation)) }
}

/// Refused while it is being deleted for good.
fn idle(aside: &AsideTenant) -> Result<(), Refusal> {
    match aside.deleting {
        None => Ok(()),
        Some(operation) => Err(Refusal::TenantBusy { id: aside.tenant.id.clone(), state: "being deleted", operation }),
    }
}

fn returning(phase: TenantPhase) -> Option<OperationId> {
    match phase {
        TenantPhase::Returning(operation, _) => Some(operation),
        TenantPhase::Creating(_)
        | TenantPhase::Ready
        | TenantPhase::Changing(_)
        | TenantPhase::Deleting(_)
        | TenantPhase::Cancelled => None,
    }
}
