//! What on a server carries the tags of tenants, without anything being done to it.

use super::Admin;
use super::session::{Session, column};
use super::tag::{PREFIX, Tag};
use crate::backend::BackendError;

/// Whether a role or a database carries the tag. A tag that somebody else wrote on a database of theirs says that
/// something is left, which is the safe mistake.
const LEFT: &str = "
    select exists (select from pg_roles where shobj_description(oid, 'pg_authid') = $1)
        or exists (select from pg_database where shobj_description(oid, 'pg_database') = $1) as is_left";

/// Roles with the tag of a tenant, and databases of one. A database is its owner's; its own comment counts only where
/// the administrator who looks owns it, as anybody else may have written what they like.
const ALL: &str = "
    select tag, kind, name from (
        select shobj_description(oid, 'pg_authid') as tag, 'role' as kind, rolname::text as name from pg_roles
        union all
        select case when left(shobj_description(o.oid, 'pg_authid'), length($1)) = $1
                    then shobj_description(o.oid, 'pg_authid')
                    when o.rolname = current_user then shobj_description(d.oid, 'pg_database') end,
               'database', d.datname::text
        from pg_database d join pg_roles o on o.oid = d.datdba) found
    where left(tag, length($1)) = $1 order by tag, kind, name limit 20001";

/// Most of them that are told: more than a person would look through.
const ALL_MAX: usize = 20_000;

/// A role or a database of a tenant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Whose it is: the name that its tag was made of.
    pub tag: String,
    /// `role` or `database`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

impl Session {
    /// Whether anything on the server carries a tenant's tag.
    pub(super) async fn is_left(&mut self, tag: &Tag) -> Result<bool, BackendError> {
        let row = self.first_row(LEFT, tag.text(), "look for what is left of the tenant").await?;
        row.map_or(Ok(true), |row| column(&row, "is_left"))
    }
}

impl Admin {
    /// All that carries the tag of any tenant.
    pub async fn tagged(&self) -> Result<Vec<Tagged>, BackendError> {
        let mut session = self.session().await.map_err(|error| self.login_refused(error))?;
        let rows = session.rows_about(ALL, PREFIX, "look for roles and databases of tenants").await?;
        session.close().await;
        if rows.len() > ALL_MAX {
            let message = format!("the server has more than {ALL_MAX} roles and databases of tenants");
            return Err(BackendError::refused("server-crowded", message));
        }
        let mut found = Vec::new();
        for row in &rows {
            let (tag, kind, name): (String, _, _) = (column(row, "tag")?, column(row, "kind")?, column(row, "name")?);
            let tag = tag.strip_prefix(PREFIX).unwrap_or_default().to_owned();
            // A comment that no tenant's id could have made is somebody's own.
            if Tag::of(&tag).is_ok() {
                found.push(Tagged { tag, kind, name });
            }
        }
        Ok(found)
    }
}
