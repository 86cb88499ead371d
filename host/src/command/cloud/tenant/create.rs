//! `systemprompt cloud tenant create`.

mod asked;

use systemprompt_events::{PluginId, Region, TenantId, TenantName, TenantType, TenantView};

use crate::cli::Context;
use crate::creation::{self, Wanted};
use crate::error::CliError;
use crate::project::Project;
use crate::prompt;
use crate::secrets::{self, FillError};
use crate::view::AnyView;
use crate::view::plan::Plan;

/// Create a tenant with a database of its own
///
/// Its provider sets up what it needs and logs in once as the tenant before it is called created. A creation that was
/// interrupted can be resumed, and one that fails is undone. Asked again with the same `--id` or `--idempotency-key`, it
/// does not create a second tenant.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "Examples:
  systemprompt cloud tenant create --type local --name my-project
  systemprompt cloud tenant create --type local --name ci --provider native --json
  systemprompt cloud tenant create --type local --name big --dedicated --config image=postgres:17
  systemprompt cloud tenant create --type local --name old --database-url - < url.txt
  systemprompt cloud tenant create --region iad --name shop --domain shop.example.com
  systemprompt cloud tenant create --region iad --name shop --config app_image=registry.fly.io/shop:1
  systemprompt cloud tenant create --provider postgres --name shop --config sslmode=verify-full")]
pub struct CreateArgs {
    /// Name: 1 to 40 of a-z, 0-9 and -, beginning with a letter
    #[arg(long)]
    name: Option<TenantName>,
    /// Where it runs: `local` or `cloud`; `--region` alone means `cloud`, and `--provider` what that one makes
    #[arg(long = "type", value_name = "TYPE")]
    tenant_type: Option<TenantType>,
    /// Plugin that makes it; for a local tenant, Docker if its engine answers, else a native PostgreSQL
    #[arg(long)]
    provider: Option<PluginId>,
    /// Region of a cloud tenant
    #[arg(long)]
    region: Option<Region>,
    /// A setting of the provider; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// A domain of yours that is to lead to it, where its provider has certificates
    #[arg(long, value_name = "HOST", conflicts_with = "database_url")]
    domain: Option<String>,
    /// A server of its own rather than a database on the shared one
    #[arg(long)]
    dedicated: bool,
    /// Take this existing database instead of creating one; `-` reads the URL from standard input
    #[arg(long, value_name = "URL", conflicts_with_all = ["provider", "config", "dedicated", "region"])]
    database_url: Option<String>,
    /// Id to give it, for scripts that may run twice
    #[arg(long)]
    id: Option<TenantId>,
    /// Any text that is the same when a script runs twice; the id is made of it
    #[arg(long, value_name = "KEY", conflicts_with = "id")]
    idempotency_key: Option<String>,
    /// Show the steps that it would take, and do nothing
    #[arg(long, conflicts_with = "database_url")]
    plan: bool,
    /// Show the password in the answer
    #[arg(long)]
    reveal: bool,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
}

impl CreateArgs {
    /// Local or cloud, if the command line says it: a region alone means cloud, a URL alone local.
    fn tenant_type_meant(&self) -> Option<TenantType> {
        match (self.tenant_type, &self.region, &self.database_url) {
            (Some(tenant_type), _, _) => Some(tenant_type),
            (None, Some(_), _) => Some(TenantType::Cloud),
            (None, None, Some(_)) => Some(TenantType::Local),
            (None, None, None) => None,
        }
    }
}

/// Carries it out.
pub async fn run(context: &Context, args: CreateArgs) -> Result<AnyView, CliError> {
    let (tenant_type, name, args) = asked::fill(context, args).await?;
    let mut wanted = Wanted {
        name,
        tenant_type,
        provider: args.provider,
        region: args.region,
        config: creation::with_domain(creation::config(&args.config, args.dedicated)?, args.domain)?,
        id: args.id,
        idempotency_key: args.idempotency_key,
    };
    if args.plan {
        let project = context.project_to_read().await?;
        return Ok(Box::new(Plan::new(creation::plan(context, project, wanted).await?)));
    }
    let url = args.database_url.map(prompt::or_stdin).transpose()?;
    creation::check_before_project(context, &mut wanted, url.as_deref()).await?;
    let mut project = context.project_to_change().await?;
    let (tenant, happened) = match url {
        Some(url) => creation::adopt(&mut project, wanted, &url).await?,
        None => creation::create(context, &mut project, wanted).await?,
    };
    context.sync_files(&mut project).await?;
    let mut view = super::show::view(&mut project, tenant, args.reveal).await?;
    view.happened = Some(happened.to_owned());
    view.hints = hints(&view.registered, view.selected, args.reveal);
    Ok(Box::new(view))
}

/// The tenant's database URL with its password, if it has one and its key is here.
pub async fn database_url(project: &mut Project, tenant: &TenantView) -> Result<Option<String>, CliError> {
    let Some(serde_json::Value::String(url)) = tenant.resources.value().get("database_url").cloned() else {
        return Ok(None);
    };
    let vault = project.vault.clone();
    match secrets::fill(&url, Some(project.ledger()), &vault, Some(&tenant.id), Some(&tenant.provider)).await {
        Ok(url) => Ok(Some(url.to_string())),
        Err(FillError::Host(error)) => Err(*error),
        Err(FillError::Unknown(_) | FillError::Template(_)) => Ok(None),
    }
}

fn missing(args: &CreateArgs, flag: &str, message: &str) -> CliError {
    let kind = args.region.as_ref().map_or("--type local".to_owned(), |region| format!("--region {region}"));
    CliError::usage("flag-missing", message)
        .help(format!("give `{flag}`"))
        .try_command(format!("systemprompt cloud tenant create {kind} --name my-project"))
}

/// What to do with a tenant that is there now.
pub fn hints(tenant: &TenantView, selected: bool, reveal: bool) -> Vec<String> {
    let mut hints = Vec::new();
    if !reveal {
        hints.push(format!("URL with its password:  systemprompt cloud tenant show {} --reveal", tenant.name));
    }
    if !selected {
        hints.push(format!("make it the default:    systemprompt cloud tenant select {}", tenant.name));
    }
    hints
}
