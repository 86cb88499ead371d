//! `systemprompt cloud tenant select`.

use std::fmt::{Display, Formatter};

use serde_json::json;
use systemprompt_events::{Command, ProjectCommand, TenantType, TenantView};

use crate::choice::{self, overruled};
use crate::cli::Context;
use crate::database;
use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::prompt;
use crate::view::AnyView;
use crate::view::session::Session;
use crate::view::tenant::Happened;

/// Select the tenant that commands of this project act on
///
/// The profile that was used last in it, and its session, are in use again. `--tenant`, `--profile`, their variables and
/// this shell's session go before the selection.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant select my-project
  systemprompt cloud tenant select local_19bff27604c")]
pub struct SelectArgs {
    /// Id, unique prefix of an id, or name; at a terminal, a list to choose from without it
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: SelectArgs) -> Result<AnyView, CliError> {
    let named = args.id.or_else(|| context.global.tenant.clone());
    if named.is_none() && (!context.env.interactive || context.global.json) {
        return Err(CliError::usage("flag-missing", "a tenant is needed, and there is no terminal to ask on")
            .help("name it by id, unique prefix of an id, or name")
            .try_command("systemprompt cloud tenant list"));
    }
    let mut project = context.existing_project().await?;
    let tenant = match named {
        Some(named) => choice::find(&mut project, &named).await?,
        None => ask(&mut project).await?,
    };
    database::check_settled(&tenant)?;
    // Before the selection: what names a profile that is not there selects nothing.
    let restored = Session::load(context, &mut project, &tenant, "selected in this project").await?;
    let select = ProjectCommand::SelectTenant { tenant: tenant.id.clone() };
    project.ledger().record(vec![Command::Project(select)]).await?;
    context.sync_files(&mut project).await?;
    let mut lines = vec![format!("selected tenant `{}` ({})", tenant.name, tenant.id)];
    for line in overruled::lines(&mut project, &tenant, None).await? {
        context.note(&line);
    }
    lines.push(match restored.restored() {
        Some(line) => line,
        None => next_step(&mut project, &tenant).await?,
    });
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-tenant-select/v1",
        data: json!({
            "selected": tenant.id.as_str(), "name": tenant.name.as_str(),
            "profile": restored.profile(), "session": restored.state(),
        }),
        lines,
    }))
}

/// What makes a profile the one in use, where none is.
async fn next_step(project: &mut Project, tenant: &TenantView) -> Result<String, CliError> {
    let profiles = project.ledger().log.profiles().await?;
    if let Some(own) = profiles.iter().find(|profile| profile.tenant == tenant.id) {
        return Ok(format!("use a profile of it:     systemprompt cloud profile switch {}", own.name));
    }
    let usual = if tenant.tenant_type == TenantType::Cloud { "production" } else { "local" };
    let is_free = profiles.iter().all(|profile| profile.name.as_str() != usual);
    Ok(format!("give it a profile:       systemprompt cloud profile create {}", if is_free { usual } else { "<name>" }))
}

/// One of the list.
async fn ask(project: &mut Project) -> Result<TenantView, CliError> {
    let tenants = project.ledger().log.tenants().await?.into_iter().map(Choice).collect();
    let chosen = prompt::one_of("Which tenant?", tenants)?;
    chosen.map(|Choice(tenant)| tenant).ok_or_else(|| {
        CliError::new(Exit::NotFound, "no-tenant", "there is no tenant to select")
            .try_command("systemprompt cloud tenant create --type local --name my-project")
    })
}

/// A tenant in a list.
struct Choice(TenantView);

impl Display for Choice {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {})", self.0.name, self.0.tenant_type, self.0.id)
    }
}
