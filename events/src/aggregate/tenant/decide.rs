//! The rules of a tenant.

use super::{LivingTenant, Tenant, TenantPhase};
use crate::{Json, OperationId, Refusal, TenantCommand, TenantEvent, TenantId};

pub(in crate::aggregate) fn decide(
    tenant: &Tenant,
    id: &TenantId,
    command: TenantCommand,
) -> Result<Vec<TenantEvent>, Refusal> {
    match command {
        TenantCommand::Request { name, tenant_type, provider, region, config, operation } => {
            let (own, id) = (id, id.clone());
            begin(
                tenant,
                own,
                TenantEvent::TenantRequested { id, name, tenant_type, provider, region, config, operation },
            )
        }
        TenantCommand::Adopt { name, tenant_type, provider, region, resources } => {
            let (own, id) = (id, id.clone());
            begin(tenant, own, TenantEvent::TenantAdopted { id, name, tenant_type, provider, region, resources })
        }
        TenantCommand::Created { operation, resources } => created(living(tenant, id)?, operation, resources),
        TenantCommand::CreationUndone { operation } => creation_undone(tenant, id, operation),
        TenantCommand::StartDeletion { operation } => match living(tenant, id)?.phase {
            TenantPhase::Ready => Ok(vec![TenantEvent::TenantDeletionStarted { operation }]),
            TenantPhase::Deleting(current) if current == operation => Ok(vec![]),
            phase @ (TenantPhase::Creating(current) | TenantPhase::Deleting(current)) => {
                Err(Refusal::TenantBusy { id: id.clone(), state: phase.as_str(), operation: current })
            }
        },
        TenantCommand::DeletionUndone { operation } => deletion_undone(living(tenant, id)?, operation),
        TenantCommand::Deleted { operation } => deleted(tenant, id, operation),
        TenantCommand::DestroyKey => match tenant {
            Tenant::Unknown => Err(Refusal::NoSuchTenant { id: id.clone() }),
            Tenant::Living(_) => Err(Refusal::TenantLiving { id: id.clone() }),
            Tenant::Gone { key_destroyed: true, .. } => Ok(vec![]),
            Tenant::Gone { key_destroyed: false, .. } => Ok(vec![TenantEvent::TenantKeyDestroyed]),
        },
        TenantCommand::SealSecret { name, version, seal_id, sealed } => {
            let newest = living(tenant, id)?.secrets.get(&name).copied();
            let expected = newest.map_or(1, |(newest, _)| newest.saturating_add(1));
            if newest == Some((version, seal_id)) {
                return Ok(vec![]);
            }
            if version != expected {
                return Err(Refusal::SecretVersion { name, expected });
            }
            Ok(vec![TenantEvent::SecretSealed { name, version, seal_id, sealed }])
        }
    }
}

/// An id begins once; asking for the very same again is not an error.
fn begin(tenant: &Tenant, id: &TenantId, asked: TenantEvent) -> Result<Vec<TenantEvent>, Refusal> {
    match tenant {
        Tenant::Unknown => Ok(vec![asked]),
        Tenant::Living(living) if began_as(living, &asked) => Ok(vec![]),
        Tenant::Living(_) | Tenant::Gone { .. } => Err(Refusal::IdTaken { id: id.clone() }),
    }
}

fn began_as(living: &LivingTenant, asked: &TenantEvent) -> bool {
    let LivingTenant { id, name, tenant_type, provider, region, config, resources, .. } = living.clone();
    let began = match living.phase {
        TenantPhase::Creating(operation) => {
            TenantEvent::TenantRequested { id, name, tenant_type, provider, region, config, operation }
        }
        TenantPhase::Ready | TenantPhase::Deleting(_) => {
            TenantEvent::TenantAdopted { id, name, tenant_type, provider, region, resources }
        }
    };
    began == *asked
}

fn created(tenant: &LivingTenant, operation: OperationId, resources: Json) -> Result<Vec<TenantEvent>, Refusal> {
    if tenant.phase == TenantPhase::Creating(operation) {
        return Ok(vec![TenantEvent::TenantCreated { operation, resources }]);
    }
    let again = tenant.phase == TenantPhase::Ready && tenant.ended == Some(operation) && tenant.resources == resources;
    if again { Ok(vec![]) } else { Err(not_this(tenant, operation)) }
}

fn creation_undone(tenant: &Tenant, id: &TenantId, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Gone { operation: Some(ended), undone: true, .. } = tenant
        && *ended == operation
    {
        return Ok(vec![]);
    }
    let tenant = living(tenant, id)?;
    if tenant.phase != TenantPhase::Creating(operation) {
        return Err(not_this(tenant, operation));
    }
    Ok(vec![TenantEvent::TenantCreationUndone { operation }])
}

fn deletion_undone(tenant: &LivingTenant, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if tenant.phase == TenantPhase::Deleting(operation) {
        return Ok(vec![TenantEvent::TenantDeletionUndone { operation }]);
    }
    let again = tenant.phase == TenantPhase::Ready && tenant.ended == Some(operation);
    if again { Ok(vec![]) } else { Err(not_this(tenant, operation)) }
}

fn deleted(tenant: &Tenant, id: &TenantId, operation: Option<OperationId>) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Gone { operation: ended, undone: false, .. } = tenant
        && *ended == operation
    {
        return Ok(vec![]);
    }
    let tenant = living(tenant, id)?;
    match (tenant.phase, operation) {
        (TenantPhase::Ready, None) => Ok(vec![TenantEvent::TenantDeleted { operation: None }]),
        (phase, Some(operation)) if phase == TenantPhase::Deleting(operation) => {
            Ok(vec![TenantEvent::TenantDeleted { operation: Some(operation) }])
        }
        (TenantPhase::Creating(_) | TenantPhase::Ready | TenantPhase::Deleting(_), Some(operation)) => {
            Err(not_this(tenant, operation))
        }
        (phase @ (TenantPhase::Creating(current) | TenantPhase::Deleting(current)), None) => {
            Err(Refusal::TenantBusy { id: id.clone(), state: phase.as_str(), operation: current })
        }
    }
}

fn living<'a>(tenant: &'a Tenant, id: &TenantId) -> Result<&'a LivingTenant, Refusal> {
    match tenant {
        Tenant::Living(living) => Ok(living),
        Tenant::Unknown => Err(Refusal::NoSuchTenant { id: id.clone() }),
        Tenant::Gone { .. } => Err(Refusal::TenantGone { id: id.clone() }),
    }
}

fn not_this(tenant: &LivingTenant, operation: OperationId) -> Refusal {
    Refusal::NotThisOperation { id: tenant.id.clone(), state: tenant.phase.as_str(), operation }
}
