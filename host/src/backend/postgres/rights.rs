//! Who the administrator is, and what it may do: on a server that is somebody's own it is seldom a superuser.

use super::quote::Identifier;
use super::session::{Failed, Session, column};
use super::{Admin, AdminHost};
use crate::backend::BackendError;

const WHO: &str = "
    select rolname::text as role, rolsuper, rolcreaterole, rolcreatedb, current_setting('server_version') as version
    from pg_roles where rolname = current_user";

/// Not everybody is told, and not every server knows.
const IDENTITY: &str = "select system_identifier::text as identity from pg_control_system()";

const SUPERUSER: &str = "select current_setting('is_superuser') = 'on' as is_superuser";

/// From here on membership says what it is good for, and whoever makes a role has none.
const MEMBERSHIP_WITH_OPTIONS_SINCE: u32 = 160_000;

/// `insufficient_privilege`.
pub(super) const FORBIDDEN: &str = "42501";

/// An administrator, as its server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// What it is called.
    pub role: String,
    /// Whether it may do everything.
    pub is_superuser: bool,
    /// Whether it may make roles.
    pub may_create_roles: bool,
    /// Whether it may make databases.
    pub may_create_databases: bool,
    /// The server's version: `15.18`.
    pub version: String,
    /// The number that PostgreSQL gave the server's data when it made them, where the server tells.
    pub identity: Option<String>,
}

impl Admin {
    /// Logs in and asks.
    pub async fn look(&self) -> Result<Administrator, BackendError> {
        let mut session = self.session().await.map_err(|error| self.login_refused(error))?;
        let strange = || BackendError::broken("login-strange", "the server does not know whom it let in");
        let rows = session.rows(WHO, "ask who the administrator is").await?;
        let row = rows.first().ok_or_else(strange)?;
        let is_superuser = column(row, "rolsuper")?;
        let version: String = column(row, "version")?;
        let mut found = Administrator {
            role: column(row, "role")?,
            is_superuser,
            may_create_roles: is_superuser || column(row, "rolcreaterole")?,
            may_create_databases: is_superuser || column(row, "rolcreatedb")?,
            version: super::ready::first_word(&version),
            identity: None,
        };
        let asked = session.rows(IDENTITY, "ask for the server's identity").await;
        found.identity = asked.ok().and_then(|rows| column(rows.first()?, "identity").ok());
        session.close().await;
        Ok(found)
    }
}

impl Session {
    /// What has to be said once of a tenant's role: who is no superuser gives a database only to a role that it belongs to,
    /// and changes only what is such a role's.
    pub(super) async fn belonging(&mut self, role: &Identifier) -> Result<Option<String>, BackendError> {
        if !self.is_somebodys_own() {
            return Ok(None);
        }
        let rows = self.rows(SUPERUSER, "ask whether the administrator is a superuser").await?;
        if rows.first().map_or(Ok(false), |row| column(row, "is_superuser"))? {
            return Ok(None);
        }
        let options =
            if self.version_number() >= MEMBERSHIP_WITH_OPTIONS_SINCE { " WITH INHERIT TRUE, SET TRUE" } else { "" };
        Ok(Some(format!("GRANT {role} TO CURRENT_USER{options}")))
    }

    /// Whether others than tenants of ours have roles and databases on the server.
    pub(super) fn is_somebodys_own(&self) -> bool {
        matches!(self.admin().map(|admin| &admin.host), Some(AdminHost::Remote(_)))
    }

    /// The error of a statement; where the administrator lacks a right for it, with what gives it that.
    pub(super) fn lacking(&self, failed: Failed, right: &str) -> BackendError {
        let is_forbidden = failed.has_state(FORBIDDEN);
        let error = failed.into_error();
        match self.admin().filter(|_| is_forbidden && error.help.is_none()) {
            Some(admin) => match Identifier::parse(&admin.role) {
                Ok(role) => error.help(format!("let a superuser of the server type `ALTER ROLE {role} {right}`")),
                Err(_) => error,
            },
            None => error,
        }
    }
}
