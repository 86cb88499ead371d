//! What this user keeps for all projects of this machine: shared secrets, by plugin, what they have allowed, and where
//! each project lives.

use std::path::{Path, PathBuf};

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use systemprompt_events::{Digest, PluginId, SecretName};
use zeroize::Zeroizing;

use super::VaultError;
use super::master::MasterKey;
use super::{generate, seal};

const SCHEMA: &str = "create table if not exists secrets(
    plugin text not null, name text not null, version integer not null, sealed text not null,
    primary key(plugin, name, version)) strict;
    create table if not exists allowed(digest text primary key) strict;
    create table if not exists taken_back(mac text primary key) strict;
    create table if not exists homes(
        log text primary key, dir blob not null, device integer not null, inode integer not null) strict;
    create table if not exists checkpoint_keys(
        number integer primary key, public text not null unique, sealed text not null) strict";

/// The machine's part of the vault.
#[derive(Clone)]
pub struct MachineSecrets {
    path: PathBuf,
    master: MasterKey,
}

impl MachineSecrets {
    /// The secrets in this file, which is made with the first one.
    pub fn new(path: PathBuf, master: MasterKey) -> MachineSecrets {
        MachineSecrets { path, master }
    }

    /// Newest version of a secret, generated if there is none and `make` says so.
    pub async fn ensure(
        &self,
        plugin: &PluginId,
        name: &SecretName,
        length: u32,
        make: bool,
    ) -> Result<Option<u32>, VaultError> {
        if !make && !self.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        if make {
            let key = self.master.derive("machine secrets")?;
            let sealed = seal::seal(&key, &about(plugin, name.as_str(), 1), generate(length)?.as_bytes())?;
            sqlx::query(
                "insert into secrets(plugin, name, version, sealed) select ?1, ?2, 1, ?3
                 where not exists (select 1 from secrets where plugin = ?1 and name = ?2)",
            )
            .bind(plugin.as_str())
            .bind(name.as_str())
            .bind(sealed)
            .execute(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        }
        let version: Option<u32> = sqlx::query_scalar("select max(version) from secrets where plugin = ? and name = ?")
            .bind(plugin.as_str())
            .bind(name.as_str())
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        Ok(version)
    }

    /// The value of a secret; None when there is no such version.
    pub async fn value(
        &self,
        plugin: &PluginId,
        name: &SecretName,
        version: u32,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        if !self.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        let sealed: Option<String> =
            sqlx::query_scalar("select sealed from secrets where plugin = ? and name = ? and version = ?")
                .bind(plugin.as_str())
                .bind(name.as_str())
                .bind(version)
                .fetch_optional(&mut database)
                .await
                .map_err(|source| self.failed(source))?;
        let Some(sealed) = sealed else { return Ok(None) };
        let key = self.master.derive("machine secrets")?;
        Ok(Some(seal::open(&key, &about(plugin, name.as_str(), version), &sealed)?))
    }

    /// Values of all secrets of a plugin, in all versions.
    pub async fn values(&self, plugin: &PluginId) -> Result<Vec<Zeroizing<String>>, VaultError> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let mut database = open_private(&self.path, SCHEMA).await?;
        let rows: Vec<(String, u32, String)> =
            sqlx::query_as("select name, version, sealed from secrets where plugin = ?")
                .bind(plugin.as_str())
                .fetch_all(&mut database)
                .await
                .map_err(|source| self.failed(source))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.master.derive("machine secrets")?;
        let open = |(name, version, sealed): (String, u32, String)| {
            let value = seal::open(&key, &about(plugin, &name, version), &sealed)?;
            Ok(Zeroizing::new(String::from_utf8_lossy(&value).into_owned()))
        };
        rows.into_iter().map(open).collect()
    }

    /// Remembers that this user allows what has this digest.
    pub async fn allow(&self, digest: &Digest) -> Result<(), VaultError> {
        let mut database = self.open().await?;
        sqlx::query("insert into allowed(digest) values(?) on conflict do nothing")
            .bind(digest.to_string())
            .execute(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        Ok(())
    }

    /// Whether this user allowed what has this digest.
    pub async fn is_allowed(&self, digest: &Digest) -> Result<bool, VaultError> {
        if !self.exists() {
            return Ok(false);
        }
        let mut database = self.open().await?;
        sqlx::query_scalar("select exists(select 1 from allowed where digest = ?)")
            .bind(digest.to_string())
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))
    }

    /// Remembers that a grant with this MAC counts no longer.
    pub async fn take_back(&self, mac: &str) -> Result<(), VaultError> {
        self.change("insert into taken_back(mac) values(?) on conflict do nothing", mac).await
    }

    /// Forgets that.
    pub async fn give_again(&self, mac: &str) -> Result<(), VaultError> {
        self.change("delete from taken_back where mac = ?", mac).await
    }

    /// Whether a grant with this MAC counts no longer.
    pub async fn is_taken_back(&self, mac: &str) -> Result<bool, VaultError> {
        if !self.exists() {
            return Ok(false);
        }
        let mut database = self.open().await?;
        sqlx::query_scalar("select exists(select 1 from taken_back where mac = ?)")
            .bind(mac)
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))
    }

    /// Destroys all secrets of a plugin.
    pub async fn forget(&self, plugin: &PluginId) -> Result<(), VaultError> {
        self.change("delete from secrets where plugin = ?", plugin.as_str()).await
    }

    async fn change(&self, statement: &'static str, about: &str) -> Result<(), VaultError> {
        let mut database = self.open().await?;
        let changed = sqlx::query(statement).bind(about).execute(&mut database).await;
        changed.map(|_| ()).map_err(|source| self.failed(source))
    }

    /// Whether anything was ever kept.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The database, made if there is none.
    pub(super) async fn open(&self) -> Result<SqliteConnection, VaultError> {
        open_private(&self.path, SCHEMA).await
    }

    /// A key for one purpose.
    pub(super) fn derive(&self, purpose: &str) -> Result<seal::Key, VaultError> {
        self.master.derive(purpose)
    }

    pub(super) fn failed(&self, source: sqlx::Error) -> VaultError {
        VaultError::Database { path: self.path.clone(), source }
    }
}

fn about(plugin: &PluginId, name: &str, version: u32) -> String {
    format!("systemprompt/machine-secret/v1/{plugin}/{name}/{version}")
}

/// Opens a small database that only its user can read, from the first byte; deleted content is overwritten.
pub(super) async fn open_private(path: &Path, schema: &'static str) -> Result<SqliteConnection, VaultError> {
    crate::files::make_private(path).map_err(|source| VaultError::File { path: path.to_path_buf(), source })?;
    let failed = |source| VaultError::Database { path: path.to_path_buf(), source };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Delete)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "on")
        .busy_timeout(std::time::Duration::from_secs(10));
    let mut database = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    sqlx::raw_sql(schema).execute(&mut database).await.map_err(failed)?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_was_allowed_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineSecrets::new(dir.path().join("machine.db"), MasterKey::in_dir(dir.path().to_path_buf()));
        assert!(!machine.is_allowed(&Digest::of(b"x")).await.unwrap());
        machine.allow(&Digest::of(b"x")).await.unwrap();
        assert!(machine.is_allowed(&Digest::of(b"x")).await.unwrap());
        assert!(!machine.is_allowed(&Digest::of(b"y")).await.unwrap());
    }

    #[tokio::test]
    async fn a_shared_secret_is_generated_once_and_kept_apart_by_plugin() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = MachineSecrets::new(dir.path().join("machine.db"), MasterKey::in_dir(dir.path().to_path_buf()));
        let (docker, native): (PluginId, PluginId) = ("docker".parse().unwrap(), "native".parse().unwrap());
        let name: SecretName = "admin".parse().unwrap();
        assert_eq!(secrets.ensure(&docker, &name, 32, false).await.unwrap(), None);
        assert_eq!(secrets.ensure(&docker, &name, 32, true).await.unwrap(), Some(1));
        let value = secrets.value(&docker, &name, 1).await.unwrap().unwrap();
        assert_eq!(secrets.ensure(&docker, &name, 32, true).await.unwrap(), Some(1));
        assert_eq!(*secrets.value(&docker, &name, 1).await.unwrap().unwrap(), *value);
        assert!(secrets.value(&native, &name, 1).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_a_plugin_had_is_gone_with_it_and_the_next_one_gets_another() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = MachineSecrets::new(dir.path().join("machine.db"), MasterKey::in_dir(dir.path().to_path_buf()));
        let (acme, native): (PluginId, PluginId) = ("acme".parse().unwrap(), "native".parse().unwrap());
        let name: SecretName = "admin".parse().unwrap();
        for plugin in [&acme, &native] {
            secrets.ensure(plugin, &name, 32, true).await.unwrap();
        }
        let before = secrets.value(&acme, &name, 1).await.unwrap().unwrap();
        secrets.forget(&acme).await.unwrap();
        assert_eq!(secrets.ensure(&acme, &name, 32, false).await.unwrap(), None);
        secrets.ensure(&acme, &name, 32, true).await.unwrap();
        assert_ne!(*secrets.value(&acme, &name, 1).await.unwrap().unwrap(), *before);
        assert!(secrets.value(&native, &name, 1).await.unwrap().is_some());
    }
}
