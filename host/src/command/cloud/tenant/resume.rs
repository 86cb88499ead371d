//! `systemprompt cloud tenant resume`.

use serde_json::json;
use systemprompt_events::Operation;

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::{self, driver, words};
use crate::project::Project;
use crate::prompt;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Go on with an operation that was interrupted
///
/// What is recorded as done is not done again. With `--undo`, what was done is undone instead. With `--abandon`, it is
/// given up as it is, for where its provider can do neither: its tenant and the name go, and what its provider made may
/// still be there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant resume
  systemprompt cloud tenant resume my-project
  systemprompt cloud tenant resume my-project --undo
  systemprompt cloud tenant resume my-project --abandon --yes")]
pub struct ResumeArgs {
    /// The tenant, by id, unique prefix of an id, or name; or the operation, by id
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Undo what was done instead of going on
    #[arg(long)]
    undo: bool,
    /// Give it up: do nothing, and look after nothing that it left
    #[arg(long, conflicts_with = "undo")]
    abandon: bool,
    /// Do not ask before giving it up
    #[arg(long, short, requires = "abandon")]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ResumeArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_resume_in().await?;
    let named = args.id.or_else(|| context.global.tenant.clone());
    let operation = choice::unfinished(&mut project, named.as_deref()).await?;
    let what = choice::in_words(&mut project, &operation).await?;
    if args.abandon {
        return abandon(context, &mut project, &operation, &what, args.yes).await;
    }
    let going = driver::resume(&mut project, &context.env.places, &context.reporter, operation.id, args.undo).await;
    context.sync_files(&mut project).await?;
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
    Ok(answer(&operation, outcome, &[], lines))
}

fn answer(operation: &Operation, outcome: &str, left: &[String], lines: Vec<String>) -> AnyView {
    Box::new(Happened {
        schema: "systemprompt/cloud-tenant-resume/v1",
        data: json!({
            "operation": operation.id.to_string(), "kind": operation.kind,
            "tenant": operation.tenant.as_ref().map(ToString::to_string), "outcome": outcome, "left": left,
        }),
        lines,
    })
}

async fn abandon(
    context: &Context,
    project: &mut Project,
    operation: &Operation,
    what: &str,
    yes: bool,
) -> Result<AnyView, CliError> {
    confirm(context, operation, what, yes)?;
    let left = operation::abandon::give_up(project, operation).await?;
    context.sync_files(project).await?;
    let mut lines = vec![format!("given up: {what}")];
    if !left.is_empty() {
        lines.push(format!("still there may be the effects of `{}`", left.join("`, `")));
    }
    if let Some(id) = &operation.tenant {
        lines.push(match project.ledger().log.tenant(id).await? {
            Some(tenant) => format!("tenant `{}` is taken to be as it was; look whether it is", tenant.name),
            None => format!("what provider `{}` made for {id} is nobody's now", operation.provider),
        });
    }
    Ok(answer(operation, "abandoned", &left, lines))
}

fn confirm(context: &Context, operation: &Operation, what: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !context.env.interactive || context.global.json {
        return Err(CliError::new(Exit::Refused, "confirmation-needed", "giving an operation up needs a confirmation")
            .try_command(format!("{} --yes", words::abandon_command(operation))));
    }
    context.note(&format!("{what}: what it did is neither finished nor undone, and nobody will look after it"));
    if prompt::confirmed("Give it up?")? {
        Ok(())
    } else {
        Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"))
    }
}

async fn is_unfinished(project: &mut Project, operation: &Operation) -> Result<bool, CliError> {
    Ok(project.ledger().log.unfinished().await?.iter().any(|other| other.id == operation.id))
}
