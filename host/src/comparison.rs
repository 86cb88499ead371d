//! The registry held against what providers have: what is found of each tenant, and what that means for its record.

mod finding;
mod intake;
mod orphan;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use systemprompt_events::{
    Command, CommandId, ExecuteError, PluginId, ProjectCommand, Refusal, TenantCommand, TenantState, TenantType,
    TenantView,
};

use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::live::{self, reason};
use crate::plugin::catalog::Loaded;
use crate::plugin::v1;
use crate::project::Project;

use self::finding::told;
pub use self::finding::{Compared, Finding};
pub use self::intake::{Taken, take_in};
pub use self::orphan::Orphan;

/// What comparing came to.
#[derive(Default)]
pub struct Comparison {
    /// The tenants that are in a cloud, oldest first.
    pub tenants: Vec<Compared>,
    /// The providers that answered.
    pub answered: BTreeSet<PluginId>,
    /// Those that did not, and why.
    pub silent: BTreeMap<PluginId, CliError>,
    /// What is tagged as ours there, and of no tenant of this project.
    pub orphans: Vec<Orphan>,
}

impl Comparison {
    /// What is to be recorded; nothing where no provider answered.
    pub fn commands(&self) -> Vec<Command> {
        if self.answered.is_empty() {
            return Vec::new();
        }
        let mark = |compared: &Compared| {
            let command = match compared.finding {
                Finding::Vanished => TenantCommand::MarkVanished,
                Finding::Reappeared => TenantCommand::MarkReappeared,
                Finding::Unchanged | Finding::Differs | Finding::Unknown | Finding::Skipped => return None,
            };
            Some(Command::Tenant(compared.tenant.id.clone(), command))
        };
        let synced =
            Command::Project(ProjectCommand::RecordSync { providers: self.answered.iter().cloned().collect() });
        self.tenants.iter().filter_map(mark).chain(std::iter::once(synced)).collect()
    }

    /// Records it in one transaction. What was done to a tenant since it was asked about is not written over: that one is
    /// left out, and the others are recorded.
    pub async fn record(&mut self, project: &mut Project) -> Result<(), CliError> {
        loop {
            let commands = self.commands();
            if commands.is_empty() {
                return Ok(());
            }
            match project.ledger().attempt(CommandId::new(env::fresh_uuid()), commands).await {
                Ok(_) => return Ok(()),
                Err(ExecuteError::Refused(refusal)) if self.leave_out(&refusal) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether a refusal was about one of those that were to be marked, which is not any more.
    fn leave_out(&mut self, refusal: &Refusal) -> bool {
        let (Refusal::TenantBusy { id, .. }
        | Refusal::TenantAside { id, .. }
        | Refusal::TenantGone { id }
        | Refusal::TenantCancelled { id }
        | Refusal::NoSuchTenant { id }) = refusal
        else {
            return false;
        };
        let is_marked = |one: &&mut Compared| matches!(one.finding, Finding::Vanished | Finding::Reappeared);
        let mut marked = self.tenants.iter_mut().filter(is_marked);
        let Some(compared) = marked.find(|one| one.tenant.id == *id) else { return false };
        compared.finding = Finding::Skipped;
        compared.why = Some(format!("since it was asked about, {refusal}"));
        true
    }
}

/// Asks the provider of every tenant that is in a cloud, and every provider that somebody is logged in to, what else is
/// there. One that does not answer is not asked again.
pub async fn compare(context: &Context, project: &mut Project) -> Result<Comparison, CliError> {
    let mut comparison = Comparison::default();
    let mut plugins = Plugins::new();
    let tenants = project.ledger().log.tenants().await?;
    for tenant in tenants.iter().filter(|tenant| tenant.tenant_type == TenantType::Cloud).cloned() {
        let compared = match nothing_to_ask(&tenant) {
            Some(why) => Compared::untold(tenant, Finding::Skipped, why.to_owned()),
            None => ask(context, project, &mut plugins, &mut comparison, tenant).await,
        };
        comparison.tenants.push(compared);
    }
    let accounts = project.ledger().log.accounts(None).await?.into_iter().map(|account| account.provider);
    let providers: BTreeSet<_> = accounts.chain(plugins.keys().cloned()).collect();
    for id in providers.difference(&comparison.silent.keys().cloned().collect()) {
        match others(context, project, &mut plugins, id).await {
            Ok(None) => {}
            Ok(Some(found)) => {
                comparison.answered.insert(id.clone());
                for orphan in &found {
                    comparison.orphans.push(Orphan::of(project, id, orphan).await?);
                }
            }
            Err(error) => drop(comparison.silent.insert(id.clone(), error)),
        }
    }
    Ok(comparison)
}

/// Providers, loaded as they are needed.
type Plugins = BTreeMap<PluginId, Loaded>;

async fn plugin<'p>(
    context: &Context,
    project: &mut Project,
    plugins: &'p mut Plugins,
    id: &PluginId,
) -> Result<&'p Loaded, CliError> {
    match plugins.entry(id.clone()) {
        Entry::Occupied(loaded) => Ok(loaded.into_mut()),
        Entry::Vacant(place) => Ok(place.insert(live::provider(context, project, id).await?)),
    }
}

/// A tenant is recorded before anything of it is made: where there are the same after the answer as before, nothing of the
/// project's own is among what is nobody's.
async fn others(
    context: &Context,
    project: &mut Project,
    plugins: &mut Plugins,
    id: &PluginId,
) -> Result<Option<Vec<v1::Orphan>>, CliError> {
    let plugin = plugin(context, project, plugins, id).await?;
    let mut own = tenants_of(project, id).await?;
    loop {
        let found = live::orphans(context, project, plugin, &own).await?;
        let now = tenants_of(project, id).await?;
        if now.iter().map(|tenant| &tenant.id).eq(own.iter().map(|tenant| &tenant.id)) {
            return Ok(found);
        }
        own = now;
    }
}

async fn tenants_of(project: &mut Project, provider: &PluginId) -> Result<Vec<TenantView>, CliError> {
    let mut tenants = project.ledger().log.tenants().await?;
    // What is set aside is still there, and the project's.
    tenants.extend(project.ledger().log.aside().await?.into_iter().map(|aside| aside.tenant));
    tenants.retain(|tenant| tenant.provider == *provider);
    Ok(tenants)
}

async fn ask(
    context: &Context,
    project: &mut Project,
    plugins: &mut Plugins,
    comparison: &mut Comparison,
    tenant: TenantView,
) -> Compared {
    let id = tenant.provider.clone();
    let unknown = |tenant, why: String| Compared::untold(tenant, Finding::Unknown, why);
    if comparison.silent.contains_key(&id) {
        return unknown(tenant, format!("`{id}` did not answer before"));
    }
    let plugin = match plugin(context, project, plugins, &id).await {
        Ok(plugin) => plugin,
        Err(error) => return silent(comparison, tenant, error),
    };
    match live::ask(context, project, plugin, &tenant).await {
        Ok(status) => {
            let compared = told(tenant, status);
            // One whose server does not answer says so, and nothing of the tenant.
            if compared.finding != Finding::Unknown {
                comparison.answered.insert(id);
            }
            compared
        }
        Err(error) if concerns_provider(&error) => silent(comparison, tenant, error),
        Err(error) => unknown(tenant, reason(&error)),
    }
}

fn silent(comparison: &mut Comparison, tenant: TenantView, error: CliError) -> Compared {
    let why = reason(&error);
    comparison.silent.insert(tenant.provider.clone(), error);
    Compared::untold(tenant, Finding::Unknown, why)
}

/// Another tenant would be answered the same, and wait as long for it. What a login may not see is asked of each tenant: one
/// may be in another organisation than the others.
fn concerns_provider(error: &CliError) -> bool {
    matches!(error.exit, Exit::Unavailable | Exit::Interrupted)
}

/// Why a tenant is not asked about; none: it is.
fn nothing_to_ask(tenant: &TenantView) -> Option<&'static str> {
    if tenant.provider == PluginId::external() {
        return Some("nobody provides it: it was taken in");
    }
    match tenant.state {
        TenantState::Creating | TenantState::Changing | TenantState::Deleting => Some("an operation is at work on it"),
        TenantState::Cancelled => Some("it was cancelled"),
        TenantState::Ready | TenantState::Vanished => None,
    }
}

#[cfg(test)]
mod tests;
