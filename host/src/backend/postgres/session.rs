//! One connection, with limits on how long anything may take.

use std::future::Future;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Error, PgConnection};
use zeroize::Zeroizing;

use super::fault::{connect_error_of, error_of};
use super::{Admin, AdminHost, LOOPBACK};
use crate::backend::BackendError;

/// The database that every server has and no tenant owns.
const MAINTENANCE: &str = "postgres";

/// A server on this machine answers at once, or is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One that is elsewhere may have to be woken first.
const CONNECT_TIMEOUT_ELSEWHERE: Duration = Duration::from_secs(30);

/// Creating and dropping a database writes to disk what is pending, which may take a slow disk a minute.
const STATEMENT_TIMEOUT_S: u64 = 120;

/// How long to wait for another command's work on the same roles and databases.
const LOCK_TIMEOUT_S: u64 = 60;

/// The server's own limit should strike first, because then it is known what happened.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(STATEMENT_TIMEOUT_S + 10);

/// Names the advisory lock under which roles and databases are changed: the letters `sysprmpt`.
const CHANGES_LOCK: i64 = 0x7379_7370_726d_7074;

/// A connection as one role to one database.
pub(super) struct Session {
    connection: PgConnection,
    /// Whose it is, where the next verb may have it.
    kept_for: Option<Admin>,
}

impl Admin {
    /// A connection to the maintenance database: the one that an earlier verb left, or a new one.
    pub(super) async fn session(&self) -> Result<Session, BackendError> {
        match self.idle.take(self).await {
            Some(connection) => Ok(Session { connection, kept_for: Some(self.clone()) }),
            None => self.new_session().await,
        }
    }

    /// Logs in to the maintenance database.
    pub(super) async fn new_session(&self) -> Result<Session, BackendError> {
        let database = match &self.host {
            AdminHost::Remote(remote) => &remote.database,
            AdminHost::Tcp { .. } | AdminHost::Socket { .. } => MAINTENANCE,
        };
        let session = self.session_in(database).await?;
        Ok(Session { kept_for: Some(self.clone()), ..session })
    }

    /// Connects to any database.
    pub(super) async fn session_in(&self, database: &str) -> Result<Session, BackendError> {
        Session::open(&self.host, &self.role, &self.password, database).await
    }

    /// The same, alone: commands that look at the same role and then change it do so one after the other.
    pub(super) async fn session_for_changes(&self) -> Result<Session, BackendError> {
        let mut session = self.session().await?;
        let lock = sqlx::query("select pg_advisory_lock($1)").bind(CHANGES_LOCK);
        bounded(lock.execute(&mut session.connection), "wait for other commands").await.map_err(Failed::into_error)?;
        Ok(session)
    }
}

impl Session {
    /// Connects with nothing taken from password files, and of this process's environment only what sqlx reads by itself: a
    /// client's certificate and key, and options, over which what is set here wins.
    pub(super) async fn open(
        host: &AdminHost,
        role: &str,
        password: &Zeroizing<String>,
        database: &str,
    ) -> Result<Self, BackendError> {
        let place = PgConnectOptions::new_without_pgpass().port(host.port()).ssl_mode(PgSslMode::Disable);
        let (place, patience) = match host {
            AdminHost::Tcp { .. } => (place.host(LOOPBACK), CONNECT_TIMEOUT),
            AdminHost::Socket { directory, .. } => (place.socket(directory), CONNECT_TIMEOUT),
            AdminHost::Remote(remote) => (remote.options(place), CONNECT_TIMEOUT_ELSEWHERE),
        };
        let options = place
            .username(role)
            .password(password)
            .database(database)
            .application_name("systemprompt")
            .options([("statement_timeout", format!("{STATEMENT_TIMEOUT_S}s"))])
            .options([("lock_timeout", format!("{LOCK_TIMEOUT_S}s"))])
            // Nobody's functions and operators are taken for the server's own.
            .options([("search_path", "pg_catalog,pg_temp")])
            // Nor what a database's owner set for all who connect to it.
            .options([("default_transaction_read_only", "off"), ("role", "none")])
            // Statements hold verifiers of passwords.
            .disable_statement_logging();
        let doing = format!("connect to PostgreSQL {} as `{role}`", host.in_words());
        match tokio::time::timeout(patience, Box::pin(PgConnection::connect_with(&options))).await {
            Ok(Ok(connection)) => Ok(Self { connection, kept_for: None }),
            Ok(Err(error)) => Err(connect_error_of(&error, &doing)),
            Err(_) => Err(BackendError::retryable("server-unreachable", format!("could not {doing}: no answer"))),
        }
    }

    /// Runs a statement without parameters, or several in one transaction.
    ///
    /// What varies in it is an `Identifier` or a `Literal`, which quote themselves.
    pub(super) async fn run(&mut self, statement: String, doing: &str) -> Result<(), Failed> {
        let running = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.connection);
        bounded(running, doing).await.map(|_| ())
    }

    /// The first row of a query whose only parameter is a text.
    pub(super) async fn first_row(
        &mut self,
        query: &'static str,
        parameter: &str,
        doing: &str,
    ) -> Result<Option<PgRow>, BackendError> {
        let fetching = sqlx::query(query).bind(parameter).fetch_optional(&mut self.connection);
        bounded(fetching, doing).await.map_err(Failed::into_error)
    }

    /// All rows of a query whose only parameter is a text.
    pub(super) async fn rows_about(
        &mut self,
        query: &'static str,
        parameter: &str,
        doing: &str,
    ) -> Result<Vec<PgRow>, BackendError> {
        let fetching = sqlx::query(query).bind(parameter).fetch_all(&mut self.connection);
        bounded(fetching, doing).await.map_err(Failed::into_error)
    }

    /// All rows of a query without parameters.
    pub(super) async fn rows(&mut self, query: &'static str, doing: &str) -> Result<Vec<PgRow>, BackendError> {
        bounded(sqlx::query(query).fetch_all(&mut self.connection), doing).await.map_err(Failed::into_error)
    }

    /// The server's version as a number: 15.4 is 150004.
    pub(super) fn version_number(&self) -> u32 {
        self.connection.server_version_num().unwrap_or(0)
    }

    /// Whose connection it is; nobody's, where no later verb may have it.
    pub(super) fn admin(&self) -> Option<&Admin> {
        self.kept_for.as_ref()
    }

    /// Leaves it to the next verb, or says goodbye, so that the server logs no broken connection. Nothing depends on it.
    pub(super) async fn close(self) {
        match self.kept_for {
            Some(admin) => admin.idle.clone().keep(admin, self.connection).await,
            None => drop(tokio::time::timeout(Duration::from_secs(1), self.connection.close()).await),
        }
    }
}

/// A statement that failed: with the server's code for those who ask, and the error to tell.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) state: Option<String>,
    error: BackendError,
}

impl Failed {
    pub(super) fn into_error(self) -> BackendError {
        self.error
    }

    pub(super) fn has_state(&self, state: &str) -> bool {
        self.state.as_deref() == Some(state)
    }
}

/// A column of a row that a query of ours returned.
pub(super) fn column<'r, T>(row: &'r PgRow, name: &str) -> Result<T, BackendError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::Row::try_get(row, name)
        .map_err(|error| BackendError::broken("postgres-error", format!("an answer of the server is unfit: {error}")))
}

async fn bounded<T>(answer: impl Future<Output = Result<T, Error>> + Send, doing: &str) -> Result<T, Failed> {
    match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failed { state: super::fault::state_of(&error), error: error_of(&error, doing) }),
        Err(_) => {
            let message = format!("could not {doing}: the server stopped answering");
            Err(Failed { state: None, error: BackendError::ambiguous("server-timeout", message) })
        }
    }
}
