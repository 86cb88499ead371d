//! `systemprompt history verify-proof`.

use std::path::PathBuf;

use crate::error::CliError;
use crate::proof_file::{self, Proof};
use crate::view::AnyView;
use crate::view::proof;

/// Verify a proof, without the log and without a project
///
/// Says which event was proved, who did it and when; or between which checkpoints the log was only added to. With
/// `--checkpoint` the proof has to lead to the note that you hold, rather than to the one that it brings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history verify-proof proof.json --key log.vkey
  systemprompt history verify-proof proof.json --key log.vkey --checkpoint checkpoint.txt")]
pub struct VerifyProofArgs {
    /// The proof, as `history prove` or `history consistency` printed it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Public key of the log, as `history key` prints it, or of a witness; or a file that holds it
    #[arg(long, value_name = "KEY")]
    key: String,
    /// A checkpoint that you hold; twice for both ends of a proof of consistency
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

/// Carries it out.
pub fn run(args: &VerifyProofArgs) -> Result<AnyView, CliError> {
    let key = proof_file::key(&args.key)?;
    let held = args.checkpoint.iter().map(|file| proof_file::note(file)).collect::<Result<Vec<_>, _>>()?;
    match proof_file::proof(&args.file)? {
        Proof::Inclusion(proof) => {
            if held.len() > 1 {
                let message = "a proof of one event leads to one checkpoint";
                return Err(CliError::usage("bad-range", message).help("give `--checkpoint` once"));
            }
            let signed = proof.verify(&key, held.first().map(String::as_str))?;
            Ok(proof::included(&proof, &signed, &key))
        }
        Proof::Consistency(proof) => {
            let signed = proof.verify(&key, &held)?;
            Ok(proof::consistent(&signed, &key))
        }
    }
}
