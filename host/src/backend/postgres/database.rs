//! Databases of tenants.

use super::Admin;
use super::quote::{Identifier, Literal};
use super::session::{Failed, Session, column};
use super::tag::{Ownership, Tag};
use crate::backend::BackendError;

const FIND: &str = "
    select r.rolname::text as owner, shobj_description(r.oid, 'pg_authid') as owner_comment,
           shobj_description(d.oid, 'pg_database') as comment, r.rolname = current_user as is_mine
    from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = $1";

/// `duplicate_database`.
const DUPLICATE: &str = "42P04";

/// From here on the server itself ends the connections to a database that is dropped.
const DROP_FORCE_SINCE: u32 = 130_000;

impl Admin {
    /// Makes a database that the role owns and that is closed to every other but administrators.
    pub async fn ensure_database(&self, database: &str, owner: &str, tenant: &str) -> Result<(), BackendError> {
        let (database, owner) = (Identifier::parse(database)?, Identifier::parse(owner)?);
        let tag = Tag::of(tenant)?;
        let mut session = self.session_for_changes().await?;
        session.expect_role(&owner, &tag).await?;
        session.close_open_databases().await?;
        match session.find_database(&database).await? {
            Some(found) => {
                check(&database, &found, &tag, "database-taken")?;
                session.settle_database(&database, &owner, &tag).await?;
            }
            None => session.create_database(&database, &owner, &tag).await?,
        }
        session.close().await;
        Ok(())
    }

    /// Renames the tenant's database; nothing happens when it has the new name already.
    pub async fn rename_database(&self, database: &str, to: &str, tenant: &str) -> Result<(), BackendError> {
        let (database, to) = (Identifier::parse(database)?, Identifier::parse(to)?);
        let tag = Tag::of(tenant)?;
        let mut session = self.session_for_changes().await?;
        match (session.find_database(&database).await?, session.find_database(&to).await?) {
            (Some(found), None) => {
                check(&database, &found, &tag, "database-not-ours")?;
                let doing = format!("rename the database `{}`", database.bare());
                let owner = Identifier::parse(&found.owner)?;
                session.belong_to(&owner, &doing).await?;
                let renamed = session.run(format!("ALTER DATABASE {database} RENAME TO {to}"), &doing).await;
                renamed.map_err(|failed| session.not_given(failed, &owner))?;
            }
            (Some(_), Some(_)) if database == to => {}
            (Some(_), Some(_)) => return Err(taken(&to, "database-taken")),
            (None, Some(found)) => check(&to, &found, &tag, "database-taken")?,
            (None, None) => {
                let message = format!("there is no database `{}`", database.bare());
                return Err(BackendError::refused("database-missing", message));
            }
        }
        session.close().await;
        Ok(())
    }

    /// Ends the connections to the tenant's database and drops it; nothing happens when there is none.
    pub async fn drop_database(&self, database: &str, tenant: &str) -> Result<(), BackendError> {
        let (database, tag) = (Identifier::parse(database)?, Tag::of(tenant)?);
        let mut session = self.session_for_changes().await?;
        if let Some(found) = session.find_database(&database).await? {
            check(&database, &found, &tag, "database-not-ours")?;
            session.drop_database(&database, &Identifier::parse(&found.owner)?).await?;
        }
        session.close().await;
        Ok(())
    }
}

impl Session {
    async fn find_database(&mut self, database: &Identifier) -> Result<Option<Ownership>, BackendError> {
        let doing = format!("look up the database `{}`", database.bare());
        let Some(row) = self.first_row(FIND, database.bare(), &doing).await? else { return Ok(None) };
        let found = Ownership {
            owner: column(&row, "owner")?,
            owner_comment: column(&row, "owner_comment")?,
            comment: column(&row, "comment")?,
            comment_counts: !self.is_somebodys_own() || column(&row, "is_mine")?,
        };
        Ok(Some(found))
    }

    /// Nobody can connect until the database is settled: there is no moment at which it is open to all.
    async fn create_database(
        &mut self,
        database: &Identifier,
        owner: &Identifier,
        tag: &Tag,
    ) -> Result<(), BackendError> {
        let doing = format!("create the database `{}`", database.bare());
        if let Some(grant) = self.belonging(owner).await? {
            self.run(grant, &doing).await.map_err(|failed| self.lacking(failed, "CREATEROLE"))?;
        }
        let statement = format!("CREATE DATABASE {database} OWNER {owner} ALLOW_CONNECTIONS false");
        match self.run(statement, &doing).await {
            Ok(()) => self.settle_database(database, owner, tag).await,
            Err(failed) if failed.has_state(DUPLICATE) => Err(taken(database, "database-taken")),
            Err(failed) => Err(self.lacking(failed, "CREATEDB")),
        }
    }

    /// Closes the database to others, tags it and opens it to its owner, in one transaction.
    async fn settle_database(
        &mut self,
        database: &Identifier,
        owner: &Identifier,
        tag: &Tag,
    ) -> Result<(), BackendError> {
        let comment = Literal::parse(tag.text())?;
        let statements = format!(
            "ALTER DATABASE {database} OWNER TO {owner}; \
             REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC; \
             GRANT ALL ON DATABASE {database} TO {owner}; \
             COMMENT ON DATABASE {database} IS {comment}; \
             ALTER DATABASE {database} ALLOW_CONNECTIONS true"
        );
        let settled = self.run(statements, &format!("close the database `{}` to others", database.bare())).await;
        settled.map_err(Failed::into_error)
    }

    async fn drop_database(&mut self, database: &Identifier, owner: &Identifier) -> Result<(), BackendError> {
        let doing = format!("drop the database `{}`", database.bare());
        self.belong_to(owner, &doing).await?;
        let dropped = if self.version_number() >= DROP_FORCE_SINCE {
            self.run(format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"), &doing).await
        } else {
            let close = format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false");
            self.run(close, &doing).await.map_err(|failed| self.not_given(failed, owner))?;
            let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
            self.first_row(end, database.bare(), &doing).await?;
            self.run(format!("DROP DATABASE IF EXISTS {database}"), &doing).await
        };
        dropped.map_err(|failed| self.not_given(failed, owner))
    }
}

fn check(database: &Identifier, found: &Ownership, tag: &Tag, code: &'static str) -> Result<(), BackendError> {
    if found.belongs_to(tag) { Ok(()) } else { Err(taken(database, code)) }
}

fn taken(database: &Identifier, code: &'static str) -> BackendError {
    let name = database.bare();
    let message = format!("the server has a database `{name}` that is not this tenant's, so it is left alone");
    BackendError::refused(code, message).help("give the tenant another `--id`, or rename that database")
}
