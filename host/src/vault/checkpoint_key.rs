//! The key with which this user signs checkpoints of their histories: one for all of them, made at its first use.
//!
//! The newest one signs. Of older ones, the public half stays known, so that what they signed stays this user's.

use sqlx::SqliteConnection;
use systemprompt_events::LogId;
use systemprompt_events::proof::{Checkpoint, Signer};
use zeroize::Zeroizing;

use super::VaultError;
use super::machine::MachineSecrets;
use super::seal;

/// What the key that seals it is derived for.
const PURPOSE: &str = "checkpoint keys";

impl MachineSecrets {
    /// What signs checkpoints of a log, made if there is none.
    pub async fn checkpoint_signer(&self, log: LogId) -> Result<Signer, VaultError> {
        let mut database = self.open().await?;
        let mut found = self.newest_checkpoint_key(&mut database).await?;
        if found.is_none() {
            let (public, sealed) = self.fresh_checkpoint_key(log)?;
            // Of two processes that make one at once, both take the first.
            let insert = "insert into checkpoint_keys(public, sealed) select ?, ?
                 where not exists (select 1 from checkpoint_keys)";
            let insert = sqlx::query(insert).bind(public).bind(sealed);
            insert.execute(&mut database).await.map_err(|source| self.failed(source))?;
            found = self.newest_checkpoint_key(&mut database).await?;
        }
        let (public, sealed) = found.ok_or_else(|| self.failed(sqlx::Error::RowNotFound))?;
        let seed = seal::open(&self.derive(PURPOSE)?, &about(&public), &sealed)?;
        let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| seal::SealError::Format)?;
        let seed = Zeroizing::new(seed);
        Ok(signer(log, &seed))
    }

    /// The public halves of all keys that this user ever had here.
    pub async fn checkpoint_keys(&self) -> Result<Vec<[u8; 32]>, VaultError> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let mut database = self.open().await?;
        let query = sqlx::query_scalar("select public from checkpoint_keys");
        let found: Vec<String> = query.fetch_all(&mut database).await.map_err(|source| self.failed(source))?;
        let bytes = |public: &String| -> Option<[u8; 32]> { hex::decode(public).ok()?.try_into().ok() };
        Ok(found.iter().filter_map(bytes).collect())
    }

    /// Public half and sealed seed.
    async fn newest_checkpoint_key(
        &self,
        database: &mut SqliteConnection,
    ) -> Result<Option<(String, String)>, VaultError> {
        let query = sqlx::query_as("select public, sealed from checkpoint_keys order by number desc limit 1");
        query.fetch_optional(database).await.map_err(|source| self.failed(source))
    }

    fn fresh_checkpoint_key(&self, log: LogId) -> Result<(String, String), VaultError> {
        let seed = seal::new_key()?;
        let public = hex::encode(signer(log, &seed).public());
        let sealed = seal::seal(&self.derive(PURPOSE)?, &about(&public), seed.as_slice())?;
        Ok((public, sealed))
    }
}

/// The name of a key is that of the log, so that a signature says which log it is about.
fn signer(log: LogId, seed: &[u8; 32]) -> Signer {
    Signer::new(&Checkpoint::origin_of(log), seed).expect("BUG: the name of a log is one of a key")
}

fn about(public: &str) -> String {
    format!("systemprompt/checkpoint-key/v1/{public}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::master::MasterKey;

    fn log(number: u128) -> LogId {
        LogId::new(uuid::Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn the_key_is_made_once_and_its_secret_is_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let open = || MachineSecrets::new(dir.path().join("machine.db"), MasterKey::in_dir(dir.path().to_path_buf()));
        assert!(open().checkpoint_keys().await.unwrap().is_empty());
        let first = open().checkpoint_signer(log(1)).await.unwrap();
        let again = open().checkpoint_signer(log(1)).await.unwrap();
        assert_eq!(first.verifier(), again.verifier());
        assert_eq!(open().checkpoint_keys().await.unwrap(), [first.public()]);
        // One key for all logs, under the name of each.
        let other = open().checkpoint_signer(log(2)).await.unwrap();
        assert_eq!(other.public(), first.public());
        assert_ne!(other.verifier(), first.verifier());
    }

    #[tokio::test]
    async fn without_the_master_key_nothing_is_signed_and_no_other_key_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let with = |master: &str| {
            MachineSecrets::new(dir.path().join("machine.db"), MasterKey::in_dir(dir.path().join(master)))
        };
        let first = with("one").checkpoint_signer(log(1)).await.unwrap();
        assert!(matches!(with("another").checkpoint_signer(log(1)).await, Err(VaultError::Seal(_))));
        assert_eq!(with("another").checkpoint_keys().await.unwrap(), [first.public()]);
    }
}
