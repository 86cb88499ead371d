//! The host in memory: one for each thread, installed while a provider runs.

use std::cell::RefCell;

use super::fault::{Crash, Fault, Moment, When};
use super::record::Record;
use super::world::World;
use crate::Failure;
use crate::bindings::systemprompt::provider::journal::Position;

thread_local! {
    static INSTALLED: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// What changes something outside. For `http.send` that is up to its method.
const CHANGES: &[&str] = &[
    "docker.ensure-image",
    "docker.ensure-container",
    "docker.start-container",
    "docker.stop-container",
    "docker.remove-container",
    "postgres.ensure-role",
    "postgres.set-password",
    "postgres.drop-role",
    "postgres.ensure-login",
    "postgres.expire-password",
    "postgres.close-login",
    "postgres.end-sessions",
    "postgres.ensure-database",
    "postgres.rename-database",
    "postgres.drop-database",
    "server.ensure",
    "server.stop",
];

/// All that a provider can reach.
#[derive(Clone, Debug, Default)]
pub(super) struct Host {
    pub(super) world: World,
    pub(super) record: Record,
    pub(super) fault: Option<Fault>,
    pub(super) crash: Option<Crash>,
    /// The call runs statements of the user's: no operation records it, and what is asked for by HTTP may change something.
    pub(super) runs_statements: bool,
    /// Steps whose first `finish` still dies, so that each runs twice.
    pub(super) repeats: bool,
    /// Names of the capability calls of the current run.
    pub(super) calls: Vec<String>,
    /// Journal calls of the current run.
    pub(super) edges: usize,
    /// Whether the program died in the current run.
    pub(super) crashed: bool,
    repeated: Vec<String>,
    moment: Moment,
}

impl Host {
    /// Runs something that may call the host.
    pub(super) fn run<T>(&mut self, program: impl FnOnce() -> T) -> T {
        self.record.rewind();
        self.calls.clear();
        self.edges = 0;
        self.crashed = false;
        self.moment = Moment::Between;
        INSTALLED.set(Some(std::mem::take(self)));
        let result = program();
        *self = INSTALLED.take().expect("BUG: the host went away during a run");
        result
    }

    /// A capability call: it may be made to fail before or after its effect. As in the program, changes are made inside
    /// the steps of an operation and nowhere else, but for what a user wants to be run.
    fn call<T>(
        &mut self,
        function: &str,
        changes: bool,
        effect: impl FnOnce(&mut World) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.crashed {
            return Err(dead());
        }
        let number = self.calls.len();
        self.calls.push(function.to_owned());
        let is_a_users = self.runs_statements && function == "http.send";
        if changes && !is_a_users && matches!(self.moment, Moment::Between) {
            let message = format!("`{function}` changes something, which has to be inside a step");
            return Err(Failure::refused("outside-step", message));
        }
        match self.fault.take_if(|fault| fault.hits(number, function, &self.moment)) {
            None => effect(&mut self.world),
            Some(fault) => {
                if fault.when() == When::After {
                    effect(&mut self.world)?;
                }
                Err(fault.failure())
            }
        }
    }

    /// A journal call: the program may die before or after it is recorded.
    fn edge<T>(&mut self, dead: T, record: impl FnOnce(&mut Record) -> Result<T, String>) -> Result<T, String> {
        if self.crashed {
            return Ok(dead);
        }
        let edge = self.edges;
        self.edges += 1;
        let when = self.crash.take_if(|crash| crash.edge == edge).map(|crash| crash.when);
        self.crashed = when.is_some();
        let answer = if when == Some(When::Before) { None } else { Some(record(&mut self.record)?) };
        Ok(if self.crashed { dead } else { answer.unwrap_or(dead) })
    }

    pub(super) fn begin(&mut self, name: &str, undo: crate::UndoKind) -> Result<Position, String> {
        let position = self.edge(Position::Stop, |record| record.begin(name, undo))?;
        if let Position::Run = position {
            self.moment = Moment::Step(name.to_owned());
        }
        Ok(position)
    }

    pub(super) fn finish(&mut self, outcome: Result<&str, &Failure>) -> Result<(), String> {
        if let Moment::Step(name) = std::mem::take(&mut self.moment)
            && self.repeats
            && outcome.is_ok()
            && !self.repeated.contains(&name)
        {
            self.repeated.push(name);
            self.crashed = true;
        }
        self.edge((), |record| record.finish(outcome))
    }

    pub(super) fn begin_undo(&mut self, name: &str) -> Result<bool, String> {
        let owed = self.edge(false, |record| record.begin_undo(name))?;
        if owed {
            self.moment = Moment::Undo(name.to_owned());
        }
        Ok(owed)
    }

    pub(super) fn finish_undo(&mut self, outcome: Result<(), &Failure>) -> Result<(), String> {
        self.moment = Moment::Between;
        self.edge((), |record| record.finish_undo(outcome))
    }
}

/// Reaches the installed host.
pub(super) fn with<T>(program: impl FnOnce(&mut Host) -> T) -> T {
    INSTALLED.with_borrow_mut(|host| {
        program(host.as_mut().expect("there is no host here: run providers through `testing::Harness`"))
    })
}

/// A capability call of the installed host.
pub(super) fn call<T>(function: &str, effect: impl FnOnce(&mut World) -> Result<T, Failure>) -> Result<T, Failure> {
    with(|host| host.call(function, CHANGES.contains(&function), effect))
}

/// The same for one that changes something, or does not, by what it is asked.
pub(super) fn call_changing<T>(
    function: &str,
    changes: bool,
    effect: impl FnOnce(&mut World) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with(|host| host.call(function, changes, effect))
}

/// What a dead program would have answered: nobody is there to see it.
fn dead() -> Failure {
    Failure::broken("crashed", "the program died")
}
