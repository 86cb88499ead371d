//! What an operation would do, step by step.

use systemprompt_sdk::aside::{self, BRING_BACK, SET_ASIDE};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::{Failure, PlannedStep, Request, rotation};

use crate::Config;
use crate::edit::EDIT;
use crate::server::Server;

pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    match request.operation.as_str() {
        "create" => request.tenant().map(|tenant| create(&Server::of(tenant), &tenant.role_name())),
        "delete" => request.tenant().map(|tenant| delete(&Server::of(tenant), &tenant.role_name())),
        EDIT => Ok(Vec::new()),
        ROTATE_CREDENTIALS => rotation::plan(request),
        SET_ASIDE | BRING_BACK => aside::plan(request),
        "server-up" => Ok(bring_up(&Server::shared(&request.input::<Config>()?)).into()),
        "server-down" => Ok(vec![PlannedStep::new("stop the server", "stops the server that all tenants share")]),
        _ => Err(request.unknown()),
    }
}

fn create(server: &Server, name: &str) -> Vec<PlannedStep> {
    let role = PlannedStep::new("create role", format!("makes the role `{name}`"));
    let database = PlannedStep::new("create database", format!("makes the database `{name}`, closed to other tenants"));
    let login = PlannedStep::new("log in as the tenant", "proves that the database can be used");
    let [image, start, wait] = bring_up(server);
    if server.shared {
        vec![image, start, wait, role.undoable(), database.undoable(), login]
    } else {
        vec![image, start.undoable(), wait, role, database, login]
    }
}

fn delete(server: &Server, name: &str) -> Vec<PlannedStep> {
    if !server.shared {
        let summary = format!("removes container `{}` and volume `{}`", server.name, server.volume());
        let engine = PlannedStep::new("find the engine", "makes sure that the engine is the one it was made on");
        return vec![engine, PlannedStep::new("remove container", summary).irreversible()];
    }
    vec![
        PlannedStep::new("find the server", format!("starts container `{}` if it is stopped", server.name)),
        PlannedStep::new("drop database", format!("drops the database `{name}`")).irreversible(),
        PlannedStep::new("drop role", format!("drops the role `{name}`, and its second if it has one")).irreversible(),
    ]
}

fn bring_up(server: &Server) -> [PlannedStep; 3] {
    [
        PlannedStep::new("find the image", "looks for the server's image, and pulls it if it is not there"),
        PlannedStep::new("start the server", format!("makes or starts container `{}`", server.name)),
        PlannedStep::new("wait until the server answers", "logs in as the administrator"),
    ]
}
