//! Disturbs the program at a chosen call of the operating system, by strace: nothing in the product knows of it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use systemprompt_tests::{Running, Sandbox, binary, skip};

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
    let trace = sandbox.root().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qq", "-o"]).arg(&trace).args(["-e", "trace=pwrite64,fsync,fdatasync"]).arg(binary());
    let _done = sandbox.start(sandbox.prepare(strace, args)).end().ok();
    read_commits(&fs::read_to_string(trace).expect("strace writes its file"), &wal(project))
}

/// Starts a command that is disturbed at one call: `signal=KILL`, `error=EIO`, ….
pub(crate) fn start(sandbox: &Sandbox, project: &Path, args: &[&str], call: &Call, fault: &str) -> Running {
    let Call { name, nth } = call;
    let mut strace = Command::new("strace");
    strace.args(["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-P", &wal(project)]);
    strace.args(["-e", &format!("trace={name}"), "-e", &format!("inject={name}:{fault}:when={nth}")]).arg(binary());
    sandbox.start(sandbox.prepare(strace, args))
}

fn wal(project: &Path) -> String {
    project.join(".systemprompt/log.db-wal").display().to_string()
}

/// A transaction is some writes of the log and one sync. Calls are counted in each thread, as strace does it.
fn read_commits(trace: &str, wal: &str) -> Vec<Commit> {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let (mut writes, mut commits) = (Vec::new(), Vec::new());
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, arguments)) = rest.trim_start().split_once('(') else { continue };
        let nth = counts.entry((thread, name)).and_modify(|count| *count += 1).or_insert(1);
        if !arguments.contains(&format!("<{wal}>")) {
            continue;
        }
        let call = Call { name: name.to_owned(), nth: *nth };
        if name == "pwrite64" {
            writes.push(call);
        } else if !writes.is_empty() {
            let before = writes.swap_remove(writes.len() / 2);
            commits.push(Commit { before, after: call });
            writes.clear();
        }
    }
    commits
}
