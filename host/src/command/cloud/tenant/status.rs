//! `systemprompt cloud tenant status`.

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::live;
use crate::project::Project;
use crate::trust;
use crate::view::AnyView;
use crate::view::tenant::{Status, state_name};
use systemprompt_events::{PluginId, TenantState, TenantView};

/// Ask a tenant's provider for its live state
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant status
  systemprompt cloud tenant status my-project --json")]
pub struct StatusArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: StatusArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let tenant = choice::tenant(context, &mut project, args.id).await?.tenant;
    if let Some((what, command)) = unsettled(tenant.state) {
        let details = vec![(what.to_owned(), format!("systemprompt cloud tenant {command} {}", tenant.id))];
        return Ok(Box::new(Status { reachable: false, state: state_name(tenant.state).to_owned(), details, tenant }));
    }
    // What came with the project is said before anybody is told to log in or to install something for it.
    trust::check_tenant(&project.vault, &tenant).await?;
    if tenant.provider == PluginId::external() {
        return external(&mut project, tenant).await;
    }
    let plugin = live::provider(context, &mut project, &tenant.provider).await?;
    let live = live::ask(context, &mut project, &plugin, &tenant).await?;
    let (state, details) = crate::view::cleaned(&live.state, live.details);
    Ok(Box::new(Status { reachable: live.reachable, state, details, tenant }))
}

/// What its provider has not made yet, or has begun to remove, is not asked about: what to do about it, and the command.
fn unsettled(state: TenantState) -> Option<(&'static str, &'static str)> {
    match state {
        TenantState::Creating | TenantState::Deleting => Some(("To go on", "resume")),
        TenantState::Cancelled => Some(("To forget it", "delete")),
        TenantState::Ready | TenantState::Changing | TenantState::Vanished => None,
    }
}

/// A database that nobody here made: what can be asked is whether it lets us in.
async fn external(project: &mut Project, tenant: TenantView) -> Result<AnyView, CliError> {
    let url = crate::command::cloud::tenant::create::database_url(project, &tenant).await?;
    let url = url.ok_or_else(|| {
        CliError::new(Exit::Refused, "no-database-url", format!("tenant `{}` has no database URL here", tenant.name))
    })?;
    let (reachable, state, detail) = match crate::external::check(&url).await {
        Ok(version) => (true, "ready".to_owned(), ("Server".to_owned(), version)),
        Err(error) => (false, "unreachable".to_owned(), ("Why".to_owned(), error.causes.join(": "))),
    };
    Ok(Box::new(Status { tenant, reachable, state, details: vec![detail] }))
}
