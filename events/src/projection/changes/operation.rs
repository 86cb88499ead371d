//! Tables `operations` and `steps`.

use super::{Before, Change};
use crate::{
    Operation, OperationEvent, OperationState, StepState, Timestamp, codec,
    projection::{Began, Cell, Row, Table},
};

pub(super) fn changes(
    event: &OperationEvent,
    before: &Before,
    after: &Operation,
    began: Began,
    now: Timestamp,
) -> Vec<Change> {
    match event {
        OperationEvent::OperationStarted { .. } => vec![Change::Open(row(after, began, now))],
        OperationEvent::OperationClaimed { .. }
        | OperationEvent::UnwindStarted { .. }
        | OperationEvent::OperationSucceeded { .. }
        | OperationEvent::OperationFailed { .. }
        | OperationEvent::OperationCancelled { .. }
        | OperationEvent::OperationStuck { .. }
        | OperationEvent::OperationAbandoned { .. } => vec![Change::Replace(row(after, began, now))],
        OperationEvent::StepBegan { index, .. }
        | OperationEvent::StepFinished { index, .. }
        | OperationEvent::StepFailed { index, .. }
        | OperationEvent::UndoBegan { index }
        | OperationEvent::UndoFinished { index }
        | OperationEvent::UndoFailed { index, .. } => {
            let is_new = before.steps < after.steps.len();
            let row = step_row(after, *index);
            row.map(|row| if is_new { Change::Open(row) } else { Change::Replace(row) }).into_iter().collect()
        }
    }
}

fn row(operation: &Operation, began: Began, now: Timestamp) -> Row {
    let (result, failure, left) = match &operation.state {
        OperationState::Running => (None, None, None),
        OperationState::Succeeded(result) => (Some(result), None, None),
        OperationState::Unwinding(failure) | OperationState::Failed(failure) | OperationState::Cancelled(failure) => {
            (None, Some(failure), None)
        }
        OperationState::Stuck { failure, left } => (None, Some(failure), Some(left)),
        OperationState::Abandoned { left } => (None, None, Some(left)),
    };
    Row {
        table: Table::Operations,
        key: operation.id.to_string(),
        cells: vec![
            Cell::text(&operation.kind),
            Cell::text(&operation.provider),
            Cell::text(&operation.plugin_hash),
            Cell::optional(operation.tenant.as_ref()),
            Cell::text(&operation.input),
            Cell::text(operation.state.as_str()),
            Cell::Number(i64::try_from(operation.token).unwrap_or(i64::MAX)),
            Cell::text(&operation.holder),
            Cell::optional(result),
            Cell::optional(failure.map(codec::failure_text).as_ref()),
            left.map_or(Cell::Null, |left| Cell::list(left)),
            Cell::Number(began.time.millis()),
            Cell::Number(now.millis()),
        ],
    }
}

fn step_row(operation: &Operation, index: u32) -> Option<Row> {
    let step = operation.steps.get(usize::try_from(index).ok()?)?;
    let (result, failure) = match &step.state {
        StepState::Began | StepState::Undoing | StepState::Undone => (None, None),
        StepState::Finished(result) => (Some(result), None),
        StepState::Failed(failure) | StepState::UndoFailed(failure) => (None, Some(failure)),
    };
    Some(Row {
        table: Table::Steps,
        key: format!("{}/{index}", operation.id),
        cells: vec![
            Cell::text(&operation.id),
            Cell::Number(i64::from(index)),
            Cell::text(&step.name),
            Cell::text(&step.undo),
            Cell::text(step.state.as_str()),
            Cell::optional(result),
            Cell::optional(failure.map(codec::failure_text).as_ref()),
        ],
    })
}
