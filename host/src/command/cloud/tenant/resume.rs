//! `systemprompt cloud tenant resume`.

use serde_json::json;
use systemprompt_events::Operation;

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::operation::driver;
use crate::project::{Project, registry_file};
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Go on with an operation that was interrupted
///
/// What is recorded as done is not done again. With `--undo`, what was done is undone instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant resume
  systemprompt cloud tenant resume my-project
  systemprompt cloud tenant resume my-project --undo")]
pub struct ResumeArgs {
    /// The tenant, by id, unique prefix of an id, or name; or the operation, by id
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Undo what was done instead of going on
    #[arg(long)]
    undo: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ResumeArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_resume_in().await?;
    let named = args.id.or_else(|| context.global.tenant.clone());
    let operation = choice::unfinished(&mut project, named.as_deref()).await?;
    let what = choice::in_words(&mut project, &operation).await?;
    let going = driver::resume(&mut project, &context.env.places, &context.reporter, operation.id, args.undo).await;
    registry_file::sync(&mut project).await?;
    let outcome = match going {
        // However it was told to stop, what counts is that it has ended.
        Err(_) if args.undo && !is_unfinished(&mut project, &operation).await? => "undone",
        other => other.map(|_| "finished")?,
    };
    let mut lines = vec![format!("{outcome}: {what}")];
    if let Some(id) = &operation.tenant
        && let Some(tenant) = project.ledger().log.tenant(id).await?
    {
        let selected = project.ledger().log.selected().await?.as_ref() == Some(id);
        lines.extend(super::create::hints(&tenant, selected, false));
    }
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-tenant-resume/v1",
        data: json!({
            "operation": operation.id.to_string(), "kind": operation.kind,
            "tenant": operation.tenant.as_ref().map(ToString::to_string), "outcome": outcome,
        }),
        lines,
    }))
}

async fn is_unfinished(project: &mut Project, operation: &Operation) -> Result<bool, CliError> {
    Ok(project.ledger().log.unfinished().await?.iter().any(|other| other.id == operation.id))
}
