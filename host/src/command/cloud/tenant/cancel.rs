//! `systemprompt cloud tenant cancel`.

use serde_json::json;
use systemprompt_events::{Json, PluginId, Refusal, TenantState, TenantType, TenantView};

use crate::change::{self, Question};
use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::{effect, planned};
use crate::view::AnyView;
use crate::view::plan::Plan;
use crate::view::tenant::{Happened, state_name};

/// What is kept of a tenant that was cancelled.
const KEPT: [&str; 6] = ["name", "id", "region", "settings", "secrets", "history"];

/// End all of a cloud tenant that costs money, and keep its record
///
/// Its database is gone with all that it ran on and was reached by, and nothing brings it back. What is kept is its record:
/// name, id, region, settings, secrets and history. Afterwards it can be deleted, and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant cancel my-project-prod
  systemprompt cloud tenant cancel my-project-prod --plan
  systemprompt cloud tenant cancel 999bc654-9a64-49bc-98be-db976fc84e76 -y")]
pub struct CancelArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Show what would go, and do nothing
    #[arg(long)]
    plan: bool,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: CancelArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    check(&tenant)?;
    if !change::supports(&mut project, &tenant.provider, effect::CANCEL).await? {
        return Err(change::unsupported(&tenant, effect::CANCEL));
    }
    if args.plan {
        return Ok(Box::new(Plan::new(planned::steps(context, &mut project, &tenant, effect::CANCEL).await?)));
    }
    if !args.yes {
        planned::show_losses(context, &mut project, &tenant, effect::CANCEL).await?;
    }
    let question = Question {
        doing: "cancelling",
        consequence: "This ends all of the tenant that costs money, and its data with it; its record is kept.",
        command: format!("systemprompt cloud tenant cancel {} -y", tenant.id),
    };
    change::confirm(context, &tenant, args.yes, &question)?;
    change::perform(context, &mut project, &tenant, effect::CANCEL, Json::object()).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(cancelled(&tenant)))
}

/// What cannot be cancelled is said before anything is asked; the rule itself is the log's.
fn check(tenant: &TenantView) -> Result<(), CliError> {
    if tenant.state == TenantState::Cancelled {
        return Err(Refusal::TenantCancelled { id: tenant.id.clone() }.into());
    }
    if tenant.tenant_type == TenantType::Local {
        let message = format!("tenant `{}` is on this machine, where nothing is paid for", tenant.name);
        return Err(CliError::new(Exit::Refused, "operation-unsupported", message)
            .help("to be rid of it with its data, delete it")
            .try_command(format!("systemprompt cloud tenant delete {}", tenant.id)));
    }
    if tenant.provider == PluginId::external() {
        let message = format!("tenant `{}` was taken in as it was, and nobody here pays for it", tenant.name);
        return Err(CliError::new(Exit::Refused, "operation-unsupported", message)
            .help("end it where it was made; to forget it here, delete it")
            .try_command(format!("systemprompt cloud tenant delete {}", tenant.id)));
    }
    change::check_unprotected(tenant)
}

fn cancelled(tenant: &TenantView) -> Happened {
    Happened {
        schema: "systemprompt/cloud-tenant-cancel/v1",
        data: json!({
            "id": tenant.id.as_str(), "name": tenant.name.as_str(), "state": state_name(TenantState::Cancelled),
            "kept": KEPT,
        }),
        lines: vec![
            format!("cancelled tenant `{}` ({})", tenant.name, tenant.id),
            "all of it that cost money is gone, and its data with it".to_owned(),
            format!("kept: its record, with {}", KEPT.join(", ")),
            String::new(),
            format!("to forget it, too:  systemprompt cloud tenant delete {}", tenant.id),
        ],
    }
}
