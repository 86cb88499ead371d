//! Whether what the log holds sealed can be opened: its keys are kept outside of it, and are lost without it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use systemprompt_events::template::{self, Part, SecretScope};
use systemprompt_events::{Position, SecretName, TenantId, TenantView, Timestamp};

use super::{Ledger, open, user_secrets};
use crate::env;
use crate::error::CliError;
use crate::vault::keys::DataKeys;
use crate::vault::{Vault, VaultError};

/// The sealed values of the living tenants, as the keys that are here meet them.
#[derive(Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Where the log lives, and its keys with it.
    pub home: Home,
    /// How many values there are.
    pub values: u64,
    /// How many of them open.
    pub opened: u64,
    /// Tenants whose key cannot be used, though it should be here.
    pub locked: BTreeMap<TenantId, Locked>,
    /// Values that do not open though their key is here.
    pub broken: Vec<Broken>,
    /// What was sealed with keys that are kept elsewhere. That is no fault.
    pub elsewhere: BTreeMap<TenantId, Elsewhere>,
}

/// Where a log lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In this directory; events up to `claimed` were recorded elsewhere, and taken in.
    Here {
        /// The last of them, if there are any.
        claimed: Option<Position>,
    },
    /// Elsewhere, or nowhere yet.
    Elsewhere,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is none.
    Missing,
    /// It is wrapped by another master key than this user's.
    OtherMaster,
    /// The master key that wraps it is gone.
    MasterLost,
}

/// What a key that cannot be used would open.
#[derive(Debug, PartialEq, Eq)]
pub struct Locked {
    /// The first event that it would be wanted for.
    pub position: Position,
    /// How many values there are.
    pub values: u64,
    /// Why it cannot be used.
    pub why: Why,
}

/// A sealed value that its key does not open.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// The event that has it.
    pub position: Position,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is called.
    pub name: String,
}

/// Values of a tenant whose key is kept elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The first event that has one.
    pub position: Position,
    /// What they are called.
    pub names: BTreeSet<String>,
}

/// The keys that are here, or that there is no master key for them.
struct Keys {
    data: DataKeys,
    is_master_lost: bool,
}

impl Keys {
    async fn look(vault: &Vault) -> Result<Keys, CliError> {
        match vault.look_at_tenant_keys().await {
            Err(VaultError::KeyLost { .. }) => Ok(Keys { data: DataKeys::default(), is_master_lost: true }),
            keys => Ok(Keys { data: keys?, is_master_lost: false }),
        }
    }

    /// Whether the tenant's key opens a value.
    fn opens(&self, tenant: &TenantId, open: impl FnOnce(&crate::vault::seal::Key) -> bool) -> Opens {
        match self.data.usable.get(tenant) {
            Some(key) if open(key) => Opens::Yes,
            Some(_) => Opens::No,
            None if self.is_master_lost => Opens::Locked(Why::MasterLost),
            None if self.data.of_another.contains(tenant) => Opens::Locked(Why::OtherMaster),
            None => Opens::Locked(Why::Missing),
        }
    }
}

/// Whether a value opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    Yes,
    No,
    Locked(Why),
}

impl Sealed {
    fn new(home: Home) -> Sealed {
        let (locked, broken, elsewhere) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Sealed { home, values: 0, opened: 0, locked, broken, elsewhere }
    }

    fn see(&mut self, tenant: &TenantId, position: Position, name: &str, opens: Opens) {
        self.values += 1;
        match (opens, self.home) {
            (Opens::Yes, _) => self.opened += 1,
            (Opens::No | Opens::Locked(_), Home::Here { claimed }) if Some(position) <= claimed => {
                self.see_elsewhere(tenant, position, name);
            }
            (Opens::Locked(_), Home::Elsewhere) => self.see_elsewhere(tenant, position, name),
            (Opens::No, _) => self.broken.push(Broken { position, tenant: tenant.clone(), name: name.to_owned() }),
            (Opens::Locked(why), Home::Here { .. }) => {
                let locked = self.locked.entry(tenant.clone()).or_insert(Locked { position, values: 0, why });
                locked.position = position.min(locked.position);
                locked.values += 1;
            }
        }
    }

    fn see_elsewhere(&mut self, tenant: &TenantId, position: Position, name: &str) {
        let entry = self.elsewhere.entry(tenant.clone());
        let elsewhere = entry.or_insert_with(|| Elsewhere { position, names: BTreeSet::new() });
        elsewhere.position = position.min(elsewhere.position);
        elsewhere.names.insert(name.to_owned());
    }
}

impl Ledger {
    /// Tries every sealed value of the living tenants that no operation is at work on with the keys that this user has.
    pub async fn sealed(&mut self, vault: &Vault, home: Home) -> Result<Sealed, CliError> {
        let keys = Keys::look(vault).await?;
        // A deletion that was interrupted may have destroyed the key already: whoever resumes it goes on from there.
        let settled = self.log.tenants().await?.into_iter().filter(|tenant| tenant.operation.is_none());
        let settled: HashMap<TenantId, HashSet<(SecretName, u32)>> =
            settled.map(|tenant| (tenant.id.clone(), named(&tenant, env::now()))).collect();
        let mut sealed = Sealed::new(home);
        let secrets = self.log.secrets().await?;
        let mut newest: HashMap<(TenantId, SecretName), u32> = HashMap::new();
        for (tenant, _, secret) in &secrets {
            let version = newest.entry((tenant.clone(), secret.name.clone())).or_default();
            *version = secret.version.max(*version);
        }
        for (tenant, position, secret) in secrets {
            let Some(named) = settled.get(&tenant) else { continue };
            // What was rotated away opens nothing any more, whether or not its key is here.
            let is_newest = newest.get(&(tenant.clone(), secret.name.clone())) == Some(&secret.version);
            if is_newest || named.contains(&(secret.name.clone(), secret.version)) {
                let opens = keys.opens(&tenant, |key| open(key, &tenant, &secret).is_ok());
                sealed.see(&tenant, position, secret.name.as_str(), opens);
            }
        }
        for secret in self.log.user_secrets(None).await? {
            if settled.contains_key(&secret.tenant) {
                let opens = keys.opens(&secret.tenant, |key| user_secrets::open(key, &secret).is_ok());
                sealed.see(&secret.tenant, secret.position, secret.key.as_str(), opens);
            }
        }
        Ok(sealed)
    }
}

/// The versions of secrets that a tenant's resources name: of two passwords that overlap, both, until the older one ends.
pub(super) fn named(tenant: &TenantView, now: Timestamp) -> HashSet<(SecretName, u32)> {
    let mut resources = tenant.resources.value();
    let until = resources.pointer("/previous_login/valid_until_ms").and_then(Value::as_i64);
    if let (Some(fields), true) = (resources.as_object_mut(), until.is_some_and(|until| until <= now.millis())) {
        fields.remove("previous_login");
    }
    let (mut found, mut rest) = (HashSet::new(), vec![resources]);
    while let Some(value) = rest.pop() {
        match value {
            Value::String(text) => {
                let parts = template::parse(&text).unwrap_or_default();
                found.extend(parts.into_iter().filter_map(|part| match part {
                    Part::Secret(secret) if secret.scope == SecretScope::Tenant => Some((secret.name, secret.version)),
                    Part::Secret(_) | Part::Text(_) => None,
                }));
            }
            Value::Array(values) => rest.extend(values),
            Value::Object(fields) => rest.extend(fields.into_values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

#[cfg(test)]
#[path = "sealed_test.rs"]
mod tests;
