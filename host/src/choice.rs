//! Which tenant or operation the user means: flag, then environment, then the project's selection; never a guess.

use systemprompt_events::{Operation, OperationId, TenantId, TenantView};

use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::operation::driver;
use crate::operation::words;
use crate::project::Project;

/// Names the tenant for one terminal or job.
pub const VARIABLE: &str = "SYSTEMPROMPT_TENANT";

/// A tenant, and where the choice came from.
pub struct Chosen {
    /// The tenant.
    pub tenant: TenantView,
    /// In words: ``by `--tenant` ``.
    pub source: &'static str,
}

/// What was asked for, by precedence.
pub struct Candidates {
    /// As an argument or by `--tenant`.
    pub flag: Option<String>,
    /// By the environment.
    pub variable: Option<String>,
    /// By the project's selection.
    pub selection: Option<TenantId>,
}

impl Candidates {
    /// Collects what was asked for. An argument and a differing `--tenant` contradict each other.
    pub async fn read(
        context: &Context,
        project: &mut Project,
        argument: Option<String>,
    ) -> Result<Candidates, CliError> {
        let flag = match (argument, context.global.tenant.clone()) {
            (Some(argument), Some(flag)) if argument != flag => {
                let shown = |named: &str| crate::text::one_line(named, 60);
                let message =
                    format!("the argument names tenant `{}` and `--tenant` names `{}`", shown(&argument), shown(&flag));
                return Err(CliError::usage("tenant-twice", message).help("name the tenant once"));
            }
            (Some(named), _) | (None, Some(named)) => Some(named),
            (None, None) => None,
        };
        let variable = env::look_up(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        Ok(Candidates { flag, variable, selection: project.ledger().log.selected().await? })
    }

    /// The first that is set.
    pub fn first(&self) -> Option<(String, &'static str)> {
        let flag = self.flag.clone().map(|named| (named, "named on the command line"));
        let variable = || self.variable.clone().map(|named| (named, "by SYSTEMPROMPT_TENANT"));
        let selection = || self.selection.as_ref().map(|id| (id.to_string(), "selected in this project"));
        flag.or_else(variable).or_else(selection)
    }
}

/// The tenant to act on.
pub async fn tenant(context: &Context, project: &mut Project, argument: Option<String>) -> Result<Chosen, CliError> {
    let candidates = Candidates::read(context, project, argument).await?;
    match candidates.first() {
        Some((named, source)) => Ok(Chosen { tenant: find(project, &named).await?, source }),
        None => Err(no_tenant()),
    }
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
            let error = CliError::new(Exit::NotFound, "tenant-not-found", format!("tenant not found: {shown}"));
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
    /// How alike a name has to be, from 0 to 1, to be worth a question.
    const ALIKE_MIN: f64 = 0.8;
    let tenants = project.ledger().log.tenants().await?;
    let best = tenants
        .iter()
        .map(|tenant| (strsim::jaro_winkler(wanted, tenant.name.as_str()), tenant.name.to_string()))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    Ok(match best {
        Some((alike, name)) if alike >= ALIKE_MIN => error.help(format!("did you mean `{name}`?")),
        _ => error,
    })
}

/// Nothing says which tenant.
pub fn no_tenant() -> CliError {
    CliError::new(Exit::NotFound, "no-tenant", "no tenant configured")
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
    for operation in project.ledger().log.unfinished().await? {
        if !driver::is_running(&project.dir, operation.id) {
            let what = in_words(project, &operation).await?;
            lines.push(format!("unfinished: {what}; to go on, run `{}`", words::resume_command(&operation)));
        }
    }
    Ok(lines)
}

/// What an operation does, with its tenant's name.
pub async fn in_words(project: &mut Project, operation: &Operation) -> Result<String, CliError> {
    let tenant = match &operation.tenant {
        Some(id) => project.ledger().log.tenant(id).await?,
        None => None,
    };
    Ok(words::in_words(&operation.kind, tenant.as_ref().map(|tenant| tenant.name.as_str())))
}

/// The unfinished operation of a tenant or with an id, or the only one.
pub async fn unfinished(project: &mut Project, named: Option<&str>) -> Result<Operation, CliError> {
    let mut all = project.ledger().log.unfinished().await?;
    let nothing = |message: String| CliError::new(Exit::NotFound, "nothing-unfinished", message);
    let Some(named) = named else {
        return match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(nothing("no operation is unfinished".to_owned())),
            _ => Err(CliError::usage("operation-ambiguous", "several operations are unfinished")
                .help("name the tenant of the one to go on with")),
        };
    };
    if let Ok(id) = named.parse::<OperationId>()
        && let Some(position) = all.iter().position(|operation| operation.id == id)
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
