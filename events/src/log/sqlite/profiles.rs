//! Reading profiles and the secrets that users set.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteLog,
    sql_error::log_error,
    tenants::{optional, parse, position},
};
use crate::{LogError, ProfileId, ProfileName, ProfileView, TenantId, Timestamp, UserSecretView};

/// The columns of [`view`], and the rows that hold now.
macro_rules! living_profiles {
    ($rest:literal) => {
        concat!("SELECT key, name, tenant, text, created_at, updated_at FROM profiles WHERE valid_to IS NULL ", $rest)
    };
}

impl SqliteLog {
    /// The living profiles, oldest first.
    pub async fn profiles(&mut self) -> Result<Vec<ProfileView>, LogError> {
        let query = sqlx::query(living_profiles!("ORDER BY created_position"));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }

    /// A living profile by its name.
    pub async fn profile_named(&mut self, name: &ProfileName) -> Result<Option<ProfileView>, LogError> {
        let query = sqlx::query(living_profiles!("AND name = ?")).bind(name.as_str().to_owned());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| view(&row).map_err(log_error(&self.path))).transpose()
    }

    /// A living profile by its id.
    pub async fn profile(&mut self, id: ProfileId) -> Result<Option<ProfileView>, LogError> {
        let query = sqlx::query(living_profiles!("AND key = ?")).bind(id.to_string());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| view(&row).map_err(log_error(&self.path))).transpose()
    }

    /// The secrets that users have set, of one tenant or of all, by profile (those of the whole tenant first) and name.
    pub async fn user_secrets(&mut self, tenant: Option<&TenantId>) -> Result<Vec<UserSecretView>, LogError> {
        let query = sqlx::query(
            "SELECT s.tenant, s.profile, s.name, s.seal_id, s.sealed, s.valid_from, e.time, e.actor FROM user_secrets s \
             JOIN events e ON e.position = s.valid_from \
             WHERE s.valid_to IS NULL AND s.tenant = coalesce(?, s.tenant) ORDER BY s.tenant, s.profile, s.name",
        );
        let query = query.bind(tenant.map(ToString::to_string));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| secret(row).map_err(log_error(&self.path))).collect()
    }
}

fn view(row: &SqliteRow) -> Result<ProfileView, sqlx::Error> {
    Ok(ProfileView {
        id: parse(row.try_get(0)?)?,
        name: parse(row.try_get(1)?)?,
        tenant: parse(row.try_get(2)?)?,
        text: row.try_get(3)?,
        created_at: Timestamp::from_millis(row.try_get(4)?),
        updated_at: Timestamp::from_millis(row.try_get(5)?),
    })
}

fn secret(row: &SqliteRow) -> Result<UserSecretView, sqlx::Error> {
    Ok(UserSecretView {
        tenant: parse(row.try_get(0)?)?,
        profile: optional(row.try_get(1)?)?,
        key: parse(row.try_get(2)?)?,
        seal_id: parse(row.try_get(3)?)?,
        sealed: row.try_get(4)?,
        position: position(row.try_get(5)?)?,
        set_at: Timestamp::from_millis(row.try_get(6)?),
        set_by: row.try_get(7)?,
    })
}
