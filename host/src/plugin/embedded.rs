//! First-party providers, built from source by the build script; they have no privilege that a third party's lacks.

use systemprompt_events::PluginId;

/// Id and component of each.
const EMBEDDED: [(&str, &[u8]); 2] = [
    ("docker", include_bytes!(concat!(env!("OUT_DIR"), "/docker.wasm"))),
    ("native", include_bytes!(concat!(env!("OUT_DIR"), "/native.wasm"))),
];

/// The component of a first-party provider.
pub fn component(id: &PluginId) -> Option<&'static [u8]> {
    EMBEDDED.iter().find(|(name, _)| *name == id.as_str()).map(|(_, wasm)| *wasm)
}

/// Ids of all, in the order in which a local tenant is offered them.
pub fn ids() -> Vec<PluginId> {
    EMBEDDED.iter().filter_map(|(name, _)| name.parse().ok()).collect()
}
