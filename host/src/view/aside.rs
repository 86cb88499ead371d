//! Tenants that were deleted with a grace.

use serde_json::{Value, json};
use systemprompt_events::AsideView;

use super::layout;
use super::{Paint, View};

/// Those that can be brought back, or wait to be deleted for good.
pub struct Deleted(pub Vec<AsideView>);

impl View for Deleted {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-tenant-deleted/v1"
    }

    fn data(&self) -> Value {
        let one = |aside: &AsideView| {
            let tenant = &aside.tenant;
            json!({
                "id": tenant.id.as_str(), "name": tenant.name.as_str(), "tenant_type": tenant.tenant_type.to_string(),
                "provider": tenant.provider.to_string(), "deleted_at": tenant.updated_at.to_string(),
                "until": aside.until.to_string(),
            })
        };
        json!({ "tenants": self.0.iter().map(one).collect::<Vec<_>>(), "total": self.0.len() })
    }

    fn text(&self, paint: Paint) -> String {
        if self.0.is_empty() {
            return "no deleted tenant can be brought back\n".to_owned();
        }
        let line = |aside: &AsideView| {
            let tenant = &aside.tenant;
            let line = format!("  {}  {}  until {}", tenant.id, tenant.name, aside.until);
            layout::line(&line, paint) + "\n"
        };
        self.0.iter().map(line).collect()
    }
}
