//! A client that shows every answer as it is.

use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// A client of one fake, with one token.
pub(crate) struct Client {
    agent: Agent,
    url: String,
    pub(crate) token: String,
    nonce: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null where the body is no JSON.
    pub(crate) body: Value,
}

impl Reply {
    /// The sentence of a refusal.
    pub(crate) fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A fake whose clock stands still and which has no rate limits.
pub(crate) fn still() -> FakeFly {
    FakeFly::with(Settings { speed: 0.0, rate_limits: RateLimits::none(), ..Settings::default() }).unwrap()
}

/// Longer than anything takes with the default delays.
pub(crate) const LONG: Duration = Duration::from_secs(10);

impl Client {
    pub(crate) fn of(fly: &FakeFly) -> Self {
        Self::patient(fly, Duration::from_mins(1))
    }

    /// One that gives up after this time.
    pub(crate) fn patient(fly: &FakeFly, timeout: Duration) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(timeout)).build();
        Self { agent: config.new_agent(), url: fly.url(), token: format!("Bearer {}", fly.token()), nonce: None }
    }

    /// The same, with the nonce of a lease.
    pub(crate) fn holding(fly: &FakeFly, nonce: &Value) -> Self {
        Self { nonce: Some(nonce.as_str().unwrap().to_owned()), ..Self::of(fly) }
    }

    /// The same, with this header in place of the fake's own token; without one if it is empty.
    pub(crate) fn with(fly: &FakeFly, authorization: &str) -> Self {
        Self { token: authorization.to_owned(), ..Self::of(fly) }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !self.token.is_empty() {
            request = request.header("authorization", &self.token);
        }
        if let Some(nonce) = &self.nonce {
            request = request.header("fly-machine-lease-nonce", nonce);
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), text, body })
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, None).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path, None).unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that a test writes `json!` and no `&`")]
    pub(crate) fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        self.ask(method, path, Some(&body.to_string())).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, body)
    }

    /// An app that is seen everywhere at once.
    pub(crate) fn create_app(&self, name: &str) -> Reply {
        self.post("/v1/apps?wait=true", json!({ "name": name, "org_slug": Settings::ORG, "network": name }))
    }

    /// The id of a new volume in `iad`.
    pub(crate) fn create_volume(&self, app: &str) -> String {
        let wanted = json!({ "name": "pg_data", "region": "iad", "size_gb": 10 });
        id(&self.post(&format!("/v1/apps/{app}/volumes"), wanted))
    }

    /// The id of a new machine in `iad`.
    #[expect(clippy::needless_pass_by_value, reason = "so that a test writes `json!` and no `&`")]
    pub(crate) fn create_machine(&self, app: &str, config: Value) -> String {
        id(&self.post(&format!("/v1/apps/{app}/machines"), json!({ "region": "iad", "config": config })))
    }

    /// Of a machine, what the API shows.
    pub(crate) fn machine(&self, app: &str, id: &str) -> Value {
        self.get(&machine(app, id)).body
    }
}

/// The path of a machine.
pub(crate) fn machine(app: &str, id: &str) -> String {
    format!("/v1/apps/{app}/machines/{id}")
}

pub(crate) fn id(reply: &Reply) -> String {
    reply.body["id"].as_str().unwrap_or_else(|| panic!("no id: {reply:?}")).to_owned()
}

/// The smallest configuration that there is.
pub(crate) fn postgres() -> Value {
    json!({ "image": "postgres:17" })
}
