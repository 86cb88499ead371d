//! Other settings for a tenant that is there: there are none, for all of them are about how its server is made.

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation};

use crate::Config;

/// The operation's name.
pub(crate) const EDIT: &str = "edit";

/// The operation's input.
#[derive(Deserialize)]
struct Wanted {
    config: Config,
}

/// Says which rule keeps a setting as it is.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (Wanted { config: wanted }, now) = (op.input()?, &tenant.config);
    let fixed = [
        (wanted.image != now.image, "`image` cannot change: a container keeps the image that made its data"),
        (
            wanted.dedicated != now.dedicated,
            "`dedicated` cannot change: the tenant's data does not move to another server",
        ),
        (wanted.port != now.port, "`port` cannot change: a container keeps the port that it was made with"),
    ];
    if let Some((_, rule)) = fixed.into_iter().find(|(is_changed, _)| *is_changed) {
        let help = "create another tenant with the new settings, and move the data with `pg_dump` and `psql`";
        return Err(Failure::refused("config-fixed", rule).help(help));
    }
    Ok(tenant.resources.clone())
}
