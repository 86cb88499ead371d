//! The provider `supabase`: a project at Supabase for each tenant, by its management API.
//!
//! It is the worked example of `docs/plugins/worked-example.md`, which explains each part. [`SupabaseProvider`] is what is
//! exported, `tenancy` the life of a tenant, `rotation` its password, `orphans` what carries a tenant's name and is none's;
//! `project` and `organisation` know what there is, `beginner` who may look for it by name, and `api` asks for it, with
//! `tries` and `problem`.

mod api;
mod beginner;
mod config;
mod organisation;
mod orphans;
mod problem;
mod project;
mod rotation;
mod tenancy;
mod tries;

pub use config::Config;
use serde_json::Value;
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, Provider, Region,
    Request, Tenant,
};

use crate::api::{BASE, TOKEN};

systemprompt_sdk::export_provider!(SupabaseProvider);

/// Those that Supabase names; the first is taken where nobody asked for one.
const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "US East (Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (California)"),
    ("us-west-2", "US West (Oregon)"),
    ("ca-central-1", "Canada (Central)"),
    ("sa-east-1", "South America (S\u{e3}o Paulo)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("ap-south-1", "Asia (Mumbai)"),
    ("ap-southeast-1", "Asia (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-northeast-1", "Asia (Tokyo)"),
    ("ap-northeast-2", "Asia (Seoul)"),
    ("ap-east-1", "Asia (Hong Kong)"),
];

/// The provider.
pub struct SupabaseProvider;

impl Provider for SupabaseProvider {
    type Config = Config;

    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        let region = |(code, title): (&str, &str)| Region { code: code.to_owned(), title: title.to_owned() };
        let description =
            Description::cloud("supabase", version, "A project at Supabase", include_str!("config.schema.json"))
                .operations(&[ROTATE_CREDENTIALS])
                .destinations(&[BASE])
                .account_secret(
                    TOKEN,
                    "Supabase access token",
                    "make one at https://supabase.com/dashboard/account/tokens",
                );
        Description { regions: REGIONS.map(region).into(), ..description }
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("Supabase, with an account"))
    }

    fn check(config: &Config) -> Vec<FieldError> {
        config.check()
    }

    fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        match request.operation.as_str() {
            "create" => Ok(tenancy::creation(request.tenant()?)),
            "delete" => tenancy::removal(request.tenant()?),
            ROTATE_CREDENTIALS => rotation::plan(request),
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
            _ => Err(op.unknown()),
        }
    }

    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        match tenant {
            Some(tenant) => tenancy::status(tenant),
            None => organisation::account(),
        }
    }

    fn orphans(tenants: &[Tenant<Value>]) -> Result<Option<Vec<Orphan>>, Failure> {
        orphans::orphans(tenants).map(Some)
    }
}
