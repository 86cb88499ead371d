//! `systemprompt plugin install`.

use std::path::PathBuf;

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::source::Source;
use crate::installation::{self, InstallationArgs, locked};
use crate::view::AnyView;

/// Allow a provider plugin, after showing what it can do
///
/// It is copied to this user's own directory; what counts later is its hash and this user's grant. Where a signature
/// lies beside it, as `FILE.minisig`, its key is remembered: every later version has to be signed with it. What is installed
/// is listed in the project's `plugins.lock`, which can be committed: with `--locked` others install the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin install ./my-provider.wasm
  systemprompt plugin install ./my-provider.wasm --yes
  systemprompt plugin install https://example.com/my-provider.wasm
  systemprompt plugin install oci://registry.example.com/acme/postgres:1.0.0
  systemprompt plugin install --locked --yes")]
pub struct InstallArgs {
    /// A component, as built for the world `systemprompt:provider/plugin`: a file, or an address with https or oci
    #[arg(value_name = "FILE", required_unless_present = "locked", conflicts_with = "locked")]
    file: Option<PathBuf>,
    /// All that `plugins.lock` lists: from where it says, with its hash, key and capabilities, and nothing else
    #[arg(long, conflicts_with_all = ["key", "grant"])]
    locked: bool,
    #[command(flatten)]
    installation: InstallationArgs,
}

/// Carries it out.
pub async fn run(context: &Context, args: InstallArgs) -> Result<AnyView, CliError> {
    let Some(file) = args.file else {
        return Ok(Box::new(locked::all(context, &args.installation).await?));
    };
    let source = Source::of(&file)?;
    Ok(Box::new(installation::from(context, &source, None, &args.installation).await?))
}
