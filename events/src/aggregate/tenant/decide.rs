//! The rules of a tenant.

mod amend;
mod aside;
mod cancel;
mod change;
mod secret;
mod seen;

use super::{LivingTenant, Tenant, TenantPhase};
use crate::{Json, OperationId, Refusal, TenantCommand, TenantEvent, TenantId};

pub(in crate::aggregate) fn decide(
    tenant: &Tenant,
    id: &TenantId,
    command: TenantCommand,
) -> Result<Vec<TenantEvent>, Refusal> {
    cancel::check(tenant, &command)?;
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
        TenantCommand::StartDeletion { operation } => start_deletion(tenant, id, operation),
        TenantCommand::DeletionUndone { operation } => deletion_undone(tenant, id, operation),
        TenantCommand::SetAside { operation, until, resources } => {
            aside::set_aside(tenant, id, operation, until, resources)
        }
        TenantCommand::StartReturn { operation } => aside::start_return(tenant, id, operation),
        TenantCommand::BroughtBack { operation, resources } => aside::brought_back(tenant, id, operation, resources),
        TenantCommand::ReturnUndone { operation } => aside::return_undone(tenant, id, operation),
        TenantCommand::Deleted { operation } => deleted(tenant, id, operation),
        TenantCommand::StartChange { operation, kind } => change::start(living(tenant, id)?, operation, kind),
        TenantCommand::Changed { operation, config, resources } => {
            change::done(living(tenant, id)?, operation, config, resources)
        }
        TenantCommand::ChangeUndone { operation } => change::undone(living(tenant, id)?, operation),
        TenantCommand::Cancelled { operation, resources } => cancel::done(living(tenant, id)?, operation, resources),
        TenantCommand::MarkVanished => seen::vanished(living(tenant, id)?),
        TenantCommand::MarkReappeared => seen::reappeared(living(tenant, id)?),
        TenantCommand::Rename { name } => amend::rename(living(tenant, id)?, name),
        TenantCommand::Protect => amend::protect(living(tenant, id)?),
        TenantCommand::Unprotect => Ok(amend::unprotect(living(tenant, id)?)),
        TenantCommand::AllowExternalAccess => {
            amend::external_access(living(tenant, id)?, true, TenantEvent::ExternalAccessAllowed)
        }
        TenantCommand::EndExternalAccess => {
            amend::external_access(living(tenant, id)?, false, TenantEvent::ExternalAccessEnded)
        }
        TenantCommand::UndeclareExternalAccess => amend::undeclare_external_access(living(tenant, id)?),
        TenantCommand::RotateSyncToken { secret, version } => {
            amend::rotate_sync_token(living(tenant, id)?, secret, version)
        }
        TenantCommand::Abandon { operation } => abandon(tenant, id, operation),
        TenantCommand::DestroyKey => secret::destroy_key(tenant, id),
        TenantCommand::SealSecret { name, version, seal_id, sealed } => {
            secret::seal(living(tenant, id)?, name, version, seal_id, sealed)
        }
        TenantCommand::SetSecret { key, seal_id, sealed } => Ok(secret::set(living(tenant, id)?, key, seal_id, sealed)),
        TenantCommand::UnsetSecret { key } => Ok(secret::unset(living(tenant, id)?, key)),
        TenantCommand::MoveDatabase { database_url } => amend::move_database(living(tenant, id)?, database_url),
        TenantCommand::RecordMigrations { applied } => Ok(amend::record_migrations(living(tenant, id)?, applied)),
        TenantCommand::RecordFailedMigration { applied, failed, reason } => {
            living(tenant, id)?;
            Ok(vec![TenantEvent::MigrationFailed { applied, failed, reason }])
        }
    }
}

/// An id begins once; asking for the very same again is not an error.
fn begin(tenant: &Tenant, id: &TenantId, asked: TenantEvent) -> Result<Vec<TenantEvent>, Refusal> {
    match tenant {
        Tenant::Unknown => Ok(vec![asked]),
        Tenant::Living(living) if began_as(living, &asked) => Ok(vec![]),
        Tenant::Living(_) | Tenant::Aside(_) | Tenant::Gone { .. } => Err(Refusal::IdTaken { id: id.clone() }),
    }
}

fn began_as(living: &LivingTenant, asked: &TenantEvent) -> bool {
    let LivingTenant { id, name, tenant_type, provider, region, config, resources, .. } = living.clone();
    let began = match living.phase {
        TenantPhase::Creating(operation) => {
            TenantEvent::TenantRequested { id, name, tenant_type, provider, region, config, operation }
        }
        TenantPhase::Ready
        | TenantPhase::Returning(..)
        | TenantPhase::Changing(_)
        | TenantPhase::Deleting(_)
        | TenantPhase::Cancelled => TenantEvent::TenantAdopted { id, name, tenant_type, provider, region, resources },
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

fn start_deletion(tenant: &Tenant, id: &TenantId, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Aside(aside) = tenant {
        return aside::start_deletion(aside, operation);
    }
    let tenant = living(tenant, id)?;
    if tenant.phase == TenantPhase::Deleting(operation) {
        return Ok(vec![]);
    }
    unprotected(idle(tenant)?)?;
    Ok(vec![TenantEvent::TenantDeletionStarted { operation }])
}

fn deletion_undone(tenant: &Tenant, id: &TenantId, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Aside(aside) = tenant {
        return aside::deletion_undone(aside, operation);
    }
    let tenant = living(tenant, id)?;
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
    if let Tenant::Aside(aside) = tenant {
        return aside::deleted(aside, operation);
    }
    let tenant = living(tenant, id)?;
    match (tenant.phase, operation) {
        (TenantPhase::Ready | TenantPhase::Cancelled, None) => {
            unprotected(tenant)?;
            Ok(vec![TenantEvent::TenantDeleted { operation: None }])
        }
        (phase, Some(operation)) if phase == TenantPhase::Deleting(operation) => {
            Ok(vec![TenantEvent::TenantDeleted { operation: Some(operation) }])
        }
        (
            TenantPhase::Creating(_)
            | TenantPhase::Returning(..)
            | TenantPhase::Ready
            | TenantPhase::Changing(_)
            | TenantPhase::Deleting(_)
            | TenantPhase::Cancelled,
            Some(operation),
        ) => Err(not_this(tenant, operation)),
        (
            TenantPhase::Creating(_) | TenantPhase::Returning(..) | TenantPhase::Changing(_) | TenantPhase::Deleting(_),
            None,
        ) => idle(tenant).map(|_| vec![]),
    }
}

/// Whoever asks for it twice has what they want already.
fn abandon(tenant: &Tenant, id: &TenantId, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if let Tenant::Gone { operation: Some(ended), .. } = tenant
        && *ended == operation
    {
        return Ok(vec![]);
    }
    if let Tenant::Aside(aside) = tenant {
        return aside::abandon(aside, operation);
    }
    let tenant = living(tenant, id)?;
    match tenant.phase {
        TenantPhase::Creating(current) | TenantPhase::Returning(current, _) | TenantPhase::Deleting(current)
            if current == operation =>
        {
            Ok(vec![TenantEvent::TenantAbandoned { operation }])
        }
        TenantPhase::Changing(current) if current == operation => Ok(change::abandoned(tenant, operation)),
        TenantPhase::Creating(_)
        | TenantPhase::Returning(..)
        | TenantPhase::Deleting(_)
        | TenantPhase::Changing(_)
        | TenantPhase::Cancelled
        | TenantPhase::Ready => Err(not_this(tenant, operation)),
    }
}

fn living<'a>(tenant: &'a Tenant, id: &TenantId) -> Result<&'a LivingTenant, Refusal> {
    match tenant {
        Tenant::Living(living) => Ok(living),
        Tenant::Unknown => Err(Refusal::NoSuchTenant { id: id.clone() }),
        Tenant::Aside(aside) => Err(Refusal::TenantAside { id: id.clone(), until: aside.until }),
        Tenant::Gone { .. } => Err(Refusal::TenantGone { id: id.clone() }),
    }
}

/// Refused while an operation is at work on it.
fn idle(tenant: &LivingTenant) -> Result<&LivingTenant, Refusal> {
    match tenant.phase.operation() {
        None => Ok(tenant),
        Some(operation) => Err(Refusal::TenantBusy { id: tenant.id.clone(), state: tenant.phase.as_str(), operation }),
    }
}

/// Refused while it is protected.
fn unprotected(tenant: &LivingTenant) -> Result<&LivingTenant, Refusal> {
    if tenant.protected { Err(Refusal::TenantProtected { id: tenant.id.clone() }) } else { Ok(tenant) }
}

fn not_this(tenant: &LivingTenant, operation: OperationId) -> Refusal {
    Refusal::NotThisOperation { id: tenant.id.clone(), state: tenant.phase.as_str(), operation }
}
