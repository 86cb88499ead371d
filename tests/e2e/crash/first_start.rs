//! `kill -9` around a cluster's very first start, before anybody knows that it runs and at which port.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{Login, until};

use super::*;

#[test]
fn a_creation_that_also_makes_its_cluster_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_that_also_makes_its_cluster_survives_being_killed_at_every_edge") {
        return;
    }
    let new = || Machine::without_server(Sandbox::new(), &["--provider", "native"]);
    let machine = new();
    let project = machine.project();
    let args = project.creation();
    let commits = strace::commits(&machine.sandbox, &project.dir, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(commits.len() > 10, "only {} edges", commits.len());
    for (number, commit) in commits.iter().enumerate() {
        let edge = format!("killed at commit {} of {}", number + 1, commits.len());
        let machine = new();
        let project = machine.project();
        let args = project.creation();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let call = if number % 2 == 0 { &commit.before } else { &commit.after };
        let killed = strace::disturb(&machine.sandbox, &project.dir, &args, call, "signal=KILL");
        assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
        let _created = project.create().ok();
        Login::to(&project.url()).unwrap_or_else(|error| panic!("{edge}: {error}")).close();
        assert_whole(&project, &edge);
        let _deleted = project.delete().ok();
    }
}

#[test]
fn a_first_start_that_is_cut_short_leaves_a_server_whose_port_is_known() {
    if !strace::is_here("a_first_start_that_is_cut_short_leaves_a_server_whose_port_is_known") {
        return;
    }
    let machine = Machine::without_server(Sandbox::new(), &["--provider", "native"]);
    let project = machine.project();
    let home = machine.sandbox.data().join("clusters/native/shared");
    let paused = FirstStart::pause(&project);

    // The cluster is made and its port chosen; now somebody else takes the port, so that it gets another one.
    let chosen = port_in(&home.join("cluster.json"));
    let taken = TcpListener::bind(("127.0.0.1", chosen)).expect("the port was free a moment ago");
    paused.go_on_until_it_is_noted_as_started();

    let listens = || {
        let text = fs::read_to_string(home.join("data/postmaster.pid")).ok()?;
        text.lines().nth(7).filter(|state| state.trim() == "ready")?;
        text.lines().nth(3)?.trim().parse::<u16>().ok()
    };
    let port = until("the orphaned server to be ready", listens);
    assert_ne!(port, chosen);
    let _created = project.create().ok();
    let url = project.url();
    assert!(url.contains(&format!("@127.0.0.1:{port}/")), "{url}, and the server listens at {port}");
    Login::to(&url).expect("the tenant can log in").close();

    // The address stays what it is, although the port that was chosen first is free again.
    drop(taken);
    for command in ["down", "up"] {
        let _done = project.run(&["infra", "db", command, "--provider", "native"]).ok();
    }
    assert_eq!(port_in(&home.join("cluster.json")), port);
    Login::to(&url).expect("the tenant can log in after a restart").close();
}

fn port_in(record: &Path) -> u16 {
    let text = fs::read_to_string(record).expect("a cluster has a record");
    let record: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    record["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("it names a port")
}

/// A creation that stands still when its cluster is complete and was not started yet.
struct FirstStart {
    paused: strace::Paused,
    trace: PathBuf,
}

impl FirstStart {
    /// The cluster's record is written before each start, which stops the program the first time, and once more when the
    /// server is ready, which kills it. One start more than in the undisturbed run, for the port will be taken.
    fn pause(project: &Project) -> FirstStart {
        let (written, in_place) = undisturbed();
        let sandbox = &project.machine.sandbox;
        let trace = sandbox.root().join("trace-first-start");
        let mut strace = tracing(&trace);
        strace.args(["-e", &format!("inject=fchmod:signal=STOP:when={written}")]);
        strace.args(["-e", &format!("inject=renameat:signal=KILL:when={}", in_place + 1)]);
        strace.arg(systemprompt_tests::binary());
        FirstStart { paused: strace::stand_still(sandbox, strace, project.creation(), &trace), trace }
    }

    fn go_on_until_it_is_noted_as_started(self) {
        let output = self.paused.go_on();
        let trace = fs::read_to_string(&self.trace).expect("strace writes its file");
        assert_eq!(output.code, KILLED, "{}\n{trace}", output.whole());
    }
}

fn tracing(trace: &Path) -> Command {
    let mut strace = strace::following(trace);
    strace.args(["-e", "trace=fchmod,renameat"]);
    strace
}

/// By which of its calls an undisturbed creation first writes the record of a cluster that is in its place, and by which
/// it notes that it runs.
fn undisturbed() -> (usize, usize) {
    let machine = Machine::without_server(Sandbox::new(), &["--provider", "native"]);
    let project = machine.project();
    let trace = machine.sandbox.root().join("trace-undisturbed");
    let mut strace = tracing(&trace);
    strace.arg(systemprompt_tests::binary());
    let _created = machine.sandbox.start(machine.sandbox.prepare(strace, project.creation())).end().ok();
    let _stopped = project.run(&["infra", "db", "down", "--provider", "native"]).ok();

    let trace = fs::read_to_string(&trace).expect("strace writes its file");
    let thread = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let is_record = |line: &&str| line.contains("/shared/cluster.json\") = 0");
    let main = thread(trace.lines().find(is_record).expect("the record is put in place"));
    let calls: Vec<&str> = trace.lines().filter(|line| thread(line) == main).collect();
    let first = calls.iter().position(is_record).expect("it was found before");
    let last = calls.iter().rposition(is_record).expect("it was found before");
    assert_ne!(first, last, "once before the start, once after it");
    let count = |calls: &[&str], name: &str| calls.iter().filter(|line| line.contains(name)).count();
    (count(&calls[..first], " fchmod("), count(&calls[..=last], " renameat("))
}
