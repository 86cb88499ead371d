//! The `fly` provider: tenants on Fly.io.
//!
//! Each has an app of its own: a private network, secrets, an encrypted volume, a machine with PostgreSQL, addresses, and
//! where it is wanted a machine with an application. [`FlyProvider`] is what is exported, `tenancy` the life of a tenant,
//! `rotation` its passwords, `access` who may connect, `edit` other settings, `state` how it is, and `drift` what of that is not
//! as it is recorded. `managed` is the same for a tenant whose database Fly manages, with `cluster`, `credentials` and `client`.
//! `app`, `machine`, `part`, `database`, `application`, `psql`, `address` and `certificate` know the parts, `tag` what tells ours
//! from others', `update` changes a machine and `image` keeps what it runs, `image_name` tells whether two names are of one,
//! `statements` runs what a user wants to be run in the database, `belongings` knows all parts in words, `api` asks Fly (with
//! `pace`, `retry` and `problem`), `identity` knows the account and `regions` where there is room, `orphans` what looks like a
//! tenant's and is none's, and `intake` whose that was.

mod access;
mod address;
mod api;
mod app;
mod application;
mod belongings;
mod certificate;
mod client;
mod cluster;
mod config;
mod credentials;
mod database;
mod door;
mod drift;
mod edit;
mod identity;
mod image;
mod image_name;
mod intake;
mod lease;
mod machine;
mod managed;
mod organisation;
mod orphans;
mod pace;
mod part;
mod place;
mod problem;
mod psql;
mod regions;
mod retry;
mod rotation;
mod state;
mod statements;
mod tag;
mod tenancy;
mod update;

pub use config::Config;
use serde_json::Value;
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, Provider, PsqlEnded,
    PsqlRun, Region, Request, Tenant,
};

use crate::access::EXTERNAL_ACCESS;
use crate::api::{BASE, TOKEN};
use crate::regions::REGIONS;

systemprompt_sdk::export_provider!(FlyProvider);

/// The operation that ends all that costs money.
const CANCEL: &str = "cancel";

/// The provider.
pub struct FlyProvider;

impl Provider for FlyProvider {
    type Config = Config;

    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        let region = |(code, title): (&str, &str)| Region { code: code.to_owned(), title: title.to_owned() };
        let description =
            Description::cloud("fly", version, "PostgreSQL on Fly.io", include_str!("config.schema.json"))
                .operations(&[ROTATE_CREDENTIALS, EXTERNAL_ACCESS, edit::EDIT, CANCEL, statements::PSQL])
                .destinations(&[BASE])
                .more_regions()
                .account_secret(TOKEN, "Fly.io API token", "make one with `fly tokens create org`");
        Description { regions: REGIONS.map(region).into(), ..description }
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("Fly.io, with an account"))
    }

    fn check(config: &Config) -> Vec<FieldError> {
        config.check()
    }

    fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        match request.operation.as_str() {
            "create" => Ok(tenancy::creation(request.tenant()?)),
            "delete" | CANCEL => tenancy::removal(request.tenant()?),
            ROTATE_CREDENTIALS => rotation::plan(request),
            EXTERNAL_ACCESS => access::plan(request),
            edit::EDIT => edit::plan(request),
            _ => Err(request.unknown()),
        }
    }

    fn create(op: &Operation<Config>) -> Result<Value, Failure> {
        tenancy::create(op)
    }

    fn delete(op: &Operation<Config>) -> Result<(), Failure> {
        tenancy::delete(op)
    }

    fn operation(op: &Operation<Config>) -> Result<Value, Failure> {
        match op.operation.as_str() {
            ROTATE_CREDENTIALS => rotation::rotate(op),
            EXTERNAL_ACCESS => access::set(op),
            edit::EDIT => edit::edit(op),
            CANCEL => tenancy::cancel(op),
            _ => Err(op.unknown()),
        }
    }

    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        match tenant {
            Some(tenant) => state::status(tenant),
            None => identity::status(),
        }
    }

    fn orphans(tenants: &[Tenant<Value>]) -> Result<Option<Vec<Orphan>>, Failure> {
        orphans::orphans(tenants).map(Some)
    }

    fn psql(tenant: &Tenant<Config>, run: &PsqlRun) -> Result<PsqlEnded, Failure> {
        statements::run(tenant, run)
    }
}
