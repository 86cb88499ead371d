//! Reading tenants, the selection and secrets.

use std::{borrow::Cow, str::FromStr};

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteLog, sql_error::log_error};
use crate::{
    Json, LogError, LogId, OperationId, Position, SealedSecret, SecretName, Stream, TenantId, TenantView, Timestamp,
};

/// The columns of [`view`], and the rows that hold now.
macro_rules! living_tenants {
    ($rest:literal) => {
        concat!(
            "SELECT key, name, tenant_type, provider, region, state, config, resources, operation, created_at, ",
            "updated_at, protected FROM tenants WHERE valid_to IS NULL ",
            $rest
        )
    };
}

impl SqliteLog {
    /// The living tenants, oldest first.
    ///
    /// One row whatever their number: each row costs two changes of threads.
    pub async fn tenants(&mut self) -> Result<Vec<TenantView>, LogError> {
        let query = concat!(
            "SELECT json_group_array(json_array(key, name, tenant_type, provider, region, state, config, resources, ",
            "operation, created_at, updated_at, protected)) FROM (",
            living_tenants!("ORDER BY created_position"),
            ")"
        );
        let packed: String =
            sqlx::query_scalar(query).fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let rows: Vec<Packed<'_>> = unpacked(&packed).map_err(log_error(&self.path))?;
        rows.into_iter().map(|row| row.view().map_err(log_error(&self.path))).collect()
    }

    /// The sealed secrets of the living tenants, all versions, each with the position of the event that sealed it.
    pub async fn secrets(&mut self) -> Result<Vec<(TenantId, Position, SealedSecret)>, LogError> {
        let query = "SELECT json_group_array(json_array(s.tenant, s.valid_from, s.name, s.version, s.seal_id, s.sealed)) \
                     FROM secrets s JOIN tenants t ON t.key = s.tenant AND t.valid_to IS NULL WHERE s.valid_to IS NULL";
        let packed: String =
            sqlx::query_scalar(query).fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let rows: Vec<(String, i64, String, u32, String, String)> = unpacked(&packed).map_err(log_error(&self.path))?;
        let sealed = |(tenant, at, name, version, seal_id, sealed): (String, i64, String, u32, String, String)| {
            let secret = SealedSecret { name: parse(&name)?, version, seal_id: parse(&seal_id)?, sealed };
            Ok((parse(&tenant)?, position(at)?, secret))
        };
        rows.into_iter().map(|row| sealed(row).map_err(log_error(&self.path))).collect()
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
        // `~` comes after every character of an id. Two searches in an index each, where one OR would read all tenants.
        let query = sqlx::query(concat!(
            living_tenants!("AND key >= ?1 AND key < ?1 || '~'"),
            " UNION ALL ",
            living_tenants!("AND name = ?1 AND NOT (key >= ?1 AND key < ?1 || '~')")
        ));
        let query = query.bind(text.to_owned());
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        let mut found = self.views(&rows)?;
        found.sort_by(|one, other| one.id.cmp(&other.id));
        let exact = found.iter().find(|tenant| tenant.id.as_str() == text);
        let exact = exact.or_else(|| found.iter().find(|tenant| tenant.name.as_str() == text));
        Ok(exact.cloned().map_or(found, |exact| vec![exact]))
    }

    /// The tenants of this id, or that ever had this name, living or not, by id.
    pub async fn tenants_that_were(&mut self, text: &str) -> Result<Vec<TenantId>, LogError> {
        let query =
            sqlx::query_scalar("SELECT DISTINCT key FROM main.tenants WHERE key = ?1 OR name = ?1 ORDER BY key");
        let query = query.bind(text.to_owned());
        let ids: Vec<String> = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        ids.iter().map(|id| parse(id).map_err(log_error(&self.path))).collect()
    }

    /// Those of the tenants that are not among the living.
    pub async fn not_living(&mut self, tenants: &[TenantId]) -> Result<Vec<TenantId>, LogError> {
        let asked = tenants.iter().map(TenantId::as_str).collect::<Vec<_>>().join(",");
        // No id has a comma or a quotation mark in it.
        let asked = format!("[\"{}\"]", asked.replace(',', "\",\""));
        let query = sqlx::query_scalar(
            "SELECT json_group_array(value) FROM json_each(?) WHERE NOT EXISTS \
             (SELECT 1 FROM tenants WHERE key = value AND valid_to IS NULL)",
        );
        let query = query.bind(asked);
        let packed: String = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let found: Vec<String> = unpacked(&packed).map_err(log_error(&self.path))?;
        found.iter().map(|id| parse(id).map_err(log_error(&self.path))).collect()
    }

    /// The log's own id, which no other project has; none before its first event.
    pub async fn log_id(&mut self) -> Result<Option<LogId>, LogError> {
        let query = sqlx::query_scalar("SELECT log_id FROM project WHERE valid_to IS NULL");
        let id: Option<String> = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        id.map(|id| parse(&id).map_err(log_error(&self.path))).transpose()
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

    /// The version of a secret that was in use when an operation began, and the newest that was sealed since then.
    pub async fn secret_around(
        &mut self,
        tenant: &TenantId,
        name: &SecretName,
        operation: OperationId,
    ) -> Result<(Option<u32>, Option<u32>), LogError> {
        let query = sqlx::query(
            "SELECT max(CASE WHEN s.valid_from < began.position THEN s.version END), \
             max(CASE WHEN s.valid_from > began.position THEN s.version END) \
             FROM secrets s, (SELECT position FROM events WHERE stream = ? AND version = 1) began \
             WHERE s.valid_to IS NULL AND s.key >= ? AND s.key < ?",
        );
        let query = query.bind(Stream::Operation(operation).to_string());
        let query = query.bind(format!("{tenant}/{name}/")).bind(format!("{tenant}/{name}/~"));
        let row = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let version = |column| row.try_get(column).map_err(log_error(&self.path));
        Ok((version(0)?, version(1)?))
    }

    /// The version that a secret gets when it is sealed again; numbers of versions that were withdrawn are not given twice.
    pub async fn next_secret_version(&mut self, tenant: &TenantId, name: &SecretName) -> Result<u32, LogError> {
        // Past rows too: there is no index on their keys, but few secrets are renewed often.
        let query =
            sqlx::query_scalar("SELECT coalesce(max(version), 0) + 1 FROM secrets WHERE tenant = ? AND name = ?");
        let query = query.bind(tenant.to_string()).bind(name.to_string());
        query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))
    }

    fn views(&self, rows: &[SqliteRow]) -> Result<Vec<TenantView>, LogError> {
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }
}

pub(super) fn view(row: &SqliteRow) -> Result<TenantView, sqlx::Error> {
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
        protected: row.try_get::<i64, _>(11)? != 0,
    })
}

/// The columns of a view as a JSON array holds them.
#[derive(serde::Deserialize)]
struct Packed<'a>(
    #[serde(borrow)] Cow<'a, str>,
    Cow<'a, str>,
    Cow<'a, str>,
    Cow<'a, str>,
    Option<Cow<'a, str>>,
    Cow<'a, str>,
    Cow<'a, str>,
    Cow<'a, str>,
    Option<Cow<'a, str>>,
    i64,
    i64,
    i64,
);

impl Packed<'_> {
    fn view(self) -> Result<TenantView, sqlx::Error> {
        let stored =
            |text: Cow<'_, str>| Json::stored(text.into_owned()).map_err(|error| sqlx::Error::Decode(Box::new(error)));
        Ok(TenantView {
            id: parse(&self.0)?,
            name: parse(&self.1)?,
            tenant_type: parse(&self.2)?,
            provider: parse(&self.3)?,
            region: optional(self.4.as_deref())?,
            state: parse(&self.5)?,
            config: stored(self.6)?,
            resources: stored(self.7)?,
            operation: optional(self.8.as_deref())?,
            created_at: Timestamp::from_millis(self.9),
            updated_at: Timestamp::from_millis(self.10),
            protected: self.11 != 0,
        })
    }
}

fn unpacked<'a, T: serde::Deserialize<'a>>(packed: &'a str) -> Result<T, sqlx::Error> {
    serde_json::from_str(packed).map_err(|error| sqlx::Error::Decode(Box::new(error)))
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

/// A cell that holds a position.
pub(super) fn position(number: i64) -> Result<Position, sqlx::Error> {
    Position::from_sql(number).ok_or_else(|| sqlx::Error::Decode("no such position".into()))
}

/// A cell that may be empty.
pub(super) fn optional<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: Option<&str>,
) -> Result<Option<T>, sqlx::Error> {
    text.map(parse).transpose()
}
