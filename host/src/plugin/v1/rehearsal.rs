//! A component before a host in memory: what its author's tests call natively, called as the program calls it, within the
//! same limits.

use std::cell::RefCell;

use futures_util::FutureExt;
use systemprompt_events::Json;
use systemprompt_sdk::bindings::exports::systemprompt::provider::provider as theirs;
use systemprompt_sdk::testing::Subject;
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, PsqlEnded, PsqlRun,
};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, Store};

use super::stage::{Stage, Trace, same};
use super::{Provider, bindings};
use crate::plugin::PluginError;
use crate::plugin::backtrace::{self, Whereabouts};
use crate::plugin::limits::impose;

/// A component that is called while a host in memory is there.
pub struct Rehearsal {
    engine: Engine,
    component: bindings::PluginPre<Stage>,
    memory_bytes: usize,
    id: String,
    trace: Option<Trace>,
    /// Why the last call was ended, and where it was by then.
    stopped: RefCell<Option<(String, Whereabouts)>>,
}

impl Rehearsal {
    /// A rehearsal of this component; its calls go to the trace, if there is one.
    pub fn of(provider: &Provider, id: &str, trace: Option<Trace>) -> Result<Rehearsal, PluginError> {
        let not_a_provider = |error: wasmtime::Error| PluginError::NotAProvider { reason: format!("{error:#}") };
        let mut linker = Linker::<Stage>::new(&provider.engine);
        bindings::Plugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |stage| stage).map_err(not_a_provider)?;
        let component = linker.instantiate_pre(&provider.component).map_err(not_a_provider)?;
        let component = bindings::PluginPre::new(component).map_err(not_a_provider)?;
        let stopped = RefCell::default();
        let (engine, memory_bytes) = (provider.engine.clone(), provider.memory_bytes);
        Ok(Rehearsal { engine, component, memory_bytes, id: id.to_owned(), trace, stopped })
    }

    /// Where it was when the last call was ended; nowhere when it was not.
    pub fn backtrace(&self) -> Whereabouts {
        self.stopped.borrow().as_ref().map(|(_, trace)| trace.clone()).unwrap_or_default()
    }

    /// Calls it in a fresh instance.
    fn call<T>(
        &self,
        call: impl AsyncFnOnce(&bindings::Plugin, &mut Store<Stage>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let mut store = Store::new(&self.engine, Stage::new(self.memory_bytes, self.trace.clone()));
        impose(&mut store);
        let called = async {
            let plugin = self.component.instantiate_async(&mut store).await?;
            call(&plugin, &mut store).await
        };
        // What is in memory answers at once, so there is nothing to wait for.
        let answer = called.now_or_never().expect("BUG: a host in memory made a guest wait");
        let answer = answer.map_err(|error| {
            let stopped = super::stopped(self.id.clone(), &error, &mut store);
            (stopped.to_string(), backtrace::of(&error))
        });
        *self.stopped.borrow_mut() = answer.as_ref().err().cloned();
        answer.map_err(|(reason, _)| Failure::broken("plugin-stopped", reason))
    }
}

/// An answer of an export, which may be a failure of the provider's own.
macro_rules! answer {
    ($self:ident, $plugin:ident, $store:ident => $call:expr) => {{
        let answer = $self.call(async |$plugin: &bindings::Plugin, $store: &mut Store<Stage>| $call.await)?;
        answer.map(same).map_err(same)
    }};
}

impl Subject for Rehearsal {
    fn describe(&self) -> Description {
        let described = self.call(async |plugin: &bindings::Plugin, store: &mut Store<Stage>| {
            plugin.systemprompt_provider_provider().call_describe(store).await
        });
        // Why it was stopped is kept; what it would have said is not known.
        described.map_or_else(|_| Description::local("", "", "", ""), same)
    }

    fn probe(&self) -> Result<ProbeReport, Failure> {
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_probe(store))
    }

    fn check(&self, config: String) -> Result<Vec<FieldError>, Failure> {
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_check(store, &config))
    }

    fn plan(&self, request: theirs::Request) -> Result<Vec<PlannedStep>, Failure> {
        let request = same(request);
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_plan(store, &request))
    }

    fn run(&self, request: theirs::Request) -> Result<String, Failure> {
        let request = same(request);
        let answer: Result<String, Failure> =
            answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_run(store, &request));
        // As the program takes it: bounded JSON.
        answer.and_then(|text| match text.parse::<Json>() {
            Ok(_) => Ok(text),
            Err(error) => Err(Failure::broken("bad-result", format!("its result cannot be used: {error}"))),
        })
    }

    fn status(&self, tenant: Option<theirs::Tenant>) -> Result<LiveStatus, Failure> {
        let tenant: Option<super::Tenant> = tenant.map(same);
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_status(store, tenant.as_ref()))
    }

    fn orphans(&self, tenants: Vec<theirs::Tenant>) -> Result<Option<Vec<Orphan>>, Failure> {
        let tenants: Vec<super::Tenant> = same(tenants);
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_orphans(store, &tenants))
    }

    fn psql(&self, tenant: theirs::Tenant, run: PsqlRun) -> Result<PsqlEnded, Failure> {
        let (tenant, run): (super::Tenant, super::PsqlRun) = (same(tenant), same(run));
        answer!(self, plugin, store => plugin.systemprompt_provider_provider().call_psql(store, &tenant, &run))
    }

    fn stopped(&self) -> Option<String> {
        self.stopped.borrow().as_ref().map(|(reason, _)| reason.clone())
    }
}
