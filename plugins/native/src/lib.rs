//! The `native` provider: a PostgreSQL cluster without containers, and in it a role and a database for each tenant.
//!
//! All tenants of a machine share one cluster, which is made with the PostgreSQL that is installed. [`Native`] is what is
//! exported, `server` knows the cluster, `tenancy` the roles and databases in it.

mod config;
mod edit;
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
use crate::server::{INSTALL_HELP, Server};
use crate::tenancy::PASSWORD;

systemprompt_sdk::export_provider!(Native);

/// The provider.
pub struct Native;

impl Provider for Native {
    type Config = Config;

    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        Description::local("native", version, "PostgreSQL on this machine", include_str!("config.schema.json"))
            .operations(&[EDIT, ROTATE_CREDENTIALS, SET_ASIDE, BRING_BACK, "server-up", "server-down"])
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(match systemprompt_sdk::server::Server.find_binaries(None) {
            Ok(found) => ProbeReport::usable(format!("PostgreSQL {} in `{}`", found.version, found.bin_dir)),
            Err(failure) => {
                let help = failure.detail().help.clone().unwrap_or_else(|| INSTALL_HELP.to_owned());
                ProbeReport::unusable(failure.to_string(), help)
            }
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

/// Starts the cluster; its input is a configuration.
fn server_up(op: &Operation<Config>) -> Result<Value, Failure> {
    let mut server = Server::new(&op.input::<Config>()?);
    let address = server.bring_up(op)?;
    Ok(
        json!({ "server": server.description(), "host": address.host, "port": address.port, "version": address.version }),
    )
}

/// Stops the cluster; its tenants' databases stay.
fn server_down(op: &Operation<Config>) -> Result<Value, Failure> {
    op.step("stop the server").run(server::stop)?;
    Ok(json!({ "server": Server::new(&Config::default()).description() }))
}
