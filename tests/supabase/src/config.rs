//! Settings for one tenant.

use serde::Deserialize;
use systemprompt_sdk::FieldError;

/// Settings for one tenant: `--config organization=acme`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Slug of the organization that the project is to be in.
    pub organization: Option<String>,
    /// Size of the database's machine.
    pub instance_size: Option<String>,
}

impl Config {
    /// The schema says it, too; but what comes into an address is looked at where it is used.
    pub(crate) fn check(&self) -> Vec<FieldError> {
        let is_slug = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        match &self.organization {
            Some(slug) if !is_slug(slug) => {
                vec![FieldError::new("/organization", "a slug has letters, digits, `_` and `-`; it is no title")]
            }
            _ => Vec::new(),
        }
    }
}
