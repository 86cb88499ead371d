//! What an operation would do, step by step.

use systemprompt_sdk::aside::{self, BRING_BACK, SET_ASIDE};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{Failure, PlannedStep, Request, rotation};

use crate::Config;
use crate::edit::EDIT;
use crate::tenancy::{DATABASE, DROP_DATABASE, DROP_ROLE, FIND, LOG_IN, LOOK, ROLE};

const LOGS_IN: &str = "logs in as the administrator";

pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    match request.operation.as_str() {
        "create" => request.tenant().map(|tenant| create(&tenant.role_name())),
        "delete" => request.tenant().map(|tenant| delete(&tenant.role_name())),
        EDIT => Ok(vec![PlannedStep::new(LOG_IN, "proves that the database can be used with these settings")]),
        ROTATE_CREDENTIALS => rotation::plan(request).map(as_elsewhere),
        SET_ASIDE => aside::plan(request).map(as_elsewhere),
        BRING_BACK => {
            let look = PlannedStep::new(LOOK, "it may have moved since");
            let steps = aside::plan(request).map(as_elsewhere)?;
            Ok(std::iter::once(look).chain(steps).collect())
        }
        _ => Err(request.unknown()),
    }
}

fn create(name: &str) -> Vec<PlannedStep> {
    vec![
        PlannedStep::new(LOOK, "logs in as the administrator, and asks what that one may do"),
        PlannedStep::new(ROLE, format!("makes the role `{name}`")).undoable(),
        PlannedStep::new(DATABASE, format!("makes the database `{name}`, closed to other tenants")).undoable(),
        PlannedStep::new(LOG_IN, "proves that the database can be used"),
    ]
}

fn delete(name: &str) -> Vec<PlannedStep> {
    vec![
        PlannedStep::new(FIND, LOGS_IN),
        PlannedStep::new(DROP_DATABASE, format!("drops the database `{name}`")).irreversible(),
        PlannedStep::new(DROP_ROLE, format!("drops the role `{name}`, and its second if it has one")).irreversible(),
    ]
}

/// Nobody here starts a server that is somebody's own.
fn as_elsewhere(steps: Vec<PlannedStep>) -> Vec<PlannedStep> {
    let told = |step: PlannedStep| {
        if step.name == FIND { PlannedStep { summary: LOGS_IN.to_owned(), ..step } } else { step }
    };
    steps.into_iter().map(told).collect()
}
