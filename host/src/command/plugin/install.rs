//! `systemprompt plugin install`.

use std::path::PathBuf;

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::{self, InstallationArgs};
use crate::view::AnyView;

/// Allow a provider plugin, after showing what it can do
///
/// The file is copied to this user's own directory; what counts later is its hash and this user's grant. Where a
/// signature lies beside it, as `FILE.minisig`, its key is remembered: every later version has to be signed with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin install ./my-provider.wasm
  systemprompt plugin install ./my-provider.wasm --yes")]
pub struct InstallArgs {
    /// A component, as built for the world `systemprompt:provider/plugin`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    installation: InstallationArgs,
}

/// Carries it out.
pub async fn run(context: &Context, args: InstallArgs) -> Result<AnyView, CliError> {
    Ok(Box::new(installation::of_file(context, &args.file, None, &args.installation).await?))
}
