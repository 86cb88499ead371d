//! `systemprompt plugin build`.

use std::path::{Path, PathBuf};

use systemprompt_guest_build::Component;

use crate::authoring::project::Project;
use crate::authoring::watch;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;
use crate::plugin::cache::Cache;
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
  systemprompt plugin build acme-postgres --output acme.wasm
  systemprompt plugin build acme-postgres --watch")]
pub struct BuildArgs {
    /// Directory of the plugin's `Cargo.toml` or `plugin.toml`; the working directory otherwise
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the component goes; `NAME.wasm` in its directory otherwise
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Build again whenever a source changes, until interrupted; with `--json` each round is a document on a line of its own
    #[arg(long)]
    watch: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: BuildArgs) -> Result<AnyView, CliError> {
    let dir = args.dir.map_or_else(|| context.env.cwd.clone(), |dir| context.env.cwd.join(dir));
    if !args.watch {
        return Ok(Box::new(build(context, &dir, args.output).await?));
    }
    // What is no project now is not waited for.
    Project::in_dir(&dir)?;
    let output = &args.output;
    watch::rounds(context, &dir, async || {
        let built = build(context, &dir, output.clone()).await?;
        let line = built.line();
        Ok((Box::new(built) as AnyView, line))
    })
    .await
}

/// Builds the project in this directory, to its own place or another one.
pub(super) async fn build(context: &Context, dir: &Path, output: Option<PathBuf>) -> Result<Built, CliError> {
    let project = Project::in_dir(dir)?;
    project.announce(&context.reporter);
    let file = output.unwrap_or_else(|| project.output());
    let quiet = context.global.quiet || context.global.json;
    // The tools take their time, and Ctrl-C is to be heard meanwhile.
    let built = tokio::task::spawn_blocking(move || project.build(quiet))
        .await
        .map_err(|error| CliError::new(Exit::Failed, "build-failed", "the build was broken off").because(&error))?;
    let Component { wasm, with_lines } = built?;
    let candidate = Candidate::of(wasm, &context.env.places, &context.reporter).await?;
    candidate::check_free(&candidate.loaded.id)?;
    let failed = |source| PluginError::File { path: file.clone(), source };
    crate::files::replace_for_all(&file, &candidate.wasm).map_err(failed)?;
    if let Some(with_lines) = with_lines {
        let kept = Cache::at(context.env.places.components()).keep_with_lines(&candidate.wasm, &with_lines);
        if let Err(error) = kept {
            let note = format!("its traps will be told without lines of its source, which could not be kept: {error}");
            context.reporter.note(&note);
        }
    }
    Ok(Built::new(shortened(&file, &context.env.cwd), &candidate))
}

/// As one would type it in the working directory.
fn shortened(file: &Path, cwd: &Path) -> PathBuf {
    file.strip_prefix(cwd).unwrap_or(file).to_owned()
}
