//! Capability `secrets`: generated once, sealed, and opaque to the guest, which holds a placeholder.

use systemprompt_events::{FailureKind, InvalidSecretName, SecretName};

use crate::plugin::Guest;
use crate::plugin::v1::{imports, their_failure};
use crate::vault::SECRET_CHARS;

use super::{Answer, refused};
use imports::types::Scope;

impl imports::secrets::Host for Guest {
    async fn ensure(&mut self, spec: imports::secrets::Spec) -> Answer<String> {
        self.granted("secrets")?;
        let name = match checked(&spec) {
            Ok(name) => name,
            Err(failure) => return Ok(Err(failure)),
        };
        match spec.scope {
            Scope::Machine => self.machine_secret(&name, spec.length).await,
            Scope::Tenant => self.tenant_secret(&name, spec.length).await,
        }
    }

    async fn renew(&mut self, spec: imports::secrets::Spec) -> Answer<imports::secrets::Renewal> {
        self.granted("secrets")?;
        match (checked(&spec), spec.scope) {
            (Ok(name), Scope::Tenant) => self.renewal(&name, spec.length).await,
            (Ok(_), Scope::Machine) => {
                Ok(Err(refused("secret-shared", "what tenants share is not one tenant's to renew")))
            }
            (Err(failure), _) => Ok(Err(failure)),
        }
    }
}

fn checked(spec: &imports::secrets::Spec) -> Result<SecretName, imports::types::Failure> {
    if !SECRET_CHARS.contains(&spec.length) {
        let message = format!("a secret has {} to {} characters", SECRET_CHARS.start(), SECRET_CHARS.end());
        return Err(refused("secret-length", &message));
    }
    spec.name.parse().map_err(|error: InvalidSecretName| refused("secret-name", &error.to_string()))
}

impl Guest {
    async fn machine_secret(&mut self, name: &SecretName, length: u32) -> Answer<String> {
        let make = self.world.run.is_some();
        let place = self.maker.shelf(&self.plugin);
        match self.world.vault.machine().ensure(&place, name, length, make).await {
            Ok(Some(version)) => Ok(Ok(format!("{{{{machine:{name}@{version}}}}}"))),
            Ok(None) if make => Ok(Err(self.of_another(name))),
            Ok(None) => Ok(Err(refused("secret-missing", &format!("there is no secret `{name}` yet")))),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// A value of its own would not be the one that is in use.
    fn of_another(&self, name: &SecretName) -> imports::types::Failure {
        let message = format!(
            "secret `{name}` of this machine belongs to another file or signer of plugin `{}`: what it is for, as a server \
             that tenants share, knows no other",
            self.plugin
        );
        let help = "install this one in the project that has the other, where it takes its place; or remove that one there \
                    with `systemprompt plugin remove`";
        their_failure(FailureKind::Refused, "secret-of-another", &message, Some(help.to_owned()))
    }

    async fn tenant_secret(&mut self, name: &SecretName, length: u32) -> Answer<String> {
        let Some(tenant) = self.world.tenant.clone() else {
            return Ok(Err(refused("no-tenant", "this operation is about no tenant")));
        };
        let make = self.world.run.is_some();
        let Some(ledger) = self.world.ledger.as_mut() else {
            return Ok(Err(refused("no-project", "there is no project here")));
        };
        match ledger.ensure_secret(&self.world.vault, &tenant, name, length, make).await {
            Ok(Some(version)) => Ok(Ok(format!("{{{{secret:{name}@{version}}}}}"))),
            Ok(None) => Ok(Err(refused("secret-missing", &format!("there is no secret `{name}` yet")))),
            Err(error) => Err(self.fail(error)),
        }
    }

    async fn renewal(&mut self, name: &SecretName, length: u32) -> Answer<imports::secrets::Renewal> {
        let (Some(tenant), Some(operation)) = (self.world.tenant.clone(), self.world.run.as_ref().map(|run| run.id))
        else {
            return Ok(Err(refused("outside-operation", "a secret is renewed inside an operation on a tenant")));
        };
        let Some(ledger) = self.world.ledger.as_mut() else {
            return Ok(Err(refused("no-project", "there is no project here")));
        };
        match ledger.renew_secret(&self.world.vault, &tenant, name, length, operation).await {
            Ok(Some((before, after))) => {
                let placeholder = |version: u32| format!("{{{{secret:{name}@{version}}}}}");
                Ok(Ok(imports::secrets::Renewal { before: placeholder(before), after: placeholder(after) }))
            }
            Ok(None) => Ok(Err(refused("secret-missing", &format!("there is no secret `{name}` yet")))),
            Err(error) => Err(self.fail(error)),
        }
    }
}
