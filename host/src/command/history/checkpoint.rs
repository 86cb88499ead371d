//! `systemprompt history checkpoint`.

use std::path::PathBuf;

use crate::cli::Context;
use crate::error::CliError;
use crate::output::Output;
use crate::proof_file;
use crate::signing;
use crate::view::AnyView;
use crate::view::proof;

/// Sign what the log is now, for somebody else to hold
///
/// The note names the log, how many events it has, and the root of the Merkle tree over them. Kept where whoever can
/// write this project cannot write, it shows any later change of these events: see `history verify --checkpoint`. Your
/// key is made at its first use. The history records each checkpoint, in an event that comes after those it is over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history checkpoint
  systemprompt history checkpoint --output checkpoint.txt
  systemprompt history checkpoint --witness cosigned.txt --witness-key witness.vkey")]
pub struct CheckpointArgs {
    /// Where it goes
    #[command(flatten)]
    output: Output,
    /// Record the co-signature of a witness that this note carries, instead of signing anew
    #[arg(long, value_name = "FILE", requires = "witness_key")]
    witness: Option<PathBuf>,
    /// Public key of the witness, or a file that holds it
    #[arg(long, value_name = "KEY", requires = "witness")]
    witness_key: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: CheckpointArgs) -> Result<AnyView, CliError> {
    args.output.check()?;
    let witnessed = match (&args.witness, &args.witness_key) {
        (Some(file), Some(key)) => Some((proof_file::note(file)?, proof_file::key(key)?)),
        (Some(_) | None, _) => None,
    };
    let mut project = context.existing_project().await?;
    if let Some((note, key)) = witnessed {
        let (held, signed) = signing::witness(&mut project, &note, &key).await?;
        return proof::checkpoint(&held, Some((&key, &signed)), &args.output);
    }
    let (held, said) = signing::sign(&mut project).await?;
    context.say_where_the_key_is();
    if let Some(line) = &said {
        context.note(line);
    }
    proof::checkpoint(&held, None, &args.output)
}
