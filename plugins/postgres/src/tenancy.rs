//! A tenant's role and database: how they come and go.

use serde_json::{Value, json};
use systemprompt_sdk::postgres::undone;
use systemprompt_sdk::{Failure, Operation, Secret};

use crate::Config;
use crate::server::Server;

/// Password of the tenant's role.
pub(crate) const PASSWORD: &str = "db-password";

pub(crate) const LOOK: &str = "look at the server";
pub(crate) const ROLE: &str = "create role";
pub(crate) const DATABASE: &str = "create database";
pub(crate) const LOG_IN: &str = "log in as the tenant";
pub(crate) const FIND: &str = "find the server";
pub(crate) const DROP_DATABASE: &str = "drop database";
pub(crate) const DROP_ROLE: &str = "drop role";

pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let server = Server::new(&tenant.config);
    let (role, database, password) = (tenant.role_name(), tenant.database_name(), op.secret(PASSWORD)?);

    let home = op.step(LOOK).run(|| server.look().map(|(home, _)| home))?;
    let server = server.at(home);
    create_role(op, &server, &role, &password)?;
    create_database(op, &server, &database, &role)?;
    op.step(LOG_IN).run(|| server.call(|postgres| postgres.check_login(&database, &role, &password)))?;

    Ok(json!({
        "database_url": server.url(&role, &password, &database)?,
        "server": server.description(),
        "role": role,
        "database": database,
        "external_db_access": true,
    }))
}

pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let server = Server::of(tenant)?;
    let (role, second, database) = (tenant.role_name(), tenant.second_role_name(), tenant.database_name());
    let aside = tenant.aside_database_name();
    // From here on its role may be gone, so that only what was found now tells the server again.
    let home = op.step(FIND).run(|| server.find(&second))?;
    let server = server.at(home);
    op.step(DROP_DATABASE).irreversible().run(|| {
        server.call(|postgres| {
            postgres.drop_database(&database)?;
            postgres.drop_database(&aside)
        })
    })?;
    op.step(DROP_ROLE).irreversible().run(|| {
        server.call(|postgres| {
            postgres.drop_role(&second)?;
            postgres.drop_role(&role)
        })
    })
}

fn create_role(op: &Operation<Config>, server: &Server, role: &str, password: &Secret) -> Result<(), Failure> {
    let undo = {
        let (server, role) = (server.clone(), role.to_owned());
        move || undone(server.call(|postgres| postgres.drop_role(&role)))
    };
    op.step(ROLE).undo(undo).run(|| server.call(|postgres| postgres.ensure_role(role, password).map_err(told)))
}

/// A server may say that it does not take what others take.
fn told(failure: Failure) -> Failure {
    if failure.to_string().contains("plaintext password") {
        return failure.or_help("create the tenant with `--config clear_passwords=true`");
    }
    failure
}

fn create_database(op: &Operation<Config>, server: &Server, database: &str, role: &str) -> Result<(), Failure> {
    let undo = {
        let (server, database) = (server.clone(), database.to_owned());
        move || undone(server.call(|postgres| postgres.drop_database(&database)))
    };
    op.step(DATABASE).undo(undo).run(|| server.call(|postgres| postgres.ensure_database(database, role)))
}
