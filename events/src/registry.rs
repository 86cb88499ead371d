//! `tenants.json`: the registry of tenants in the format that other programs read and write.
//!
//! Known fields, in order: `id`, `name`, `tenant_type`; then for local tenants `database_url`, `external_db_access`,
//! `shared_container_db`, for cloud tenants `app_id`, `hostname`, `region`, `internal_database_url`,
//! `external_db_access`, `sync_token`. A tenant's resources hold them under the same names; what a foreign
//! registry had besides is in their object [`FOREIGN_FIELDS`], and is written back behind the known ones.

mod parse;
mod render;

pub use parse::{ForeignTenant, REGISTRY_BYTES_MAX, RegistryError, parse};
pub use render::render;

use crate::TenantType;

/// The object in a tenant's resources that holds fields which we do not know, as they were imported.
pub const FOREIGN_FIELDS: &str = "foreign";

/// Fields after `tenant_type`, in the order in which they are written. Either type may have those of the other, as
/// registries of other programs do; they come after its own.
const fn fields(tenant_type: TenantType) -> &'static [&'static str] {
    match tenant_type {
        TenantType::Local => &[
            "database_url",
            "external_db_access",
            "shared_container_db",
            "app_id",
            "hostname",
            "region",
            "internal_database_url",
            "sync_token",
        ],
        TenantType::Cloud => &[
            "app_id",
            "hostname",
            "region",
            "internal_database_url",
            "external_db_access",
            "sync_token",
            "database_url",
            "shared_container_db",
        ],
    }
}

#[cfg(test)]
#[path = "registry/registry_test.rs"]
mod tests;
