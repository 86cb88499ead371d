//! Migrations of a database: what was applied, what would be, where each stands.

use serde_json::{Value, json};
use systemprompt_events::TenantView;

use super::{Paint, View, layout};
use crate::migration::{Folder, Standing};

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Those that were applied just now.
    Applied,
    /// Those that would be.
    Plan,
    /// All.
    Status,
}

/// Migrations of one tenant's database.
pub struct Migrations {
    tenant: TenantView,
    dir: String,
    what: What,
    all: Vec<Standing>,
}

impl Migrations {
    /// Of this tenant, from this directory.
    pub fn new(tenant: TenantView, folder: &Folder, what: What, migrations: Vec<Standing>) -> Migrations {
        Migrations { tenant, dir: crate::text::shown(&folder.dir), what, all: migrations }
    }
}

impl View for Migrations {
    fn schema(&self) -> &'static str {
        "systemprompt/infra-db-migrate/v1"
    }

    fn data(&self) -> Value {
        let what = match self.what {
            What::Applied => "applied",
            What::Plan => "plan",
            What::Status => "status",
        };
        let migration = |each: &Standing| {
            json!({
                "version": each.version,
                "description": each.description,
                "state": each.state.as_str(),
                "applied_at": each.applied_at,
            })
        };
        let migrations: Vec<_> = self.all.iter().map(migration).collect();
        json!({ "tenant": self.tenant.id.as_str(), "directory": self.dir, "what": what, "migrations": migrations })
    }

    fn text(&self, paint: Paint) -> String {
        let (count, name) = (self.all.len(), &self.tenant.name);
        let noun = if count == 1 { "migration" } else { "migrations" };
        let mut text = match (self.what, count) {
            (What::Applied, 0) => format!("tenant `{name}` has all migrations; nothing was applied\n"),
            (What::Applied, _) => format!("applied {count} {noun} to tenant `{name}`\n"),
            (What::Plan, 0) => format!("tenant `{name}` has all migrations; nothing would be applied\n"),
            (What::Plan, _) => format!("would apply {count} {noun} to tenant `{name}`\n"),
            (What::Status, _) => String::new(),
        };
        let version_columns = self.all.iter().map(|each| each.version.to_string().len()).max().unwrap_or(0);
        let description_columns = self.all.iter().map(|each| each.description.chars().count()).max().unwrap_or(0);
        for each in &self.all {
            let told = match self.what {
                What::Applied | What::Plan => each.description.clone(),
                What::Status => format!(
                    "{:<description_columns$}  {:<10}  {}",
                    each.description,
                    each.state.as_str(),
                    each.applied_at.as_deref().unwrap_or_default(),
                ),
            };
            let columns = format!("  {:>version_columns$}  ", each.version);
            text.push_str(&layout::hang(&columns, told.trim_end(), paint));
        }
        text
    }

    fn is_failure(&self) -> bool {
        self.all.iter().any(|each| each.state.is_fault())
    }
}
