//! Giving a tenant in PostgreSQL another password: at once, or with a time in which the old one is taken too.
//!
//! A role has one password. For two at a time there are two roles that log in, which both act as the tenant's first role:
//! that one owns everything, whoever logs in. They take turns.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::{Failure, Operation, PlannedStep, Renewal, Request, Secret, Tenant, clock};

/// What the operation is called.
pub const ROTATE_CREDENTIALS: &str = "rotate-credentials";
/// The step that ends the connections which the old password opened, once that is refused: by it a user is told so.
pub const END_SESSIONS: &str = "end open sessions";

const FIND: &str = "find the server";
const SET: &str = "set the new password";
const LOG_IN: &str = "log in with the new password";
const CLOSE: &str = "close the other login";
const SETTLE: &str = "settle the overlap";
const OPEN: &str = "open the second login";
const EXPIRE: &str = "let the old password expire";
/// Field of the resources with the login that an overlap left.
pub(crate) const PREVIOUS: &str = "previous_login";
/// The server runs already, or is woken by whoever reaches for it.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(10);

/// A tenant's server, as a rotation reaches for it.
pub trait Reach: Clone + 'static {
    /// Calls the server, and wakes it first where it sleeps.
    fn reach(&self, call: &dyn Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure>;
}

/// Arguments of the operation.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Input {
    /// For how long the old password is taken beside the new one.
    overlap_ms: Option<u64>,
}

/// The login that the last rotation let expire.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Previous {
    role: String,
    password: String,
    valid_until_ms: u64,
}

/// Performs it, with the tenant's secret of this name; returns the tenant's new resources.
pub fn rotate<C>(op: &Operation<C>, secret: &str, server: &impl Reach) -> Result<Value, Failure> {
    let Input { overlap_ms } = op.input()?;
    let renewal = op.renewed_secret(secret)?;
    match overlap_ms {
        None => at_once(op, &renewal, server),
        Some(overlap_ms) => with_overlap(op, &renewal, server, overlap_ms),
    }
}

/// The steps that it would take.
pub fn plan<C>(request: &Request<C>) -> Result<Vec<PlannedStep>, Failure> {
    let tenant = request.tenant()?;
    let find = PlannedStep::new(FIND, "starts the server if it is stopped");
    let log_in = PlannedStep::new(LOG_IN, "proves that the new password is taken");
    if request.input::<Input>()?.overlap_ms.is_some() {
        let (from, to) = turn(tenant);
        let settle = PlannedStep::new(SETTLE, "says until when the old password is taken");
        let open = PlannedStep::new(OPEN, format!("lets the role `{to}` log in")).undoable();
        let expire = PlannedStep::new(EXPIRE, format!("limits the password of the role `{from}`")).undoable();
        return Ok(vec![settle, find, open, log_in, expire]);
    }
    let set = PlannedStep::new(SET, format!("gives the role `{}` another password", tenant.login_role())).undoable();
    let close = previous(tenant).map(|previous| {
        PlannedStep::new(CLOSE, format!("keeps the role `{}` from logging in", previous.role)).undoable()
    });
    let end = PlannedStep::new(END_SESSIONS, "ends the connections that the old password opened");
    Ok([Some(find), Some(set), Some(log_in), close, Some(end)].into_iter().flatten().collect())
}

fn at_once<C>(op: &Operation<C>, renewal: &Renewal, server: &impl Reach) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (role, database) = (tenant.login_role(), tenant.database_name());
    op.step(FIND).run(|| find(server))?;
    let put_back = {
        let (server, role, before) = (server.clone(), role.clone(), renewal.before.clone());
        move || tolerated(server.reach(&|postgres| postgres.set_password(&role, &before)))
    };
    op.step(SET).undo(put_back).run(|| server.reach(&|postgres| postgres.set_password(&role, &renewal.after)))?;
    op.step(LOG_IN).run(|| server.reach(&|postgres| postgres.check_login(&database, &role, &renewal.after)))?;
    if let Some(previous) = previous(tenant) {
        let other = previous.role.clone();
        op.step(CLOSE)
            .undo(reopening(server, previous, tenant.role_name()))
            .run(|| server.reach(&|postgres| postgres.close_login(&other)))?;
    }
    op.step(END_SESSIONS).run(|| server.reach(&|postgres| postgres.end_sessions(&role)))?;
    let mut resources = renewal.applied_to(&tenant.resources);
    if let Some(fields) = resources.as_object_mut() {
        fields.remove(PREVIOUS);
    }
    Ok(resources)
}

fn with_overlap<C>(
    op: &Operation<C>,
    renewal: &Renewal,
    server: &impl Reach,
    overlap_ms: u64,
) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (owner, database, (from, to)) = (tenant.role_name(), tenant.database_name(), turn(tenant));
    let until_ms = op.step(SETTLE).run(|| settle(tenant, overlap_ms))?;
    op.step(FIND).run(|| find(server))?;
    let close = {
        let (server, owner, to) = (server.clone(), owner.clone(), to.clone());
        move || server.reach(&|postgres| take_away(postgres, &owner, &to))
    };
    op.step(OPEN).undo(close).run(|| server.reach(&|postgres| postgres.ensure_login(&to, &owner, &renewal.after)))?;
    op.step(LOG_IN).run(|| server.reach(&|postgres| postgres.check_login(&database, &to, &renewal.after)))?;
    let keep = {
        let (server, from) = (server.clone(), from.clone());
        move || tolerated(server.reach(&|postgres| postgres.expire_password(&from, None)))
    };
    op.step(EXPIRE).undo(keep).run(|| server.reach(&|postgres| postgres.expire_password(&from, Some(until_ms))))?;
    let mut resources = renewal.applied_to(&tenant.resources);
    if let Some(url) = resources["database_url"].as_str() {
        resources["database_url"] = url.replacen(&format!("://{from}:"), &format!("://{to}:"), 1).into();
    }
    let password = renewal.before.to_string();
    resources[PREVIOUS] = json!(Previous { role: from, password, valid_until_ms: until_ms });
    resources["role"] = to.into();
    Ok(resources)
}

/// The roles that log in before and after.
fn turn<C>(tenant: &Tenant<C>) -> (String, String) {
    let (first, second) = (tenant.role_name(), tenant.second_role_name());
    if tenant.login_role() == first { (first, second) } else { (second, first) }
}

pub(crate) fn previous<C>(tenant: &Tenant<C>) -> Option<Previous> {
    serde_json::from_value(tenant.resources[PREVIOUS].clone()).ok()
}

pub(crate) fn find(server: &impl Reach) -> Result<(), Failure> {
    server.reach(&|postgres| postgres.wait_ready(ANSWER).map(|_| ()))
}

/// Until when both passwords are taken. Two roles hold two passwords, not three.
fn settle<C>(tenant: &Tenant<C>, overlap_ms: u64) -> Result<u64, Failure> {
    let now_ms = clock::now_ms();
    match previous(tenant) {
        Some(previous) if previous.valid_until_ms > now_ms => {
            let seconds = (previous.valid_until_ms - now_ms).div_ceil(1_000);
            let message =
                format!("the password before this one is still taken for {seconds} s, and a third has no place");
            Err(Failure::refused("overlap-open", message)
                .help("wait, or rotate without `--overlap`, which ends both old ones at once"))
        }
        Some(_) | None => Ok(now_ms.saturating_add(overlap_ms)),
    }
}

/// Lets the other role log in as it could before.
pub(crate) fn reopening(
    server: &impl Reach,
    previous: Previous,
    owner: String,
) -> impl FnOnce() -> Result<(), Failure> + 'static {
    let server = server.clone();
    move || {
        let Previous { role, password, valid_until_ms } = previous;
        let password = Secret::recorded(&password);
        tolerated(server.reach(&|postgres| {
            postgres.ensure_login(&role, &owner, &password)?;
            postgres.expire_password(&role, Some(valid_until_ms))
        }))
    }
}

/// Takes back that a role logs in: nobody was told its password. The first one owns the database, and stays.
fn take_away(postgres: &Postgres, owner: &str, role: &str) -> Result<(), Failure> {
    if role == owner {
        return postgres.close_login(role);
    }
    match postgres.drop_role(role) {
        Err(failure) if failure.code() == "role-in-use" => postgres.close_login(role),
        outcome => outcome,
    }
}

/// The outcome of an undo: where the role is not there, the step did nothing to it.
pub(crate) fn tolerated(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(failure) if failure.code() == "role-missing" => Ok(()),
        outcome => outcome,
    }
}
