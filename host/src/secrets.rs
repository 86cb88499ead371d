//! Filling the placeholders of a text, which is the only way that a secret's value leaves the vault.

use systemprompt_events::template::{self, SecretRef, SecretScope};
use systemprompt_events::{PluginId, TenantId};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::ledger::Ledger;
use crate::vault::Vault;

/// Why a text could not be filled.
pub enum FillError {
    /// It names a secret that there is not, or not for this tenant or plugin.
    Unknown(String),
    /// It is not a template.
    Template(String),
    /// Log or vault failed.
    Host(Box<CliError>),
}

impl From<CliError> for FillError {
    fn from(error: CliError) -> FillError {
        FillError::Host(Box::new(error))
    }
}

/// Fills `{{secret:…}}` with the tenant's own secrets, and `{{machine:…}}` with the plugin's own.
pub async fn fill(
    text: &str,
    mut ledger: Option<&mut Ledger>,
    vault: &Vault,
    tenant: Option<&TenantId>,
    plugin: Option<&PluginId>,
) -> Result<Zeroizing<String>, FillError> {
    let references = template::references(text).map_err(|error| FillError::Template(error.to_string()))?;
    let mut values: Vec<(SecretRef, Zeroizing<String>)> = Vec::with_capacity(references.len());
    for reference in references {
        let value = match (reference.scope, &mut ledger, tenant, plugin) {
            (SecretScope::Tenant, Some(ledger), Some(tenant), _) => {
                ledger.secret(vault, tenant, &reference.name, reference.version).await?
            }
            (SecretScope::Machine, _, _, Some(plugin)) => {
                let value = vault.machine().value(plugin, &reference.name, reference.version).await;
                value.map_err(CliError::from)?.map(|bytes| Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
            }
            _ => None,
        };
        let value = value.ok_or_else(|| FillError::Unknown(reference.to_string()))?;
        values.push((reference, value));
    }
    let look_up = |wanted: &SecretRef| {
        values.iter().find(|(reference, _)| reference == wanted).map(|(_, value)| value.as_str().to_owned())
    };
    let filled = template::fill(text, look_up).map_err(|error| FillError::Template(error.to_string()))?;
    filled.map(Zeroizing::new).ok_or_else(|| FillError::Template("a placeholder was not filled".to_owned()))
}
