//! The project's log as commands use it: with provenance, one correlation a command, and sealed secrets.

mod guarded;
pub mod sealed;
pub mod user_secrets;

use std::collections::{BTreeSet, HashMap, HashSet};

use systemprompt_events::{
    Append, Command, CommandId, EventId, ExecuteError, OperationId, Provenance, Receipt, SealedSecret, SecretName,
    SqliteLog, TenantCommand, TenantId, TenantView,
    template::{SecretRef, SecretScope},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::env;
use crate::error::CliError;
use crate::vault::{self, Vault, seal};

/// The log of one project, written on behalf of one run of the program.
pub struct Ledger {
    /// For reading.
    pub log: SqliteLog,
    provenance: Provenance,
    correlation: Uuid,
}

impl Ledger {
    /// Writes with this provenance; all that this process records is correlated.
    pub fn new(log: SqliteLog, provenance: Provenance) -> Ledger {
        Ledger { log, provenance, correlation: env::fresh_uuid() }
    }

    /// Decides, records and projects some commands in one transaction.
    pub async fn record(&mut self, commands: Vec<Command>) -> Result<Receipt, CliError> {
        self.record_as(CommandId::new(env::fresh_uuid()), commands).await
    }

    /// The same under an id of the caller's, so that asking twice records once.
    pub async fn record_as(&mut self, command_id: CommandId, commands: Vec<Command>) -> Result<Receipt, CliError> {
        Ok(self.attempt(command_id, commands).await?)
    }

    /// The same for who looks at why nothing was recorded.
    pub async fn attempt(&mut self, command_id: CommandId, commands: Vec<Command>) -> Result<Receipt, ExecuteError> {
        let append = Append {
            commands,
            command_id,
            correlation_id: self.correlation,
            causation_id: None,
            time: env::now(),
            ids: &mut || EventId::new(env::fresh_uuid()),
        };
        self.log.execute(&self.provenance, append).await
    }

    /// Newest version of a tenant's secret, generated and sealed if there is none and `make` says so.
    pub async fn ensure_secret(
        &mut self,
        vault: &Vault,
        tenant: &TenantId,
        name: &SecretName,
        length: u32,
        make: bool,
    ) -> Result<Option<u32>, CliError> {
        if let Some(found) = self.log.secret(tenant, name, None).await? {
            return Ok(Some(found.version));
        }
        if !make {
            return Ok(None);
        }
        let command = seal_command(vault, tenant, name, 1, &vault::generate(length)?).await?;
        self.record(vec![command]).await?;
        Ok(Some(1))
    }

    /// The version of a secret that was in use when an operation began, and the one that it generated: sealed now if it is
    /// asked for the first time. None where there is nothing to renew.
    pub async fn renew_secret(
        &mut self,
        vault: &Vault,
        tenant: &TenantId,
        name: &SecretName,
        length: u32,
        operation: OperationId,
    ) -> Result<Option<(u32, u32)>, CliError> {
        let (before, since) = self.log.secret_around(tenant, name, operation).await?;
        match (before, since) {
            (None, _) => Ok(None),
            (Some(before), Some(after)) => Ok(Some((before, after))),
            (Some(before), None) => {
                let after = self.log.next_secret_version(tenant, name).await?;
                let command = seal_command(vault, tenant, name, after, &vault::generate(length)?).await?;
                self.record(vec![command]).await?;
                Ok(Some((before, after)))
            }
        }
    }

    /// Seals values that came from elsewhere, in one transaction: each as the next version of its secret, unless the one that
    /// was in use when the operation began is the same, or one that was sealed since, as where it is asked for again after a
    /// crash. Answers their versions.
    pub async fn keep_secrets(
        &mut self,
        vault: &Vault,
        tenant: &TenantId,
        values: &[(&SecretName, &Zeroizing<String>)],
        operation: OperationId,
    ) -> Result<Vec<u32>, CliError> {
        let (mut versions, mut commands) = (Vec::with_capacity(values.len()), Vec::new());
        for (name, value) in values {
            if let Some(version) = self.version_of(vault, tenant, (*name, *value), operation).await? {
                versions.push(version);
                continue;
            }
            let version = self.log.next_secret_version(tenant, name).await?;
            commands.push(seal_command(vault, tenant, name, version, value).await?);
            versions.push(version);
        }
        if !commands.is_empty() {
            self.record(commands).await?;
        }
        Ok(versions)
    }

    /// The version with this value, of those that an operation can have met. Older ones do not count: whoever asks for the
    /// newest version would get another value.
    async fn version_of(
        &mut self,
        vault: &Vault,
        tenant: &TenantId,
        (name, value): (&SecretName, &Zeroizing<String>),
        operation: OperationId,
    ) -> Result<Option<u32>, CliError> {
        let (before, since) = self.log.secret_around(tenant, name, operation).await?;
        let Some(newest) = since.or(before) else { return Ok(None) };
        for version in (before.unwrap_or(1)..=newest).rev() {
            if self.secret(vault, tenant, name, version).await?.is_some_and(|kept| kept == *value) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// The value of a tenant's secret; None when it was never sealed, or its key is destroyed.
    pub async fn secret(
        &mut self,
        vault: &Vault,
        tenant: &TenantId,
        name: &SecretName,
        version: u32,
    ) -> Result<Option<Zeroizing<String>>, CliError> {
        let Some(sealed) = self.log.secret(tenant, name, Some(version)).await? else { return Ok(None) };
        let key = match vault.tenant_key(tenant, false).await {
            // Wrapped by another user's master key, as in a project that was copied from elsewhere: not a key of ours.
            Ok(None) | Err(vault::VaultError::Seal(seal::SealError::DoesNotOpen)) => return Ok(None),
            Ok(Some(key)) => key,
            Err(error) => return Err(error.into()),
        };
        Ok(Some(open(&key, tenant, &sealed)?))
    }

    /// Values of all secrets of living tenants whose key this user has; a few reads, however many there are. One that does
    /// not open, as after damage, is left out: it must not keep what is beside it from being used.
    pub async fn all_secrets(&mut self, vault: &Vault) -> Result<AllSecrets, CliError> {
        let keys = vault.tenant_keys().await?;
        let mut all = AllSecrets::default();
        for (tenant, _, sealed) in self.log.secrets().await? {
            let Some(key) = keys.get(&tenant) else { continue };
            match open(key, &tenant, &sealed) {
                Ok(value) => drop(all.values.insert((tenant, sealed.name, sealed.version), value)),
                Err(_) => drop(all.broken.insert((tenant, sealed.name, sealed.version))),
            }
        }
        Ok(all)
    }
}

/// The secrets of living tenants.
#[derive(Default)]
pub struct AllSecrets {
    /// Values by tenant, name and version.
    pub values: HashMap<(TenantId, SecretName, u32), Zeroizing<String>>,
    /// Those that do not open though their key is here.
    broken: HashSet<(TenantId, SecretName, u32)>,
}

impl AllSecrets {
    /// The value of a secret that a text of a tenant's names.
    pub fn value(&self, tenant: &TenantId, secret: &SecretRef) -> Option<String> {
        let value = self.values.get(&(tenant.clone(), secret.name.clone(), secret.version));
        value.filter(|_| secret.scope == SecretScope::Tenant).map(|value| value.to_string())
    }

    /// What a tenant's resources name and does not open.
    pub fn broken_in(&self, tenant: &TenantView) -> BTreeSet<SecretName> {
        if self.broken.is_empty() {
            return BTreeSet::new();
        }
        let named = sealed::named(tenant, env::now()).into_iter();
        let broken = named.filter(|(name, version)| self.broken.contains(&(tenant.id.clone(), name.clone(), *version)));
        broken.map(|(name, _)| name).collect()
    }
}

fn open(key: &seal::Key, tenant: &TenantId, sealed: &SealedSecret) -> Result<Zeroizing<String>, CliError> {
    let about = about(tenant, &sealed.name, sealed.version, sealed.seal_id);
    let value = seal::open(key, &about, &sealed.sealed).map_err(vault::VaultError::Seal)?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&value).into_owned()))
}

/// The command that puts a secret into the log, sealed under the tenant's data key.
pub async fn seal_command(
    vault: &Vault,
    tenant: &TenantId,
    name: &SecretName,
    version: u32,
    value: &str,
) -> Result<Command, CliError> {
    let key = vault.tenant_key(tenant, true).await?.ok_or_else(|| {
        CliError::new(crate::error::Exit::Failed, "no-key", format!("there is no data key for tenant `{tenant}`"))
    })?;
    let seal_id = env::fresh_uuid();
    let sealed =
        seal::seal(&key, &about(tenant, name, version, seal_id), value.as_bytes()).map_err(vault::VaultError::Seal)?;
    Ok(Command::Tenant(tenant.clone(), TenantCommand::SealSecret { name: name.clone(), version, seal_id, sealed }))
}

/// What a sealed value is bound to.
fn about(tenant: &TenantId, name: &SecretName, version: u32, seal_id: Uuid) -> String {
    format!("systemprompt/secret/v1/{tenant}/{name}/{version}/{seal_id}")
}

#[cfg(test)]
#[path = "ledger/keeping_test.rs"]
mod tests;
