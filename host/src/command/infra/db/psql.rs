//! `systemprompt infra db psql`.

use std::ffi::OsString;

use sqlx::Connection;

use crate::choice;
use crate::cli::Context;
use crate::database::{self, Database};
use crate::error::CliError;
use crate::psql;
use crate::view::AnyView;

/// Open `psql` in the tenant's database, as the tenant's role
///
/// Its exit code is that of this command. The password is on no command line and in no environment.
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

/// Carries it out: what comes back is an error.
pub async fn run(context: &Context, args: PsqlArgs) -> Result<AnyView, CliError> {
    let program = psql::Psql::new(args.args)?;
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    context.note(&chosen.in_words());
    let database = Database::needed(&mut project, chosen.tenant).await?;
    match database::log_in(&database.url).await {
        Ok(connection) => {
            let _the_server_notices = connection.close().await;
        }
        // `psql` may know certificates that this program does not.
        Err(error) if error.is_about_encryption() => {}
        Err(error) => return Err(database.told(error)),
    }
    drop(project);
    Err(program.become_it(&database.place()?))
}
