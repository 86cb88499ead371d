//! The guest's side of the journal: which undos are owed, and when they run.

use std::cell::{Cell, RefCell};

use crate::bindings::systemprompt::provider::journal::Position;
use crate::{Failure, UndoKind, imports};

/// Takes back what a step did.
pub(crate) type Undo = Box<dyn FnOnce() -> Result<(), Failure>>;

/// How a step can be taken back.
pub(crate) enum Reversal {
    Nothing,
    Undo(Undo),
    Irreversible,
}

/// What one run of an operation has begun so far.
#[derive(Default)]
pub(crate) struct Journal {
    names: RefCell<Vec<String>>,
    /// Undos of the steps that began, oldest first.
    owed: RefCell<Vec<(String, Undo)>>,
    /// Why no further step may begin.
    failure: RefCell<Option<Failure>>,
    /// Whether a step is running now.
    open: Cell<bool>,
    /// Whether an irreversible step began: from there the operation can only be completed.
    forward_only: Cell<bool>,
}

impl Journal {
    /// Begins a step: its recorded result, or none when it has to run now.
    pub(crate) fn begin(&self, name: &str, reversal: Reversal) -> Result<Option<String>, Failure> {
        self.admit(name)?;
        let kind = match &reversal {
            Reversal::Nothing => UndoKind::None,
            Reversal::Undo(_) => UndoKind::Undoable,
            Reversal::Irreversible => UndoKind::Irreversible,
        };
        let position = imports::journal::begin(name, kind);
        if let Position::Stop = position {
            return Err(self.fail(unwinding()));
        }
        match reversal {
            Reversal::Nothing => {}
            Reversal::Undo(undo) => self.owed.borrow_mut().push((name.to_owned(), undo)),
            Reversal::Irreversible => self.forward_only.set(true),
        }
        match position {
            Position::Run => {
                self.open.set(true);
                Ok(None)
            }
            Position::Recorded(result) => Ok(Some(result)),
            Position::Unwind | Position::Stop => Err(self.fail(unwinding())),
        }
    }

    /// Ends the step that is running.
    pub(crate) fn finish(&self, outcome: Result<&str, &Failure>) {
        self.open.set(false);
        if let Err(failure) = outcome {
            self.fail(failure.clone());
        }
        imports::journal::finish(outcome);
    }

    /// Ends the run: after a failure every undo that is owed runs, newest first.
    ///
    /// A step's failure fails the run even when the provider swallowed it, because the record says that it failed.
    pub(crate) fn settle<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let failure = match (outcome, self.failure.take()) {
            (Ok(value), None) => return Ok(value),
            (Err(failure), _) | (Ok(_), Some(failure)) => failure,
        };
        if !self.forward_only.get() {
            unwind(self.owed.take());
        }
        Err(failure)
    }

    fn admit(&self, name: &str) -> Result<(), Failure> {
        if let Some(failure) = &*self.failure.borrow() {
            return Err(failure.clone());
        }
        if self.open.get() {
            return Err(Failure::broken("step-nested", format!("step `{name}` begins inside another step")));
        }
        let mut names = self.names.borrow_mut();
        if names.iter().any(|taken| taken == name) {
            return Err(self.fail(Failure::broken("step-repeated", format!("there are two steps named `{name}`"))));
        }
        names.push(name.to_owned());
        Ok(())
    }

    fn fail(&self, failure: Failure) -> Failure {
        self.failure.borrow_mut().get_or_insert(failure).clone()
    }
}

/// Stops at the first undo that fails, because earlier steps may have to stand for a later one to be undone.
fn unwind(owed: Vec<(String, Undo)>) {
    for (name, undo) in owed.into_iter().rev() {
        if !imports::journal::begin_undo(&name) {
            continue;
        }
        let outcome = undo();
        imports::journal::finish_undo(outcome.as_ref().map(|&()| ()));
        if outcome.is_err() {
            return;
        }
    }
}

fn unwinding() -> Failure {
    Failure::cancelled("unwinding", "the operation is being undone")
}
