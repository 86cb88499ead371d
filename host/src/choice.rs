//! Which tenant or operation the user means: flag, environment, shell, then the project's selection; never a guess.

pub mod overruled;
pub mod past;
pub mod profile;
pub mod shell;

use systemprompt_events::{Operation, OperationId, TenantId, TenantView};

use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::operation::lease;
use crate::operation::words;
use crate::project::Project;
use crate::suggestion;

/// Names the tenant for one terminal or job.
pub const VARIABLE: &str = "SYSTEMPROMPT_TENANT";

/// Most of several operations that are listed.
const LISTED_MAX: usize = 10;
/// How a tenant was chosen that an argument or `--tenant` names.
pub const BY_ARGUMENT: &str = "named on the command line";

/// A tenant, and where the choice came from.
pub struct Chosen {
    /// The tenant.
    pub tenant: TenantView,
    /// In words: ``by `--tenant` ``.
    pub source: &'static str,
}

impl Chosen {
    /// Which tenant it is and why, for who is about to act on it.
    pub fn in_words(&self) -> String {
        format!("tenant `{}` ({}), {}", self.tenant.name, self.tenant.id, self.source)
    }
}

/// What was asked for, in the order of precedence.
pub struct Candidates {
    /// As an argument or by `--tenant`.
    pub flag: Option<String>,
    /// The tenant of the profile that `--profile` names.
    pub profile_flag: Option<TenantId>,
    /// By the environment.
    pub variable: Option<String>,
    /// The tenant of the profile that the environment names.
    pub profile_variable: Option<TenantId>,
    /// By the shell that this runs in.
    pub shell: Option<TenantId>,
    /// By the project's selection.
    pub selection: Option<TenantId>,
}

impl Candidates {
    /// Collects what was asked for. Two things of the same rank that differ contradict each other.
    pub async fn read(
        context: &Context,
        project: &mut Project,
        argument: Option<String>,
    ) -> Result<Candidates, CliError> {
        let flag = named_once(context, argument)?;
        let variable = env::look_up(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        let profile_flag = tenant_with(project, flag.as_deref(), context.global.profile.clone()).await?;
        // What a flag overrules is not even looked up.
        let overruled = flag.is_some() || profile_flag.is_some();
        let named = profile::variable().filter(|_| !overruled);
        Ok(Candidates {
            profile_variable: tenant_with(project, variable.as_deref(), named).await?,
            shell: shell::place(project).await?.map(|(tenant, _)| tenant),
            selection: project.selected().await?,
            flag,
            profile_flag,
            variable,
        })
    }

    /// The tenant of the first that is set.
    pub async fn choose(&self, project: &mut Project) -> Result<Option<Chosen>, CliError> {
        let given = |named: &Option<String>, source| named.clone().map(|named| (named, source));
        let known = |id: &Option<TenantId>, source| id.clone().map(|id| (id, source));
        let (named, source) = if let Some(given) = given(&self.flag, BY_ARGUMENT) {
            given
        } else if let Some((id, source)) = known(&self.profile_flag, "the tenant of the profile on the command line") {
            return of_id(project, &id, source).await.map(Some);
        } else if let Some(given) = given(&self.variable, "by SYSTEMPROMPT_TENANT") {
            given
        } else if let Some((id, source)) = known(&self.profile_variable, "the tenant of SYSTEMPROMPT_PROFILE")
            .or_else(|| known(&self.shell, "by this shell's session"))
            .or_else(|| known(&self.selection, "selected in this project"))
        {
            return of_id(project, &id, source).await.map(Some);
        } else {
            return Ok(None);
        };
        Ok(Some(Chosen { tenant: find(project, &named).await?, source }))
    }
}

/// The tenant of a whole id, which is looked up at once.
async fn of_id(project: &mut Project, id: &TenantId, source: &'static str) -> Result<Chosen, CliError> {
    let tenant = match project.ledger().log.tenant(id).await? {
        Some(tenant) => tenant,
        // It is gone, and the error says so.
        None => find(project, id.as_str()).await?,
    };
    Ok(Chosen { tenant, source })
}

/// The tenant that an argument or `--tenant` names; both may if they name it alike.
pub fn named_once(context: &Context, argument: Option<String>) -> Result<Option<String>, CliError> {
    match (argument, context.global.tenant.clone()) {
        (Some(argument), Some(flag)) if argument != flag => {
            let shown = |named: &str| crate::text::one_line(named, 60);
            let message =
                format!("the argument names tenant `{}` and `--tenant` names `{}`", shown(&argument), shown(&flag));
            Err(CliError::usage("tenant-twice", message).help("name the tenant once"))
        }
        (Some(named), _) | (None, Some(named)) => Ok(Some(named)),
        (None, None) => Ok(None),
    }
}

/// The tenant of a profile; a tenant that was named with it has to be the same.
async fn tenant_with(
    project: &mut Project,
    tenant: Option<&str>,
    profile: Option<String>,
) -> Result<Option<TenantId>, CliError> {
    let Some(profile) = profile else { return Ok(None) };
    let profile = profile::find(project, &profile).await?;
    if let Some(tenant) = tenant {
        let tenant = find(project, tenant).await?;
        if tenant.id != profile.tenant {
            return Err(profile::of_another(&profile, &tenant));
        }
    }
    Ok(Some(profile.tenant))
}

/// The tenant to act on.
pub async fn tenant(context: &Context, project: &mut Project, argument: Option<String>) -> Result<Chosen, CliError> {
    let candidates = Candidates::read(context, project, argument).await?;
    candidates.choose(project).await?.ok_or_else(no_tenant)
}

/// The tenant of this id, unique prefix of an id, or name.
pub async fn find(project: &mut Project, named: &str) -> Result<TenantView, CliError> {
    let shown = crate::text::one_line(named, 60);
    // As lists show long ids.
    let wanted = named.strip_suffix("...").unwrap_or(named);
    let mut found = if wanted.is_empty() { Vec::new() } else { project.ledger().log.find_tenants(wanted).await? };
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let error = CliError::new(Exit::NotFound, "tenant-not-found", format!("Tenant not found: {shown}"));
            let error = crate::grace::hint(project, wanted, error).await?;
            Err(suggest(project, wanted, error).await?.try_command("systemprompt cloud tenant list"))
        }
        _ => {
            let list: Vec<_> = found.iter().map(|tenant| format!("{} ({})", tenant.id, tenant.name)).collect();
            Err(CliError::usage("tenant-ambiguous", format!("`{shown}` is the beginning of several ids"))
                .help(format!("one of: {}", list.join(", "))))
        }
    }
}

async fn suggest(project: &mut Project, wanted: &str, error: CliError) -> Result<CliError, CliError> {
    let tenants = project.ledger().log.tenants().await?;
    let names = tenants.iter().map(|tenant| tenant.name.as_str());
    let ids = tenants.iter().map(|tenant| tenant.id.as_str()).filter(|id| suggestion::is_slip(wanted, id));
    Ok(suggestion::add(error, wanted, names.chain(ids)))
}

/// Nothing says which tenant.
pub fn no_tenant() -> CliError {
    CliError::new(Exit::NotFound, "no-tenant", "No tenant configured")
        .help("name one, or select one")
        .try_command("systemprompt cloud tenant list")
        .try_command("systemprompt cloud tenant select <id>")
}

/// There is nothing to act on.
pub fn no_project() -> CliError {
    CliError::new(Exit::NotFound, "no-project", "there is no project here")
        .help("a project is a directory with `.systemprompt` in it or above it; creating a tenant makes one")
        .try_command("systemprompt cloud tenant create --type local --name my-project")
}

/// A line for each operation that was interrupted and is not being performed right now.
pub async fn unfinished_lines(project: &mut Project) -> Result<Vec<String>, CliError> {
    let mut lines = Vec::new();
    for id in project.unfinished().await? {
        if lease::is_running(&project.dir, id) {
            continue;
        }
        if let Some(operation) = project.ledger().log.operation(&id).await?
            && !operation.state.has_ended()
        {
            let what = in_words(project, &operation).await?;
            lines.push(format!("unfinished: {what}; to go on, run `{}`", words::resume_command(&operation)));
        }
    }
    Ok(lines)
}

/// What an operation does, with its tenant's name.
pub async fn in_words(project: &mut Project, operation: &Operation) -> Result<String, CliError> {
    let tenant = match &operation.tenant {
        Some(id) => project.ledger().log.tenant_of_operation(id).await?,
        None => None,
    };
    Ok(words::in_words(&operation.kind, tenant.as_ref().map(|tenant| tenant.name.as_str())))
}

/// Several operations are unfinished: which, and what to type for each.
async fn which_of(project: &mut Project, all: &[Operation]) -> Result<CliError, CliError> {
    let mut error = CliError::usage("operation-ambiguous", "several operations are unfinished");
    let mut list = Vec::new();
    for operation in all.iter().take(LISTED_MAX) {
        list.push(in_words(project, operation).await?);
        error = error.try_command(words::resume_command(operation));
    }
    let more = all.len().saturating_sub(LISTED_MAX);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    Ok(error.help(format!("say which one to go on with: {}{more}", list.join(", "))))
}

/// The unfinished operation of a tenant or with an id, or the only one.
pub async fn unfinished(project: &mut Project, named: Option<&str>) -> Result<Operation, CliError> {
    let mut all = project.ledger().log.unfinished().await?;
    let nothing = |message: String| CliError::new(Exit::NotFound, "nothing-unfinished", message);
    let Some(named) = named else {
        return match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(nothing("no operation is unfinished".to_owned())),
            _ => Err(which_of(project, &all).await?),
        };
    };
    if let Ok(id) = named.parse::<OperationId>()
        && let Some(position) = all.iter().position(|operation| operation.id == id)
    {
        return Ok(all.remove(position));
    }
    // One that is set aside is found by the operation that is at work on it.
    if let Some(position) =
        all.iter().position(|operation| operation.tenant.as_ref().is_some_and(|id| id.as_str() == named))
    {
        return Ok(all.remove(position));
    }
    let tenant = find(project, named).await?;
    let position = all.iter().position(|operation| operation.tenant.as_ref() == Some(&tenant.id));
    match position {
        Some(position) => Ok(all.remove(position)),
        None => Err(nothing(format!("no operation on tenant `{}` is unfinished", tenant.name))),
    }
}
