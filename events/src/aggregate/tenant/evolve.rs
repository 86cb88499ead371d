//! The bookkeeping of a tenant.

use std::collections::BTreeMap;

use super::{LivingTenant, Tenant, TenantPhase};
use crate::{Corrupt, Json, TenantEvent};

pub(in crate::aggregate) fn evolve(tenant: Tenant, event: &TenantEvent) -> Result<Tenant, Corrupt> {
    match (tenant, event) {
        (Tenant::Unknown, began @ (TenantEvent::TenantRequested { .. } | TenantEvent::TenantAdopted { .. })) => {
            begin(began)
        }
        (Tenant::Gone { operation, undone, key_destroyed: false, secrets }, TenantEvent::TenantKeyDestroyed) => {
            Ok(Tenant::Gone { operation, undone, key_destroyed: true, secrets })
        }
        (Tenant::Living(living), event) => live(*living, event),
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
        | TenantEvent::TenantKeyDestroyed
        | TenantEvent::SecretSealed { .. } => return Err(cannot(event, "unknown")),
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
        secrets: BTreeMap::new(),
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
            return Ok(Tenant::Gone {
                operation: Some(current),
                undone: true,
                key_destroyed: false,
                secrets: tenant.secrets,
            });
        }
        (TenantPhase::Ready, TenantEvent::TenantDeletionStarted { operation }) => {
            tenant.phase = TenantPhase::Deleting(*operation);
        }
        (TenantPhase::Deleting(current), TenantEvent::TenantDeletionUndone { operation }) if current == *operation => {
            tenant.ended = Some(current);
            tenant.phase = TenantPhase::Ready;
        }
        (TenantPhase::Ready, TenantEvent::TenantDeleted { operation: None }) => {
            return Ok(Tenant::Gone { operation: None, undone: false, key_destroyed: false, secrets: tenant.secrets });
        }
        (TenantPhase::Deleting(current), TenantEvent::TenantDeleted { operation: Some(operation) })
            if current == *operation =>
        {
            return Ok(Tenant::Gone {
                operation: Some(current),
                undone: false,
                key_destroyed: false,
                secrets: tenant.secrets,
            });
        }
        (_, TenantEvent::SecretSealed { name, version, seal_id, .. }) => {
            tenant.secrets.insert(name.clone(), (*version, *seal_id));
        }
        (phase, event) => return Err(cannot(event, phase.as_str())),
    }
    Ok(Tenant::Living(Box::new(tenant)))
}

fn cannot(event: &TenantEvent, state: &'static str) -> Corrupt {
    Corrupt { event: crate::codec::tenant_kind(event), aggregate: "the tenant", state }
}
