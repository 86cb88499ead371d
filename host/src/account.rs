//! The account with a provider: what somebody logged in with, sealed in the log, opened for that provider alone.

pub mod fields;
pub mod server;

use std::collections::BTreeMap;

use serde_json::Value;
use systemprompt_events::{AccountCommand, AccountLogin, AccountView, Command, Digest, Json, PluginId, SecretName};
use zeroize::Zeroizing;

use crate::backend::http::{Origin, Reach};
use crate::error::{CliError, Exit};
use crate::ledger::Ledger;
use crate::plugin::catalog::Loaded;
use crate::trust;
use crate::vault::seal::{self, SealError};
use crate::vault::{Vault, VaultError};
use crate::{env, text};

/// The capability of a provider that has accounts.
const CAPABILITY: &str = "account";
/// The one version of a field that there ever is: who logs in again begins anew.
pub const VERSION: u32 = 1;

/// What somebody logged in with.
#[derive(Clone)]
pub struct Account {
    /// To which provider.
    pub provider: PluginId,
    /// Where its requests go, if this user pointed them elsewhere.
    pub api_url: Option<Origin>,
    /// What is no secret, by field.
    pub plain: BTreeMap<String, String>,
    /// What is, by field.
    pub secret: BTreeMap<SecretName, Zeroizing<String>>,
}

impl Account {
    /// Where requests to a destination of the provider go.
    pub fn route(&self, destination: &Origin) -> (Origin, Reach) {
        match &self.api_url {
            Some(elsewhere) => (elsewhere.clone(), Reach::Granted),
            None => (destination.clone(), Reach::Public),
        }
    }

    /// The value of a secret field.
    pub fn value(&self, name: &SecretName, version: u32) -> Option<Zeroizing<String>> {
        self.secret.get(name).filter(|_| version == VERSION).cloned()
    }
}

/// The account that somebody logged in to on this machine; none where nobody did.
///
/// What a project from elsewhere says of one opens here as little as its secrets do.
pub async fn load(ledger: &mut Ledger, vault: &Vault, provider: &PluginId) -> Result<Option<Account>, CliError> {
    let Some(AccountView { login, .. }) = ledger.log.accounts(Some(provider)).await?.pop() else { return Ok(None) };
    let Some(key) = vault.account_key(provider).await? else { return Ok(None) };
    let api_url: Option<Origin> = match &login.api_url {
        Some(text) => Some(text.parse::<Origin>().map_err(|error| bad_url(text).because(&error))?),
        None => None,
    };
    trust::check_api_url(vault, provider, api_url.as_ref()).await?;
    let about = about(provider, &login);
    let opened = match seal::open(&key, &about, &login.sealed) {
        Ok(opened) => opened,
        Err(SealError::DoesNotOpen) => return Ok(None),
        Err(error) => return Err(VaultError::Seal(error).into()),
    };
    let damaged = || CliError::new(Exit::Failed, "account-damaged", "what was logged in with cannot be read");
    let secret: BTreeMap<String, String> = serde_json::from_slice(&opened).map_err(|_| damaged())?;
    let named = |(name, value): (String, String)| Some((name.parse::<SecretName>().ok()?, Zeroizing::new(value)));
    let Value::Object(plain) = login.fields.value() else { return Err(damaged()) };
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
    let secret = secret.into_iter().filter_map(named).collect();
    Ok(Some(Account { provider: provider.clone(), api_url, plain, secret }))
}

/// Who a provider says that somebody is.
pub struct Identity {
    /// As the provider names them.
    pub user: String,
    /// For whom they act.
    pub organisation: Option<String>,
    /// Until when, where it says so.
    pub expires_at: Option<systemprompt_events::Timestamp>,
}

/// Records a login, and forgets the one before.
pub async fn record(
    ledger: &mut Ledger,
    vault: &Vault,
    account: &Account,
    identity: Identity,
    source: &str,
) -> Result<(), CliError> {
    let Identity { user, organisation, expires_at } = identity;
    let fields = Json::from_value(&serde_json::json!(account.plain)).map_err(|error| not_recordable(&error))?;
    let mut login = AccountLogin {
        user,
        organisation,
        expires_at,
        source: source.to_owned(),
        api_url: account.api_url.as_ref().map(ToString::to_string),
        fields,
        seal_id: env::fresh_uuid(),
        sealed: String::new(),
    };
    let secret: BTreeMap<&str, &str> =
        account.secret.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let secret = Zeroizing::new(serde_json::to_vec(&secret).map_err(|error| not_recordable(&error))?);
    trust::allow_api_url(vault, &account.provider, account.api_url.as_ref()).await?;
    let key = vault.renew_account_key(&account.provider).await?;
    let about = about(&account.provider, &login);
    login.sealed = seal::seal(&key, &about, &secret).map_err(VaultError::Seal)?;
    ledger.record(vec![Command::Account(account.provider.clone(), AccountCommand::LogIn(login))]).await?;
    Ok(())
}

/// Ends in an error that names the command to type where a provider has accounts and nobody is logged in to it.
pub async fn require(ledger: &mut Ledger, vault: &Vault, plugin: &Loaded) -> Result<(), CliError> {
    if !has_accounts(plugin) || load(ledger, vault, &plugin.id).await?.is_some() {
        return Ok(());
    }
    Err(missing(&plugin.id))
}

/// Whether a provider works with an account.
pub fn has_accounts(plugin: &Loaded) -> bool {
    is_for_accounts(&plugin.provider.capabilities)
}

/// The same by what a provider asks for, as it is recorded.
pub fn is_for_accounts(capabilities: &[String]) -> bool {
    capabilities.iter().any(|capability| capability == CAPABILITY)
}

/// Nobody is logged in.
pub fn missing(provider: &PluginId) -> CliError {
    CliError::new(Exit::Authentication, "not-logged-in", format!("nobody is logged in to `{provider}` here"))
        .help("nothing was done; a login counts in the project in which it was made")
        .try_command(login_command(provider))
}

/// What to type to log in.
pub fn login_command(provider: &PluginId) -> String {
    if provider.as_str() == DEFAULT_PROVIDER {
        "systemprompt cloud auth login".to_owned()
    } else {
        format!("systemprompt cloud auth login --provider {provider}")
    }
}

/// The provider that is meant where none is named.
pub const DEFAULT_PROVIDER: &str = "fly";

/// What a sealed login is bound to: to whom it goes, where that is, and what goes along in the clear.
fn about(provider: &PluginId, login: &AccountLogin) -> String {
    let (api_url, fields) = (login.api_url.as_deref().unwrap_or("-"), Digest::of(login.fields.as_str().as_bytes()));
    format!("systemprompt/account/v1/{provider}/{api_url}/{}/{fields}", login.seal_id)
}

fn not_recordable(error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Failed, "not-recordable", "this cannot be recorded").because(error)
}

fn bad_url(text: &str) -> CliError {
    let shown = text::one_line(text, 100);
    CliError::new(Exit::Refused, "bad-api-url", format!("the account's requests are to go to `{shown}`"))
}
