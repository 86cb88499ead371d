//! Whether what the log holds sealed can be opened: its keys are kept outside of it, and are lost without it.

use std::collections::{BTreeMap, HashMap, HashSet};

use systemprompt_events::{Position, SecretName, TenantId};

use super::{Ledger, open, user_secrets};
use crate::error::CliError;
use crate::vault::{Vault, VaultError};

/// The sealed values of the living tenants, as the keys that are here meet them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// How many there are.
    pub values: u64,
    /// How many of them open.
    pub opened: u64,
    /// Tenants whose key is not here, with the first event that it would be wanted for, and how many there are of these.
    pub locked: BTreeMap<TenantId, (Position, u64)>,
    /// Values that do not open though their key is here.
    pub broken: Vec<Broken>,
    /// Whether the log lives here, and its keys with it: elsewhere, that there are none is no fault.
    pub is_home: bool,
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

impl Sealed {
    fn see(&mut self, tenant: &TenantId, position: Position, name: &str, opens: Option<bool>) {
        self.values += 1;
        match opens {
            Some(true) => self.opened += 1,
            Some(false) => self.broken.push(Broken { position, tenant: tenant.clone(), name: name.to_owned() }),
            None => {
                let (first, count) = self.locked.entry(tenant.clone()).or_insert((position, 0));
                *first = position.min(*first);
                *count += 1;
            }
        }
    }
}

impl Ledger {
    /// Tries every sealed value of the living tenants that no operation is at work on with the keys that this user has.
    pub async fn sealed(&mut self, vault: &Vault, is_home: bool) -> Result<Sealed, CliError> {
        let keys = match vault.tenant_keys().await {
            Err(VaultError::KeyLost { .. }) => HashMap::new(),
            keys => keys?,
        };
        // A deletion that was interrupted may have destroyed the key already: whoever resumes it goes on from there.
        let settled = self.log.tenants().await?.into_iter().filter(|tenant| tenant.operation.is_none());
        let settled: HashSet<TenantId> = settled.map(|tenant| tenant.id).collect();
        let mut sealed = Sealed { is_home, ..Sealed::default() };
        let secrets = self.log.secrets().await?;
        let mut newest: HashMap<(TenantId, SecretName), u32> = HashMap::new();
        for (tenant, _, secret) in &secrets {
            let version = newest.entry((tenant.clone(), secret.name.clone())).or_default();
            *version = secret.version.max(*version);
        }
        for (tenant, position, secret) in secrets {
            // What was rotated away opens nothing any more, whether or not its key is here.
            let is_in_use = newest.get(&(tenant.clone(), secret.name.clone())) == Some(&secret.version);
            if is_in_use && settled.contains(&tenant) {
                let opens = keys.get(&tenant).map(|key| open(key, &tenant, &secret).is_ok());
                sealed.see(&tenant, position, secret.name.as_str(), opens);
            }
        }
        for secret in self.log.user_secrets(None).await? {
            if settled.contains(&secret.tenant) {
                let opens = keys.get(&secret.tenant).map(|key| user_secrets::open(key, &secret).is_ok());
                sealed.see(&secret.tenant, secret.position, secret.key.as_str(), opens);
            }
        }
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_open_is_named_and_what_has_no_key_is_counted_by_tenant() {
        let (tenant, at) = ("local_19bff27604c".parse().unwrap(), |number| Position::new(number).unwrap());
        let mut sealed = Sealed::default();
        for (position, name, opens) in [(3, "a", Some(true)), (9, "b", None), (5, "c", None), (7, "d", Some(false))] {
            sealed.see(&tenant, at(position), name, opens);
        }
        assert_eq!((sealed.values, sealed.opened), (4, 1));
        assert_eq!(sealed.locked.get(&tenant), Some(&(at(5), 2)));
        assert_eq!(sealed.broken, [Broken { position: at(7), tenant, name: "d".to_owned() }]);
    }
}
