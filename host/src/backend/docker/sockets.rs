//! The sockets where engines of this machine usually answer.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::backend::Surroundings;

/// In the home directory: Docker Desktop's two, Colima's two, `OrbStack`'s and Rancher Desktop's.
const IN_HOME: [&str; 6] = [
    ".docker/run/docker.sock",
    ".docker/desktop/docker.sock",
    ".colima/default/docker.sock",
    ".config/colima/default/docker.sock",
    ".orbstack/run/docker.sock",
    ".rd/docker.sock",
];

/// The system's engine first, then this user's own, then Podman's two.
///
/// Nobody but root can put a socket into the system's directories. Elsewhere one that is somebody else's is passed over:
/// whoever answers there would be told passwords.
pub(super) fn usual(surroundings: &Surroundings, uid: u32) -> Vec<PathBuf> {
    let runtime_dir = surroundings.runtime_dir.clone().unwrap_or_else(|| format!("/run/user/{uid}").into());
    let mut own = vec![runtime_dir.join("docker.sock")];
    own.extend(surroundings.home.iter().flat_map(|home| IN_HOME.map(|place| home.join(place))));
    own.push(runtime_dir.join("podman/podman.sock"));
    own.retain(|socket| !is_strangers(socket, uid));
    let mut all = vec![PathBuf::from("/var/run/docker.sock")];
    all.extend(own);
    all.push(PathBuf::from("/run/podman/podman.sock"));
    all
}

fn is_strangers(socket: &Path, uid: u32) -> bool {
    socket.metadata().is_ok_and(|found| found.uid() != uid && found.uid() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_comes_before_podman_and_the_systems_before_the_users() {
        let found = usual(&Surroundings::default(), 1000);
        assert_eq!(found.first().unwrap(), Path::new("/var/run/docker.sock"));
        assert!(found.contains(&"/run/user/1000/podman/podman.sock".into()));
        let home = Surroundings { home: Some("/home/me".into()), ..Surroundings::default() };
        assert!(usual(&home, 1000).contains(&"/home/me/.colima/default/docker.sock".into()));
    }

    #[test]
    fn a_strangers_socket_in_a_directory_of_the_user_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join(".docker/run/docker.sock");
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let surroundings = Surroundings { home: Some(home.path().to_owned()), ..Surroundings::default() };
        let owner = rustix::process::geteuid().as_raw();
        assert!(usual(&surroundings, owner).contains(&socket));
        assert_eq!(usual(&surroundings, owner + 1).contains(&socket), owner == 0, "root's word counts for everybody");
    }
}
