//! `systemprompt cloud auth whoami`.

use systemprompt_events::PluginId;

use crate::account::{self, DEFAULT_PROVIDER};
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::maker::Maker;
use crate::view::AnyView;
use crate::view::account::Account;

/// Show who is logged in to a provider, for which organisation and until when
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud auth whoami
  systemprompt cloud auth whoami --check")]
pub struct WhoamiArgs {
    /// Plugin that makes the tenants
    #[arg(long, default_value = DEFAULT_PROVIDER)]
    provider: PluginId,
    /// Ask the provider whether it still takes the token
    #[arg(long)]
    check: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: WhoamiArgs) -> Result<AnyView, CliError> {
    if args.check && context.global.at.is_some() {
        return Err(CliError::usage("check-in-the-past", "what a provider says can only be asked now")
            .help("leave out `--check` or `--at`"));
    }
    let missing = || account::missing(&args.provider);
    let mut project = context.project_to_read().await?.ok_or_else(missing)?;
    let view = Account::load(&mut project, &args.provider).await?;
    if context.global.at.is_some() {
        return Ok(Box::new(view));
    }
    // What a project from elsewhere says of a login does not open here.
    let vault = project.vault.clone();
    let maker = Maker::known(project.ledger(), &args.provider).await?.ok_or_else(missing)?;
    let account = account::load(project.ledger(), &vault, &args.provider, &maker).await?.ok_or_else(missing)?;
    if !args.check {
        return Ok(Box::new(view));
    }
    let plugin = super::plugin(context, &args.provider).await?;
    super::identity(context, &plugin, account).await?;
    Ok(Box::new(view.checked()))
}
