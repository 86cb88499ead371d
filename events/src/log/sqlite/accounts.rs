//! Reading accounts.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteLog, sql_error::log_error, tenants::parse};
use crate::{AccountLogin, AccountView, LogError, PluginId, Position, Timestamp};

impl SqliteLog {
    /// Who is logged in: to one provider, or to all in the order of their ids.
    pub async fn accounts(&mut self, provider: Option<&PluginId>) -> Result<Vec<AccountView>, LogError> {
        let query = sqlx::query(
            "SELECT a.key, a.user, a.organisation, a.expires_at, a.source, a.api_url, a.fields, a.seal_id, a.sealed, \
             e.time, a.valid_from FROM accounts a JOIN events e ON e.position = a.valid_from \
             WHERE a.valid_to IS NULL AND a.key = coalesce(?, a.key) ORDER BY a.key",
        );
        let query = query.bind(provider.map(ToString::to_string));
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }
}

fn view(row: &SqliteRow) -> Result<AccountView, sqlx::Error> {
    let login = AccountLogin {
        user: row.try_get(1)?,
        organisation: row.try_get(2)?,
        expires_at: row.try_get::<Option<i64>, _>(3)?.map(Timestamp::from_millis),
        source: row.try_get(4)?,
        api_url: row.try_get(5)?,
        fields: parse(row.try_get(6)?)?,
        seal_id: parse(row.try_get(7)?)?,
        sealed: row.try_get(8)?,
    };
    let since = Timestamp::from_millis(row.try_get(9)?);
    let position = Position::from_sql(row.try_get(10)?);
    let position = position.ok_or_else(|| sqlx::Error::Decode("an account has no position".into()))?;
    Ok(AccountView { provider: parse(row.try_get(0)?)?, login, since, position })
}
