//! Data keys of a project's tenants, in `keys.db` beside the log, wrapped by the master key.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use systemprompt_events::TenantId;

use super::VaultError;
use super::master::{Kept, MasterKey};
use super::seal::{self, Key};

const SCHEMA: &str = "create table if not exists keys(tenant text primary key, wrapped text not null) strict";

/// The keys of one project.
#[derive(Clone)]
pub struct ProjectKeys {
    path: PathBuf,
    master: MasterKey,
}

/// The data keys of a project.
#[derive(Default)]
pub struct DataKeys {
    /// Those that this user's master key opens.
    pub usable: HashMap<TenantId, Key>,
    /// Whose key another master key wraps.
    pub of_another: HashSet<TenantId>,
}

impl ProjectKeys {
    /// The keys in this file, which is made with the first key.
    pub fn new(path: PathBuf, master: MasterKey) -> ProjectKeys {
        ProjectKeys { path, master }
    }

    /// The tenant's key, made if wanted; of two processes that make it at once, both get the first.
    pub async fn key(&self, tenant: &TenantId, make: bool) -> Result<Option<Key>, VaultError> {
        if !make && !self.path.exists() {
            return Ok(None);
        }
        let wrapping = self.master.derive("tenant keys")?;
        let mut database = self.open().await?;
        if make {
            let wrapped = seal::seal(&wrapping, &about(tenant), seal::new_key()?.as_slice())?;
            sqlx::query("insert into keys(tenant, wrapped) values(?, ?) on conflict do nothing")
                .bind(tenant.as_str())
                .bind(wrapped)
                .execute(&mut database)
                .await
                .map_err(|source| self.failed(source))?;
        }
        let wrapped: Option<String> = sqlx::query_scalar("select wrapped from keys where tenant = ?")
            .bind(tenant.as_str())
            .fetch_optional(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        close(database).await;
        Ok(wrapped.map(|wrapped| seal::open_key(&wrapping, &about(tenant), &wrapped)).transpose()?)
    }

    /// All keys that this user's master key opens; none is made for that, as it would open nothing.
    pub async fn all(&self) -> Result<HashMap<TenantId, Key>, VaultError> {
        if !self.is_file() || self.master.kept()? == Kept::Nowhere {
            return Ok(HashMap::new());
        }
        let database = self.open().await?;
        Ok(self.read(database).await?.usable)
    }

    /// All keys, without a change of their file; only what a writer left half-done is taken back, without which nobody can
    /// read it.
    pub async fn look(&self) -> Result<DataKeys, VaultError> {
        if !self.is_file() {
            return Ok(DataKeys::default());
        }
        match self.look_read_only().await {
            Err(VaultError::Database { source, .. }) if is_for_a_writer(&source) => self.read(self.open().await?).await,
            looked => looked,
        }
    }

    async fn look_read_only(&self) -> Result<DataKeys, VaultError> {
        let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        let mut database = SqliteConnection::connect_with(&options).await.map_err(|source| self.failed(source))?;
        // Whoever made the file may have been stopped before it had a table.
        let has_table = sqlx::query_scalar("select exists(select 1 from sqlite_schema where name = 'keys')");
        if !has_table.fetch_one(&mut database).await.map_err(|source| self.failed(source))? {
            return Ok(DataKeys::default());
        }
        self.read(database).await
    }

    /// A link may lead to what is no file of keys, and would get a table.
    fn is_file(&self) -> bool {
        self.path.symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    async fn read(&self, mut database: SqliteConnection) -> Result<DataKeys, VaultError> {
        let packed: String = sqlx::query_scalar("select json_group_array(json_array(tenant, wrapped)) from keys")
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        close(database).await;
        let damaged = |reason: String| VaultError::Damaged { path: self.path.clone(), reason };
        let rows: Vec<(String, String)> = serde_json::from_str(&packed).map_err(|error| damaged(error.to_string()))?;
        // Without a master key, none is made to look with: another one wraps them all.
        let wrapping =
            if self.master.kept()? == Kept::Nowhere { None } else { Some(self.master.derive("tenant keys")?) };
        let mut keys = DataKeys::default();
        for (tenant, wrapped) in rows {
            let tenant: TenantId = tenant.parse().map_err(|_| damaged("a tenant's id is not one".to_owned()))?;
            match wrapping.as_ref().map(|wrapping| seal::open_key(wrapping, &about(&tenant), &wrapped)) {
                Some(Ok(key)) => drop(keys.usable.insert(tenant, key)),
                Some(Err(_)) | None => drop(keys.of_another.insert(tenant)),
            }
        }
        Ok(keys)
    }

    /// The tenants that have a key; no master key is needed to tell.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, VaultError> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let mut database = self.open().await?;
        let packed: String = sqlx::query_scalar("select json_group_array(tenant) from keys")
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        close(database).await;
        let damaged = |reason: String| VaultError::Damaged { path: self.path.clone(), reason };
        let tenants: Vec<String> = serde_json::from_str(&packed).map_err(|error| damaged(error.to_string()))?;
        let parsed = |tenant: String| tenant.parse().map_err(|_| damaged("a tenant's id is not one".to_owned()));
        tenants.into_iter().map(parsed).collect()
    }

    /// Forgets the key, and leaves no trace of it in the file.
    pub async fn destroy(&self, tenant: &TenantId) -> Result<(), VaultError> {
        if !self.path.exists() {
            return Ok(());
        }
        let mut database = self.open().await?;
        for statement in ["delete from keys where tenant = ?", "vacuum"] {
            let query = sqlx::query(statement);
            let query = if statement.starts_with("delete") { query.bind(tenant.as_str()) } else { query };
            query.execute(&mut database).await.map_err(|source| self.failed(source))?;
        }
        close(database).await;
        Ok(())
    }

    async fn open(&self) -> Result<SqliteConnection, VaultError> {
        super::machine::open_private(&self.path, SCHEMA).await
    }

    fn failed(&self, source: sqlx::Error) -> VaultError {
        VaultError::Database { path: self.path.clone(), source }
    }
}

/// Whether a database is such that it cannot be read without a right to write, as it is with a journal that was left.
fn is_for_a_writer(error: &sqlx::Error) -> bool {
    /// `SQLITE_READONLY`; what is more exact is in the bytes above.
    const READ_ONLY: u32 = 8;
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == READ_ONLY)
}

fn about(tenant: &TenantId) -> String {
    format!("systemprompt/tenant-key/v1/{tenant}")
}

/// An error at closing loses nothing: what was written is committed.
pub(super) async fn close(database: SqliteConnection) {
    let _closed: Result<(), sqlx::Error> = database.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(dir: &std::path::Path) -> ProjectKeys {
        ProjectKeys::new(dir.join("keys.db"), MasterKey::in_dir(dir.join("vault")))
    }

    #[tokio::test]
    async fn a_tenant_has_one_key_until_it_is_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let tenant: TenantId = "local_19bff27604c".parse().unwrap();
        assert!(keys(dir.path()).key(&tenant, false).await.unwrap().is_none());
        let first = keys(dir.path()).key(&tenant, true).await.unwrap().unwrap();
        let again = keys(dir.path()).key(&tenant, true).await.unwrap().unwrap();
        assert_eq!(*first, *again);
        assert_eq!(keys(dir.path()).tenants().await.unwrap(), std::slice::from_ref(&tenant));
        keys(dir.path()).destroy(&tenant).await.unwrap();
        assert!(keys(dir.path()).key(&tenant, false).await.unwrap().is_none());
        assert!(keys(dir.path()).tenants().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_key_of_another_master_is_not_taken_for_one_that_is_missing() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tenant: TenantId = "local_19bff27604c".parse().unwrap();
        keys(dir.path()).key(&tenant, true).await.unwrap();
        std::fs::copy(dir.path().join("keys.db"), other.path().join("keys.db")).unwrap();
        // Before there is a master key, and with another one.
        for _ in 0..2 {
            let looked = keys(other.path()).look().await.unwrap();
            assert!(!looked.usable.contains_key(&tenant) && looked.of_another.contains(&tenant));
            keys(other.path()).key(&"local_other".parse().unwrap(), true).await.unwrap();
        }
        let looked = keys(dir.path()).look().await.unwrap();
        assert!(looked.usable.contains_key(&tenant) && looked.of_another.is_empty());
    }

    #[tokio::test]
    async fn keys_whose_writer_was_stopped_half_way_are_looked_at() {
        let (dir, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tenant: TenantId = "local_19bff27604c".parse().unwrap();
        let kept = keys(dir.path()).key(&tenant, true).await.unwrap().unwrap();
        let mut writer = keys(dir.path()).open().await.unwrap();
        let change = "pragma cache_size = 1; begin immediate; delete from keys; with recursive n(i) as (select 1 union all \
            select i + 1 from n where i < 1000) insert into keys select 'local_' || i, hex(zeroblob(200)) from n";
        sqlx::raw_sql(change).execute(&mut writer).await.unwrap();
        for name in ["keys.db", "keys.db-journal"] {
            std::fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
        }
        let left = ProjectKeys::new(crashed.path().join("keys.db"), MasterKey::in_dir(dir.path().join("vault")));
        let refused = left.look_read_only().await.map(|_| ()).unwrap_err();
        assert!(matches!(&refused, VaultError::Database { source, .. } if is_for_a_writer(source)), "{refused:?}");
        let looked = left.look().await.unwrap();
        assert_eq!(looked.usable.get(&tenant), Some(&kept));
        assert!(looked.usable.len() == 1 && looked.of_another.is_empty());
    }

    #[tokio::test]
    async fn looking_at_keys_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(keys(dir.path()).look().await.unwrap().usable.is_empty());
        assert!(!dir.path().join("keys.db").exists());
        std::fs::write(dir.path().join("keys.db"), "").unwrap();
        assert!(keys(dir.path()).look().await.unwrap().usable.is_empty());
        assert_eq!(std::fs::metadata(dir.path().join("keys.db")).unwrap().len(), 0);
    }
}
