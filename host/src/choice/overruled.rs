//! What goes before a selection in this terminal, so that nobody takes the selected tenant for the one that is acted on.

use systemprompt_events::{ProfileView, TenantId, TenantView};

use super::{profile, shell};
use crate::env;
use crate::error::CliError;
use crate::project::Project;
use crate::text::one_line;

/// What names a tenant or a profile for this terminal.
enum Earlier {
    TenantVariable,
    ProfileVariable,
    Shell,
}

impl Earlier {
    fn in_words(&self) -> &'static str {
        match self {
            Self::TenantVariable => "by SYSTEMPROMPT_TENANT",
            Self::ProfileVariable => "by SYSTEMPROMPT_PROFILE",
            Self::Shell => "by this shell's session",
        }
    }

    /// What to type so that it does not any more.
    fn remedy(&self) -> &'static str {
        match self {
            Self::TenantVariable => "unset SYSTEMPROMPT_TENANT",
            Self::ProfileVariable => "unset SYSTEMPROMPT_PROFILE",
            Self::Shell => "systemprompt admin session logout --shell",
        }
    }

    fn line(&self, what: &str) -> String {
        format!("commands in this terminal {what}, {}; to change that, run `{}`", self.in_words(), self.remedy())
    }
}

/// A line for each thing that commands in this terminal use instead of the tenant, and of the profile, that were chosen.
pub async fn lines(
    project: &mut Project,
    tenant: &TenantView,
    chosen: Option<&ProfileView>,
) -> Result<Vec<String>, CliError> {
    let of_tenant = selection(project, &tenant.id).await?;
    let of_profile = match (&of_tenant, chosen) {
        (None, Some(chosen)) => of_profile(project, chosen).await?,
        (Some(_), _) | (None, None) => None,
    };
    Ok(of_tenant.into_iter().chain(of_profile).collect())
}

/// A line where commands in this terminal act on another tenant than the selected one.
pub async fn selection(project: &mut Project, selected: &TenantId) -> Result<Option<String>, CliError> {
    let Some((earlier, named)) = earlier_tenant(project).await? else { return Ok(None) };
    let shown = match super::find(project, &named).await {
        Ok(found) if found.id == *selected => return Ok(None),
        Ok(found) => format!("`{}` ({})", found.name, found.id),
        // It names none, or several: commands will say so, and which.
        Err(_) => format!("`{}`", one_line(&named, 60)),
    };
    Ok(Some(earlier.line(&format!("act on tenant {shown}"))))
}

async fn earlier_tenant(project: &mut Project) -> Result<Option<(Earlier, String)>, CliError> {
    if let Some(named) = env::look_up(super::VARIABLE) {
        return Ok(Some((Earlier::TenantVariable, named.to_string_lossy().into_owned())));
    }
    if let Some(named) = profile::variable() {
        let tenant = profile::find(project, &named).await.map(|profile| profile.tenant.to_string());
        return Ok(tenant.ok().map(|tenant| (Earlier::ProfileVariable, tenant)));
    }
    Ok(shell::place(project).await?.map(|(tenant, _)| (Earlier::Shell, tenant.to_string())))
}

async fn of_profile(project: &mut Project, chosen: &ProfileView) -> Result<Option<String>, CliError> {
    let (earlier, named) = match profile::variable() {
        Some(named) => (Earlier::ProfileVariable, named),
        None => match profile::shells(project).await? {
            Some((named, _)) => (Earlier::Shell, named),
            None => return Ok(None),
        },
    };
    let is_other = named != chosen.name.as_str();
    Ok(is_other.then(|| earlier.line(&format!("use profile `{}`", one_line(&named, 60)))))
}
