//! A tenant's settings.

use serde::{Deserialize, Serialize};
use systemprompt_sdk::FieldError;

/// Settings of one tenant; all have defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Directory with `initdb` and `postgres`; searched for in the usual places when it is not given.
    pub bin_dir: Option<String>,
    /// Port on 127.0.0.1 for a server that is started; any free one is taken when it is in use.
    pub port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { bin_dir: None, port: 5432 }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if let Some(bin_dir) = self.bin_dir.as_ref().filter(|bin_dir| !bin_dir.starts_with('/')) {
            errors.push(FieldError::new("/bin_dir", format!("a directory starts with `/`, and this is: {bin_dir}")));
        }
        if self.port == 0 {
            errors.push(FieldError::new("/port", "a port is a number from 1 to 65535"));
        }
        errors
    }
}
