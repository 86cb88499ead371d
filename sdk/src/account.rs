//! The account with which the user logged in to this provider.

use crate::{Failure, Secret, imports};

/// A secret field, such as a token: its placeholder, which the host fills in towards the provider's destinations alone.
pub fn secret(field: &str) -> Result<Secret, Failure> {
    imports::account::field(field).map(|placeholder| Secret::recorded(&placeholder))
}

/// A field that is no secret.
pub fn value(field: &str) -> Result<String, Failure> {
    imports::account::field(field)
}
