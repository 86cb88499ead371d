//! Another password for a tenant's database.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, Tenant};

use crate::Config;
use crate::api::Supabase;
use crate::organisation;
use crate::project;
use crate::tenancy::{self, PASSWORD};

const FIND: &str = "find the project";
const SET: &str = "set the new password";

/// Arguments of the operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    overlap_ms: Option<u64>,
}

/// The steps of it.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    refuse_overlap(request)?;
    Ok(vec![
        PlannedStep::new(FIND, "its database has to run"),
        PlannedStep::new(SET, "by Supabase, which refuses the old one from then on").undoable(),
    ])
}

/// Performs it. A password can be set as often as one likes, so nothing has to be looked up first.
pub(crate) fn rotate(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    refuse_overlap(op)?;
    let supabase = Rc::new(Supabase::connect()?);
    let renewal = op.renewed_secret(PASSWORD)?;

    let (reference, host) = op.step(FIND).run(|| running(&supabase, tenant))?;
    let undo = {
        let (supabase, tenant, reference) = (Rc::clone(&supabase), tenant.clone(), reference.clone());
        move || match project::set_password(&supabase, &reference, &renewal.before)? {
            Some(()) => Ok(()),
            // Where there is no project any more, there is no password to take back.
            None => organisation::require_of(&supabase, &tenant),
        }
    };
    op.step(SET).undo(undo).run(|| match project::set_password(&supabase, &reference, &renewal.after)? {
        Some(()) => Ok(()),
        None => missing(&supabase, tenant, &reference),
    })?;

    let mut resources = tenant.resources.clone();
    resources["database_url"] = tenancy::url(&host, &renewal.after).into();
    Ok(resources)
}

/// Reference and host of the project, if its database runs.
fn running(supabase: &Supabase, tenant: &Tenant<Config>) -> Result<(String, String), Failure> {
    let Some(found) = project::of(supabase, tenant)? else {
        return missing(supabase, tenant, &project::name(&tenant.id));
    };
    match found.host() {
        Some(host) if found.is_healthy() => Ok((found.reference.clone(), host.to_owned())),
        _ => {
            let (reference, status) = (&found.reference, project::in_words(&found.status));
            Err(Failure::refused("project-stopped", format!("project `{reference}` does not run: it is {status}"))
                .help(format!("look at it at https://supabase.com/dashboard/project/{reference}")))
        }
    }
}

/// Fails: there is no such project, or this account does not see it.
fn missing<T>(supabase: &Supabase, tenant: &Tenant<Config>, name: &str) -> Result<T, Failure> {
    organisation::require_of(supabase, tenant)?;
    Err(project::gone(name))
}

/// A database of Supabase's has one administrator, with one password.
fn refuse_overlap(request: &Request<Config>) -> Result<(), Failure> {
    match request.input::<Input>()?.overlap_ms {
        None => Ok(()),
        Some(_) => Err(Failure::refused("overlap-unsupported", "at Supabase a tenant has one password at a time")
            .help("rotate without `--overlap`")),
    }
}
