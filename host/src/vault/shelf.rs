//! Secrets that the projects of this machine share, as the password of a server that tenants share: each plugin has a shelf
//! for them, and what has the same id and another maker has another one.

use std::collections::BTreeSet;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use systemprompt_events::{PluginId, SecretName};
use zeroize::Zeroizing;

use super::machine::MachineSecrets;
use super::{VaultError, generate, seal};

/// Taken before anything is read, so that two commands do not take over the same secret at a time.
const BEGIN_WRITE: &str = "begin immediate";

/// Where a plugin's secrets stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shelf(String);

impl Shelf {
    /// Of a plugin that the program carries. What others had before shelves were told apart by maker stands there as well.
    pub fn of_program(plugin: &PluginId) -> Shelf {
        Shelf(plugin.to_string())
    }

    /// Of a plugin that somebody else made.
    pub fn of_maker(plugin: &PluginId, maker: &str) -> Shelf {
        // No id holds a space.
        Shelf(format!("{plugin} {maker}"))
    }

    /// The one on which it was not yet said who made it; none where that was never needed.
    fn unnamed(&self) -> Option<Shelf> {
        self.0.contains(' ').then(|| Shelf(self.plugin().to_owned()))
    }

    /// The id that all of a name have.
    fn plugin(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }
}

impl MachineSecrets {
    /// Newest version of a secret, generated if there is none and `make` says so. None also where what has the same id and
    /// another maker keeps one of this name: it is for what they would share, as a server, which knows that value and no other.
    pub async fn ensure(
        &self,
        place: &Shelf,
        name: &SecretName,
        length: u32,
        make: bool,
    ) -> Result<Option<u32>, VaultError> {
        if !make && !self.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        self.take_over_unnamed(&mut database, place).await?;
        if make {
            let sealed = seal::seal(&self.key()?, &about(place, name.as_str(), 1), generate(length)?.as_bytes())?;
            sqlx::query(
                "insert into secrets(plugin, name, version, sealed) select ?1, ?2, 1, ?3
                 where not exists (select 1 from secrets where name = ?2
                                   and (plugin = ?1 or substr(plugin, 1, length(?4) + 1) = ?4 || ' '))",
            )
            .bind(&place.0)
            .bind(name.as_str())
            .bind(sealed)
            .bind(place.plugin())
            .execute(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        }
        let version: Option<u32> = sqlx::query_scalar("select max(version) from secrets where plugin = ? and name = ?")
            .bind(&place.0)
            .bind(name.as_str())
            .fetch_one(&mut database)
            .await
            .map_err(|source| self.failed(source))?;
        Ok(version)
    }

    /// The value of a secret; None when there is no such version.
    pub async fn value(
        &self,
        place: &Shelf,
        name: &SecretName,
        version: u32,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        if !self.exists() {
            return Ok(None);
        }
        let mut database = self.open().await?;
        self.take_over_unnamed(&mut database, place).await?;
        let sealed: Option<String> =
            sqlx::query_scalar("select sealed from secrets where plugin = ? and name = ? and version = ?")
                .bind(&place.0)
                .bind(name.as_str())
                .bind(version)
                .fetch_optional(&mut database)
                .await
                .map_err(|source| self.failed(source))?;
        let Some(sealed) = sealed else { return Ok(None) };
        Ok(Some(seal::open(&self.key()?, &about(place, name.as_str(), version), &sealed)?))
    }

    /// Values of all secrets of whatever has this id, in all versions: none of them may be shown.
    pub async fn values(&self, plugin: &PluginId) -> Result<Vec<Zeroizing<String>>, VaultError> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let mut database = self.open().await?;
        let rows: Vec<(String, String, u32, String)> = sqlx::query_as(
            "select plugin, name, version, sealed from secrets
             where plugin = ?1 or substr(plugin, 1, length(?1) + 1) = ?1 || ' '",
        )
        .bind(plugin.as_str())
        .fetch_all(&mut database)
        .await
        .map_err(|source| self.failed(source))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.key()?;
        let open = |(place, name, version, sealed): (String, String, u32, String)| {
            let value = seal::open(&key, &about(&Shelf(place), &name, version), &sealed)?;
            Ok(Zeroizing::new(String::from_utf8_lossy(&value).into_owned()))
        };
        rows.into_iter().map(open).collect()
    }

    /// Puts what stands on one shelf on another one, too: with what its user put in its place, a plugin's servers go on. What
    /// stands there already stays.
    pub async fn hand_over(&self, from: &Shelf, to: &Shelf) -> Result<(), VaultError> {
        if !self.exists() {
            return Ok(());
        }
        let mut database = self.open().await?;
        self.take_over_unnamed(&mut database, from).await?;
        self.transfer(&mut database, from, to).await
    }

    /// Destroys all secrets of whatever has this id, but for those on these shelves. Where there are any, what does not say
    /// whose it is stays as well.
    pub async fn forget(&self, plugin: &PluginId, but: &BTreeSet<Shelf>) -> Result<(), VaultError> {
        let mut database = self.open().await?;
        let shelves: Vec<String> = sqlx::query_scalar(
            "select distinct plugin from secrets where plugin = ?1 or substr(plugin, 1, length(?1) + 1) = ?1 || ' '",
        )
        .bind(plugin.as_str())
        .fetch_all(&mut database)
        .await
        .map_err(|source| self.failed(source))?;
        let stays = |place: &Shelf| but.contains(place) || (!but.is_empty() && place.unnamed().is_none());
        for Shelf(place) in shelves.into_iter().map(Shelf).filter(|place| !stays(place)) {
            let forget = sqlx::query("delete from secrets where plugin = ?").bind(place);
            forget.execute(&mut database).await.map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// What was kept when only the id counted is everybody's who has that id, as it was then: it cannot be known whose it was,
    /// and without it nobody could administer the server that it is for.
    async fn take_over_unnamed(&self, database: &mut SqliteConnection, place: &Shelf) -> Result<(), VaultError> {
        match place.unnamed() {
            Some(unnamed) => self.transfer(database, &unnamed, place).await,
            None => Ok(()),
        }
    }

    async fn transfer(&self, database: &mut SqliteConnection, from: &Shelf, to: &Shelf) -> Result<(), VaultError> {
        if from == to || self.standing_on(database, from).await?.is_empty() {
            return Ok(());
        }
        let key = self.key()?;
        let mut transaction = database.begin_with(BEGIN_WRITE).await.map_err(|source| self.failed(source))?;
        for (name, version, sealed) in self.standing_on(&mut transaction, from).await? {
            let value = seal::open(&key, &about(from, &name, version), &sealed)?;
            let sealed = seal::seal(&key, &about(to, &name, version), &value)?;
            sqlx::query("insert into secrets(plugin, name, version, sealed) values(?, ?, ?, ?) on conflict do nothing")
                .bind(&to.0)
                .bind(name)
                .bind(version)
                .bind(sealed)
                .execute(&mut *transaction)
                .await
                .map_err(|source| self.failed(source))?;
        }
        transaction.commit().await.map_err(|source| self.failed(source))
    }

    async fn standing_on(
        &self,
        database: &mut SqliteConnection,
        place: &Shelf,
    ) -> Result<Vec<(String, u32, String)>, VaultError> {
        let query = sqlx::query_as("select name, version, sealed from secrets where plugin = ?").bind(&place.0);
        query.fetch_all(database).await.map_err(|source| self.failed(source))
    }

    fn key(&self) -> Result<seal::Key, VaultError> {
        self.derive("machine secrets")
    }
}

/// What a secret is bound to. On the shelves of the program's own plugins as it always was.
fn about(Shelf(place): &Shelf, name: &str, version: u32) -> String {
    format!("systemprompt/machine-secret/v1/{place}/{name}/{version}")
}

#[cfg(test)]
#[path = "shelf_test.rs"]
mod tests;
