//! What a provider is told of an operation.

use std::collections::BTreeSet;

use systemprompt_events::Operation;

use super::effect;
use crate::error::CliError;
use crate::plugin::v1;
use crate::project::Project;

/// As it is now: the tenant may have changed since the operation began.
pub(super) async fn request(project: &mut Project, operation: &Operation) -> Result<v1::Request, CliError> {
    let tenant = match &operation.tenant {
        Some(id) => project.ledger().log.tenant_of_operation(id).await?,
        None => None,
    };
    Ok(v1::Request {
        operation: operation.kind.clone(),
        operation_id: operation.id.to_string(),
        tenant: tenant.as_ref().map(crate::project::for_provider),
        input: effect::for_provider(&operation.input),
        ext: None,
    })
}

/// Texts of the settings and arguments, which this user has given or allowed.
pub(super) fn settings(request: &v1::Request) -> BTreeSet<String> {
    let config = request.tenant.iter().map(|tenant| tenant.config.as_str());
    let given = config.chain([request.input.as_str()]).flat_map(crate::project::texts);
    given.chain(wanted(request).iter().flat_map(|config| crate::project::texts(config))).collect()
}

/// The settings that an edit is to lead to.
fn wanted(request: &v1::Request) -> Option<String> {
    let input: serde_json::Value = serde_json::from_str(&request.input).ok()?;
    input.get("config").filter(|_| request.operation == effect::EDIT).map(ToString::to_string)
}
