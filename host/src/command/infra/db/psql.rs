//! `systemprompt infra db psql`.

use std::ffi::OsString;

use sqlx::Connection;
use systemprompt_events::{TenantType, TenantView};

use crate::choice;
use crate::cli::Context;
use crate::database::{self, Database, Reached, Remote};
use crate::error::{CliError, Exit};
use crate::project::{self, Project};
use crate::psql::Psql;
use crate::text::one_line;
use crate::view::AnyView;
use crate::view::statements::Statements;

/// Open `psql` in the tenant's database, as the tenant's role
///
/// Its exit code is that of this command. The password is on no command line and in no environment.
///
/// A database that cannot be reached from here is reached by its provider, which runs `--command`, `--file` or what comes by
/// standard input where it is. The first error is the end of it then. To type statements, open it first:
/// `cloud tenant edit NAME --external-db-access true`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db psql
  systemprompt infra db psql --tenant my-project
  systemprompt infra db psql -- --command 'select 1' --no-psqlrc")]
pub struct PsqlArgs {
    /// Arguments of `psql`
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

/// Carries it out: of a `psql` that is run here, what comes back is an error.
pub async fn run(context: &Context, args: PsqlArgs) -> Result<AnyView, CliError> {
    let program = Psql::new(args.args)?;
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    context.note(&chosen.in_words());
    let database = match way(context, project, chosen.tenant).await? {
        (Reached::Directly(database), _) => database,
        (Reached::Remotely(remote), mut project) => return remotely(context, &mut project, &remote, program).await,
    };
    match database::log_in(&database.url).await {
        Ok(connection) => {
            let _the_server_notices = connection.close().await;
        }
        // `psql` may know certificates that this program does not.
        Err(error) if error.is_about_encryption() => {}
        Err(error) => return Err(database.told(error)),
    }
    Err(program.become_it(&database.place()?))
}

/// The way to the database. To ask a provider is nothing for a project that is only read.
async fn way(context: &Context, mut project: Project, tenant: TenantView) -> Result<(Reached, Project), CliError> {
    if tenant.tenant_type == TenantType::Local {
        return Ok((Reached::Directly(Database::needed(&mut project, tenant).await?), project));
    }
    drop(project);
    let mut project = project::open_to_change(&context.env, context.global.project.as_deref()).await?;
    Ok((database::reach(context, &mut project, tenant).await?, project))
}

/// Runs what was given where the database is.
async fn remotely(
    context: &Context,
    project: &mut Project,
    remote: &Remote,
    program: Psql,
) -> Result<AnyView, CliError> {
    let wanted = program.unattended(&context.env.cwd, &remote.open_command())?;
    let Some(wanted) = wanted else { return Err(nobody_types_there(remote)) };
    let ended = remote.run(context, project, &wanted.options, &wanted.script).await?;
    let ended = ended.map_err(|failure| remote.told(&failure))?;
    if !context.global.json {
        for line in ended.stderr.lines() {
            crate::ui::note(&one_line(line, crate::text::MESSAGE_CHARS_MAX));
        }
    }
    Ok(Box::new(Statements { tenant: remote.tenant.id.clone(), ended }))
}

fn nobody_types_there(remote: &Remote) -> CliError {
    let message = format!("nobody can type at a `psql` that provider `{}` runs", remote.tenant.provider);
    CliError::new(Exit::Refused, "psql-interactive", message)
        .help("give it statements, or open the database to this machine, and type the same again")
        .try_command(format!("systemprompt infra db psql --tenant {} -- --command 'select 1'", remote.tenant.id))
        .try_command(remote.open_command())
}
