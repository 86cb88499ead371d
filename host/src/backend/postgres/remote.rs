//! A server that somebody named, anywhere: where it is, and how it is talked to.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// A server, and how it is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// A name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where its administrator logs in to.
    pub database: String,
    /// What is asked of its certificate.
    pub tls: Tls,
    /// Who may have signed it, beside those whom this machine trusts anyway: certificates as PEM.
    pub roots: Option<String>,
}

/// What is asked of a server before anything is said to it, as libpq names it; the later ask more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// Nothing, and nothing is encrypted.
    Disable,
    /// Encryption, where the server has it.
    Prefer,
    /// Encryption, with whomever.
    Require,
    /// A certificate that somebody trusted has signed.
    VerifyCa,
    /// The same, for the name by which the server is called.
    VerifyFull,
}

/// All, from nothing to everything.
const ALL: [Tls; 5] = [Tls::Disable, Tls::Prefer, Tls::Require, Tls::VerifyCa, Tls::VerifyFull];

impl Tls {
    /// The mode of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// As a URL has it, in `sslmode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    fn mode(self) -> PgSslMode {
        match self {
            Self::Disable => PgSslMode::Disable,
            Self::Prefer => PgSslMode::Prefer,
            Self::Require => PgSslMode::Require,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::VerifyFull => PgSslMode::VerifyFull,
        }
    }
}

impl Remote {
    /// As people write it: `db.example.com:5432`.
    pub fn in_words(&self) -> String {
        if self.host.contains(':') {
            return format!("[{}]:{}", self.host, self.port);
        }
        format!("{}:{}", self.host, self.port)
    }

    /// Whether nobody listens on the way there.
    pub fn is_private(&self) -> bool {
        let is_here =
            self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        is_here || !matches!(self.tls, Tls::Disable | Tls::Prefer)
    }

    pub(super) fn options(&self, options: PgConnectOptions) -> PgConnectOptions {
        // Always said, so that no variable of the environment says it.
        let roots = self.roots.as_deref().unwrap_or_default().as_bytes().to_vec();
        options.host(&self.host).port(self.port).ssl_mode(self.tls.mode()).ssl_root_cert_from_pem(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_known_by_the_name_that_libpq_has_for_it() {
        for name in ["disable", "prefer", "require", "verify-ca", "verify-full"] {
            assert_eq!(Tls::named(name).map(Tls::name), Some(name));
        }
        assert_eq!((Tls::named("allow"), Tls::named("VERIFY-FULL"), Tls::named("")), (None, None, None));
    }

    #[test]
    fn a_way_is_private_where_it_is_encrypted_or_leads_nowhere() {
        let is_private = |host: &str, tls| {
            let (host, database) = (host.to_owned(), "postgres".to_owned());
            Remote { host, port: 5432, database, tls, roots: None }.is_private()
        };
        assert!(is_private("db.example.com", Tls::Require) && is_private("db.example.com", Tls::VerifyFull));
        assert!(!is_private("db.example.com", Tls::Prefer) && !is_private("10.0.0.1", Tls::Disable));
        assert!(is_private("127.0.0.1", Tls::Prefer) && is_private("::1", Tls::Disable));
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        let at = |host: &str| Remote {
            host: host.to_owned(),
            port: 5432,
            database: "postgres".to_owned(),
            tls: Tls::VerifyFull,
            roots: None,
        };
        assert_eq!(at("db.example.com").in_words(), "db.example.com:5432");
        assert_eq!(at("2001:db8::1").in_words(), "[2001:db8::1]:5432");
    }
}
