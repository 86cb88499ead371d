//! `systemprompt exec`.

use std::ffi::OsString;
use std::io;
use std::process::Command;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::view::AnyView;
use crate::{choice, env, variables};

/// Run a program with the environment variables of a tenant
///
/// The program takes this one's place: standard input, signals and exit code are its own. Commands of systemprompt in it
/// act on the same tenant. Variables that an outer `exec` delivered for another tenant are taken back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt exec -- npm start
  systemprompt exec --tenant my-project -- pg_dump --schema-only
  systemprompt exec -- sh -c 'echo $DATABASE_URL'")]
pub struct ExecArgs {
    /// Program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Carries it out: what comes back is an error.
pub async fn run(context: &Context, args: ExecArgs) -> Result<AnyView, CliError> {
    let mut words = args.command.into_iter();
    let program = words.next().ok_or_else(|| CliError::usage("usage", "a program is needed"))?;
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    context.note(&chosen.in_words());
    let tenant = chosen.tenant;
    let delivered = variables::with_list(variables::of(context, &mut project, tenant).await?);
    drop(project);
    let mut command = Command::new(&program);
    command.args(words);
    for name in variables::stale(&delivered) {
        command.env_remove(name);
    }
    command.envs(delivered.iter().map(|variable| (&variable.name, variable.value.as_str())));
    let error = env::become_program(&mut command);
    let shown = crate::text::one_line(&program.to_string_lossy(), 200);
    if error.kind() == io::ErrorKind::NotFound {
        return Err(CliError::new(Exit::NotFound, "program-not-found", format!("there is no program `{shown}`"))
            .help("name one that is on the PATH, or give its path"));
    }
    Err(CliError::new(Exit::Refused, "program-unusable", format!("could not run `{shown}`")).because(&error))
}
