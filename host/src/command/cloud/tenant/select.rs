//! `systemprompt cloud tenant select`.

use serde_json::json;
use systemprompt_events::{Command, ProjectCommand};

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::project::registry_file;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Select the tenant that commands of this project act on
///
/// `--tenant` and `SYSTEMPROMPT_TENANT` go before the selection.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant select my-project
  systemprompt cloud tenant select local_19bff27604c")]
pub struct SelectArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: SelectArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let tenant = choice::find(&mut project, &args.id).await?;
    let select = ProjectCommand::SelectTenant { tenant: tenant.id.clone() };
    project.ledger().record(vec![Command::Project(select)]).await?;
    registry_file::sync(&mut project).await?;
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-tenant-select/v1",
        data: json!({ "selected": tenant.id.as_str(), "name": tenant.name.as_str() }),
        lines: vec![format!("selected tenant `{}` ({})", tenant.name, tenant.id)],
    }))
}
