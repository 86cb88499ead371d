//! What can be made to go wrong, and where.

use crate::Failure;

/// Before or after the effect of a call, or the record of a journal call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It does not happen.
    Before,
    /// It happens, and the provider is not told so.
    After,
}

/// A capability call that fails once.
#[derive(Clone, Debug)]
pub struct Fault {
    place: Place,
    when: When,
    failure: Failure,
}

/// A journal call at which the program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Counted from zero, over all journal calls of one run.
    pub edge: usize,
    /// Before or after the call is recorded.
    pub when: When,
}

#[derive(Clone, Debug)]
enum Place {
    Call(usize),
    Step(String),
    Undo(String),
    Named(String),
}

impl Fault {
    /// The call of this number, counted from zero over all capability calls of one run.
    pub fn call(number: usize, when: When) -> Self {
        Self::at(Place::Call(number), when)
    }

    /// The first call inside a step.
    pub fn step(name: &str, when: When) -> Self {
        Self::at(Place::Step(name.to_owned()), when)
    }

    /// The first call inside the undo of a step.
    pub fn undo(name: &str, when: When) -> Self {
        Self::at(Place::Undo(name.to_owned()), when)
    }

    /// The first call of a function, as the contract names it: `docker.ensure-container`.
    pub fn function(name: &str, when: When) -> Self {
        Self::at(Place::Named(name.to_owned()), when)
    }

    /// Says how it fails; as `broken` otherwise.
    #[must_use]
    pub fn with(self, failure: Failure) -> Self {
        Self { failure, ..self }
    }

    fn at(place: Place, when: When) -> Self {
        Self { place, when, failure: Failure::broken("injected", "a fault was injected") }
    }

    pub(super) fn when(&self) -> When {
        self.when
    }

    pub(super) fn failure(&self) -> Failure {
        self.failure.clone()
    }

    pub(super) fn hits(&self, number: usize, function: &str, moment: &Moment) -> bool {
        match &self.place {
            Place::Call(wanted) => *wanted == number,
            Place::Named(wanted) => wanted == function,
            Place::Step(wanted) => matches!(moment, Moment::Step(name) if name == wanted),
            Place::Undo(wanted) => matches!(moment, Moment::Undo(name) if name == wanted),
        }
    }
}

/// Inside what a capability call comes.
#[derive(Clone, Debug, Default)]
pub(super) enum Moment {
    #[default]
    Between,
    Step(String),
    Undo(String),
}
