//! Capability `http`: requests to what description and grant name; secrets are filled in here, and kept back on the way in.

pub mod capture;

use std::time::Duration;

use systemprompt_events::template::SecretScope;
use url::Url;

use crate::backend::http::{self, Connection, Exchange, Origin, Reach};
use crate::plugin::Guest;
use crate::plugin::guest::bounded;
use crate::plugin::v1::imports;

use super::{Answer, backend_failure, given, references, refused};
use capture::Capture;
use imports::http as theirs;
use imports::types::Failure;

/// A URL longer than this is no API's.
const URL_BYTES_MAX: usize = 8 << 10;

/// A request as far as it can be judged by itself, with nothing looked up and no secret read.
pub struct Asked {
    method: reqwest::Method,
    changes: bool,
    captures: Vec<Capture>,
    url: Url,
    origin: Origin,
}

impl Asked {
    /// Refuses what would not be sent whatever the secrets are, before there is much work on it. A rehearsal asks the
    /// same.
    pub fn of(request: &theirs::Request) -> wasmtime::Result<Result<Asked, Failure>> {
        request.body.as_deref().map_or(Ok(()), bounded)?;
        request.ext.as_deref().map_or(Ok(()), bounded)?;
        Ok(Asked::judged(request))
    }

    fn judged(request: &theirs::Request) -> Result<Asked, Failure> {
        let (method, changes) = http::method(&request.method).ok_or_else(|| {
            let method = crate::text::one_line(&request.method, 20);
            refused("http-method", &format!("there is no method `{method}` here"))
        })?;
        let captures = capture::wanted(request.ext.as_deref())?;
        let (url, origin) = destination(&request.url)?;
        http::headers(&request.headers).map_err(|error| backend_failure(&error))?;
        let values = request.headers.iter().map(|(_, value)| value);
        values.chain(&request.body).try_for_each(|template| may_leave(template))?;
        Ok(Asked { method, changes, captures, url, origin })
    }
}

impl theirs::Host for Guest {
    async fn send(&mut self, request: theirs::Request) -> Answer<theirs::Response> {
        self.granted("http")?;
        let Asked { method, changes, captures, url, origin } = given!(Asked::of(&request)?);
        if changes && !self.world.runs_statements {
            given!(self.may_change());
        }
        if !captures.is_empty() {
            given!(self.may_capture());
        }
        let (leads_to, reach) = given!(self.route(&origin).await?);
        let Some(url) = leads_to.with_path_of(&url) else {
            return Ok(Err(refused("http-url", "the URL has no path that could be asked for")));
        };
        let mut headers = Vec::with_capacity(request.headers.len());
        for (name, template) in &request.headers {
            let value = given!(self.resolve_to_send(template, ToOwned::to_owned).await?);
            headers.push((name.clone(), http::own_scheme(name, value)));
        }
        let body = match &request.body {
            Some(template) => Some(given!(self.resolve_to_send(template, crate::secrets::in_json).await?)),
            None => None,
        };
        let connection = match self.connection(&leads_to, reach).await {
            Ok(connection) => connection,
            Err(error) => return self.told(Err(error)).await,
        };
        let timeout = Duration::from_millis(request.timeout_ms.into());
        let answer = connection.send(Exchange { url, method, headers, body, timeout }).await;
        let answer = given!(self.told(answer).await?);
        let answer = given!(self.captured(answer, &captures).await?);
        Ok(Ok(self.shown(answer).await?))
    }
}

/// A URL, and where it goes.
fn destination(url: &str) -> Result<(Url, Origin), Failure> {
    let invalid = || refused("http-url", "the URL of a request is not one");
    let url = Url::parse(url).ok().filter(|_| url.len() <= URL_BYTES_MAX).ok_or_else(invalid)?;
    let origin = Origin::of(&url).ok_or_else(invalid)?;
    Ok((url, origin))
}

/// What this machine's servers are administered with does not leave it.
fn may_leave(template: &str) -> Result<(), Failure> {
    match references(template)?.into_iter().find(|reference| reference.scope == SecretScope::Machine) {
        Some(reference) => Err(refused("secret-not-sent", &format!("the secret `{reference}` is this machine's own"))),
        None => Ok(()),
    }
}

impl Guest {
    /// Where requests to a destination go, if this user granted it: there, or where they logged in to instead.
    async fn route(&mut self, origin: &Origin) -> Answer<(Origin, Reach)> {
        if self.allowed.destinations.contains(origin) {
            if !self.granted.contains("account") {
                return Ok(Ok((origin.clone(), Reach::Public)));
            }
            let account = given!(self.account().await?);
            return Ok(Ok(account.route(origin)));
        }
        let message = format!("plugin `{}` may not talk to `{origin}`: nobody granted that", self.plugin);
        Ok(Err(refused("destination-not-granted", &message)))
    }

    /// The way there, found at the first use of this call.
    async fn connection(&mut self, origin: &Origin, reach: Reach) -> Result<Connection, crate::backend::BackendError> {
        if let Some(open) = self.connections.get(origin) {
            return Ok(open.clone());
        }
        let open = Connection::open(origin, reach).await?;
        Ok(self.connections.entry(origin.clone()).or_insert(open).clone())
    }

    /// An answer as the guest gets it: what it was made with must not come back to it in clear.
    async fn shown(&mut self, answer: http::Answer) -> wasmtime::Result<theirs::Response> {
        let (names, values): (Vec<_>, Vec<_>) = answer.headers.into_iter().unzip();
        // Together, as what is known has to be read for each text. A header's value holds no line break.
        let values = self.without_own_secrets(&values.join("\n")).await?;
        let headers = names.into_iter().zip(values.split('\n').map(ToOwned::to_owned)).collect();
        let body = self.without_own_secrets(&answer.body).await?;
        Ok(theirs::Response { status: answer.status, headers, body, ext: None })
    }
}

#[cfg(test)]
#[path = "http/send_test.rs"]
mod tests;
