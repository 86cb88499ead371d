//! `systemprompt cloud tenant edit`.

use serde_json::{Value, json};
use systemprompt_events::{Command, Json, PluginId, Refusal, TenantCommand, TenantName, TenantType, TenantView};

use crate::change;
use crate::choice;
use crate::cli::Context;
use crate::creation;
use crate::error::{CliError, Exit};
use crate::operation::effect;
use crate::plugin::catalog;
use crate::project::Project;
use crate::trust;
use crate::view::AnyView;
use crate::view::tenant::Tenant;

/// Change a tenant's name, settings, or whether other machines may connect
///
/// A new name changes nothing outside: database and role are named after the id. Settings are changed by the tenant's
/// provider, where they can change: of `native` that is `bin_dir`; of `fly` the application's `app_image`, `app_port`
/// and `app_memory_mb`, and a machine of it that is gone is made again; of `docker` none, for they say how the server
/// is made, and it says which rule keeps them. Local servers listen on 127.0.0.1 only, so other machines cannot be let
/// in there; of a database that was taken in with `--database-url` it is only recorded. At Fly it gets an IPv4 address,
/// unless its app has one, which costs money, and answers over TLS; its machine is replaced for that, which ends open
/// connections.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant edit my-project --name my-shop
  systemprompt cloud tenant edit my-project --config bin_dir=/usr/lib/postgresql/18/bin
  systemprompt cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2
  systemprompt cloud tenant edit taken-in --external-access on
  systemprompt cloud tenant edit my-project-prod --external-db-access true")]
pub struct EditArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// New name: 1 to 40 of a-z, 0-9 and -, beginning with a letter
    #[arg(long)]
    name: Option<TenantName>,
    /// Whether other machines may connect to its database
    #[arg(long, visible_alias = "external-db-access", value_name = "ON|OFF")]
    external_access: Option<Access>,
    /// A setting, of a provider that can change it (see `systemprompt plugin show`); may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
}

/// Whether other machines may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Access {
    #[value(alias = "true")]
    On,
    #[value(alias = "false")]
    Off,
}

/// Carries it out.
pub async fn run(context: &Context, args: EditArgs) -> Result<AnyView, CliError> {
    if args.name.is_none() && args.external_access.is_none() && args.config.is_empty() {
        return Err(CliError::usage("flag-missing", "nothing is to be changed")
            .help("give `--name`, `--external-access` or `--config`"));
    }
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    let by_provider = args.external_access.filter(|_| tenant.tenant_type == TenantType::Cloud && !is_foreign(&tenant));
    let declared = args.external_access.filter(|_| by_provider.is_none());
    if let Some(name) = &args.name {
        must_be_free(&mut project, &tenant, name).await?;
    }
    let amendments = amendments(&tenant, args.name, declared)?;
    // All that can be refused is, before anything is done outside; and what fails outside leaves the rest as it was.
    if by_provider.is_some() && !change::supports(&mut project, &tenant.provider, effect::EXTERNAL_ACCESS).await? {
        return Err(change::unsupported(&tenant, effect::EXTERNAL_ACCESS));
    }
    let config = match args.config.as_slice() {
        [] => None,
        settings => Some(configured(context, &mut project, &tenant, settings).await?),
    };
    let done = outside(context, &mut project, &tenant, config, by_provider).await;
    if done.is_ok() && !amendments.is_empty() {
        let command = |amendment| Command::Tenant(tenant.id.clone(), amendment);
        project.ledger().record(amendments.into_iter().map(command).collect()).await?;
    }
    context.sync_files(&mut project).await?;
    done?;
    let tenant = choice::find(&mut project, tenant.id.as_str()).await?;
    let view: Tenant = super::show::view(&mut project, tenant, false).await?;
    Ok(Box::new(Tenant { happened: Some("edited".to_owned()), ..view }))
}

/// The rule itself is the log's, which is asked when the name is recorded.
async fn must_be_free(project: &mut Project, tenant: &TenantView, name: &TenantName) -> Result<(), CliError> {
    let tenants = project.ledger().log.tenants().await?;
    match tenants.into_iter().find(|other| other.name == *name && other.id != tenant.id) {
        Some(other) => Err(Refusal::NameTaken { name: name.clone(), by: other.id }.into()),
        None => Ok(()),
    }
}

/// What needs nothing from the world outside.
fn amendments(
    tenant: &TenantView,
    name: Option<TenantName>,
    access: Option<Access>,
) -> Result<Vec<TenantCommand>, CliError> {
    let access = match access {
        None => None,
        Some(Access::Off) => Some(TenantCommand::EndExternalAccess),
        Some(Access::On) if is_foreign(tenant) => Some(TenantCommand::AllowExternalAccess),
        Some(Access::On) => return Err(closed_to_others(tenant)),
    };
    Ok(name.map(|name| TenantCommand::Rename { name }).into_iter().chain(access).collect())
}

/// Whether nobody here made its database.
fn is_foreign(tenant: &TenantView) -> bool {
    tenant.provider == PluginId::external()
}

fn closed_to_others(tenant: &TenantView) -> CliError {
    let message = format!(
        "the server of tenant `{}` listens on 127.0.0.1 only: provider `{}` cannot let other machines in",
        tenant.name, tenant.provider
    );
    CliError::new(Exit::Refused, "external-access-unsupported", message)
        .help("let them in through a tunnel, such as `ssh -L`, which asks who they are and encrypts")
}

/// What the tenant's provider has to do, each as an operation of its own.
async fn outside(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    config: Option<Json>,
    access: Option<Access>,
) -> Result<(), CliError> {
    if let Some(input) = config {
        change::perform(context, project, tenant, effect::EDIT, input).await?;
    }
    if let Some(access) = access {
        let input = Json::from_value(&json!({ "open": access == Access::On })).expect("BUG: a switch fits into JSON");
        change::perform(context, project, tenant, effect::EXTERNAL_ACCESS, input).await?;
    }
    Ok(())
}

/// The settings that there are with the new ones, checked, as the provider's operation takes them.
async fn configured(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    settings: &[String],
) -> Result<Json, CliError> {
    change::check_unprotected(tenant)?;
    if is_foreign(tenant) {
        return Err(change::unsupported(tenant, effect::EDIT));
    }
    trust::check_tenant(&project.vault, tenant).await?;
    let vault = project.vault.clone();
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, &context.env.places).await?;
    if !change::supports(project, &plugin.id, effect::EDIT).await? {
        return Err(change::unsupported(tenant, effect::EDIT));
    }
    let Value::Object(mut config) = tenant.config.value() else {
        return Err(change::unsupported(tenant, effect::EDIT));
    };
    config.extend(creation::config(settings, false)?);
    let config = creation::checked_config(context, &plugin, config).await?;
    trust::allow(&vault, trust::settings(&tenant.id, &plugin.id, &config).as_ref()).await?;
    Json::from_value(&json!({ "config": config.value() }))
        .map_err(|error| CliError::usage("bad-config", "the settings cannot be used").because(&error))
}
