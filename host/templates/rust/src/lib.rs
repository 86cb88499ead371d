//! The provider `my-provider`: a role and a database for each tenant, in a PostgreSQL cluster on this machine.
//!
//! It is straight-line code. What makes it survive a crash, and undo itself after a failure, is that every effect is a
//! step: see `create`.

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::postgres::Postgres;
use systemprompt_sdk::server::{ClusterSpec, Server};
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Secret,
    Tenant,
};

// Makes the component's exports. In tests, it only checks that the type is a provider.
systemprompt_sdk::export_provider!(MyProvider);

/// The provider. It keeps nothing between two calls, so it has no fields.
pub struct MyProvider;

/// Settings for one tenant: `--config port=5433`. A misspelt name is an error, because unknown fields are denied.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server should listen, if that is free.
    pub port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { port: 5433 }
    }
}

/// The cluster that all tenants of this provider share.
const CLUSTER: &str = "my-provider";
/// Its administrator, and the name of that one's password among the secrets of this machine.
const ADMIN: &str = "admin";
const ADMIN_SECRET: &str = "cluster-admin";
/// Name of each tenant's password among its own secrets.
const PASSWORD: &str = "db-password";

impl Provider for MyProvider {
    type Config = Config;

    // Who it is. Users are shown this before they install it.
    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        Description::local(
            "my-provider",
            version,
            "A database in a cluster of its own",
            include_str!("config.schema.json"),
        )
        .operations(&["server-up", "server-down"])
    }

    // Whether it can work here, and if not, what to do. It only looks.
    fn probe() -> Result<ProbeReport, Failure> {
        Ok(match Server.find_binaries(None) {
            Ok(found) => ProbeReport::usable(format!("PostgreSQL {} in `{}`", found.version, found.bin_dir)),
            Err(failure) => ProbeReport::unusable(failure.to_string(), "install PostgreSQL"),
        })
    }

    // What the schema cannot say of a configuration.
    fn check(config: &Config) -> Vec<FieldError> {
        if config.port < 1024 {
            return vec![FieldError::new("/port", "ports below 1024 belong to the system")];
        }
        Vec::new()
    }

    // The steps of an operation, as `create` and `delete` take them. A person reads the summaries before they agree.
    fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        let database_name = || request.tenant().map(Tenant::database_name);
        Ok(match request.operation.as_str() {
            "create" => {
                let name = database_name()?;
                vec![
                    PlannedStep::new("start the server", "makes the cluster, or starts it"),
                    PlannedStep::new("create role", format!("makes the role `{name}`")).undoable(),
                    PlannedStep::new("create database", format!("makes the database `{name}`")).undoable(),
                    PlannedStep::new("log in as the tenant", "proves that the database can be used"),
                ]
            }
            "delete" => {
                let name = database_name()?;
                vec![
                    PlannedStep::new("start the server", "starts the cluster if it is stopped"),
                    PlannedStep::new("drop database", format!("drops the database `{name}`")).irreversible(),
                    PlannedStep::new("drop role", format!("drops the role `{name}`")).irreversible(),
                ]
            }
            "server-up" => vec![PlannedStep::new("start the server", "makes the cluster, or starts it")],
            "server-down" => vec![PlannedStep::new("stop the server", "stops the cluster; the databases stay")],
            _ => return Err(request.unknown()),
        })
    }

    // After a crash this runs again from the top: a step that is recorded returns its record and calls nobody. A crash can
    // fall between an effect and its record, so a step may run twice. When one fails, the undos of all that began run.
    fn create(op: &Operation<Config>) -> Result<Value, Failure> {
        let tenant = op.tenant()?;
        let (role, database) = (tenant.role_name(), tenant.database_name());
        // A placeholder: the value is generated and sealed by the host, and filled in where it is used.
        let password = op.secret(PASSWORD)?;

        let port = op.step("start the server").run(|| start(tenant.config.port))?;
        let server = server()?;
        op.step("create role").undo(server.dropping_role(&role)).run(|| server.ensure_role(&role, &password))?;
        op.step("create database")
            .undo(server.dropping_database(&database))
            .run(|| server.ensure_database(&database, &role))?;
        op.step("log in as the tenant").run(|| server.check_login(&database, &role, &password))?;

        Ok(json!({ "database_url": format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}") }))
    }

    // Nothing of this can be taken back, so once it began it is finished, by `resume` if need be.
    fn delete(op: &Operation<Config>) -> Result<(), Failure> {
        let tenant = op.tenant()?;
        op.step("start the server").run(|| start(tenant.config.port))?;
        let server = server()?;
        op.step("drop database").irreversible().run(|| server.drop_database(&tenant.database_name()))?;
        op.step("drop role").irreversible().run(|| server.drop_role(&tenant.role_name()))
    }

    // What `infra db up` and `infra db down` ask for: they are about what tenants share, so there is no tenant. The input of
    // both is a configuration.
    fn operation(op: &Operation<Config>) -> Result<Value, Failure> {
        match op.operation.as_str() {
            "server-up" => {
                let config: Config = op.input()?;
                let port = op.step("start the server").run(|| start(config.port))?;
                Ok(json!({ "server": CLUSTER, "host": "127.0.0.1", "port": port }))
            }
            "server-down" => {
                op.step("stop the server").run(|| Server.stop(CLUSTER))?;
                Ok(json!({ "server": CLUSTER }))
            }
            _ => Err(op.unknown()),
        }
    }

    // How a tenant is now, or without one what tenants share. It only looks, and says what it found.
    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        let cluster = Server.status(CLUSTER)?;
        if !cluster.is_running() {
            return Ok(LiveStatus::unreachable(&cluster.state));
        }
        let answer = match tenant {
            Some(tenant) => {
                let password = tenant.secret(PASSWORD)?;
                server()?.check_login(&tenant.database_name(), &tenant.role_name(), &password)
            }
            None => Ok(()),
        };
        Ok(match answer {
            Ok(()) => LiveStatus::ready().detail("version", cluster.version),
            Err(failure) => LiveStatus::unreachable("unreachable").detail("problem", failure.to_string()),
        })
    }
}

/// Makes the cluster if there is none, and starts it; the answer is where it listens.
fn start(port: u16) -> Result<u16, Failure> {
    let spec = ClusterSpec::new(CLUSTER, ADMIN, &Secret::of_machine(ADMIN_SECRET)?).prefer_port(port);
    let cluster = Server.ensure(&spec)?;
    cluster.port.ok_or_else(|| Failure::retryable("not-listening", format!("cluster `{CLUSTER}` does not listen yet")))
}

/// The cluster's server, seen by its administrator.
fn server() -> Result<Postgres, Failure> {
    Ok(Postgres::in_cluster(CLUSTER, ADMIN, &Secret::of_machine(ADMIN_SECRET)?))
}
