//! `systemprompt admin session logout`.

use serde_json::json;
use systemprompt_events::{Command, SessionCommand, ShellCommand};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::prompt;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// End the session of a tenant, or of all, or leave the tenant that this shell is in
///
/// Which profile was in use stays known. The tenant and its database are not touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt admin session logout
  systemprompt admin session logout --all -y
  systemprompt admin session logout --shell")]
pub struct LogoutArgs {
    /// Of all tenants
    #[arg(long)]
    all: bool,
    /// Let this shell follow the project's selection again, and end no session
    #[arg(long, conflicts_with = "all")]
    shell: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: LogoutArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    if args.shell {
        let shell = choice::shell::id().ok_or_else(super::switch::no_shell)?;
        project.ledger().record(vec![Command::Shell(shell, ShellCommand::Leave)]).await?;
        return Ok(ended(&[], "this shell follows the project's selection"));
    }
    let tenants = if args.all {
        confirm(context, args.yes)?;
        project.ledger().log.sessions(None).await?
    } else {
        let tenant = choice::tenant(context, &mut project, None).await?.tenant;
        project.ledger().log.sessions(Some(&tenant.id)).await?
    };
    let tenants: Vec<_> =
        tenants.into_iter().filter(|session| session.login.is_some()).map(|session| session.tenant).collect();
    let end = |tenant: &systemprompt_events::TenantId| Command::Session(tenant.clone(), SessionCommand::End);
    project.ledger().record(tenants.iter().map(end).collect()).await?;
    context.sync_files(&mut project).await?;
    let ids: Vec<_> = tenants.iter().map(ToString::to_string).collect();
    let line = if ids.is_empty() { "there was no session to end" } else { "ended" };
    Ok(ended(&ids, line))
}

fn ended(ids: &[String], line: &str) -> AnyView {
    let lines = if ids.is_empty() {
        vec![line.to_owned()]
    } else {
        ids.iter().map(|id| format!("ended the session of tenant `{id}`")).collect()
    };
    Box::new(Happened { schema: "systemprompt/admin-session-logout/v1", data: json!({ "ended": ids }), lines })
}

fn confirm(context: &Context, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !context.may_ask() {
        return Err(CliError::new(Exit::Refused, "confirmation-needed", "ending all sessions needs a confirmation")
            .try_command("systemprompt admin session logout --all -y"));
    }
    if prompt::confirmed("End the sessions of all tenants?")? {
        return Ok(());
    }
    Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"))
}
