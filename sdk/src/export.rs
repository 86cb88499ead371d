//! From the contract's words to the provider's, and the macro that exports it.

use std::marker::PhantomData;

use serde_json::Value;

use crate::bindings::exports::systemprompt::provider::provider as contract;
use crate::{
    Description, Failure, FieldError, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, Provider, PsqlEnded,
    PsqlRun, Request, Tenant, config,
};

/// Exports a [`Provider`] as the component's `provider` interface.
///
/// Outside of WebAssembly it only checks that the type is a provider, so that the same crate is tested natively.
#[macro_export]
macro_rules! export_provider {
    ($provider:ty) => {
        const _: fn() = || {
            fn provider<P: $crate::Provider>() {}
            provider::<$provider>();
        };
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "exported functions have a fixed name")]
        const _: () = {
            type Exported = $crate::Exported<$provider>;
    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
    };
}

/// In a component, so that a panic can be told; tests of a provider have their own way to tell.
fn listen() {
    #[cfg(target_arch = "wasm32")]
    crate::panic::listen();
}

/// A provider seen through the contract.
pub struct Exported<P>(PhantomData<P>);

impl<P: Provider> contract::Guest for Exported<P> {
    fn describe() -> Description {
        listen();
        P::describe()
    }

    fn probe() -> Result<ProbeReport, Failure> {
        listen();
        P::probe()
    }

    fn check(config: String) -> Result<Vec<FieldError>, Failure> {
        listen();
        Ok(match config::parse(&config) {
            Ok(config) => P::check(&config),
            Err(errors) => errors,
        })
    }

    fn plan(request: contract::Request) -> Result<Vec<PlannedStep>, Failure> {
        listen();
        P::plan(&Request::parse(request)?)
    }

    fn run(request: contract::Request) -> Result<String, Failure> {
        listen();
        let op = Operation::new(Request::parse(request)?);
        let outcome = match op.operation.as_str() {
            "create" => P::create(&op),
            "delete" => P::delete(&op).map(|()| Value::Object(serde_json::Map::new())),
            _ => P::operation(&op),
        };
        op.settle(outcome).map(|result| result.to_string())
    }

    fn status(tenant: Option<contract::Tenant>) -> Result<LiveStatus, Failure> {
        listen();
        let tenant = tenant.map(Tenant::parse).transpose()?;
        P::status(tenant.as_ref())
    }

    fn orphans(tenants: Vec<contract::Tenant>) -> Result<Option<Vec<Orphan>>, Failure> {
        listen();
        P::orphans(&tenants.into_iter().map(Tenant::parse).collect::<Result<Vec<_>, _>>()?)
    }

    fn psql(tenant: contract::Tenant, run: PsqlRun) -> Result<PsqlEnded, Failure> {
        listen();
        P::psql(&Tenant::parse(tenant)?, &run)
    }
}
