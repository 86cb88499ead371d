//! The record of one operation, as the program keeps it in its log.

use crate::bindings::systemprompt::provider::journal::Position;
use crate::{Failure, UndoKind};

/// What was recorded about an operation, over all of its runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) entries: Vec<Entry>,
    /// Whether it is being undone.
    unwinding: bool,
    /// Before which step somebody asks to stop.
    pub(super) cancel_before: Option<String>,
    /// How many steps the current run has begun.
    cursor: usize,
    /// The step or undo that is running.
    open: Option<usize>,
}

/// What was recorded about a step.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) undo: UndoKind,
    outcome: Option<Result<String, Failure>>,
    reversal: Reversal,
}

/// How far a step was taken back.
#[derive(Clone, Debug, PartialEq)]
enum Reversal {
    Untouched,
    Began,
    Done,
    Failed(Failure),
}

impl Record {
    /// A run starts at the top.
    pub(super) fn rewind(&mut self) {
        self.cursor = 0;
        self.open = None;
    }

    /// What to do with a step; an error breaks the protocol, and ends the run.
    pub(super) fn begin(&mut self, name: &str, undo: UndoKind) -> Result<Position, String> {
        if self.open.is_some() {
            return Err(format!("step `{name}` begins inside another"));
        }
        let index = self.cursor;
        self.cursor += 1;
        if let Some(entry) = self.entries.get(index) {
            if entry.name != name || entry.undo != undo {
                let (was, taken_back) = (&entry.name, entry.undo);
                return Err(format!(
                    "nondeterministic plugin: step {index} was `{was}` ({taken_back:?}) and is now `{name}` ({undo:?})"
                ));
            }
            match (&entry.reversal, &entry.outcome) {
                (Reversal::Done, _) => return Ok(Position::Stop),
                (Reversal::Untouched, Some(Ok(result))) => return Ok(Position::Recorded(result.clone())),
                (Reversal::Untouched | Reversal::Began | Reversal::Failed(_), _) if self.unwinding => {
                    return Ok(Position::Unwind);
                }
                (Reversal::Untouched | Reversal::Began | Reversal::Failed(_), _) => {}
            }
        } else {
            if self.entries.iter().any(|entry| entry.name == name) {
                return Err(format!("there are two steps `{name}`"));
            }
            if self.cancel_before.as_deref() == Some(name) && !self.forward_only() {
                self.unwinding = true;
            }
            if self.unwinding {
                return Ok(Position::Stop);
            }
            self.entries.push(Entry { name: name.to_owned(), undo, outcome: None, reversal: Reversal::Untouched });
        }
        self.open = Some(index);
        Ok(Position::Run)
    }

    pub(super) fn finish(&mut self, outcome: Result<&str, &Failure>) -> Result<(), String> {
        let index = self.open.take().ok_or("a step ends that did not begin")?;
        if let Ok(result) = outcome
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(result)
        {
            return Err(format!("the result of step `{}` is not JSON: {error}", self.entries[index].name));
        }
        self.unwinding |= outcome.is_err() && !self.forward_only();
        self.entries[index].outcome = Some(outcome.map(str::to_owned).map_err(Clone::clone));
        Ok(())
    }

    pub(super) fn begin_undo(&mut self, name: &str) -> Result<bool, String> {
        if self.forward_only() {
            return Err(format!("the undo of `{name}` runs after an irreversible step began"));
        }
        if self.open.is_some() {
            return Err(format!("the undo of `{name}` begins inside a step"));
        }
        self.unwinding = true;
        let position = self.entries.iter().position(|entry| entry.name == name);
        let index = position.ok_or_else(|| format!("the undo of `{name}` begins, which never began"))?;
        if let Some(later) = self.entries[index + 1..].iter().find(|entry| entry.owes_undo()) {
            return Err(format!("the undo of `{name}` runs before that of the later step `{}`", later.name));
        }
        let owed = self.entries[index].owes_undo();
        if owed {
            self.open = Some(index);
            self.entries[index].reversal = Reversal::Began;
        }
        Ok(owed)
    }

    pub(super) fn finish_undo(&mut self, outcome: Result<(), &Failure>) -> Result<(), String> {
        let index = self.open.take().ok_or("an undo ends that did not begin")?;
        self.entries[index].reversal = match outcome {
            Ok(()) => Reversal::Done,
            Err(failure) => Reversal::Failed(failure.clone()),
        };
        Ok(())
    }

    /// Whether a step began that cannot be taken back.
    pub(super) fn forward_only(&self) -> bool {
        self.entries.iter().any(|entry| entry.undo == UndoKind::Irreversible)
    }

    /// The step whose undo failed, and how.
    pub(super) fn stuck(&self) -> Option<(&str, &Failure)> {
        self.entries.iter().find_map(|entry| match &entry.reversal {
            Reversal::Failed(failure) => Some((entry.name.as_str(), failure)),
            Reversal::Untouched | Reversal::Began | Reversal::Done => None,
        })
    }
}

impl Entry {
    fn owes_undo(&self) -> bool {
        self.undo == UndoKind::Undoable && self.reversal != Reversal::Done
    }
}
