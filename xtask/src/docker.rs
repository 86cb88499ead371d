//! The Docker engine: whether it answers, and starting it where that is ours to do.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::debian::{is_root, privileged};
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

/// A cold engine on a slow disk takes some seconds; one that needs longer than this has a fault that waiting does not mend.
const START_SECONDS_MAX: u64 = 60;
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The version of the engine that answers, asked through the client so that contexts and `DOCKER_HOST` count.
pub(crate) fn engine() -> Outcome<String> {
    let version = capture(Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]))?;
    Ok(version.trim().to_string())
}

pub(crate) fn is_installed() -> bool {
    find("dockerd").is_some() && find("docker").is_some()
}

/// Starts an installed engine and waits until it answers.
pub(crate) fn start() -> Outcome<String> {
    if Path::new("/run/systemd/system").is_dir() {
        capture(privileged("systemctl")?.args(["start", "docker"]))?;
        return wait(None, "see `systemctl status docker`");
    }
    if !is_root() {
        return Err(Failure::new("the Docker engine does not run; start it: `sudo dockerd`"));
    }
    let log = places::cache()?.join("dockerd.log");
    let file = File::create(&log).map_err(|e| Failure::file("make", &log, &e))?;
    let again = file.try_clone().map_err(|e| Failure::file("open", &log, &e))?;
    let mut command = Command::new(find("dockerd").unwrap_or_else(|| "dockerd".into()));
    // A process group of its own: the engine outlives this chore, and Ctrl-C does not reach it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.stdin(Stdio::null()).stdout(file).stderr(again).spawn();
    let child = child.map_err(|e| Failure::new(format!("cannot start dockerd: {e}")))?;
    wait(Some(child), &format!("see {}", log.display()))
}

fn wait(mut daemon: Option<Child>, advice: &str) -> Outcome<String> {
    let begun = Instant::now();
    loop {
        let answer = engine();
        if answer.is_ok() {
            return answer;
        }
        let ended = daemon.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if let Some(status) = ended {
            return Err(Failure::new(format!("the Docker engine stopped at once ({status}); {advice}")));
        }
        if begun.elapsed() > Duration::from_secs(START_SECONDS_MAX) {
            return answer.map_err(|why| Failure::new(format!("the Docker engine does not answer: {why}; {advice}")));
        }
        std::thread::sleep(ASK_AGAIN);
    }
}
