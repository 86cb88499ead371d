//! The rules of a tenant of which all that costs money was ended.

use super::not_this;
use crate::{Json, LivingTenant, OperationId, Refusal, Tenant, TenantCommand, TenantEvent, TenantPhase};

/// Its record can be deleted, which needs nothing from the world outside, and unprotected before that. Whatever else is wanted
/// of it has no place.
pub(super) fn check(tenant: &Tenant, command: &TenantCommand) -> Result<(), Refusal> {
    let Tenant::Living(living) = tenant else { return Ok(()) };
    let is_answered = matches!(
        command,
        TenantCommand::Deleted { operation: None }
            | TenantCommand::Unprotect
            | TenantCommand::Cancelled { .. }
            | TenantCommand::Request { .. }
            | TenantCommand::Adopt { .. }
    );
    if living.phase != TenantPhase::Cancelled || is_answered {
        return Ok(());
    }
    Err(Refusal::TenantCancelled { id: living.id.clone() })
}

/// The end of an operation that changed it.
pub(super) fn done(
    tenant: &LivingTenant,
    operation: OperationId,
    resources: Json,
) -> Result<Vec<TenantEvent>, Refusal> {
    if tenant.phase == TenantPhase::Changing(operation) {
        return Ok(vec![TenantEvent::TenantCancelled { operation, resources }]);
    }
    let again = tenant.phase == TenantPhase::Cancelled && tenant.ended == Some(operation);
    if again && tenant.resources == resources { Ok(vec![]) } else { Err(not_this(tenant, operation)) }
}
