//! Profiles: what a `profile.yaml` may say, how it is read and changed without losing what a person wrote into it.

pub mod difference;
pub mod document;
pub mod edit;
mod fields;
mod yaml;

use systemprompt_events::{ProfileName, TenantView};

/// A new profile's `profile.yaml`, as the documentation shows one.
pub fn new_text(name: &ProfileName, tenant: &TenantView) -> String {
    let (target, id) = (tenant.tenant_type, &tenant.id);
    format!(
        "name: {name}\ntarget: {target}\n\ncloud:\n  tenant_id: {id}\n  credentials_path: ../../credentials.json\n  \
         tenants_path: ../../tenants.json\n"
    )
}
