//! The same rows without the model: what sqlx needs for them at the least, with nothing decided, chained or checked.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use uuid::Uuid;

use crate::{Outcome, selection};

const EVENT: &str = "
INSERT INTO events (id, stream, version, type, schema, time, actor, host, cli, command, command_id, correlation_id,
    causation_id, payload, hash)
VALUES (?, 'project', (SELECT max(version) FROM events WHERE stream = 'project') + 1, 'TenantSelected', 1, ?, ?, ?, ?,
    ?, ?, ?, NULL, ?, ?)";

/// An open log, and two tenants of it.
pub(crate) struct BareLog {
    connection: SqliteConnection,
    tenants: [String; 2],
}

impl BareLog {
    /// Opens the file with the log's own settings.
    pub(crate) async fn open(path: &Path) -> Outcome<Self> {
        let options = SqliteConnectOptions::new().filename(path).synchronous(SqliteSynchronous::Full);
        let mut connection = options.pragma("wal_autocheckpoint", "0").connect().await?;
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT key FROM tenants WHERE valid_to IS NULL AND key NOT IN (SELECT tenant FROM selection \
             WHERE valid_to IS NULL) ORDER BY created_at, key LIMIT 2",
        )
        .fetch_all(&mut connection)
        .await?;
        let tenants = found.try_into().map_err(|_| "this needs a log with three tenants")?;
        Ok(Self { connection, tenants })
    }

    /// Writes what the model writes when the other of the two is selected.
    pub(crate) async fn select_next(&mut self) -> Outcome {
        self.tenants.swap(0, 1);
        let tenant = &self.tenants[0];
        let who = selection::provenance("cloud tenant select");
        let (id, command_id, hash) = (id(), id(), id().repeat(2));
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let event = sqlx::query(EVENT).bind(id).bind(selection::now()?.millis()).bind(who.actor).bind(who.host);
        let event = event.bind(who.cli).bind(format!("{:?}", who.argv)).bind(command_id.clone()).bind(self::id());
        let event = event.bind(format!("{{\"tenant\":\"{tenant}\"}}")).bind(hash.clone());
        let position = event.execute(&mut *transaction).await?.last_insert_rowid();
        let close = "UPDATE selection SET valid_to = ? WHERE key = 'selected' AND valid_to IS NULL";
        sqlx::query(close).bind(position).execute(&mut *transaction).await?;
        let open = "INSERT INTO selection VALUES ('selected', ?, ?, NULL)";
        sqlx::query(open).bind(tenant).bind(position).execute(&mut *transaction).await?;
        let chain = "UPDATE chain SET position = ?, hash = ?";
        sqlx::query(chain).bind(position).bind(hash.clone()).execute(&mut *transaction).await?;
        let receipt = sqlx::query("INSERT INTO receipts VALUES (?, ?, ?, ?)").bind(command_id).bind(hash);
        receipt.bind(position).bind(position).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}

fn id() -> Vec<u8> {
    Uuid::now_v7().as_bytes().to_vec()
}
