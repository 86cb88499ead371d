//! What is tested: something that answers the calls of the contract.

use std::marker::PhantomData;

use crate::bindings::exports::systemprompt::provider::provider::{Guest, Request, Tenant};
use crate::{
    Description, Exported, Failure, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, Provider, PsqlEnded,
    PsqlRun,
};

/// A provider behind the contract. It is called while a host in memory is there, whose functions are in
/// [`imports`](super::imports).
pub trait Subject {
    /// Who it is and what it can do.
    fn describe(&self) -> Description;
    /// Whether it can be used here and now.
    fn probe(&self) -> Result<ProbeReport, Failure>;
    /// What is wrong with a configuration.
    fn check(&self, config: String) -> Result<Vec<FieldError>, Failure>;
    /// The steps that an operation would take.
    fn plan(&self, request: Request) -> Result<Vec<PlannedStep>, Failure>;
    /// Performs an operation.
    fn run(&self, request: Request) -> Result<String, Failure>;
    /// Live state of a tenant, or of what tenants share.
    fn status(&self, tenant: Option<Tenant>) -> Result<LiveStatus, Failure>;
    /// What belongs to none of these tenants.
    fn orphans(&self, tenants: Vec<Tenant>) -> Result<Option<Vec<Orphan>>, Failure>;
    /// `psql` in a tenant's database.
    fn psql(&self, tenant: Tenant, run: PsqlRun) -> Result<PsqlEnded, Failure>;

    /// Why the last call was ended from outside: a trap, a limit, a broken protocol. Providers of this program panic.
    fn stopped(&self) -> Option<String> {
        None
    }
}

/// A provider of this program, through the same door as a component.
pub(super) struct Native<P>(PhantomData<P>);

impl<P> Native<P> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P: Provider> Subject for Native<P> {
    fn describe(&self) -> Description {
        Exported::<P>::describe()
    }

    fn probe(&self) -> Result<ProbeReport, Failure> {
        Exported::<P>::probe()
    }

    fn check(&self, config: String) -> Result<Vec<FieldError>, Failure> {
        Exported::<P>::check(config)
    }

    fn plan(&self, request: Request) -> Result<Vec<PlannedStep>, Failure> {
        Exported::<P>::plan(request)
    }

    fn run(&self, request: Request) -> Result<String, Failure> {
        Exported::<P>::run(request)
    }

    fn status(&self, tenant: Option<Tenant>) -> Result<LiveStatus, Failure> {
        Exported::<P>::status(tenant)
    }

    fn orphans(&self, tenants: Vec<Tenant>) -> Result<Option<Vec<Orphan>>, Failure> {
        Exported::<P>::orphans(tenants)
    }

    fn psql(&self, tenant: Tenant, run: PsqlRun) -> Result<PsqlEnded, Failure> {
        Exported::<P>::psql(tenant, run)
    }
}
