//! The secrets that users set, sealed into the log and opened for whoever they are delivered to.

use std::collections::BTreeMap;

use systemprompt_events::{Command, ProfileCommand, ProfileId, SecretKey, TenantCommand, TenantId, UserSecretView};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Ledger;
use crate::env;
use crate::error::{CliError, Exit};
use crate::vault::seal::{self, SealError};
use crate::vault::{Vault, VaultError};

/// Where a user's secret counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose key seals it.
    pub tenant: TenantId,
    /// For this profile alone; none: for all that works in the tenant.
    pub profile: Option<ProfileId>,
}

/// The user secrets of a tenant, opened.
pub struct Opened(Vec<(UserSecretView, Zeroizing<String>)>);

impl Opened {
    /// Those that count in a profile, by name: its own go before those of the tenant.
    pub fn for_profile(&self, profile: ProfileId) -> BTreeMap<SecretKey, Zeroizing<String>> {
        self.counting(Some(profile))
    }

    fn counting(&self, profile: Option<ProfileId>) -> BTreeMap<SecretKey, Zeroizing<String>> {
        // The tenant's come first, so that a profile's own take their place.
        let counting = self.0.iter().filter(|(secret, _)| secret.profile.is_none() || secret.profile == profile);
        counting.map(|(secret, value)| (secret.key.clone(), value.clone())).collect()
    }
}

impl Ledger {
    /// The values of a tenant's user secrets, by name; those of the profile go before those of the tenant.
    ///
    /// Empty where this user does not have the tenant's key, as in a project that was copied from elsewhere.
    pub async fn user_secret_values(
        &mut self,
        vault: &Vault,
        scope: &Scope,
    ) -> Result<BTreeMap<SecretKey, Zeroizing<String>>, CliError> {
        let opened = self.opened_user_secrets(vault, &scope.tenant).await?;
        Ok(opened.map(|opened| opened.counting(scope.profile)).unwrap_or_default())
    }

    /// All user secrets of a tenant; none where this user does not have the tenant's key. One that does not open, as
    /// after damage, is left out: it must not keep what is beside it from being used.
    pub async fn opened_user_secrets(&mut self, vault: &Vault, tenant: &TenantId) -> Result<Option<Opened>, CliError> {
        let sealed = self.log.user_secrets(Some(tenant)).await?;
        let key = match vault.tenant_key(tenant, false).await {
            Ok(Some(key)) => key,
            Ok(None) if sealed.is_empty() => return Ok(Some(Opened(Vec::new()))),
            Ok(None) | Err(VaultError::Seal(SealError::DoesNotOpen)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let opened = sealed.into_iter().filter_map(|secret| open(&key, &secret).ok().map(|value| (secret, value)));
        Ok(Some(Opened(opened.collect())))
    }
}

/// The command that sets a user's secret, sealed under the tenant's data key.
pub async fn set(vault: &Vault, scope: &Scope, key: &SecretKey, value: &str) -> Result<Command, CliError> {
    let data_key = vault.tenant_key(&scope.tenant, true).await?.ok_or_else(|| {
        CliError::new(Exit::Failed, "no-key", format!("there is no data key for tenant `{}`", scope.tenant))
    })?;
    let (key, seal_id) = (key.clone(), env::fresh_uuid());
    let sealed = seal::seal(&data_key, &about(&scope.tenant, scope.profile, &key, seal_id), value.as_bytes())
        .map_err(VaultError::Seal)?;
    Ok(match scope.profile {
        Some(profile) => Command::Profile(profile, ProfileCommand::SetSecret { key, seal_id, sealed }),
        None => Command::Tenant(scope.tenant.clone(), TenantCommand::SetSecret { key, seal_id, sealed }),
    })
}

/// The value of a user's secret.
pub(super) fn open(key: &seal::Key, secret: &UserSecretView) -> Result<Zeroizing<String>, CliError> {
    let about = about(&secret.tenant, secret.profile, &secret.key, secret.seal_id);
    let value = seal::open(key, &about, &secret.sealed).map_err(VaultError::Seal)?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&value).into_owned()))
}

/// What a sealed value is bound to.
fn about(tenant: &TenantId, profile: Option<ProfileId>, key: &SecretKey, seal_id: Uuid) -> String {
    let profile = profile.map_or_else(|| "-".to_owned(), |profile| profile.to_string());
    format!("systemprompt/user-secret/v1/{tenant}/{profile}/{key}/{seal_id}")
}
