//! What the log's write transaction does in SQL.

use std::{collections::BTreeSet, mem, path::Path, str::FromStr};

use sqlx::{Sqlite, SqliteConnection};

use super::{
    beginning::{self, Kept},
    projected, row,
    script::Script,
    sql_error::log_error,
    tenants::parse,
    turns,
};
use crate::{
    CommandId, LogError, PluginId, Position, ProfileId, ProfileName, Receipt, ShellId, Stream, TenantId, TenantName,
    log::record::{Batch, Beginning, Transaction},
    projection::Folded,
};

/// An open write transaction.
pub(super) struct SqliteTransaction<'a> {
    pub(super) transaction: sqlx::Transaction<'a, Sqlite>,
    pub(super) path: &'a Path,
    /// Types that occur in the log already.
    pub(super) kinds: BTreeSet<(String, u32)>,
    /// What need not be read again.
    pub(super) kept: Kept,
}

impl Transaction for SqliteTransaction<'_> {
    async fn begin(&mut self, command_id: CommandId, streams: Vec<Stream>) -> Result<Beginning, LogError> {
        let kept = mem::take(&mut self.kept);
        let (beginning, kinds) =
            beginning::read(self.transaction.as_mut(), self.path, command_id, streams, kept).await?;
        self.kinds = kinds;
        Ok(beginning)
    }

    async fn load(&mut self, stream: &Stream) -> Result<Folded, LogError> {
        beginning::load_one(self.transaction.as_mut(), self.path, stream).await
    }

    async fn tenant_named(&mut self, name: &TenantName) -> Result<Option<TenantId>, LogError> {
        let query = sqlx::query_scalar("SELECT key FROM tenants WHERE name = ? AND valid_to IS NULL");
        let query = query.bind(name.as_str().to_owned());
        let key: Option<String> = query.fetch_optional(self.connection()).await.map_err(self.log_error())?;
        key.map(|key| parse(&key).map_err(self.log_error())).transpose()
    }

    async fn profile_named(&mut self, name: &ProfileName) -> Result<Option<ProfileId>, LogError> {
        let named = self.keys("SELECT key FROM profiles WHERE name = ? AND valid_to IS NULL", name.as_str()).await?;
        Ok(named.into_iter().next())
    }

    async fn profiles_of(&mut self, tenant: &TenantId) -> Result<Vec<ProfileId>, LogError> {
        self.keys("SELECT key FROM profiles WHERE tenant = ? AND valid_to IS NULL ORDER BY key", tenant.as_str()).await
    }

    async fn tenants_at(&mut self, plugin: &PluginId) -> Result<Vec<TenantId>, LogError> {
        let query = "SELECT key FROM tenants WHERE provider = ?1 AND valid_to IS NULL UNION \
                     SELECT key FROM aside WHERE provider = ?1 AND valid_to IS NULL";
        self.keys(query, plugin.as_str()).await
    }

    async fn shells_in(&mut self, tenant: &TenantId) -> Result<Vec<ShellId>, LogError> {
        self.keys("SELECT key FROM shells WHERE tenant = ? AND valid_to IS NULL ORDER BY key", tenant.as_str()).await
    }

    async fn write(&mut self, batch: Batch) -> Result<(), LogError> {
        self.write_all(&batch).await.map_err(self.log_error())?;
        let head = batch.head;
        self.kept = Kept::new(&head, batch.into_states());
        Ok(())
    }
}

impl SqliteTransaction<'_> {
    /// Commits what was written; where nothing was, nothing has to reach the disk.
    pub(super) async fn end(self, receipt: &Receipt) -> Result<Kept, LogError> {
        let log_error = log_error(self.path);
        let ended = if receipt.replayed || receipt.first.is_none() {
            self.transaction.rollback().await
        } else {
            self.transaction.commit().await
        };
        ended.map(|()| self.kept).map_err(log_error)
    }

    /// The keys that a query with one argument finds.
    async fn keys<T>(&mut self, query: &'static str, argument: &str) -> Result<Vec<T>, LogError>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        let query = sqlx::query_scalar(query).bind(argument.to_owned());
        let keys: Vec<String> = query.fetch_all(self.connection()).await.map_err(self.log_error())?;
        keys.iter().map(|key| parse(key).map_err(self.log_error())).collect()
    }

    fn connection(&mut self) -> &mut SqliteConnection {
        self.transaction.as_mut()
    }

    fn log_error(&self) -> impl Fn(sqlx::Error) -> LogError {
        log_error(self.path)
    }

    async fn write_all(&mut self, batch: &Batch) -> Result<(), sqlx::Error> {
        let new = batch.records.iter().map(|(recorded, _)| (recorded.kind.to_owned(), recorded.schema));
        let new: BTreeSet<_> = new.filter(|kind| !self.kinds.contains(kind)).collect();
        let events: Vec<_> = batch.records.iter().map(|(_, stored)| stored).collect();
        let mut script = Script::new(self.transaction.as_mut());
        row::insert(&mut script, &events).await?;
        projected::write(&mut script, &batch.changes).await?;
        insert_kinds(&mut script, &new).await?;
        turns::insert(&mut script, batch.turn.as_slice()).await?;
        let receipt = batch.receipt();
        let chain = script.statement().push("UPDATE chain SET position = ").push_bind(sql(receipt.last));
        chain.push(", hash = ").push_bind(batch.head.hash.as_bytes().to_vec());
        script.end(1).await?;
        script.statement().push("INSERT INTO receipts ").push_values([&receipt], |mut row, receipt| {
            row.push_bind(receipt.command_id.uuid().as_bytes().to_vec());
            row.push_bind(batch.digest.as_bytes().to_vec());
            row.push_bind(sql(receipt.first)).push_bind(sql(receipt.last));
        });
        script.end(1).await?;
        script.run().await
    }
}

/// Notes types that occur for the first time.
async fn insert_kinds(script: &mut Script<'_>, kinds: &BTreeSet<(String, u32)>) -> Result<(), sqlx::Error> {
    if kinds.is_empty() {
        return Ok(());
    }
    script.statement().push("INSERT INTO kinds ").push_values(kinds, |mut row, (kind, schema)| {
        row.push_bind(kind.clone()).push_bind(*schema);
    });
    script.end(kinds.len()).await
}

fn sql(position: Option<Position>) -> i64 {
    position.map_or(0, Position::sql)
}
