//! Projects that are named as tenants' are, and belong to no tenant of the project.

use serde_json::Value;
use systemprompt_sdk::{Failure, Orphan, Tenant};

use crate::api::Supabase;
use crate::project::{self, Project, REFERENCE};

/// Those that the account sees. Another project's tenants look the same.
pub(crate) fn orphans(tenants: &[Tenant<Value>]) -> Result<Vec<Orphan>, Failure> {
    let all = project::all(&Supabase::connect_to_look()?)?;
    let is_orphan = |it: &Project| project::is_tagged(&it.name) && !tenants.iter().any(|tenant| is_of(it, tenant));
    Ok(all.into_iter().filter(is_orphan).map(orphan).collect())
}

/// A second one of a tenant's name is no tenant's: only the one that is recorded is. Of one that is being made, nothing is
/// recorded yet.
fn is_of(project: &Project, tenant: &Tenant<Value>) -> bool {
    match tenant.resources[REFERENCE].as_str() {
        Some(reference) => project.reference == reference,
        None => project.name == project::name(&tenant.id),
    }
}

fn orphan(project: Project) -> Orphan {
    let Project { reference, region, status, name, .. } = project;
    let settings = format!("https://supabase.com/dashboard/project/{reference}/settings/general");
    Orphan {
        about: format!("project `{reference}` in {region}, {}", project::in_words(&status)),
        help: Some(format!("if it is no other project's, delete it at {settings}")),
        name,
        ext: None,
    }
}
