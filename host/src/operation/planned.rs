//! What an operation on a tenant would do, as its provider says: it may look, and nothing is recorded or changed.

use systemprompt_events::{Json, TenantType, TenantView};

use super::words::{failure_error, in_words};
use crate::account;
use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::plugin::catalog;
use crate::plugin::guest::{self, World};
use crate::plugin::v1::{self, PlannedStep, imports::types::UndoKind};
use crate::project::{Project, for_provider, texts};
use crate::text::{MESSAGE_CHARS_MAX, one_line};
use crate::trust;

/// The steps.
pub async fn steps(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    kind: &str,
) -> Result<Vec<PlannedStep>, CliError> {
    trust::check_tenant(&project.vault, tenant).await?;
    let vault = project.vault.clone();
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, &context.env.places).await?;
    account::require(project.ledger(), &vault, &plugin).await?;
    let request = v1::Request {
        operation: kind.to_owned(),
        operation_id: env::fresh_uuid().to_string(),
        tenant: Some(for_provider(tenant)),
        input: Json::object().as_str().to_owned(),
        ext: None,
    };
    let tag = guest::tag(project.ledger(), Some(&tenant.id)).await?;
    let world = World {
        ledger: Some(project.lend_ledger()),
        vault,
        places: context.env.places.clone(),
        reporter: context.reporter.clone(),
        run: None,
        tenant: Some(tenant.id.clone()),
        tag,
        account: None,
        settings: texts(tenant.config.as_str()).into_iter().collect(),
        runs_statements: false,
    };
    let (mut world, answer) = plugin.provider.plan(plugin.guest(world), &request).await;
    if let Some(ledger) = world.ledger.take() {
        project.take_back(ledger);
    }
    let what = in_words(kind, Some(tenant.name.as_str()));
    answer?.map_err(|failure| failure_error(&failure, format!("it cannot be planned to {what}")))
}

/// Says what would go, before a person is asked about a tenant that is elsewhere. They are asked, too, where it is not known;
/// but not where their login would not do.
pub async fn show_losses(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    kind: &str,
) -> Result<(), CliError> {
    if tenant.tenant_type != TenantType::Cloud || !context.env.interactive || context.global.json {
        return Ok(());
    }
    match steps(context, project, tenant, kind).await {
        Ok(steps) => {
            for step in steps.iter().filter(|step| matches!(step.undo, UndoKind::Irreversible)) {
                let (name, summary) = (&step.name, &step.summary);
                context.note(&one_line(&format!("cannot be taken back: {name}: {summary}"), MESSAGE_CHARS_MAX));
            }
        }
        Err(error) if error.exit == Exit::Authentication => return Err(error),
        Err(error) => context.note(&format!("what will go is not known: {}", error.message)),
    }
    Ok(())
}
