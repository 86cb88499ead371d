//! Logging in with a URL, and why that fails.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Error};
use url::Url;

use super::Place;
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
    /// It does not say who logs in.
    NoRole {
        /// Without its password.
        shown: String,
    },
    /// The server does not let this role in.
    Denied(Error),
    /// There was no connection.
    Failed(Error),
    /// Nor a refusal.
    NoAnswer,
}

/// What a URL says of the place to log in to, under all names that PostgreSQL has for it.
const OF_PLACE: [&str; 6] = ["host", "hostaddr", "port", "dbname", "user", "password"];

/// How to log in with a URL. What it leaves open does not come from variables of the environment or files of passwords:
/// they are for another server.
pub fn options(url: &str) -> Result<PgConnectOptions, LoginError> {
    let bad = |source| LoginError::BadUrl { shown: url_secret::masked(url), source };
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(bad(None));
    }
    let _checked: PgConnectOptions = url.parse().map_err(|error| bad(Some(error)))?;
    let place = Place::of(url).ok_or_else(|| LoginError::NoRole { shown: url_secret::masked(url) })?;
    let options = session(url).map_err(|error| bad(Some(error)))?;
    let options = match place.target() {
        directory if directory.starts_with('/') => options.socket(directory),
        host => options.host(host),
    };
    // What is not said is set all the same: there it would come from the environment.
    let password = place.password.as_ref().map_or("", |password| password.as_str());
    let options = options.port(place.port).username(&place.role).password(password).database(&place.database);
    Ok(options.application_name("systemprompt").disable_statement_logging())
}

/// What a URL says beside the place.
fn session(url: &str) -> Result<PgConnectOptions, Error> {
    let url = Url::parse(url).map_err(Error::config)?;
    let is_beside = |name: &str| !OF_PLACE.contains(&name);
    let says_mode = url.query_pairs().any(|(name, _)| matches!(&*name, "sslmode" | "ssl-mode"));
    let mut beside = Url::parse("postgres://localhost").map_err(Error::config)?;
    beside.query_pairs_mut().extend_pairs(url.query_pairs().filter(|(name, _)| is_beside(name)));
    let options = PgConnectOptions::from_url(&beside)?;
    Ok(if says_mode { options } else { options.ssl_mode(PgSslMode::Prefer) })
}

/// Logs in with a URL.
pub async fn log_in(url: &str) -> Result<PgConnection, LoginError> {
    let options = options(url)?;
    match tokio::time::timeout(CONNECT_WAIT, Box::pin(options.connect())).await {
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
        matches!(self, Self::Failed(Error::Io(_)) | Self::NoAnswer) && !self.is_about_encryption()
    }

    /// Whether the server answers, and cannot prove that it is who it should be, or cannot encrypt.
    pub fn is_about_encryption(&self) -> bool {
        match self {
            Self::Failed(Error::Tls(_)) => true,
            // The handshake is input and output to sqlx.
            Self::Failed(Error::Io(cause)) => {
                cause.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()).is_some()
            }
            Self::Failed(_) | Self::BadUrl { .. } | Self::NoRole { .. } | Self::Denied(_) | Self::NoAnswer => false,
        }
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
            LoginError::NoRole { shown } => {
                CliError::usage("bad-database-url", format!("`{shown}` does not say which role logs in"))
                    .help("write it as `postgres://role:password@host:5432/database`")
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_a_url_leaves_open_is_completed_and_not_looked_up() {
        let options = options("postgres://me@h").unwrap();
        assert_eq!((options.get_host(), options.get_port(), options.get_username()), ("h", 5432, "me"));
        assert_eq!((options.get_database(), options.get_ssl_mode() as u8), (Some("me"), PgSslMode::Prefer as u8));
        let said = format!("{options:?}");
        assert!(said.contains("password: Some(\"\")"), "{said}");
    }

    #[test]
    fn a_login_goes_where_the_place_is() {
        let goes = |url: &str| options(url).unwrap();
        assert_eq!(goes("postgres://me@[::1]:6000/db").get_host(), "::1");
        assert_eq!(goes("postgres://me@localhost/db?hostaddr=192.0.2.1").get_host(), "192.0.2.1");
        let socket = goes("postgres:///db?host=/run/pg&user=me&options=-c%20x%3Dy&sslmode=require");
        assert_eq!(socket.get_socket().map(AsRef::as_ref), Some(Path::new("/run/pg")));
        assert_eq!((socket.get_options(), socket.get_port()), (Some("-c x=y"), 5432));
        assert!(matches!(socket.get_ssl_mode(), PgSslMode::Require));
        assert!(goes("postgres://me@h/db?host=/run/pg&hostaddr=192.0.2.1").get_socket().is_none());
    }

    #[test]
    fn a_server_that_cannot_prove_itself_is_not_one_that_does_not_answer() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = LoginError::Failed(Error::Io(std::io::Error::other(unknown)));
        assert!(error.is_about_encryption() && !error.is_silence());
        let error = LoginError::Failed(Error::Io(std::io::ErrorKind::ConnectionRefused.into()));
        assert!(error.is_silence() && !error.is_about_encryption());
    }

    #[test]
    fn nobody_logs_in_whom_the_url_does_not_name() {
        assert!(matches!(options("postgres://h/db"), Err(LoginError::NoRole { .. })));
        assert!(matches!(options("mysql://u@h/db"), Err(LoginError::BadUrl { source: None, .. })));
        assert!(matches!(options("postgres://u@h/db?port=x"), Err(LoginError::BadUrl { source: Some(_), .. })));
    }
}
