//! The bookkeeping of a tenant that is set aside.

use super::{cannot, gone};
use crate::{AsideTenant, Corrupt, LivingTenant, Tenant, TenantEvent, TenantPhase};

/// What a living tenant comes to by what sets it aside or brings it back.
pub(super) fn live(mut tenant: LivingTenant, event: &TenantEvent) -> Result<Tenant, Corrupt> {
    let phase = tenant.phase;
    tenant.ended = phase.operation();
    tenant.phase = TenantPhase::Ready;
    match (phase, event) {
        (TenantPhase::Deleting(current), TenantEvent::TenantSetAside { operation, until, resources })
            if current == *operation =>
        {
            tenant.resources = resources.clone();
            Ok(Tenant::Aside(Box::new(AsideTenant { tenant, until: *until, deleting: None })))
        }
        (TenantPhase::Returning(current, _), TenantEvent::TenantBroughtBack { operation, resources })
            if current == *operation =>
        {
            tenant.resources = resources.clone();
            Ok(Tenant::Living(Box::new(tenant)))
        }
        (TenantPhase::Returning(current, until), TenantEvent::TenantReturnUndone { operation })
            if current == *operation =>
        {
            Ok(Tenant::Aside(Box::new(AsideTenant { tenant, until, deleting: None })))
        }
        (phase, event) => Err(cannot(event, phase.as_str())),
    }
}

/// What a tenant that is set aside comes to.
pub(super) fn evolve(mut aside: AsideTenant, event: &TenantEvent) -> Result<Tenant, Corrupt> {
    match (aside.deleting, event) {
        (None, TenantEvent::TenantReturnStarted { operation }) => {
            aside.tenant.phase = TenantPhase::Returning(*operation, aside.until);
            return Ok(Tenant::Living(Box::new(aside.tenant)));
        }
        (None, TenantEvent::TenantDeleted { operation: None }) => return Ok(gone(aside.tenant, None, false)),
        (None, TenantEvent::TenantDeletionStarted { operation }) => aside.deleting = Some(*operation),
        (Some(current), TenantEvent::TenantDeletionUndone { operation }) if current == *operation => {
            aside.tenant.ended = Some(current);
            aside.deleting = None;
        }
        (
            Some(current),
            TenantEvent::TenantDeleted { operation: Some(operation) } | TenantEvent::TenantAbandoned { operation },
        ) if current == *operation => {
            return Ok(gone(aside.tenant, Some(current), false));
        }
        (None, _) => return Err(cannot(event, "set aside")),
        (Some(_), _) => return Err(cannot(event, "set aside, and being deleted")),
    }
    Ok(Tenant::Aside(Box::new(aside)))
}
