//! `systemprompt cloud tenant unselect`.

use serde_json::json;
use systemprompt_events::{Command, ProjectCommand};

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Select no tenant, so that each command has to name one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant unselect")]
pub struct UnselectArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: UnselectArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let before = project.ledger().log.selected().await?;
    let name = match &before {
        Some(id) => project.ledger().log.tenant(id).await?.map(|tenant| tenant.name),
        None => None,
    };
    project.ledger().record(vec![Command::Project(ProjectCommand::UnselectTenant)]).await?;
    context.sync_files(&mut project).await?;
    let line = match (&before, name) {
        (Some(id), Some(name)) => format!("tenant `{name}` ({id}) is not selected any more"),
        (Some(id), None) => format!("tenant `{id}` is not selected any more"),
        (None, _) => "no tenant was selected".to_owned(),
    };
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-tenant-unselect/v1",
        data: json!({ "unselected": before.map(|id| id.to_string()) }),
        lines: vec![line],
    }))
}
