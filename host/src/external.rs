//! Databases that nobody here made: taken as they are, by their URL.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use crate::error::{CliError, Exit};
use crate::project::url_secret;

/// How long a server may take to answer.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Logs in and asks for the server's version.
pub async fn check(url: &str) -> Result<String, CliError> {
    let shown = url_secret::masked(url);
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        let message = "a database URL begins with `postgres://` or `postgresql://`".to_owned();
        return Err(CliError::usage("bad-database-url", message));
    }
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| {
        CliError::usage("bad-database-url", format!("`{shown}` is not a PostgreSQL URL")).because(&error)
    })?;
    let refused = || CliError::new(Exit::Unavailable, "database-connection-failed", "database connection failed");
    let help = format!("check that `{shown}` is right and that its server runs");
    let connecting = async {
        let mut connection: PgConnection = options.connect().await?;
        let version: String = sqlx::query_scalar("show server_version").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<String, sqlx::Error>(version)
    };
    match tokio::time::timeout(CONNECT_WAIT, connecting).await {
        Ok(Ok(version)) => Ok(format!("PostgreSQL {}", crate::text::one_line(&version, 60))),
        Ok(Err(error)) if is_login_refused(&error) => {
            Err(CliError::new(Exit::Authentication, "access-denied", "access denied").because(&error).help(help))
        }
        Ok(Err(error)) => Err(refused().because(&error).help(help)),
        Err(_) => Err(refused().cause(format!("no answer within {} s", CONNECT_WAIT.as_secs())).help(help)),
    }
}

/// Wrong role or password (`28P01`), or not let in by the server's rules (`28000`).
fn is_login_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "28P01" | "28000"))
}
