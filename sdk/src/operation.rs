//! What a provider is asked to do, and the steps by which it does it.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::exports::systemprompt::provider::provider as contract;
use crate::docker::Docker;
use crate::journal::Journal;
use crate::server::Server;
use crate::{Failure, Renewal, Secret, Step, Tenant};

/// What a provider is asked to do.
#[derive(Clone, Debug)]
pub struct Request<C> {
    /// `create`, `delete`, `server-up`, …: an open set.
    pub operation: String,
    /// Unique for ever; tag remote objects with it, and look them up before a second create.
    pub operation_id: String,
    /// Arguments of the operation.
    pub input: Value,
    tenant: Option<Tenant<C>>,
}

/// A request that is being carried out, step by step; it has all that the request has.
pub struct Operation<C> {
    request: Request<C>,
    journal: Journal,
}

impl<C> Request<C> {
    /// The tenant that it is about.
    pub fn tenant(&self) -> Result<&Tenant<C>, Failure> {
        self.tenant.as_ref().ok_or_else(|| {
            Failure::refused(
                "tenant-missing",
                format!("operation `{}` is about a tenant, and none was named", self.operation),
            )
        })
    }

    /// The refusal of an operation that the provider does not know.
    pub fn unknown(&self) -> Failure {
        Failure::refused("unknown-operation", format!("this provider has no operation `{}`", self.operation))
    }

    /// The arguments in a shape of your own.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_value(self.input.clone()).map_err(|error| {
            Failure::refused(
                "input-invalid",
                format!("operation `{}` was asked with bad input: {error}", self.operation),
            )
        })
    }
}

impl<C: DeserializeOwned> Request<C> {
    pub(crate) fn parse(request: contract::Request) -> Result<Self, Failure> {
        let contract::Request { operation, operation_id, tenant, input, ext: _ } = request;
        let input = serde_json::from_str(&input)
            .map_err(|error| Failure::refused("input-invalid", format!("the input is not JSON: {error}")))?;
        Ok(Self { operation, operation_id, input, tenant: tenant.map(Tenant::parse).transpose()? })
    }
}

impl<C> Operation<C> {
    pub(crate) fn new(request: Request<C>) -> Self {
        Self { request, journal: Journal::default() }
    }

    pub(crate) fn settle<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        self.journal.settle(outcome)
    }

    /// A step: `op.step("create role").undo(…).run(…)?`.
    ///
    /// Names are unique within an operation and come in the same order each time: they follow from the request and from
    /// earlier results, and from nothing else.
    pub fn step<'a>(&'a self, name: &'a str) -> Step<'a> {
        Step::new(&self.journal, name)
    }

    /// The Docker engine of this machine.
    pub fn docker(&self) -> Docker {
        Docker
    }

    /// The PostgreSQL clusters of this machine.
    pub fn server(&self) -> Server {
        Server
    }

    /// A secret of the operation's tenant, generated if there is none of that name yet.
    pub fn secret(&self, name: &str) -> Result<Secret, Failure> {
        Secret::of_tenant(name)
    }

    /// The next version of a secret of the operation's tenant; see [`Secret::renew`].
    pub fn renewed_secret(&self, name: &str) -> Result<Renewal, Failure> {
        Secret::renew(name)
    }

    /// A secret that the tenants of all projects on this machine share.
    pub fn machine_secret(&self, name: &str) -> Result<Secret, Failure> {
        Secret::of_machine(name)
    }
}

impl<C> Deref for Operation<C> {
    type Target = Request<C>;

    fn deref(&self) -> &Request<C> {
        &self.request
    }
}
