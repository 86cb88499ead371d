//! Stored twins of an account's events.

use uuid::Uuid;

use crate::{AccountEvent, Json, Timestamp};

twins! {
    AccountEvent in "account/<provider>" {
        AccountLoggedIn @ 1 "Somebody logged in to the provider; what was there before is over." {
            user: String,
            organisation: Option<String>,
            expires_at: Option<Timestamp>,
            source: String,
            api_url: Option<String>,
            fields: Json,
            seal_id: Uuid,
            sealed: String,
        }
        AccountLoggedOut @ 1 "The login is over, and what was logged in with is forgotten. No tenant is touched by that." {}
    }
}
