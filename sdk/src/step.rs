//! One step of an operation: what it is called, what it does, how it is taken back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::journal::{Journal, Reversal};

/// A step about to be taken; see [`Operation::step`](crate::Operation::step).
#[must_use = "a step does nothing until it is run"]
pub struct Step<'a> {
    journal: &'a Journal,
    name: &'a str,
    reversal: Reversal,
}

impl<'a> Step<'a> {
    pub(crate) fn new(journal: &'a Journal, name: &'a str) -> Self {
        Self { journal, name, reversal: Reversal::Nothing }
    }

    /// Says how to take the step back. It may have to when the step's effect did not happen, and more than once.
    ///
    /// The closure owns what it needs: it runs long after the line that made it.
    pub fn undo(self, undo: impl FnOnce() -> Result<(), Failure> + 'static) -> Self {
        Self { reversal: Reversal::Undo(Box::new(undo)), ..self }
    }

    /// Says that the step cannot be taken back: once it began, the operation can only be completed.
    pub fn irreversible(self) -> Self {
        Self { reversal: Reversal::Irreversible, ..self }
    }

    /// Takes the step, or returns its recorded result when it was taken before.
    ///
    /// A crash can fall between the effect and its record, so the effect may be asked for twice.
    pub fn run<T, F>(self, effect: F) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce() -> Result<T, Failure>,
    {
        let Self { journal, name, reversal } = self;
        if let Some(recorded) = journal.begin(name, reversal)? {
            return serde_json::from_str(&recorded).map_err(|error| unreadable(name, &error));
        }
        let outcome = effect().and_then(|value| match serde_json::to_string(&value) {
            Ok(json) => Ok((value, json)),
            Err(error) => Err(unwritable(name, &error)),
        });
        journal.finish(outcome.as_ref().map(|(_, json)| json.as_str()));
        outcome.map(|(value, _)| value)
    }
}

fn unreadable(name: &str, error: &serde_json::Error) -> Failure {
    let message = format!("the recorded result of step `{name}` does not fit this version of the plugin: {error}");
    Failure::broken("step-result-unreadable", message)
}

fn unwritable(name: &str, error: &serde_json::Error) -> Failure {
    Failure::broken("step-result-unwritable", format!("the result of step `{name}` cannot be recorded: {error}"))
}
