//! What a running instance carries: its limits, its grant, and the world that the host lends it for one call.

use std::collections::{BTreeMap, BTreeSet};

use systemprompt_events::{Json, PluginId, TenantId};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::backend::docker::Docker;
use crate::backend::http::{Connection, Origin};
use crate::backend::postgres::Idle;
use crate::error::CliError;
use crate::ledger::Ledger;
use crate::operation::Run;
use crate::places::Places;
use crate::report::Reporter;
use crate::vault::Vault;

use super::destination::Allowed;
use super::limits::{CpuMeter, Limited, MEMORY_BYTES_MAX, StoreLimits, VALUE_BYTES_MAX, store_limits};
use super::maker::Maker;

/// A shorter text is not looked for: to blank out each `a` would tell more than it hides.
const SECRET_BYTES_MIN: usize = 4;

/// What a plugin may call while it says who it is.
const HARMLESS: [&str; 2] = ["log", "progress"];

/// A call that a plugin may not make while it says who it is, before or after anybody allowed it that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it called `{capability}` while it was asked who it is, and may call nothing but `log` and `progress` then")]
pub struct TooEarly {
    /// The import.
    capability: String,
}

/// Whose secrets a text may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of all tenants of the project.
    Everybodys,
    /// Those of the tenant that the call is about.
    Own,
}

/// What a call of a plugin works on. It is lent to the instance and handed back afterwards.
pub struct World {
    /// The project's log; absent where there is no project, as for `doctor`.
    pub ledger: Option<Ledger>,
    /// Keys and secrets.
    pub vault: Vault,
    /// Directories of this machine.
    pub places: Places,
    /// Where progress and log lines go.
    pub reporter: Reporter,
    /// The operation that is being performed, if any.
    pub run: Option<Run>,
    /// The tenant that the call is about, if any.
    pub tenant: Option<TenantId>,
    /// The tenant as it is named on what belongs to it outside: its id and its project's.
    pub tag: Option<String>,
    /// The account to act with; where it is not given, that of the project, once it is needed.
    pub account: Option<Account>,
    /// Texts among the settings that the user gave: what a plugin may name a directory of programs by.
    pub settings: BTreeSet<String>,
    /// The call runs statements of the user's in a tenant's database: no operation records it, and what is asked of the
    /// provider's destinations for it is a change all the same.
    pub runs_statements: bool,
}

/// The data of a store.
pub struct Guest {
    pub(super) limits: StoreLimits,
    pub(super) cpu: CpuMeter,
    /// Whose code this is.
    pub plugin: PluginId,
    /// Who made it.
    pub(super) maker: Maker,
    /// Capabilities that both the component imports and the user granted.
    pub granted: BTreeSet<String>,
    /// What it may talk to: what it asked for and the user granted.
    pub(super) allowed: Allowed,
    /// It is asked who it is, which comes before anybody has agreed to anything.
    pub(super) is_introducing_itself: bool,
    /// See [`World`].
    pub world: World,
    pub(super) log_lines: u32,
    /// Values of secrets that this call filled in, which nothing that comes back may hold.
    pub(super) filled: Vec<Zeroizing<String>>,
    /// Connected when first used.
    pub(super) docker: Option<Docker>,
    /// The same, by destination.
    pub(super) connections: BTreeMap<Origin, Connection>,
    /// What its calls to a server leave to each other.
    pub(super) idle: Idle,
    /// Why the host ended the call, when it did.
    pub(super) host_error: Option<CliError>,
}

impl Limited for Guest {
    fn limits(&mut self) -> (&mut StoreLimits, &mut CpuMeter) {
        (&mut self.limits, &mut self.cpu)
    }
}

impl Guest {
    /// A guest at the start of a call.
    pub fn new(plugin: PluginId, maker: Maker, granted: BTreeSet<String>, allowed: Allowed, world: World) -> Guest {
        Guest {
            limits: store_limits(MEMORY_BYTES_MAX),
            cpu: CpuMeter::start(),
            plugin,
            maker,
            granted,
            allowed,
            is_introducing_itself: false,
            world,
            log_lines: 0,
            filled: Vec::new(),
            docker: None,
            connections: BTreeMap::new(),
            idle: Idle::default(),
            host_error: None,
        }
    }

    /// The same with more memory, which the user granted.
    pub(super) fn with_memory(self, bytes: usize) -> Guest {
        Guest { limits: store_limits(bytes), ..self }
    }

    /// The same for the call in which it says who it is: whatever it imports, it may say something and nothing else.
    pub(super) fn introducing_itself(self) -> Guest {
        Guest { is_introducing_itself: true, ..self }
    }

    /// Ends the call when the capability was not granted; the loader has checked it before.
    pub(super) fn granted(&mut self, capability: &str) -> wasmtime::Result<()> {
        self.cpu.capability_called();
        if self.is_introducing_itself && !HARMLESS.contains(&capability) {
            return Err(wasmtime::Error::new(TooEarly { capability: crate::text::one_line(capability, 60) }));
        }
        if self.granted.contains(capability) {
            Ok(())
        } else {
            Err(wasmtime::Error::msg(format!("capability `{capability}` is not granted")))
        }
    }

    /// Text from outside without secrets: those that this call sent there, and all that an earlier one may have.
    ///
    /// A server that tenants share prints what concerns any of them, so the secrets of all of the project's are looked
    /// for, and the plugin's own. An error when they cannot be read, for then nothing can be said about the text.
    pub(super) async fn without_secrets(&mut self, text: &str) -> wasmtime::Result<String> {
        self.without(text, Whose::Everybodys).await
    }

    /// The same for an answer to the plugin itself, which decides by it: only the account's and the tenant's own secrets can
    /// be in there, and a word that is another tenant's password is a word.
    pub(super) async fn without_own_secrets(&mut self, text: &str) -> wasmtime::Result<String> {
        self.without(text, Whose::Own).await
    }

    async fn without(&mut self, text: &str, whose: Whose) -> wasmtime::Result<String> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let known = self.known_secrets(whose).await.map_err(|error| self.fail(error))?;
        let mut secrets: Vec<&str> = self.filled.iter().chain(&known).map(|secret| secret.as_str()).collect();
        // The longer ones first: one may be part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let secrets = secrets.into_iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN);
        Ok(secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "***")))
    }

    async fn known_secrets(&mut self, whose: Whose) -> Result<Vec<Zeroizing<String>>, CliError> {
        let World { ledger, vault, account, tenant, .. } = &mut self.world;
        let mut known = vault.machine().values(&self.plugin).await?;
        known.extend(account.iter().flat_map(|account| account.secret.values().cloned()));
        if let Some(ledger) = ledger {
            let all = ledger.all_secrets(vault).await?.values.into_iter();
            let wanted = all.filter(|((of, ..), _)| whose == Whose::Everybodys || tenant.as_ref() == Some(of));
            known.extend(wanted.map(|(_, value)| value));
        }
        Ok(known)
    }

    /// Ends the call with an error of the host, which the caller of the plugin gets back unchanged.
    pub(super) fn fail(&mut self, error: impl Into<CliError>) -> wasmtime::Error {
        self.host_error = Some(error.into());
        wasmtime::Error::msg("the host could not go on")
    }
}

/// Names a tenant on this machine: two projects may use the same id for tenants of their own.
pub async fn tag(ledger: &mut Ledger, tenant: Option<&TenantId>) -> Result<Option<String>, CliError> {
    let (Some(tenant), Some(log)) = (tenant, ledger.log.log_id().await?) else { return Ok(None) };
    Ok(Some(format!("{tenant}.{log}")))
}

/// A step's result, if it can be recorded.
pub(super) fn recordable(text: &str) -> wasmtime::Result<Json> {
    bounded(text)?;
    text.parse().map_err(|error| wasmtime::Error::msg(format!("it handed over a result that is not usable: {error}")))
}

/// Refuses a value that is too large to handle.
pub(super) fn bounded(text: &str) -> wasmtime::Result<()> {
    if text.len() > VALUE_BYTES_MAX { Err(wasmtime::Error::new(super::limits::LimitHit::Value)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::catalog;
    use crate::plugin::v1::OFFERED;

    #[test]
    fn whatever_was_granted_a_plugin_calls_nothing_but_words_while_it_says_who_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places::find(&|name| name.ends_with("_DIR").then(|| dir.path().into()), false).unwrap();
        let acme: PluginId = "acme".parse().unwrap();
        let granted: BTreeSet<String> = OFFERED.iter().map(ToString::to_string).collect();
        let guest =
            || Guest::new(acme.clone(), Maker::Program, granted.clone(), Allowed::default(), catalog::nothing(&places));
        assert!(OFFERED.iter().all(|capability| guest().granted(capability).is_ok()));
        let mut introduced = guest().introducing_itself();
        let callable: Vec<_> = OFFERED.into_iter().filter(|import| introduced.granted(import).is_ok()).collect();
        assert_eq!(callable, ["log", "progress"]);
        let refused = introduced.granted("http").unwrap_err();
        assert!(refused.downcast_ref::<TooEarly>().is_some(), "{refused}");
    }
}
