//! Creating a tenant: which provider, which id, and what happens when it is asked for twice.

mod ids;

use serde_json::{Map, Value};
use systemprompt_events::{
    Command, Json, OperationId, PluginId, Refusal, Region, SecretName, TenantCommand, TenantId, TenantName,
    TenantState, TenantType, TenantView,
};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::ledger::seal_command;
use crate::operation::driver::{self, Start};
use crate::operation::effect;
use crate::operation::words;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::embedded;
use crate::plugin::v1::{self, PlannedStep};
use crate::project::{Project, url_secret};
use crate::{account, env, external, live, provider_choice, trust};

/// What the user wants.
pub struct Wanted {
    /// Name.
    pub name: TenantName,
    /// Local or cloud.
    pub tenant_type: TenantType,
    /// A particular provider.
    pub provider: Option<PluginId>,
    /// Region of a cloud tenant.
    pub region: Option<Region>,
    /// The provider's settings.
    pub config: Map<String, Value>,
    /// A particular id.
    pub id: Option<TenantId>,
    /// Text of which the id is made.
    pub idempotency_key: Option<String>,
}

/// Settings from `KEY=VALUE` flags: numbers, `true` and `false` as such, all else as text.
pub fn config(settings: &[String], dedicated: bool) -> Result<Map<String, Value>, CliError> {
    let mut config = Map::new();
    if dedicated {
        config.insert("dedicated".to_owned(), Value::Bool(true));
    }
    for setting in settings {
        let Some((key, value)) = setting.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            let shown = crate::text::one_line(setting, 60);
            return Err(
                CliError::usage("bad-config", format!("`{shown}` is not a setting")).help("write `--config key=value`")
            );
        };
        let value = match serde_json::from_str::<Value>(value) {
            Ok(parsed @ (Value::Bool(_) | Value::Number(_))) => parsed,
            _ => Value::String(value.to_owned()),
        };
        if config.insert(key.to_owned(), value).is_some() {
            return Err(CliError::usage("config-twice", format!("setting `{key}` is given twice")));
        }
    }
    Ok(config)
}

/// Settings with a domain of the user's among them, which has a flag of its own.
pub fn with_domain(mut config: Map<String, Value>, domain: Option<String>) -> Result<Map<String, Value>, CliError> {
    if let Some(domain) = domain
        && config.insert("domain".to_owned(), Value::String(domain)).is_some()
    {
        return Err(CliError::usage("config-twice", "setting `domain` is given twice"));
    }
    Ok(config)
}

/// Where there is no project yet, finds out what can be found out before one is made for nothing.
///
/// The provider that was chosen then stays chosen.
pub async fn check_before_project(context: &Context, wanted: &mut Wanted, url: Option<&str>) -> Result<(), CliError> {
    if crate::project::locate(&context.env, context.global.project.as_deref()).is_some() {
        return Ok(());
    }
    if let Some(url) = url {
        external::check(url).await?;
    } else {
        let plugin = provider_choice::choose(context, None, wanted).await?;
        if account::has_accounts(&plugin) {
            return Err(account::missing(&plugin.id));
        }
        checked_config(context, &plugin, wanted.config.clone()).await?;
        wanted.provider = Some(plugin.id);
    }
    Ok(())
}

/// Creates a tenant through its provider. Also says what happened: `created`, `resumed and created`, `found`.
pub async fn create(
    context: &Context,
    project: &mut Project,
    wanted: Wanted,
) -> Result<(TenantView, &'static str), CliError> {
    let id = ids::id(project, &wanted).await?;
    if let Some(found) = project.ledger().log.tenant(&id).await? {
        return again(context, project, &wanted, found).await;
    }
    check_name(project, &wanted.name).await?;
    let plugin = provider_choice::choose(context, Some(&mut *project), &wanted).await?;
    let config = checked_config(context, &plugin, wanted.config).await?;
    trust::allow(&project.vault, trust::settings(&id, &plugin.id, &config).as_ref()).await?;
    let operation = OperationId::new(env::fresh_uuid());
    let request = TenantCommand::Request {
        name: wanted.name,
        tenant_type: wanted.tenant_type,
        provider: plugin.id.clone(),
        region: wanted.region,
        config,
        operation,
    };
    let start = Start {
        kind: effect::CREATE.to_owned(),
        tenant: Some(id.clone()),
        input: Json::object(),
        id: operation,
        with: vec![Command::Tenant(id.clone(), request)],
    };
    driver::start(project, &context.env.places, &context.reporter, &plugin, start).await?;
    Ok((living(project, &id).await?, "created"))
}

/// The steps that a creation would take; nothing is recorded and nothing happens.
pub async fn plan(
    context: &Context,
    mut project: Option<Project>,
    wanted: Wanted,
) -> Result<Vec<PlannedStep>, CliError> {
    if let Some(project) = &mut project {
        check_name(project, &wanted.name).await?;
    }
    let id = match &wanted.id {
        Some(id) => id.clone(),
        None => ids::new_id(wanted.tenant_type)?,
    };
    // A provider that the program carries needs no project, in which it would be recorded.
    let is_carried = wanted.provider.as_ref().is_none_or(|id| embedded::component(id).is_some());
    let plugin = provider_choice::choose(context, project.as_mut().filter(|_| !is_carried), &wanted).await?;
    let config = checked_config(context, &plugin, wanted.config).await?;
    let tenant = v1::Tenant {
        id: id.to_string(),
        name: wanted.name.to_string(),
        region: wanted.region.as_ref().map(ToString::to_string),
        config: config.as_str().to_owned(),
        resources: Json::object().as_str().to_owned(),
        ext: None,
    };
    let request = v1::Request {
        operation: effect::CREATE.to_owned(),
        operation_id: env::fresh_uuid().to_string(),
        tenant: Some(tenant),
        input: Json::object().as_str().to_owned(),
        ext: None,
    };
    let (_, answer) = plugin.provider.plan(plugin.guest(catalog::nothing(&context.env.places)), &request).await;
    answer?.map_err(|failure| words::failure_error(&failure, "the creation cannot be planned".to_owned()))
}

/// The same id was asked for before.
async fn again(
    context: &Context,
    project: &mut Project,
    wanted: &Wanted,
    found: TenantView,
) -> Result<(TenantView, &'static str), CliError> {
    let same_provider = wanted.provider.as_ref().is_none_or(|provider| *provider == found.provider);
    let same_config = found.config.value() == Value::Object(wanted.config.clone());
    let same = found.name == wanted.name && found.tenant_type == wanted.tenant_type;
    if !(same && same_provider && same_config && found.region == wanted.region) {
        let message = format!("the id `{}` belongs to the {} tenant `{}`", found.id, found.tenant_type, found.name);
        return Err(CliError::new(Exit::Refused, "id-taken", message).help("choose another `--id` or idempotency key"));
    }
    match (found.state, found.operation) {
        (TenantState::Creating, Some(operation)) => {
            driver::resume(project, &context.env.places, &context.reporter, operation, false).await?;
            Ok((living(project, &found.id).await?, "resumed and created"))
        }
        (TenantState::Deleting, _) => {
            let message = format!("tenant `{}` is being deleted", found.name);
            Err(CliError::new(Exit::Unfinished, "tenant-deleting", message)
                .try_command(format!("systemprompt cloud tenant resume {}", found.id)))
        }
        (TenantState::Cancelled, _) => Err(Refusal::TenantCancelled { id: found.id }.into()),
        (TenantState::Vanished, _) => Err(live::vanished(&found)),
        (TenantState::Ready | TenantState::Changing | TenantState::Creating, _) => Ok((found, "found")),
    }
}

/// Stands for the password in the URL of a database that was taken in.
const PLACEHOLDER: &str = "{{secret:db-password@1}}";

/// Takes an existing database as a tenant, after logging in to it.
pub async fn adopt(project: &mut Project, wanted: Wanted, url: &str) -> Result<(TenantView, &'static str), CliError> {
    let id = ids::id(project, &wanted).await?;
    if let Some(found) = project.ledger().log.tenant(&id).await? {
        let (template, _) = url_secret::template(url, PLACEHOLDER);
        let same_url = found.resources.value().get("database_url") == Some(&Value::String(template));
        return if found.name == wanted.name && same_url {
            Ok((found, "found"))
        } else {
            Err(CliError::new(Exit::Refused, "id-taken", format!("the id `{id}` belongs to tenant `{}`", found.name)))
        };
    }
    check_name(project, &wanted.name).await?;
    external::check(url).await?;
    let name: SecretName = "db-password".parse().expect("BUG: a fixed name is valid");
    let (template, password) = url_secret::template(url, PLACEHOLDER);
    let resources = serde_json::json!({ "database_url": template, "external_db_access": false });
    let resources = Json::from_value(&resources)
        .map_err(|error| CliError::usage("bad-database-url", "the database URL cannot be recorded").because(&error))?;
    trust::allow(&project.vault, Some(&trust::server(&id, &resources))).await?;
    let adopt = TenantCommand::Adopt {
        name: wanted.name,
        tenant_type: wanted.tenant_type,
        provider: PluginId::external(),
        region: None,
        resources,
    };
    let mut commands = vec![Command::Tenant(id.clone(), adopt)];
    if let Some(password) = password {
        commands.push(seal_command(&project.vault, &id, &name, 1, &password).await?);
    }
    project.ledger().record(commands).await?;
    Ok((living(project, &id).await?, "took in"))
}

async fn living(project: &mut Project, id: &TenantId) -> Result<TenantView, CliError> {
    project.ledger().log.tenant(id).await?.ok_or_else(|| {
        CliError::new(Exit::NotFound, "tenant-not-found", format!("Tenant not found: {id}"))
            .help("it was deleted in the meantime")
    })
}

async fn check_name(project: &mut Project, name: &TenantName) -> Result<(), CliError> {
    let found = project.ledger().log.find_tenants(name.as_str()).await?;
    match found.iter().find(|tenant| tenant.name == *name) {
        None => Ok(()),
        Some(by) if by.state == TenantState::Creating => {
            let message = format!("tenant `{name}` is being created");
            Err(CliError::new(Exit::Unfinished, "tenant-creating", message)
                .try_command(format!("systemprompt cloud tenant resume {}", by.id)))
        }
        Some(by) => Err(name_taken(name, &by.id)),
    }
}

/// A name belongs to one living tenant.
pub fn name_taken(name: &TenantName, by: &TenantId) -> CliError {
    CliError::new(Exit::Refused, "name-taken", format!("the name `{name}` is taken by tenant `{by}`"))
        .help("choose another name, or use the tenant that has it")
        .try_command(format!("systemprompt cloud tenant show {by}"))
}

/// Settings that the provider has no fault to find with.
pub async fn checked_config(context: &Context, plugin: &Loaded, config: Map<String, Value>) -> Result<Json, CliError> {
    let config = Json::from_value(&Value::Object(config))
        .map_err(|error| CliError::usage("bad-config", "the settings cannot be used").because(&error))?;
    let world = catalog::nothing(&context.env.places);
    let (_, answer) = plugin.provider.check(plugin.guest(world), &config.as_str().to_owned()).await;
    let errors =
        answer?.map_err(|failure| words::failure_error(&failure, "the settings cannot be checked".to_owned()))?;
    if errors.is_empty() {
        return Ok(config);
    }
    let mut error = CliError::usage("bad-config", format!("provider `{}` cannot use these settings", plugin.id));
    for field in errors.iter().take(20) {
        let line = format!("{}: {}", field.path, field.message);
        error = error.cause(crate::text::one_line(&line, crate::text::MESSAGE_CHARS_MAX));
    }
    Err(error.try_command(format!("systemprompt plugin show {}", plugin.id)))
}
