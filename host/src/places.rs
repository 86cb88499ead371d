//! Where things are kept on this machine, outside any project.

use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::backend::machine_lock::MachineLock;
use crate::backend::{BackendError, Progress, Surroundings};
use crate::vault::keyring;
use crate::vault::master::MasterKey;

/// Names the directory of keys and servers.
const DATA_DIR: &str = "SYSTEMPROMPT_DATA_DIR";
/// Names the directory of what can be made again.
const CACHE_DIR: &str = "SYSTEMPROMPT_CACHE_DIR";
/// Root has no home that another user could enter, and its PostgreSQL runs as another user.
const ROOT_DATA: &str = "/var/lib/systemprompt";
/// Root's home may be another user's, kept by `sudo`; code that root runs is not cached where that user can put it.
const ROOT_CACHE: &str = "/var/cache/systemprompt";
/// Keys, and the secrets that projects share.
const VAULT: &str = "vault";
/// How long a command waits for another that changes what the machine shares.
const LOCK_WAIT: Duration = Duration::from_mins(2);

/// A directory that is named by a variable and that every working directory would take for another one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is `{}`, which is not an absolute path", crate::text::shown(dir))]
pub struct Relative {
    /// Which variable.
    pub variable: &'static str,
    /// What it says.
    pub dir: PathBuf,
}

/// Refuses variables that do not say where the directories are.
pub fn check_variables(look_up: &dyn Fn(&str) -> Option<OsString>) -> Result<(), Relative> {
    let relative = [DATA_DIR, CACHE_DIR].into_iter().find_map(|variable| {
        let dir = look_up(variable).map(PathBuf::from).filter(|dir| !dir.is_absolute())?;
        Some(Relative { variable, dir })
    });
    relative.map_or(Ok(()), Err)
}

/// Directories of this user on this machine.
#[derive(Debug, Clone)]
pub struct Places {
    data: PathBuf,
    cache: PathBuf,
    surroundings: Surroundings,
    master: MasterKey,
}

impl Places {
    /// Reads `SYSTEMPROMPT_DATA_DIR`, `SYSTEMPROMPT_CACHE_DIR`, `SYSTEMPROMPT_KEYRING`, and the platform's own rules. None without a home.
    pub fn find(look_up: &dyn Fn(&str) -> Option<OsString>, is_root: bool) -> Option<Places> {
        let base = etcetera::choose_base_strategy().ok();
        let data = match look_up(DATA_DIR) {
            Some(dir) => PathBuf::from(dir),
            None if is_root => PathBuf::from(ROOT_DATA),
            None => base.as_ref()?.data_dir().join("systemprompt"),
        };
        let cache = match look_up(CACHE_DIR) {
            Some(dir) => PathBuf::from(dir),
            None if is_root => PathBuf::from(ROOT_CACHE),
            None => base.as_ref()?.cache_dir().join("systemprompt"),
        };
        let master = MasterKey::new(data.join(VAULT), keyring::may_be_there(look_up));
        Some(Places { data, cache, surroundings: Surroundings::from_lookup(look_up), master })
    }

    /// Makes the directory of all that is kept. Root's can be passed through, by the user that its PostgreSQL runs as.
    pub fn make(&self, is_root: bool) -> std::io::Result<()> {
        if self.data.is_dir() {
            return Ok(());
        }
        let mode = if is_root { 0o711 } else { 0o700 };
        std::fs::DirBuilder::new().recursive(true).mode(mode).create(&self.data)?;
        // Whatever the umask took away.
        std::fs::set_permissions(&self.data, std::fs::Permissions::from_mode(mode))
    }

    /// Master key and the secrets that projects share.
    pub fn vault(&self) -> PathBuf {
        self.data.join(VAULT)
    }

    /// The directory of all that is kept.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// This user's master key, read at most once.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// PostgreSQL clusters of the native provider.
    pub fn clusters(&self) -> PathBuf {
        self.data.join("clusters")
    }

    /// Plugins that this user installed, by id and hash.
    pub fn plugins(&self) -> PathBuf {
        self.data.join("plugins")
    }

    /// Compiled components.
    pub fn components(&self) -> PathBuf {
        self.cache.join("components")
    }

    /// What the backends need of the environment.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Keeps every other process of this machine from changing the named thing, for as long as the lock lives.
    pub async fn lock_machine(&self, name: &str, progress: &dyn Progress) -> Result<MachineLock, BackendError> {
        let dir = self.data.join("locks");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|error| {
            BackendError::refused("lock-unusable", format!("could not make `{}`: {error}", dir.display()))
        })?;
        MachineLock::acquire(&dir, name, LOCK_WAIT, progress).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_keeps_clusters_where_their_servers_can_reach_them() {
        let places = |is_root, named: Option<&'static str>| {
            let look_up = move |name: &str| named.filter(|_| name == "SYSTEMPROMPT_DATA_DIR").map(OsString::from);
            Places::find(&look_up, is_root).map(|places| places.clusters())
        };
        assert_eq!(places(true, None), Some(PathBuf::from("/var/lib/systemprompt/clusters")));
        assert_eq!(places(true, Some("/srv/x")), Some(PathBuf::from("/srv/x/clusters")));
        assert!(places(false, None).is_none_or(|dir| dir.ends_with("systemprompt/clusters")));
    }

    #[test]
    fn a_directory_that_depends_on_the_working_directory_is_refused() {
        let check = |variable: &'static str, dir: &'static str| {
            check_variables(&move |name: &str| (name == variable).then(|| OsString::from(dir)))
        };
        for variable in [DATA_DIR, CACHE_DIR] {
            assert_eq!(check(variable, "rel/x"), Err(Relative { variable, dir: PathBuf::from("rel/x") }));
            assert_eq!(check(variable, "/abs/x"), Ok(()));
        }
        assert_eq!(check("OTHER", "rel"), Ok(()));
    }

    #[test]
    fn root_caches_no_code_in_a_home_that_may_be_another_users() {
        let components = |is_root, named: Option<&'static str>| {
            let look_up = move |name: &str| named.filter(|_| name == "SYSTEMPROMPT_CACHE_DIR").map(OsString::from);
            Places::find(&look_up, is_root).map(|places| places.components())
        };
        assert_eq!(components(true, None), Some(PathBuf::from("/var/cache/systemprompt/components")));
        assert_eq!(components(true, Some("/srv/x")), Some(PathBuf::from("/srv/x/components")));
    }
}
