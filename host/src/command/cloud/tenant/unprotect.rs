//! `systemprompt cloud tenant unprotect`.

use systemprompt_events::TenantCommand;

use super::protect::{answer, record};
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Let a tenant be deleted, rotated and cancelled again
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant unprotect
  systemprompt cloud tenant unprotect my-project")]
pub struct UnprotectArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: UnprotectArgs) -> Result<AnyView, CliError> {
    let tenant = record(context, args.id, TenantCommand::Unprotect).await?;
    Ok(answer(&tenant, "systemprompt/cloud-tenant-unprotect/v1", false, "is not protected any more"))
}
