//! The `postgres` provider: a role and a database for each tenant, on any PostgreSQL server that the user names.
//!
//! The account is an administrator's URL, which the program alone opens. [`AnyPostgres`] is what is exported, `server` knows
//! the server and what its administrator may do, `tenancy` the roles and databases on it, and `orphans` those that
//! are no tenant's of the project.

mod config;
mod edit;
mod orphans;
mod pause;
mod plan;
mod rights;
mod server;
mod status;
mod tenancy;

pub use config::{Config, SslMode};
use serde_json::Value;
use systemprompt_sdk::aside::{BRING_BACK, SET_ASIDE};
use systemprompt_sdk::rotation::{self, ROTATE_CREDENTIALS};
use systemprompt_sdk::{
    Description, Failure, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, Provider, Request, Tenant,
};

use crate::edit::EDIT;
use crate::server::{ADMIN_URL, Server};
use crate::tenancy::PASSWORD;

systemprompt_sdk::export_provider!(AnyPostgres);

/// How an administrator's URL looks.
const URL_HELP: &str =
    "as in `postgres://admin:password@db.example.com:5432/postgres`; `?sslmode=` and `&sslrootcert=` count";

/// The provider.
pub struct AnyPostgres;

impl Provider for AnyPostgres {
    type Config = Config;

    fn describe() -> Description {
        let (version, schema) = (env!("CARGO_PKG_VERSION"), include_str!("config.schema.json"));
        Description::cloud("postgres", version, "PostgreSQL on a server that you name", schema)
            .account_server(ADMIN_URL, "URL of the server's administrator", URL_HELP)
            .operations(&[EDIT, ROTATE_CREDENTIALS, SET_ASIDE, BRING_BACK])
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("a PostgreSQL server, with an account"))
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
            ROTATE_CREDENTIALS => rotation::rotate(op, PASSWORD, &Server::of(op.tenant()?)?),
            SET_ASIDE => pause::set_aside(op),
            BRING_BACK => pause::bring_back(op),
            _ => Err(op.unknown()),
        }
    }

    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        match tenant {
            Some(tenant) => Ok(status::of_tenant(tenant)),
            None => status::of_account(),
        }
    }

    fn orphans(tenants: &[Tenant<Value>]) -> Result<Option<Vec<Orphan>>, Failure> {
        orphans::orphans(tenants)
    }
}
