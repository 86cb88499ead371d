//! Capability `journal`: the record behind every step of an operation.

use systemprompt_events::{StepName, UndoKind};

use crate::operation::{Begin, RunError};
use crate::plugin::guest::{Guest, recordable};
use crate::plugin::limits::LimitHit;
use crate::plugin::v1::{failure, imports};
use imports::journal::Position;

impl imports::journal::Host for Guest {
    async fn begin(&mut self, name: String, undo: imports::types::UndoKind) -> wasmtime::Result<Position> {
        self.granted("journal")?;
        let name: StepName = name.parse().map_err(wasmtime::Error::new)?;
        let undo = match undo {
            imports::types::UndoKind::None => UndoKind::None,
            imports::types::UndoKind::Undoable => UndoKind::Undoable,
            imports::types::UndoKind::Irreversible => UndoKind::Irreversible,
        };
        let (ledger, run, reporter) = self.operation()?;
        match run.begin(ledger, &name, undo).await {
            Ok(Begin::Run) => {
                reporter.step_began(name.as_str());
                Ok(Position::Run)
            }
            Ok(Begin::Recorded(result)) => Ok(Position::Recorded(result.as_str().to_owned())),
            Ok(Begin::Unwind) => Ok(Position::Unwind),
            Ok(Begin::Stop) => Ok(Position::Stop),
            Err(error) => Err(self.run_failed(error)),
        }
    }

    async fn finish(&mut self, outcome: Result<String, imports::types::Failure>) -> wasmtime::Result<()> {
        self.granted("journal")?;
        let outcome = match outcome {
            Ok(result) => Ok(recordable(&result)?),
            Err(theirs) => Err(failure(theirs)),
        };
        let (ledger, run, reporter) = self.operation()?;
        reporter.step_ended(outcome.is_ok());
        run.finish(ledger, outcome).await.map_err(|error| self.run_failed(error))
    }

    async fn begin_undo(&mut self, name: String) -> wasmtime::Result<bool> {
        self.granted("journal")?;
        let (ledger, run, reporter) = self.operation()?;
        match run.begin_undo(ledger, &name).await {
            Ok(needed) => {
                if needed {
                    reporter.step_began(&format!("undo: {name}"));
                }
                Ok(needed)
            }
            Err(error) => Err(self.run_failed(error)),
        }
    }

    async fn finish_undo(&mut self, outcome: Result<(), imports::types::Failure>) -> wasmtime::Result<()> {
        self.granted("journal")?;
        let (ledger, run, reporter) = self.operation()?;
        reporter.step_ended(outcome.is_ok());
        run.finish_undo(ledger, outcome.map_err(failure)).await.map_err(|error| self.run_failed(error))
    }
}

impl Guest {
    fn operation(
        &mut self,
    ) -> wasmtime::Result<(&mut crate::ledger::Ledger, &mut crate::operation::Run, &crate::report::Reporter)> {
        let world = &mut self.world;
        match (world.ledger.as_mut(), world.run.as_mut()) {
            (Some(ledger), Some(run)) => Ok((ledger, run, &world.reporter)),
            _ => Err(wasmtime::Error::msg("the journal belongs to operations, and this call is none")),
        }
    }

    fn run_failed(&mut self, error: RunError) -> wasmtime::Error {
        match error {
            RunError::TooManySteps => wasmtime::Error::new(LimitHit::Steps),
            RunError::Protocol { reason } => wasmtime::Error::msg(format!("it broke the journal's protocol: {reason}")),
            RunError::Mismatch { index, recorded, found } => {
                let id = self.plugin.to_string();
                self.fail(crate::plugin::PluginError::Nondeterministic { id, index, recorded, found })
            }
            RunError::Host(error) => self.fail(*error),
        }
    }
}
