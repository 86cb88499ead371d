//! What a provider's author writes.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Description, Failure, FieldError, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, PsqlEnded, PsqlRun,
    Request, Tenant,
};

/// A provider of tenants.
///
/// It keeps nothing between two calls: whatever it needs is in its arguments, and whatever it learns is in the results
/// of its steps. So there is no `self`.
pub trait Provider: 'static {
    /// Its settings for one tenant. Use `#[serde(deny_unknown_fields)]`, so that a misspelt name is an error.
    type Config: DeserializeOwned;

    /// Who it is and what it can do. Always the same.
    fn describe() -> Description;

    /// Whether it can be used here and now, and if not, what to do.
    fn probe() -> Result<ProbeReport, Failure>;

    /// What is wrong with a configuration that has the right fields of the right types.
    fn check(config: &Self::Config) -> Vec<FieldError> {
        let _ = config;
        Vec::new()
    }

    /// The steps that an operation would take, without effects. It may look at what there is, so that whoever is about to
    /// remove something sees it; it names the steps, too, where nobody answers.
    fn plan(request: &Request<Self::Config>) -> Result<Vec<PlannedStep>, Failure>;

    /// Makes a tenant, up to a login to its database; returns its resources, with a `database_url`.
    fn create(op: &Operation<Self::Config>) -> Result<Value, Failure>;

    /// Removes what `create` made.
    fn delete(op: &Operation<Self::Config>) -> Result<(), Failure>;

    /// Every other operation, by `op.operation`.
    fn operation(op: &Operation<Self::Config>) -> Result<Value, Failure> {
        Err(op.unknown())
    }

    /// Live state of a tenant, or without one of what tenants share.
    fn status(tenant: Option<&Tenant<Self::Config>>) -> Result<LiveStatus, Failure>;

    /// What carries the provider's tag and belongs to none of these tenants, which are all that the project has there. None
    /// where that cannot be told. Their settings are as they were recorded: one that cannot be read any more hides nothing.
    fn orphans(tenants: &[Tenant<Value>]) -> Result<Option<Vec<Orphan>>, Failure> {
        let _ = tenants;
        Ok(None)
    }

    /// Runs `psql` where the tenant's database is, as the tenant's role, once. Only asked of a provider that names `psql`
    /// among its operations.
    fn psql(tenant: &Tenant<Self::Config>, run: &PsqlRun) -> Result<PsqlEnded, Failure> {
        let (_, _) = (tenant, run);
        Err(Failure::refused("psql-unsupported", "this provider cannot run `psql` where the database is"))
    }
}
