//! Filling the placeholders of a text, which is the only way that a secret's value leaves the vault.

use systemprompt_events::template::{self, SecretRef, SecretScope};
use systemprompt_events::{PluginId, TenantId};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::error::CliError;
use crate::ledger::Ledger;
use crate::plugin::embedded;
use crate::plugin::grants::Grants;
use crate::plugin::maker::Maker;
use crate::vault::Vault;
use crate::vault::shelf::Shelf;

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

/// On whose behalf a text is filled, and so with whose secrets.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// `{{secret:…}}` are this one's.
    pub tenant: Option<&'a TenantId>,
    /// `{{machine:…}}` stand here.
    pub shelf: Option<&'a Shelf>,
    /// `{{account:…}}` are this one's.
    pub account: Option<&'a Account>,
}

/// Fills `{{secret:…}}` with the tenant's own secrets, and `{{machine:…}}` with those of the plugin that is allowed here.
pub async fn fill(
    text: &str,
    mut ledger: Option<&mut Ledger>,
    vault: &Vault,
    tenant: Option<&TenantId>,
    plugin: Option<&PluginId>,
) -> Result<Zeroizing<String>, FillError> {
    let shelf = match (&mut ledger, plugin) {
        (Some(ledger), Some(plugin)) => shelf_of(plugin, ledger, vault).await?,
        _ => None,
    };
    let holder = Holder { tenant, shelf: shelf.as_ref(), account: None };
    fill_as(text, ledger, vault, holder, ToOwned::to_owned).await
}

/// Where the plugin keeps what all projects share; nowhere if this user has not allowed it here. A history from elsewhere may
/// say of it what it likes.
async fn shelf_of(plugin: &PluginId, ledger: &mut Ledger, vault: &Vault) -> Result<Option<Shelf>, CliError> {
    if embedded::component(plugin).is_some() {
        return Ok(Some(Maker::Program.shelf(plugin)));
    }
    let Some(view) = ledger.log.plugin(plugin).await? else { return Ok(None) };
    let is_allowed = Grants::of(ledger, vault).await?.ours(&view).await?.is_some();
    Ok(is_allowed.then(|| Maker::recorded(&view).shelf(plugin)))
}

/// A value as a part of a text of JSON.
pub fn in_json(value: &str) -> String {
    let quoted = Zeroizing::new(serde_json::Value::from(value).to_string());
    quoted[1..quoted.len() - 1].to_owned()
}

/// The same, with each value written in this way.
pub async fn fill_as(
    text: &str,
    mut ledger: Option<&mut Ledger>,
    vault: &Vault,
    holder: Holder<'_>,
    written: fn(&str) -> String,
) -> Result<Zeroizing<String>, FillError> {
    let references = template::references(text).map_err(|error| FillError::Template(error.to_string()))?;
    let mut values: Vec<(SecretRef, Zeroizing<String>)> = Vec::with_capacity(references.len());
    for reference in references {
        let value = match (reference.scope, &mut ledger, holder.tenant, holder.shelf) {
            (SecretScope::Tenant, Some(ledger), Some(tenant), _) => {
                ledger.secret(vault, tenant, &reference.name, reference.version).await?
            }
            (SecretScope::Machine, _, _, Some(shelf)) => {
                let value = vault.machine().value(shelf, &reference.name, reference.version).await;
                value.map_err(CliError::from)?.map(|bytes| Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
            }
            (SecretScope::Account, ..) => {
                holder.account.and_then(|account| account.value(&reference.name, reference.version))
            }
            (SecretScope::Tenant | SecretScope::Machine, ..) => None,
        };
        let value = value.ok_or_else(|| FillError::Unknown(reference.to_string()))?;
        values.push((reference, value));
    }
    let look_up =
        |wanted: &SecretRef| values.iter().find(|(reference, _)| reference == wanted).map(|(_, value)| written(value));
    let filled = template::fill(text, look_up).map_err(|error| FillError::Template(error.to_string()))?;
    filled.map(Zeroizing::new).ok_or_else(|| FillError::Template("a placeholder was not filled".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_json_ends_no_text() {
        assert_eq!(in_json(r#"a"b\c"#), r#"a\"b\\c"#);
        assert_eq!(in_json("a\nb"), "a\\nb");
    }
}
