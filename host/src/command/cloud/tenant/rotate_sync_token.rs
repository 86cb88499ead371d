//! `systemprompt cloud tenant rotate-sync-token`.

use serde_json::json;
use systemprompt_events::{Command, PluginId, SecretName, TenantCommand, TenantType};
use zeroize::Zeroizing;

use crate::change::{self, Question};
use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::ledger::seal_command;
use crate::vault;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// What every sync token begins with.
const PREFIX: &str = "sp_sync_";
/// 238 bits.
const RANDOM_CHARS: u32 = 40;
/// What the secret is called, in imported registries too.
const SECRET: &str = "sync-token";

/// Give a tenant another sync token
///
/// The token is generated here, and written to `tenants.json`. Whoever has the old one has to be given the new one: no
/// provider keeps it. That of a cloud tenant that was only taken in was given out elsewhere, and stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant rotate-sync-token
  systemprompt cloud tenant rotate-sync-token my-project -y")]
pub struct RotateSyncTokenArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: RotateSyncTokenArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    change::check_unprotected(&tenant)?;
    if tenant.tenant_type == TenantType::Cloud && tenant.provider == PluginId::external() {
        let message = format!("the sync token of cloud tenant `{}` was given out by its cloud", tenant.name);
        return Err(CliError::new(Exit::Refused, "operation-unsupported", message));
    }
    let question = Question {
        doing: "rotating the sync token of",
        consequence: "Whoever uses the tenant's sync token will need the new one.",
        command: format!("systemprompt cloud tenant rotate-sync-token {} -y", tenant.id),
    };
    change::confirm(context, &tenant, args.yes, &question)?;
    change::check_key(&project, &tenant).await?;
    let secret: SecretName = SECRET.parse().expect("BUG: a fixed name is valid");
    let token = Zeroizing::new(format!("{PREFIX}{}", *vault::generate(RANDOM_CHARS)?));
    let version = project.ledger().log.next_secret_version(&tenant.id, &secret).await?;
    let seal = seal_command(&project.vault, &tenant.id, &secret, version, &token).await?;
    let rotate = Command::Tenant(tenant.id.clone(), TenantCommand::RotateSyncToken { secret, version });
    project.ledger().record(vec![seal, rotate]).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-tenant-rotate-sync-token/v1",
        data: json!({ "id": tenant.id.as_str(), "name": tenant.name.as_str(), "version": version }),
        lines: vec![
            format!("rotated the sync token of tenant `{}` ({})", tenant.name, tenant.id),
            "`tenants.json` has the new one; update whatever else uses it".to_owned(),
            String::new(),
            format!("to see it:  systemprompt cloud tenant show {} --reveal --json", tenant.name),
        ],
    }))
}
