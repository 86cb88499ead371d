//! Setting a tenant aside and bringing it back, also where its server has moved meanwhile.

use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, aside};

use crate::Config;
use crate::server::{ASIDE, Server};
use crate::tenancy::{LOOK, PASSWORD};

/// As elsewhere; the record says so, as a deletion is told nothing else of it.
pub(crate) fn set_aside(op: &Operation<Config>) -> Result<Value, Failure> {
    let mut resources = aside::set_aside(op, PASSWORD, &Server::of(op.tenant()?)?)?;
    resources[ASIDE] = true.into();
    Ok(resources)
}

/// Its URL leads to where the server is by now.
pub(crate) fn bring_back(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let server = Server::of(tenant)?.aside();
    let home = op.step(LOOK).run(|| server.find_aside())?;
    let has_moved = server.has_moved_to(&home);
    let server = server.at(home);
    let mut resources = aside::bring_back(op, PASSWORD, &server)?;
    if let Some(fields) = resources.as_object_mut() {
        fields.remove(ASIDE);
    }
    if has_moved {
        let url = server.url(&tenant.login_role(), &op.secret(PASSWORD)?, &tenant.database_name())?;
        resources["database_url"] = url.into();
        resources["server"] = server.description();
    }
    Ok(resources)
}
