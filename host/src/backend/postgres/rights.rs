//! Who the administrator is, and what it may do: on a server that is somebody's own it is seldom a superuser.

use super::quote::Identifier;
use super::session::{Failed, Session, column};
use super::tag::Tag;
use super::{Admin, AdminHost};
use crate::backend::BackendError;

const WHO: &str = "
    select rolname::text as role, rolsuper, rolcreaterole, rolcreatedb, current_setting('server_version') as version
    from pg_roles where rolname = current_user";

/// A role, and whether the administrator may change and drop it.
const STANDING: &str = "
    select shobj_description(r.oid, 'pg_authid') as comment,
           a.rolsuper or (a.rolcreaterole and (current_setting('server_version_num')::int < 160000
                                               or pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'))) as may_change
    from pg_roles r cross join pg_roles a where r.rolname = $1 and a.rolname = current_user";

/// Whether the administrator has the rights of the role's members.
const BELONGS: &str = "
    select pg_has_role(r.oid, 'USAGE') as belongs from pg_roles r where r.rolname = $1";

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

/// A role of a tenant, as its administrator stands to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the administrator may change and drop it; none where the tenant has no role of this name.
    pub may_change: Option<bool>,
    /// The comment by which the tenant's roles are known.
    pub tag: String,
    /// Whether the server has anything that carries it.
    pub is_left: bool,
}

impl Admin {
    /// Looks for a role of a tenant.
    pub async fn standing(&self, role: &str, tenant: &str) -> Result<Standing, BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let mut session = self.session().await.map_err(|error| self.login_refused(error))?;
        let doing = format!("look up the role `{}`", role.bare());
        let row = session.first_row(STANDING, role.bare(), &doing).await?;
        let mut may_change = None;
        if let Some(row) = row {
            let comment: Option<String> = column(&row, "comment")?;
            if comment.as_deref() == Some(tag.text()) {
                may_change = Some(column(&row, "may_change")?);
            }
        }
        let is_left = may_change.is_some() || session.is_left(&tag).await?;
        session.close().await;
        Ok(Standing { may_change, tag: tag.text().to_owned(), is_left })
    }

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

    /// Makes the administrator a member of a tenant's role that is none yet, because another made the role: only members
    /// drop what is the role's, and end its connections.
    pub(super) async fn belong_to(&mut self, role: &Identifier, doing: &str) -> Result<(), BackendError> {
        let Some(grant) = self.belonging(role).await? else { return Ok(()) };
        let row = self.first_row(BELONGS, role.bare(), doing).await?;
        if row.map_or(Ok(true), |row| column(&row, "belongs"))? {
            return Ok(());
        }
        self.run(grant, doing).await.map_err(|failed| self.not_given(failed, role))
    }

    /// The error of a statement about a tenant's role; where the administrator is given no right to it, with what gives it
    /// that.
    pub(super) fn not_given(&self, failed: Failed, role: &Identifier) -> BackendError {
        let is_forbidden = failed.has_state(FORBIDDEN) && self.is_somebodys_own();
        let error = failed.into_error();
        let admin = self.admin().filter(|_| is_forbidden && error.help.is_none());
        match admin.and_then(|admin| Identifier::parse(&admin.role).ok()) {
            Some(admin) => error.help(format!(
                "let whoever made the role, or a superuser, type `GRANT {role} TO {admin} WITH ADMIN OPTION`, and run the \
                 command again"
            )),
            None => error,
        }
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
