//! The tenant that an operation is about, and the names that follow from its id.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::exports::systemprompt::provider::provider as contract;
use crate::{Failure, Secret, config};

/// PostgreSQL cuts longer names silently.
const NAME_BYTES_MAX: usize = 63;
const PREFIX: &str = "tenant_";

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

    /// Name of a second role that may log in for the tenant, while the first still can. No other tenant's role is called
    /// so: nothing else puts a dash into a name.
    pub fn second_role_name(&self) -> String {
        const SUFFIX: &str = "-b";
        let mut name = postgres_name(&self.id);
        name.truncate(NAME_BYTES_MAX - SUFFIX.len());
        name + SUFFIX
    }

    /// Name of the tenant's database while it is set aside. No other tenant's database is called so: nothing else puts a
    /// dash into a name.
    pub fn aside_database_name(&self) -> String {
        const SUFFIX: &str = "-aside";
        let mut name = postgres_name(&self.id);
        name.truncate(NAME_BYTES_MAX - SUFFIX.len());
        name + SUFFIX
    }

    /// The role that logs in for the tenant now: [`role_name`](Tenant::role_name), until a rotation with an overlap
    /// gave that to the second.
    pub fn login_role(&self) -> String {
        self.resources["role"].as_str().map_or_else(|| self.role_name(), str::to_owned)
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

/// `tenant_` and the id. Where that would need quoting or is too long, what takes its place ends in a hash of the whole
/// id, so that two ids never share a name by how they are written.
fn postgres_name(id: &str) -> String {
    let short = id.strip_prefix("local_").unwrap_or(id);
    let safe = |character: char| if matches!(character, 'a'..='z' | '0'..='9') { character } else { '_' };
    let name: String = PREFIX.chars().chain(short.chars().map(safe)).collect();
    if name.len() <= NAME_BYTES_MAX && name[PREFIX.len()..] == *short {
        return name;
    }
    let hash = format!("_{:016x}", fnv1a(id.as_bytes()));
    let kept: String = name.chars().take(NAME_BYTES_MAX - hash.len()).collect();
    kept + &hash
}

/// FNV-1a, 64 bits: spreads well and is small. What keeps tenants apart is the tag on the role.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_after_the_tenants_id() {
        assert_eq!(postgres_name("local_19bff27604c3f2a"), "tenant_19bff27604c3f2a");
    }

    #[test]
    fn whatever_postgres_would_have_to_quote_becomes_an_underscore() {
        let name = postgres_name("999bc654-9a64-49bc-98be-db976fc84e76");
        assert!(name.starts_with("tenant_999bc654_9a64_49bc_98be_db976fc84e76_"), "{name}");
        let name = postgres_name("A\"; drop--\u{e9}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
    }

    #[test]
    fn a_second_role_is_named_after_the_first_and_not_cut() {
        let tenant = |id: &str| Tenant {
            id: id.to_owned(),
            name: String::new(),
            region: None,
            config: (),
            resources: Value::Null,
        };
        assert_eq!(tenant("local_19bff27604c3f2a").second_role_name(), "tenant_19bff27604c3f2a-b");
        assert_eq!(tenant("local_19bff27604c3f2a").aside_database_name(), "tenant_19bff27604c3f2a-aside");
        let long = tenant(&"x".repeat(63)).aside_database_name();
        assert!(long.len() == NAME_BYTES_MAX && long.ends_with("-aside"), "{long}");
        let long = tenant(&"x".repeat(63)).second_role_name();
        assert!(long.len() == NAME_BYTES_MAX && long.ends_with("-b"), "{long}");
        assert_eq!(tenant("local_1").login_role(), "tenant_1");
        let second = Tenant { resources: serde_json::json!({ "role": "tenant_1-b" }), ..tenant("local_1") };
        assert_eq!(second.login_role(), "tenant_1-b");
    }

    #[test]
    fn ids_that_look_alike_have_names_of_their_own_that_postgres_does_not_cut() {
        let (one, other) = ("x".repeat(63) + "a", "x".repeat(63) + "b");
        for (one, other) in [("x-AB", "x-CD"), ("a_b", "a-b"), (&*one, &*other), ("local_ab", "AB")] {
            assert_ne!(postgres_name(one), postgres_name(other));
            assert!(postgres_name(one).len() <= NAME_BYTES_MAX);
        }
    }
}
