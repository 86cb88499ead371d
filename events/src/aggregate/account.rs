//! The account that a project uses with a provider: who is logged in, and what with.

use uuid::Uuid;

use crate::{AccountCommand, AccountEvent, Corrupt, Json, Refusal, Timestamp};

/// The state of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Who is logged in; it may have expired.
    pub login: Option<AccountLogin>,
}

/// Who is logged in to a provider, and what with. Fields as in [`AccountEvent`].
#[expect(missing_docs, reason = "the fields are those of the event, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountLogin {
    pub user: String,
    pub organisation: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub source: String,
    pub api_url: Option<String>,
    pub fields: Json,
    pub seal_id: Uuid,
    pub sealed: String,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every aggregate's rules")]
pub(super) fn decide(account: &Account, command: AccountCommand) -> Result<Vec<AccountEvent>, Refusal> {
    Ok(match command {
        AccountCommand::LogIn(login) if account.login.as_ref().is_some_and(|now| now.seal_id == login.seal_id) => {
            vec![]
        }
        AccountCommand::LogIn(login) => {
            let AccountLogin { user, organisation, expires_at, source, api_url, fields, seal_id, sealed } = login;
            vec![AccountEvent::AccountLoggedIn {
                user,
                organisation,
                expires_at,
                source,
                api_url,
                fields,
                seal_id,
                sealed,
            }]
        }
        AccountCommand::LogOut => account.login.iter().map(|_| AccountEvent::AccountLoggedOut).collect(),
    })
}

pub(super) fn evolve(mut account: Account, event: &AccountEvent) -> Result<Account, Corrupt> {
    match event.clone() {
        AccountEvent::AccountLoggedIn { user, organisation, expires_at, source, api_url, fields, seal_id, sealed } => {
            let login = AccountLogin { user, organisation, expires_at, source, api_url, fields, seal_id, sealed };
            account.login = Some(login);
        }
        AccountEvent::AccountLoggedOut => {
            if account.login.take().is_none() {
                let event = crate::codec::account_kind(event);
                return Err(Corrupt { event, aggregate: "the account", state: "not logged in" });
            }
        }
    }
    Ok(account)
}

#[cfg(test)]
#[path = "account_test.rs"]
mod tests;
