//! The environment variables that stand for a tenant: what `env` prints and `exec` delivers.

use systemprompt_events::TenantView;
use zeroize::Zeroizing;

use crate::choice;
use crate::cli::Context;
use crate::database::Database;
use crate::env;
use crate::error::CliError;
use crate::ledger::user_secrets::Scope;
use crate::project::Project;
use crate::secrets::{self, FillError};

/// Names all variables that were delivered, so that those of another tenant are taken back.
const DELIVERED: &str = "SYSTEMPROMPT_VARIABLES";

/// Variables of PostgreSQL's programs that would lead them past the tenant's.
const MISLEADING: [&str; 7] = [
    "PGHOSTADDR",
    "PGLOADBALANCEHOSTS",
    "PGPASSFILE",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGTARGETSESSIONATTRS",
];

/// Fields of a tenant's resources that are variables too.
const FIELDS: [(&str, &str); 2] = [("internal_database_url", "INTERNAL_DATABASE_URL"), ("sync_token", "SYNC_TOKEN")];

/// One variable.
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Zeroizing<String>,
    /// Whether the value is for those alone who ask for it.
    pub is_secret: bool,
}

/// All variables of a tenant, by name.
pub async fn of(context: &Context, project: &mut Project, tenant: TenantView) -> Result<Vec<Variable>, CliError> {
    let mut variables = Vec::new();
    let profile = choice::profile::of_tenant(context, project, &tenant).await?.map(|chosen| chosen.profile);
    let scope = Scope { tenant: tenant.id.clone(), profile: profile.as_ref().map(|profile| profile.id) };
    let vault = project.vault.clone();
    let set = project.ledger().user_secret_values(&vault, &scope).await?;
    variables.extend(set.into_iter().map(|(key, value)| secret(key.as_str(), value)));
    variables.extend(profile.map(|profile| open(choice::profile::VARIABLE, profile.name.as_str())));
    if let Some(dir) = project.dir.parent().and_then(std::path::Path::to_str) {
        variables.push(open("SYSTEMPROMPT_PROJECT", dir));
    }
    variables.push(open(choice::VARIABLE, tenant.id.as_str()));
    variables.extend(fields(project, &tenant).await?);
    if let Some(database) = Database::of(project, tenant).await? {
        variables.extend(of_database(&database)?);
    }
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(variables)
}

/// Adds the list of all that is delivered, for surroundings that another tenant's variables may come into.
pub fn with_list(mut variables: Vec<Variable>) -> Vec<Variable> {
    let names: Vec<_> = variables.iter().map(|variable| variable.name.as_str()).collect();
    let list = open(DELIVERED, &names.join(" "));
    variables.push(list);
    variables
}

/// Variables of the surroundings that have to go: an earlier tenant's, and those that would mislead.
pub fn stale(variables: &[Variable]) -> Vec<String> {
    let delivered = env::look_up(DELIVERED).map(|names| names.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stale: Vec<String> = delivered.split(' ').filter(|name| is_name(name)).map(ToOwned::to_owned).collect();
    // A profile of another tenant would go before the tenant that is delivered.
    stale.extend(env::look_up(choice::profile::VARIABLE).map(|_| choice::profile::VARIABLE.to_owned()));
    if variables.iter().any(|variable| variable.name == "PGHOST") {
        let misleading = MISLEADING.iter().filter(|name| env::look_up(name).is_some());
        stale.extend(misleading.map(|name| (*name).to_owned()));
    }
    stale.retain(|name| !variables.iter().any(|variable| variable.name == *name));
    stale.sort();
    stale.dedup();
    stale
}

fn of_database(database: &Database) -> Result<Vec<Variable>, CliError> {
    let place = database.place()?;
    let mut variables = vec![
        secret("DATABASE_URL", database.url.clone()),
        open("PGHOST", place.target()),
        open("PGPORT", &place.port.to_string()),
        open("PGUSER", &place.role),
        open("PGDATABASE", &place.database),
    ];
    variables.extend(place.password.map(|password| secret("PGPASSWORD", password)));
    variables.extend(place.ssl_mode.map(|mode| open("PGSSLMODE", &mode)));
    Ok(variables)
}

async fn fields(project: &mut Project, tenant: &TenantView) -> Result<Vec<Variable>, CliError> {
    let resources = tenant.resources.value();
    let vault = project.vault.clone();
    let mut variables = Vec::new();
    for (field, name) in FIELDS {
        let Some(text) = resources.get(field).and_then(|value| value.as_str()) else { continue };
        match secrets::fill(text, Some(project.ledger()), &vault, Some(&tenant.id), Some(&tenant.provider)).await {
            Ok(value) => variables.push(secret(name, value)),
            Err(FillError::Host(error)) => return Err(*error),
            // Its key is not here, or it was masked already when it was taken in.
            Err(FillError::Unknown(_) | FillError::Template(_)) => {}
        }
    }
    Ok(variables)
}

fn open(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: Zeroizing::new(value.to_owned()), is_secret: false }
}

fn secret(name: &str, value: Zeroizing<String>) -> Variable {
    Variable { name: name.to_owned(), value, is_secret: true }
}

/// What a shell takes for the name of a variable.
pub fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    name.bytes().next().is_some_and(is_letter) && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}
