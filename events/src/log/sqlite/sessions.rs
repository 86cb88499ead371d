//! Reading sessions, and where shells work.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteLog,
    sql_error::log_error,
    tenants::{optional, parse},
};
use crate::{LogError, Login, ProfileId, SessionView, ShellId, TenantId, Timestamp};

impl SqliteLog {
    /// What is known of the tenants' sessions: of one, or of all in the order of their tenants' ids.
    pub async fn sessions(&mut self, tenant: Option<&TenantId>) -> Result<Vec<SessionView>, LogError> {
        let query = sqlx::query(
            "SELECT s.key, s.profile, s.session, s.user, s.expires_at, e.time FROM sessions s \
             JOIN events e ON e.position = s.valid_from \
             WHERE s.valid_to IS NULL AND s.key = coalesce(?, s.key) ORDER BY s.key",
        );
        let query = query.bind(tenant.map(ToString::to_string));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }

    /// The tenant that a shell works in, and the profile; none: in what the project has selected.
    pub async fn shell(&mut self, id: &ShellId) -> Result<Option<(TenantId, Option<ProfileId>)>, LogError> {
        let query = sqlx::query("SELECT tenant, profile FROM shells WHERE key = ? AND valid_to IS NULL");
        let query = query.bind(id.as_str().to_owned());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        let place = |row: SqliteRow| Ok((parse(row.try_get(0)?)?, optional(row.try_get(1)?)?));
        row.map(|row| place(row).map_err(log_error(&self.path))).transpose()
    }
}

fn view(row: &SqliteRow) -> Result<SessionView, sqlx::Error> {
    let login = match (optional(row.try_get(2)?)?, row.try_get::<Option<String>, _>(3)?, row.try_get(4)?) {
        (Some(id), Some(user), Some(expires_at)) => {
            Some(Login { id, user, expires_at: Timestamp::from_millis(expires_at) })
        }
        _ => None,
    };
    Ok(SessionView {
        tenant: parse(row.try_get(0)?)?,
        profile: optional(row.try_get(1)?)?,
        login,
        changed_at: Timestamp::from_millis(row.try_get(5)?),
    })
}
