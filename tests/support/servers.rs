//! The PostgreSQL servers that a sandbox started, found by what they wrote into their data directories.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::Sandbox;

/// PostgreSQL gives its processes 5 seconds before it kills them itself.
const END_MAX: Duration = Duration::from_secs(10);

const ASK_AGAIN: Duration = Duration::from_millis(10);

/// A server that runs.
#[derive(Debug, Clone)]
pub struct Server {
    pid: Pid,
    /// Its data directory.
    pub data: PathBuf,
}

impl Server {
    /// The servers whose data lies somewhere below a directory.
    pub fn all_below(dir: &Path) -> Vec<Server> {
        Sandbox::files_below(dir).iter().filter_map(|file| Server::of(file)).collect()
    }

    fn of(file: &Path) -> Option<Server> {
        let data = file.parent().filter(|_| file.ends_with("postmaster.pid"))?;
        let pid: u32 = fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()?;
        let server = Server { pid: Pid::from_raw(pid.try_into().ok()?)?, data: data.to_owned() };
        // The file outlives a server that was killed, and then its number may be another process's.
        server.words().contains(&server.data).then_some(server)
    }

    /// Whether its process is there. One that ends has lost its command line already, but not yet its number.
    pub fn runs(&self) -> bool {
        let words = self.words();
        test_kill_process(self.pid).is_ok() && (words == [Path::new("")] || words.contains(&self.data))
    }

    /// The command line of whatever process has its number.
    fn words(&self) -> Vec<PathBuf> {
        let line = fs::read(format!("/proc/{}/cmdline", self.pid.as_raw_nonzero())).unwrap_or_default();
        line.split(|byte| *byte == 0).map(|word| PathBuf::from(OsStr::from_bytes(word))).collect()
    }

    /// Number of its process.
    pub fn number(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends it a signal; it may be gone already.
    pub fn signal(&self, signal: Signal) {
        let _gone_meanwhile = kill_process(self.pid, signal);
    }

    /// Ends it without caring for its data, and waits until it has gone.
    pub fn end(&self) {
        self.signal(Signal::QUIT);
        let begun = Instant::now();
        while self.runs() {
            if begun.elapsed() > END_MAX {
                return self.signal(Signal::KILL);
            }
            std::thread::sleep(ASK_AGAIN);
        }
    }
}
