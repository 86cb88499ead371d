//! A tenant's settings.

use serde::{Deserialize, Serialize};
use systemprompt_sdk::FieldError;

/// Settings of one tenant; all have defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Image of the server; a shared server that exists already keeps its own.
    pub image: String,
    /// Whether the tenant gets a container and a volume of its own.
    pub dedicated: bool,
    /// Port on 127.0.0.1 for a server that is made; any free one is taken when it is in use.
    pub port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { image: "postgres:18".to_owned(), dedicated: false, port: 5432 }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.image.is_empty() || self.image.contains(char::is_whitespace) {
            let message = format!("`{}` does not name an image; one looks like `postgres:18`", self.image);
            errors.push(FieldError::new("/image", message));
        }
        if self.port == 0 {
            errors.push(FieldError::new("/port", "a port is a number from 1 to 65535"));
        }
        errors
    }
}
