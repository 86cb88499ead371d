//! A role that changes its own password: on a server where nobody of ours is an administrator.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use zeroize::Zeroizing;

use super::fault::{connect_error_of, error_of, state_of};
use super::quote::Literal;
use super::scram;
use crate::backend::BackendError;

/// A server anywhere answers within this time, or is not there.
const TIMEOUT: Duration = Duration::from_secs(30);

/// SQLSTATE `invalid_password`.
const WRONG_PASSWORD: &str = "28P01";

/// A role with one of its passwords, as a URL names it.
pub struct OwnRole {
    options: PgConnectOptions,
    password: Zeroizing<String>,
}

impl OwnRole {
    /// A role that logs in like this, and its password.
    pub fn new(options: PgConnectOptions, password: Zeroizing<String>) -> Result<Self, BackendError> {
        // Before anything is changed: what cannot be set could not be put back either.
        scram::verifier(&password)?;
        Ok(Self { options, password })
    }

    /// Changes the role's password from this one to another of the same role; nothing happens when that is the one already.
    pub async fn change_to(&self, other: &Self) -> Result<(), BackendError> {
        let connection = match self.connect().await {
            Err(error) if is_refusal(&error) => return other.log_in().await.map_err(|_| error),
            connected => connected?,
        };
        set_password(connection, &other.password).await
    }

    /// Whether a server that can be reached says that this is not the role's password.
    pub async fn is_wrong(&self) -> bool {
        let connected = tokio::time::timeout(TIMEOUT, Box::pin(self.options.connect())).await;
        matches!(connected, Ok(Err(error)) if state_of(&error).as_deref() == Some(WRONG_PASSWORD))
    }

    /// A login with this password.
    pub async fn log_in(&self) -> Result<(), BackendError> {
        let mut connection = self.connect().await?;
        let asked = bounded(sqlx::query("select 1").execute(&mut connection)).await?;
        asked.map_err(|error| error_of(&error, "run `select 1`"))?;
        close(connection).await;
        Ok(())
    }

    /// A login with this password, which has to be refused.
    pub async fn expect_refusal(&self) -> Result<(), BackendError> {
        match self.connect().await {
            Err(error) if is_refusal(&error) => Ok(()),
            Err(error) => Err(error),
            Ok(connection) => {
                close(connection).await;
                let message = "the server still takes the old password: it asks for none, or something before it keeps \
                               passwords of its own";
                Err(BackendError::refused("old-password-taken", message))
            }
        }
    }

    /// Ends the role's connections but this one.
    pub async fn end_other_sessions(&self) -> Result<(), BackendError> {
        let mut connection = self.connect().await?;
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where usename = session_user and pid <> pg_backend_pid()";
        let ended = bounded(sqlx::query(end).execute(&mut connection)).await?;
        ended.map_err(|error| error_of(&error, "end open sessions"))?;
        close(connection).await;
        Ok(())
    }

    async fn connect(&self) -> Result<PgConnection, BackendError> {
        bounded(Box::pin(self.options.connect()))
            .await?
            .map_err(|error| connect_error_of(&error, "log in as the tenant"))
    }
}

fn is_refusal(error: &BackendError) -> bool {
    matches!(error.code, "login-refused" | "permission-denied")
}

async fn set_password(mut connection: PgConnection, password: &str) -> Result<(), BackendError> {
    let verifier = scram::verifier(password)?;
    // Whoever the login acts as: its own password is what the URL holds.
    let statement = format!("SET ROLE NONE; ALTER ROLE CURRENT_USER PASSWORD {}", Literal::parse(&verifier)?);
    let changed = bounded(sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection)).await?;
    changed.map_err(|error| error_of(&error, "change the role's password"))?;
    close(connection).await;
    Ok(())
}

async fn close(connection: PgConnection) {
    // The server notices either way.
    let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
}

async fn bounded<T>(answer: impl Future<Output = T>) -> Result<T, BackendError> {
    tokio::time::timeout(TIMEOUT, answer)
        .await
        .map_err(|_| BackendError::ambiguous("server-timeout", format!("no answer within {} s", TIMEOUT.as_secs())))
}
