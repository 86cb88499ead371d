//! `systemprompt plugin install`.

use std::path::PathBuf;

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::source::Source;
use crate::installation::{self, InstallationArgs};
use crate::view::AnyView;

/// Allow a provider plugin, after showing what it can do
///
/// It is copied to this user's own directory; what counts later is its hash and this user's grant. Where a signature
/// lies beside it, as `FILE.minisig`, its key is remembered: every later version has to be signed with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin install ./my-provider.wasm
  systemprompt plugin install ./my-provider.wasm --yes
  systemprompt plugin install https://example.com/my-provider.wasm")]
pub struct InstallArgs {
    /// A component, as built for the world `systemprompt:provider/plugin`: a file, or an address with https
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    installation: InstallationArgs,
}

/// Carries it out.
pub async fn run(context: &Context, args: InstallArgs) -> Result<AnyView, CliError> {
    let source = Source::of(&args.file)?;
    Ok(Box::new(installation::from(context, &source, None, &args.installation).await?))
}
