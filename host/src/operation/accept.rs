//! What a provider hands over as its result: bounded JSON, whose placeholders name secrets of its own tenant only.

use serde_json::Value;
use systemprompt_events::template::{self, SecretScope};
use systemprompt_events::{Failure, FailureKind, Json, Operation, PluginId};

use crate::error::CliError;
use crate::project::Project;

/// The result, or why it cannot be used.
pub async fn result(
    project: &mut Project,
    operation: &Operation,
    plugin: &PluginId,
    text: &str,
) -> Result<Result<Json, Failure>, CliError> {
    let json: Json = match text.parse() {
        Ok(json) => json,
        Err(error) => return Ok(Err(refused(plugin, &format!("{error}")))),
    };
    let mut texts = Vec::new();
    collect(json.value(), &mut texts);
    for text in texts {
        let references = match template::references(&text) {
            Ok(references) => references,
            Err(error) => return Ok(Err(refused(plugin, &format!("{error}")))),
        };
        for secret in references {
            let known = match (secret.scope, &operation.tenant) {
                (SecretScope::Tenant, Some(tenant)) => {
                    project.ledger().log.secret(tenant, &secret.name, Some(secret.version)).await?.is_some()
                }
                // What tenants share is not one tenant's to show, and neither is what their owner logged in with.
                (SecretScope::Tenant | SecretScope::Machine | SecretScope::Account, _) => false,
            };
            if !known {
                return Ok(Err(refused(plugin, &format!("it names `{secret}`, which is no secret of this tenant"))));
            }
        }
    }
    Ok(Ok(json))
}

fn collect(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.into_iter().for_each(|(_, field)| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn refused(plugin: &PluginId, reason: &str) -> Failure {
    Failure {
        kind: FailureKind::Broken,
        code: "bad-result".to_owned(),
        message: format!("the result of plugin `{plugin}` cannot be used: {reason}"),
        help: None,
    }
}
