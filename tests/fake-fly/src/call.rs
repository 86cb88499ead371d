//! One call of the API, taken apart, and its answer.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clock::Moment;
use crate::problem::Problem;
use crate::token::Access;

/// What a handler answers.
pub(crate) type Outcome = Result<Answer, Problem>;

/// A status and a body of JSON, if there is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "handlers end with one of these")]
impl Answer {
    pub(crate) fn ok(body: Value) -> Outcome {
        Ok(Self { status: 200, body: Some(body) })
    }

    pub(crate) fn created(body: Value) -> Outcome {
        Ok(Self { status: 201, body: Some(body) })
    }

    /// Without a body.
    pub(crate) fn empty(status: u16) -> Outcome {
        Ok(Self { status, body: None })
    }
}

/// A call whose token was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) access: Access,
    pub(crate) now: Moment,
    /// What stood for the braces in the route's path, decoded.
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// What stood for `{name}` in the path; empty where the route has none.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may be repeated, or be a list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let given = self.query.iter().filter(|(key, _)| key == name);
        given.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.query(name), Some("true" | "1"))
    }

    /// The number in a parameter of the query.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = |text: &str| text.parse().map_err(|_| Problem::invalid(format!("{name}: `{text}` is no number")));
        self.query(name).map(number).transpose()
    }

    /// The nonce of a lease that the caller holds.
    pub(crate) fn nonce(&self) -> Option<&str> {
        self.headers.get("fly-machine-lease-nonce").and_then(|value| value.to_str().ok())
    }

    /// The body. One that is left out is an empty object.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body = if self.body.is_empty() { b"{}" } else { self.body.as_ref() };
        serde_json::from_slice(body).map_err(Problem::invalid)
    }
}
