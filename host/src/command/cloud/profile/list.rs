//! `systemprompt cloud profile list`.

use std::path::Path;

use systemprompt_events::ProfileName;

use crate::cli::Context;
use crate::error::CliError;
use crate::project::{self, profile_files};
use crate::view::AnyView;
use crate::view::profile::Profiles;

/// List the profiles of a tenant, or of all
///
/// Those of all tenants, unless a tenant is named with `--tenant` or by the environment.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile list
  systemprompt cloud profile list --tenant my-project")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        if let Some(dir) = project::locate(&context.env, context.global.project.as_deref()) {
            note_untaken(context, &dir, &[]);
        }
        return Ok(Box::new(Profiles { profiles: Vec::new() }));
    };
    let known: Vec<_> = project.ledger().log.profiles().await?.into_iter().map(|profile| profile.name).collect();
    note_untaken(context, &project.dir, &known);
    Ok(Box::new(Profiles::load(context, &mut project).await?))
}

/// Files that came with a clone, or that somebody wrote.
fn note_untaken(context: &Context, dir: &Path, known: &[ProfileName]) {
    for name in profile_files::untaken(dir, known) {
        let file = profile_files::profile_path(&name, "profile.yaml");
        let command = format!("systemprompt cloud profile create {name}");
        context.note(&format!("`{file}` is not taken in; to make a profile of it, run `{command}`"));
    }
}
