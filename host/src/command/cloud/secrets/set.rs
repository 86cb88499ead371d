//! `systemprompt cloud secrets set`.

use std::path::PathBuf;

use serde_json::json;
use systemprompt_events::SecretKey;
use zeroize::Zeroizing;

use super::Target;
use crate::cli::Context;
use crate::error::CliError;
use crate::ledger::user_secrets;
use crate::view::AnyView;
use crate::view::tenant::Happened;
use crate::{prompt, secret_input};

/// Set secrets of a tenant, or of one of its profiles: keys of APIs and the like
///
/// Values are asked for, or come from a file or standard input; never from the command line. They are sealed in the
/// project's log, and delivered by `env`, `exec` and the `secrets.json` of profiles.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud secrets set ANTHROPIC_API_KEY
  systemprompt cloud secrets set GITHUB_TOKEN --stdin < token.txt
  systemprompt cloud secrets set TLS_KEY --file key.pem --profile staging
  systemprompt cloud secrets set --env-file secrets.env")]
pub struct SetArgs {
    /// What they are called, as environment variables
    #[arg(value_name = "NAME", required_unless_present = "env_file", conflicts_with = "env_file")]
    names: Vec<String>,
    /// Take the value from standard input
    #[arg(long, conflicts_with_all = ["file", "env_file"])]
    stdin: bool,
    /// Take the value from a file
    #[arg(long, value_name = "FILE", conflicts_with = "env_file")]
    file: Option<PathBuf>,
    /// Take names and values from a file with lines `NAME=value`
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

/// Carries it out.
pub async fn run(context: &Context, args: SetArgs) -> Result<AnyView, CliError> {
    let keys = super::keys(&args.names)?;
    let mut project = context.existing_project().await?;
    let target = Target::choose(context, &mut project).await?;
    let values = values(context, keys, &args)?;
    let scope = target.scope();
    let mut commands = Vec::with_capacity(values.len());
    for (key, value) in &values {
        secret_input::check(key, value)?;
        commands.push(user_secrets::set(&project.vault, &scope, key, value).await?);
    }
    project.ledger().record(commands).await?;
    context.sync_files(&mut project).await?;
    let names: Vec<_> = values.iter().map(|(key, _)| key.as_str()).collect();
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-secrets-set/v1",
        data: json!({
            "set": names,
            "tenant": target.tenant.id.as_str(),
            "profile": target.profile.as_ref().map(|profile| profile.name.as_str()),
        }),
        lines: vec![format!("set {} of {}", names.join(", "), target.in_words())],
    }))
}

type Values = Vec<(SecretKey, Zeroizing<String>)>;

fn values(context: &Context, keys: Vec<SecretKey>, args: &SetArgs) -> Result<Values, CliError> {
    if let Some(file) = &args.env_file {
        return secret_input::env_file(&context.env.cwd.join(file));
    }
    let one = match (&args.file, args.stdin) {
        (Some(file), _) => Some(secret_input::file(&context.env.cwd.join(file))?),
        (None, true) => Some(secret_input::standard_input()?),
        (None, false) => None,
    };
    if let Some(value) = one {
        let [key] = &keys[..] else {
            return Err(CliError::usage("one-value", "one value is not for several secrets")
                .help("set them one by one, or together by `--env-file`"));
        };
        return Ok(vec![(key.clone(), value)]);
    }
    if !context.env.interactive || context.global.json {
        return Err(CliError::usage("flag-missing", "a value is needed, and there is no terminal to ask on")
            .help("give `--stdin`, `--file` or `--env-file`"));
    }
    keys.into_iter().map(|key| Ok((key.clone(), prompt::secret(&format!("Value of {key}:"))?))).collect()
}
