//! A provider in a cloud that is nowhere: its answers take no time, so that what it takes to ask can be measured.

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::{
    Description, Failure, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Tenant,
};

systemprompt_sdk::export_provider!(Nowhere);

/// The provider.
pub struct Nowhere;

/// Settings of a tenant: none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Provider for Nowhere {
    type Config = Config;

    fn describe() -> Description {
        Description::cloud("nowhere", "0.1.0", "A cloud that is nowhere", r#"{ "type": "object" }"#)
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("there is nothing to need"))
    }

    fn plan(_: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        Ok(vec![PlannedStep::new("say so", "makes nothing")])
    }

    fn create(op: &Operation<Config>) -> Result<Value, Failure> {
        op.step("say so").run(|| Ok(()))?;
        Ok(json!({ "database_url": "postgres://nobody@db.invalid/nothing" }))
    }

    fn delete(op: &Operation<Config>) -> Result<(), Failure> {
        op.step("say so").run(|| Ok(()))
    }

    fn status(_: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        Ok(LiveStatus::ready())
    }
}
