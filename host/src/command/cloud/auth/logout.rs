//! `systemprompt cloud auth logout`.

use serde_json::json;
use systemprompt_events::{AccountCommand, Command, PluginId};

use crate::account::DEFAULT_PROVIDER;
use crate::cli::Context;
use crate::error::CliError;
use crate::project::credentials_file;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Forget the account with a provider; no tenant is touched
///
/// The token is destroyed here. At the provider it still counts: revoke it there if somebody else may have it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud auth logout")]
pub struct LogoutArgs {
    /// Plugin that makes the tenants
    #[arg(long, default_value = DEFAULT_PROVIDER)]
    provider: PluginId,
}

/// Carries it out.
pub async fn run(context: &Context, args: LogoutArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let found = project.ledger().log.accounts(Some(&args.provider)).await?.pop();
    let tenants = project.ledger().log.tenants().await?;
    let tenants = tenants.iter().filter(|tenant| tenant.provider == args.provider).count();
    // The secret goes first, and its record last: killed in between, nothing is left to steal.
    credentials_file::remove(&mut project).await?;
    project.vault.destroy_account_key(&args.provider).await?;
    let logout = Command::Account(args.provider.clone(), AccountCommand::LogOut);
    project.ledger().record(vec![logout]).await?;
    context.sync_files(&mut project).await?;
    let user = found.map(|account| account.login.user);
    let mut lines = vec![match &user {
        Some(user) => format!("logged out of `{}`, where you were {}", args.provider, crate::text::one_line(user, 200)),
        None => format!("nobody was logged in to `{}`", args.provider),
    }];
    if tenants > 0 {
        lines.push(format!("its tenants are as they were: {tenants}, and what they cost goes on"));
    }
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-auth-logout/v1",
        data: json!({ "provider": args.provider.as_str(), "logged_out": user.is_some(), "user": user, "tenants": tenants }),
        lines,
    }))
}
