//! Data keys that outlived their tenants: whoever deleted one was stopped before its key was gone.

use systemprompt_events::{Command, TenantCommand, TenantId};

use super::Project;
use crate::error::{CliError, Exit};

/// Destroys the keys of tenants that are gone for good. The log is asked first: it refuses where a tenant has a life before
/// it still, or may come back.
pub async fn destroy_all(project: &mut Project) -> Result<(), CliError> {
    let keyed = project.vault.keyed_tenants().await?;
    if keyed.is_empty() {
        return Ok(());
    }
    for tenant in project.ledger().log.not_living(&keyed).await? {
        match record(project, &tenant).await {
            Ok(()) => project.vault.destroy_tenant_key(&tenant).await?,
            Err(error) if matches!(error.exit, Exit::Refused | Exit::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Destroys the key of a tenant that was just deleted: the key first, so that none is declared destroyed that is there.
pub async fn destroy(project: &mut Project, tenant: &TenantId) -> Result<(), CliError> {
    project.vault.destroy_tenant_key(tenant).await?;
    record(project, tenant).await
}

async fn record(project: &mut Project, tenant: &TenantId) -> Result<(), CliError> {
    project.ledger().record(vec![Command::Tenant(tenant.clone(), TenantCommand::DestroyKey)]).await.map(|_| ())
}
