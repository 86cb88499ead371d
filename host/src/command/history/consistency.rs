//! `systemprompt history consistency`.

use std::path::Path;

use systemprompt_events::proof::{Checkpoint, ConsistencyProof, Moment, Note, ProofFault};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::project::Project;
use crate::proof_file;
use crate::signing;
use crate::view::AnyView;
use crate::view::proof;

/// Prove that the log was only added to between two checkpoints
///
/// Each is named by its size, or by a file with its note. The proof shows hashes only. Whoever holds both checkpoints
/// verifies with `history verify-proof` that the second continues the first: nothing was changed, removed or put in
/// between.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history consistency 2 5
  systemprompt history consistency checkpoint.txt 5 --output growth.json")]
pub struct ConsistencyArgs {
    /// The earlier one: how many events, or a file with its note
    #[arg(value_name = "A")]
    first: String,
    /// The later one
    #[arg(value_name = "B")]
    second: String,
    /// Where it goes
    #[command(flatten)]
    output: Output,
}

/// Carries it out.
pub async fn run(context: &Context, args: ConsistencyArgs) -> Result<AnyView, CliError> {
    args.output.check()?;
    let (first, second) = (named(&args.first)?, named(&args.second)?);
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    if first.size() > second.size() {
        let message = format!("{} events are more than {}", first.size(), second.size());
        return Err(CliError::usage("bad-range", message).help("the earlier checkpoint comes first"));
    }
    let proved = project.ledger().log.prove_consistency(first.size(), second.size()).await?.ok_or_else(|| {
        let message = format!("the log has fewer than {} events", second.size());
        CliError::new(Exit::NotFound, "log-too-short", message).try_command("systemprompt history log")
    })?;
    let proof = ConsistencyProof {
        first: moment(&mut project, first, proved.roots.0).await?,
        second: moment(&mut project, second, proved.roots.1).await?,
        path: proved.path.iter().map(ToString::to_string).collect(),
    };
    proof::consistency(&proof, &args.output)
}

/// What an argument names.
enum Named {
    Size(u64),
    Checkpoint(Checkpoint, Note),
}

impl Named {
    fn size(&self) -> u64 {
        match self {
            Self::Size(size) => *size,
            Self::Checkpoint(checkpoint, _) => checkpoint.size,
        }
    }
}

fn named(argument: &str) -> Result<Named, CliError> {
    if let Ok(size) = argument.parse() {
        return Ok(Named::Size(size));
    }
    let unreadable = |error: &dyn std::fmt::Display| {
        let file = crate::text::shown(Path::new(argument));
        CliError::new(Exit::Failed, "checkpoint-unreadable", format!("{file} is no checkpoint: {error}"))
    };
    let note = proof_file::note(Path::new(argument))?.parse::<Note>().map_err(|error| unreadable(&error))?;
    let checkpoint = note.text().parse::<Checkpoint>().map_err(|error| unreadable(&error))?;
    Ok(Named::Checkpoint(checkpoint, note))
}

/// The log at that size, with the checkpoint that was given, or else one that the log holds.
async fn moment(project: &mut Project, named: Named, root: systemprompt_events::Digest) -> Result<Moment, CliError> {
    let size = named.size();
    let note = match named {
        Named::Size(_) => {
            let found = signing::find(project, |held| held.checkpoint.size == size && held.checkpoint.root == root);
            found.await?.map(|held| held.note)
        }
        Named::Checkpoint(given, note) => {
            let origin = Checkpoint::origin_of(signing::log_id(project).await?);
            if given.origin != origin {
                let fault = systemprompt_events::proof::CheckpointFault::OtherLog {
                    found: crate::text::one_line(&given.origin, crate::text::MESSAGE_CHARS_MAX),
                    expected: origin,
                };
                return Err(fault.into());
            }
            if given.root != root {
                return Err(ProofFault::Root { size }.into());
            }
            Some(note)
        }
    };
    Ok(Moment { size, root: root.to_string(), checkpoint: note.map(|note| note.to_string()) })
}
