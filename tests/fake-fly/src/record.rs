//! What the fake saw: every request, as it came.

use crate::clock::Moment;
use crate::fault::Fault;

/// One request. Headers and body hold what the client sent, tokens and passwords included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// 1 for the first one.
    pub number: u64,
    /// When it had come.
    pub at: Moment,
    /// `GET`, `POST`, …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What stands behind the question mark, as it was sent.
    pub query: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
    /// How it was made to fail.
    pub fault: Option<Fault>,
    /// The status that was answered; none where there was no answer, or not yet.
    pub status: Option<u16>,
    /// What the answer's `fly-request-id` says, whether or not there was one.
    pub id: String,
}

impl Request {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Method and path: `POST /v1/apps`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
