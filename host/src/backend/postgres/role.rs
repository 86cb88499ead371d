//! Roles of tenants.

use zeroize::Zeroizing;

use super::Admin;
use super::quote::{Identifier, Literal};
use super::session::{Failed, Session, column};
use super::tag::Tag;
use crate::backend::BackendError;

const FIND: &str = "select shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = $1";

/// Databases that belong to an administrator and let everybody in, as all do that a new server has.
const OPEN_DATABASES: &str = "
    select d.datname::text as name from pg_database d join pg_roles r on r.oid = d.datdba
    where r.rolsuper and d.datallowconn
      and (has_database_privilege('public', d.oid, 'CONNECT') or has_database_privilege('public', d.oid, 'TEMPORARY'))
    order by 1";

/// Whether it owns something in the database that the administrator logs in to.
const OWNS_HERE: &str = "
    select current_database()::text as database from pg_shdepend s join pg_database d on d.oid = s.dbid
    where d.datname = current_database() and s.deptype = 'o' and s.refclassid = 'pg_authid'::regclass
      and s.refobjid = (select oid from pg_roles where rolname = $1) limit 1";

/// `dependent_objects_still_exist`: the role owns something or was granted something.
const IN_USE: &str = "2BP01";

impl Admin {
    /// Makes a role that can log in and nothing else, or gives the tenant's own role this password.
    pub async fn ensure_role(
        &self,
        role: &str,
        password: &Zeroizing<String>,
        tenant: &str,
    ) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let verifier = self.stored(password)?;
        let mut session = self.session_for_changes().await?;
        if let Some(comment) = session.find_role(&role).await? {
            check(&role, comment.as_deref(), &tag, "role-taken")?;
            session.alter_password(&role, &verifier).await?;
        } else {
            session.close_open_databases().await?;
            session.create_role(&role, &verifier, &tag).await?;
        }
        session.close().await;
        Ok(())
    }

    /// Gives the tenant's role another password.
    pub async fn set_password(
        &self,
        role: &str,
        password: &Zeroizing<String>,
        tenant: &str,
    ) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let verifier = self.stored(password)?;
        let mut session = self.session_for_changes().await?;
        session.expect_role(&role, &tag).await?;
        session.alter_password(&role, &verifier).await?;
        session.close().await;
        Ok(())
    }

    /// Drops the tenant's role; nothing happens when there is none.
    pub async fn drop_role(&self, role: &str, tenant: &str) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let mut session = self.session_for_changes().await?;
        if let Some(comment) = session.find_role(&role).await? {
            check(&role, comment.as_deref(), &tag, "role-not-ours")?;
            if !session.drop_role(&role).await? {
                self.empty_hands(&mut session, &role).await?;
                session.drop_role_and_grants(&role).await?;
            }
        }
        session.close().await;
        Ok(())
    }
}

impl Session {
    /// The role's comment, inside of whether there is such a role.
    pub(super) async fn find_role(&mut self, role: &Identifier) -> Result<Option<Option<String>>, BackendError> {
        let doing = format!("look up the role `{}`", role.bare());
        let row = self.first_row(FIND, role.bare(), &doing).await?;
        row.map(|row| column(&row, "comment")).transpose()
    }

    /// Refused when there is no such role of the tenant.
    pub(super) async fn expect_role(&mut self, role: &Identifier, tag: &Tag) -> Result<(), BackendError> {
        let missing = || BackendError::refused("role-missing", format!("there is no role `{}`", role.bare()));
        let comment = self.find_role(role).await?.ok_or_else(missing)?;
        check(role, comment.as_deref(), tag, "role-not-ours")
    }

    /// A role and its tag come into being together, so that a crash leaves no role that is nobody's.
    pub(super) async fn create_role(
        &mut self,
        role: &Identifier,
        verifier: &str,
        tag: &Tag,
    ) -> Result<(), BackendError> {
        let (verifier, comment) = (Literal::parse(verifier)?, Literal::parse(tag.text())?);
        let belonging = self.belonging(role).await?.map(|grant| format!("; {grant}")).unwrap_or_default();
        let statements = format!(
            "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {verifier}; \
             COMMENT ON ROLE {role} IS {comment}{belonging}"
        );
        let created = self.run(statements, &format!("create the role `{}`", role.bare())).await;
        created.map_err(|failed| self.lacking(failed, "CREATEROLE"))
    }

    async fn alter_password(&mut self, role: &Identifier, verifier: &str) -> Result<(), BackendError> {
        let statement = format!("ALTER ROLE {role} LOGIN PASSWORD {}", Literal::parse(verifier)?);
        let altered = self.run(statement, &format!("set the password of the role `{}`", role.bare())).await;
        altered.map_err(|failed| self.not_given(failed, role))
    }

    /// Ends its connections and drops it; false when it still owns something or was granted something.
    async fn drop_role(&mut self, role: &Identifier) -> Result<bool, BackendError> {
        let doing = format!("drop the role `{}`", role.bare());
        self.belong_to(role, &doing).await?;
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1";
        self.first_row(end, role.bare(), &doing).await?;
        match self.run(format!("DROP ROLE IF EXISTS {role}"), &doing).await {
            Ok(()) => Ok(true),
            Err(failed) if failed.has_state(IN_USE) => Ok(false),
            Err(failed) => Err(self.not_given(failed, role)),
        }
    }

    /// Drops it with what it was granted on databases themselves; its own database is dropped before it. In a database of
    /// somebody else's server it may have made something, which its owner is to decide about.
    async fn drop_role_and_grants(&mut self, role: &Identifier) -> Result<(), BackendError> {
        let doing = format!("drop the role `{}`", role.bare());
        if self.is_somebodys_own()
            && let Some(row) = self.first_row(OWNS_HERE, role.bare(), &doing).await?
        {
            return Err(owns_in(&column::<String>(&row, "database")?, role));
        }
        let dropped = self.run(format!("DROP OWNED BY {role}; DROP ROLE {role}"), &doing).await;
        dropped.map_err(|failed| self.not_given(failed, role))
    }

    /// Closes what a new server leaves open to everybody, so that no tenant's role gets in.
    ///
    /// Where others have databases too, theirs are left as they are.
    pub(super) async fn close_open_databases(&mut self) -> Result<(), BackendError> {
        if self.is_somebodys_own() {
            return Ok(());
        }
        for row in self.rows(OPEN_DATABASES, "look for open databases").await? {
            let database = Identifier::parse(&column::<String>(&row, "name")?)?;
            let statement = format!("REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC");
            let doing = format!("close the database `{}` to tenants", database.bare());
            self.run(statement, &doing).await.map_err(Failed::into_error)?;
        }
        Ok(())
    }
}

/// What a role made in a database of somebody else is not ours to drop.
fn owns_in(database: &str, role: &Identifier) -> BackendError {
    let message =
        format!("the role `{}` owns something in the database `{database}`, which is left alone", role.bare());
    BackendError::refused("role-in-use", message).help(format!(
        "in that database, type `REASSIGN OWNED BY {role} TO CURRENT_USER` to keep it, or `DROP OWNED BY {role}`, and run \
         the command again"
    ))
}

pub(super) fn check(
    role: &Identifier,
    comment: Option<&str>,
    tag: &Tag,
    code: &'static str,
) -> Result<(), BackendError> {
    if comment == Some(tag.text()) {
        return Ok(());
    }
    let message = format!("the server has a role `{}` that is not this tenant's, so it is left alone", role.bare());
    Err(BackendError::refused(code, message).help("give the tenant another `--id`, or rename that role"))
}
