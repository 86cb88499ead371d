//! The rules of replay: what a step is told, from what is recorded. Pure: nothing here writes or asks.

use systemprompt_events::{Failure, Json, Operation, OperationState, StepName, StepState, UndoKind};

use super::RunError;

/// What to do with the step that begins.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Record that it begins, and run it.
    Run,
    /// Answer with its record.
    Recorded(Json),
    /// It began and is to be undone.
    Unwind,
    /// It never began, or was undone, and the operation is being undone.
    Stop,
}

/// Whether an undo has to run.
#[derive(Debug, PartialEq, Eq)]
pub enum Undo {
    /// The undo of the step with this index.
    Needed(u32),
    /// The record says that it was done.
    Done,
}

struct Recorded {
    name: String,
    undo: UndoKind,
    state: StepState,
}

#[derive(Clone, Copy)]
enum Open {
    Step(usize),
    Undo(usize),
}

/// Steps as recorded, and how far this run has come along them.
pub struct Replay {
    steps: Vec<Recorded>,
    cursor: usize,
    open: Option<Open>,
    unwinding: Option<Failure>,
}

impl Replay {
    /// A run from the top of an operation.
    pub fn of(operation: &Operation) -> Replay {
        let recorded = |step: &systemprompt_events::Step| Recorded {
            name: step.name.to_string(),
            undo: step.undo,
            state: step.state.clone(),
        };
        let unwinding = match &operation.state {
            OperationState::Unwinding(failure) => Some(failure.clone()),
            OperationState::Running
            | OperationState::Succeeded(_)
            | OperationState::Failed(_)
            | OperationState::Cancelled(_)
            | OperationState::Stuck { .. }
            | OperationState::Abandoned { .. } => None,
        };
        Replay { steps: operation.steps.iter().map(recorded).collect(), cursor: 0, open: None, unwinding }
    }

    /// Decides about the step that comes next.
    pub fn next(&mut self, name: &StepName, undo: UndoKind) -> Result<Decision, RunError> {
        if self.is_open() {
            return Err(protocol(format!("step `{name}` begins inside another")));
        }
        let Some(recorded) = self.steps.get(self.cursor) else {
            if self.steps.iter().any(|step| step.name == name.as_str()) {
                return Err(protocol(format!("there are two steps `{name}`")));
            }
            return Ok(if self.is_unwinding() { Decision::Stop } else { Decision::Run });
        };
        if recorded.name != name.as_str() || recorded.undo != undo {
            let (recorded, found) = (recorded.name.clone(), name.to_string());
            return Err(RunError::Mismatch { index: index(self.cursor), recorded, found });
        }
        // Being undone, the run ends at the newest step: a guest that got past it would report success.
        let is_newest = self.cursor + 1 == self.steps.len();
        let decision = match &recorded.state {
            StepState::Finished(_) if self.is_unwinding() && is_newest => Decision::Unwind,
            StepState::Finished(result) => Decision::Recorded(result.clone()),
            StepState::Undone => Decision::Stop,
            StepState::Began | StepState::Failed(_) | StepState::Undoing | StepState::UndoFailed(_) => {
                if self.is_unwinding() { Decision::Unwind } else { Decision::Run }
            }
        };
        if decision != Decision::Run {
            self.cursor += 1;
        }
        Ok(decision)
    }

    /// The step was recorded as begun.
    pub fn began(&mut self, name: &StepName, undo: UndoKind) {
        let step = Recorded { name: name.to_string(), undo, state: StepState::Began };
        if self.cursor < self.steps.len() {
            self.steps[self.cursor] = step;
        } else {
            self.steps.push(step);
        }
        self.open = Some(Open::Step(self.cursor));
        self.cursor += 1;
    }

    /// Index of the open step.
    pub fn open_step(&self) -> Result<u32, RunError> {
        match self.open {
            Some(Open::Step(open)) => Ok(index(open)),
            Some(Open::Undo(_)) | None => Err(protocol("a step ends that did not begin".to_owned())),
        }
    }

    /// The open step was recorded as ended.
    pub fn finished(&mut self, outcome: Result<Json, Failure>) {
        if let Some(Open::Step(open)) = self.open.take() {
            self.steps[open].state = match outcome {
                Ok(result) => StepState::Finished(result),
                Err(failure) => StepState::Failed(failure),
            };
        }
    }

    /// Decides about the undo of a step: newest first, each once.
    pub fn undo(&self, name: &str) -> Result<Undo, RunError> {
        if self.is_open() {
            return Err(protocol(format!("the undo of `{name}` begins inside a step")));
        }
        if self.irreversible_began() {
            return Err(protocol("an undo begins after a step that cannot be undone".to_owned()));
        }
        let Some(position) = self.steps.iter().position(|step| step.name == name) else {
            return Err(protocol(format!("the undo of `{name}` begins, which never began")));
        };
        let step = &self.steps[position];
        if step.undo != UndoKind::Undoable {
            return Err(protocol(format!("step `{name}` has no undo")));
        }
        if step.state == StepState::Undone {
            return Ok(Undo::Done);
        }
        let newer = &self.steps[position + 1..];
        if let Some(first) = newer.iter().find(|step| needs_undo(step)) {
            return Err(protocol(format!("step `{name}` is undone before `{}`, which began later", first.name)));
        }
        Ok(Undo::Needed(index(position)))
    }

    /// The undo was recorded as begun.
    pub fn undoing(&mut self, step: u32) {
        let position = step as usize;
        self.steps[position].state = StepState::Undoing;
        self.open = Some(Open::Undo(position));
    }

    /// Index of the step whose undo is open.
    pub fn open_undo(&self) -> Result<u32, RunError> {
        match self.open {
            Some(Open::Undo(open)) => Ok(index(open)),
            Some(Open::Step(_)) | None => Err(protocol("an undo ends that did not begin".to_owned())),
        }
    }

    /// The open undo was recorded as ended.
    pub fn undone(&mut self, outcome: Result<(), Failure>) {
        if let Some(Open::Undo(open)) = self.open.take() {
            self.steps[open].state = match outcome {
                Ok(()) => StepState::Undone,
                Err(failure) => StepState::UndoFailed(failure),
            };
        }
    }

    /// From here on the operation is being undone.
    pub fn unwinds(&mut self, failure: Failure) {
        self.unwinding = Some(failure);
    }

    /// Whether the operation is being undone.
    pub fn is_unwinding(&self) -> bool {
        self.unwinding.is_some()
    }

    /// Why the operation is being undone.
    pub fn unwind_reason(&self) -> Option<&Failure> {
        self.unwinding.as_ref()
    }

    /// Whether a step or an undo is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Steps recorded so far.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether a step began that cannot be undone.
    pub fn irreversible_began(&self) -> bool {
        self.steps.iter().any(|step| step.undo == UndoKind::Irreversible)
    }

    /// Whether the step at the cursor began in an earlier run and did not end.
    pub fn last_began_unfinished(&self) -> bool {
        self.steps.get(self.cursor).is_some_and(needs_undo)
    }

    /// The failure of the newest step that failed.
    pub fn last_failure(&self) -> Option<Failure> {
        self.steps.iter().rev().find_map(|step| match &step.state {
            StepState::Failed(failure) => Some(failure.clone()),
            StepState::Began
            | StepState::Finished(_)
            | StepState::Undoing
            | StepState::Undone
            | StepState::UndoFailed(_) => None,
        })
    }

    /// Whether the record says that this step was taken.
    pub fn has_finished(&self, name: &str) -> bool {
        self.steps.iter().any(|step| step.name == name && matches!(step.state, StepState::Finished(_)))
    }

    /// Names of the steps whose effect may still be there, newest first.
    pub fn left(&self) -> Vec<String> {
        self.steps.iter().rev().filter(|step| needs_undo(step)).map(|step| step.name.clone()).collect()
    }

    /// Names of irreversible steps that began and did not finish.
    pub fn unfinished_irreversible(&self) -> Vec<String> {
        let unfinished = |step: &&Recorded| !matches!(step.state, StepState::Finished(_));
        self.steps.iter().filter(unfinished).map(|step| step.name.clone()).collect()
    }

    /// The failure of an undo that failed.
    pub fn undo_failure(&self) -> Option<Failure> {
        self.steps.iter().find_map(|step| match &step.state {
            StepState::UndoFailed(failure) => Some(failure.clone()),
            StepState::Began
            | StepState::Finished(_)
            | StepState::Undoing
            | StepState::Undone
            | StepState::Failed(_) => None,
        })
    }
}

fn needs_undo(step: &Recorded) -> bool {
    step.undo == UndoKind::Undoable && step.state != StepState::Undone
}

fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

fn protocol(reason: String) -> RunError {
    RunError::Protocol { reason }
}

#[cfg(test)]
mod tests;
