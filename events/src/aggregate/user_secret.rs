//! A secret that a user has set, as a state remembers it.

use uuid::Uuid;

/// A sealed value, whole, so that it can be set again after it was replaced or unset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserSecret {
    /// Part of what the sealing is bound to.
    pub seal_id: Uuid,
    /// The value, encrypted with its tenant's key, in base64.
    pub sealed: String,
}
