//! Disturbs the program at a chosen call of the operating system, by strace: nothing in the product knows of it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use systemprompt_tests::{Output, Running, Sandbox, binary, skip, until};

/// One transaction as the operating system sees it, by the ordinal numbers of its calls in their thread.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    /// Before it: half of the record is written, so it does not count.
    pub(crate) before: Call,
    /// After it: the record is written and is about to be made durable, so it counts.
    pub(crate) after: Call,
}

/// A call that can be disturbed.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    name: String,
    nth: usize,
}

/// The sync of the first transaction that a command writes to a log that is there.
pub(crate) fn first_sync() -> Call {
    Call { name: "fsync".to_owned(), nth: 1 }
}

/// Whether strace is here; if not, says that the test is left out.
pub(crate) fn is_here(test: &str) -> bool {
    let here = Command::new("strace").arg("--version").output().is_ok();
    if !here {
        skip(test, "strace is missing; run `cargo xtask setup`");
    }
    here
}

/// Runs a command undisturbed, and returns the transactions that it wrote to the write-ahead log of `project`.
pub(crate) fn commits(sandbox: &Sandbox, project: &Path, args: &[&str]) -> Vec<Commit> {
    let mut strace = following(&trace(sandbox));
    strace.args(["-y", "-e", "trace=pwrite64,fsync,fdatasync"]).arg(binary());
    let _done = sandbox.start(sandbox.prepare(strace, args)).end().ok();
    read_commits(&fs::read_to_string(trace(sandbox)).expect("strace writes its file"), &wal(project))
}

/// Runs a command that is disturbed at one call: `signal=KILL`, `error=EIO`, ….
pub(crate) fn disturb(sandbox: &Sandbox, project: &Path, args: &[&str], call: &Call, fault: &str) -> Output {
    start(sandbox, project, args, call, fault).end()
}

/// Starts a command, and waits until it stands still at one call.
pub(crate) fn pause(sandbox: &Sandbox, project: &Path, args: &[&str], call: &Call) -> Paused {
    standing_still(start(sandbox, project, args, call, "signal=STOP"), &trace(sandbox))
}

/// Starts a command below a strace that stops it somewhere and writes to `trace`, and waits until it stands still.
pub(crate) fn stand_still(sandbox: &Sandbox, strace: Command, args: Vec<String>, trace: &Path) -> Paused {
    standing_still(sandbox.start(sandbox.prepare(strace, args)), trace)
}

fn standing_still(running: Running, trace: &Path) -> Paused {
    let stopped = || fs::read_to_string(trace).unwrap_or_default().contains("stopped by SIGSTOP").then_some(());
    until("the program to stand still", stopped);
    let strace = running.child.id();
    let children = fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).expect("strace has a child");
    let pid = children.split_whitespace().next().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
    Paused { running, pid: pid.expect("a process has an id") }
}

/// A program that stands still, with all that it holds.
pub(crate) struct Paused {
    running: Running,
    pid: Pid,
}

impl Paused {
    /// Lets it go on, to its end.
    pub(crate) fn go_on(self) -> Output {
        kill_process(self.pid, Signal::CONT).expect("it is there");
        self.running.end()
    }
}

fn start(sandbox: &Sandbox, project: &Path, args: &[&str], call: &Call, fault: &str) -> Running {
    let Call { name, nth } = call;
    let mut strace = following(&trace(sandbox));
    // Not with `--seccomp-bpf`: strace 6.1 then loses count at the first call on another file.
    strace.args(["-P", &wal(project)]);
    strace.args(["-e", &format!("trace={name}"), "-e", &format!("inject={name}:{fault}:when={nth}")]).arg(binary());
    let _none_is_as_good = fs::remove_file(trace(sandbox));
    sandbox.start(sandbox.prepare(strace, args))
}

/// A strace of all threads, which lets go of the programs that ours runs: a server outlives it, and strace would too.
pub(crate) fn following(trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    // `-I1`: a signal ends strace, although it runs a command and writes to a file.
    strace.args(["-f", "-b", "execve", "-I1", "-qq", "-o"]).arg(trace);
    strace
}

fn trace(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("trace")
}

fn wal(project: &Path) -> String {
    project.join(".systemprompt/log.db-wal").display().to_string()
}

/// A transaction is some writes of the log and one sync. As strace does, only calls on that file are counted.
fn read_commits(trace: &str, wal: &str) -> Vec<Commit> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let (mut writes, mut commits) = (Vec::new(), Vec::new());
    for line in trace.lines().filter(|line| line.contains(&format!("<{wal}>"))) {
        let (before_arguments, _) = line.split_once('(').expect("a traced call has arguments");
        let name = before_arguments.rsplit(' ').next().unwrap_or_default();
        let nth = counts.entry(name).and_modify(|count| *count += 1).or_insert(1);
        let call = Call { name: name.to_owned(), nth: *nth };
        if name == "pwrite64" {
            writes.push(call);
        } else if writes.len() > 1 {
            let before = writes.swap_remove(writes.len() / 2);
            commits.push(Commit { before, after: call });
            writes.clear();
        } else {
            // The file's header: nothing is recorded with it.
            writes.clear();
        }
    }
    commits
}

/// Goes on with what was killed by `resume`. Before the first step is recorded, or after the last, there is nothing to resume.
pub(crate) fn resumed(sandbox: &Sandbox, tenant: &str, edge: &str) -> Output {
    let resumed = sandbox.say(&format!("cloud tenant resume {tenant} --json"));
    if resumed.code != 0 {
        let code = resumed.error_code();
        assert!(["nothing-unfinished", "tenant-not-found"].contains(&&*code), "{edge}: {}", resumed.whole());
    }
    resumed
}

/// Goes on with a creation that was killed, by `resume` or by typing the same again.
pub(crate) fn create_on(sandbox: &Sandbox, creation: &str, tenant: &str, resume: bool, edge: &str) {
    if resume && resumed(sandbox, tenant, edge).code == 0 {
        return;
    }
    let again = sandbox.say(creation);
    assert_eq!(again.code, 0, "{edge}: {}", again.whole());
}
