//! Where a cluster's files are.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::account::Account;
use crate::backend::{BackendError, Surroundings, is_full};

/// A path of a socket fits into 104 bytes everywhere (108 on Linux), with the NUL that ends it.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// The longest name of a server's socket in its directory, with the slash before it.
const SOCKET_NAME_BYTES: usize = "/.s.PGSQL.65535".len();

/// Names of clusters are short, for they become part of a socket's path.
const NAME_BYTES_MAX: usize = 40;

/// The paths of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The directory of all clusters.
    pub(super) root: PathBuf,
    /// The cluster's own.
    pub(super) home: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) log_file: PathBuf,
    pub(super) settings: PathBuf,
    pub(super) record: PathBuf,
    /// What unfinished clusters of this name are called, up to a random end.
    pub(super) unfinished: String,
}

impl Layout {
    pub(super) fn new(root: PathBuf, name: &str, surroundings: &Surroundings) -> Result<Self, BackendError> {
        check_name(name)?;
        check_root(&root)?;
        let home = root.join(name);
        Ok(Self {
            data: home.join("data"),
            socket: socket_dir(&home, surroundings.runtime_dir.as_deref()),
            log_file: home.join("log/postgres.log"),
            settings: home.join("postgresql.conf"),
            record: home.join("cluster.json"),
            unfinished: format!(".{name}.new-"),
            home,
            root,
        })
    }

    /// Makes the directory of clusters, such that the account's servers can reach theirs.
    pub(super) fn prepare_root(&self, account: &Account) -> Result<(), BackendError> {
        let missing: Vec<&Path> = self.root.ancestors().take_while(|directory| !directory.exists()).collect();
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(account.passage());
        builder.create(&self.root).map_err(|error| unusable(&self.root, &error))?;
        for directory in missing {
            // Whatever the umask took away.
            std::fs::set_permissions(directory, Permissions::from_mode(account.passage()))
                .map_err(|error| unusable(directory, &error))?;
        }
        let Account::Other { uid, gid } = *account else { return Ok(()) };
        for directory in self.root.ancestors() {
            let found = directory.metadata().map_err(|error| unusable(directory, &error))?;
            if !passable(found.mode(), found.uid() == uid, found.gid() == gid) {
                let message = format!("the server's user cannot pass through `{}`", directory.display());
                return Err(BackendError::refused("cluster-root-unreachable", message).help(format!(
                    "set `SYSTEMPROMPT_DATA_DIR` to a directory that every user can pass through, or run `chmod o+x {}`",
                    directory.display()
                )));
            }
        }
        Ok(())
    }

    /// Makes the socket's directory again where it has gone, as directories of a session or in /tmp do.
    pub(super) fn prepare_socket(&self, account: &Account) -> Result<(), BackendError> {
        match make_dir(&self.socket, 0o700).and_then(|()| account.own(&self.socket)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unusable(&self.socket, &error)),
            Ok(()) => return Ok(()),
        }
        // Somebody else may have been first in /tmp.
        let found = self.socket.symlink_metadata().map_err(|error| unusable(&self.socket, &error))?;
        if found.is_dir() && found.uid() == account.uid() && !open_to_others(found.mode()) {
            return Ok(());
        }
        let message = format!("`{}` is not a directory that the server alone can enter", self.socket.display());
        Err(BackendError::refused("socket-dir-unsafe", message)
            .help(format!("look at it with `ls -ld {}`", self.socket.display())))
    }
}

impl Account {
    /// The mode of a directory that the account passes through, and that is not its own.
    pub(super) fn passage(&self) -> u32 {
        match self {
            Self::Own => 0o700,
            Self::Other { .. } => 0o711,
        }
    }
}

/// Makes a directory with exactly this mode, whatever the umask is.
pub(super) fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Writes a directory's entries to disk.
pub(super) fn sync_dir(path: &Path) -> Result<(), BackendError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(|error| unusable(path, &error))
}

/// What to tell when a file of a cluster cannot be read or written.
pub(super) fn unusable(path: &Path, error: &io::Error) -> BackendError {
    let message = format!("could not use `{}`: {error}", path.display());
    if is_full(error) {
        return BackendError::disk_full(message);
    }
    let is_forbidden = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem].contains(&error.kind());
    let code = if is_forbidden { "permission-denied" } else { "file-unusable" };
    BackendError::refused(code, message).help(format!("look at it with `ls -ld {}`", path.display()))
}

fn check_name(name: &str) -> Result<(), BackendError> {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits && (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.starts_with('-') {
        return Ok(());
    }
    let message =
        format!("a cluster's name is 1 to {NAME_BYTES_MAX} of `a-z`, `0-9`, `-`, and does not begin with `-`");
    Err(BackendError::refused("invalid-name", message))
}

/// The path stands in a configuration file, which has no way to write some characters.
fn check_root(root: &Path) -> Result<(), BackendError> {
    let plain = root.to_str().is_some_and(|text| !text.chars().any(char::is_control));
    if root.is_absolute() && plain {
        return Ok(());
    }
    let message = "the directory of clusters is an absolute path in UTF-8 without control characters";
    Err(BackendError::refused("invalid-directory", message))
}

/// Beside the data, or where that path is too long for a socket, in the user's session or in /tmp.
fn socket_dir(home: &Path, runtime_dir: Option<&Path>) -> PathBuf {
    let fits = |path: &Path| path.as_os_str().len() + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES_MAX;
    let digest = hex::encode(&Sha256::digest(home.as_os_str().as_bytes())[..8]);
    let name = format!("systemprompt-{digest}");
    let session = runtime_dir.map(|directory| directory.join(&name));
    let candidates = [Some(home.join("socket")), session];
    candidates.into_iter().flatten().find(|path| fits(path)).unwrap_or_else(|| Path::new("/tmp").join(name))
}

/// Whether anybody but the owner may do anything.
fn open_to_others(mode: u32) -> bool {
    mode & 0o077 != 0
}

/// Whether a user may pass through a directory of that mode.
fn passable(mode: u32, owns: bool, in_group: bool) -> bool {
    let bit = if owns {
        0o100
    } else if in_group {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(root: &str, runtime_dir: Option<&str>) -> Layout {
        let surroundings = Surroundings { runtime_dir: runtime_dir.map(PathBuf::from), ..Surroundings::default() };
        Layout::new(root.into(), "main", &surroundings).unwrap()
    }

    #[test]
    fn a_socket_lies_beside_its_data_unless_that_path_is_too_long() {
        assert_eq!(layout("/data", None).socket, Path::new("/data/main/socket"));
        let deep = format!("/{}", "d".repeat(90));
        assert!(layout(&deep, Some("/run/user/1000")).socket.starts_with("/run/user/1000"));
        assert!(layout(&deep, Some(&deep)).socket.starts_with("/tmp"));
        assert_ne!(layout(&deep, None).socket, layout(&format!("{deep}e"), None).socket);
    }

    #[test]
    fn names_and_directories_that_could_mislead_are_refused() {
        let new = |root: &str, name: &str| Layout::new(root.into(), name, &Surroundings::default());
        for name in ["", "..", "a/b", "A", "-D", "a b", &"a".repeat(41)] {
            assert_eq!(new("/data", name).unwrap_err().code, "invalid-name", "{name:?}");
        }
        for root in ["data", "/da\nta"] {
            assert_eq!(new(root, "main").unwrap_err().code, "invalid-directory", "{root:?}");
        }
    }

    #[test]
    fn passing_needs_the_bit_of_the_class_that_one_is_in() {
        assert!(passable(0o711, false, false) && passable(0o710, false, true) && passable(0o100, true, false));
        assert!(!passable(0o700, false, false) && !passable(0o701, false, true) && !passable(0o077, true, true));
    }
}
