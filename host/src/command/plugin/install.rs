//! `systemprompt plugin install`.

use std::fs;
use std::path::PathBuf;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::catalog::{self, Loaded, installed_path};
use crate::plugin::v1::Description;
use crate::prompt;
use crate::view::AnyView;
use crate::view::plugin::{Plugin, in_words};

/// Allow a provider plugin, after showing what it can do
///
/// The file is copied to this user's own directory; what counts later is its hash and this user's grant.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin install ./my-provider.wasm
  systemprompt plugin install ./my-provider.wasm --yes")]
pub struct InstallArgs {
    /// A component, as built for the world `systemprompt:provider/plugin`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Allow what it asks for without a question
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: InstallArgs) -> Result<AnyView, CliError> {
    let candidate = Candidate::read(&args.file, &context.env.places).await?;
    candidate::check_free(&candidate.loaded.id)?;
    let Candidate { wasm, loaded, description, capabilities } = candidate;
    consent(context, &loaded, &description, &capabilities, args.yes)?;
    let mut project = context.project_to_change().await?;
    store(context, &loaded, &wasm)?;
    let vault = project.vault.clone();
    let source = crate::text::shown(&args.file);
    catalog::allow(&loaded, &description, &source, project.ledger(), &vault).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Plugin {
        id: loaded.id.to_string(),
        version: description.version.clone(),
        hash: loaded.hash.to_string(),
        source,
        capabilities,
        granted: true,
        description: catalog::as_json(&description)?.value(),
    }))
}

fn consent(
    context: &Context,
    loaded: &Loaded,
    description: &Description,
    capabilities: &[String],
    yes: bool,
) -> Result<(), CliError> {
    let title = crate::text::one_line(&description.title, 80);
    context.note(&format!("plugin `{}` {}: {title}", loaded.id, crate::text::one_line(&description.version, 20)));
    for capability in capabilities {
        context.note(&format!("it may {}", in_words(capability)));
    }
    if yes {
        return Ok(());
    }
    if !context.env.interactive || context.global.json {
        return Err(CliError::new(Exit::Refused, "confirmation-needed", "allowing a plugin needs a confirmation")
            .help("read what it may do, then give `--yes`"));
    }
    if prompt::confirmed("Allow this?")? {
        Ok(())
    } else {
        Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"))
    }
}

fn store(context: &Context, loaded: &Loaded, wasm: &[u8]) -> Result<(), CliError> {
    use std::os::unix::fs::DirBuilderExt;
    let path = installed_path(&loaded.id, &loaded.hash, &context.env.places);
    let failed = |source| PluginError::File { path: path.clone(), source };
    if let Some(dir) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    }
    crate::files::replace(&path, wasm).map_err(failed)?;
    Ok(())
}
