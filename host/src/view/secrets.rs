//! Secrets that users set: names, ages and who set them.

use serde_json::{Value, json};
use systemprompt_events::{ProfileView, TenantView, Timestamp, UserSecretView};

use super::{Paint, View, layout};
use crate::text::one_line;

/// All that are set in a tenant.
pub struct Secrets {
    /// The tenant.
    pub tenant: TenantView,
    /// Its secrets.
    pub set: Vec<UserSecretView>,
    /// Its profiles.
    pub profiles: Vec<ProfileView>,
    /// When it is asked.
    pub now: Timestamp,
}

impl View for Secrets {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-secrets-list/v1"
    }

    fn data(&self) -> Value {
        let secret = |secret: &UserSecretView| {
            json!({
                "name": secret.key.as_str(),
                "profile": self.profile(secret),
                "set_at": secret.set_at.to_string(),
                "set_by": secret.set_by,
            })
        };
        let secrets: Vec<_> = self.set.iter().map(secret).collect();
        json!({ "tenant": self.tenant.id.as_str(), "secrets": secrets })
    }

    fn text(&self, paint: Paint) -> String {
        if self.set.is_empty() {
            return layout::hang("", &format!("tenant `{}` has no secrets", self.tenant.name), paint);
        }
        let rows: Vec<_> = self.set.iter().map(|secret| self.row(secret)).collect();
        let width = |column: usize| rows.iter().map(|row| layout::width(&row[column])).max().unwrap_or(0);
        let (name, place) = (width(0), width(1));
        let line = |row: &[String; 3]| {
            let columns = format!("  {}  {}  ", layout::pad(&row[0], name), layout::pad(&row[1], place));
            layout::hang(&columns, &row[2], paint)
        };
        rows.iter().map(line).collect()
    }
}

impl Secrets {
    fn profile(&self, secret: &UserSecretView) -> Option<&str> {
        let id = secret.profile?;
        self.profiles.iter().find(|profile| profile.id == id).map(|profile| profile.name.as_str())
    }

    fn row(&self, secret: &UserSecretView) -> [String; 3] {
        let place = match self.profile(secret) {
            Some(profile) => format!("profile {profile}"),
            None => "tenant".to_owned(),
        };
        let age = crate::session::duration(secret.set_at, self.now);
        [secret.key.to_string(), place, format!("set {age} ago by {}", one_line(&secret.set_by, 100))]
    }
}
