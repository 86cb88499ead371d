//! What an operation would do, step by step.

use systemprompt_sdk::aside::{self, BRING_BACK, SET_ASIDE};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{Failure, PlannedStep, Request, rotation};

use crate::Config;
use crate::edit::EDIT;

pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    match request.operation.as_str() {
        "create" => request.tenant().map(|tenant| create(&tenant.role_name())),
        "delete" => request.tenant().map(|tenant| delete(&tenant.role_name())),
        EDIT => {
            let [binaries, ..] = bring_up();
            Ok(vec![binaries])
        }
        ROTATE_CREDENTIALS => rotation::plan(request),
        SET_ASIDE | BRING_BACK => aside::plan(request),
        "server-up" => Ok(bring_up().into()),
        "server-down" => Ok(vec![PlannedStep::new("stop the server", "stops the cluster that all tenants share")]),
        _ => Err(request.unknown()),
    }
}

fn create(name: &str) -> Vec<PlannedStep> {
    let mut steps = Vec::from(bring_up());
    steps.extend([
        PlannedStep::new("create role", format!("makes the role `{name}`")).undoable(),
        PlannedStep::new("create database", format!("makes the database `{name}`, closed to other tenants")).undoable(),
        PlannedStep::new("log in as the tenant", "proves that the database can be used"),
    ]);
    steps
}

fn delete(name: &str) -> Vec<PlannedStep> {
    vec![
        PlannedStep::new("find the server", "starts the cluster if it is stopped"),
        PlannedStep::new("drop database", format!("drops the database `{name}`")).irreversible(),
        PlannedStep::new("drop role", format!("drops the role `{name}`, and its second if it has one")).irreversible(),
    ]
}

fn bring_up() -> [PlannedStep; 3] {
    [
        PlannedStep::new("find the binaries", "looks for `initdb` and `postgres`"),
        PlannedStep::new("start the server", "makes or starts the cluster that all tenants share"),
        PlannedStep::new("wait until the server answers", "logs in as the administrator"),
    ]
}
