//! What a tenant's role holds in the databases of others, who granted it something there.

use super::Admin;
use super::quote::Identifier;
use super::session::{Failed, Session, column};
use super::tag::PREFIX;
use crate::backend::BackendError;

/// Databases in which the role owns something or was granted something, and whose they are.
const HOLDINGS: &str = "
    select d.datname::text as name, o.rolname::text as owner,
           shobj_description(o.oid, 'pg_authid') as owner_comment, bool_or(s.deptype = 'o') as owns
    from pg_shdepend s join pg_database d on d.oid = s.dbid join pg_roles o on o.oid = d.datdba
    where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = $1)
    group by 1, 2, 3 order by 1";

/// Whether it owns something that is in no database, such as a database.
const OWNS_SHARED: &str = "
    select exists(select from pg_shdepend s where s.dbid = 0 and s.deptype = 'o' and s.refclassid = 'pg_authid'::regclass
                  and s.refobjid = (select oid from pg_roles where rolname = $1)) as owns";

/// One database in which a role holds something.
struct Holding {
    database: Identifier,
    /// To whom goes what it owns there; none where it does not go to anybody.
    heir: Option<Identifier>,
    owns: bool,
}

impl Admin {
    /// Takes from the role what it was granted in other databases, as their owners could.
    ///
    /// What it owns in another tenant's database stays there and becomes that tenant's, who let it in. What it owns in a
    /// database of nobody we know stays its own, and keeps the role; an administrator's would gain rights by it.
    pub(super) async fn empty_hands(&self, session: &mut Session, role: &Identifier) -> Result<(), BackendError> {
        let doing = format!("look what the role `{}` holds", role.bare());
        let owns_shared = session.first_row(OWNS_SHARED, role.bare(), &doing).await?;
        // `REASSIGN OWNED` would give away that as well, from whichever database it is said.
        if owns_shared.map_or(Ok(true), |row| column(&row, "owns"))? {
            return Ok(());
        }
        for Holding { database, heir, owns } in session.holdings(role, &doing).await? {
            let reassign = match (owns, heir) {
                (false, _) => String::new(),
                (true, Some(heir)) => format!("REASSIGN OWNED BY {role} TO {heir}; "),
                (true, None) => continue,
            };
            let doing = format!("take from the role `{}` what it holds in `{}`", role.bare(), database.bare());
            let mut there = self.session_in(database.bare()).await?;
            let taken = there.run(format!("{reassign}DROP OWNED BY {role}"), &doing).await;
            taken.map_err(Failed::into_error)?;
            there.close().await;
        }
        Ok(())
    }
}

impl Session {
    async fn holdings(&mut self, role: &Identifier, doing: &str) -> Result<Vec<Holding>, BackendError> {
        let mut holdings = Vec::new();
        for row in self.rows_about(HOLDINGS, role.bare(), doing).await? {
            let comment: Option<String> = column(&row, "owner_comment")?;
            let is_tenant = comment.is_some_and(|comment| comment.starts_with(PREFIX));
            let owner: String = column(&row, "owner")?;
            holdings.push(Holding {
                database: Identifier::parse(&column::<String>(&row, "name")?)?,
                heir: if is_tenant { Some(Identifier::parse(&owner)?) } else { None },
                owns: column(&row, "owns")?,
            });
        }
        Ok(holdings)
    }
}
