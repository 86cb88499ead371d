//! First-party providers, built from source by the build script; they have no privilege that a third party's lacks.

use systemprompt_events::{PluginId, TenantType};

/// Id, kind of tenants, and component of each.
const EMBEDDED: [(&str, TenantType, &[u8]); 4] = [
    ("docker", TenantType::Local, include_bytes!(concat!(env!("OUT_DIR"), "/docker.wasm"))),
    ("native", TenantType::Local, include_bytes!(concat!(env!("OUT_DIR"), "/native.wasm"))),
    ("fly", TenantType::Cloud, include_bytes!(concat!(env!("OUT_DIR"), "/fly.wasm"))),
    ("postgres", TenantType::Cloud, include_bytes!(concat!(env!("OUT_DIR"), "/postgres.wasm"))),
];

/// The component of a first-party provider.
pub fn component(id: &PluginId) -> Option<&'static [u8]> {
    EMBEDDED.iter().find(|(name, ..)| *name == id.as_str()).map(|(.., wasm)| *wasm)
}

/// Whether these are a first-party provider's bytes.
pub fn is_component(wasm: &[u8]) -> bool {
    EMBEDDED.iter().any(|(.., carried)| *carried == wasm)
}

/// Ids of all.
pub fn ids() -> Vec<PluginId> {
    EMBEDDED.iter().filter_map(|(name, ..)| name.parse().ok()).collect()
}

/// What kind of tenants a first-party provider makes.
pub fn makes(id: &PluginId) -> Option<TenantType> {
    EMBEDDED.iter().find(|(name, ..)| *name == id.as_str()).map(|(_, makes, _)| *makes)
}

/// Ids of those that make tenants on this machine, in the order in which a tenant is offered them.
pub fn local_ids() -> Vec<PluginId> {
    let local = EMBEDDED.iter().filter(|(_, makes, _)| *makes == TenantType::Local);
    local.filter_map(|(name, ..)| name.parse().ok()).collect()
}
