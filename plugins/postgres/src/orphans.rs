//! What carries the tag of a tenant that the project does not have: another project's, or what one that is lost left behind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use systemprompt_sdk::postgres::Tagged;
use systemprompt_sdk::{Failure, Orphan, Tenant, log};

use crate::Config;
use crate::rights::quoted;
use crate::server::Server;

/// Names of a tenant's roles and databases.
#[derive(Default)]
struct Parts {
    databases: Vec<String>,
    roles: Vec<String>,
}

/// What the program says of a server with more than it lists.
const CROWDED: &str = "server-crowded";

/// None where the program does not tell what there is.
pub(crate) fn orphans(tenants: &[Tenant<Value>]) -> Result<Option<Vec<Orphan>>, Failure> {
    let tagged = match Server::new(&Config::default()).postgres().tagged() {
        Err(failure) if failure.code() == CROWDED => {
            log::warn(&format!("{failure}: what is of no tenant here is not looked for"));
            return Ok(None);
        }
        other => other?,
    };
    let Some(tagged) = tagged else { return Ok(None) };
    let ours: BTreeSet<_> = tenants.iter().map(|tenant| tenant.id.as_str()).collect();
    let mut others: BTreeMap<String, Parts> = BTreeMap::new();
    for Tagged { tenant, kind, name } in tagged {
        if !ours.contains(tenant.as_str()) {
            let parts = others.entry(tenant).or_default();
            if kind == "database" { parts.databases.push(name) } else { parts.roles.push(name) }
        }
    }
    Ok(Some(others.iter().map(|(tenant, parts)| parts.orphan(tenant)).collect()))
}

impl Parts {
    /// The one of a tenant. It cannot be taken in: its password is not known, and nothing says which project lost it.
    fn orphan(&self, tenant: &str) -> Orphan {
        let (databases, roles) = (self.databases.len(), self.roles.len());
        let drop = |kind: &'static str| move |name: &String| format!("DROP {kind} {}", quoted(name));
        let statements = self.databases.iter().map(drop("DATABASE")).chain(self.roles.iter().map(drop("ROLE")));
        let statements: Vec<_> = statements.collect();
        let name = self.databases.first().or(self.roles.first()).cloned().unwrap_or_default();
        Orphan {
            name,
            about: format!("of tenant `{tenant}`; databases: {databases}, roles: {roles}"),
            help: Some(format!("if it is no other project's, `{}` removes it", statements.join("; "))),
            ext: None,
        }
    }
}
