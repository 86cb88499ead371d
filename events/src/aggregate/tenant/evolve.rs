//! The bookkeeping of a tenant.

mod aside;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DATABASE_URL_FIELD, EXTERNAL_ACCESS_FIELD, LivingTenant, SYNC_TOKEN_FIELD, Tenant, TenantPhase, sync_token,
};
use serde_json::{Map, Value};

use crate::{Corrupt, Json, OperationId, TenantEvent, UserSecret};

pub(in crate::aggregate) fn evolve(tenant: Tenant, event: &TenantEvent) -> Result<Tenant, Corrupt> {
    match (tenant, event) {
        (Tenant::Unknown, began @ (TenantEvent::TenantRequested { .. } | TenantEvent::TenantAdopted { .. })) => {
            begin(began)
        }
        (
            Tenant::Gone { operation, undone, key_destroyed: false, secrets, withdrawn },
            TenantEvent::TenantKeyDestroyed,
        ) => Ok(Tenant::Gone { operation, undone, key_destroyed: true, secrets, withdrawn }),
        (
            Tenant::Living(living),
            event @ (TenantEvent::TenantSetAside { .. }
            | TenantEvent::TenantBroughtBack { .. }
            | TenantEvent::TenantReturnUndone { .. }),
        ) => aside::live(*living, event),
        (Tenant::Living(living), event) => live(*living, event),
        (Tenant::Aside(set_aside), event) => aside::evolve(*set_aside, event),
        (Tenant::Unknown, event) => Err(cannot(event, "unknown")),
        (Tenant::Gone { .. }, event) => Err(cannot(event, "gone")),
    }
}

fn begin(event: &TenantEvent) -> Result<Tenant, Corrupt> {
    let (id, name, tenant_type, provider, region, config, resources, phase) = match event {
        TenantEvent::TenantRequested { id, name, tenant_type, provider, region, config, operation } => {
            let phase = TenantPhase::Creating(*operation);
            (id, name, tenant_type, provider, region, config.clone(), Json::object(), phase)
        }
        TenantEvent::TenantAdopted { id, name, tenant_type, provider, region, resources } => {
            (id, name, tenant_type, provider, region, Json::object(), resources.clone(), TenantPhase::Ready)
        }
        TenantEvent::TenantCreated { .. }
        | TenantEvent::TenantCreationUndone { .. }
        | TenantEvent::TenantDeletionStarted { .. }
        | TenantEvent::TenantDeletionUndone { .. }
        | TenantEvent::TenantDeleted { .. }
        | TenantEvent::TenantSetAside { .. }
        | TenantEvent::TenantReturnStarted { .. }
        | TenantEvent::TenantBroughtBack { .. }
        | TenantEvent::TenantReturnUndone { .. }
        | TenantEvent::TenantChangeStarted { .. }
        | TenantEvent::TenantChanged { .. }
        | TenantEvent::TenantChangeUndone { .. }
        | TenantEvent::TenantCancelled { .. }
        | TenantEvent::TenantVanished
        | TenantEvent::TenantReappeared
        | TenantEvent::TenantRenamed { .. }
        | TenantEvent::TenantProtected
        | TenantEvent::TenantUnprotected
        | TenantEvent::ExternalAccessAllowed
        | TenantEvent::ExternalAccessEnded
        | TenantEvent::ExternalAccessUndeclared
        | TenantEvent::SyncTokenRotated { .. }
        | TenantEvent::TenantAbandoned { .. }
        | TenantEvent::TenantChangeAbandoned { .. }
        | TenantEvent::TenantKeyDestroyed
        | TenantEvent::SecretSealed { .. }
        | TenantEvent::SecretWithdrawn { .. }
        | TenantEvent::TenantSecretSet { .. }
        | TenantEvent::TenantSecretUnset { .. }
        | TenantEvent::DatabaseMoved { .. }
        | TenantEvent::DatabaseMigrated { .. }
        | TenantEvent::MigrationFailed { .. } => return Err(cannot(event, "unknown")),
    };
    Ok(Tenant::Living(Box::new(LivingTenant {
        id: id.clone(),
        name: name.clone(),
        tenant_type: *tenant_type,
        provider: provider.clone(),
        region: region.clone(),
        config,
        resources,
        phase,
        ended: None,
        protected: false,
        vanished: false,
        secrets: BTreeMap::new(),
        sealed_in_change: vec![],
        withdrawn: BTreeSet::new(),
        user_secrets: BTreeMap::new(),
    })))
}

fn live(mut tenant: LivingTenant, event: &TenantEvent) -> Result<Tenant, Corrupt> {
    match (tenant.phase, event) {
        (TenantPhase::Creating(current), TenantEvent::TenantCreated { operation, resources })
            if current == *operation =>
        {
            tenant.resources = resources.clone();
            tenant.ended = Some(current);
            tenant.phase = TenantPhase::Ready;
        }
        (TenantPhase::Creating(current), TenantEvent::TenantCreationUndone { operation }) if current == *operation => {
            return Ok(gone(tenant, Some(current), true));
        }
        (TenantPhase::Ready, TenantEvent::TenantDeletionStarted { operation }) => {
            tenant.phase = TenantPhase::Deleting(*operation);
        }
        (TenantPhase::Deleting(current), TenantEvent::TenantDeletionUndone { operation }) if current == *operation => {
            tenant.ended = Some(current);
            tenant.phase = TenantPhase::Ready;
        }
        (TenantPhase::Ready | TenantPhase::Cancelled, TenantEvent::TenantDeleted { operation: None }) => {
            return Ok(gone(tenant, None, false));
        }
        (TenantPhase::Deleting(current), TenantEvent::TenantDeleted { operation: Some(operation) })
            if current == *operation =>
        {
            return Ok(gone(tenant, Some(current), false));
        }
        (
            phase @ (TenantPhase::Creating(current)
            | TenantPhase::Returning(current, _)
            | TenantPhase::Deleting(current)),
            TenantEvent::TenantAbandoned { operation },
        ) if current == *operation => {
            return Ok(gone(tenant, Some(current), matches!(phase, TenantPhase::Creating(_))));
        }
        (TenantPhase::Changing(current), TenantEvent::TenantChangeAbandoned { operation }) if current == *operation => {
            end_change(&mut tenant, current);
        }
        (TenantPhase::Ready, TenantEvent::TenantChangeStarted { operation, .. }) => {
            tenant.phase = TenantPhase::Changing(*operation);
        }
        (TenantPhase::Changing(current), TenantEvent::TenantChanged { operation, config, resources })
            if current == *operation =>
        {
            tenant.config = config.clone().unwrap_or(tenant.config);
            tenant.resources = resources.clone();
            end_change(&mut tenant, current);
        }
        (TenantPhase::Changing(current), TenantEvent::TenantChangeUndone { operation }) if current == *operation => {
            end_change(&mut tenant, current);
        }
        (TenantPhase::Changing(current), TenantEvent::TenantCancelled { operation, resources })
            if current == *operation =>
        {
            tenant.resources = resources.clone();
            end_change(&mut tenant, current);
            tenant.phase = TenantPhase::Cancelled;
        }
        (_, event) => amend(&mut tenant, event)?,
    }
    Ok(Tenant::Living(Box::new(tenant)))
}

fn end_change(tenant: &mut LivingTenant, operation: OperationId) {
    tenant.ended = Some(operation);
    tenant.phase = TenantPhase::Ready;
    tenant.sealed_in_change.clear();
}

/// What happens to a living tenant without moving it on in its life.
fn amend(tenant: &mut LivingTenant, event: &TenantEvent) -> Result<(), Corrupt> {
    match event {
        TenantEvent::TenantRenamed { name } => tenant.name = name.clone(),
        TenantEvent::TenantProtected => tenant.protected = true,
        TenantEvent::TenantUnprotected => tenant.protected = false,
        TenantEvent::TenantVanished => tenant.vanished = true,
        TenantEvent::TenantReappeared => tenant.vanished = false,
        TenantEvent::ExternalAccessAllowed => set_resource(tenant, event, EXTERNAL_ACCESS_FIELD, true.into())?,
        TenantEvent::ExternalAccessEnded => set_resource(tenant, event, EXTERNAL_ACCESS_FIELD, false.into())?,
        TenantEvent::ExternalAccessUndeclared => unset_resource(tenant, event, EXTERNAL_ACCESS_FIELD)?,
        TenantEvent::SyncTokenRotated { secret, version } => {
            set_resource(tenant, event, SYNC_TOKEN_FIELD, sync_token(secret, *version).into())?;
        }
        TenantEvent::SecretSealed { name, version, seal_id, .. } => {
            tenant.secrets.insert(name.clone(), (*version, *seal_id));
            if let TenantPhase::Changing(_) = tenant.phase {
                tenant.sealed_in_change.push((name.clone(), *version));
            }
        }
        TenantEvent::TenantSecretSet { key, seal_id, sealed } => {
            tenant.user_secrets.insert(key.clone(), UserSecret { seal_id: *seal_id, sealed: sealed.clone() });
        }
        TenantEvent::TenantSecretUnset { key } => {
            tenant.user_secrets.remove(key).ok_or_else(|| cannot(event, "without this secret"))?;
        }
        TenantEvent::SecretWithdrawn { name, version } => {
            let version = (name.clone(), *version);
            tenant.sealed_in_change.retain(|sealed| *sealed != version);
            tenant.withdrawn.insert(version);
        }
        TenantEvent::DatabaseMoved { database_url } => {
            set_resource(tenant, event, DATABASE_URL_FIELD, database_url.as_str().into())?;
        }
        // What is in its database, its database knows.
        TenantEvent::DatabaseMigrated { .. } | TenantEvent::MigrationFailed { .. } => {}
        TenantEvent::TenantRequested { .. }
        | TenantEvent::TenantCreated { .. }
        | TenantEvent::TenantCreationUndone { .. }
        | TenantEvent::TenantAdopted { .. }
        | TenantEvent::TenantDeletionStarted { .. }
        | TenantEvent::TenantDeletionUndone { .. }
        | TenantEvent::TenantDeleted { .. }
        | TenantEvent::TenantSetAside { .. }
        | TenantEvent::TenantReturnStarted { .. }
        | TenantEvent::TenantBroughtBack { .. }
        | TenantEvent::TenantReturnUndone { .. }
        | TenantEvent::TenantChangeStarted { .. }
        | TenantEvent::TenantChanged { .. }
        | TenantEvent::TenantChangeUndone { .. }
        | TenantEvent::TenantCancelled { .. }
        | TenantEvent::TenantAbandoned { .. }
        | TenantEvent::TenantChangeAbandoned { .. }
        | TenantEvent::TenantKeyDestroyed => return Err(cannot(event, tenant.phase.as_str())),
    }
    Ok(())
}

/// Sets one field of a tenant's resources.
fn set_resource(tenant: &mut LivingTenant, event: &TenantEvent, field: &str, value: Value) -> Result<(), Corrupt> {
    let mut fields = resources(tenant, event)?;
    fields.insert(field.to_owned(), value);
    put_resources(tenant, event, fields)
}

/// Takes one field out of a tenant's resources.
fn unset_resource(tenant: &mut LivingTenant, event: &TenantEvent, field: &str) -> Result<(), Corrupt> {
    let mut fields = resources(tenant, event)?;
    fields.remove(field);
    put_resources(tenant, event, fields)
}

fn resources(tenant: &LivingTenant, event: &TenantEvent) -> Result<Map<String, Value>, Corrupt> {
    match tenant.resources.value() {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(cannot(event, "without an object of resources"))
        }
    }
}

fn put_resources(tenant: &mut LivingTenant, event: &TenantEvent, fields: Map<String, Value>) -> Result<(), Corrupt> {
    let resources = Value::Object(fields);
    tenant.resources =
        Json::from_value(&resources).map_err(|_| cannot(event, "with more resources than it can have"))?;
    Ok(())
}

fn gone(tenant: LivingTenant, operation: Option<OperationId>, undone: bool) -> Tenant {
    let LivingTenant { secrets, withdrawn, .. } = tenant;
    Tenant::Gone { operation, undone, key_destroyed: false, secrets, withdrawn }
}

fn cannot(event: &TenantEvent, state: &'static str) -> Corrupt {
    Corrupt { event: crate::codec::tenant_kind(event), aggregate: "the tenant", state }
}
