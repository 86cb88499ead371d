//! What a plugin asks of a server beyond who its administrator is: in the `ext` of its target, and answered in that of the
//! administrator.

use serde::Deserialize;

use crate::backend::BackendError;
use crate::backend::postgres::{Admin, Standing, Tagged};

/// What a target's `ext` may ask.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Question {
    /// How the administrator stands to a role of this name, of the tenant that the call is about, and whether anything of
    /// that tenant is left.
    role: Option<String>,
    /// What there is of tenants, whosever.
    tenants: bool,
}

impl Question {
    /// As a plugin wrote it; what cannot be read asks nothing.
    pub(super) fn read(ext: Option<&str>) -> Self {
        ext.and_then(|ext| serde_json::from_str(ext).ok()).unwrap_or_default()
    }

    /// Whether it is about a tenant.
    pub(super) fn is_about_tenant(&self) -> bool {
        self.role.is_some()
    }

    /// Asks. `tenant` is the one that the call is about; only a server that is somebody's own says what there is of others.
    pub(super) async fn ask(
        &self,
        admin: &Admin,
        tenant: Option<&str>,
        is_somebodys: bool,
    ) -> Result<Option<String>, BackendError> {
        if let (Some(role), Some(tenant)) = (&self.role, tenant) {
            return Ok(Some(of_role(&admin.standing(role, tenant).await?)));
        }
        if self.tenants && is_somebodys {
            return Ok(Some(of_tenants(&admin.tagged().await?)));
        }
        Ok(None)
    }
}

fn of_role(Standing { may_change, tag, is_left }: &Standing) -> String {
    let role = may_change.map(|may_change| serde_json::json!({ "may_change": may_change }));
    serde_json::json!({ "role": role, "tag": tag, "left": is_left }).to_string()
}

/// A tag names the tenant and, behind a dot, its project; roles are named after the tenant alone.
fn of_tenants(found: &[Tagged]) -> String {
    let one = |Tagged { tag, kind, name }: &Tagged| {
        let tenant = tag.split_once('.').map_or(tag.as_str(), |(tenant, _project)| tenant);
        serde_json::json!({ "tenant": tenant, "kind": kind, "name": name })
    };
    serde_json::json!({ "tenants": found.iter().map(one).collect::<Vec<_>>() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_told_the_tenant_that_a_tag_names_and_not_its_project() {
        let found = |tag: &str| Tagged { tag: tag.to_owned(), kind: "role".to_owned(), name: "r".to_owned() };
        let said = of_tenants(&[found("5d0c0f3e.01a22dab"), found("local_1")]);
        let said: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
        assert_eq!(
            (&said["tenants"][0]["tenant"], &said["tenants"][1]["tenant"]),
            (&"5d0c0f3e".into(), &"local_1".into())
        );
    }

    #[test]
    fn what_cannot_be_read_asks_nothing() {
        for odd in [None, Some("["), Some("{\"role\": 7}"), Some("{\"of tomorrow\": 1}")] {
            let question = Question::read(odd);
            assert!(!question.is_about_tenant() && !question.tenants, "{odd:?}");
        }
        assert!(Question::read(Some("{\"role\": \"r\", \"sslmode\": \"require\"}")).is_about_tenant());
    }
}
