//! Events of the account with a provider: stream `account/<provider>`.

use uuid::Uuid;

use crate::{Json, Timestamp};

/// What can happen to the account that a project uses with a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEvent {
    /// Somebody logged in, and the provider knew them; what was there before is over.
    AccountLoggedIn {
        /// Who it is, as the provider says.
        user: String,
        /// For whom they act, as the provider says.
        organisation: Option<String>,
        /// When it is over by itself, where the provider says so.
        expires_at: Option<Timestamp>,
        /// Where the secret came from: `prompt`, `stdin`, or the name of a variable.
        source: String,
        /// Where the provider's requests go, if this user pointed them elsewhere.
        api_url: Option<String>,
        /// What was logged in with and is no secret, by field.
        fields: Json,
        /// Unique for ever; part of what the sealing is bound to.
        seal_id: Uuid,
        /// What was logged in with and is secret, by field.
        sealed: String,
    },
    /// It is over, and what was logged in with is forgotten. No tenant is touched by that.
    AccountLoggedOut,
}
