//! Tenants that a provider has and this project does not: taken in when somebody names them, and not before. What is nobody's
//! here may be another project's.

use serde::Deserialize;
use serde_json::{Map, Value};
use systemprompt_events::{Command, Json, Refusal, Region, TenantCommand, TenantId, TenantName, TenantType};

use super::{Comparison, Orphan};
use crate::change;
use crate::error::{CliError, Exit};
use crate::operation::effect;
use crate::project::Project;
use crate::trust;

/// Longest description of one that is read.
const BYTES_MAX: usize = 64 * 1024;

/// A tenant as its provider describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// Its id, which its parts are tagged with.
    pub id: TenantId,
    /// What it was called.
    pub name: TenantName,
    /// Where it runs.
    pub region: Option<Region>,
    resources: Json,
}

/// What a provider says is in an orphan.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A whole tenant.
    Tenant(Untaken),
    /// No whole tenant, or nothing that it knows of.
    Other,
    /// It cannot tell now.
    Unknown,
    /// The same, for a reason that is the login's own.
    Remark,
}

/// One that was taken in, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub id: TenantId,
    /// What it is called here.
    pub name: TenantName,
    /// Whether its provider can give it another password, as its own is not known here.
    pub rotates: bool,
}

/// What a provider says beside an orphan, as far as it is about a tenant.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    tenant: Option<Described>,
    #[serde(default)]
    unknown: bool,
    #[serde(default)]
    once: bool,
}

#[derive(Deserialize)]
struct Described {
    id: String,
    name: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    resources: Map<String, Value>,
}

impl Content {
    /// Reads what a provider says beside an orphan.
    pub(super) fn read(ext: &str) -> Result<Content, String> {
        if ext.len() > BYTES_MAX {
            return Err("its provider says too much of it".to_owned());
        }
        let said: Said = serde_json::from_str(ext).map_err(|error| error.to_string())?;
        let Some(Described { id, name, region, resources }) = said.tenant else {
            return Ok(match (said.unknown, said.once) {
                (true, true) => Content::Remark,
                (true, false) => Content::Unknown,
                (false, _) => Content::Other,
            });
        };
        let resources = Value::Object(resources);
        // A placeholder would be filled with what somebody else sealed.
        if resources.to_string().contains("{{") {
            return Err("its provider describes it by secrets".to_owned());
        }
        Ok(Content::Tenant(Untaken {
            id: id.parse().map_err(|_| format!("`{id}` is no id of a tenant"))?,
            name: name.parse().map_err(|_| format!("`{name}` is no name of a tenant"))?,
            region: region.map(|region| region.parse().map_err(|_| format!("`{region}` is no region"))).transpose()?,
            resources: Json::from_value(&resources).map_err(|error| error.to_string())?,
        }))
    }
}

/// Takes in those of the orphans that somebody named; with `is_dry`, says what that would be. All of them or none.
pub async fn take_in(
    project: &mut Project,
    comparison: &Comparison,
    names: &[String],
    is_dry: bool,
) -> Result<Vec<Taken>, CliError> {
    let mut taken: Vec<Taken> = Vec::new();
    let mut commands = Vec::new();
    for name in names {
        let (orphan, untaken) = named(comparison, name)?;
        if taken.iter().any(|one| one.id == untaken.id) {
            continue;
        }
        // Who only looks is told, too.
        if orphan.was_here {
            return Err(was_here(orphan, untaken));
        }
        let name = free_name(project, orphan, untaken, &taken).await?;
        let adopt = TenantCommand::Adopt {
            name: name.clone(),
            tenant_type: TenantType::Cloud,
            provider: orphan.provider.clone(),
            region: untaken.region.clone(),
            resources: untaken.resources.clone(),
        };
        commands.push((Command::Tenant(untaken.id.clone(), adopt), trust::server(&untaken.id, &untaken.resources)));
        let rotates = change::supports(project, &orphan.provider, effect::ROTATE_CREDENTIALS).await?;
        taken.push(Taken { id: untaken.id.clone(), name, rotates });
    }
    if is_dry || commands.is_empty() {
        return Ok(taken);
    }
    for (_, claim) in &commands {
        trust::allow(&project.vault, Some(claim)).await?;
    }
    project.ledger().record(commands.into_iter().map(|(command, _)| command).collect()).await?;
    Ok(taken)
}

/// What this project cannot take in a second time, another can: it has a history of its own.
fn was_here(orphan: &Orphan, untaken: &Untaken) -> CliError {
    let error = CliError::from(Refusal::IdTaken { id: untaken.id.clone() });
    let message = format!("`{}` was a tenant of this project before: {}", orphan.name, error.message);
    CliError { message, ..error }.help(format!(
        "take it in from another project: in another directory, type `systemprompt cloud auth login --provider {}` and \
         `systemprompt cloud sync --take-in {}`",
        orphan.provider, orphan.name
    ))
}

fn named<'a>(comparison: &'a Comparison, name: &str) -> Result<(&'a Orphan, &'a Untaken), CliError> {
    let shown = crate::text::one_line(name, 100);
    let of_id = |orphan: &Orphan| orphan.tenant.as_ref().is_some_and(|untaken| untaken.id.as_str() == name);
    let found = comparison.orphans.iter().find(|orphan| orphan.name == name || of_id(orphan));
    let Some(orphan) = found else {
        let message =
            format!("no provider that answered has `{shown}` as something of ours and of no tenant of this project");
        return Err(CliError::new(Exit::NotFound, "orphan-not-found", message)
            .help("look at what there is")
            .try_command("systemprompt cloud sync --dry-run"));
    };
    if let Some(untaken) = &orphan.tenant {
        return Ok((orphan, untaken));
    }
    if !orphan.is_known {
        let message = format!("whether `{shown}` is a whole tenant is not known: {}", orphan.about);
        let help = orphan.help.clone().unwrap_or_else(|| "try again later".to_owned());
        return Err(CliError::new(Exit::Unavailable, "orphan-unknown", message).help(help));
    }
    let message = format!("`{shown}` is no whole tenant: {}", orphan.about);
    let error = CliError::new(Exit::Refused, "orphan-incomplete", message);
    Err(match &orphan.help {
        Some(help) => error.help(help.clone()),
        None => error,
    })
}

/// What it was called, unless somebody else is called so by now, or is taken in under that name by the same command; then
/// what it is called at its provider.
async fn free_name(
    project: &mut Project,
    orphan: &Orphan,
    untaken: &Untaken,
    taken: &[Taken],
) -> Result<TenantName, CliError> {
    let found = project.ledger().log.find_tenants(untaken.name.as_str()).await?;
    let recorded = found.iter().map(|tenant| &tenant.name);
    let is_taken = recorded.chain(taken.iter().map(|one| &one.name)).any(|name| *name == untaken.name);
    Ok(if is_taken { orphan.name.parse().unwrap_or_else(|_| untaken.name.clone()) } else { untaken.name.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tenant_that_could_be_one_of_ours_is_read() {
        let ext = |tenant: Value| serde_json::json!({ "tenant": tenant }).to_string();
        let whole = |name: &str| {
            serde_json::json!({ "id": "999bc654-9a64-49bc-98be-db976fc84e76", "name": name,
            "region": "iad", "resources": { "app_id": "sp-1" } })
        };
        let Ok(Content::Tenant(read)) = Content::read(&ext(whole("shop"))) else { panic!("it is one") };
        assert_eq!(
            (read.name.as_str(), read.region.map(|region| region.to_string())),
            ("shop", Some("iad".to_owned()))
        );
        assert_eq!(Content::read(r#"{"of tomorrow": 1}"#), Ok(Content::Other));
        assert_eq!(Content::read(r#"{"unknown": true}"#), Ok(Content::Unknown));
        assert_eq!(Content::read(r#"{"unknown": true, "once": true}"#), Ok(Content::Remark));
        assert_eq!(Content::read(r#"{"once": true}"#), Ok(Content::Other), "what is known is not hidden");
        let mut secret = whole("shop");
        secret["resources"]["url"] = "{{account:api-token@1}}".into();
        for odd in
            [ext(whole("Not A Name")), ext(secret), ext(serde_json::json!({})), "[".to_owned(), " ".repeat(70_000)]
        {
            assert!(Content::read(&odd).is_err(), "{odd}");
        }
    }
}
