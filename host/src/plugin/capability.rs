//! One file per capability: the contract's imports, each of which first checks the grant.

mod account;
mod clock;
mod docker;
pub mod http;
mod journal;
mod log;
mod postgres;
mod progress;
mod random;
mod secrets;
mod server;

use systemprompt_events::FailureKind;
use systemprompt_events::template::{self, SecretRef, SecretScope};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::account::server::is_for_server;
use crate::backend::{BackendError, ErrorKind, Owner};
use crate::secrets::Holder;

use super::guest::{Guest, World};
use super::v1::{imports, their_failure};

impl imports::types::Host for Guest {}

/// What a capability answers: the outer error ends the call, the inner one is for the guest.
type Answer<T> = wasmtime::Result<Result<T, imports::types::Failure>>;

/// Unwraps what is there, or hands the failure to the guest.
macro_rules! given {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(failure) => return Ok(Err(failure)),
        }
    };
}
use given;

fn backend_failure(error: &BackendError) -> imports::types::Failure {
    let kind = match error.kind {
        ErrorKind::Refused => FailureKind::Refused,
        ErrorKind::Retryable => FailureKind::Retryable,
        ErrorKind::Ambiguous => FailureKind::Ambiguous,
        ErrorKind::Broken => FailureKind::Broken,
    };
    their_failure(kind, error.code, &error.message, error.help.clone())
}

impl Guest {
    /// A backend's answer to the guest; what a container or a server printed may be part of its error.
    async fn told<T>(&mut self, answer: Result<T, BackendError>) -> Answer<T> {
        let error = match answer {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => error,
        };
        let message = self.without_secrets(&error.message).await?;
        Ok(Err(backend_failure(&BackendError { message, ..error })))
    }
}

fn refused(code: &str, message: &str) -> imports::types::Failure {
    their_failure(FailureKind::Refused, code, message, None)
}

fn for_server(secret: &SecretRef) -> imports::types::Failure {
    let message = format!("`{}` is for the server that it names, and is sent nowhere else", secret.name);
    refused("secret-elsewhere", &message)
}

impl Guest {
    /// To whom belongs what this call makes.
    fn owner(&self, scope: imports::types::Scope) -> Result<Owner, imports::types::Failure> {
        match scope {
            imports::types::Scope::Machine => Ok(Owner::Machine { plugin: self.plugin.to_string() }),
            imports::types::Scope::Tenant => self.tenant_owner(),
        }
    }

    fn tenant_owner(&self) -> Result<Owner, imports::types::Failure> {
        let Some(tag) = &self.world.tag else {
            return Err(refused("no-tenant", "this operation is about no tenant"));
        };
        let operation = self.world.run.as_ref().map_or_else(String::new, |run| run.id.to_string());
        Ok(Owner::Tenant { id: tag.clone(), operation, plugin: self.plugin.to_string() })
    }

    /// Fills the placeholders of a text with this tenant's and this plugin's secrets, and nobody else's.
    async fn resolve(&mut self, template: &str) -> Answer<Zeroizing<String>> {
        self.resolve_as(template, None, ToOwned::to_owned).await
    }

    /// The same for what is sent to the destinations of the account, whose secrets belong there as well.
    async fn resolve_to_send(&mut self, template: &str, written: fn(&str) -> String) -> Answer<Zeroizing<String>> {
        let named = template::references(template).unwrap_or_default();
        let of_account: Vec<_> = named.iter().filter(|secret| secret.scope == SecretScope::Account).collect();
        let granted = |secret: &SecretRef| Some(secret.name.as_str()) == self.allowed.server.as_deref();
        if let Some(secret) = of_account.iter().find(|secret| granted(secret)) {
            return Ok(Err(for_server(secret)));
        }
        if !of_account.is_empty() {
            let account = given!(self.account().await?);
            // As it was at login: another version of the plugin may name another field, or none.
            if let Some(secret) = of_account.iter().find(|secret| is_for_server(&account, secret.name.as_str())) {
                return Ok(Err(for_server(secret)));
            }
            return self.resolve_as(template, Some(&account), written).await;
        }
        self.resolve_as(template, None, written).await
    }

    async fn resolve_as(
        &mut self,
        template: &str,
        account: Option<&Account>,
        written: fn(&str) -> String,
    ) -> Answer<Zeroizing<String>> {
        crate::plugin::guest::bounded(template)?;
        let place = self.maker.shelf(&self.plugin);
        let World { ledger, vault, tenant, .. } = &mut self.world;
        let holder = Holder { tenant: tenant.as_ref(), shelf: Some(&place), account };
        let filled = crate::secrets::fill_as(template, ledger.as_mut(), vault, holder, written).await;
        match filled {
            Ok(filled) => {
                if *filled != template {
                    self.filled.push(filled.clone());
                }
                Ok(Ok(filled))
            }
            Err(crate::secrets::FillError::Unknown(reference)) => {
                Ok(Err(refused("unknown-secret", &format!("there is no secret `{reference}`"))))
            }
            Err(crate::secrets::FillError::Template(reason)) => Ok(Err(refused("bad-template", &reason))),
            Err(crate::secrets::FillError::Host(error)) => Err(self.fail(*error)),
        }
    }

    /// Effects belong into operations, which are recorded; a probe or a status only looks.
    fn may_change(&self) -> Result<(), imports::types::Failure> {
        match &self.world.run {
            Some(run) if run.in_step() => Ok(()),
            Some(_) => Err(refused("outside-step", "a change has to be made inside a step")),
            None => Err(refused("outside-operation", "a change has to be made inside an operation")),
        }
    }
}
