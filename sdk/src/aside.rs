//! Setting a tenant in PostgreSQL aside: nobody logs in, and its database has another name, until it is brought back as
//! it was or deleted for good.

use serde_json::Value;

use crate::postgres::Postgres;
use crate::rotation::{PREVIOUS, Reach, find, previous, reopening, tolerated};
use crate::{Failure, Operation, PlannedStep, Request, Secret, Tenant};

/// What setting aside is called.
pub const SET_ASIDE: &str = "set-aside";
/// What bringing back is called.
pub const BRING_BACK: &str = "bring-back";

const FIND: &str = "find the server";
const CLOSE: &str = "close the login";
const AWAY: &str = "rename the database aside";
const BACK: &str = "rename the database back";
const OPEN: &str = "open the login";
const LOG_IN: &str = "log in as the tenant";

/// Sets it aside; `secret` is the name of its password. Returns the tenant's resources.
pub fn set_aside<C>(op: &Operation<C>, secret: &str, server: &impl Reach) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (role, second) = (tenant.role_name(), tenant.second_role_name());
    let (database, aside) = (tenant.database_name(), tenant.aside_database_name());
    op.step(FIND).run(|| find(server))?;
    op.step(CLOSE).undo(opening(server, tenant, op.secret(secret)?)).run(|| {
        server.reach(&|postgres| {
            postgres.close_login(&second)?;
            postgres.close_login(&role)
        })
    })?;
    op.step(AWAY)
        .undo(renaming(server, &aside, &database))
        .run(|| server.reach(&|postgres| postgres.rename_database(&database, &aside)))?;
    Ok(settled(tenant))
}

/// Brings it back with its newest password; proves it by a login. Returns the tenant's resources.
pub fn bring_back<C>(op: &Operation<C>, secret: &str, server: &impl Reach) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (owner, login, password) = (tenant.role_name(), tenant.login_role(), op.secret(secret)?);
    let (database, aside) = (tenant.database_name(), tenant.aside_database_name());
    op.step(FIND).run(|| find(server))?;
    op.step(BACK)
        .undo(renaming(server, &database, &aside))
        .run(|| server.reach(&|postgres| postgres.rename_database(&aside, &database)))?;
    let close = {
        let (server, login) = (server.clone(), login.clone());
        move || server.reach(&|postgres| postgres.close_login(&login))
    };
    op.step(OPEN).undo(close).run(|| server.reach(&|postgres| postgres.ensure_login(&login, &owner, &password)))?;
    op.step(LOG_IN).run(|| server.reach(&|postgres| postgres.check_login(&database, &login, &password)))?;
    Ok(settled(tenant))
}

/// The steps that one of both would take.
pub fn plan<C>(request: &Request<C>) -> Result<Vec<PlannedStep>, Failure> {
    let tenant = request.tenant()?;
    let (database, login) = (tenant.database_name(), tenant.login_role());
    let find = PlannedStep::new(FIND, "starts the server if it is stopped");
    if request.operation == BRING_BACK {
        return Ok(vec![
            find,
            PlannedStep::new(BACK, format!("gives the database `{database}` its name again")).undoable(),
            PlannedStep::new(OPEN, format!("lets the role `{login}` log in")).undoable(),
            PlannedStep::new(LOG_IN, "proves that the database can be used"),
        ]);
    }
    let aside = tenant.aside_database_name();
    Ok(vec![
        find,
        PlannedStep::new(CLOSE, format!("keeps the role `{login}` from logging in")).undoable(),
        PlannedStep::new(AWAY, format!("gives the database `{database}` the name `{aside}`")).undoable(),
    ])
}

/// Lets the tenant log in as it could before, also where a rotation left it two passwords.
fn opening<C>(
    server: &impl Reach,
    tenant: &Tenant<C>,
    password: Secret,
) -> impl FnOnce() -> Result<(), Failure> + 'static {
    let (owner, login, before) = (tenant.role_name(), tenant.login_role(), previous(tenant));
    let reopen = before.map(|before| reopening(server, before, owner.clone()));
    let server = server.clone();
    move || {
        tolerated(server.reach(&|postgres: &Postgres| postgres.ensure_login(&login, &owner, &password)))?;
        reopen.map_or(Ok(()), |reopen| reopen())
    }
}

/// A database that has the name already keeps it, and one that is not there was not renamed.
fn renaming(server: &impl Reach, from: &str, to: &str) -> impl FnOnce() -> Result<(), Failure> + 'static {
    let (server, from, to) = (server.clone(), from.to_owned(), to.to_owned());
    move || match server.reach(&|postgres| postgres.rename_database(&from, &to)) {
        Err(failure) if failure.code() == "database-missing" => Ok(()),
        outcome => outcome,
    }
}

/// Whatever two passwords a rotation left, from now on there is one.
fn settled<C>(tenant: &Tenant<C>) -> Value {
    let mut resources = tenant.resources.clone();
    if let Some(fields) = resources.as_object_mut() {
        fields.remove(PREVIOUS);
    }
    resources
}
