//! `systemprompt history prove`.

use systemprompt_events::EventRef;
use systemprompt_events::proof::{InclusionProof, ProofFault};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::signing;
use crate::view::AnyView;
use crate::view::proof;

/// Prove to somebody without the log that an event is in it
///
/// The proof holds the event as it is stored, to the byte, and what leads from it to the root of a checkpoint that was
/// signed after it. `history verify-proof` needs nothing else but the public key. Of all other events it shows hashes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history prove 1
  systemprompt history prove 019bff27 --output proof.json
  systemprompt history prove 1 --checkpoint 12")]
pub struct ProveArgs {
    /// Position, or the id of an event or the beginning of one
    #[arg(value_name = "EVENT")]
    event: String,
    /// Take the checkpoint over so many events, instead of the newest one
    #[arg(long, value_name = "SIZE")]
    checkpoint: Option<u64>,
    /// Where it goes
    #[command(flatten)]
    output: Output,
}

/// Carries it out.
pub async fn run(context: &Context, args: ProveArgs) -> Result<AnyView, CliError> {
    args.output.check()?;
    let shown = crate::text::one_line(&args.event, 60);
    let wanted: EventRef = args
        .event
        .parse()
        .map_err(|error| CliError::usage("bad-event", format!("`{shown}` names no event")).because(&error))?;
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let event = project.ledger().log.event(&wanted).await?.ok_or_else(|| {
        CliError::new(Exit::NotFound, "event-not-found", format!("there is no event `{shown}`"))
            .try_command("systemprompt history log")
    })?;
    let position = event.position;
    let covers = |size: u64| size >= position.get() && args.checkpoint.is_none_or(|wanted| wanted == size);
    let held = signing::find(&mut project, |held| covers(held.checkpoint.size)).await?.ok_or_else(|| {
        let which = args.checkpoint.map(|size| format!(" over {size} events")).unwrap_or_default();
        let message = format!("no checkpoint{which} is there that covers position {position}");
        CliError::new(Exit::NotFound, "no-checkpoint", message).try_command("systemprompt history checkpoint")
    })?;
    let size = held.checkpoint.size;
    let proved = project.ledger().log.prove_inclusion(position, size).await?;
    let proved = proved.filter(|proved| proved.root == held.checkpoint.root).ok_or(ProofFault::Root { size })?;
    let proof = InclusionProof {
        leaf: proved.event.leaf().map_err(ProofFault::from)?.to_string(),
        event: proved.event,
        size,
        path: proved.path.iter().map(ToString::to_string).collect(),
        checkpoint: held.note.to_string(),
    };
    proof::inclusion(&proof, &args.output)
}
