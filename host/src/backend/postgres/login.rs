//! The proof that a tenant can use its database: a login like the tenant's own.

use super::session::{Session, column};
use super::{AdminHost, Login};
use crate::backend::BackendError;

impl AdminHost {
    /// Logs in from this machine and runs a `select 1`.
    pub async fn check_login(&self, login: &Login<'_>) -> Result<(), BackendError> {
        let opened = Session::open(self, login.role, login.password, login.database).await;
        let mut session = opened.map_err(|error| refused(error, login))?;
        let query = "select 1 as one where $1 = session_user";
        let row = session.first_row(query, login.role, "run `select 1` as the tenant").await?;
        let strange = || BackendError::broken("login-strange", "the server took the tenant for somebody else");
        let _: i32 = column(&row.ok_or_else(strange)?, "one")?;
        session.close().await;
        Ok(())
    }
}

/// Names the database too: a role may be known and still not be let into it.
fn refused(error: BackendError, login: &Login<'_>) -> BackendError {
    if !matches!(error.code, "permission-denied" | "login-refused") {
        return error;
    }
    let Login { role, database, .. } = login;
    let message = format!("the role `{role}` cannot log in to the database `{database}`: {}", error.message);
    BackendError::refused("login-refused", message)
}
