//! Where each log of this user lives on this machine, so that a copy of a project is not taken for the project.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use sqlx::Row;
use systemprompt_events::LogId;

use super::VaultError;
use super::machine::MachineSecrets;

/// A project directory as this machine knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its canonical path.
    pub dir: PathBuf,
    /// Device and inode, which a rename does not change.
    pub inode: (u64, u64),
}

impl MachineSecrets {
    /// Where the log lives; None before its first use here.
    pub async fn home(&self, log: LogId) -> Result<Option<Home>, VaultError> {
        if !self.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        let query = sqlx::query("select dir, device, inode from homes where log = ?").bind(log.to_string());
        let row = query.fetch_optional(&mut database).await.map_err(|source| self.failed(source))?;
        let Some(row) = row else { return Ok(None) };
        let columns = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        let (dir, device, inode): (Vec<u8>, i64, i64) = columns().map_err(|source| self.failed(source))?;
        let inode = (device.cast_unsigned(), inode.cast_unsigned());
        Ok(Some(Home { dir: PathBuf::from(OsString::from_vec(dir)), inode }))
    }

    /// The directories in which logs of this user were used.
    pub async fn homes(&self) -> Result<Vec<PathBuf>, VaultError> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let mut database = self.open().await?;
        let query = sqlx::query_scalar("select dir from homes order by dir");
        let dirs: Vec<Vec<u8>> = query.fetch_all(&mut database).await.map_err(|source| self.failed(source))?;
        Ok(dirs.into_iter().map(|dir| PathBuf::from(OsString::from_vec(dir))).collect())
    }

    /// Notes where the log lives from now on.
    pub async fn set_home(&self, log: LogId, home: &Home) -> Result<(), VaultError> {
        let mut database = self.open().await?;
        sqlx::query("insert or replace into homes(log, dir, device, inode) values(?, ?, ?, ?)")
            .bind(log.to_string())
            .bind(home.dir.as_os_str().as_bytes().to_vec())
            .bind(home.inode.0.cast_signed())
            .bind(home.inode.1.cast_signed())
            .execute(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        Ok(())
    }
}
