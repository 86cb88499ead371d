//! `systemprompt plugin upgrade`.

use std::path::{Path, PathBuf};

use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::source::Source;
use crate::installation::{self, InstallationArgs};
use crate::plugin::PluginError;
use crate::view::AnyView;

/// Replace a plugin by another version of itself, after showing what changes
///
/// The new version has to be signed as the old one was. Tenants stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin upgrade acme-postgres
  systemprompt plugin upgrade acme-postgres ./acme-postgres-2.wasm")]
pub struct UpgradeArgs {
    /// Id of the plugin
    #[arg(value_name = "ID")]
    id: PluginId,
    /// The new version, a file or an address with https or oci; from where it was installed otherwise
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    installation: InstallationArgs,
}

/// Carries it out.
pub async fn run(context: &Context, args: UpgradeArgs) -> Result<AnyView, CliError> {
    let (mut project, known) = super::installed(context, &args.id).await?;
    let source = match args.file {
        Some(file) => Source::of(&file)?,
        // A history from elsewhere names no file that is to be read.
        None if project.grants().await?.ours(&known).await?.is_some() => Source::of(Path::new(&known.source))?.newest(),
        None => return Err(PluginError::NotGranted { id: known.id.to_string(), is_here: false }.into()),
    };
    drop(project);
    Ok(Box::new(installation::from(context, &source, Some(&known.id), &args.installation).await?))
}
