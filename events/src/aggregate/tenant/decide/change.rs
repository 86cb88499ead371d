//! The rules of an operation that changes a tenant which is there.

use super::{idle, not_this, unprotected};
use crate::{Json, LivingTenant, OperationId, Refusal, TenantEvent, TenantPhase};

pub(super) fn start(tenant: &LivingTenant, operation: OperationId, kind: String) -> Result<Vec<TenantEvent>, Refusal> {
    if tenant.phase == TenantPhase::Changing(operation) {
        return Ok(vec![]);
    }
    unprotected(idle(tenant)?)?;
    Ok(vec![TenantEvent::TenantChangeStarted { operation, kind }])
}

pub(super) fn done(
    tenant: &LivingTenant,
    operation: OperationId,
    config: Option<Json>,
    resources: Json,
) -> Result<Vec<TenantEvent>, Refusal> {
    if tenant.phase == TenantPhase::Changing(operation) {
        return Ok(vec![TenantEvent::TenantChanged { operation, config, resources }]);
    }
    let same = tenant.resources == resources && config.is_none_or(|config| tenant.config == config);
    if ended(tenant, operation) && same { Ok(vec![]) } else { Err(not_this(tenant, operation)) }
}

/// What the operation sealed was never taken into use: the versions before it hold on.
pub(super) fn undone(tenant: &LivingTenant, operation: OperationId) -> Result<Vec<TenantEvent>, Refusal> {
    if ended(tenant, operation) {
        return Ok(vec![]);
    }
    if tenant.phase != TenantPhase::Changing(operation) {
        return Err(not_this(tenant, operation));
    }
    Ok(withdrawing(tenant, TenantEvent::TenantChangeUndone { operation }))
}

/// What the operation left is not known: what is recorded of the tenant names the versions before, and so they hold on.
pub(super) fn abandoned(tenant: &LivingTenant, operation: OperationId) -> Vec<TenantEvent> {
    withdrawing(tenant, TenantEvent::TenantChangeAbandoned { operation })
}

fn withdrawing(tenant: &LivingTenant, end: TenantEvent) -> Vec<TenantEvent> {
    let sealed = tenant.sealed_in_change.iter().cloned();
    let withdrawn = sealed.map(|(name, version)| TenantEvent::SecretWithdrawn { name, version });
    withdrawn.chain([end]).collect()
}

fn ended(tenant: &LivingTenant, operation: OperationId) -> bool {
    tenant.phase == TenantPhase::Ready && tenant.ended == Some(operation)
}
