//! HTTP to the destinations that the provider's description names.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::bindings::systemprompt::provider::http as contract;
use crate::{Failure, Secret, imports};

pub use contract::{Request, Response};

/// For requests that say nothing else: what an API answers at once, it answers well within this.
const TIMEOUT_MS: u32 = 30_000;

impl Request {
    /// A request without body; `url` is whole, with the scheme.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        let (method, url) = (method.to_owned(), url.into());
        Self { method, url, headers: Vec::new(), body: None, timeout_ms: TIMEOUT_MS, ext: None }
    }

    /// Asks for something.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Asks for a change, which belongs into a step.
    pub fn post(url: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", url).json(body)
    }

    /// Asks for something to be removed, which belongs into a step.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new("DELETE", url)
    }

    /// Sends a document along; its texts may hold placeholders of secrets.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..self }
    }

    /// Adds a header, whose value may hold placeholders of secrets.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Shows who asks, by a token that the provider never sees.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Says that the answer holds a secret at this JSON pointer: the host seals it as the tenant's secret of this name, and
    /// puts its placeholder there before the provider sees the answer. It belongs into a step, whatever the method, and
    /// may be asked for again: within an operation the same value keeps its placeholder, and another one gets the next.
    #[must_use]
    pub fn capture(self, pointer: &str, secret: &str) -> Self {
        let mut ext: Value = self.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()).unwrap_or_default();
        let mut list = ext["capture"].as_array().cloned().unwrap_or_default();
        list.push(json!({ "pointer": pointer, "secret": secret }));
        ext["capture"] = list.into();
        Self { ext: Some(ext.to_string()), ..self }
    }

    /// How long the whole exchange may take.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout_ms: u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX), ..self }
    }

    /// Sends it, once. What the other side refuses is an answer, not a failure.
    pub fn send(&self) -> Result<Response, Failure> {
        imports::http::send(self)
    }
}

impl Response {
    /// Whether the other side says that it went well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body in a shape of your own. Whether the effect happened is another question: it did, if the answer says so.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.body)
            .map_err(|error| Failure::ambiguous("http-answer", format!("the answer cannot be understood: {error}")))
    }
}
