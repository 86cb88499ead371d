//! Capability `secrets`: generated once, sealed, and opaque to the guest, which holds a placeholder.

use systemprompt_events::SecretName;

use crate::plugin::Guest;
use crate::plugin::v1::imports;
use crate::vault::SECRET_CHARS;

use super::{Answer, refused};
use imports::types::Scope;

impl imports::secrets::Host for Guest {
    async fn ensure(&mut self, spec: imports::secrets::Spec) -> Answer<String> {
        self.granted("secrets")?;
        let name: SecretName = match spec.name.parse() {
            Ok(name) => name,
            Err(error) => return Ok(Err(refused("secret-name", &format!("{error}")))),
        };
        if !SECRET_CHARS.contains(&spec.length) {
            let message = format!("a secret has {} to {} characters", SECRET_CHARS.start(), SECRET_CHARS.end());
            return Ok(Err(refused("secret-length", &message)));
        }
        match spec.scope {
            Scope::Machine => self.machine_secret(&name, spec.length).await,
            Scope::Tenant => self.tenant_secret(&name, spec.length).await,
        }
    }
}

impl Guest {
    async fn machine_secret(&mut self, name: &SecretName, length: u32) -> Answer<String> {
        let make = self.world.run.is_some();
        match self.world.vault.machine().ensure(&self.plugin, name, length, make).await {
            Ok(Some(version)) => Ok(Ok(format!("{{{{machine:{name}@{version}}}}}"))),
            Ok(None) => Ok(Err(refused("secret-missing", &format!("there is no secret `{name}` yet")))),
            Err(error) => Err(self.fail(error)),
        }
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
}
