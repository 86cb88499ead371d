//! What this user keeps for all projects of this machine: shared secrets (`shelf`), what they have allowed, and where each
//! project lives (`homes`).

use std::path::{Path, PathBuf};

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use systemprompt_events::Digest;

use super::VaultError;
use super::master::MasterKey;
use super::seal;

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
}
