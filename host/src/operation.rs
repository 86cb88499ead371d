//! Operations: what is recorded of a provider's steps, so that they can be resumed and undone.

pub mod abandon;
pub mod accept;
pub mod cancel;
pub mod driver;
pub mod effect;
pub mod foreign;
pub mod lease;
pub mod outcome;
pub mod performer;
pub mod planned;
pub mod replay;
mod request;
pub mod words;

use systemprompt_events::{
    Command, Failure, FailureKind, Json, Operation, OperationCommand, OperationId, StepName, UndoKind,
};

use crate::error::CliError;
use crate::ledger::Ledger;
use crate::plugin::limits::STEPS_MAX;
use cancel::CancelFlag;
use replay::{Decision, Replay, Undo};

/// What the guest is told when it begins a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Begin {
    /// Run it.
    Run,
    /// It ran before, with this result.
    Recorded(Json),
    /// Do not run it; its undo is needed.
    Unwind,
    /// Do not run it.
    Stop,
}

/// Why a run ends before the guest has answered.
#[derive(Debug)]
pub enum RunError {
    /// More steps than a sane operation has.
    TooManySteps,
    /// The journal was called in an order that cannot be.
    Protocol {
        /// What was wrong.
        reason: String,
    },
    /// Not the steps of the record.
    Mismatch {
        /// Which step.
        index: u32,
        /// As recorded.
        recorded: String,
        /// As begun now.
        found: String,
    },
    /// The log refused, or the user asked to stop where nothing can be undone.
    Host(Box<CliError>),
}

impl From<CliError> for RunError {
    fn from(error: CliError) -> RunError {
        RunError::Host(Box::new(error))
    }
}

/// One run of an operation by this process, under its lease.
pub struct Run {
    /// Which operation.
    pub id: OperationId,
    token: u64,
    /// What to type to go on with it.
    resume: String,
    replay: Replay,
    cancel: CancelFlag,
}

impl Run {
    /// Goes on from what is recorded.
    pub fn new(operation: &Operation, cancel: CancelFlag) -> Run {
        let replay = Replay::of(operation);
        if replay.irreversible_began() {
            cancel.only_forward();
        }
        Run { id: operation.id, token: operation.token, resume: words::resume_command(operation), replay, cancel }
    }

    /// Whether a step or an undo is open, so that effects will be recorded.
    pub fn in_step(&self) -> bool {
        self.replay.is_open()
    }

    /// What the record says now.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The lease's token.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Whether nothing failed and nothing is being undone.
    pub fn ended_well(&self) -> bool {
        !self.replay.is_unwinding() && self.replay.last_failure().is_none()
    }

    /// Asks the operation to undo what was done; false when that cannot be, or nothing was done.
    pub async fn turn_back(&mut self, ledger: &mut Ledger, failure: Failure) -> Result<bool, CliError> {
        if self.replay.irreversible_began() || self.replay.left().is_empty() {
            return Ok(false);
        }
        match self.start_unwind(ledger, failure).await {
            Ok(()) => Ok(true),
            Err(RunError::Host(error)) => Err(*error),
            Err(RunError::TooManySteps | RunError::Protocol { .. } | RunError::Mismatch { .. }) => Ok(false),
        }
    }

    /// Begins the next step.
    pub async fn begin(&mut self, ledger: &mut Ledger, name: &StepName, undo: UndoKind) -> Result<Begin, RunError> {
        match self.replay.next(name, undo)? {
            Decision::Recorded(result) => Ok(Begin::Recorded(result)),
            Decision::Unwind => Ok(Begin::Unwind),
            Decision::Stop => Ok(Begin::Stop),
            Decision::Run => self.run_step(ledger, name, undo).await,
        }
    }

    async fn run_step(&mut self, ledger: &mut Ledger, name: &StepName, undo: UndoKind) -> Result<Begin, RunError> {
        if self.replay.len() >= STEPS_MAX {
            return Err(RunError::TooManySteps);
        }
        if self.cancel.is_set() {
            return self.stop_here(ledger).await;
        }
        self.record(ledger, OperationCommand::BeginStep { token: self.token, name: name.clone(), undo }).await?;
        self.replay.began(name, undo);
        if undo == UndoKind::Irreversible {
            self.cancel.only_forward();
        }
        Ok(Begin::Run)
    }

    /// The user asked to stop: undo what was done, or say that only going on is possible.
    async fn stop_here(&mut self, ledger: &mut Ledger) -> Result<Begin, RunError> {
        if self.replay.irreversible_began() {
            return Err(CliError::interrupted(&self.resume).into());
        }
        self.start_unwind(ledger, cancel::failure()).await?;
        Ok(if self.replay.last_began_unfinished() { Begin::Unwind } else { Begin::Stop })
    }

    async fn start_unwind(&mut self, ledger: &mut Ledger, failure: Failure) -> Result<(), RunError> {
        self.record(ledger, OperationCommand::StartUnwind { token: self.token, failure: failure.clone() }).await?;
        self.replay.unwinds(failure);
        Ok(())
    }

    /// Records how the open step went.
    pub async fn finish(&mut self, ledger: &mut Ledger, outcome: Result<Json, Failure>) -> Result<(), RunError> {
        let index = self.replay.open_step()?;
        let token = self.token;
        let command = match outcome.clone() {
            Ok(result) => OperationCommand::FinishStep { token, index, result },
            Err(failure) => OperationCommand::FailStep { token, index, failure },
        };
        self.record(ledger, command).await?;
        self.replay.finished(outcome);
        Ok(())
    }

    /// Begins a step's undo; false when the record says that it was done.
    pub async fn begin_undo(&mut self, ledger: &mut Ledger, name: &str) -> Result<bool, RunError> {
        let Undo::Needed(index) = self.replay.undo(name)? else { return Ok(false) };
        if !self.replay.is_unwinding() {
            let failure = self.replay.last_failure().unwrap_or_else(gave_up);
            self.start_unwind(ledger, failure).await?;
        }
        self.record(ledger, OperationCommand::BeginUndo { token: self.token, index }).await?;
        self.replay.undoing(index);
        Ok(true)
    }

    /// Records how the open undo went.
    pub async fn finish_undo(&mut self, ledger: &mut Ledger, outcome: Result<(), Failure>) -> Result<(), RunError> {
        let index = self.replay.open_undo()?;
        let token = self.token;
        let command = match outcome.clone() {
            Ok(()) => OperationCommand::FinishUndo { token, index },
            Err(failure) => OperationCommand::FailUndo { token, index, failure },
        };
        self.record(ledger, command).await?;
        self.replay.undone(outcome);
        Ok(())
    }

    async fn record(&self, ledger: &mut Ledger, command: OperationCommand) -> Result<(), RunError> {
        ledger.record(vec![Command::Operation(self.id, command)]).await?;
        Ok(())
    }
}

/// Code of a failure whose reason is not known yet when the undoing begins.
const GAVE_UP: &str = "gave-up";

/// The provider ended without a failed step.
fn gave_up() -> Failure {
    Failure {
        kind: FailureKind::Broken,
        code: GAVE_UP.to_owned(),
        message: "the provider gave up between two steps".to_owned(),
        help: None,
    }
}
