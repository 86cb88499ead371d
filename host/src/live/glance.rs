//! How a cloud tenant is, for whoever is shown it: its provider is asked for a moment, and where there is no answer, that
//! is said in its place.

use std::time::Duration;

use systemprompt_events::{PluginId, TenantState, TenantType, TenantView};

use super::{differences, reason};
use crate::account;
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::v1::LiveStatus;
use crate::project::{self, Project};
use crate::view::cleaned;

/// How long somebody waits who wants to see what is recorded.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// What was learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Glance {
    /// As its provider says.
    Told {
        /// Whether it answers.
        reachable: bool,
        /// Its provider's word.
        state: String,
        /// What is otherwise than recorded.
        differs: Vec<String>,
    },
    /// Nothing, and why.
    Unknown(String),
}

/// Asks, where there is somebody to ask: a provider that this project has used, which works with an account, of a tenant
/// that is not in the middle of something. Without a login nothing is started and nobody is asked.
pub async fn glance(context: &Context, project: &mut Project, tenant: &TenantView) -> Result<Option<Glance>, CliError> {
    if !can_be_asked(context, tenant) {
        return Ok(None);
    }
    let log = &mut project.ledger().log;
    let known = log.plugin(&tenant.provider).await?;
    if !known.is_some_and(|plugin| account::is_for_accounts(&plugin.capabilities)) {
        return Ok(None);
    }
    if log.accounts(Some(&tenant.provider)).await?.is_empty() {
        return Ok(Some(Glance::Unknown(account::missing(&tenant.provider).message)));
    }
    Ok(Some(match tokio::time::timeout(ANSWER_MAX, ask(context, tenant)).await {
        Ok(Ok(LiveStatus { reachable, state, details, .. })) => {
            let (state, details) = cleaned(&state, details);
            Glance::Told { reachable, state, differs: differences(&details) }
        }
        Ok(Err(error)) => Glance::Unknown(reason(&error)),
        Err(_) => Glance::Unknown(format!("`{}` did not answer within {} s", tenant.provider, ANSWER_MAX.as_secs())),
    }))
}

fn can_be_asked(context: &Context, tenant: &TenantView) -> bool {
    let is_settled = match tenant.state {
        TenantState::Ready | TenantState::Vanished => true,
        TenantState::Creating | TenantState::Changing | TenantState::Deleting | TenantState::Cancelled => false,
    };
    // What is shown of the past says nothing of now.
    let is_now = context.global.at.is_none();
    is_now && is_settled && tenant.tenant_type == TenantType::Cloud && tenant.provider != PluginId::external()
}

/// In a project of its own: the log that is lent to the provider is lost where that is not waited for.
async fn ask(context: &Context, tenant: &TenantView) -> Result<LiveStatus, CliError> {
    let mut project = project::open_to_change(&context.env, context.global.project.as_deref()).await?;
    for notice in project.notices.drain(..) {
        context.note(&notice);
    }
    let plugin = super::provider(context, &mut project, &tenant.provider).await?;
    super::ask(context, &mut project, &plugin, tenant).await
}
