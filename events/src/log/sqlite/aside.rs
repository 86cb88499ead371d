//! Reading tenants that were set aside.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteLog, sql_error::log_error, tenants::view};
use crate::{AsideView, LogError, TenantId, TenantView, Timestamp};

/// The columns of a tenant's view, until when, and the rows that hold now.
macro_rules! set_aside {
    ($rest:literal) => {
        concat!(
            "SELECT key, name, tenant_type, provider, region, state, config, resources, operation, created_at, ",
            "updated_at, protected, until FROM aside WHERE valid_to IS NULL ",
            $rest
        )
    };
}

impl SqliteLog {
    /// The tenants that are set aside, those first whose time is over first.
    pub async fn aside(&mut self) -> Result<Vec<AsideView>, LogError> {
        let query = sqlx::query(set_aside!("ORDER BY until, key"));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| aside_view(row).map_err(log_error(&self.path))).collect()
    }

    /// Those of them whose time is over.
    pub async fn expired(&mut self, now: Timestamp) -> Result<Vec<AsideView>, LogError> {
        let query = sqlx::query(set_aside!("AND until <= ? ORDER BY until, key")).bind(now.millis());
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| aside_view(row).map_err(log_error(&self.path))).collect()
    }

    /// A tenant that lives or is set aside: whatever an operation can be about.
    pub async fn tenant_of_operation(&mut self, id: &TenantId) -> Result<Option<TenantView>, LogError> {
        if let Some(living) = self.tenant(id).await? {
            return Ok(Some(living));
        }
        let query = sqlx::query(set_aside!("AND key = ?")).bind(id.to_string());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| view(&row).map_err(log_error(&self.path))).transpose()
    }
}

fn aside_view(row: &SqliteRow) -> Result<AsideView, sqlx::Error> {
    Ok(AsideView { tenant: view(row)?, until: Timestamp::from_millis(row.try_get(12)?) })
}
