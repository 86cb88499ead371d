//! A tenant's role and database: how they come and go.

use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Postgres, undone};
use systemprompt_sdk::rotation::Reach;
use systemprompt_sdk::{Failure, Operation, Secret, log};

use crate::Config;
use crate::server::Server;

/// Password of the tenant's role.
pub(crate) const PASSWORD: &str = "db-password";

pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let mut server = Server::new(&tenant.config);
    let (role, database, password) = (tenant.role_name(), tenant.database_name(), op.secret(PASSWORD)?);

    let address = server.bring_up(op)?;
    create_role(op, &server, &role, &password)?;
    create_database(op, &server, &database, &role)?;
    op.step("log in as the tenant")
        .run(|| server.call(|postgres| postgres.check_login(&database, &role, &password)))?;

    Ok(json!({
        "database_url": format!("postgres://{role}:{password}@{}:{}/{database}", address.host, address.port),
        "server": server.description(),
        "role": role,
        "database": database,
    }))
}

pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let server = Server::of(tenant);
    if !op.step("find the server").run(|| server.wake_for_removal())? {
        log::warn("the cluster is gone, so there is nothing to drop");
        return Ok(());
    }
    let (role, second, database) = (tenant.role_name(), tenant.second_role_name(), tenant.database_name());
    let aside = tenant.aside_database_name();
    op.step("drop database").irreversible().run(|| {
        server.drop(|postgres| {
            postgres.drop_database(&database)?;
            postgres.drop_database(&aside)
        })
    })?;
    op.step("drop role").irreversible().run(|| {
        server.drop(|postgres| {
            postgres.drop_role(&second)?;
            postgres.drop_role(&role)
        })
    })
}

impl Reach for Server {
    fn reach(&self, call: &dyn Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call(|postgres| call(postgres))
    }
}

fn create_role(op: &Operation<Config>, server: &Server, role: &str, password: &Secret) -> Result<(), Failure> {
    let undo = {
        let (server, role) = (server.clone(), role.to_owned());
        move || undone(server.drop(|postgres| postgres.drop_role(&role)))
    };
    op.step("create role").undo(undo).run(|| server.call(|postgres| postgres.ensure_role(role, password)))
}

fn create_database(op: &Operation<Config>, server: &Server, database: &str, role: &str) -> Result<(), Failure> {
    let undo = {
        let (server, database) = (server.clone(), database.to_owned());
        move || undone(server.drop(|postgres| postgres.drop_database(&database)))
    };
    op.step("create database").undo(undo).run(|| server.call(|postgres| postgres.ensure_database(database, role)))
}
