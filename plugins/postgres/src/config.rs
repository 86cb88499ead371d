//! A tenant's settings.

use serde::{Deserialize, Serialize};

/// Settings of one tenant; all have defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the tenant's URL asks of the server's certificate; that of the account when it is not given.
    pub sslmode: Option<SslMode>,
    /// Whether the server is handed passwords in clear, because it takes no verifiers of them.
    pub clear_passwords: bool,
}

/// What is asked of a server before anything is said to it, as libpq names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
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

impl SslMode {
    /// As a URL has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}
