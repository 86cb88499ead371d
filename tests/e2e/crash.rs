//! `kill -9`, Ctrl-C and a failing disk at every edge of the journal: resuming ends in the world of an undisturbed run.
//!
//! An edge is a transaction on the log. On one side of it the effect is done and its record is not, on the other side the
//! record is done and the next effect is not; the program is killed on both, at each edge that an undisturbed run has.

pub(crate) mod strace;
pub(crate) mod world;

use strace::{Call, Commit};
use systemprompt_tests::{Docker, Output, Sandbox};
use world::{Machine, Project};

const KILLED: i32 = 128 + 9;

/// What is interrupted, and what it ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Create,
    Delete,
}

/// How a user goes on after a crash.
#[derive(Clone, Copy, Debug)]
enum Remedy {
    Resume,
    SameAgain,
}

impl Kind {
    fn args(self, project: &Project) -> Vec<String> {
        match self {
            Kind::Create => project.creation(),
            Kind::Delete => project.deletion(),
        }
    }

    fn run(self, project: &Project) -> Output {
        match self {
            Kind::Create => project.create(),
            Kind::Delete => project.delete(),
        }
    }

    /// A project in which it can be done.
    fn prepare(self, machine: &Machine) -> Project<'_> {
        let project = machine.project();
        if self == Kind::Delete {
            project.create().ok();
        }
        project
    }

    fn started(self) -> &'static str {
        match self {
            Kind::Create => "TenantRequested",
            Kind::Delete => "TenantDeletionStarted",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Kind::Create => "TenantCreated",
            Kind::Delete => "TenantDeleted",
        }
    }
}

/// An undisturbed run: its edges, what it ends in, and how many roles and databases there are then.
struct Undisturbed {
    commits: Vec<Commit>,
    world: String,
}

fn undisturbed(machine: &Machine, kind: Kind) -> Undisturbed {
    let project = kind.prepare(machine);
    let args = kind.args(&project);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let commits = strace::commits(&machine.sandbox, &project.dir, &args);
    let world = project.world();
    clean(&project);
    Undisturbed { commits, world }
}

/// Every edge, from both sides; the two ways to go on take turns.
fn kill_everywhere(machine: &Machine, kind: Kind) {
    let reference = undisturbed(machine, kind);
    let empty = machine.count();
    for (number, commit) in reference.commits.iter().enumerate() {
        for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
            let remedy = if (number % 2 == 0) == (side == "before") { Remedy::Resume } else { Remedy::SameAgain };
            let edge = format!("{kind:?}, killed {side} commit {} of {}", number + 1, reference.commits.len());
            let project = kind.prepare(machine);
            kill(&project, kind, call, &edge);
            go_on(&project, kind, remedy, &edge);
            assert_eq!(project.world(), reference.world, "{edge}, then {remedy:?}");
            assert_whole(&project, &edge);
            clean(&project);
            assert_eq!(machine.count(), empty, "{edge}: something is orphaned");
        }
    }
    println!("{kind:?}: {} edges, killed on both sides of each", reference.commits.len());
}

fn kill(project: &Project, kind: Kind, call: &Call, edge: &str) {
    let args = kind.args(project);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = strace::start(&project.machine.sandbox, &project.dir, &args, call, "signal=KILL").end();
    assert_eq!(output.code, KILLED, "{edge}: {}", output.whole());
}

/// The next command says what is unfinished, in one line; then the user does something about it.
fn go_on(project: &Project, kind: Kind, remedy: Remedy, edge: &str) {
    let list = project.list();
    assert_eq!(list.code, 0, "{edge}: {}", list.whole());
    let (started, done) = (project.events(kind.started()), project.events(kind.done()));
    let said = list.stderr.lines().filter(|line| line.contains("unfinished: ")).count();
    assert_eq!(said, started - done, "{edge}: {}", list.whole());
    let output = match remedy {
        Remedy::Resume if started > done => project.run(&["cloud", "tenant", "resume", &project.id]),
        Remedy::Resume | Remedy::SameAgain if kind == Kind::Create || done == 0 => kind.run(project),
        Remedy::Resume | Remedy::SameAgain => return,
    };
    assert_eq!(output.code, 0, "{edge}, then {remedy:?}: {}", output.whole());
}

/// Nothing is unfinished, nothing happened twice, and the record is whole.
fn assert_whole(project: &Project, edge: &str) {
    let list = project.list();
    assert_eq!((list.code, list.stderr.as_str()), (0, ""), "{edge}: {}", list.whole());
    let verified = project.run(&["history", "verify"]);
    assert_eq!(verified.code, 0, "{edge}: {}", verified.whole());
    for once in ["ProjectInitialised", "TenantRequested", "TenantCreated"] {
        assert_eq!(project.events(once), 1, "{edge}: `{once}`");
    }
    assert!(project.events("SecretSealed") <= 2, "{edge}: a secret was sealed twice");
}

fn clean(project: &Project) {
    if project.events("TenantDeleted") == 0 {
        let output = project.delete();
        assert_eq!(output.code, 0, "{}", output.whole());
    }
}

fn native() -> Machine {
    Machine::with_shared_server(Sandbox::new(), &["--provider", "native"])
}

fn docker(docker: &Docker) -> Machine {
    Machine::with_shared_server(Sandbox::with(docker), &["--provider", "docker", &Docker::image_flag()])
}

#[test]
fn a_creation_on_a_native_server_survives_being_killed_at_every_edge() {
    if strace::is_here("a_creation_on_a_native_server_survives_being_killed_at_every_edge") {
        kill_everywhere(&native(), Kind::Create);
    }
}

#[test]
fn a_deletion_on_a_native_server_survives_being_killed_at_every_edge() {
    if strace::is_here("a_deletion_on_a_native_server_survives_being_killed_at_every_edge") {
        kill_everywhere(&native(), Kind::Delete);
    }
}

#[test]
fn creation_and_deletion_in_docker_survive_being_killed_at_every_edge() {
    let test = "creation_and_deletion_in_docker_survive_being_killed_at_every_edge";
    let (true, Some(engine)) = (strace::is_here(test), Docker::hold(test)) else { return };
    let machine = docker(&engine);
    kill_everywhere(&machine, Kind::Create);
    kill_everywhere(&machine, Kind::Delete);
}
