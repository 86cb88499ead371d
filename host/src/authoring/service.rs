//! Somebody on this machine who plays a destination in rehearsals: gets the requests, and says what is kept for tenants.
//!
//! Beside what the destination itself answers, a player answers `GET /systemprompt-test` with a JSON list of lines, one for
//! each thing that is there for some tenant, and forgets all of them at `DELETE /systemprompt-test`. Placeholders of secrets
//! reach it as they are: there are no secrets in a rehearsal. A provider waits without any real time passing, so each request
//! says in a header what time it is for the provider: what ends by itself, such as a lease, ends by that.

use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Method;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::Service;
use tokio::runtime::Runtime;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::backend::http::{self, Answer, Connection, Exchange, Origin, Reach, Scheme};
use crate::backend::{BackendError, ErrorKind};
use crate::error::{CliError, Exit};

/// Where a player says what is kept.
const KEPT: &str = "systemprompt-test";
/// Header with the time, in milliseconds since 1970.
const NOW: &str = "systemprompt-test-now";
/// Somebody on this machine answers well within this.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where somebody plays a destination: on this machine.
#[derive(Debug, Clone)]
pub struct Player {
    origin: Origin,
}

impl FromStr for Player {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin: Origin = text.parse().map_err(|error| format!("{error}"))?;
        let is_here = match origin.host() {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        if origin.scheme() == Scheme::Http && is_here {
            Ok(Player { origin })
        } else {
            Err("a destination is played on this machine: `http://127.0.0.1:PORT`".to_owned())
        }
    }
}

/// A player who is there.
#[derive(Clone)]
pub struct Performance {
    origin: Origin,
    connection: Connection,
    now_ms: u64,
    /// Rehearsals are not asynchronous: each request is waited for.
    runtime: Rc<Runtime>,
}

impl Player {
    /// Finds the player, who has to answer now.
    pub fn meet(&self) -> Result<Performance, CliError> {
        let failed = |reason: String| {
            CliError::new(Exit::Unavailable, "service-silent", format!("nobody plays a destination at {}", self.origin))
                .cause(crate::text::one_line(&reason, crate::text::MESSAGE_CHARS_MAX))
                .help(format!("it has to answer `GET /{KEPT}` with a JSON list of what it keeps, and `DELETE /{KEPT}`"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(error.to_string()))?;
        let connection = runtime.block_on(Connection::open(&self.origin, Reach::Granted));
        let connection = connection.map_err(|error| failed(error.message))?;
        let (origin, runtime) = (self.origin.clone(), Rc::new(runtime));
        let performance = Performance { origin, connection, now_ms: 0, runtime };
        performance.forget().and_then(|()| performance.lines().map(|_| ())).map_err(failed)?;
        Ok(performance)
    }
}

impl Performance {
    /// Nothing is kept from here on.
    pub fn forget(&self) -> Result<(), String> {
        let answer = self.ask(Method::DELETE)?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(format!("it answered {}", answer.status)) }
    }

    fn lines(&self) -> Result<Vec<String>, String> {
        let answer = self.ask(Method::GET)?;
        serde_json::from_str(&answer.body).map_err(|error| format!("what it keeps is no JSON list of lines: {error}"))
    }

    fn ask(&self, method: Method) -> Result<Answer, String> {
        let url: Url = format!("{}/{KEPT}", self.origin).parse().map_err(|error| format!("{error}"))?;
        let exchange = Exchange { url, method, headers: Vec::new(), body: None, timeout: TIMEOUT };
        self.runtime.block_on(self.connection.send(exchange)).map_err(|error| error.message)
    }
}

impl Service for Performance {
    fn time_passes(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let bad = |code: &str, what: &str| Failure::refused(code, format!("{what} cannot be asked for"));
        let (method, _) = http::method(&request.method).ok_or_else(|| bad("http-method", "such a method"))?;
        let url: Url = request.url.parse().map_err(|_| bad("http-url", "such a URL"))?;
        let url = self.origin.with_path_of(&url).ok_or_else(|| bad("http-url", "such a URL"))?;
        let now = [(NOW.to_owned(), self.now_ms.to_string())];
        let headers = request.headers.iter().cloned().chain(now);
        let headers = headers.map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let body = request.body.clone().map(Zeroizing::new);
        let timeout = Duration::from_millis(request.timeout_ms.into());
        let exchange = Exchange { url, method, headers, body, timeout };
        let answer = self.runtime.block_on(self.connection.send(exchange)).map_err(failure)?;
        Ok(Response { status: answer.status, headers: answer.headers, body: answer.body, ext: None })
    }

    fn kept(&self) -> Vec<String> {
        // What is not known is something that is left, so that no promise is taken for kept because of it.
        self.lines()
            .unwrap_or_else(|reason| vec![format!("nobody knows what, because {} failed: {reason}", self.origin)])
    }
}

/// As a provider is told.
pub fn failure(error: BackendError) -> Failure {
    match error.kind {
        ErrorKind::Refused => Failure::refused(error.code, error.message),
        ErrorKind::Retryable => Failure::retryable(error.code, error.message),
        ErrorKind::Ambiguous => Failure::ambiguous(error.code, error.message),
        ErrorKind::Broken => Failure::broken(error.code, error.message),
    }
}
