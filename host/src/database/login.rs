//! Logging in with a URL, and why that fails.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Error};

use crate::error::{CliError, Exit};
use crate::project::url_secret;
use crate::text;

/// How long a server may take to answer.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Why there was no login.
#[derive(Debug)]
pub enum LoginError {
    /// It is no URL of PostgreSQL.
    BadUrl {
        /// Without its password.
        shown: String,
        /// Why.
        source: Option<Error>,
    },
    /// The server does not let this role in.
    Denied(Error),
    /// There was no connection.
    Failed(Error),
    /// Nor a refusal.
    NoAnswer,
}

/// Logs in with a URL.
pub async fn log_in(url: &str) -> Result<PgConnection, LoginError> {
    let bad = |source| LoginError::BadUrl { shown: url_secret::masked(url), source };
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(bad(None));
    }
    let options: PgConnectOptions = url.parse().map_err(|error| bad(Some(error)))?;
    let options = options.application_name("systemprompt").disable_statement_logging();
    match tokio::time::timeout(CONNECT_WAIT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) if is_denied(&error) => Err(LoginError::Denied(error)),
        Ok(Err(error)) => Err(LoginError::Failed(error)),
        Err(_) => Err(LoginError::NoAnswer),
    }
}

impl LoginError {
    /// Whether the server knows us and refuses.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied(_))
    }

    /// Whether nobody answers there.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Failed(Error::Io(_)) | Self::NoAnswer)
    }

    /// Whether only this program lacks what the server wants: encryption.
    pub fn wants_encryption(&self) -> bool {
        matches!(self, Self::Failed(Error::Tls(_)))
    }
}

impl From<LoginError> for CliError {
    fn from(error: LoginError) -> CliError {
        let failed = || CliError::new(Exit::Unavailable, "database-connection-failed", "Database connection failed");
        match error {
            LoginError::BadUrl { source: None, .. } => {
                CliError::usage("bad-database-url", "a database URL begins with `postgres://` or `postgresql://`")
            }
            LoginError::BadUrl { shown, source: Some(source) } => {
                CliError::usage("bad-database-url", format!("`{shown}` is not a PostgreSQL URL")).because(&source)
            }
            LoginError::Denied(source) => {
                CliError::new(Exit::Authentication, "access-denied", "Access denied").cause(said(&source))
            }
            LoginError::Failed(source) if source.as_database_error().is_some() => failed().cause(said(&source)),
            LoginError::Failed(source) => failed().because(&source),
            LoginError::NoAnswer => failed().cause(format!("no answer within {} s", CONNECT_WAIT.as_secs())),
        }
    }
}

/// What the server said, without the line of its own source that it came from.
fn said(error: &Error) -> String {
    let said = error.as_database_error().map_or_else(|| error.to_string(), |answer| answer.message().to_owned());
    text::one_line(&said, text::MESSAGE_CHARS_MAX)
}

/// Wrong role or password (`28P01`), not let in by the server's rules (`28000`), or not into this database (`42501`).
fn is_denied(error: &Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "28P01" | "28000" | "42501"))
}
