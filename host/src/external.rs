//! Databases that nobody here made: taken as they are, by their URL.

use sqlx::Connection;

use crate::database::{self, LoginError};
use crate::error::CliError;
use crate::project::url_secret;

/// Logs in and asks for the server's version.
pub async fn check(url: &str) -> Result<String, CliError> {
    let mut connection = database::log_in(url).await.map_err(|error| told(error, url))?;
    let version = sqlx::query_scalar("show server_version").fetch_one(&mut connection).await;
    let version: String = version.map_err(|error| told(LoginError::Failed(error), url))?;
    let _the_server_notices = connection.close().await;
    Ok(format!("PostgreSQL {}", crate::text::one_line(&version, 60)))
}

fn told(error: LoginError, url: &str) -> CliError {
    let shown = url_secret::masked(url);
    let help = match &error {
        LoginError::BadUrl { .. } | LoginError::NoRole { .. } => return error.into(),
        LoginError::Denied(_) => format!("its server answers, and does not let `{shown}` in: check role and password"),
        failed if failed.is_about_encryption() => {
            format!(
                "`{shown}` answers, and does not prove what `sslmode` asks for: name who signs for it in `sslrootcert`"
            )
        }
        LoginError::Failed(_) | LoginError::NoAnswer => {
            format!("check that `{shown}` is right and that its server runs")
        }
    };
    CliError::from(error).help(help)
}
