//! `systemprompt infra db …`.

pub mod down;
pub mod migrate;
pub mod psql;
pub mod status;
pub mod up;

use clap::Subcommand;
use serde_json::{Map, Value};
use systemprompt_events::{OperationId, PluginId, TenantType};

use crate::cli::Context;
use crate::creation::{self, Wanted};
use crate::env;
use crate::error::CliError;
use crate::operation::driver::{self, Start};
use crate::operation::words;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::embedded;
use crate::project::{Project, registry_file};
use crate::provider_choice;
use crate::trust;
use crate::view::AnyView;
use crate::view::database::Server;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Up(up::UpArgs),
    Down(down::DownArgs),
    Status(status::StatusArgs),
    Psql(psql::PsqlArgs),
    Migrate(migrate::MigrateArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Up(args) => up::run(context, args).await,
        Command::Down(args) => down::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Psql(args) => psql::run(context, args).await,
        Command::Migrate(args) => migrate::run(context, args).await,
    }
}

/// The provider that was asked for, or the one that a new local tenant would get.
async fn provider(
    context: &Context,
    project: Option<&mut Project>,
    named: Option<PluginId>,
) -> Result<Loaded, CliError> {
    let wanted = Wanted {
        name: "any".parse().expect("BUG: a fixed name is valid"),
        tenant_type: TenantType::Local,
        provider: named,
        region: None,
        config: Map::new(),
        id: None,
        idempotency_key: None,
    };
    provider_choice::choose(context, project, &wanted).await
}

/// Whether there is a project already.
fn has_project(context: &Context) -> bool {
    crate::project::locate(&context.env, context.global.project.as_deref()).is_some()
}

/// The provider whose shared server answers.
async fn running(context: &Context) -> Result<Option<PluginId>, CliError> {
    for id in embedded::local_ids() {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        if live(context, &plugin).await?.reachable {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Performs an operation on the shared server.
async fn operate(
    context: &Context,
    project: &mut Project,
    plugin: &Loaded,
    kind: &str,
    config: Map<String, Value>,
) -> Result<(), CliError> {
    let input = creation::checked_config(context, plugin, config).await?;
    trust::allow(&project.vault, trust::input(&plugin.id, kind, &input).as_ref()).await?;
    let start =
        Start { kind: kind.to_owned(), tenant: None, input, id: OperationId::new(env::fresh_uuid()), with: Vec::new() };
    driver::start(project, &context.env.places, &context.reporter, plugin, start).await?;
    registry_file::sync(project).await
}

/// Asks the provider about the shared server.
async fn live(context: &Context, plugin: &Loaded) -> Result<Server, CliError> {
    let world = crate::plugin::catalog::nothing(&context.env.places);
    let (_, answer) = plugin.provider.status(plugin.guest(world), None).await;
    let live = answer?.map_err(|failure| words::failure_error(&failure, "no status of the server".to_owned()))?;
    let (state, details) = crate::view::cleaned(&live.state, live.details);
    Ok(Server {
        provider: plugin.id.to_string(),
        reachable: live.reachable,
        state,
        details,
        hints: Vec::new(),
        expected: true,
    })
}
