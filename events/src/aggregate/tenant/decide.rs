//! The rules of a tenant.

use super::{LivingTenant, Tenant, TenantPhase};
use crate::{OperationId, Refusal, TenantCommand, TenantEvent, TenantId};

pub(in crate::aggregate) fn decide(
    tenant: &Tenant,
    id: &TenantId,
    command: TenantCommand,
) -> Result<Vec<TenantEvent>, Refusal> {
    match command {
        TenantCommand::Request { name, tenant_type, provider, region, config, operation } => {
            let asked = TenantEvent::TenantRequested { id: id.clone(), name, tenant_type, provider, region, config, operation };
            begin(tenant, id, asked)
        }
        TenantCommand::Adopt { name, tenant_type, provider, region, resources } => {
            begin(tenant, id, TenantEvent::TenantAdopted { id: id.clone(), name, tenant_type, provider, region, resources })
        }
        TenantCommand::Created { operation, resources } => {
            let living = living(tenant, id)?;
            match living.phase {
                TenantPhase::Creating(current) if current == operation => {
                    Ok(vec![TenantEvent::TenantCreated { operation, resources }])
                }
                TenantPhase::Ready if living.ended == Some(operation) && living.resources == resources => Ok(vec![]),
                phase => Err(not_this(id, phase, operation)),
            }
        }
        TenantCommand::CreationUndone { operation } => match tenant {
            Tenant::Gone { operation: Some(ended), undone: true, .. } if *ended == operation => Ok(vec![]),
            Tenant::Unknown | Tenant::Living(_) | Tenant::Gone { .. } => match living(tenant, id)?.phase {
                TenantPhase::Creating(current) if current == operation => {
                    Ok(vec![TenantEvent::TenantCreationUndone { operation }])
                }
                phase => Err(not_this(id, phase, operation)),
            },
        },
        TenantCommand::StartDeletion { operation } => match living(tenant, id)?.phase {
            TenantPhase::Ready => Ok(vec![TenantEvent::TenantDeletionStarted { operation }]),
            TenantPhase::Deleting(current) if current == operation => Ok(vec![]),
            phase @ (TenantPhase::Creating(current) | TenantPhase::Deleting(current)) => {
                Err(Refusal::TenantBusy { id: id.clone(), state: phase.as_str(), operation: current })
            }
        },
        TenantCommand::DeletionUndone { operation } => {
            let living = living(tenant, id)?;
            match living.phase {
                TenantPhase::Deleting(current) if current == operation => {
                    Ok(vec![TenantEvent::TenantDeletionUndone { operation }])
                }
                TenantPhase::Ready if living.ended == Some(operation) => Ok(vec![]),
                phase => Err(not_this(id, phase, operation)),
            }
        }
        TenantCommand::Deleted { operation } => delete(tenant, id, operation),
        TenantCommand::DestroyKey => match tenant {
            Tenant::Unknown => Err(Refusal::NoSuchTenant { id: id.clone() }),
            Tenant::Living(_) => Err(Refusal::TenantLiving { id: id.clone() }),
            Tenant::Gone { key_destroyed: true, .. } => Ok(vec![]),
            Tenant::Gone { key_destroyed: false, .. } => Ok(vec![TenantEvent::TenantKeyDestroyed]),
        },
        TenantCommand::SealSecret { name, version, seal_id, sealed } => {
            let newest = living(tenant, id)?.secrets.get(&name).copied();
            let expected = newest.map_or(1, |(newest, _)| newest.saturating_add(1));
            match newest {
                Some(newest) if newest == (version, seal_id) => Ok(vec![]),
                _ if version == expected => Ok(vec![TenantEvent::SecretSealed { name, version, seal_id, sealed }]),
                _ => Err(Refusal::SecretVersion { name, expected }),
            }
        }
    }
}

/// An id begins once; asking for the very same again is not an error.
fn begin(tenant: &Tenant, id: &TenantId, asked: TenantEvent) -> Result<Vec<TenantEvent>, Refusal> {
    let same = match tenant {
        Tenant::Unknown => return Ok(vec![asked]),
        Tenant::Gone { .. } => false,
        Tenant::Living(living) => began_as(living, &asked),
    };
    if same { Ok(vec![]) } else { Err(Refusal::IdTaken { id: id.clone() }) }
}

fn began_as(living: &LivingTenant, asked: &TenantEvent) -> bool {
    let began = match living.phase {
        TenantPhase::Creating(operation) => TenantEvent::TenantRequested {
            id: living.id.clone(),
            name: living.name.clone(),
            tenant_type: living.tenant_type,
            provider: living.provider.clone(),
            region: living.region.clone(),
            config: living.config.clone(),
            operation,
        },
        TenantPhase::Ready | TenantPhase::Deleting(_) => TenantEvent::TenantAdopted {
            id: living.id.clone(),
            name: living.name.clone(),
            tenant_type: living.tenant_type,
            provider: living.provider.clone(),
            region: living.region.clone(),
            resources: living.resources.clone(),
        },
    };
    began == *asked
}

fn delete(tenant: &Tenant, id: &TenantId, operation: Option<OperationId>) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Gone { operation: ended, undone: false, .. } = tenant
        && *ended == operation
    {
        return Ok(vec![]);
    }
    let phase = living(tenant, id)?.phase;
    match (phase, operation) {
        (TenantPhase::Ready, None) => Ok(vec![TenantEvent::TenantDeleted { operation: None }]),
        (TenantPhase::Deleting(current), Some(operation)) if current == operation => {
            Ok(vec![TenantEvent::TenantDeleted { operation: Some(operation) }])
        }
        (phase, Some(operation)) => Err(not_this(id, phase, operation)),
        (TenantPhase::Creating(current) | TenantPhase::Deleting(current), None) => {
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

fn not_this(id: &TenantId, phase: TenantPhase, operation: OperationId) -> Refusal {
    Refusal::NotThisOperation { id: id.clone(), state: phase.as_str(), operation }
}
