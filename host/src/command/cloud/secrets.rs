//! `systemprompt cloud secrets …`.

pub mod list;
pub mod set;
pub mod unset;

use clap::Subcommand;
use systemprompt_events::{ProfileView, SecretKey, TenantView};

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::ledger::user_secrets::Scope;
use crate::project::Project;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
    List(list::ListArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Set(args) => set::run(context, args).await,
        Command::Unset(args) => unset::run(context, args).await,
        Command::List(args) => list::run(context, args).await,
    }
}

/// For whom a secret is set: a tenant, or one of its profiles.
struct Target {
    tenant: TenantView,
    profile: Option<ProfileView>,
}

impl Target {
    /// A profile only where `--profile` names it: what counts in it alone is not set by the way.
    async fn choose(context: &Context, project: &mut Project) -> Result<Target, CliError> {
        let chosen = choice::tenant(context, project, None).await?;
        context.note(&chosen.in_words());
        let profile = match &context.global.profile {
            Some(named) => Some(choice::profile::find(project, named).await?),
            None => None,
        };
        Ok(Target { tenant: chosen.tenant, profile })
    }

    fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.id.clone(), profile: self.profile.as_ref().map(|profile| profile.id) }
    }

    fn in_words(&self) -> String {
        match &self.profile {
            Some(profile) => format!("profile `{}`", profile.name),
            None => format!("tenant `{}`", self.tenant.name),
        }
    }
}

/// Names as they are typed. A value that was typed with one is not repeated.
fn keys(names: &[String]) -> Result<Vec<SecretKey>, CliError> {
    let mut keys: Vec<SecretKey> = Vec::with_capacity(names.len());
    for name in names {
        if let Some((name, _)) = name.split_once('=') {
            let shown = crate::text::one_line(name, 60);
            return Err(CliError::usage(
                "secret-on-command-line",
                "the value of a secret is not taken from a command line",
            )
            .help("others can see it there, and shells remember it: take this one for known, and type its name alone")
            .try_command(format!("systemprompt cloud secrets set {shown}")));
        }
        let key: SecretKey = name
            .parse()
            .map_err(|error| CliError::usage("bad-secret-name", "this is no name of a secret").because(&error))?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}
