//! Reading plugins.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteLog,
    sql_error::log_error,
    tenants::{optional, parse},
};
use crate::{Grant, LogError, PluginId, PluginView, Timestamp};

/// The columns of [`view`], and the rows that hold now.
macro_rules! plugins {
    ($rest:literal) => {
        concat!(
            "SELECT p.key, p.version, p.hash, p.world, p.capabilities, p.source, p.description, g.hash, ",
            "g.capabilities, g.mac, p.publisher, e.time FROM plugins p ",
            "LEFT JOIN grants g ON g.key = p.key AND g.valid_to IS NULL ",
            "LEFT JOIN events e ON e.position = g.valid_from ",
            "WHERE p.valid_to IS NULL ",
            $rest
        )
    };
}

impl SqliteLog {
    /// The plugins that are known, by id.
    pub async fn plugins(&mut self) -> Result<Vec<PluginView>, LogError> {
        let query = sqlx::query(plugins!("ORDER BY p.key"));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }

    /// A plugin by its id.
    pub async fn plugin(&mut self, id: &PluginId) -> Result<Option<PluginView>, LogError> {
        let query = sqlx::query(plugins!("AND p.key = ?")).bind(id.to_string());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map(|row| view(&row).map_err(log_error(&self.path))).transpose()
    }
}

fn view(row: &SqliteRow) -> Result<PluginView, sqlx::Error> {
    let grant = match (optional(row.try_get(7)?)?, row.try_get::<Option<&str>, _>(8)?, row.try_get(9)?) {
        (Some(hash), Some(capabilities), Some(mac)) => Some(Grant { hash, capabilities: list(capabilities)?, mac }),
        _ => None,
    };
    Ok(PluginView {
        id: parse(row.try_get(0)?)?,
        version: row.try_get(1)?,
        hash: parse(row.try_get(2)?)?,
        world: row.try_get(3)?,
        capabilities: list(row.try_get(4)?)?,
        source: row.try_get(5)?,
        description: parse(row.try_get(6)?)?,
        grant,
        publisher: row.try_get(10)?,
        granted_at: row.try_get::<Option<i64>, _>(11)?.map(Timestamp::from_millis),
    })
}

fn list(text: &str) -> Result<Vec<String>, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
