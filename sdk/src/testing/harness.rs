//! One provider, one tenant and one world, for tests that read as sentences.

mod looking;

use std::marker::PhantomData;
use std::rc::Rc;

use serde_json::{Value, json};

use super::fault::{Crash, Fault};
use super::host::Host;
use super::subject::{Native, Subject};
use super::world::World;
use crate::bindings::exports::systemprompt::provider::provider::{Request, Tenant};
use crate::{Failure, Provider, UndoKind};

/// Runs a provider against a world in memory.
///
/// It goes through the same door as the program: requests and results cross as JSON.
pub struct Harness<P = Component> {
    subject: Rc<dyn Subject>,
    host: Host,
    tenant: Tenant,
    input: String,
    ext: Option<String>,
    on_tenant: bool,
    /// Request of the last operation, which `resume` runs again.
    last: Option<Request>,
    operations: usize,
    provider: PhantomData<P>,
}

/// A provider that is no type of this program.
#[derive(Debug)]
pub enum Component {}

impl<P: Provider> Default for Harness<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Provider> Harness<P> {
    /// A tenant `local_19bff27604c3f2a` with an empty configuration, in a fresh world.
    pub fn new() -> Self {
        Self::with(Rc::new(Native::<P>::new()))
    }
}

impl Harness {
    /// The same for a component.
    pub fn of(subject: Rc<dyn Subject>) -> Self {
        Self::with(subject)
    }
}

impl<P> Harness<P> {
    fn with(subject: Rc<dyn Subject>) -> Self {
        let tenant = Tenant {
            id: "local_19bff27604c3f2a".to_owned(),
            name: "my-project".to_owned(),
            region: None,
            config: "{}".to_owned(),
            resources: "{}".to_owned(),
            ext: None,
        };
        Self {
            subject,
            host: Host::default(),
            tenant,
            input: "{}".to_owned(),
            ext: None,
            on_tenant: true,
            last: None,
            operations: 0,
            provider: PhantomData,
        }
    }

    /// Configures the tenant.
    #[must_use]
    pub fn with_config(mut self, config: &Value) -> Self {
        self.tenant.config = config.to_string();
        self
    }

    /// Puts the tenant into a region.
    #[must_use]
    pub fn in_region(mut self, region: Option<&str>) -> Self {
        self.tenant.region = region.map(str::to_owned);
        self
    }

    /// What a later version of the contract may say of requests and tenants beside what this one does.
    pub fn set_ext(&mut self, ext: &Value) {
        self.ext = Some(ext.to_string());
        self.tenant.ext = self.ext.clone();
    }

    /// Speaks about another tenant from here on, in the same world.
    pub fn switch_tenant(&mut self, id: &str) {
        id.clone_into(&mut self.tenant.id);
        "{}".clone_into(&mut self.tenant.resources);
    }

    /// What is recorded of the tenant, as another version of the provider may have recorded it.
    pub fn set_resources(&mut self, resources: &Value) {
        self.tenant.resources = resources.to_string();
    }

    /// Arguments of the next operations.
    pub fn set_input(&mut self, input: &Value) {
        self.input = input.to_string();
    }

    /// Speaks about what tenants share, and about none of them, from here on.
    pub fn without_tenant(&mut self) {
        self.on_tenant = false;
    }

    /// The world, to look at and to disturb.
    pub fn world(&mut self) -> &mut World {
        &mut self.host.world
    }

    /// Makes one call fail.
    pub fn fail(&mut self, fault: Fault) {
        self.host.fault = Some(fault);
    }

    /// Makes the program die at a journal call.
    pub fn crash(&mut self, crash: Crash) {
        self.host.crash = Some(crash);
    }

    /// Makes the program die after each step's effect, before its record, so that `resume` runs each step twice.
    pub fn repeat_steps(&mut self) {
        self.host.repeats = true;
    }

    /// Creates the tenant.
    pub fn create(&mut self) -> Result<Value, Failure> {
        self.start("create", true, None)
    }

    /// Creates the tenant, and somebody asks to stop before a step begins.
    pub fn create_cancelled_before(&mut self, step: &str) -> Result<Value, Failure> {
        self.start("create", true, Some(step))
    }

    /// The same of an operation by its name.
    pub fn operation_cancelled_before(&mut self, name: &str, step: &str) -> Result<Value, Failure> {
        self.start(name, self.on_tenant, Some(step))
    }

    /// Gives the tenant another password; `overlap` is for how long the old one is still taken.
    pub fn rotate_credentials(&mut self, overlap_ms: Option<u64>) -> Result<Value, Failure> {
        let input = overlap_ms.map_or_else(|| json!({}), |overlap_ms| json!({ "overlap_ms": overlap_ms }));
        self.input = input.to_string();
        self.start("rotate-credentials", true, None)
    }

    /// Deletes the tenant.
    pub fn delete(&mut self) -> Result<Value, Failure> {
        self.start("delete", true, None)
    }

    /// Any other operation, by its name.
    pub fn operation(&mut self, name: &str) -> Result<Value, Failure> {
        self.start(name, self.on_tenant, None)
    }

    /// An operation on what tenants share.
    pub fn shared_operation(&mut self, name: &str) -> Result<Value, Failure> {
        self.start(name, false, None)
    }

    /// Runs the last operation again, with its record.
    pub fn resume(&mut self) -> Result<Value, Failure> {
        let request = self.last.clone().expect("there is no operation to resume");
        self.host.world.perform_for(request.tenant.as_ref().map(|tenant| tenant.id.as_str()));
        let outcome = self.ask(|subject| subject.run(request));
        if self.crashed() {
            return Err(Failure::broken("crashed", "the program died"));
        }
        let unreadable = |error| Failure::broken("result-unreadable", format!("the result is not JSON: {error}"));
        let result = outcome.and_then(|json| serde_json::from_str::<Value>(&json).map_err(unreadable));
        if result.is_ok() || (self.stuck().is_none() && !self.host.record.forward_only()) {
            self.host.world.settle_secrets(result.is_ok());
        }
        if let (Ok(value), Some(request)) = (&result, &self.last) {
            match request.operation.as_str() {
                "create" | "rotate-credentials" | "set-aside" | "bring-back" => {
                    self.tenant.resources = value.to_string();
                }
                "edit" => {
                    self.tenant.resources = value.to_string();
                    let input: Value = serde_json::from_str(&request.input).expect("BUG: input that is no JSON");
                    self.tenant.config = input["config"].to_string();
                }
                _ => {}
            }
        }
        result
    }

    /// What is left in the world of any tenant.
    pub fn left(&self) -> Vec<String> {
        self.host.world.left()
    }

    /// All that is in the world.
    pub fn everything(&self) -> Vec<String> {
        self.host.world.everything()
    }

    /// The steps that the last operation began, and how each can be taken back.
    pub fn steps(&self) -> Vec<(String, UndoKind)> {
        self.host.record.entries.iter().map(|entry| (entry.name.clone(), entry.undo)).collect()
    }

    /// The step whose undo failed, and how.
    pub fn stuck(&self) -> Option<(&str, &Failure)> {
        self.host.record.stuck()
    }

    /// Whether the program died in the last run.
    pub fn crashed(&self) -> bool {
        self.host.crashed
    }

    /// Why the last call was ended from outside, where it was; after the program died nobody is there to see it.
    pub fn stopped(&self) -> Option<String> {
        self.subject.stopped().filter(|_| !self.crashed())
    }

    /// The capability calls of the last run, as the contract names them.
    pub fn calls(&self) -> &[String] {
        &self.host.calls
    }

    /// How many journal calls the last run made.
    pub fn edges(&self) -> usize {
        self.host.edges
    }

    fn ask<T>(&mut self, call: impl FnOnce(&dyn Subject) -> T) -> T {
        let subject = Rc::clone(&self.subject);
        self.host.run(|| call(subject.as_ref()))
    }

    fn start(&mut self, operation: &str, on_tenant: bool, cancel_before: Option<&str>) -> Result<Value, Failure> {
        self.operations += 1;
        self.last = Some(self.request(operation, on_tenant));
        self.host.record = super::record::Record::default();
        self.host.record.cancel_before = cancel_before.map(str::to_owned);
        self.resume()
    }

    fn request(&self, operation: &str, on_tenant: bool) -> Request {
        Request {
            operation: operation.to_owned(),
            operation_id: format!("operation-{}", self.operations),
            tenant: on_tenant.then(|| self.tenant.clone()),
            input: self.input.clone(),
            ext: self.ext.clone(),
        }
    }
}
