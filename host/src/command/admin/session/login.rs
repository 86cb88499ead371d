//! `systemprompt admin session login`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::session::{self, HOURS, HOURS_MAX};
use crate::view::AnyView;
use crate::view::session::{Session, Token};
use crate::working;

/// Start a session in a tenant
///
/// Local work needs none; the tenant's own programs accept its token. A session that still holds is kept, unless `--new`
/// is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt admin session login
  systemprompt admin session login --hours 8 --new
  systemprompt admin session login --token-only")]
pub struct LoginArgs {
    /// How long it holds
    #[arg(long, value_name = "HOURS", default_value_t = HOURS, value_parser = clap::value_parser!(u32).range(1..=i64::from(HOURS_MAX)))]
    hours: u32,
    /// Start a new one, even where one still holds
    #[arg(long)]
    new: bool,
    /// Print the session's token, and nothing else
    #[arg(long)]
    token_only: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: LoginArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    let tenant = chosen.tenant;
    let profile = match choice::profile::of_tenant(context, &mut project, &tenant).await? {
        Some(chosen) => chosen.profile,
        None => return Err(choice::profile::none_of(&mut project, &tenant).await?),
    };
    let commands = if args.new {
        vec![working::start(context, &tenant.id, profile.id, args.hours)]
    } else {
        working::go_on(context, &mut project, &profile, args.hours).await?
    };
    project.ledger().record(commands).await?;
    context.sync_files(&mut project).await?;
    if args.token_only {
        let token = session::token_of(&mut project, &tenant.id, &profile).await?;
        return Ok(Box::new(Token { tenant: tenant.id.to_string(), token }));
    }
    Ok(Box::new(Session::load(context, &mut project, &tenant, chosen.source).await?))
}
