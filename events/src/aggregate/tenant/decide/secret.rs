//! The rules of a tenant's secrets, and of the key that seals them.

use uuid::Uuid;

use crate::{LivingTenant, Refusal, SecretKey, SecretName, Tenant, TenantEvent, TenantId};

/// Only what nobody can want back loses its key.
pub(super) fn destroy_key(tenant: &Tenant, id: &TenantId) -> Result<Vec<TenantEvent>, Refusal> {
    match tenant {
        Tenant::Unknown => Err(Refusal::NoSuchTenant { id: id.clone() }),
        Tenant::Living(_) | Tenant::Aside(_) => Err(Refusal::TenantLiving { id: id.clone() }),
        Tenant::Gone { key_destroyed: true, .. } => Ok(vec![]),
        Tenant::Gone { key_destroyed: false, .. } => Ok(vec![TenantEvent::TenantKeyDestroyed]),
    }
}

/// Versions come one after the other.
pub(super) fn seal(
    tenant: &LivingTenant,
    name: SecretName,
    version: u32,
    seal_id: Uuid,
    sealed: String,
) -> Result<Vec<TenantEvent>, Refusal> {
    let newest = tenant.secrets.get(&name).copied();
    let expected = newest.map_or(1, |(newest, _)| newest.saturating_add(1));
    if newest == Some((version, seal_id)) {
        return Ok(vec![]);
    }
    if version != expected {
        return Err(Refusal::SecretVersion { name, expected });
    }
    Ok(vec![TenantEvent::SecretSealed { name, version, seal_id, sealed }])
}

pub(super) fn set(tenant: &LivingTenant, key: SecretKey, seal_id: Uuid, sealed: String) -> Vec<TenantEvent> {
    let again = tenant.user_secrets.get(&key).is_some_and(|set| set.seal_id == seal_id);
    if again { vec![] } else { vec![TenantEvent::TenantSecretSet { key, seal_id, sealed }] }
}

pub(super) fn unset(tenant: &LivingTenant, key: SecretKey) -> Vec<TenantEvent> {
    if tenant.user_secrets.contains_key(&key) { vec![TenantEvent::TenantSecretUnset { key }] } else { vec![] }
}
