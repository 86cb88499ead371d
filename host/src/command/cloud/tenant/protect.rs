//! `systemprompt cloud tenant protect`.

use serde_json::json;
use systemprompt_events::{Command, TenantCommand, TenantView};

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Keep a tenant from being deleted, rotated and given other settings
///
/// Those commands refuse until `systemprompt cloud tenant unprotect`, with `-y` too. The database itself is used as before.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant protect
  systemprompt cloud tenant protect my-project")]
pub struct ProtectArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: ProtectArgs) -> Result<AnyView, CliError> {
    let tenant = record(context, args.id, TenantCommand::Protect).await?;
    Ok(answer(&tenant, "systemprompt/cloud-tenant-protect/v1", true, "is protected"))
}

/// Records it of the tenant that was chosen.
pub async fn record(context: &Context, named: Option<String>, command: TenantCommand) -> Result<TenantView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, named).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    project.ledger().record(vec![Command::Tenant(tenant.id.clone(), command)]).await?;
    context.sync_files(&mut project).await?;
    Ok(tenant)
}

/// Whether it is protected now.
pub fn answer(tenant: &TenantView, schema: &'static str, protected: bool, is: &str) -> AnyView {
    Box::new(Happened {
        schema,
        data: json!({ "id": tenant.id.as_str(), "name": tenant.name.as_str(), "protected": protected }),
        lines: vec![format!("tenant `{}` ({}) {is}", tenant.name, tenant.id)],
    })
}
