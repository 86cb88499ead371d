//! HTTP for plugins: one request to one origin, at an address that was checked and is kept to.

mod address;
mod header;
mod origin;

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect, retry};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::BackendError;
use address::Kind;
pub use header::headers;
use header::{HEADER_BYTES_MAX, HEADERS_MAX};
pub use origin::{Origin, Scheme};

/// How long it may take to find an address and to connect.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a whole exchange may take: the longest that an API waits on a client's behalf is a minute.
const EXCHANGE_MAX: Duration = Duration::from_secs(75);
/// A connection that was idle for longer may be closed from the other side just when it is used again.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// As much as a page of a long list takes, and far less than a guest has memory for.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Where a token goes.
const AUTHORIZATION: &str = "authorization";
/// How far requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over TLS, to addresses that anybody can reach.
    Public,
    /// To where this user said themselves: also to this machine, and in clear where that does not cross the internet.
    Granted,
}

/// What is sent; nothing of it is ever part of an error.
pub struct Exchange {
    /// Where to: at the connection's origin.
    pub url: Url,
    /// `GET`, `POST`, …
    pub method: Method,
    /// Names and values.
    pub headers: Vec<(String, Zeroizing<String>)>,
    /// JSON.
    pub body: Option<Zeroizing<String>>,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// What comes back.
#[derive(Debug)]
pub struct Answer {
    /// 200 and so on.
    pub status: u16,
    /// Names in lower case; those whose value is text.
    pub headers: Vec<(String, String)>,
    /// Its body, as far as it is text.
    pub body: String,
}

/// The methods that there are, and whether they change something.
pub fn method(name: &str) -> Option<(Method, bool)> {
    match name {
        "GET" => Some((Method::GET, false)),
        "POST" => Some((Method::POST, true)),
        "PUT" => Some((Method::PUT, true)),
        "PATCH" => Some((Method::PATCH, true)),
        "DELETE" => Some((Method::DELETE, true)),
        _ => None,
    }
}

/// A header's value as it is sent: a token that names its own scheme, as `FlyV1 fm2_…`, goes under that and not under
/// `Bearer`.
pub fn own_scheme(header: &str, value: Zeroizing<String>) -> Zeroizing<String> {
    match value.strip_prefix("Bearer ").filter(|token| header == AUTHORIZATION && token.contains(' ')) {
        Some(token) => Zeroizing::new(token.to_owned()),
        None => value,
    }
}

/// A way to one origin: the address is looked up and checked once, and no other is used.
#[derive(Clone)]
pub struct Connection {
    client: Client,
    origin: Origin,
}

impl Connection {
    /// Finds the way; nothing is sent yet.
    pub async fn open(origin: &Origin, reach: Reach) -> Result<Connection, BackendError> {
        if reach == Reach::Public && origin.scheme() == Scheme::Http {
            let message = format!("`{origin}` would be talked to in clear");
            return Err(BackendError::refused("http-in-clear", message));
        }
        Connection::at(origin, &resolved(origin).await?, reach)
    }

    /// The way by these addresses: what the name leads to later is never asked.
    fn at(origin: &Origin, addresses: &[SocketAddr], reach: Reach) -> Result<Connection, BackendError> {
        for address in addresses {
            check(origin, address.ip(), reach)?;
        }
        // Only the first call of the process decides; each asks for the same.
        let _decided = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .https_only(origin.scheme() == Scheme::Https)
            .user_agent(concat!("systemprompt/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_MAX)
            .pool_idle_timeout(IDLE_MAX);
        let builder = match origin.host() {
            Host::Domain(name) => builder.resolve_to_addrs(name, addresses),
            Host::Ipv4(_) | Host::Ipv6(_) => builder,
        };
        let client = builder.build().map_err(|error| {
            BackendError::broken("http-client", format!("no request can be sent from here: {}", innermost(&error)))
        })?;
        Ok(Connection { client, origin: origin.clone() })
    }

    /// Sends it, once, and reads the answer.
    pub async fn send(&self, exchange: Exchange) -> Result<Answer, BackendError> {
        let timeout = exchange.timeout.min(EXCHANGE_MAX);
        let mut request =
            self.client.request(exchange.method, exchange.url).headers(headers(&exchange.headers)?).timeout(timeout);
        if let Some(body) = exchange.body {
            // The copy is dropped with the request.
            request = request.header("content-type", "application/json").body(body.as_bytes().to_vec());
        }
        let answer = request.send().await.map_err(|error| self.failed(&error, timeout))?;
        self.read(answer, timeout).await
    }

    async fn read(&self, mut answer: reqwest::Response, timeout: Duration) -> Result<Answer, BackendError> {
        let status = answer.status().as_u16();
        let headers = shown(answer.headers());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failed(&error, timeout))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let message = format!("`{}` answered more than {} MiB", self.origin, ANSWER_BYTES_MAX >> 20);
                return Err(BackendError::ambiguous("http-answer-too-large", message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn failed(&self, error: &reqwest::Error, timeout: Duration) -> BackendError {
        let (origin, why) = (&self.origin, innermost(error));
        if let Some(tls) = certificate_fault(error) {
            let message = format!("`{origin}` could not show that it is what it says: {tls}");
            return BackendError::refused("http-tls", message)
                .help("nothing was sent; something stands between this machine and it, or its certificate is wrong");
        }
        if error.is_connect() {
            return unreachable(origin, &why);
        }
        if error.is_timeout() {
            let message = format!("`{origin}` did not answer within {} s", timeout.as_secs());
            return BackendError::ambiguous("http-timeout", message);
        }
        BackendError::ambiguous("http-broken-off", format!("`{origin}` broke off before it had answered: {why}"))
    }
}

async fn resolved(origin: &Origin) -> Result<Vec<SocketAddr>, BackendError> {
    let port = origin.port();
    let name = match origin.host() {
        Host::Ipv4(address) => return Ok(vec![SocketAddr::new(IpAddr::V4(*address), port)]),
        Host::Ipv6(address) => return Ok(vec![SocketAddr::new(IpAddr::V6(*address), port)]),
        Host::Domain(name) => name,
    };
    let found = tokio::time::timeout(CONNECT_MAX, tokio::net::lookup_host((name.as_str(), port))).await;
    let found: Vec<_> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(unreachable(origin, &error.to_string())),
        Err(_) => return Err(unreachable(origin, "its address was not found in time")),
    };
    if found.is_empty() { Err(unreachable(origin, "it has no address")) } else { Ok(found) }
}

fn check(origin: &Origin, address: IpAddr, reach: Reach) -> Result<(), BackendError> {
    let refuse = |why: &str| {
        let message = format!("`{origin}` leads to {address}, {why}");
        Err(BackendError::refused("address-not-allowed", message))
    };
    match (address::kind(address), reach) {
        (Kind::Special, _) => refuse("where nobody's service is"),
        (Kind::Loopback | Kind::Private, Reach::Public) => refuse("which is not on the internet"),
        (Kind::Public, Reach::Granted) if origin.scheme() == Scheme::Http => {
            refuse("and what goes there in clear can be read on its way")
        }
        (Kind::Loopback | Kind::Private | Kind::Public, _) => Ok(()),
    }
}

fn unreachable(origin: &Origin, why: &str) -> BackendError {
    let why = crate::text::one_line(why, 200);
    BackendError::retryable("http-unreachable", format!("`{origin}` cannot be reached: {why}"))
        .help("look at this machine's network, then type the same again")
}

/// What a plugin gets to see of an answer's headers.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = value.to_str().ok().filter(|value| value.len() <= HEADER_BYTES_MAX)?;
        (name != "set-cookie").then(|| (name.as_str().to_owned(), value.to_owned()))
    };
    headers.iter().filter_map(text).take(HEADERS_MAX).collect()
}

/// The first cause, which says most; the outer ones repeat the URL.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    crate::text::one_line(&cause.to_string(), 200)
}

fn certificate_fault(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        // An error of input and output hides what it was made of from `source`.
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = inner.map_or_else(|| cause.downcast_ref(), |inner| inner.downcast_ref::<rustls::Error>());
        if let Some(fault @ rustls::Error::InvalidCertificate(_)) = found {
            return Some(crate::text::one_line(&fault.to_string(), 200));
        }
        next = cause.source();
    }
    None
}

#[cfg(test)]
#[path = "http_test.rs"]
mod tests;
