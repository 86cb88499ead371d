//! `systemprompt plugin test`.

use std::path::{Path, PathBuf};

use crate::authoring::project::Project;
use crate::authoring::scene::{Props, Scene};
use crate::authoring::setting::{self, SettingArgs};
use crate::authoring::{conformance, junit, watch};
use crate::cli::Context;
use crate::command::plugin::build;
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;
use crate::plugin::candidate::Candidate;
use crate::view::AnyView;
use crate::view::rehearsal::Report;

/// Try whether a plugin keeps what every provider promises
///
/// Performs each operation that it declares before a host in memory: every call fails once, every step runs twice, and the
/// program dies at every edge of the journal. Nothing of this machine is touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin test native
  systemprompt plugin test acme-postgres.wasm --junit report.xml
  systemprompt plugin test acme.wasm --service https://api.acme.com=http://127.0.0.1:4280
  systemprompt plugin test acme.wasm --cassette tests/cassettes/acme.json
  systemprompt plugin test acme-postgres/acme-postgres.wasm --watch")]
pub struct TestArgs {
    /// A component; or the id of a plugin that systemprompt carries
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    setting: SettingArgs,
    /// Input of an operation that only this plugin has; may be given more than once
    #[arg(long = "input", value_name = "OPERATION=JSON")]
    inputs: Vec<String>,
    /// Also write the report to a file, as XML for continuous integration
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Build the project that the component lies in, and test it, again whenever a source changes, until interrupted; the
    /// project's directory can be named as well
    #[arg(long, conflicts_with_all = ["record", "junit"])]
    watch: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: TestArgs) -> Result<AnyView, CliError> {
    let props = args.setting.props(setting::inputs(&args.inputs)?)?;
    let junit = args.junit.as_deref();
    if !args.watch {
        return Ok(Box::new(test(context, &args.file, &props, junit).await?));
    }
    let (dir, output) = project(&context.env.cwd, args.file);
    // What is no project now is not waited for.
    let file = output.unwrap_or(Project::in_dir(&dir)?.output());
    watch::rounds(context, &dir, async || {
        build::build(context, &dir, Some(file.clone())).await?;
        let report = test(context, &file, &props, junit).await?;
        let line = report.line();
        Ok((Box::new(report) as AnyView, line))
    })
    .await
}

/// The project of a component, which lies in its directory; and where the component goes, if that was named.
fn project(cwd: &Path, named: PathBuf) -> (PathBuf, Option<PathBuf>) {
    let whole = cwd.join(named);
    if whole.is_dir() {
        return (whole, None);
    }
    (whole.parent().map_or_else(|| cwd.to_owned(), Path::to_owned), Some(whole))
}

async fn test(context: &Context, file: &Path, props: &Props, junit: Option<&Path>) -> Result<Report, CliError> {
    let candidate = Candidate::named(file, &context.env.places, &context.reporter).await?;
    let candidate = candidate.traced(&context.env.places, &context.reporter).await?;
    let (reporter, props) = (context.reporter.clone(), props.clone());
    // A rehearsal waits for nobody but those who play a destination, so it has a thread of its own.
    let rehearsed = tokio::task::spawn_blocking(move || {
        let scene = Scene::set(&candidate, &props, None)?;
        let tried = conformance::try_all(&scene, &candidate.description.operations, &props.inputs, &reporter);
        scene.save(&reporter)?;
        Ok::<_, CliError>((candidate, tried))
    });
    let (candidate, tried) = rehearsed.await.map_err(|error| {
        CliError::new(Exit::Failed, "rehearsal-broken-off", "the rehearsal was broken off").because(&error)
    })??;
    let id = candidate.loaded.id.to_string();
    if let Some(path) = junit {
        let failed = |source| PluginError::File { path: path.to_owned(), source };
        let xml = junit::report(&id, &tried).map_err(|error| failed(std::io::Error::other(error)))?;
        crate::files::replace_for_all(path, xml.as_bytes()).map_err(failed)?;
    }
    Ok(Report::new(&candidate, tried))
}
