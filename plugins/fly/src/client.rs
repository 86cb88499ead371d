//! A machine with `psql` in the organisation's network, for a tenant whose database Fly manages: nobody else reaches that.
//! It runs no server, keeps nothing, and knows no password.

use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Tenant};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::intake;
use crate::machine::{self, Machine};

/// Name of the machine.
pub(crate) const MACHINE: &str = "psql";
/// The smallest that there is.
pub(crate) const MEMORY_MB: u32 = 256;

/// The machine, made if there is none.
pub(crate) fn ensure(
    fly: &Fly,
    app: &App,
    tenant: &Tenant<Config>,
    operation: &str,
    region: &str,
) -> Result<Machine, Failure> {
    machine::ensure(fly, app, MACHINE, &body(tenant, operation, region))
}

fn body(tenant: &Tenant<Config>, operation: &str, region: &str) -> Value {
    json!({
        "name": MACHINE,
        "region": region,
        "config": {
            "image": tenant.config.image,
            // In place of the server that the image would start.
            "init": { "cmd": ["sleep", "infinity"] },
            "metadata": {
                intake::ID: tenant.id, intake::NAME: tenant.name,
                "systemprompt_operation": operation,
            },
            "guest": { "cpu_kind": "shared", "cpus": 1, "memory_mb": MEMORY_MB },
            "restart": { "policy": "always" },
        },
    })
}
