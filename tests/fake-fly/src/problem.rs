//! What Fly answers when it does not do what it was asked.

use serde_json::{Value, json};

/// A status and a body. Most bodies are `{"error": sentence, "status"?: word}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Problem {
    pub(crate) fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": error.into() }) }
    }

    /// With the word that a client is to go by.
    pub(crate) fn coded(status: u16, code: &str, error: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": error.into(), "status": code }) }
    }

    /// In the envelope that answers about leases have.
    pub(crate) fn of_lease(status: u16, message: impl Into<String>) -> Self {
        Self { status, body: json!({ "status": "error", "message": message.into(), "code": "invalid" }) }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(401, "Authenticate: token validation error")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "unauthorized")
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, format!("{what} not found"))
    }

    pub(crate) fn invalid(why: impl std::fmt::Display) -> Self {
        Self::new(400, format!("invalid_argument: {why}"))
    }

    /// A rule about a value was broken.
    pub(crate) fn validation(why: &str) -> Self {
        Self::new(422, format!("Validation failed: {why}"))
    }

    /// It cannot be done in the state that things are in.
    pub(crate) fn precondition(why: impl std::fmt::Display) -> Self {
        Self::new(412, format!("failed_precondition: {why}"))
    }
}
