//! Which tenant a question about the past is about: one that is gone still has a history.

use systemprompt_events::TenantId;

use crate::error::CliError;
use crate::project::Project;

/// The living tenant that is meant, or else the one that had this id or name.
pub async fn tenant(project: &mut Project, named: &str) -> Result<TenantId, CliError> {
    let error = match super::find(project, named).await {
        Ok(tenant) => return Ok(tenant.id),
        Err(error) => error,
    };
    let mut were = project.ledger().log.tenants_that_were(named).await?;
    match were.len() {
        0 => Err(error),
        1 => Ok(were.remove(0)),
        _ => {
            let shown = crate::text::one_line(named, 60);
            let ids: Vec<_> = were.iter().map(TenantId::as_str).collect();
            let message = format!("several tenants were called `{shown}`, and none is now");
            Err(CliError::usage("tenant-ambiguous", message).help(format!("one of: {}", ids.join(", "))))
        }
    }
}
