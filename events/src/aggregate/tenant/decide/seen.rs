//! The rules of what a provider said of a tenant when it was asked.

use super::idle;
use crate::{LivingTenant, Refusal, TenantEvent, TenantType};

/// Its provider has nothing of it. While an operation is at work on it, that says nothing; and what is on this machine is
/// never taken for gone.
pub(super) fn vanished(tenant: &LivingTenant) -> Result<Vec<TenantEvent>, Refusal> {
    let stays = idle(tenant)?.vanished || tenant.tenant_type == TenantType::Local;
    Ok(if stays { vec![] } else { vec![TenantEvent::TenantVanished] })
}

/// Its provider has it.
pub(super) fn reappeared(tenant: &LivingTenant) -> Result<Vec<TenantEvent>, Refusal> {
    Ok(if idle(tenant)?.vanished { vec![TenantEvent::TenantReappeared] } else { vec![] })
}
