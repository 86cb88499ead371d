//! Projects: the one thing that a tenant has at Supabase.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, Secret, Tenant, progress};

use crate::api::{BASE, Supabase};
use crate::tries::Tries;
use crate::{Config, REGIONS, organisation};

/// Field of the resources with the project's reference.
pub(crate) const REFERENCE: &str = "project";
/// Before the tenant's id, in the name of its project.
const TAG: &str = "sp-";
/// Supabase takes a minute or two to make one.
const MAKING: Duration = Duration::from_mins(10);
/// How long Supabase may take to answer that it makes one.
const ANSWER: Duration = Duration::from_mins(1);

/// What Supabase says of a project.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Project {
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) status: String,
    #[serde(default)]
    created_at: String,
    /// Not there in the answer to the request that makes one.
    #[serde(default)]
    database: Option<Database>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Database {
    host: String,
    #[serde(default)]
    version: String,
}

impl Project {
    pub(crate) fn is_healthy(&self) -> bool {
        self.status == "ACTIVE_HEALTHY"
    }

    /// Whether it is gone, or about to be, and counts no more.
    fn is_going(&self) -> bool {
        matches!(self.status.as_str(), "GOING_DOWN" | "REMOVED")
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.host.as_str())
    }

    pub(crate) fn version(&self) -> &str {
        self.database.as_ref().map_or("", |database| &database.version)
    }
}

/// The name of a tenant's project. Supabase has no labels, so the name is what it is found by: the tenant's id alone, which
/// is unique for ever, and not what the user calls the tenant, which may change.
pub(crate) fn name(id: &str) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    TAG.chars().chain(id.chars().map(safe)).collect()
}

/// Whether a project is named as those of tenants are.
pub(crate) fn is_tagged(name: &str) -> bool {
    let id = name.strip_prefix(TAG).unwrap_or_default();
    let is_uuid = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_uuid || id.starts_with("local-")
}

/// All that the account sees.
pub(crate) fn all(supabase: &Supabase) -> Result<Vec<Project>, Failure> {
    let found: Option<Vec<Project>> = supabase.look_up("/v1/projects", "list the projects")?;
    Ok(found.into_iter().flatten().filter(|project| !project.is_going()).collect())
}

/// Those of this name, the oldest first: names are not unique at Supabase.
pub(crate) fn named(supabase: &Supabase, name: &str) -> Result<Vec<Project>, Failure> {
    let mut found: Vec<_> = all(supabase)?.into_iter().filter(|project| project.name == name).collect();
    found.sort_by(|one, other| (&one.created_at, &one.reference).cmp(&(&other.created_at, &other.reference)));
    Ok(found)
}

/// The one that is recorded for a tenant; before anything is recorded, the one of its name.
pub(crate) fn of<C>(supabase: &Supabase, tenant: &Tenant<C>) -> Result<Option<Project>, Failure> {
    match tenant.resources[REFERENCE].as_str() {
        Some(reference) => get(supabase, reference),
        None => Ok(named(supabase, &name(&tenant.id))?.into_iter().next()),
    }
}

fn get(supabase: &Supabase, reference: &str) -> Result<Option<Project>, Failure> {
    let what = format!("look at project `{reference}`");
    let found: Option<Project> = supabase.look_up(&format!("/v1/projects/{reference}"), &what)?;
    Ok(found.filter(|project| !project.is_going()))
}

/// Makes a tenant's project, unless there is one of its name; answers its reference.
pub(crate) fn ensure(
    supabase: &Supabase,
    tenant: &Tenant<Config>,
    organisation: &str,
    password: &Secret,
) -> Result<String, Failure> {
    let name = name(&tenant.id);
    let mut body = json!({
        "name": name,
        "organization_slug": organisation,
        "region_selection": { "type": "specific", "code": region(tenant) },
        "db_pass": password.placeholder(),
    });
    if let Some(size) = &tenant.config.instance_size {
        body["desired_instance_size"] = Value::from(size.as_str());
    }
    let request = Request::post(format!("{BASE}/v1/projects"), &body).timeout(ANSWER);
    let what = format!("create project `{name}`");
    let made: Project = supabase.ensure(&request, &what, || Ok(named(supabase, &name)?.into_iter().next()))?;
    Ok(made.reference)
}

/// Waits until its database runs; answers where that is.
pub(crate) fn wait_healthy(supabase: &Supabase, reference: &str, organisation: &str) -> Result<String, Failure> {
    let mut tries = Tries::within(MAKING);
    loop {
        let Some(project) = get(supabase, reference)? else {
            organisation::require(supabase, organisation)?;
            return Err(gone(reference));
        };
        match project.host() {
            Some(host) if project.is_healthy() => return Ok(host.to_owned()),
            _ if project.status == "INIT_FAILED" => {
                let message = format!("Supabase could not start project `{reference}`");
                return Err(Failure::refused("project-failed", message).help("try again, or in another `--region`"));
            }
            _ => progress::waiting(&format!("the project is {}", in_words(&project.status))),
        }
        if !tries.pause(None) {
            let message = format!("project `{reference}` is {} after ten minutes", in_words(&project.status));
            return Err(Failure::retryable("project-slow", message).help("look at https://status.supabase.com"));
        }
    }
}

/// Gives the database's administrator, who is the tenant, this password. None where there is no such project.
pub(crate) fn set_password(supabase: &Supabase, reference: &str, password: &Secret) -> Result<Option<()>, Failure> {
    let url = format!("{BASE}/v1/projects/{reference}/database/password");
    let request = Request::new("PATCH", url).json(&json!({ "password": password.placeholder() }));
    let what = format!("set the password of project `{reference}`");
    Ok(supabase.repeat(&request, &what)?.map(|_| ()))
}

/// Removes one with all that is in it. None where there is no such project.
pub(crate) fn remove(supabase: &Supabase, reference: &str) -> Result<Option<()>, Failure> {
    let request = Request::delete(format!("{BASE}/v1/projects/{reference}"));
    Ok(supabase.repeat(&request, &format!("delete project `{reference}`"))?.map(|_| ()))
}

/// Removes all that a tenant's name stands on: a request whose answer did not come may have made one too many.
pub(crate) fn remove_named(supabase: &Supabase, name: &str) -> Result<(), Failure> {
    named(supabase, name)?.iter().try_for_each(|project| remove(supabase, &project.reference).map(|_| ()))
}

pub(crate) fn gone(reference: &str) -> Failure {
    Failure::refused("project-missing", format!("there is no project `{reference}` at Supabase any more"))
        .help("`systemprompt cloud sync` looks at all tenants")
}

/// `COMING_UP`, as people write it.
pub(crate) fn in_words(status: &str) -> String {
    status.to_lowercase().replace('_', " ")
}

/// Where it runs: as asked for, or in the first region.
pub(crate) fn region(tenant: &Tenant<Config>) -> &str {
    tenant.region.as_deref().unwrap_or(REGIONS[0].0)
}
