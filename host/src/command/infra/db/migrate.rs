//! `systemprompt infra db migrate`.

use std::path::PathBuf;

use sqlx::Connection;
use systemprompt_events::Command;

use crate::choice;
use crate::cli::Context;
use crate::database::{self, LoginError, Reached};
use crate::error::CliError;
use crate::migration::{self, Folder, Standing};
use crate::project::Project;
use crate::view::AnyView;
use crate::view::migration::{Migrations, What};

/// Apply SQL files to the tenant's database, each once, in the order of their versions
///
/// The files are called `<version>_<description>.sql`, or `….up.sql` with a `….down.sql` beside it. Each runs in a
/// transaction of its own, unless it begins with `-- no-transaction`. The table `_sqlx_migrations` keeps what was applied,
/// in the form of sqlx, so that a program with sqlx's migrator goes on from there. A database that cannot be reached from
/// here is reached by its provider.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db migrate
  systemprompt infra db migrate --status
  systemprompt infra db migrate --tenant my-project --dir db/migrations --dry-run")]
pub struct MigrateArgs {
    /// Where the files are; `migrations` in the project otherwise
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Show what would be applied, and apply nothing
    #[arg(long)]
    dry_run: bool,
    /// Show what is applied and what is not
    #[arg(long, conflicts_with = "dry_run")]
    status: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: MigrateArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    context.note(&chosen.in_words());
    let dir = match &args.dir {
        Some(dir) => context.env.cwd.join(dir),
        None => project.dir.with_file_name("migrations"),
    };
    let reached = database::reach(context, &mut project, chosen.tenant).await?;
    let folder = Folder::read(&dir)?;
    if args.status || args.dry_run {
        return look(context, &mut project, reached, &folder, args.status).await;
    }
    apply(context, &mut project, reached, &folder).await
}

/// Reads, and changes nothing.
async fn look(
    context: &Context,
    project: &mut Project,
    reached: Reached,
    folder: &Folder,
    status: bool,
) -> Result<AnyView, CliError> {
    let (tenant, all) = match reached {
        Reached::Remotely(remote) => {
            let all = migration::look_remotely(context, project, &remote, folder).await?;
            (remote.tenant, all)
        }
        Reached::Directly(database) => {
            let mut connection = database.log_in().await?;
            let all = Standing::of(folder, &mut connection).await;
            let all = all.map_err(|error| database.told(LoginError::Failed(error)))?;
            let _the_server_notices = connection.close().await;
            (database.tenant, all)
        }
    };
    if status {
        return Ok(Box::new(Migrations::new(tenant, folder, What::Status, all)));
    }
    migration::check(folder, &all, &tenant.id)?;
    let pending = all.into_iter().filter(|each| each.state == migration::State::Pending).collect();
    Ok(Box::new(Migrations::new(tenant, folder, What::Plan, pending)))
}

/// Applies what is pending, and records what became of it.
async fn apply(
    context: &Context,
    project: &mut Project,
    reached: Reached,
    folder: &Folder,
) -> Result<AnyView, CliError> {
    let (tenant, outcome) = match reached {
        Reached::Remotely(remote) => {
            let outcome = migration::run_remotely(context, project, &remote, folder).await?;
            (remote.tenant, outcome)
        }
        Reached::Directly(database) => {
            let outcome = migration::run(&database, folder, &context.reporter).await?;
            (database.tenant, outcome)
        }
    };
    let record = Command::Tenant(tenant.id.clone(), outcome.command());
    project.ledger().record(vec![record]).await?;
    if let Some(failed) = outcome.failed {
        return Err(failed.error);
    }
    if outcome.is_stopped {
        return Err(migration::interrupted(outcome.applied.len()));
    }
    let applied = outcome.applied.iter().map(|migration| Standing::applied(migration)).collect();
    Ok(Box::new(Migrations::new(tenant, folder, What::Applied, applied)))
}
