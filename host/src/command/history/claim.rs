//! `systemprompt history claim`.

use serde_json::json;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::ownership;
use crate::prompt;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Make this directory the one that acts for its history
///
/// A copy of a project names the same databases as the original, so that only one of them may change them: the one
/// that did so first. A project that was moved is followed by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history claim
  systemprompt history claim --yes")]
pub struct ClaimArgs {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Also where the history's import did not come to its end: what is here is all there is
    #[arg(long)]
    unfinished: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ClaimArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    if !args.yes {
        if !context.env.interactive || context.global.json {
            return Err(CliError::new(
                Exit::Refused,
                "confirmation-needed",
                "taking a history over needs a confirmation",
            )
            .help("other copies of this project can change nothing from then on")
            .try_command("systemprompt history claim --yes"));
        }
        if !prompt::confirmed("Let this directory act for its history, and no other copy of it?")? {
            return Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"));
        }
    }
    let before = ownership::claim(&mut project, args.unfinished).await?;
    let here = crate::text::shown(project.dir.parent().unwrap_or(&project.dir));
    let line = match &before {
        Some(before) => format!("{here} acts for its history now, and {before} does not any more"),
        None => format!("{here} acts for its history"),
    };
    Ok(Box::new(Happened {
        schema: "systemprompt/history-claim/v1",
        data: json!({ "project": here, "before": before }),
        lines: vec![line],
    }))
}
