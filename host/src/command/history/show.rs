//! `systemprompt history show`.

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::view::AnyView;
use crate::view::history::Event;
use systemprompt_events::EventRef;

/// Show one event, whole, and what it changed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history show 1
  systemprompt history show 019bff27 --json")]
pub struct ShowArgs {
    /// Position, or the id of an event or the beginning of one
    #[arg(value_name = "EVENT")]
    event: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: ShowArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let shown = crate::text::one_line(&args.event, 60);
    let wanted: EventRef = args
        .event
        .parse()
        .map_err(|error| CliError::usage("bad-event", format!("`{shown}` names no event")).because(&error))?;
    let log = &mut project.ledger().log;
    match log.event(&wanted).await? {
        Some(event) => {
            let changes = log.changes_of(std::slice::from_ref(&event)).await?.into_iter().flatten().collect();
            Ok(Box::new(Event { event, changes }))
        }
        None => Err(CliError::new(Exit::NotFound, "event-not-found", format!("there is no event `{shown}`"))
            .try_command("systemprompt history log")),
    }
}
