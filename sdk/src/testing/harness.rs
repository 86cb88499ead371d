//! One provider, one tenant and one world, for tests that read as sentences.

use std::marker::PhantomData;

use serde_json::{Value, json};

use super::fault::{Crash, Fault};
use super::host::Host;
use super::world::World;
use crate::bindings::exports::systemprompt::provider::provider::{Guest, Request, Tenant};
use crate::{
    Exported, Failure, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, Provider, PsqlEnded, PsqlRun, UndoKind,
};

/// Runs a provider against a world in memory.
///
/// It goes through the same door as the program: requests and results cross as JSON.
pub struct Harness<P> {
    host: Host,
    tenant: Tenant,
    input: String,
    /// Request of the last operation, which `resume` runs again.
    last: Option<Request>,
    operations: usize,
    provider: PhantomData<P>,
}

impl<P: Provider> Default for Harness<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Provider> Harness<P> {
    /// A tenant `local_19bff27604c3f2a` with an empty configuration, in a fresh world.
    pub fn new() -> Self {
        let tenant = Tenant {
            id: "local_19bff27604c3f2a".to_owned(),
            name: "my-project".to_owned(),
            region: None,
            config: "{}".to_owned(),
            resources: "{}".to_owned(),
            ext: None,
        };
        let input = "{}".to_owned();
        Self { host: Host::default(), tenant, input, last: None, operations: 0, provider: PhantomData }
    }

    /// Configures the tenant.
    #[must_use]
    pub fn with_config(mut self, config: &Value) -> Self {
        self.tenant.config = config.to_string();
        self
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

    /// Creates the tenant; with `cancel_before` somebody asks to stop before a step begins.
    pub fn create(&mut self) -> Result<Value, Failure> {
        self.start("create", true, None)
    }

    /// Creates the tenant, and somebody asks to stop before a step begins.
    pub fn create_cancelled_before(&mut self, step: &str) -> Result<Value, Failure> {
        self.start("create", true, Some(step))
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

    /// Any other operation on the tenant.
    pub fn operation(&mut self, name: &str) -> Result<Value, Failure> {
        self.start(name, true, None)
    }

    /// An operation on what tenants share.
    pub fn shared_operation(&mut self, name: &str) -> Result<Value, Failure> {
        self.start(name, false, None)
    }

    /// Runs the last operation again, with its record.
    pub fn resume(&mut self) -> Result<Value, Failure> {
        let request = self.last.clone().expect("there is no operation to resume");
        self.host.world.act_for(request.tenant.as_ref().map(|tenant| tenant.id.as_str()));
        let outcome = self.host.run(|| Exported::<P>::run(request));
        if self.crashed() {
            return Err(Failure::broken("crashed", "the program died"));
        }
        let result = outcome.map(|json| serde_json::from_str::<Value>(&json).expect("BUG: a result that is no JSON"));
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

    /// The steps that an operation on the tenant would take.
    pub fn plan(&mut self, operation: &str) -> Result<Vec<PlannedStep>, Failure> {
        let request = self.request(operation, true);
        self.host.world.act_for(Some(&self.tenant.id));
        self.host.run(|| Exported::<P>::plan(request))
    }

    /// Whether the provider can be used.
    pub fn probe(&mut self) -> Result<ProbeReport, Failure> {
        self.host.world.act_for(None);
        self.host.run(Exported::<P>::probe)
    }

    /// What is wrong with a configuration.
    pub fn check(&mut self, config: &Value) -> Vec<FieldError> {
        self.host.run(|| Exported::<P>::check(config.to_string())).expect("`check` does not fail")
    }

    /// Live state of the tenant.
    pub fn status(&mut self) -> Result<LiveStatus, Failure> {
        let tenant = self.tenant.clone();
        self.host.world.act_for(Some(&tenant.id));
        self.host.run(|| Exported::<P>::status(Some(tenant)))
    }

    /// Live state of what tenants share.
    pub fn shared_status(&mut self) -> Result<LiveStatus, Failure> {
        self.host.world.act_for(None);
        self.host.run(|| Exported::<P>::status(None))
    }

    /// What is outside and of none of these tenants: of the one that there is, or of none at all.
    pub fn orphans(&mut self, with_tenant: bool) -> Result<Option<Vec<Orphan>>, Failure> {
        let tenants = with_tenant.then(|| self.tenant.clone()).into_iter().collect();
        self.host.world.act_for(None);
        self.host.run(|| Exported::<P>::orphans(tenants))
    }

    /// `psql` in the tenant's database.
    pub fn psql(&mut self, options: &[&str], script: &str) -> Result<PsqlEnded, Failure> {
        let tenant = self.tenant.clone();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let run = PsqlRun { options, script: script.to_owned(), ext: None };
        self.host.world.act_for(Some(&tenant.id));
        self.host.run(|| Exported::<P>::psql(tenant, run))
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

    /// The capability calls of the last run, as the contract names them.
    pub fn calls(&self) -> &[String] {
        &self.host.calls
    }

    /// How many journal calls the last run made.
    pub fn edges(&self) -> usize {
        self.host.edges
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
            ext: None,
        }
    }
}
