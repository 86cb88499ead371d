//! Where a plugin comes from: a file, an address on the web, with a signature beside it under the same name, or a registry.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use url::{Host, Url};

use super::registry::credentials::DockerConfig;
use super::registry::{self, Image};
use super::{signed, web};
use crate::env::Env;
use crate::error::{CliError, Exit};
use crate::plugin::candidate;
use crate::text::{one_line, shown};

/// Longer ones are nobody's, and each is recorded.
const URL_CHARS_MAX: usize = 1_000;

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// An address, which was checked.
    Web(Url),
    /// One in an OCI registry.
    Registry(Image),
}

/// What was found there; nothing of it was looked at yet.
pub struct Brought {
    /// The component, or what is in its place.
    pub wasm: Vec<u8>,
    /// What lies beside it as its signature.
    pub signature: Option<String>,
    /// What has to be said of how it was fetched.
    pub notes: Vec<String>,
    /// Where it came from, as it is recorded.
    pub source: String,
}

impl Source {
    /// What a user named, or what was recorded.
    pub fn of(given: &Path) -> Result<Source, CliError> {
        match given.to_str().filter(|text| has_scheme(text)) {
            None => Ok(Source::File(given.to_owned())),
            Some(text) if text.chars().count() > URL_CHARS_MAX => Err(unusable("the address is too long")),
            Some(text) => match text.split_once("://") {
                Some((scheme, rest)) if scheme == registry::SCHEME => Image::parse(rest).map(Source::Registry),
                _ => address(text).map(Source::Web),
            },
        }
    }

    /// Where the newest is, of what was recorded: what a tag names now.
    pub fn newest(self) -> Source {
        match self {
            Source::Registry(image) => Source::Registry(image.newest()),
            Source::File(_) | Source::Web(_) => self,
        }
    }

    /// Fetches the component and its signature; a path may be one from the working directory.
    pub async fn bring(&self, env: &Env) -> Result<Brought, CliError> {
        match self {
            Source::File(path) => Ok(Brought {
                wasm: candidate::bytes(path)?,
                signature: signed::beside(path)?,
                notes: Vec::new(),
                source: shown(&env.cwd.join(path)),
            }),
            Source::Web(url) => web::bring(url).await,
            Source::Registry(image) => {
                let config = DockerConfig::of_user(env.places.surroundings());
                registry::bring(image, &config).await
            }
        }
    }
}

/// `https://…`; a path can be written so that it does not begin like that.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        let mut letters = scheme.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    })
}

fn address(text: &str) -> Result<Url, CliError> {
    let mut url = Url::parse(text).map_err(|error| unusable("this is no address of a plugin").because(&error))?;
    url.set_fragment(None);
    match check(&url) {
        Ok(()) => Ok(url),
        Err(Unfit::Scheme) => {
            let scheme = one_line(url.scheme(), 20);
            Err(unusable(&format!("plugins are not fetched by `{scheme}`")))
        }
        // What it holds is not said again: it may be seen by others.
        Err(Unfit::Credentials) => {
            Err(unusable("the address holds a name or a password, and would be recorded with it"))
        }
        Err(Unfit::InClear) => {
            url.set_query(None);
            let message = format!("`{}` would be fetched in clear", one_line(url.as_str(), 200));
            Err(CliError::new(Exit::Refused, "source-in-clear", message).help(
                "give its address with https; http is for this machine alone, as in http://127.0.0.1:8000/x.wasm",
            ))
        }
    }
}

fn unusable(message: &str) -> CliError {
    CliError::usage("bad-source", message).help("give a file, or an address such as https://example.com/acme.wasm")
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Neither https nor http.
    #[error("it is not https")]
    Scheme,
    /// Somebody's name or password stands before the host.
    #[error("it holds a name or a password")]
    Credentials,
    /// Somebody on the way could read it, and give another file instead.
    #[error("it would be asked in clear")]
    InClear,
}

/// Whether an address may be asked for a plugin.
pub fn check(url: &Url) -> Result<(), Unfit> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unfit::Credentials);
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_this_machine(url) => Ok(()),
        "http" => Err(Unfit::InClear),
        _ => Err(Unfit::Scheme),
    }
}

/// Whether an address is one of this machine, as it is written.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(given: &str) -> String {
        Source::of(Path::new(given)).unwrap_err().code
    }

    #[test]
    fn what_has_no_scheme_is_a_path() {
        for given in ["a.wasm", "/a.wasm", "./https://b", "https:/b", "://b", "1://b"] {
            assert_eq!(Source::of(Path::new(given)).unwrap(), Source::File(PathBuf::from(given)));
        }
    }

    #[test]
    fn an_address_is_https_or_one_of_this_machine_and_holds_no_password() {
        for given in ["https://example.com/a.wasm", "http://127.0.0.1:1/a", "http://[::1]/a", "HTTP://localhost/a#x"] {
            assert!(matches!(Source::of(Path::new(given)).unwrap(), Source::Web(_)), "{given}");
        }
        for given in ["ftp://example.com/a", "https://me:secret@example.com/a", "https://", "http://me@127.0.0.1/a"] {
            assert_eq!(refused(given), "bad-source", "{given}");
        }
        assert_eq!(refused(&format!("https://example.com/{}", "a".repeat(URL_CHARS_MAX))), "bad-source");
        for given in ["http://example.com/a", "http://10.0.0.1/a", "http://localhost.example.com/a"] {
            assert_eq!(refused(given), "source-in-clear", "{given}");
        }
        let error = Source::of(Path::new("https://me:secret@example.com/a")).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
