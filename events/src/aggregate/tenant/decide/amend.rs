//! The rules of changes that need nothing from the world outside.

use serde_json::Value;

use super::super::{DATABASE_URL_FIELD, EXTERNAL_ACCESS_FIELD, SYNC_TOKEN_FIELD, sync_token};
use super::{idle, unprotected};
use crate::{AppliedMigration, LivingTenant, Refusal, SecretName, TenantEvent, TenantName, TenantPhase};

pub(super) fn rename(tenant: &LivingTenant, name: TenantName) -> Result<Vec<TenantEvent>, Refusal> {
    if idle(tenant)?.name == name { Ok(vec![]) } else { Ok(vec![TenantEvent::TenantRenamed { name }]) }
}

/// A tenant that is being deleted cannot be saved any more, nor can one that is being changed: it may be cancelled.
pub(super) fn protect(tenant: &LivingTenant) -> Result<Vec<TenantEvent>, Refusal> {
    if let TenantPhase::Deleting(_) | TenantPhase::Changing(_) = tenant.phase {
        return idle(tenant).map(|_| vec![]);
    }
    Ok(if tenant.protected { vec![] } else { vec![TenantEvent::TenantProtected] })
}

pub(super) fn unprotect(tenant: &LivingTenant) -> Vec<TenantEvent> {
    if tenant.protected { vec![TenantEvent::TenantUnprotected] } else { vec![] }
}

/// Where nothing was said, it is closed.
pub(super) fn external_access(
    tenant: &LivingTenant,
    wanted: bool,
    declared: TenantEvent,
) -> Result<Vec<TenantEvent>, Refusal> {
    let found = idle(tenant)?.resources.value().get(EXTERNAL_ACCESS_FIELD).and_then(Value::as_bool);
    Ok(if found.unwrap_or(false) == wanted { vec![] } else { vec![declared] })
}

/// As before anybody said anything about it.
pub(super) fn undeclare_external_access(tenant: &LivingTenant) -> Result<Vec<TenantEvent>, Refusal> {
    let declared = idle(tenant)?.resources.value().get(EXTERNAL_ACCESS_FIELD).is_some();
    Ok(if declared { vec![TenantEvent::ExternalAccessUndeclared] } else { vec![] })
}

/// While an operation is at work on the tenant, the address is the operation's to say.
pub(super) fn move_database(tenant: &LivingTenant, database_url: String) -> Result<Vec<TenantEvent>, Refusal> {
    let resources = idle(tenant)?.resources.value();
    let current = resources.get(DATABASE_URL_FIELD).and_then(Value::as_str);
    Ok(if current == Some(&database_url) { vec![] } else { vec![TenantEvent::DatabaseMoved { database_url }] })
}

/// It has happened, whatever else is at work on the tenant.
pub(super) fn record_migrations(_living: &LivingTenant, applied: Vec<AppliedMigration>) -> Vec<TenantEvent> {
    if applied.is_empty() { vec![] } else { vec![TenantEvent::DatabaseMigrated { applied }] }
}

/// The newest version of the secret becomes the token.
pub(super) fn rotate_sync_token(
    tenant: &LivingTenant,
    secret: SecretName,
    version: u32,
) -> Result<Vec<TenantEvent>, Refusal> {
    let tenant = unprotected(idle(tenant)?)?;
    let newest = tenant.secrets.get(&secret).map_or(0, |(newest, _)| *newest);
    if newest == 0 || newest != version {
        return Err(Refusal::SecretVersion { name: secret, expected: newest.max(1) });
    }
    let current = tenant.resources.value().get(SYNC_TOKEN_FIELD).cloned();
    if current == Some(Value::String(sync_token(&secret, version))) {
        return Ok(vec![]);
    }
    Ok(vec![TenantEvent::SyncTokenRotated { secret, version }])
}
