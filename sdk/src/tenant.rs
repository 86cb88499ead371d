//! The tenant that an operation is about, and the names that follow from its id.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::exports::systemprompt::provider::provider as contract;
use crate::{Failure, Secret, config};

/// PostgreSQL cuts longer names silently.
const NAME_BYTES_MAX: usize = 63;

/// A tenant as its provider sees it, with the provider's own configuration.
#[derive(Clone, Debug)]
pub struct Tenant<C> {
    /// Unique for ever: `local_19bff27604c3f2a` or a UUID.
    pub id: String,
    /// What the user calls it; may change.
    pub name: String,
    /// Where it runs, for providers that have regions.
    pub region: Option<String>,
    /// The provider's own settings for this tenant.
    pub config: C,
    /// What `create` returned; an empty object before.
    pub resources: Value,
}

impl<C> Tenant<C> {
    /// Name of the tenant's PostgreSQL role, made of its id alone, so that it never changes.
    pub fn role_name(&self) -> String {
        postgres_name(&self.id)
    }

    /// Name of the tenant's database: that of its role.
    pub fn database_name(&self) -> String {
        postgres_name(&self.id)
    }

    /// A secret of this tenant, generated if there is none of that name yet.
    pub fn secret(&self, name: &str) -> Result<Secret, Failure> {
        Secret::of_tenant(name)
    }
}

impl<C: DeserializeOwned> Tenant<C> {
    pub(crate) fn parse(tenant: contract::Tenant) -> Result<Self, Failure> {
        let contract::Tenant { id, name, region, config, resources, ext: _ } = tenant;
        let config = config::parse(&config).map_err(|errors| config::refusal(&errors))?;
        let resources = serde_json::from_str(&resources).map_err(|error| {
            Failure::broken("resources-unreadable", format!("tenant `{id}` has bad resources: {error}"))
        })?;
        Ok(Self { id, name, region, config, resources })
    }
}

fn postgres_name(id: &str) -> String {
    let id = id.strip_prefix("local_").unwrap_or(id);
    let safe = |character: char| if matches!(character, 'a'..='z' | '0'..='9') { character } else { '_' };
    let mut name: String = "tenant_".chars().chain(id.chars().map(safe)).collect();
    name.truncate(NAME_BYTES_MAX);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, name: &str) {
        assert_eq!(postgres_name(id), name);
    }

    #[test]
    fn a_role_is_named_after_the_tenants_id() {
        check("local_19bff27604c3f2a", "tenant_19bff27604c3f2a");
        check("999bc654-9a64-49bc-98be-db976fc84e76", "tenant_999bc654_9a64_49bc_98be_db976fc84e76");
    }

    #[test]
    fn whatever_postgres_would_have_to_quote_becomes_an_underscore() {
        check("A\"; drop--é", "tenant_____drop___"); // each character becomes one byte
    }

    #[test]
    fn a_long_name_is_cut_where_postgres_would_cut_it() {
        assert_eq!(postgres_name(&"x".repeat(200)).len(), NAME_BYTES_MAX);
    }
}
