//! Where things are kept on this machine, outside any project.

use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::backend::machine_lock::MachineLock;
use crate::backend::{BackendError, Progress, Surroundings};

/// Root has no home that another user could enter, and its PostgreSQL runs as another user.
const ROOT_DATA: &str = "/var/lib/systemprompt";
/// How long a command waits for another that changes what the machine shares.
const LOCK_WAIT: Duration = Duration::from_mins(2);

/// Directories of this user on this machine.
#[derive(Debug, Clone)]
pub struct Places {
    data: PathBuf,
    cache: PathBuf,
    surroundings: Surroundings,
}

impl Places {
    /// Reads `SYSTEMPROMPT_DATA_DIR`, `SYSTEMPROMPT_CACHE_DIR`, and the platform's own rules. None without a home.
    pub fn find(look_up: &dyn Fn(&str) -> Option<OsString>, is_root: bool) -> Option<Places> {
        let base = etcetera::choose_base_strategy().ok();
        let data = match look_up("SYSTEMPROMPT_DATA_DIR") {
            Some(dir) => PathBuf::from(dir),
            None if is_root => PathBuf::from(ROOT_DATA),
            None => base.as_ref()?.data_dir().join("systemprompt"),
        };
        let cache = match look_up("SYSTEMPROMPT_CACHE_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => base.as_ref()?.cache_dir().join("systemprompt"),
        };
        Some(Places { data, cache, surroundings: Surroundings::from_lookup(look_up) })
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
        self.data.join("vault")
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
}
