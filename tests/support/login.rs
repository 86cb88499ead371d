//! A login to a PostgreSQL database, as an application would have it.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::runtime::{Builder, Runtime};

/// A server on this machine answers within this time, even on the worst of days.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// What a server says that refuses a password, or lets nobody in as the role.
const REFUSALS: [&str; 2] = ["password authentication failed for user", "is not permitted to log in"];

/// An open connection. Errors are what the server says, as text.
pub struct Login {
    runtime: Runtime,
    connection: PgConnection,
}

impl Login {
    /// Logs in with a URL, as `show --reveal` prints it.
    ///
    /// # Panics
    /// If it is not a URL.
    pub fn to(url: &str) -> Result<Login, String> {
        Login::with(&url.parse::<PgConnectOptions>().expect("a URL of a database"))
    }

    /// Logs in to another database of the same server with the same role.
    ///
    /// # Panics
    /// If it is not a URL.
    pub fn to_database(url: &str, database: &str) -> Result<Login, String> {
        Login::with(&url.parse::<PgConnectOptions>().expect("a URL of a database").database(database))
    }

    /// Whether the server itself says that this role and password are not let in; that nobody answers is no refusal.
    pub fn is_refused(url: &str) -> bool {
        match Login::to(url) {
            Ok(login) => {
                login.close();
                false
            }
            Err(said) => REFUSALS.iter().any(|refusal| said.contains(refusal)),
        }
    }

    fn with(options: &PgConnectOptions) -> Result<Login, String> {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let connecting = async { tokio::time::timeout(CONNECT_MAX, options.connect()).await };
        let connected =
            runtime.block_on(connecting).map_err(|_| format!("no answer in {} s", CONNECT_MAX.as_secs()))?;
        let connection = connected.map_err(|error| error.to_string())?;
        Ok(Login { runtime, connection })
    }

    /// Runs statements.
    pub fn run(&mut self, sql: &str) -> Result<(), String> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection);
        self.runtime.block_on(query).map(|_| ()).map_err(|error| error.to_string())
    }

    /// The only column of the first row, which has to be text.
    pub fn text(&mut self, sql: &str) -> Result<String, String> {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.connection);
        let row = self.runtime.block_on(query).map_err(|error| error.to_string())?;
        row.try_get(0).map_err(|error| error.to_string())
    }

    /// Logs out.
    pub fn close(self) {
        let _the_server_notices = self.runtime.block_on(self.connection.close());
    }
}
