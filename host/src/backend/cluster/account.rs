//! As whom a server runs: as this user, but for root, who steps down to the system's user `postgres`.

use std::fs::File;
use std::path::Path;

use crate::backend::BackendError;

/// The user that every package of PostgreSQL makes.
const SERVER_USER: &str = "postgres";

/// Where local users stand; one for servers is local everywhere.
const USERS: &str = "/etc/passwd";

/// A user to run servers as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user that runs this program.
    Own,
    /// Another, to whom root steps down.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// The user that servers of this process run as.
    pub(super) fn of_servers() -> Result<Self, BackendError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        // A user without privileges that others share, such as `nobody`, would share the data too.
        let users = std::fs::read_to_string(USERS).unwrap_or_default();
        find_user(&users, SERVER_USER).ok_or_else(|| {
            let message = format!("PostgreSQL does not run as root, and there is no user `{SERVER_USER}` to run it as");
            BackendError::refused("server-user-missing", message)
                .help(format!("make one with `useradd --system --user-group --no-create-home {SERVER_USER}`"))
        })
    }

    /// Makes a path the account's.
    pub(super) fn own(self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => std::os::unix::fs::chown(path, Some(uid), Some(gid)),
        }
    }

    /// Makes an open file the account's: what its path leads to by then does not matter.
    pub(super) fn own_file(self, file: &File) -> std::io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => std::os::unix::fs::fchown(file, Some(uid), Some(gid)),
        }
    }

    /// Its number.
    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Own => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => uid,
        }
    }
}

/// Finds a user other than root in the text of `/etc/passwd`.
fn find_user(users: &str, name: &str) -> Option<Account> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    let (uid, gid) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (uid != 0).then_some(Account::Other { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_user_is_found_by_its_whole_name_and_is_never_root() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:7::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(find_user(users, "postgres"), Some(Account::Other { uid: 101, gid: 104 }));
        assert_eq!(find_user(users, "nobody"), None);
        assert_eq!(find_user(users, "root"), None);
        assert_eq!(find_user("postgres:x:abc", "postgres"), None);
    }
}
