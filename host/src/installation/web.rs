//! Fetching a plugin from the web: over TLS or from this machine, within limits of size, time and redirects.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, StatusCode, redirect, retry};
use url::Url;

use super::source::{self, Brought, Unfit};
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;
use crate::plugin::limits::COMPONENT_BYTES_MAX;
use crate::plugin::publisher::SIGNATURE_BYTES_MAX;
use crate::text::one_line;

/// How long it may take to find an address and to connect.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a server may say nothing.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long all of a component may take, which may be large and the line slow.
const FETCH_MAX: Duration = Duration::from_mins(5);
/// What servers are told of this program.
const USER_AGENT: &str = concat!("systemprompt/", env!("CARGO_PKG_VERSION"));
/// What a server says where a signature would be may be a page of its own.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// A download from a forge goes through one or two.
const REDIRECTS_MAX: usize = 5;

/// A redirect that is not followed.
#[derive(Debug, thiserror::Error)]
pub enum Astray {
    /// To an address that is not asked.
    #[error("it leads to {to}, and {why}")]
    Elsewhere {
        /// Scheme and host.
        to: String,
        /// Why not.
        #[source]
        why: Unfit,
    },
    /// From elsewhere to what this machine alone may ask.
    #[error("it leads back to this machine")]
    Inwards,
    /// Perhaps for ever.
    #[error("it leads from one address to the next more than {REDIRECTS_MAX} times")]
    TooOften,
}

/// Fetches a component, and the signature beside it.
pub async fn bring(url: &Url) -> Result<Brought, CliError> {
    let client = client()?;
    let Some(wasm) = fetch(&client, url, COMPONENT_BYTES_MAX).await? else {
        let message = format!("there is nothing at {}", named(url));
        return Err(CliError::new(Exit::NotFound, "source-not-found", message)
            .help("look at the address, and whether one has to be logged in to fetch it"));
    };
    if is_page(&wasm) {
        return Err(CliError::new(Exit::Refused, "source-is-a-page", format!("{} is a web page", named(url)))
            .help("give the address of the file itself, not of the page that offers it"));
    }
    let mut notes = Vec::new();
    let signature = match signature(&client, &beside(url)).await? {
        Beside::Signature(signature) => Some(signature),
        Beside::Nothing => None,
        Beside::SomethingElse(note) => {
            notes.push(note);
            None
        }
    };
    if url.query().is_some() {
        notes.push(format!("what follows the `?` may be a secret, and is not recorded: it is from {}", named(url)));
    }
    Ok(Brought { wasm, signature, notes, source: recorded(url).to_string() })
}

/// The address without its query, which may hold a token: a log is for ever, and is shown to others.
fn recorded(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

/// What is found where a signature would be.
enum Beside {
    Signature(String),
    Nothing,
    /// What the server answered instead, in words.
    SomethingElse(String),
}

/// Stores of files refuse to say whether there is a file, and applications answer with a page: neither is a signature that
/// does not fit, nor worth another try.
async fn signature(client: &Client, url: &Url) -> Result<Beside, CliError> {
    let answer = ask(client, url).await?;
    let status = answer.status();
    let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    let is_none = [StatusCode::NOT_FOUND, StatusCode::GONE].contains(&status);
    if status.is_client_error() && !may_pass && !is_none {
        let status = status.as_u16();
        return Ok(Beside::SomethingElse(format!("no signature was found: {} answered {status}", named(url))));
    }
    // A page is larger than a signature may be: more of it is read than what tells the one from the other.
    let Some(found) = content(answer, url, PAGE_BYTES_MAX).await? else { return Ok(Beside::Nothing) };
    if is_page(&found) {
        return Ok(Beside::SomethingElse(format!("no signature was found: {} is a web page", named(url))));
    }
    if found.len() > bytes(SIGNATURE_BYTES_MAX) {
        return Err(too_large(url, bytes(SIGNATURE_BYTES_MAX)));
    }
    Ok(Beside::Signature(String::from_utf8_lossy(&found).into_owned()))
}

/// A client that asks within limits.
pub fn client() -> Result<Client, CliError> {
    built(limited().read_timeout(SILENCE_MAX))
}

/// One that sends much: while it does, a server has nothing to say, and its silence is not counted.
pub fn patient_client() -> Result<Client, CliError> {
    built(limited())
}

fn limited() -> ClientBuilder {
    // Only the first call of the process decides; each asks for the same.
    let _decided = rustls::crypto::ring::default_provider().install_default();
    let follow = |attempt: redirect::Attempt<'_>| match next(attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(astray) => attempt.error(astray),
    };
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::custom(follow))
        .retry(retry::never())
        .referer(false)
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_MAX)
        .timeout(FETCH_MAX)
}

fn built(builder: ClientBuilder) -> Result<Client, CliError> {
    builder
        .build()
        .map_err(|error| CliError::new(Exit::Failed, "http-client", "no request can be sent from here").because(&error))
}

/// Whether a redirect is followed, by where it was before.
pub fn next(previous: &[Url], to: &Url) -> Result<(), Astray> {
    if previous.len() > REDIRECTS_MAX {
        return Err(Astray::TooOften);
    }
    if source::is_this_machine(to) && !previous.iter().all(source::is_this_machine) {
        return Err(Astray::Inwards);
    }
    source::check(to).map_err(|why| {
        // Its path may be made for one request of one user.
        let to = format!("{}://{}", to.scheme(), to.host_str().unwrap_or_default());
        Astray::Elsewhere { to: one_line(&to, 200), why }
    })
}

/// What is there, if anything is.
async fn fetch(client: &Client, url: &Url, bytes_max: usize) -> Result<Option<Vec<u8>>, CliError> {
    content(ask(client, url).await?, url, bytes_max).await
}

async fn ask(client: &Client, url: &Url) -> Result<Response, CliError> {
    client.get(url.clone()).send().await.map_err(|error| failed(url, error))
}

/// What a server answered, if it is a file.
pub async fn content(answer: Response, url: &Url, bytes_max: usize) -> Result<Option<Vec<u8>>, CliError> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        other => {
            let message = format!("{} answered {}, and no file", named(url), other.as_u16());
            return Err(CliError::new(Exit::Unavailable, "source-failed", message)
                .help("nothing was done; look at the address, and try again later"));
        }
    }
    let content = read(answer, bytes_max).await.map_err(|error| failed(url, error))?;
    content.map(Some).ok_or_else(|| too_large(url, bytes_max))
}

/// The body of an answer; none, if it is larger.
pub async fn read(mut answer: Response, bytes_max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    if answer.content_length().unwrap_or_default() > bytes_max as u64 {
        return Ok(None);
    }
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if content.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        content.extend_from_slice(&chunk);
    }
    Ok(Some(content))
}

fn too_large(url: &Url, bytes_max: usize) -> CliError {
    let reason = format!("{} is larger than {} KiB", named(url), bytes_max >> 10);
    PluginError::NotAProvider { reason }.into()
}

/// Why a request came to nothing.
pub fn failed(url: &Url, error: reqwest::Error) -> CliError {
    // Its own text would name the address once more.
    let error = error.without_url();
    if let Some(astray) = astray(&error) {
        let message = format!("{} is not fetched: {astray}", named(url));
        return CliError::new(Exit::Refused, "source-redirect", message)
            .help("nothing was done; give the address that it leads to, if you trust it");
    }
    let what = if error.is_connect() { "cannot be reached" } else { "broke off before all of it was here" };
    CliError::new(Exit::Unavailable, "source-unreachable", format!("{} {what}", named(url)))
        .because(&error)
        .help("nothing was done; look at the address and at this machine's network, then type the same again")
}

/// The redirect that was not followed, where a request came to nothing by that.
pub fn astray<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Astray> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(astray) = cause.downcast_ref() {
            return Some(astray);
        }
        next = cause.source();
    }
    None
}

/// The address of the signature: a query stays where it was.
fn beside(url: &Url) -> Url {
    let mut beside = url.clone();
    beside.set_path(&format!("{}.minisig", url.path()));
    beside
}

/// No component begins like that.
fn is_page(content: &[u8]) -> bool {
    content.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// An address, as it is shown.
fn named(url: &Url) -> String {
    one_line(recorded(url).as_str(), 200)
}

fn bytes(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_redirect_stays_on_tls_and_never_leads_to_this_machine_from_elsewhere() {
        let (public, other, clear) =
            (url("https://a.example/x"), url("https://b.example/x"), url("http://b.example/x"));
        let (here, also_here) = (url("http://127.0.0.1:1/x"), url("http://localhost:2/x"));
        assert!(next(std::slice::from_ref(&public), &other).is_ok());
        assert!(next(std::slice::from_ref(&here), &also_here).is_ok());
        assert!(next(std::slice::from_ref(&here), &other).is_ok());
        for (from, to) in [(&public, &clear), (&here, &clear), (&public, &here)] {
            assert!(next(std::slice::from_ref(from), to).is_err(), "{from} to {to}");
        }
        assert!(next(&[here.clone(), public.clone()], &also_here).is_err(), "there and back");
        assert!(next(&vec![public.clone(); REDIRECTS_MAX], &other).is_ok());
        assert!(next(&vec![public; REDIRECTS_MAX + 1], &other).is_err());
    }

    #[test]
    fn a_signature_lies_beside_the_file_whatever_is_asked_of_its_server() {
        assert_eq!(beside(&url("https://a.example/x.wasm?v=1")).as_str(), "https://a.example/x.wasm.minisig?v=1");
    }
}
