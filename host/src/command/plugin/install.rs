//! `systemprompt plugin install`.

use std::fs;
use std::path::PathBuf;

use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::catalog::{self, Loaded, installed_path};
use crate::plugin::limits::COMPONENT_BYTES_MAX;
use crate::plugin::v1::Description;
use crate::plugin::{PluginError, destination, embedded};
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
    let wasm = read(&args.file)?;
    // Its id is what it says of itself, so it is loaded once under a name that no plugin can have registered yet.
    let nameless: PluginId = "new".parse().expect("BUG: a fixed id is valid");
    let unnamed = catalog::compile(&nameless, &wasm, &context.env.places)?;
    let description = catalog::describe(&unnamed, &context.env.places).await?;
    let id: PluginId = description.id.parse().map_err(|error| {
        let shown = crate::text::one_line(&description.id, 60);
        CliError::new(Exit::Refused, "bad-plugin-id", format!("its id `{shown}` cannot be used")).because(&error)
    })?;
    if embedded::component(&id).is_some() || id == PluginId::external() {
        let message = format!("`{id}` is the id of a plugin that systemprompt carries itself");
        return Err(CliError::new(Exit::Refused, "plugin-id-taken", message));
    }
    let loaded = Loaded { id, ..unnamed };
    let capabilities = destination::asked(&loaded.provider.capabilities, &description)?;
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

fn read(file: &PathBuf) -> Result<Vec<u8>, CliError> {
    let failed = |source| PluginError::File { path: file.clone(), source };
    let size = fs::metadata(file).map_err(failed)?.len();
    if size > COMPONENT_BYTES_MAX as u64 {
        let reason = format!("it is larger than {} MiB", COMPONENT_BYTES_MAX >> 20);
        return Err(PluginError::NotAProvider { reason }.into());
    }
    Ok(fs::read(file).map_err(failed)?)
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
