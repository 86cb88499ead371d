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
use crate::plugin::maker::Maker;
use crate::trust;
use crate::vault::seal::{self, Key, SealError};
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

/// The account that somebody logged in to on this machine; none where nobody did. An error when that was with a plugin of
/// another maker.
///
/// What a project from elsewhere says of one opens here as little as its secrets do.
pub async fn load(
    ledger: &mut Ledger,
    vault: &Vault,
    provider: &PluginId,
    maker: &Maker,
) -> Result<Option<Account>, CliError> {
    let Some(AccountView { login, .. }) = ledger.log.accounts(Some(provider)).await?.pop() else { return Ok(None) };
    let Some(key) = vault.account_key(provider).await? else { return Ok(None) };
    let api_url: Option<Origin> = match &login.api_url {
        Some(text) => Some(text.parse::<Origin>().map_err(|error| bad_url(text).because(&error))?),
        None => None,
    };
    trust::check_api_url(vault, provider, api_url.as_ref()).await?;
    let Some(opened) = opened(&key, provider, maker, &login)? else { return Ok(None) };
    let damaged = || CliError::new(Exit::Failed, "account-damaged", "what was logged in with cannot be read");
    let secret: BTreeMap<String, String> = serde_json::from_slice(&opened).map_err(|_| damaged())?;
    let named = |(name, value): (String, String)| Some((name.parse::<SecretName>().ok()?, Zeroizing::new(value)));
    let Value::Object(plain) = login.fields.value() else { return Err(damaged()) };
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
    let secret = secret.into_iter().filter_map(named).collect();
    Ok(Some(Account { provider: provider.clone(), api_url, plain, secret }))
}

/// What is sealed of a login, if it is this plugin's.
fn opened(
    key: &Key,
    provider: &PluginId,
    maker: &Maker,
    login: &AccountLogin,
) -> Result<Option<Zeroizing<Vec<u8>>>, CliError> {
    let attempt = |about: &str| match seal::open(key, about, &login.sealed) {
        Ok(opened) => Ok(Some(opened)),
        Err(SealError::DoesNotOpen) => Ok(None),
        Err(error) => Err(CliError::from(VaultError::Seal(error))),
    };
    if let Some(opened) = attempt(&about(provider, maker, login))? {
        return Ok(Some(opened));
    }
    let by_id_alone = attempt(&about_by_id(provider, login))?;
    match maker {
        // There never was another plugin of that id that could have been meant.
        Maker::Program => Ok(by_id_alone),
        Maker::Key(_) | Maker::Unknown(_) => Err(of_another(provider, by_id_alone.is_some())),
    }
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
    maker: &Maker,
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
    login.sealed = seal::seal(&key, &about(&account.provider, maker, &login), &secret).map_err(VaultError::Seal)?;
    let recorded = ledger.record(vec![Command::Account(account.provider.clone(), AccountCommand::LogIn(login))]).await;
    if recorded.is_err() && ledger.log.accounts(Some(&account.provider)).await?.is_empty() {
        // Somebody removed the plugin meanwhile: a key to nothing is not left behind.
        vault.destroy_account_key(&account.provider).await?;
    }
    recorded?;
    Ok(())
}

/// Ends in an error that names the command to type where a provider has accounts and nobody is logged in to it.
pub async fn require(ledger: &mut Ledger, vault: &Vault, plugin: &Loaded) -> Result<(), CliError> {
    if !has_accounts(plugin) || load(ledger, vault, &plugin.id, &plugin.maker).await?.is_some() {
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

/// A login is there, and not for this plugin.
fn of_another(provider: &PluginId, is_by_id_alone: bool) -> CliError {
    let message = if is_by_id_alone {
        format!(
            "the login to `{provider}` is of a version of systemprompt that did not note with which plugin it was made"
        )
    } else {
        format!("the login to `{provider}` here was made with another plugin of that id, or was changed since")
    };
    CliError::new(Exit::Authentication, "login-of-another", message)
        .help(
            "nothing was done; a login is for what is signed with the same key, or for the very same file where that is not \
             signed",
        )
        .try_command(login_command(provider))
}

/// What a sealed login is bound to: to whom it goes and who made that, where that is, and what goes along in the clear.
fn about(provider: &PluginId, maker: &Maker, login: &AccountLogin) -> String {
    let AccountLogin { api_url, fields, seal_id, .. } = login;
    let (id, maker, fields) =
        (provider.as_str(), maker.to_string(), Digest::of(fields.as_str().as_bytes()).to_string());
    serde_json::json!(["systemprompt/account/v2", id, maker, api_url, seal_id.to_string(), fields]).to_string()
}

/// What it was bound to when only the id counted.
fn about_by_id(provider: &PluginId, login: &AccountLogin) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A login that is sealed as bound to this.
    fn sealed(key: &Key, about: impl Fn(&AccountLogin) -> String) -> AccountLogin {
        let mut login = AccountLogin {
            user: "ada".to_owned(),
            organisation: None,
            expires_at: None,
            source: "stdin".to_owned(),
            api_url: None,
            fields: Json::object(),
            seal_id: uuid::Uuid::from_u128(1),
            sealed: String::new(),
        };
        login.sealed = seal::seal(key, &about(&login), b"token").unwrap();
        login
    }

    fn code(opened: Result<Option<Zeroizing<Vec<u8>>>, CliError>) -> String {
        opened.map_or_else(|error| error.code, |opened| opened.map_or("nothing", |_| "opened").to_owned())
    }

    #[test]
    fn a_login_is_for_whoever_made_the_plugin_that_it_was_made_with() {
        let (key, acme): (Key, PluginId) = (seal::new_key().unwrap(), "acme".parse().unwrap());
        let makers = [
            Maker::Key("RWmine".to_owned()),
            Maker::Key("RWtheirs".to_owned()),
            Maker::Unknown(Digest::of(b"one")),
            Maker::Unknown(Digest::of(b"other")),
        ];
        for with in &makers {
            let login = sealed(&key, |login| about(&acme, with, login));
            for asks in &makers {
                let expected = if asks == with { "opened" } else { "login-of-another" };
                assert_eq!(code(opened(&key, &acme, asks, &login)), expected, "{with} {asks}");
            }
            let beta = "beta".parse().unwrap();
            assert_eq!(code(opened(&key, &beta, with, &login)), "login-of-another");
        }
    }

    #[test]
    fn a_login_by_id_alone_goes_on_for_what_the_program_carries_and_is_made_anew_for_others() {
        let (key, fly): (Key, PluginId) = (seal::new_key().unwrap(), DEFAULT_PROVIDER.parse().unwrap());
        let old = sealed(&key, |login| about_by_id(&fly, login));
        assert_eq!(code(opened(&key, &fly, &Maker::Program, &old)), "opened");
        let error = opened(&key, &fly, &Maker::Key("RWmine".to_owned()), &old).unwrap_err();
        assert_eq!(error.code, "login-of-another");
        assert!(error.message.contains("did not note with which plugin"), "{}", error.message);
        assert_eq!(code(opened(&seal::new_key().unwrap(), &fly, &Maker::Program, &old)), "nothing");
    }
}
