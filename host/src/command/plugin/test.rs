//! `systemprompt plugin test`.

use std::path::PathBuf;

use crate::authoring::scene::Scene;
use crate::authoring::setting::{self, SettingArgs};
use crate::authoring::{conformance, junit};
use crate::cli::Context;
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
  systemprompt plugin test acme.wasm --service https://api.acme.com=http://127.0.0.1:4280")]
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
}

/// Carries it out.
pub async fn run(context: &Context, args: TestArgs) -> Result<AnyView, CliError> {
    let props = args.setting.props(setting::inputs(&args.inputs)?)?;
    let candidate = Candidate::named(&args.file, &context.env.places, &context.reporter).await?;
    let reporter = context.reporter.clone();
    // A rehearsal waits for nobody but those who play a destination, so it has a thread of its own.
    let rehearsed = tokio::task::spawn_blocking(move || {
        let scene = Scene::set(&candidate, &props, None)?;
        let tried = conformance::try_all(&scene, &candidate.description.operations, &props.inputs, &reporter);
        Ok::<_, CliError>((candidate, tried))
    });
    let (candidate, tried) = rehearsed.await.map_err(|error| {
        CliError::new(Exit::Failed, "rehearsal-broken-off", "the rehearsal was broken off").because(&error)
    })??;
    let id = candidate.loaded.id.to_string();
    if let Some(path) = args.junit {
        let failed = |source| PluginError::File { path: path.clone(), source };
        let xml = junit::report(&id, &tried).map_err(|error| failed(std::io::Error::other(error)))?;
        crate::files::replace_for_all(&path, xml.as_bytes()).map_err(failed)?;
    }
    Ok(Box::new(Report::new(&candidate, tried)))
}
