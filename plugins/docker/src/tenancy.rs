//! A tenant's role and database: how they come and go.

use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Postgres, undone};
use systemprompt_sdk::rotation::Reach;
use systemprompt_sdk::{Failure, Operation, Secret, log};

use crate::Config;
use crate::server::{SHARED_CONTAINER, Server};

/// Password of the tenant's role.
pub(crate) const PASSWORD: &str = "db-password";

pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let mut server = Server::of(tenant);
    let (role, database, password) = (tenant.role_name(), tenant.database_name(), op.secret(PASSWORD)?);

    let address = server.bring_up(op)?;
    create_role(op, &server, &role, &password)?;
    create_database(op, &server, &database, &role)?;
    op.step("log in as the tenant")
        .run(|| server.call(|postgres| postgres.check_login(&database, &role, &password)))?;

    let mut resources = json!({
        "database_url": format!("postgres://{role}:{password}@{}:{}/{database}", address.host, address.port),
        "server": server.description(),
        "role": role,
        "database": database,
    });
    if server.shared {
        resources["shared_container_db"] = json!(SHARED_CONTAINER);
    }
    Ok(resources)
}

pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let server = Server::of(tenant);
    if !server.shared {
        // Before anything that cannot be taken back.
        op.step("find the engine").run(|| server.expect_engine())?;
        return op.step("remove container").irreversible().run(|| server.remove());
    }
    if !op.step("find the server").run(|| server.wake_for_removal())? {
        log::warn(&format!("container `{}` is gone, so there is nothing to drop", server.name));
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
    let mut step = op.step("create role");
    if server.shared {
        let (server, role) = (server.clone(), role.to_owned());
        step = step.undo(move || undone(server.drop(|postgres| postgres.drop_role(&role))));
    }
    step.run(|| server.call(|postgres| postgres.ensure_role(role, password)))
}

fn create_database(op: &Operation<Config>, server: &Server, database: &str, role: &str) -> Result<(), Failure> {
    let mut step = op.step("create database");
    if server.shared {
        let (server, database) = (server.clone(), database.to_owned());
        step = step.undo(move || undone(server.drop(|postgres| postgres.drop_database(&database))));
    }
    step.run(|| server.call(|postgres| postgres.ensure_database(database, role)))
}
