//! `systemprompt plugin build`.

use std::path::{Path, PathBuf};

use crate::authoring::project::Project;
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::PluginError;
use crate::plugin::candidate::{self, Candidate};
use crate::view::AnyView;
use crate::view::authoring::Built;

/// Build a plugin's component, and check that it is one
///
/// The project's files say what it is written in. Compiles it for size, makes a component of the module, and loads that
/// as the program would. What it imports is what a user will be asked to allow.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin build
  systemprompt plugin build acme-postgres --output acme.wasm")]
pub struct BuildArgs {
    /// Directory of the plugin's `Cargo.toml` or `plugin.toml`; the working directory otherwise
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the component goes; `NAME.wasm` in its directory otherwise
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Carries it out.
pub async fn run(context: &Context, args: BuildArgs) -> Result<AnyView, CliError> {
    let dir = args.dir.map_or_else(|| context.env.cwd.clone(), |dir| context.env.cwd.join(dir));
    let project = Project::in_dir(&dir)?;
    project.announce(&context.reporter);
    let wasm = project.build(context.global.quiet || context.global.json)?;
    let candidate = Candidate::of(wasm, &context.env.places, &context.reporter).await?;
    candidate::check_free(&candidate.loaded.id)?;
    let file = args.output.unwrap_or_else(|| project.output());
    let failed = |source| PluginError::File { path: file.clone(), source };
    crate::files::replace_for_all(&file, &candidate.wasm).map_err(failed)?;
    Ok(Box::new(Built::new(shortened(&file, &context.env.cwd), &candidate)))
}

/// As one would type it in the working directory.
fn shortened(file: &Path, cwd: &Path) -> PathBuf {
    file.strip_prefix(cwd).unwrap_or(file).to_owned()
}
