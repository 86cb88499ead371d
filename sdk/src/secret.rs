//! Secrets that the plugin never sees.

use std::fmt;

use crate::bindings::systemprompt::provider::secrets::Spec;
use crate::{Failure, Scope, imports};

/// Characters of a generated secret: about 190 bits from the host's URL-safe alphabet.
const LENGTH: u32 = 32;

/// The placeholder of a secret.
///
/// The host generates and seals the value, and puts it where the placeholder stands: in an environment, in SQL, in a
/// template such as a result's `database_url`. There is no way from here to the value, so it cannot be printed, stored
/// or sent by mistake. `Display` and `Debug` show the placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of the operation's tenant, generated if there is none of that name yet.
    pub fn of_tenant(name: &str) -> Result<Self, Failure> {
        Self::ensure(name, Scope::Tenant, LENGTH)
    }

    /// A secret that the tenants of all projects on this machine share.
    pub fn of_machine(name: &str) -> Result<Self, Failure> {
        Self::ensure(name, Scope::Machine, LENGTH)
    }

    /// A secret of a length of your own; names are lower case letters, digits and dashes.
    pub fn ensure(name: &str, scope: Scope, length: u32) -> Result<Self, Failure> {
        let spec = Spec { name: name.to_owned(), scope, length, ext: None };
        imports::secrets::ensure(&spec).map(Self)
    }

    /// What stands for the value in templates.
    pub fn placeholder(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({})", self.0)
    }
}
