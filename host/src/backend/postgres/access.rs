//! Who logs in for a tenant, and until when.

use std::fmt::Write;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Admin;
use super::quote::{Identifier, Literal};
use super::role::check;
use super::session::{Session, column};
use super::tag::Tag;
use crate::backend::BackendError;

/// Ends connections; the answer says how many there were.
const END: &str = "select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where usename = $1";

/// A connection ends at its next look at signals: at once, unless the machine is at its limits.
const END_TRIES: u32 = 250;
/// Five seconds in all.
const END_PAUSE: Duration = Duration::from_millis(20);

impl Admin {
    /// Makes a role that logs in with this password and then acts as `owner`, or lets the one that is there do so for ever.
    pub async fn ensure_login(
        &self,
        role: &str,
        owner: &str,
        password: &Zeroizing<String>,
        tenant: &str,
    ) -> Result<(), BackendError> {
        let (role, owner) = (Identifier::parse(role)?, Identifier::parse(owner)?);
        let (tag, verifier) = (Tag::of(tenant)?, self.stored(password)?);
        let mut session = self.session_for_changes().await?;
        session.expect_role(&owner, &tag).await?;
        match session.find_role(&role).await? {
            Some(comment) => check(&role, comment.as_deref(), &tag, "role-taken")?,
            None => session.create_role(&role, &verifier, &tag).await?,
        }
        session.let_log_in(&role, &owner, &verifier).await?;
        session.close().await;
        Ok(())
    }

    /// Until when the password of the tenant's role is taken, as the server reads a time; for ever when none is given.
    pub async fn expire_password(&self, role: &str, until: Option<&str>, tenant: &str) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let until = Literal::parse(until.unwrap_or("infinity"))?;
        let mut session = self.session_for_changes().await?;
        session.expect_role(&role, &tag).await?;
        let doing = format!("limit the password of the role `{}`", role.bare());
        let limited = session.run(format!("ALTER ROLE {role} VALID UNTIL {until}"), &doing).await;
        limited.map_err(|failed| session.not_given(failed, &role))?;
        session.close().await;
        Ok(())
    }

    /// Takes password and login away from the tenant's role and ends its connections; nothing happens when there is none.
    pub async fn close_login(&self, role: &str, tenant: &str) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let mut session = self.session_for_changes().await?;
        if let Some(comment) = session.find_role(&role).await? {
            check(&role, comment.as_deref(), &tag, "role-not-ours")?;
            let doing = format!("keep the role `{}` from logging in", role.bare());
            let closed = session.run(format!("ALTER ROLE {role} NOLOGIN PASSWORD NULL"), &doing).await;
            closed.map_err(|failed| session.not_given(failed, &role))?;
            session.end_sessions(&role).await?;
        }
        session.close().await;
        Ok(())
    }

    /// Ends the connections of whoever logged in as the tenant's role.
    pub async fn end_sessions(&self, role: &str, tenant: &str) -> Result<(), BackendError> {
        let (role, tag) = (Identifier::parse(role)?, Tag::of(tenant)?);
        let mut session = self.session_for_changes().await?;
        session.expect_role(&role, &tag).await?;
        session.end_sessions(&role).await?;
        session.close().await;
        Ok(())
    }
}

impl Session {
    /// Whoever logs in as the role acts as the owner, so that what they make is the owner's.
    async fn let_log_in(&mut self, role: &Identifier, owner: &Identifier, verifier: &str) -> Result<(), BackendError> {
        let verifier = Literal::parse(verifier)?;
        let mut statements = format!("ALTER ROLE {role} LOGIN PASSWORD {verifier} VALID UNTIL 'infinity'");
        if role != owner {
            let acts_as = Literal::parse(owner.bare())?;
            let _always = write!(statements, "; GRANT {owner} TO {role}; ALTER ROLE {role} SET role TO {acts_as}");
        }
        let let_in = self.run(statements, &format!("let the role `{}` log in", role.bare())).await;
        let_in.map_err(|failed| self.not_given(failed, role))
    }

    /// Returns when none is left.
    async fn end_sessions(&mut self, role: &Identifier) -> Result<(), BackendError> {
        let doing = format!("end the connections of the role `{}`", role.bare());
        self.belong_to(role, &doing).await?;
        for _ in 0..END_TRIES {
            let row = self.first_row(END, role.bare(), &doing).await?;
            let ended: i64 = row.as_ref().map_or(Ok(0), |row| column(row, "ended"))?;
            if ended == 0 {
                return Ok(());
            }
            tokio::time::sleep(END_PAUSE).await;
        }
        let message = format!("connections of the role `{}` do not end", role.bare());
        Err(BackendError::retryable("sessions-open", message))
    }
}
