//! What a list says of tenants.

use super::{
    SqliteLog,
    sql_error::log_error,
    tenants::{optional, parse},
};
use crate::{LogError, TenantSummary, Timestamp};

/// What a list says of the tenants that hold: one row again; what is in it are words and numbers, which hold no control
/// characters, so that these can separate them.
macro_rules! summaries {
    ($holds:literal) => {
        concat!(
            "SELECT group_concat(concat_ws(char(31), key, name, tenant_type, provider, coalesce(region, ''), state, ",
            "created_at, updated_at, protected), char(30)) FROM (SELECT * FROM tenants WHERE ",
            $holds,
            ")"
        )
    };
}

impl SqliteLog {
    /// What a list says of the living tenants, oldest first.
    pub async fn tenant_summaries(&mut self) -> Result<Vec<TenantSummary>, LogError> {
        let query = sqlx::query_scalar(summaries!("valid_to IS NULL ORDER BY created_position"));
        let packed: Option<String> = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        self.unpacked_summaries(packed.as_deref())
    }

    /// The same of those whose name or id begins like this. Only they are read.
    pub async fn tenant_summaries_like(&mut self, beginning: &str) -> Result<Vec<TenantSummary>, LogError> {
        // Nothing that begins like this comes after it and the last of all characters.
        let query = summaries!(
            "valid_to IS NULL AND key IN (\
             SELECT key FROM tenants WHERE valid_to IS NULL AND name BETWEEN ?1 AND ?1 || char(1114111) UNION ALL \
             SELECT key FROM tenants WHERE valid_to IS NULL AND key BETWEEN ?1 AND ?1 || char(1114111)) \
             ORDER BY +created_position"
        );
        let query = sqlx::query_scalar(query).bind(beginning);
        let packed: Option<String> = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        self.unpacked_summaries(packed.as_deref())
    }

    fn unpacked_summaries(&self, packed: Option<&str>) -> Result<Vec<TenantSummary>, LogError> {
        let rows = packed.map(|packed| packed.split('\u{1e}'));
        rows.into_iter().flatten().map(|row| summary(row).map_err(log_error(&self.path))).collect()
    }
}

/// The cells of one tenant in a list.
fn summary(row: &str) -> Result<TenantSummary, sqlx::Error> {
    let mut cells = row.split('\u{1f}');
    let mut next = || cells.next().ok_or_else(|| sqlx::Error::Decode("a tenant's row is too short".into()));
    Ok(TenantSummary {
        id: parse(next()?)?,
        name: parse(next()?)?,
        tenant_type: parse(next()?)?,
        provider: parse(next()?)?,
        region: optional(Some(next()?).filter(|region| !region.is_empty()))?,
        state: parse(next()?)?,
        created_at: Timestamp::from_millis(parse(next()?)?),
        updated_at: Timestamp::from_millis(parse(next()?)?),
        protected: next()? != "0",
    })
}
