//! `systemprompt cloud tenant restore`.

use systemprompt_events::EventRef;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::grace;
use crate::undo::{self, Direction, Wish};
use crate::view::AnyView;
use crate::view::tenant::Tenant;
use crate::view::undo::Unit;

/// Bring back a tenant that was deleted with a grace
///
/// With its database, password, profiles, secrets and selection, as long as its time is not over. `history undo` does
/// the same as long as the deletion is the last change.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant restore my-project
  systemprompt cloud tenant restore local_19bff27604c")]
pub struct RestoreArgs {
    /// Id, unique prefix of an id, or name, as in `list --deleted`
    #[arg(value_name = "ID")]
    id: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: RestoreArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let aside = grace::find(&mut project, &args.id).await?;
    let id = aside.tenant.id.clone();
    let missing = || CliError::new(Exit::NotFound, "tenant-not-found", format!("Tenant not found: {id}"));
    let event = grace::deletion(&mut project.ledger().log, &id).await?.ok_or_else(missing)?;
    let wish = Wish { direction: Direction::Undo, is_plan: false, is_forced: false, is_agreed: false, is_named: true };
    let outcome = undo::of_event(context, &mut project, wish, &EventRef::Id(event.id)).await?;
    for line in outcome.units.iter().flat_map(Unit::left) {
        context.note(&line);
    }
    let tenant = crate::choice::find(&mut project, id.as_str()).await?;
    let view: Tenant = super::show::view(&mut project, tenant, false).await?;
    Ok(Box::new(Tenant { happened: Some("brought back".to_owned()), ..view }))
}
