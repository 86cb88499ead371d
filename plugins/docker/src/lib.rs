//! The `docker` provider: a PostgreSQL server in a container, and in it a role and a database for each tenant.
//!
//! All tenants of a machine share one server; a tenant with `dedicated` gets a container and a volume of its own.
//! [`Docker`] is what is exported, `server` knows the containers, `tenancy` the roles and databases in them.

mod config;
mod edit;
mod engine;
mod image;
mod plan;
mod server;
mod status;
mod tenancy;

pub use config::Config;
use serde_json::{Value, json};
use systemprompt_sdk::aside::{self, BRING_BACK, SET_ASIDE};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Tenant,
    rotation,
};

use crate::edit::EDIT;
use crate::server::Server;
use crate::tenancy::PASSWORD;

systemprompt_sdk::export_provider!(Docker);

/// The provider.
pub struct Docker;

impl Provider for Docker {
    type Config = Config;

    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        Description::local("docker", version, "PostgreSQL in Docker", include_str!("config.schema.json")).operations(&[
            EDIT,
            ROTATE_CREDENTIALS,
            SET_ASIDE,
            BRING_BACK,
            "server-up",
            "server-down",
        ])
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(match systemprompt_sdk::docker::Docker.ping() {
            Ok(engine) => ProbeReport::usable(format!("Docker {} at `{}`", engine.version, engine.endpoint)),
            Err(failure) => ProbeReport::unusable(failure.to_string(), docker_help(&failure)),
        })
    }

    fn check(config: &Config) -> Vec<FieldError> {
        config.check()
    }

    fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        plan::plan(request)
    }

    fn create(op: &Operation<Config>) -> Result<Value, Failure> {
        tenancy::create(op)
    }

    fn delete(op: &Operation<Config>) -> Result<(), Failure> {
        tenancy::delete(op)
    }

    fn operation(op: &Operation<Config>) -> Result<Value, Failure> {
        match op.operation.as_str() {
            EDIT => edit::edit(op),
            ROTATE_CREDENTIALS => rotation::rotate(op, PASSWORD, &Server::of(op.tenant()?)),
            SET_ASIDE => aside::set_aside(op, PASSWORD, &Server::of(op.tenant()?)),
            BRING_BACK => aside::bring_back(op, PASSWORD, &Server::of(op.tenant()?)),
            "server-up" => server_up(op),
            "server-down" => server_down(op),
            _ => Err(op.unknown()),
        }
    }

    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        Ok(status::status(tenant))
    }
}

/// Starts the shared server; its input is a configuration.
fn server_up(op: &Operation<Config>) -> Result<Value, Failure> {
    let mut server = Server::shared(&op.input::<Config>()?);
    let address = server.bring_up(op)?;
    Ok(
        json!({ "server": server.description(), "host": address.host, "port": address.port, "version": address.version }),
    )
}

/// Stops the shared server; its tenants' databases stay.
fn server_down(op: &Operation<Config>) -> Result<Value, Failure> {
    let server = Server::shared(&Config::default());
    op.step("stop the server").run(|| server.stop())?;
    Ok(json!({ "server": server.description() }))
}

fn docker_help(failure: &Failure) -> String {
    let help = "start Docker, or install it: https://docs.docker.com/get-docker/";
    failure.detail().help.clone().unwrap_or_else(|| help.to_owned())
}
