//! `systemprompt cloud sync`.

use crate::account;
use crate::cli::Context;
use crate::comparison;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::sync::CloudSync;

/// Compare the registry with what the providers of cloud tenants have
///
/// A tenant of which its provider has nothing is marked as vanished, and one that is there again is not any more. What is
/// tagged as ours and belongs to no tenant of the project is named: it may be another project's. With `--take-in` it is
/// recorded as a tenant of this one, and its provider is asked for nothing; its password is not known here. Nothing is
/// deleted, neither here nor there, and local tenants are not looked at. Where a provider cannot be asked, its tenants stay
/// as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud sync
  systemprompt cloud sync --dry-run --json
  systemprompt cloud sync --take-in sp-999bc6549a64")]
pub struct SyncArgs {
    /// Show what would be marked and taken in, and record nothing
    #[arg(long)]
    dry_run: bool,
    /// Make this a tenant of the project, named as `sync` names it; may be given several times
    #[arg(long, value_name = "NAME")]
    take_in: Vec<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: SyncArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_without_purge().await?;
    let is_logged_in = !project.ledger().log.accounts(None).await?.is_empty();
    if !is_logged_in && !args.take_in.is_empty() {
        // What nobody of this project made, only a login finds.
        return Err(account::missing(&account::DEFAULT_PROVIDER.parse().expect("BUG: a fixed id is valid")));
    }
    let mut comparison = comparison::compare(context, &mut project).await?;
    let wanted = comparison::take_in(&mut project, &comparison, &args.take_in, true).await?;
    if !args.dry_run && !comparison.commands().is_empty() {
        comparison.record(&mut project).await?;
        comparison::take_in(&mut project, &comparison, &args.take_in, false).await?;
        context.sync_files(&mut project).await?;
    }
    if !is_logged_in && comparison.silent.is_empty() {
        context.note(
            "nobody is logged in to a provider of cloud tenants in this project, so that none was asked for what it has: \
             `systemprompt cloud auth login`",
        );
    }
    let synced_at = project.ledger().log.synced_at().await?;
    Ok(Box::new(CloudSync { comparison, taken: wanted, is_done: !args.dry_run, synced_at }))
}
