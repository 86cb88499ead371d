//! The calls that only look.

use serde_json::Value;

use super::Harness;
use crate::{Description, Failure, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, PsqlEnded, PsqlRun};

impl<P> Harness<P> {
    /// The steps that an operation would take.
    pub fn plan(&mut self, operation: &str) -> Result<Vec<PlannedStep>, Failure> {
        let request = self.request(operation, self.on_tenant);
        self.host.world.act_for(request.tenant.as_ref().map(|tenant| tenant.id.as_str()));
        self.ask(|subject| subject.plan(request))
    }

    /// Whether the provider can be used.
    pub fn probe(&mut self) -> Result<ProbeReport, Failure> {
        self.host.world.act_for(None);
        self.ask(|subject| subject.probe())
    }

    /// Who the provider is and what it can do.
    pub fn describe(&mut self) -> Description {
        self.host.world.act_for(None);
        self.ask(|subject| subject.describe())
    }

    /// What is wrong with a configuration.
    pub fn check(&mut self, config: &Value) -> Vec<FieldError> {
        self.try_check(config).expect("`check` does not fail")
    }

    /// The same, where it may fail.
    pub fn try_check(&mut self, config: &Value) -> Result<Vec<FieldError>, Failure> {
        self.host.world.act_for(None);
        self.ask(|subject| subject.check(config.to_string()))
    }

    /// Live state of the tenant.
    pub fn status(&mut self) -> Result<LiveStatus, Failure> {
        let tenant = self.tenant.clone();
        self.host.world.act_for(Some(&tenant.id));
        self.ask(|subject| subject.status(Some(tenant)))
    }

    /// Live state of what tenants share.
    pub fn shared_status(&mut self) -> Result<LiveStatus, Failure> {
        self.host.world.act_for(None);
        self.ask(|subject| subject.status(None))
    }

    /// What is outside and of none of these tenants: of the one that there is, or of none at all.
    pub fn orphans(&mut self, with_tenant: bool) -> Result<Option<Vec<Orphan>>, Failure> {
        let tenants = with_tenant.then(|| self.tenant.clone()).into_iter().collect();
        self.host.world.act_for(None);
        self.ask(|subject| subject.orphans(tenants))
    }

    /// `psql` in the tenant's database.
    pub fn psql(&mut self, options: &[&str], script: &str) -> Result<PsqlEnded, Failure> {
        let tenant = self.tenant.clone();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let run = PsqlRun { options, script: script.to_owned(), ext: None };
        self.host.world.act_for(Some(&tenant.id));
        self.host.runs_statements = true;
        let ended = self.ask(|subject| subject.psql(tenant, run));
        self.host.runs_statements = false;
        ended
    }
}
