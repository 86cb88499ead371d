//! Data keys of a project's accounts, in `keys.db` beside those of its tenants, wrapped by the master key.

use std::path::PathBuf;

use sqlx::sqlite::SqliteConnection;
use systemprompt_events::PluginId;

use super::VaultError;
use super::keys::close;
use super::master::MasterKey;
use super::seal::{self, Key, SealError};

const SCHEMA: &str = "create table if not exists account_keys(provider text primary key, wrapped text not null) strict";

/// The keys of one project's accounts.
#[derive(Clone)]
pub struct AccountKeys {
    path: PathBuf,
    master: MasterKey,
}

impl AccountKeys {
    /// The keys in this file, which is made with the first key.
    pub fn new(path: PathBuf, master: MasterKey) -> AccountKeys {
        AccountKeys { path, master }
    }

    /// A new key: what the one before it sealed can never be read again.
    pub async fn renew(&self, provider: &PluginId) -> Result<Key, VaultError> {
        let (wrapping, key) = (self.master.derive("account keys")?, seal::new_key()?);
        let wrapped = seal::seal(&wrapping, &about(provider), key.as_slice())?;
        let mut database = self.open().await?;
        let query = sqlx::query("insert or replace into account_keys(provider, wrapped) values(?, ?)");
        let query = query.bind(provider.as_str()).bind(wrapped);
        query.execute(&mut database).await.map_err(|source| self.failed(source))?;
        close(database).await;
        Ok(key)
    }

    /// The key; none where nobody logged in here, or under another master key, as in a project from elsewhere.
    pub async fn key(&self, provider: &PluginId) -> Result<Option<Key>, VaultError> {
        if !self.path.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        let wrapped: Option<String> = sqlx::query_scalar("select wrapped from account_keys where provider = ?")
            .bind(provider.as_str())
            .fetch_optional(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        close(database).await;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let wrapping = self.master.derive("account keys")?;
        match seal::open_key(&wrapping, &about(provider), &wrapped) {
            Ok(key) => Ok(Some(key)),
            Err(SealError::DoesNotOpen) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets the key, and leaves no trace of it in the file.
    pub async fn destroy(&self, provider: &PluginId) -> Result<(), VaultError> {
        if !self.path.exists() {
            return Ok(());
        }
        let mut database = self.open().await?;
        let forget = sqlx::query("delete from account_keys where provider = ?").bind(provider.as_str());
        forget.execute(&mut database).await.map_err(|source| self.failed(source))?;
        sqlx::query("vacuum").execute(&mut database).await.map_err(|source| self.failed(source))?;
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

fn about(provider: &PluginId) -> String {
    format!("systemprompt/account-key/v1/{provider}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_login_forgets_the_key_of_the_one_before_and_logging_out_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let keys =
            |vault: &str| AccountKeys::new(dir.path().join("keys.db"), MasterKey::in_dir(dir.path().join(vault)));
        let fly: PluginId = "fly".parse().unwrap();
        assert!(keys("mine").key(&fly).await.unwrap().is_none());
        let first = keys("mine").renew(&fly).await.unwrap();
        assert_eq!(*keys("mine").key(&fly).await.unwrap().unwrap(), *first);
        let second = keys("mine").renew(&fly).await.unwrap();
        assert_ne!(*first, *second);
        assert_eq!(*keys("mine").key(&fly).await.unwrap().unwrap(), *second);
        assert!(keys("theirs").key(&fly).await.unwrap().is_none(), "another user's master key opens nothing");
        keys("mine").destroy(&fly).await.unwrap();
        assert!(keys("mine").key(&fly).await.unwrap().is_none());
    }
}
