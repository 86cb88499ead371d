//! Capability `account`: what the user logged in with; secrets of it as placeholders, for the provider's destinations alone.

use crate::account::{self, Account, server};
use crate::plugin::Guest;
use crate::plugin::v1::{imports, their_failure};

use super::{Answer, given, refused};
use imports::types::Failure;

impl imports::account::Host for Guest {
    async fn field(&mut self, name: String) -> Answer<String> {
        self.granted("account")?;
        let account = given!(self.account().await?);
        if self.allowed.server.is_some() && name == server::ROOTS_FILE {
            let file = server::certificate_file(&account, &self.world.places);
            return file.map(Ok).map_err(|error| self.fail(error));
        }
        if let Some(value) = account.plain.get(&name) {
            return Ok(Ok(value.clone()));
        }
        let secret = name.parse().ok().filter(|name| account.secret.contains_key(name));
        Ok(if let Some(name) = secret {
            Ok(format!("{{{{account:{name}@{}}}}}", account::VERSION))
        } else {
            let name = crate::text::one_line(&name, 60);
            Err(refused("account-field-missing", &format!("the account has no field `{name}`")))
        })
    }
}

impl Guest {
    /// The account, read at the first use of this call.
    pub(super) async fn account(&mut self) -> Answer<Account> {
        if let Some(account) = &self.world.account {
            return Ok(Ok(account.clone()));
        }
        let Some(ledger) = self.world.ledger.as_mut() else { return Ok(Err(self.not_logged_in())) };
        match account::load(ledger, &self.world.vault, &self.plugin, &self.maker).await {
            Ok(Some(account)) => Ok(Ok(self.world.account.insert(account).clone())),
            Ok(None) => Ok(Err(self.not_logged_in())),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn not_logged_in(&self) -> Failure {
        let message = format!("nobody is logged in to `{}` here", self.plugin);
        let help = format!("log in with `{}`", account::login_command(&self.plugin));
        their_failure(systemprompt_events::FailureKind::Refused, "account-missing", &message, Some(help))
    }
}
