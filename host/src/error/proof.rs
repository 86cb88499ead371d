//! What is wrong with checkpoints and proofs, as the user gets it: each fault has a code of its own.

use systemprompt_events::proof::{CheckpointFault, PathFault, ProofFault, SignatureFault};

use super::{CliError, Exit};

impl From<CheckpointFault> for CliError {
    fn from(fault: CheckpointFault) -> CliError {
        let new = |code: &str| CliError::new(Exit::Failed, code, fault.to_string());
        match &fault {
            CheckpointFault::Note(_) | CheckpointFault::Text(_) => new("checkpoint-unreadable"),
            CheckpointFault::Signature(SignatureFault::Missing { .. }) => new("checkpoint-unsigned")
                .help("take the key from where you trust it, and never from beside the checkpoint")
                .try_command("systemprompt history key"),
            CheckpointFault::Signature(SignatureFault::Wrong { .. }) => new("checkpoint-forged"),
            CheckpointFault::OtherLog { .. } => new("checkpoint-other-log"),
        }
    }
}

impl From<ProofFault> for CliError {
    fn from(fault: ProofFault) -> CliError {
        let message = fault.to_string();
        let new = |code: &str| CliError::new(Exit::Failed, code, message.clone());
        match fault {
            ProofFault::Checkpoint(fault) => fault.into(),
            ProofFault::Columns(_) | ProofFault::Digest(_) => new("proof-unreadable"),
            ProofFault::Event => new("proof-event"),
            ProofFault::Position { .. } => new("proof-position"),
            ProofFault::Unsigned { .. } => {
                new("proof-unsigned").help("give the checkpoint that you hold with `--checkpoint FILE`")
            }
            ProofFault::Size { .. } => new("proof-size").help("a proof is made for one checkpoint: take that one"),
            ProofFault::Root { .. } => new("proof-root"),
            ProofFault::Path(PathFault::TooSmall | PathFault::Length | PathFault::Root) => new("proof-path"),
        }
    }
}
