//! Secrets that the plugin never sees.

use std::fmt;

use serde_json::Value;

use crate::bindings::systemprompt::provider::secrets::{self as contract, Spec};
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

    /// The next version of a secret of the operation's tenant.
    ///
    /// It is generated once in an operation, however often it is asked for, and withdrawn when the operation is undone.
    pub fn renew(name: &str) -> Result<Renewal, Failure> {
        let spec = Spec { name: name.to_owned(), scope: Scope::Tenant, length: LENGTH, ext: None };
        let contract::Renewal { before, after } = imports::secrets::renew(&spec)?;
        Ok(Renewal { before: Self(before), after: Self(after) })
    }

    /// A placeholder that was recorded with what an operation returned.
    pub fn recorded(placeholder: &str) -> Self {
        Self(placeholder.to_owned())
    }

    /// What stands for the value in templates.
    pub fn placeholder(&self) -> &str {
        &self.0
    }
}

/// A secret of the tenant, before and after the operation that renews it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The version that was in use when the operation began.
    pub before: Secret,
    /// The version that the operation generated.
    pub after: Secret,
}

impl Renewal {
    /// The same document with the new version wherever a text of it names the old one.
    #[must_use]
    pub fn applied_to(&self, document: &Value) -> Value {
        match document {
            Value::String(text) => text.replace(self.before.placeholder(), self.after.placeholder()).into(),
            Value::Array(items) => items.iter().map(|item| self.applied_to(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.applied_to(value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => document.clone(),
        }
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
