//! The server's main process, as its file `postmaster.pid` tells of it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{Pid, Signal};

use super::layout::Layout;

/// A server that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: Pid,
    /// Whether it accepts connections.
    pub(super) ready: bool,
    /// Where it listens.
    pub(super) port: Option<u16>,
}

impl Postmaster {
    /// The server of a cluster, if it is alive. A file that a crash left behind tells of nobody.
    pub(super) fn find(layout: &Layout) -> Option<Self> {
        let text = std::fs::read_to_string(layout.data.join("postmaster.pid")).ok()?;
        parse(&text).filter(|postmaster| is_alive(postmaster.pid, &layout.data))
    }

    /// Forgets a process that a crash left in the file and whose number somebody has now.
    ///
    /// The server does so itself, but for a number that is in use by its own user again, or by a process that died and
    /// that nobody waits for. Only where no process works in the data directory is that certain.
    pub(super) fn forget_dead(layout: &Layout) -> bool {
        works_in(&layout.data) == Some(false) && std::fs::remove_file(layout.data.join("postmaster.pid")).is_ok()
    }

    /// Asks it to end its connections and stop.
    pub(super) fn interrupt(self) -> rustix::io::Result<()> {
        rustix::process::kill_process(self.pid, Signal::INT)
    }
}

/// Line 1 is the process, line 4 the port, line 8 what it is at: `starting`, `stopping`, `ready` or `standby`.
fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = Pid::from_raw(lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?)?;
    let port = lines.nth(2).and_then(|port| port.trim().parse().ok());
    let ready = lines.nth(3).is_some_and(|status| status.trim() == "ready");
    Some(Postmaster { pid, ready, port })
}

/// After a restart of the machine the number may be another program's; a server works in its data directory.
fn is_alive(pid: Pid, data: &Path) -> bool {
    if rustix::process::test_kill_process(pid).is_err() {
        return false;
    }
    if !Path::new("/proc/self/cwd").exists() {
        return true;
    }
    match std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())) {
        Ok(directory) => data.canonicalize().is_ok_and(|data| directory == data),
        // As root in a container, which may not look at processes of another user: that it lives is all there is to know.
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    }
}

/// Whether any process works in a directory; none where the system does not tell.
fn works_in(directory: &Path) -> Option<bool> {
    let directory = directory.canonicalize().ok()?;
    let owner = directory.metadata().ok()?.uid();
    let processes = std::fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
    if !Path::new("/proc/self/cwd").exists() {
        return None;
    }
    let mut hidden = false;
    for process in processes {
        match std::fs::read_link(process.join("cwd")) {
            Ok(place) if place == directory => return Some(true),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                let is_owners = process.metadata().is_ok_and(|meta| meta.uid() == owner);
                let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
                hidden |= is_owners && name.trim() == "postgres";
            }
            Ok(_) | Err(_) => {}
        }
    }
    // A server of the directory's owner that may not be looked at may be the one.
    (!hidden).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_tells_process_and_state() {
        let text = |status| format!("4242\n/data\n1700000000\n5432\n/socket\n127.0.0.1\n  5432001  1\n{status}\n");
        let ready = parse(&text("ready   ")).unwrap();
        assert_eq!((ready.pid.as_raw_nonzero().get(), ready.ready, ready.port), (4242, true, Some(5432)));
        assert!(!parse(&text("starting")).unwrap().ready);
        assert!(!parse("4242\n/data\n").unwrap().ready);
        for text in ["", "x\n", "0\n", "-1\n", "1\n"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn processes_are_found_by_where_they_work() {
        if cfg!(target_os = "linux") {
            let unused = tempfile::tempdir().unwrap();
            assert_eq!(works_in(unused.path()), Some(false));
            assert_eq!(works_in(&std::env::current_dir().unwrap()), Some(true));
        }
    }

    #[test]
    fn another_program_with_that_number_is_not_the_server() {
        let data = tempfile::tempdir().unwrap();
        let own = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(!cfg!(target_os = "linux") || !is_alive(own, data.path()));
        assert!(!cfg!(target_os = "linux") || is_alive(own, &std::env::current_dir().unwrap()));
    }
}
