//! A tenant's life: made in steps, looked at, and removed.

use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::{Failure, LiveStatus, Operation, PlannedStep, Secret, Tenant};

use crate::Config;
use crate::api::Supabase;
use crate::beginner::Beginner;
use crate::organisation::{self, ORGANISATION};
use crate::project::{self, REFERENCE};

/// Name of the password among the tenant's secrets.
pub(crate) const PASSWORD: &str = "db-password";

const ACCOUNT: &str = "look at the account";
const CREATE: &str = "create the project";
const WAIT: &str = "wait until the database runs";
const LOOK: &str = "look at the project";
const REMOVE: &str = "delete the project";

/// The steps of making one.
pub(crate) fn creation(tenant: &Tenant<Config>) -> Vec<PlannedStep> {
    let (name, region) = (project::name(&tenant.id), project::region(tenant));
    vec![
        PlannedStep::new(ACCOUNT, "whose it is, and for which organization"),
        PlannedStep::new(CREATE, format!("`{name}` in {region}; it counts towards your plan")).undoable(),
        PlannedStep::new(WAIT, "up to ten minutes"),
    ]
}

/// Makes one. All that it makes is one project, so that there is one undo.
pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let supabase = Rc::new(Supabase::connect()?);
    let password = op.secret(PASSWORD)?;

    let beginner = op.step(ACCOUNT).run(|| Beginner::now(&supabase, &tenant.config))?;
    let undo = {
        let (supabase, name, beginner) = (Rc::clone(&supabase), project::name(&tenant.id), beginner.clone());
        move || {
            beginner.require(&supabase)?;
            project::remove_named(&supabase, &name)
        }
    };
    let organisation = &beginner.organisation;
    let reference = op.step(CREATE).undo(undo).run(|| {
        beginner.require(&supabase)?;
        project::ensure(&supabase, tenant, organisation, &password)
    })?;
    let host = op.step(WAIT).run(|| project::wait_healthy(&supabase, &reference, organisation))?;

    Ok(json!({
        "database_url": url(&host, &password),
        "hostname": host,
        "external_db_access": true,
        REFERENCE: reference,
        ORGANISATION: organisation,
    }))
}

/// The administrator of the project's database is the tenant: there is nobody else in it.
pub(crate) fn url(host: &str, password: &Secret) -> String {
    format!("postgres://postgres:{password}@{host}:5432/postgres?sslmode=require")
}

/// The steps of removing one, with what there is to be removed.
pub(crate) fn removal(tenant: &Tenant<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let found = project::of(&Supabase::connect_to_look()?, tenant)?;
    let summary = match found {
        Some(project) => {
            let (reference, region) = (project.reference, project.region);
            format!("project `{reference}` in {region}, with its database and its backups")
        }
        None => "nothing of it is seen at Supabase".to_owned(),
    };
    Ok(vec![
        PlannedStep::new(LOOK, "so that nothing begins that cannot end"),
        PlannedStep::new(REMOVE, summary).irreversible(),
    ])
}

/// Removes one.
pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let (supabase, name) = (Supabase::connect()?, project::name(&tenant.id));
    let reference = op.step(LOOK).run(|| match project::of(&supabase, tenant)? {
        Some(project) => Ok(Some(project.reference)),
        None => organisation::require_of(&supabase, tenant).map(|()| None),
    })?;
    op.step(REMOVE).irreversible().run(|| {
        let removed = match &reference {
            Some(reference) => project::remove(&supabase, reference)?,
            None => None,
        };
        // Whoever resumes may be logged in to another account than whoever looked.
        if removed.is_none() {
            organisation::require_of(&supabase, tenant)?;
        }
        project::remove_named(&supabase, &name)
    })
}

/// How one is, as Supabase says.
pub(crate) fn status(tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let supabase = Supabase::connect_to_look()?;
    let Some(project) = project::of(&supabase, tenant)? else {
        return match organisation::require_of(&supabase, tenant) {
            Ok(()) => Ok(LiveStatus::unreachable("missing").detail("Project", "there is none at Supabase")),
            Err(other) if other.code() == "account-other" => {
                Ok(LiveStatus::unreachable("elsewhere").detail("Problem", other.to_string()))
            }
            Err(failure) => Err(failure),
        };
    };
    let state = project::in_words(&project.status).replace(' ', "-");
    let status = if project.is_healthy() { LiveStatus::ready() } else { LiveStatus::unreachable(&state) };
    let status = status.detail("Project", format!("{}, {}", project.reference, project::in_words(&project.status)));
    Ok(status.detail("Region", project.region.clone()).detail("PostgreSQL", project.version()))
}
