//! Reading tenants, the selection and secrets.

use std::str::FromStr;

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteLog, sql_error::log_error};
use crate::{LogError, SealedSecret, SecretName, TenantId, TenantView, Timestamp};

/// The columns of [`view`], and the rows that hold now.
macro_rules! living_tenants {
    ($rest:literal) => {
        concat!(
            "SELECT key, name, tenant_type, provider, region, state, config, resources, operation, created_at, ",
            "updated_at FROM tenants WHERE valid_to IS NULL ",
            $rest
        )
    };
}

impl SqliteLog {
    /// The living tenants, oldest first.
    pub async fn tenants(&mut self) -> Result<Vec<TenantView>, LogError> {
        let query = sqlx::query(living_tenants!("ORDER BY created_at, key"));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        self.views(&rows)
    }

    /// A living tenant by its id.
    pub async fn tenant(&mut self, id: &TenantId) -> Result<Option<TenantView>, LogError> {
        let query = sqlx::query(living_tenants!("AND key = ?")).bind(id.to_string());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| view(&row).map_err(log_error(&self.path))).transpose()
    }

    /// The living tenants that `text` can mean: the one of this id or of this name, or else all whose id starts with
    /// it. More than one: it is ambiguous.
    pub async fn find_tenants(&mut self, text: &str) -> Result<Vec<TenantView>, LogError> {
        if text.is_empty() || !text.is_ascii() {
            return Ok(vec![]);
        }
        // `~` comes after every character of an id.
        let query = sqlx::query(living_tenants!("AND (key = ? OR name = ? OR (key >= ? AND key < ?)) ORDER BY key"));
        let query = query.bind(text.to_owned()).bind(text.to_owned()).bind(text.to_owned()).bind(format!("{text}~"));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        let found = self.views(&rows)?;
        let exact = found.iter().find(|tenant| tenant.id.as_str() == text);
        let exact = exact.or_else(|| found.iter().find(|tenant| tenant.name.as_str() == text));
        Ok(exact.cloned().map_or(found, |exact| vec![exact]))
    }

    /// The tenant that commands apply to.
    pub async fn selected(&mut self) -> Result<Option<TenantId>, LogError> {
        let query = sqlx::query_scalar("SELECT tenant FROM selection WHERE valid_to IS NULL");
        let id: Option<String> = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        id.map(|id| parse(&id).map_err(log_error(&self.path))).transpose()
    }

    /// A sealed secret; its newest version where none is given. None once the tenant's key is destroyed.
    pub async fn secret(
        &mut self,
        tenant: &TenantId,
        name: &SecretName,
        version: Option<u32>,
    ) -> Result<Option<SealedSecret>, LogError> {
        // The key is tenant/name/version, so that all versions of a secret are neighbours in the index.
        let query = sqlx::query(
            "SELECT name, version, seal_id, sealed FROM secrets WHERE valid_to IS NULL \
             AND key >= ? AND key < ? AND version = coalesce(?, version) ORDER BY version DESC LIMIT 1",
        );
        let query = query.bind(format!("{tenant}/{name}/")).bind(format!("{tenant}/{name}/~")).bind(version);
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| secret(&row).map_err(log_error(&self.path))).transpose()
    }

    fn views(&self, rows: &[SqliteRow]) -> Result<Vec<TenantView>, LogError> {
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }
}

fn view(row: &SqliteRow) -> Result<TenantView, sqlx::Error> {
    Ok(TenantView {
        id: parse(row.try_get(0)?)?,
        name: parse(row.try_get(1)?)?,
        tenant_type: parse(row.try_get(2)?)?,
        provider: parse(row.try_get(3)?)?,
        region: optional(row.try_get(4)?)?,
        state: parse(row.try_get(5)?)?,
        config: parse(row.try_get(6)?)?,
        resources: parse(row.try_get(7)?)?,
        operation: optional(row.try_get(8)?)?,
        created_at: Timestamp::from_millis(row.try_get(9)?),
        updated_at: Timestamp::from_millis(row.try_get(10)?),
    })
}

fn secret(row: &SqliteRow) -> Result<SealedSecret, sqlx::Error> {
    Ok(SealedSecret {
        name: parse(row.try_get(0)?)?,
        version: row.try_get(1)?,
        seal_id: parse(row.try_get(2)?)?,
        sealed: row.try_get(3)?,
    })
}

/// A cell of a projected row, back into its type.
pub(super) fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|error: T::Err| sqlx::Error::Decode(Box::new(error)))
}

/// A cell that may be empty.
pub(super) fn optional<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: Option<&str>,
) -> Result<Option<T>, sqlx::Error> {
    text.map(parse).transpose()
}
