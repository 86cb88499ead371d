//! What a registry wants to see before it gives or takes something: the token of whoever it names for that, or a login.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::credentials::{Credentials, DockerConfig};
use super::{Image, source, web};
use crate::error::{CliError, Exit};
use crate::text::one_line;

/// Tokens have some KiB.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// What goes along with a request.
pub(super) enum Right {
    /// A token, which somebody gave.
    Token(Zeroizing<String>),
    /// A login, each time.
    Login(Credentials),
}

impl Right {
    /// As a header, which is not shown.
    pub(super) fn header(&self) -> Result<HeaderValue, CliError> {
        let text = match self {
            Right::Token(token) => Zeroizing::new(format!("Bearer {}", token.as_str())),
            Right::Login(login) => {
                let pair = Zeroizing::new(format!("{}:{}", login.user, login.password.as_str()));
                Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
            }
        };
        let mut header = HeaderValue::from_str(&text).map_err(|_| strange("its token cannot be sent back"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// Where tokens are given.
#[derive(Debug, PartialEq, Eq)]
struct Realm {
    url: Url,
    service: Option<String>,
}

/// What a registry asks for.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Token(Realm),
    Login,
}

/// Gets what a registry asked for with this answer, to do this with an image.
pub(super) async fn ask(
    client: &Client,
    image: &Image,
    config: &DockerConfig,
    answer: &Response,
    action: &str,
) -> Result<Right, CliError> {
    let header = answer.headers().get(WWW_AUTHENTICATE).and_then(|header| header.to_str().ok()).unwrap_or_default();
    let credentials = config.of(image.0.resolve_registry())?;
    match challenge(header, source::is_this_machine(answer.url()))? {
        Challenge::Login => credentials.map(Right::Login).ok_or_else(|| refused(image, answer.status())),
        Challenge::Token(realm) => token(client, image, realm, credentials.as_ref(), action).await.map(Right::Token),
    }
}

fn challenge(header: &str, is_from_here: bool) -> Result<Challenge, CliError> {
    let challenges = http_auth::parse_challenges(header).map_err(|_| strange("it does not say how to log in"))?;
    let of = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
    let Some(bearer) = of("Bearer") else {
        return of("Basic").map(|_| Challenge::Login).ok_or_else(|| strange("it takes no login that is known here"));
    };
    let named = |name: &str| {
        let found = bearer.params.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped())
    };
    let url = named("realm").and_then(|realm| Url::parse(&realm).ok()).ok_or_else(|| strange("it names no realm"))?;
    source::check(&url).map_err(|why| strange(&format!("its realm is not asked: {why}")))?;
    if source::is_this_machine(&url) && !is_from_here {
        return Err(strange("its realm is not asked: it is on this machine"));
    }
    Ok(Challenge::Token(Realm { url, service: named("service") }))
}

#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

async fn token(
    client: &Client,
    image: &Image,
    realm: Realm,
    credentials: Option<&Credentials>,
    action: &str,
) -> Result<Zeroizing<String>, CliError> {
    let mut url = realm.url;
    let scope = format!("repository:{}:{action}", image.0.repository());
    url.query_pairs_mut().append_pair("scope", &scope).extend_pairs(realm.service.map(|name| ("service", name)));
    let mut request = client.get(url.clone());
    if let Some(login) = credentials {
        request = request.basic_auth(&login.user, Some(login.password.as_str()));
    }
    let answer = request.send().await.map_err(|error| web::failed(&url, error))?;
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status()) {
        return Err(refused(image, answer.status()));
    }
    let given = web::content(answer, &url, ANSWER_BYTES_MAX).await?.map(Zeroizing::new).unwrap_or_default();
    let given: Given = serde_json::from_slice(&given).map_err(|_| strange("what it gives is no token"))?;
    given.token.or(given.access_token).map(Zeroizing::new).ok_or_else(|| strange("what it gives is no token"))
}

/// Nobody, or somebody else, has to log in.
pub(super) fn refused(image: &Image, status: StatusCode) -> CliError {
    let message = format!("the registry of {image} answered {}: it wants another login", status.as_u16());
    CliError::new(Exit::Authentication, "registry-login", message).help(format!(
        "log in with `docker login {}`, whose `config.json` is read; programs that keep passwords for Docker are not asked",
        one_line(image.0.resolve_registry(), 100)
    ))
}

fn strange(why: &str) -> CliError {
    CliError::new(Exit::Unavailable, "registry-strange", "the registry cannot be logged in to")
        .cause(why)
        .help("nothing was done; look whether the address is one of an OCI registry")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for_where_nobody_else_can_read_along() {
        let of = |header: &str, is_from_here| challenge(header, is_from_here);
        let realm = of("Bearer realm=\"https://auth.example.com/token\",service=\"a\"", false).unwrap();
        let url = "https://auth.example.com/token".parse().unwrap();
        assert_eq!(realm, Challenge::Token(Realm { url, service: Some("a".to_owned()) }));
        assert_eq!(of("Basic realm=\"x\"", false).unwrap(), Challenge::Login);
        assert!(of("Bearer realm=\"http://127.0.0.1:1/token\"", true).is_ok());
        for header in [
            "Bearer realm=\"http://auth.example.com/token\"",
            "Bearer realm=\"http://127.0.0.1:1/token\"",
            "Bearer realm=\"https://127.0.0.1:1/token\"",
            "Bearer realm=\"https://me:secret@auth.example.com/token\"",
            "Bearer realm=\"token\"",
            "Bearer service=\"a\"",
            "Digest realm=\"x\"",
            "",
        ] {
            assert_eq!(of(header, false).unwrap_err().code, "registry-strange", "{header}");
        }
    }

    #[test]
    fn what_is_sent_along_is_not_shown() {
        let login = Credentials { user: "me".to_owned(), password: Zeroizing::new("secret".to_owned()) };
        let header = Right::Login(login).header().unwrap();
        assert_eq!(header, "Basic bWU6c2VjcmV0");
        assert_eq!(format!("{header:?}"), "Sensitive");
        assert!(Right::Token(Zeroizing::new("a\nb".to_owned())).header().is_err());
    }
}
