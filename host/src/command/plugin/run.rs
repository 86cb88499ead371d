//! `systemprompt plugin run`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::PoisonError;

use crate::authoring::scene::{Props, Scene};
use crate::authoring::setting::{self, SettingArgs};
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::candidate::Candidate;
use crate::plugin::v1::stage::Trace;
use crate::view::AnyView;
use crate::view::rehearsal::Performed;

/// Perform one operation of a plugin that is not installed, and print every call that it makes
///
/// It runs before a host in memory, in which all that the operation needs is made first: for `delete`, a tenant. Nothing of
/// this machine is touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin run create native
  systemprompt plugin run delete acme-postgres.wasm
  systemprompt plugin run edit acme-postgres.wasm --config port=5544")]
pub struct RunArgs {
    /// Operation to perform, such as `create`
    #[arg(value_name = "OPERATION")]
    operation: String,
    /// A component; or the id of a plugin that systemprompt carries
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    setting: SettingArgs,
    /// Input of the operation, where it is not known what it takes
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: RunArgs) -> Result<AnyView, CliError> {
    let input = args.input.as_deref().map(setting::input).transpose()?;
    let inputs: BTreeMap<_, _> = input.into_iter().map(|input| (args.operation.clone(), input)).collect();
    let props = args.setting.props(inputs)?;
    let candidate = Candidate::named(&args.file, &context.env.places, &context.reporter).await?;
    let operation = args.operation;
    let performed = tokio::task::spawn_blocking(move || perform(&candidate, &operation, &props));
    let performed = performed.await.map_err(|error| {
        CliError::new(Exit::Failed, "rehearsal-broken-off", "the rehearsal was broken off").because(&error)
    })??;
    Ok(Box::new(performed))
}

fn perform(candidate: &Candidate, operation: &str, props: &Props) -> Result<Performed, CliError> {
    let trace = Trace::default();
    let scene = Scene::set(candidate, props, Some(trace.clone()))?;
    let Some(mut harness) = scene.ready_for(operation, &props.inputs) else {
        return Err(unknown(candidate, operation));
    };
    // What was called to make ready is not what was asked for.
    trace.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let outcome = harness.operation(operation);
    let calls = std::mem::take(&mut *trace.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Performed {
        plugin: candidate.loaded.id.to_string(),
        operation: operation.to_owned(),
        calls,
        outcome,
        there: harness.everything(),
    })
}

fn unknown(candidate: &Candidate, operation: &str) -> CliError {
    let operation = crate::text::one_line(operation, 60);
    if candidate.description.operations.contains(&operation) {
        let message = format!("which input `{operation}` takes is not known here");
        return CliError::usage("input-missing", message).help("give it with `--input JSON`");
    }
    let known = crate::text::one_line(&candidate.description.operations.join(", "), 200);
    let message = format!("`{}` has no operation `{operation}`", candidate.loaded.id);
    CliError::new(Exit::NotFound, "operation-not-found", message).help(format!("it has {known}"))
}
