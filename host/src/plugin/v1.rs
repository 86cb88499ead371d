//! The only module that knows version 1 of the contract: bindings, and calls from our words to its words and back;
//! `rehearsal` calls a component before the SDK's host in memory, which `stage` offers it.

pub mod rehearsal;
pub mod stage;

use std::time::Duration;

use systemprompt_events::{Failure, FailureKind};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store};

use super::PluginError;
use super::backtrace;
use super::demand::Demand;
use super::engine::Traces;
use super::guest::{Guest, TooEarly, World};
use super::limits::deadline::{Export, deadline};
use super::limits::{LimitHit, ORPHANS_MAX, STEPS_MAX, impose};

/// What `bindgen!` makes of the contract.
#[allow(missing_docs, clippy::pedantic, unreachable_pub, reason = "generated from the contract")]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "../sdk/wit/v1",
        world: "plugin",
        imports: { default: async | trappable },
        exports: { default: async },
        additional_derives: [serde::Serialize, serde::Deserialize],
    });
}

pub use bindings::exports::systemprompt::provider::provider::{
    Description, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, PsqlEnded, PsqlRun, Request, Tenant,
};
pub use bindings::systemprompt::provider as imports;

/// The package whose interfaces are the capabilities.
const PACKAGE: &str = "systemprompt:provider/";
/// Interface that a provider exports.
const EXPORTED: &str = "provider";
/// Interface that only holds types.
const TYPES: &str = "types";
/// Name of this world in events and messages.
pub const WORLD: &str = "systemprompt:provider/plugin@1.0.0";

/// A component that was checked against the world.
pub struct Provider {
    component: Component,
    /// With all that it imports: each call needs an instance, and what is the same for all of them is done once.
    linked: bindings::PluginPre<Guest>,
    engine: Engine,
    /// Memory that one call may use.
    memory_bytes: usize,
    /// How long a call may take.
    deadline: fn(Export) -> Option<Duration>,
    /// Interfaces that it imports, and more memory than others have: the list of what it can do.
    pub capabilities: Vec<String>,
}

impl Provider {
    /// Checks that a component imports nothing but our capabilities.
    pub fn new(engine: Engine, component: Component, demand: Demand) -> Result<Provider, PluginError> {
        let mut capabilities = capabilities(&engine, &component)?;
        capabilities.extend(demand.capability());
        let linked = link(&engine, &component)
            .map_err(|error| PluginError::NotAProvider { reason: crate::text::one_line(&format!("{error:#}"), 300) })?;
        let memory_bytes = demand.memory_bytes();
        Ok(Provider { component, linked, engine, memory_bytes, deadline, capabilities })
    }

    fn store(&self, guest: Guest) -> Store<Guest> {
        let mut store = Store::new(&self.engine, guest.with_memory(self.memory_bytes));
        impose(&mut store);
        store
    }

    /// What a call answers, if it does in time. The world that it was lent is in the store, and so outlives a call that
    /// is not waited for any longer.
    async fn in_time<T>(&self, export: Export, call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
        let Some(after) = (self.deadline)(export) else { return call.await };
        let late = || wasmtime::Error::new(LimitHit::Deadline { export, after });
        tokio::time::timeout(after, call).await.unwrap_or_else(|_| Err(late()))
    }
}

fn link(engine: &Engine, component: &Component) -> wasmtime::Result<bindings::PluginPre<Guest>> {
    let mut linker = Linker::<Guest>::new(engine);
    bindings::Plugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    bindings::PluginPre::new(linker.instantiate_pre(component)?)
}

/// Interfaces of version 1 that the host offers.
pub const OFFERED: [&str; 11] =
    ["account", "clock", "docker", "http", "journal", "log", "postgres", "progress", "random", "secrets", "server"];

fn capabilities(engine: &Engine, component: &Component) -> Result<Vec<String>, PluginError> {
    let not_a_provider = |reason: String| PluginError::NotAProvider { reason };
    let component = component.component_type();
    let mut found = Vec::new();
    for (name, _) in component.imports(engine) {
        match interface(name) {
            Some(TYPES) => {}
            Some(interface) if OFFERED.contains(&interface) => found.push(interface.to_owned()),
            Some(_) | None => {
                let name = crate::text::one_line(name, 100);
                return Err(not_a_provider(format!("it imports `{name}`, which is not offered here")));
            }
        }
    }
    if !component.exports(engine).any(|(name, _)| interface(name) == Some(EXPORTED)) {
        return Err(not_a_provider(format!("it has no export `{PACKAGE}{EXPORTED}`")));
    }
    // Two versions of an interface are one ability: who takes it back takes back both.
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether there is an interface of this name.
pub fn is_offered(interface: &str) -> bool {
    OFFERED.contains(&interface)
}

/// `docker` of `systemprompt:provider/docker@1.0.0`; none for another package or another version.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    version.starts_with("1.").then_some(interface)
}

/// Loads a component from its bytes through the cache.
pub fn load(cache: &super::cache::Cache, wasm: &[u8], traces: Traces) -> Result<Provider, PluginError> {
    let demand = Demand::of(wasm)?;
    let (engine, component) = cache.component(wasm, traces)?;
    Provider::new(engine, component, demand)
}

/// How a call of an export went, apart from the host's own errors.
pub type Called<T> = Result<Result<T, Failure>, PluginError>;

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($kind:ident, $export:ident $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => {
        impl Provider {
            $($(#[$doc])*
            pub async fn $name(&self, guest: Guest $(, $argument: $type)*) -> (World, Called<$answer>) {
                let id = guest.plugin.to_string();
                let mut store = self.store(guest);
                let call = async {
                    let plugin = self.linked.instantiate_async(&mut store).await?;
                    plugin.systemprompt_provider_provider().$export(&mut store $(, $argument)*).await
                };
                let answer = self.in_time(Export::$kind, call).await;
                let answer = match (store.data_mut().host_error.take(), answer) {
                    (Some(error), _) => Err(PluginError::Host(Box::new(error))),
                    (None, Ok(answer)) => Ok(answer.map_err(failure)),
                    (None, Err(error)) => Err(stopped(id, &error, &mut store)),
                };
                (store.into_data().world, answer)
            })*
        }
    };
}

calls! {
    /// Whether the provider can be used here and now.
    probe(Probe, call_probe) -> ProbeReport;
    /// Field-level errors of a configuration.
    check(Check, call_check, config: &String) -> Vec<FieldError>;
    /// The steps that an operation would take, however many.
    planned(Plan, call_plan, request: &Request) -> Vec<PlannedStep>;
    /// Performs an operation; its journal is in the guest's world.
    run(Run, call_run, request: &Request) -> String;
    /// Live state of a tenant, or of what tenants share.
    status(Status, call_status, tenant: Option<&Tenant>) -> LiveStatus;
    /// What carries the provider's tag and belongs to none of these tenants, however much.
    others(Orphans, call_orphans, tenants: &[Tenant]) -> Option<Vec<Orphan>>;
    /// `psql` where the tenant's database is.
    psql(Psql, call_psql, tenant: &Tenant, run: &PsqlRun) -> PsqlEnded;
}

impl Provider {
    /// The steps that an operation would take: no more than one may have.
    pub async fn plan(&self, guest: Guest, request: &Request) -> (World, Called<Vec<PlannedStep>>) {
        let id = guest.plugin.to_string();
        let (world, answer) = self.planned(guest, request).await;
        let too_many = matches!(&answer, Ok(Ok(steps)) if steps.len() > STEPS_MAX);
        (world, if too_many { Err(PluginError::at(id, LimitHit::Steps)) } else { answer })
    }

    /// What carries the provider's tag and belongs to none of these tenants; none where it cannot tell. No more than
    /// anybody reads.
    pub async fn orphans(&self, guest: Guest, tenants: &[Tenant]) -> (World, Called<Option<Vec<Orphan>>>) {
        let id = guest.plugin.to_string();
        let (world, answer) = self.others(guest, tenants).await;
        let too_many = matches!(&answer, Ok(Ok(Some(orphans))) if orphans.len() > ORPHANS_MAX);
        (world, if too_many { Err(PluginError::at(id, LimitHit::Orphans)) } else { answer })
    }

    /// What the provider says of itself; it needs no capability for that, and gets none, whatever it was granted. Whoever
    /// asks says how long that may take.
    pub async fn describe(&self, guest: Guest) -> (World, Result<Description, PluginError>) {
        let id = guest.plugin.to_string();
        let mut store = self.store(guest.introducing_itself());
        let answer = match self.linked.instantiate_async(&mut store).await {
            Ok(plugin) => plugin.systemprompt_provider_provider().call_describe(&mut store).await,
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| stopped(id, &error, &mut store));
        (store.into_data().world, answer)
    }
}

/// Turns a trap into an error that names the limit or the reason, and the place.
fn stopped<T: 'static>(id: String, error: &wasmtime::Error, store: &mut Store<T>) -> PluginError {
    let (code, reason) = why(error, store);
    PluginError::Stopped { id, reason, code, trace: backtrace::of(error) }
}

fn why<T: 'static>(error: &wasmtime::Error, store: &mut Store<T>) -> (&'static str, String) {
    if let Some(limit) = LimitHit::of(error) {
        return (limit.code(), limit.to_string());
    }
    if let Some(too_early) = error.downcast_ref::<TooEarly>() {
        return ("plugin-too-early", too_early.to_string());
    }
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        let said = backtrace::last_words(error, store);
        return (
            "plugin-trap",
            said.map_or_else(|| format!("it trapped: {trap}"), |said| format!("it trapped: it {said}")),
        );
    }
    ("plugin-trap", error.root_cause().to_string())
}

/// The contract's failure in the words of the log.
pub fn failure(failure: imports::types::Failure) -> Failure {
    use imports::types::Failure as Theirs;
    let (kind, detail) = match failure {
        Theirs::Refused(detail) => (FailureKind::Refused, detail),
        Theirs::Retryable(detail) => (FailureKind::Retryable, detail),
        Theirs::Ambiguous(detail) => (FailureKind::Ambiguous, detail),
        Theirs::Broken(detail) => (FailureKind::Broken, detail),
        Theirs::Cancelled(detail) => (FailureKind::Cancelled, detail),
    };
    let short = |text: String| crate::text::one_line(&text, crate::text::MESSAGE_CHARS_MAX);
    Failure { kind, code: short(detail.code), message: short(detail.message), help: detail.help.map(short) }
}

/// A failure that a capability reports to the guest.
pub fn their_failure(kind: FailureKind, code: &str, message: &str, help: Option<String>) -> imports::types::Failure {
    use imports::types::Failure as Theirs;
    let detail = imports::types::Detail { code: code.to_owned(), message: message.to_owned(), help, ext: None };
    match kind {
        FailureKind::Refused => Theirs::Refused(detail),
        FailureKind::Retryable => Theirs::Retryable(detail),
        FailureKind::Ambiguous => Theirs::Ambiguous(detail),
        FailureKind::Broken => Theirs::Broken(detail),
        FailureKind::Cancelled => Theirs::Cancelled(detail),
    }
}

#[cfg(test)]
mod tests;
