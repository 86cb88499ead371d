//! `systemprompt plugin run`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use crate::account::{Account, fields};
use crate::authoring::scene::{Props, Reel, Scene};
use crate::authoring::setting::{self, SettingArgs};
use crate::backend::http::Origin;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::destination;
use crate::plugin::v1::stage::Trace;
use crate::report::Reporter;
use crate::view::AnyView;
use crate::view::rehearsal::Performed;

/// Perform one operation of a plugin that is not installed, and print every call that it makes
///
/// It runs before a host in memory, in which all that the operation needs is made first: for `delete`, a tenant. Nothing of
/// this machine is touched. With `--record`, destinations that nobody plays are asked themselves, with an account of yours:
/// what the operation makes there is real.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin run create native
  systemprompt plugin run delete acme-postgres.wasm
  systemprompt plugin run edit acme-postgres.wasm --config port=5544
  systemprompt plugin run delete acme.wasm --record tests/cassettes/acme.json")]
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
    /// While recording, send the requests there instead, with the account: to a proxy, or a server to try things with
    #[arg(long, value_name = "URL", requires = "record")]
    api_url: Option<Origin>,
}

/// Carries it out.
pub async fn run(context: &Context, args: RunArgs) -> Result<AnyView, CliError> {
    let input = args.input.as_deref().map(setting::input).transpose()?;
    let inputs: BTreeMap<_, _> = input.into_iter().map(|input| (args.operation.clone(), input)).collect();
    let mut props = args.setting.props(inputs)?;
    let candidate = Candidate::named(&args.file, &context.env.places, &context.reporter).await?;
    let candidate = candidate.traced(&context.env.places, &context.reporter).await?;
    props.account = account(context, &candidate, &props, args.api_url)?;
    let (operation, reporter) = (args.operation, context.reporter.clone());
    let performed = tokio::task::spawn_blocking(move || perform(&candidate, &operation, &props, &reporter));
    let performed = performed.await.map_err(|error| {
        CliError::new(Exit::Failed, "rehearsal-broken-off", "the rehearsal was broken off").because(&error)
    })??;
    Ok(Box::new(performed))
}

/// Whose account the destinations are asked with that nobody plays, while that is recorded.
fn account(
    context: &Context,
    candidate: &Candidate,
    props: &Props,
    api_url: Option<Origin>,
) -> Result<Option<Arc<Account>>, CliError> {
    let destinations = destination::granted(&candidate.capabilities).destinations;
    let is_played = |destination: &Origin| props.players.contains_key(&destination.to_string());
    if !matches!(props.reel, Some(Reel::Record(_))) || destinations.iter().all(is_played) {
        return Ok(None);
    }
    let provider = &candidate.loaded.id;
    candidate::check_genuine(provider, &candidate.wasm)?;
    if api_url.is_some() && destinations.len() != 1 {
        let message = format!("`{provider}` talks to {} places", destinations.len());
        return Err(CliError::usage("bad-api-url", message).help("leave out `--api-url`"));
    }
    let wanted = &candidate.description.account_fields;
    let account = if wanted.is_empty() {
        Account { provider: provider.clone(), api_url, plain: BTreeMap::new(), secret: BTreeMap::new() }
    } else {
        fields::gather(context, provider, wanted, api_url, false)?.0
    };
    let asked: Vec<String> =
        destinations.iter().filter(|one| !is_played(one)).map(|one| account.route(one).0.to_string()).collect();
    let words = format!("with the account of `{provider}`, this asks {}", asked.join(", "));
    context.reporter.note(&crate::text::one_line(&words, crate::text::MESSAGE_CHARS_MAX));
    Ok(Some(Arc::new(account)))
}

fn perform(candidate: &Candidate, operation: &str, props: &Props, reporter: &Reporter) -> Result<Performed, CliError> {
    let trace = Trace::default();
    let scene = Scene::set(candidate, props, Some(trace.clone()))?;
    let Some(mut harness) = scene.ready_for(operation, &props.inputs) else {
        return Err(unknown(candidate, operation));
    };
    // What was called to make ready is not what was asked for.
    trace.lock().unwrap_or_else(PoisonError::into_inner).clear();
    // What a plan asks for belongs to a cassette: the promises about an operation begin with its plan.
    let planned = if props.reel.is_some() { harness.plan(operation).map(drop) } else { Ok(()) };
    let outcome = planned.and_then(|()| harness.operation(operation));
    let backtrace = scene.backtrace();
    scene.save(reporter)?;
    let calls = std::mem::take(&mut *trace.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Performed {
        plugin: candidate.loaded.id.to_string(),
        operation: operation.to_owned(),
        calls,
        outcome,
        trace: backtrace,
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
