//! A tenant's database as the tenant itself sees it: where it answers, and a login with the tenant's own role.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Error};
use systemprompt_events::{PluginId, TenantState, TenantView};
use url::{Host, Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::command::cloud::tenant::create::database_url;
use crate::error::{CliError, Exit};
use crate::plugin::embedded;
use crate::project::{Project, url_secret};
use crate::text;
use crate::trust;

/// How long a server may take to answer.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// The database of one tenant.
pub struct Database {
    /// Whose it is.
    pub tenant: TenantView,
    /// With the password.
    pub url: Zeroizing<String>,
}

/// A URL taken apart, nothing in it escaped.
pub struct Place {
    /// A name, an address, or a directory of sockets.
    pub host: String,
    /// 5432 unless the URL says otherwise.
    pub port: u16,
    /// Who logs in.
    pub role: String,
    /// With what.
    pub password: Option<Zeroizing<String>>,
    /// Where to.
    pub database: String,
    /// The URL without its password.
    pub url: String,
    /// Its `sslmode`.
    pub ssl_mode: Option<String>,
}

impl Database {
    /// Of a tenant that is there, at a server that this user has allowed on this machine. None where it has no URL.
    pub async fn of(project: &mut Project, tenant: TenantView) -> Result<Option<Database>, CliError> {
        check_settled(&tenant)?;
        trust::check_tenant(&project.vault, &tenant).await?;
        if tenant.resources.value().get("database_url").is_none() {
            return Ok(None);
        }
        let Some(url) = database_url(project, &tenant).await? else { return Err(made_elsewhere(&tenant)) };
        let database = Database { tenant, url: Zeroizing::new(url) };
        database.check_host()?;
        Ok(Some(database))
    }

    /// The same where the database is what the command is about.
    pub async fn needed(project: &mut Project, tenant: TenantView) -> Result<Database, CliError> {
        let name = tenant.name.clone();
        Database::of(project, tenant).await?.ok_or_else(|| {
            CliError::new(Exit::Refused, "no-database-url", format!("tenant `{name}` has no database URL here"))
        })
    }

    /// The URL taken apart.
    pub fn place(&self) -> Result<Place, CliError> {
        Place::of(&self.url).ok_or_else(|| {
            let message = format!("`{}` is not a PostgreSQL URL", url_secret::masked(&self.url));
            CliError::usage("bad-database-url", message)
        })
    }

    /// Logs in as the tenant. What is told of a failure ends in what to type.
    pub async fn log_in(&self) -> Result<PgConnection, CliError> {
        log_in(&self.url).await.map_err(|error| self.told(error))
    }

    /// A failed login in the user's words.
    pub fn told(&self, error: LoginError) -> CliError {
        let shown = url_secret::masked(&self.url);
        let is_denied = error.is_denied();
        let told = CliError::from(error);
        if is_denied && self.tenant.provider == PluginId::external() {
            return told
                .help(format!(
                    "the server at `{shown}` knows another password; delete the tenant here, which leaves its database \
                     alone, and take it in again with the right URL"
                ))
                .try_command(format!("systemprompt cloud tenant delete {} -y", self.tenant.id))
                .try_command(format!("systemprompt cloud tenant create --name {} --database-url -", self.tenant.name));
        }
        if is_denied {
            return told
                .help(format!("the server at `{shown}` does not let the tenant's role in with the password on record"))
                .try_command(format!("systemprompt cloud tenant rotate-credentials {} -y", self.tenant.id));
        }
        match start_command(&self.tenant) {
            Some(command) => told.help(format!("nothing answers at `{shown}`; start the server")).try_command(command),
            None => told.help(format!("check that `{shown}` is right and that its server runs")),
        }
    }

    /// A local server of ours is on this machine, whatever a history from elsewhere says.
    fn check_host(&self) -> Result<(), CliError> {
        let is_ours = embedded::ids().contains(&self.tenant.provider);
        if !is_ours || is_loopback(&self.place()?.host) {
            return Ok(());
        }
        let message =
            format!("the database of tenant `{}` is not on this machine, as its provider's are", self.tenant.name);
        Err(CliError::new(Exit::Refused, "not-allowed-here", message)
            .cause(url_secret::masked(&self.url))
            .help("nothing was sent there; the project's history does not come from this machine"))
    }
}

impl Place {
    /// None when it is no URL.
    pub fn of(url: &str) -> Option<Place> {
        let mut url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let parameter =
            |wanted: &str| parameters.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let host = url.host_str().filter(|host| !host.is_empty()).map(decoded);
        let role = Some(url.username()).filter(|role| !role.is_empty()).map(decoded).or_else(|| parameter("user"))?;
        let path = url.path().trim_start_matches('/');
        let place = Place {
            host: parameter("host").or(host).unwrap_or_else(|| "localhost".to_owned()),
            port: parameter("port").and_then(|port| port.parse().ok()).or(url.port()).unwrap_or(5432),
            database: parameter("dbname").unwrap_or_else(|| if path.is_empty() { role.clone() } else { decoded(path) }),
            password: url.password().map(decoded).or_else(|| parameter("password")).map(Zeroizing::new),
            ssl_mode: parameter("sslmode"),
            role,
            url: String::new(),
        };
        // A URL without a host has no password to take out.
        let _no_host = url.set_password(None);
        let open = parameters.iter().filter(|(name, _)| name != "password");
        // `psql` takes a plus for a plus, and not for a space.
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(open).finish().replace('+', "%20");
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        Some(Place { url: url.to_string(), ..place })
    }
}

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

fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What starts the server of a tenant that was made here.
fn start_command(tenant: &TenantView) -> Option<String> {
    if tenant.provider == PluginId::external() {
        return None;
    }
    let resources = tenant.resources.value();
    let is_own = resources["server"]["kind"] == "container" && resources.get("shared_container_db").is_none();
    let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Some(match resources["server"]["name"].as_str().filter(is_plain) {
        Some(container) if is_own => format!("docker start {container}"),
        _ => format!("systemprompt infra db up --provider {}", tenant.provider),
    })
}

/// Its creation or deletion has not ended, so that it cannot be used.
pub fn check_settled(tenant: &TenantView) -> Result<(), CliError> {
    match tenant.state {
        TenantState::Creating => Err(unfinished("tenant-creating", "created", tenant)),
        TenantState::Deleting => Err(unfinished("tenant-deleting", "deleted", tenant)),
        // While it is being changed, what it was before counts until the change is done.
        TenantState::Ready | TenantState::Changing => Ok(()),
    }
}

fn unfinished(code: &str, what: &str, tenant: &TenantView) -> CliError {
    CliError::new(Exit::Unfinished, code, format!("tenant `{}` is being {what}", tenant.name))
        .try_command(format!("systemprompt cloud tenant resume {}", tenant.id))
}

/// This user has no key to what was sealed for it.
pub fn made_elsewhere(tenant: &TenantView) -> CliError {
    let message = format!("tenant `{}` was made by another user, or with another data directory", tenant.name);
    CliError::new(Exit::Refused, "made-elsewhere", message)
        .help("the key to its password is not here; set `SYSTEMPROMPT_DATA_DIR` to the directory it was made with")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_its_password_taken_out() {
        let place = Place::of("postgres://me:p%40s%3As@h:6000/my%20db?sslmode=disable&password=x").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.role.as_str()), ("h", 6000, "me"));
        assert_eq!((place.database.as_str(), place.ssl_mode.as_deref()), ("my db", Some("disable")));
        assert_eq!(place.password.unwrap().as_str(), "p@s:s");
        assert_eq!(place.url, "postgres://me@h:6000/my%20db?sslmode=disable");
    }

    #[test]
    fn parameters_of_a_url_count_too() {
        let place = Place::of("postgresql:///db?host=/run/pg&user=me&password=p%2Bp&options=-c%20x").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.role.as_str()), ("/run/pg", 5432, "me"));
        assert_eq!(place.password.unwrap().as_str(), "p+p");
        assert_eq!(place.url, "postgresql:///db?host=%2Frun%2Fpg&user=me&options=-c%20x");
    }

    #[test]
    fn what_is_not_a_url_of_postgresql_has_no_place() {
        for url in ["nonsense", "mysql://u:p@h/db", "postgres://h/db"] {
            assert!(Place::of(url).is_none(), "{url}");
        }
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        for (host, is_here) in [("127.0.0.1", true), ("localhost", true), ("10.0.0.1", false), ("/run", false)] {
            assert_eq!(is_loopback(host), is_here, "{host}");
        }
    }
}
