//! Operations as the page draws them: from where to where, how they ended, and what became of each step.

use std::collections::HashMap;

use serde::Serialize;
use systemprompt_events::{Event, OperationEvent, Recorded};

/// One operation. Numbers are positions.
#[derive(Debug, Serialize)]
pub struct Bar {
    id: String,
    /// None where its first event is not in the picture.
    kind: Option<String>,
    provider: Option<String>,
    lane: usize,
    from: u64,
    /// None while it runs.
    until: Option<u64>,
    outcome: Outcome,
    steps: Vec<Step>,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Stuck,
    Abandoned,
}

/// One step of an operation.
#[derive(Debug, Default, Serialize)]
pub struct Step {
    index: u32,
    name: Option<String>,
    began: Option<u64>,
    finished: Option<u64>,
    failed: Option<u64>,
    undo_began: Option<u64>,
    undo_finished: Option<u64>,
    undo_failed: Option<u64>,
}

/// The operations, in the order of their first events, as these are given: each with its lane, oldest first.
pub fn bars<'a>(events: impl Iterator<Item = (&'a Recorded, usize)>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (recorded, lane) in events {
        let Event::Operation(event) = &recorded.event else { continue };
        let place = *places.entry(&recorded.stream).or_insert_with(|| {
            bars.push(Bar::new(recorded, lane));
            bars.len() - 1
        });
        bars[place].take(event, recorded.position.get());
    }
    bars
}

impl Bar {
    fn new(first: &Recorded, lane: usize) -> Bar {
        let id = first.stream.strip_prefix("operation/").unwrap_or(&first.stream).to_owned();
        let from = first.position.get();
        Bar { id, kind: None, provider: None, lane, from, until: None, outcome: Outcome::Running, steps: Vec::new() }
    }

    fn take(&mut self, event: &OperationEvent, at: u64) {
        // One that was stuck goes on when it is resumed.
        (self.outcome, self.until) = (Outcome::Running, None);
        match event {
            OperationEvent::OperationStarted { kind, provider, .. } => {
                (self.kind, self.provider) = (Some(kind.clone()), Some(provider.to_string()));
            }
            OperationEvent::OperationClaimed { .. } | OperationEvent::UnwindStarted { .. } => {}
            OperationEvent::StepBegan { index, name, .. } => {
                let step = self.step(*index);
                (step.name, step.began) = (Some(name.to_string()), Some(at));
            }
            OperationEvent::StepFinished { index, .. } => self.step(*index).finished = Some(at),
            OperationEvent::StepFailed { index, .. } => self.step(*index).failed = Some(at),
            OperationEvent::UndoBegan { index } => self.step(*index).undo_began = Some(at),
            OperationEvent::UndoFinished { index } => self.step(*index).undo_finished = Some(at),
            OperationEvent::UndoFailed { index, .. } => self.step(*index).undo_failed = Some(at),
            OperationEvent::OperationSucceeded { .. } => self.end(Outcome::Succeeded, at),
            OperationEvent::OperationFailed { .. } => self.end(Outcome::Failed, at),
            OperationEvent::OperationCancelled { .. } => self.end(Outcome::Cancelled, at),
            OperationEvent::OperationStuck { .. } => self.end(Outcome::Stuck, at),
            OperationEvent::OperationAbandoned { .. } => self.end(Outcome::Abandoned, at),
        }
    }

    fn end(&mut self, outcome: Outcome, at: u64) {
        (self.outcome, self.until) = (outcome, Some(at));
    }

    /// A step whose beginning is not in the picture has no name.
    fn step(&mut self, index: u32) -> &mut Step {
        let found = self.steps.iter().position(|step| step.index == index);
        let place = found.unwrap_or_else(|| {
            self.steps.push(Step { index, ..Step::default() });
            self.steps.len() - 1
        });
        &mut self.steps[place]
    }
}
