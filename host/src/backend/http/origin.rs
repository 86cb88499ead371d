//! Scheme, host and port: what a plugin may talk to is named by these three, and by nothing else.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// Where requests go: `https://api.example.com`, `http://127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    scheme: Scheme,
    /// As the URL standard writes it: lower case, in ASCII.
    host: Host<String>,
    port: u16,
}

/// How one talks there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

/// A text that names no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not scheme and host, as in `https://api.example.com`")]
pub struct InvalidOrigin {
    /// Shortened, and without what a terminal would take for more than text.
    pub given: String,
}

impl Origin {
    /// That of a URL; None for a scheme that is not HTTP, and where somebody's name or password stands before the host.
    pub fn of(url: &Url) -> Option<Origin> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        let port = url.port_or_known_default()?;
        let host = url.host().filter(|_| is_anonymous)?.to_owned();
        Some(Origin { scheme, host, port })
    }

    /// How one talks there.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its host: a name, or an address.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query of a URL, at this origin.
    pub fn with_path_of(&self, url: &Url) -> Option<Url> {
        let mut moved = Url::parse(&self.to_string()).ok()?;
        moved.set_path(url.path());
        moved.set_query(url.query());
        Some(moved)
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Origin, InvalidOrigin> {
        let invalid = || InvalidOrigin { given: crate::text::one_line(text, 100) };
        let url = Url::parse(text).map_err(|_| invalid())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        Origin::of(&url).filter(|_| is_bare).ok_or_else(invalid)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        write!(formatter, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_in_one_way() {
        for (given, written) in [
            ("https://api.machines.dev", "https://api.machines.dev"),
            ("HTTPS://API.Machines.dev:443/", "https://api.machines.dev"),
            ("http://127.0.0.1:4280", "http://127.0.0.1:4280"),
            ("http://0x7f.1:80", "http://127.0.0.1"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(given.parse::<Origin>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn whatever_says_more_or_less_than_an_origin_is_refused() {
        for given in [
            "api.machines.dev",
            "https://",
            "ftp://api.machines.dev",
            "file:///etc/passwd",
            "https://api.machines.dev/v1",
            "https://api.machines.dev?x",
            "https://api.machines.dev#x",
            "https://me@api.machines.dev",
            "https://:secret@api.machines.dev",
        ] {
            assert!(given.parse::<Origin>().is_err(), "{given}");
        }
    }

    #[test]
    fn a_url_goes_elsewhere_with_its_path_and_query_and_nothing_else() {
        let elsewhere: Origin = "http://127.0.0.1:4280".parse().unwrap();
        let url = Url::parse("https://api.machines.dev/v1/apps//@evil.example/..%2f?a=b&c#d").unwrap();
        let moved = elsewhere.with_path_of(&url).unwrap();
        assert_eq!(moved.as_str(), "http://127.0.0.1:4280/v1/apps//@evil.example/..%2f?a=b&c");
        let url = Url::parse("https://api.machines.dev//evil.example/").unwrap();
        assert_eq!(elsewhere.with_path_of(&url).unwrap().as_str(), "http://127.0.0.1:4280//evil.example/");
    }
}
