//! Secrets at rest: a master key of this user, a data key for each tenant, and the secrets that projects share.

pub mod account_keys;
pub mod checkpoint_key;
pub mod homes;
pub mod keyring;
pub mod keys;
pub mod machine;
pub mod master;
pub mod seal;
pub mod shelf;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use systemprompt_events::{PluginId, TenantId};
use zeroize::Zeroizing;

use crate::places::Places;
use account_keys::AccountKeys;
use keyring::KeyringError;
use keys::{DataKeys, ProjectKeys};
use machine::MachineSecrets;
use master::MasterKey;
use seal::{Key, SealError};

/// Lengths of a generated secret: from 128 bits on, to what PostgreSQL and URLs bear.
pub const SECRET_CHARS: RangeInclusive<u32> = 22..=128;

/// Alphabet of generated secrets: nothing that a URL, a shell or SQL would have to escape. 62 characters.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What can go wrong with keys and secrets.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file of the vault could not be read or written.
    #[error("could not access {}", crate::text::shown(path))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the vault is not what we wrote.
    #[error("{} is damaged: {reason}", crate::text::shown(path))]
    Damaged {
        /// Which.
        path: PathBuf,
        /// In what way.
        reason: String,
    },
    /// One of the two databases failed.
    #[error("could not use {}", crate::text::shown(path))]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Another process makes the master key, and does not end.
    #[error("another command has been making the master key in {} for more than {} s", crate::text::shown(dir), wait.as_secs())]
    Busy {
        /// Where.
        dir: PathBuf,
        /// For how long it was waited for.
        wait: Duration,
    },
    /// The master key that was made here is not here any more.
    #[error("the master key is gone: a key was made in {}, and is not there any more", crate::text::shown(dir))]
    KeyLost {
        /// Where it was.
        dir: PathBuf,
    },
    /// The keyring that has the master key could not be used.
    #[error("the master key cannot be read: {0}")]
    Keyring(#[source] KeyringError),
    /// A sealed value could not be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Keys and secrets, as one project sees them.
#[derive(Clone)]
pub struct Vault {
    master: MasterKey,
    project: Option<ProjectKeys>,
    accounts: Option<AccountKeys>,
    machine: MachineSecrets,
}

impl Vault {
    /// The vault of this user; nothing is read or made before it is needed.
    pub fn new(places: &Places, project: Option<&Path>) -> Vault {
        let master = places.master().clone();
        Vault {
            project: project.map(|dir| ProjectKeys::new(dir.join("keys.db"), master.clone())),
            accounts: project.map(|dir| AccountKeys::new(dir.join("keys.db"), master.clone())),
            machine: MachineSecrets::new(places.vault().join("machine.db"), master.clone()),
            master,
        }
    }

    /// Secrets that the projects of this machine share, by plugin and its maker, and what they know of each other.
    pub fn machine(&self) -> &MachineSecrets {
        &self.machine
    }

    /// Where the master key is kept.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// The tenant's data key, made if wanted. None when there is none, or no project.
    pub async fn tenant_key(&self, tenant: &TenantId, make: bool) -> Result<Option<Key>, VaultError> {
        match &self.project {
            Some(keys) => keys.key(tenant, make).await,
            None => Ok(None),
        }
    }

    /// All data keys of the project that this user can use.
    pub async fn tenant_keys(&self) -> Result<HashMap<TenantId, Key>, VaultError> {
        match &self.project {
            Some(keys) => keys.all().await,
            None => Ok(HashMap::new()),
        }
    }

    /// All data keys of the project, looked at without a change of anything.
    pub async fn look_at_tenant_keys(&self) -> Result<DataKeys, VaultError> {
        match &self.project {
            Some(keys) => keys.look().await,
            None => Ok(DataKeys::default()),
        }
    }

    /// The data key of the account with a provider. None where nobody logged in here, or no project.
    pub async fn account_key(&self, provider: &PluginId) -> Result<Option<Key>, VaultError> {
        match &self.accounts {
            Some(keys) => keys.key(provider).await,
            None => Ok(None),
        }
    }

    /// A new data key for the account with a provider: what was sealed before can never be read again.
    pub async fn renew_account_key(&self, provider: &PluginId) -> Result<Key, VaultError> {
        let keys = self.accounts.as_ref().expect("BUG: an account belongs to a project");
        keys.renew(provider).await
    }

    /// Destroys the data key of the account with a provider.
    pub async fn destroy_account_key(&self, provider: &PluginId) -> Result<(), VaultError> {
        match &self.accounts {
            Some(keys) => keys.destroy(provider).await,
            None => Ok(()),
        }
    }

    /// The tenants that have a data key, whoever can use it.
    pub async fn keyed_tenants(&self) -> Result<Vec<TenantId>, VaultError> {
        match &self.project {
            Some(keys) => keys.tenants().await,
            None => Ok(Vec::new()),
        }
    }

    /// Destroys the tenant's data key: what it sealed can never be read again.
    pub async fn destroy_tenant_key(&self, tenant: &TenantId) -> Result<(), VaultError> {
        match &self.project {
            Some(keys) => keys.destroy(tenant).await,
            None => Ok(()),
        }
    }
}

/// A new secret of this many characters, each equally likely.
pub fn generate(length: u32) -> Result<Zeroizing<String>, VaultError> {
    let mut secret = Zeroizing::new(String::with_capacity(length as usize));
    let mut bytes = Zeroizing::new([0_u8; 64]);
    while secret.len() < length as usize {
        getrandom::fill(bytes.as_mut()).map_err(VaultError::Random)?;
        for byte in bytes.iter() {
            // 248 = 4 × 62: larger bytes would make the first letters likelier.
            if *byte < 248 && secret.len() < length as usize {
                secret.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
            }
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_has_the_length_asked_for_and_needs_no_escaping() {
        let secret = generate(40).unwrap();
        assert_eq!(secret.len(), 40);
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(*secret, *generate(40).unwrap());
    }
}
