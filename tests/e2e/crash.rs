//! `kill -9`, Ctrl-C and a failing disk at every edge of the journal: going on ends in the world of an undisturbed run.
//!
//! An edge is a transaction on the log. On one side of it the effect is done and its record is not, on the other side the
//! record is done and the next effect is not; the program is killed on both, at each edge that an undisturbed run has.

mod acknowledged;
mod disk;
mod first_start;
mod interrupt;
mod power;
mod rotation;
mod set_aside;
pub(crate) mod strace;
pub(crate) mod world;
mod writer;

use std::cell::Cell;
use strace::{Call, Commit};

use systemprompt_tests::{Docker, Login, Output, Sandbox};
use world::{Machine, Project};

const KILLED: i32 = 128 + 9;

/// What is interrupted, and what it ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Create,
    Delete,
    Rotate,
}

/// How a user goes on after a crash.
#[derive(Clone, Copy, Debug)]
enum Remedy {
    Resume,
    SameAgain,
}

/// Whether the effect is done and its record is not, or the record is done and the next effect is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Remedy {
    fn other(self) -> Remedy {
        match self {
            Remedy::Resume => Remedy::SameAgain,
            Remedy::SameAgain => Remedy::Resume,
        }
    }
}

impl Kind {
    fn args(self, project: &Project) -> Vec<String> {
        match self {
            Kind::Create => project.creation(),
            Kind::Delete => project.deletion(),
            Kind::Rotate => project.rotation(),
        }
    }

    /// A project in which it can be done.
    fn prepare(self, machine: &Machine) -> Project<'_> {
        let project = machine.project();
        if self != Kind::Create {
            let _created = project.create().ok();
        }
        project
    }

    fn started(self) -> &'static str {
        match self {
            Kind::Create => "TenantRequested",
            Kind::Delete => "TenantDeletionStarted",
            Kind::Rotate => "TenantChangeStarted",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Kind::Create => "TenantCreated",
            Kind::Delete => "TenantDeleted",
            Kind::Rotate => "TenantChanged",
        }
    }

    /// A URL that has to be refused when it is done.
    fn ends(self, project: &Project) -> Option<String> {
        match self {
            Kind::Create | Kind::Delete => None,
            Kind::Rotate => Some(project.url()),
        }
    }
}

/// A machine, what is done on it, and what that ends in when nothing disturbs it.
struct Scene {
    machine: Machine,
    kind: Kind,
    commits: Vec<Commit>,
    world: String,
    /// Roles and databases that there are without the tenant.
    empty: String,
    turn: Cell<usize>,
}

impl Scene {
    fn new(machine: Machine, kind: Kind) -> Scene {
        let project = kind.prepare(&machine);
        let args = kind.args(&project);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let commits = strace::commits(&machine.sandbox, &project.dir, &args);
        let world = project.world();
        clean(&project);
        let empty = machine.count();
        Scene { machine, kind, commits, world, empty, turn: Cell::new(0) }
    }

    fn disturb(&self, project: &Project, call: &Call, fault: &str) -> Output {
        let args = self.kind.args(project);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        strace::disturb(&self.machine.sandbox, &project.dir, &args, call, fault)
    }

    /// Kills at every edge, on both sides; the two ways to go on take turns.
    fn kill_everywhere(&self) {
        self.kill(&[Side::Before, Side::After]);
    }

    #[expect(clippy::print_stdout, reason = "how many edges there were is for whoever reads the run")]
    fn kill(&self, sides: &[Side]) {
        let mut recorded = 0;
        for (number, commit) in self.commits.iter().enumerate() {
            for &side in sides {
                let (call, even) = match side {
                    Side::Before => (&commit.before, Remedy::Resume),
                    Side::After => (&commit.after, Remedy::SameAgain),
                };
                let remedy = if number % 2 == 0 { even } else { even.other() };
                let edge = format!("{:?}, killed {side:?} commit {} of {}", self.kind, number + 1, self.commits.len());
                let project = self.kind.prepare(&self.machine);
                let old = self.kind.ends(&project);
                let output = self.disturb(&project, call, "signal=KILL");
                assert_eq!(output.code, KILLED, "{edge}: {}", output.whole());
                self.go_on(&project, remedy, old.as_deref(), &edge, |events| {
                    // It is this edge that was met, and this side of it; a project's very first event is made up for.
                    let last = std::mem::replace(&mut recorded, events);
                    let met = match side {
                        Side::Before if sides.contains(&Side::After) => events == last,
                        Side::Before => number == 1 || events > last,
                        Side::After => events > last,
                    };
                    assert!(met || number == 0, "{edge}: {events} events after {last}");
                });
            }
        }
        println!("{:?} by {:?}: {} edges, killed {sides:?}", self.kind, self.machine.provider, self.commits.len());
    }

    /// The next command says what is unfinished, in one line; then the user does something about it, and all is as if
    /// nothing had happened.
    fn go_on(&self, project: &Project, remedy: Remedy, old: Option<&str>, edge: &str, check: impl FnOnce(usize)) {
        let list = project.list();
        assert_eq!(list.code, 0, "{edge}: {}", list.whole());
        check(project.events().len());
        let (started, done) = (project.count(self.kind.started()), project.count(self.kind.done()));
        let said = list.stderr.lines().filter(|line| line.contains("unfinished: ")).count();
        assert_eq!(said, started - done, "{edge}: {}", list.whole());
        if started > done {
            // Those that mend nothing say it too; they take turns, for one of them takes a while.
            let turn = self.turn.replace(self.turn.get() + 1);
            let other = project.run(if turn.is_multiple_of(2) { &["history", "verify"] } else { &["doctor"] });
            assert_eq!(other.code, 0, "{edge}: {}", other.whole());
            let said = other.whole().lines().filter(|line| line.contains("unfinished: ")).count();
            assert_eq!(said, started - done, "{edge}: {}", other.whole());
        }
        let output = match remedy {
            // While it is unfinished, another one is refused.
            Remedy::SameAgain if self.kind == Kind::Rotate && started > done => {
                let again = self.machine.sandbox.run(self.kind.args(project));
                assert_eq!(again.code, 7, "{edge}: {}", again.whole());
                project.run(&["cloud", "tenant", "resume", &project.id])
            }
            Remedy::Resume if started > done => project.run(&["cloud", "tenant", "resume", &project.id]),
            Remedy::Resume | Remedy::SameAgain if self.kind == Kind::Create || done == 0 => {
                self.machine.sandbox.run(self.kind.args(project))
            }
            Remedy::Resume | Remedy::SameAgain => list,
        };
        assert_eq!(output.code, 0, "{edge}, then {remedy:?}: {}", output.whole());
        assert_eq!(project.world(), self.world, "{edge}, then {remedy:?}");
        assert!(old.is_none_or(Login::is_refused), "{edge}: the old password is taken");
        assert_whole(project, edge);
        clean(project);
        assert_eq!(self.machine.count(), self.empty, "{edge}: something is orphaned");
    }
}

/// Nothing is unfinished, nothing happened twice, and the record is whole.
fn assert_whole(project: &Project, edge: &str) {
    assert_settled(project, edge);
    for once in ["ProjectInitialised", "TenantRequested", "TenantCreated"] {
        assert_eq!(project.count(once), 1, "{edge}: `{once}`");
    }
    assert!(project.count("SecretSealed") <= 2, "{edge}: a secret was sealed twice");
}

fn assert_settled(project: &Project, edge: &str) {
    let list = project.list();
    assert_eq!((list.code, list.stderr.as_str()), (0, ""), "{edge}: {}", list.whole());
    let verified = project.run(&["history", "verify"]);
    assert_eq!(verified.code, 0, "{edge}: {}", verified.whole());
}

fn clean(project: &Project) {
    if project.count("TenantDeleted") == 0 {
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

fn dedicated(docker: &Docker) -> Machine {
    Machine::without_server(Sandbox::with(docker), &["--provider", "docker", "--dedicated", &Docker::image_flag()])
}

#[test]
fn a_creation_on_a_native_server_survives_being_killed_at_every_edge() {
    if strace::is_here("a_creation_on_a_native_server_survives_being_killed_at_every_edge") {
        Scene::new(native(), Kind::Create).kill_everywhere();
    }
}

#[test]
fn a_deletion_on_a_native_server_survives_being_killed_at_every_edge() {
    if strace::is_here("a_deletion_on_a_native_server_survives_being_killed_at_every_edge") {
        Scene::new(native(), Kind::Delete).kill_everywhere();
    }
}

#[test]
fn a_creation_in_docker_survives_being_killed_at_every_edge() {
    let test = "a_creation_in_docker_survives_being_killed_at_every_edge";
    let (true, Some(engine)) = (strace::is_here(test), Docker::hold(test)) else { return };
    Scene::new(docker(&engine), Kind::Create).kill_everywhere();
}

#[test]
fn a_deletion_in_docker_survives_being_killed_at_every_edge() {
    let test = "a_deletion_in_docker_survives_being_killed_at_every_edge";
    let (true, Some(engine)) = (strace::is_here(test), Docker::hold(test)) else { return };
    Scene::new(docker(&engine), Kind::Delete).kill_everywhere();
}

#[test]
fn a_server_of_its_own_is_neither_orphaned_nor_doubled_by_being_killed_at_every_edge() {
    let test = "a_server_of_its_own_is_neither_orphaned_nor_doubled_by_being_killed_at_every_edge";
    let (true, Some(engine)) = (strace::is_here(test), Docker::hold(test)) else { return };
    for kind in [Kind::Create, Kind::Delete] {
        // A container takes seconds: only the side on which it can be doubled, for the other is the shared server's.
        Scene::new(dedicated(&engine), kind).kill(&[Side::Before]);
        assert_eq!(engine.made(), [""; 0], "containers and volumes of deleted tenants");
    }
}

#[test]
fn an_operation_is_performed_by_one_process_at_a_time() {
    if !strace::is_here("an_operation_is_performed_by_one_process_at_a_time") {
        return;
    }
    let scene = Scene::new(native(), Kind::Create);
    let project = scene.machine.project();
    let resume = project.args(&["cloud", "tenant", "resume", &project.id]);
    let resume: Vec<&str> = resume.iter().map(String::as_str).collect();
    let middle = &scene.commits[scene.commits.len() / 2];
    let _killed = scene.disturb(&project, &middle.after, "signal=KILL").exits(KILLED);

    let first = strace::pause(&scene.machine.sandbox, &project.dir, &resume, &strace::first_sync());
    let second = project.run(&["cloud", "tenant", "resume", &project.id, "--json"]).exits(7);
    assert_eq!(second.error_code(), "operation-running");
    let again = project.create().exits(7);
    assert!(again.stderr.contains("is being performed by another process"), "{}", again.whole());
    assert_eq!(project.list().ok().stderr, "", "what is being performed is not unfinished");
    let _won = first.go_on().ok();
    assert_eq!(project.world(), scene.world);
    assert_whole(&project, "two at once");
}
