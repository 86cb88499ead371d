//! `systemprompt plugin verify`.

use systemprompt_events::{PluginId, PluginView};

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::signed;
use crate::plugin::{PluginError, embedded, installed};
use crate::project::Project;
use crate::view::AnyView;
use crate::view::plugin_care::{Checked, Fault};

/// Check that each installed plugin is the one that was allowed
///
/// Its file against the hash on record, this user's grant, and its signature against the publisher's key. The exit code
/// is 1 when there is a fault.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin verify
  systemprompt plugin verify --json")]
pub struct VerifyArgs {
    /// Id of the plugin; all that are installed otherwise
    #[arg(value_name = "ID")]
    id: Option<PluginId>,
}

/// Carries it out.
pub async fn run(context: &Context, args: VerifyArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?;
    let views = match &mut project {
        Some(project) => project.ledger().log.plugins().await?,
        None => Vec::new(),
    };
    let mut views: Vec<_> = views.into_iter().filter(|view| embedded::component(&view.id).is_none()).collect();
    if let Some(id) = &args.id {
        super::check_installed(id, &views)?;
        views.retain(|view| view.id == *id);
    }
    let mut faults = Vec::new();
    for view in &views {
        if let Some(project) = &mut project {
            faults.extend(faults_of(context, project, view).await?);
        }
    }
    Ok(Box::new(Checked { plugins: views.iter().map(|view| view.id.to_string()).collect(), faults }))
}

async fn faults_of(context: &Context, project: &mut Project, view: &PluginView) -> Result<Vec<Fault>, CliError> {
    let places = &context.env.places;
    let mut faults = Vec::new();
    let mut fault = |kind, message: String| faults.push(Fault { plugin: view.id.to_string(), kind, message });
    if view.grant.is_some() && project.grants().await?.ours(view).await?.is_none() {
        fault("grant", "what it is allowed was not allowed by you on this machine".to_owned());
    }
    let hash = view.grant.as_ref().map_or(view.hash, |grant| grant.hash);
    let wasm = match installed::bytes(&view.id, &hash, places) {
        Ok(wasm) => Some(wasm),
        Err(error) => {
            fault(if matches!(error, PluginError::File { .. }) { "file" } else { "hash" }, signed::in_full(&error));
            None
        }
    };
    if let Some(wasm) = wasm
        && let Err(message) = signed::of_copy(view, &hash, &wasm, places)
    {
        fault("signature", message);
    }
    Ok(faults)
}
