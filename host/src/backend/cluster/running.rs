//! Starting a cluster such that it outlives this program, and stopping it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::account::Account;
use super::layout::{Layout, unusable};
use super::postmaster::Postmaster;
use super::program::{self, cannot_run};
use super::record::{Record, replace};
use super::settings;
use crate::backend::{BackendError, Progress, last_lines, line_of_full_disk, port};

/// A server that was killed first recovers what it had promised, which may take a while.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A fast stop writes out what is pending.
const STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// A new server is ready in some 50 ms, so waiting in small steps is felt.
const POLL: Duration = Duration::from_millis(5);

/// How often a start is tried anew: for another port, or for what a killed server left behind.
const STARTS_MAX: u32 = 20;

/// Between two starts while processes of a killed server are ending.
const ENDING: Duration = Duration::from_millis(250);

/// A log that has grown beyond this is put aside at the next start; one older log is kept.
const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Most of a log that is read for an error.
const TAIL_BYTES: u64 = 16 * 1024;

/// Lines of the log that an error quotes.
const QUOTED_LINES: usize = 6;

/// What the server says when another program listens on its port.
const PORT_IN_USE: &str = "Address already in use";

/// What it says while processes of a killed server have not ended yet.
const STILL_ENDING: &str = "pre-existing shared memory block";

/// What it says when it takes another program for a server of this cluster.
const FOREIGN_PROCESS: &str = "lock file \"postmaster.pid\" already exists";

/// Starts the server and waits until it accepts connections.
pub(super) async fn start(
    layout: &Layout,
    record: &mut Record,
    account: &Account,
    progress: &dyn Progress,
) -> Result<(), BackendError> {
    layout.prepare_socket(account)?;
    rotate_log(layout)?;
    progress.report(&format!("starting PostgreSQL {}", record.version), 0, 0);
    for _ in 0..STARTS_MAX {
        // What a server is started with is written down before it starts, and so survives whoever starts it.
        record.save(&layout.record)?;
        let attempt = if port::is_free(record.port) {
            start_once(layout, record, *account, progress).await?
        } else {
            Attempt::PortTaken
        };
        match attempt {
            Attempt::Up => return settle(layout, record, progress).await,
            // Of a command that was killed: its server comes up only now, and the port is its own.
            Attempt::PortTaken | Attempt::Ending if Postmaster::find(layout).is_some() => {
                return settle(layout, record, progress).await;
            }
            Attempt::PortTaken if record.started => return Err(port_taken(record.port)),
            // Nobody knows its address yet.
            Attempt::PortTaken => record.port = port::any_free()?,
            Attempt::Ending => sleep(ENDING).await,
        }
    }
    Err(exited(layout, 0))
}

/// Waits for a server that was started, now or before, and writes down that it was: addresses may name its port.
pub(super) async fn settle(layout: &Layout, record: &mut Record, progress: &dyn Progress) -> Result<(), BackendError> {
    await_ready(layout, progress).await?;
    if record.started {
        return Ok(());
    }
    // Where it listens is what counts, whatever was meant.
    if let Some(port) = Postmaster::find(layout).and_then(|postmaster| postmaster.port) {
        record.port = port;
    }
    record.started = true;
    record.save(&layout.record)
}

async fn await_ready(layout: &Layout, progress: &dyn Progress) -> Result<(), BackendError> {
    let begin = Instant::now();
    while begin.elapsed() < START_TIMEOUT {
        match Postmaster::find(layout) {
            Some(postmaster) if postmaster.ready => return Ok(()),
            Some(_) => progress.report("waiting for PostgreSQL to start", begin.elapsed().as_secs(), 0),
            None => return Err(exited(layout, 0)),
        }
        sleep(POLL).await;
    }
    Err(not_ready(layout))
}

/// Stops the server, and waits until it is gone.
pub(super) async fn stop(layout: &Layout, progress: &dyn Progress) -> Result<(), BackendError> {
    let begin = Instant::now();
    let Some(postmaster) = Postmaster::find(layout) else { return Ok(()) };
    progress.report("stopping PostgreSQL", 0, 0);
    postmaster.interrupt().map_err(|error| unusable(&layout.data.join("postmaster.pid"), &error.into()))?;
    while Postmaster::find(layout).is_some_and(|found| found.pid == postmaster.pid) {
        if begin.elapsed() >= STOP_TIMEOUT {
            let message = format!("the server did not stop within {} s", STOP_TIMEOUT.as_secs());
            return Err(BackendError::retryable("cluster-not-stopping", message)
                .help(format!("look at its log with `tail {}`", layout.log_file.display())));
        }
        sleep(POLL).await;
    }
    Ok(())
}

/// The error for a server that is gone, quoting what it printed from `offset` on.
pub(super) fn exited(layout: &Layout, offset: u64) -> BackendError {
    let said = tail(&layout.log_file, offset).unwrap_or_default();
    let quoted =
        if said.is_empty() { String::new() } else { format!("; it last said:\n{}", last_lines(&said, QUOTED_LINES)) };
    if let Some(line) = line_of_full_disk(&said) {
        return BackendError::disk_full(format!("the PostgreSQL server does not run: {line}"));
    }
    BackendError::refused("cluster-exited", format!("the PostgreSQL server does not run{quoted}"))
        .help(format!("look at its log with `tail -n 50 {}`", layout.log_file.display()))
}

/// What one start came to.
enum Attempt {
    Up,
    PortTaken,
    /// Something of a killed server was in the way, and is ending or has been removed.
    Ending,
}

async fn start_once(
    layout: &Layout,
    record: &Record,
    account: Account,
    progress: &dyn Progress,
) -> Result<Attempt, BackendError> {
    replace(&layout.settings, settings::text(layout, record).as_bytes(), 0o644)?;
    let log = open_log(&layout.log_file).map_err(|error| unusable(&layout.log_file, &error))?;
    let offset = log.metadata().map_or(0, |found| found.len());
    let mut server = spawn(layout, record, account, &log)?;
    let begin = Instant::now();
    while begin.elapsed() < START_TIMEOUT {
        if Postmaster::find(layout).is_some_and(|postmaster| postmaster.ready) {
            return Ok(Attempt::Up);
        }
        if !matches!(server.try_wait(), Ok(None)) {
            return after_exit(layout, offset);
        }
        progress.report("waiting for PostgreSQL to start", begin.elapsed().as_secs(), START_TIMEOUT.as_secs());
        sleep(POLL).await;
    }
    Err(not_ready(layout))
}

/// What a server that ended at once leaves to do.
fn after_exit(layout: &Layout, offset: u64) -> Result<Attempt, BackendError> {
    let said = tail(&layout.log_file, offset).unwrap_or_default();
    if said.contains(PORT_IN_USE) {
        Ok(Attempt::PortTaken)
    } else if said.contains(STILL_ENDING) || said.contains(FOREIGN_PROCESS) && is_passing(layout) {
        Ok(Attempt::Ending)
    } else {
        Err(exited(layout, offset))
    }
}

/// Whether the process that keeps a server from starting is the server itself, or was nobody and is forgotten now.
fn is_passing(layout: &Layout) -> bool {
    Postmaster::find(layout).is_some() || Postmaster::forget_dead(layout)
}

/// Starts the server with nothing of ours in its hands but the log, out of reach of this terminal's signals.
fn spawn(layout: &Layout, record: &Record, account: Account, log: &File) -> Result<Child, BackendError> {
    let program = record.bin_dir.join("postgres");
    let mut command = detached(&program, account, &layout.data);
    command.arg("-D").arg(&layout.data).arg("-c").arg(setting("config_file", &layout.settings));
    let handle = || log.try_clone().map_err(|error| unusable(&layout.log_file, &error));
    command.stdout(handle()?).stderr(handle()?).kill_on_drop(false);
    command.spawn().map_err(|error| cannot_run(&program, &error))
}

/// A session of its own where the system has a program for that, else a process group of its own.
fn detached(program: &Path, account: Account, directory: &Path) -> Command {
    for setsid in ["/usr/bin/setsid", "/bin/setsid"].map(Path::new) {
        if setsid.is_file() {
            let mut command = program::command(setsid, account, directory);
            command.arg(program);
            return command;
        }
    }
    let mut command = program::command(program, account, directory);
    command.process_group(0);
    command
}

fn setting(name: &str, value: &Path) -> std::ffi::OsString {
    let mut setting = std::ffi::OsString::from(format!("{name}="));
    setting.push(value);
    setting
}

fn rotate_log(layout: &Layout) -> Result<(), BackendError> {
    let large = layout.log_file.metadata().is_ok_and(|found| found.len() > LOG_BYTES_MAX);
    if !large {
        return Ok(());
    }
    let aside = layout.log_file.with_extension("log.1");
    std::fs::rename(&layout.log_file, &aside).map_err(|error| unusable(&layout.log_file, &error))
}

fn open_log(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// What stands in a file from `offset` on, or its end when that is long.
fn tail(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let begin = offset.max(file.metadata()?.len().saturating_sub(TAIL_BYTES));
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Addresses of its tenants name the port, so a cluster that was in use does not silently get another.
fn port_taken(port: u16) -> BackendError {
    let message = format!("the cluster needs port {port} on 127.0.0.1, where another program listens now");
    BackendError::refused("port-taken", message)
        .help(format!("find that program with `{}`, stop it, and run the command again", port::who_listens(port)))
}

fn not_ready(layout: &Layout) -> BackendError {
    let message = format!("the server was not ready within {} s, and is still at work", START_TIMEOUT.as_secs());
    BackendError::retryable("cluster-not-ready", message)
        .help(format!("look at its log with `tail -f {}`", layout.log_file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_new_part_of_a_log_is_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        std::fs::write(&path, "old\nnew\n").unwrap();
        assert_eq!(tail(&path, 4).unwrap(), "new\n");
        std::fs::write(&path, "x".repeat(20_000)).unwrap();
        assert_eq!(tail(&path, 0).unwrap().len(), 16 * 1024);
    }
}
