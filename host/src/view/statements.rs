//! What a `psql` printed that ran elsewhere.

use serde_json::{Value, json};
use systemprompt_events::TenantId;

use super::{Paint, View};
use crate::plugin::v1::PsqlEnded;
use crate::text::printable;

/// How it ended.
pub struct Statements {
    /// In whose database.
    pub tenant: TenantId,
    /// By its provider.
    pub ended: PsqlEnded,
}

impl View for Statements {
    fn schema(&self) -> &'static str {
        "systemprompt/infra-db-psql/v1"
    }

    fn data(&self) -> Value {
        let PsqlEnded { exit_code, stdout, stderr, .. } = &self.ended;
        json!({ "tenant": self.tenant.as_str(), "exit_code": exit_code, "stdout": stdout, "stderr": stderr })
    }

    fn text(&self, paint: Paint) -> String {
        // Another program reads it as it is; a terminal would do what it says.
        if paint.terminal { printable(&self.ended.stdout) } else { self.ended.stdout.clone() }
    }

    fn is_failure(&self) -> bool {
        self.ended.exit_code != 0
    }
}
