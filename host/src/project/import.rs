//! Taking in what an incumbent left as events, once, without destroying anything: `tenants.json`, profiles, sessions.

mod daily;

use std::fs;
use std::io::Read;

use serde_json::Value;
use systemprompt_events::{
    Command, Digest, Json, PluginId, Position, ProjectCommand, RefusedRecord, SecretName, TenantCommand, TenantId,
    registry, template,
};

use super::{Project, registry_file, url_secret};
use crate::error::{CliError, Exit};
use crate::ledger::seal_command;

/// A registry that is larger than this is not one.
const BYTES_MAX: u64 = 4 << 20;

/// Secrets of the incumbent's format: field, and what the secret is called here.
const URL_FIELDS: [(&str, &str); 2] =
    [("database_url", "db-password"), ("internal_database_url", "internal-db-password")];
const TOKEN_FIELD: (&str, &str) = ("sync_token", "sync-token");

/// What was there to take in.
pub enum Taken {
    /// No file.
    Nothing,
    /// A file, whose content is recorded now, as tenants or as kept aside.
    File,
}

/// Takes in what is there when a log begins, in one transaction with `first`. What cannot be read is kept and reported.
pub async fn take_in(project: &mut Project, first: Command) -> Result<Taken, CliError> {
    let mut commands = vec![first];
    let tenants = take_registry(project, &mut commands).await?;
    commands.extend(daily::take_in(project, &tenants).await?);
    if commands.len() == 1 {
        return Ok(Taken::Nothing);
    }
    project.ledger().record(commands).await?;
    Ok(Taken::File)
}

/// A tenant that is taken in, and what the registry has as the URL of its database.
struct Known {
    id: TenantId,
    database_url: Option<String>,
}

/// The tenants that are taken in.
async fn take_registry(project: &mut Project, commands: &mut Vec<Command>) -> Result<Vec<Known>, CliError> {
    let path = project.dir.join(registry_file::NAME);
    let Some(content) = read(&path)? else { return Ok(Vec::new()) };
    let digest = Digest::of(&content);
    let kept_as = format!("tenants.imported-{}.json", &digest.to_string()[..12]);
    crate::files::replace(&project.dir.join(&kept_as), &content).map_err(|error| failed(&path, &error))?;
    // Before the events: killed in between, the file is taken in again; killed after them, it does not count as edited.
    registry_file::note_as_ours(project, digest, Position::FIRST).await?;
    let records = str::from_utf8(&content).map_err(|error| error.to_string());
    match records.and_then(|text| registry::parse(text).map_err(|error| error.to_string())) {
        Ok(records) => {
            let tenants = records.iter().flatten().map(|tenant| Known {
                id: tenant.id.clone(),
                database_url: tenant.resources.value()["database_url"].as_str().map(ToOwned::to_owned),
            });
            let tenants = tenants.collect();
            commands.extend(adopt(project, records, digest, &kept_as).await?);
            Ok(tenants)
        }
        Err(error) => {
            let reason = format!("`{}` is not a registry: {error}; it is kept as {kept_as}", registry_file::NAME);
            project.notices.push(reason);
            let keep = ProjectCommand::KeepHandEdit { file: registry_file::NAME.to_owned(), kept_as, digest };
            commands.push(Command::Project(keep));
            Ok(Vec::new())
        }
    }
}

async fn adopt(
    project: &mut Project,
    records: Vec<Result<registry::ForeignTenant, RefusedRecord>>,
    digest: Digest,
    kept_as: &str,
) -> Result<Vec<Command>, CliError> {
    let (mut commands, mut taken, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        match record {
            Ok(tenant) => {
                if tenant.foreign_name != tenant.name.as_str() {
                    let was = crate::text::one_line(&tenant.foreign_name, 60);
                    project.notices.push(format!("tenant `{was}` ({}) is called `{}` here", tenant.id, tenant.name));
                }
                taken.push(tenant.id.clone());
                commands.extend(adoption(project, tenant).await?);
            }
            Err(record) => refused.push(record),
        }
    }
    project.notices.push(format!(
        "took in {} of {} tenants from `{}`; the file as it was is kept as {kept_as}",
        taken.len(),
        taken.len() + refused.len(),
        registry_file::NAME
    ));
    for record in &refused {
        project.notices.push(format!("left out record {}: {}", record.index + 1, record.reason));
    }
    let source = registry_file::NAME.to_owned();
    commands.push(Command::Project(ProjectCommand::RecordImport { source, digest, taken, refused }));
    Ok(commands)
}

/// The commands that make a tenant of a record: adopted, its secrets sealed.
async fn adoption(project: &Project, tenant: registry::ForeignTenant) -> Result<Vec<Command>, CliError> {
    let Value::Object(fields) = tenant.resources.value() else { return Ok(Vec::new()) };
    let mut secrets = Vec::new();
    let fields = fields.into_iter().map(|(field, value)| {
        let value = recorded(&field, value, &mut secrets);
        (field, value)
    });
    let fields = fields.collect();
    let resources = Json::from_value(&Value::Object(fields))
        .map_err(|error| CliError::new(Exit::Failed, "bad-record", "a record cannot be taken in").because(&error))?;
    let adopt = TenantCommand::Adopt {
        name: tenant.name,
        tenant_type: tenant.tenant_type,
        provider: PluginId::external(),
        region: tenant.region,
        resources,
    };
    let mut commands = vec![Command::Tenant(tenant.id.clone(), adopt)];
    for (name, value) in secrets {
        let name: SecretName = name.parse().expect("BUG: the names of imported secrets are valid");
        commands.push(seal_command(&project.vault, &tenant.id, &name, 1, &value).await?);
    }
    Ok(commands)
}

/// A field as it is recorded: its secret taken out, and what looks like a placeholder of ours made text.
fn recorded(field: &str, value: Value, secrets: &mut Vec<(String, String)>) -> Value {
    let Value::String(text) = value else { return sealed_whole(value, secrets) };
    if let Some((_, name)) = URL_FIELDS.iter().find(|(known, _)| *known == field) {
        let (template, password) = url_secret::template(&text, &placeholder(name));
        secrets.extend(password.map(|password| ((*name).to_owned(), password)));
        return Value::String(template);
    }
    if field == TOKEN_FIELD.0 && is_clear(&text) {
        secrets.push((TOKEN_FIELD.1.to_owned(), text));
        return Value::String(placeholder(TOKEN_FIELD.1));
    }
    Value::String(template::escape(&text))
}

/// Nobody knows what fields of other programs mean, so their texts count as secret, each under a name of its own.
fn sealed_whole(value: Value, secrets: &mut Vec<(String, String)>) -> Value {
    match value {
        Value::String(text) => {
            let name = format!("foreign-{}", secrets.len());
            let placeholder = placeholder(&name);
            secrets.push((name, text));
            Value::String(placeholder)
        }
        Value::Array(items) => items.into_iter().map(|item| sealed_whole(item, secrets)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(field, value)| (field, sealed_whole(value, secrets))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn placeholder(name: &str) -> String {
    format!("{{{{secret:{name}@1}}}}")
}

/// Not empty and not masked.
fn is_clear(token: &str) -> bool {
    !token.is_empty() && !token.contains("***")
}

fn read(path: &std::path::Path) -> Result<Option<Vec<u8>>, CliError> {
    let file = match crate::files::open_regular(path, fs::OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    if bytes.len() as u64 > BYTES_MAX {
        let message =
            format!("{} is larger than {} MiB, so it is no registry", crate::text::shown(path), BYTES_MAX >> 20);
        return Err(CliError::new(Exit::Refused, "registry-too-large", message).help("move it away and try again"));
    }
    Ok(Some(bytes))
}

fn failed(path: &std::path::Path, error: &std::io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not read {}", crate::text::shown(path))).because(error)
}
