//! `systemprompt env`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::project::{self, Project, profile_files, registry_file};
use crate::variables::{self, Variable};
use crate::view::AnyView;
use crate::view::variables::{Syntax, Variables};

/// Print the environment variables of a tenant: where its database is, and how to log in
///
/// Values that are secret are left out unless `--reveal` is given. `systemprompt exec` hands them to a program without
/// printing them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt env
  systemprompt env --tenant my-project --reveal > .env
  systemprompt env --format shell --reveal
  systemprompt env --format direnv --reveal")]
pub struct EnvArgs {
    /// How to write them
    #[arg(long, value_enum, default_value_t = Syntax::Dotenv)]
    format: Syntax,
    /// Show secret values too
    #[arg(long)]
    reveal: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: EnvArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let tenant = choice::tenant(context, &mut project, None).await?.tenant;
    let (id, name) = (tenant.id.to_string(), tenant.name.clone());
    let variables = variables::of(context, &mut project, tenant).await?;
    let variables = if args.format.is_for_a_shell() { variables::with_list(variables) } else { variables };
    let hidden = variables.iter().filter(|variable| variable.is_secret).count();
    if hidden > 0 && !args.reveal {
        context.note(&format!("{hidden} values of tenant `{name}` are secret and left out; `--reveal` shows them"));
    }
    Ok(Box::new(Variables {
        tenant: id,
        stale: variables::stale(&variables),
        watched: watched(&project, &variables),
        all: variables,
        syntax: args.format,
        reveal: args.reveal,
    }))
}

/// What changes whenever the variables may: the tenants, which session and so which profile is in use, and its files.
/// Without a profile no file says which secrets are set, and the log itself is watched.
fn watched(project: &Project, variables: &[Variable]) -> Vec<String> {
    let profile = variables.iter().find(|variable| variable.name == choice::profile::VARIABLE);
    let of_secrets = match profile.map(|profile| profile.value.as_str()) {
        Some(name) => ["profile.yaml", "secrets.json"].map(|file| format!("{}/{name}/{file}", profile_files::PROFILES)),
        None => project::LOG_FILES.map(str::to_owned),
    };
    let all = [registry_file::NAME, profile_files::SESSIONS].map(str::to_owned).into_iter().chain(of_secrets);
    all.map(|file| crate::text::shown(&project.dir.join(file))).collect()
}
