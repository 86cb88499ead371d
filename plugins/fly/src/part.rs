//! Machines of an app with their configurations, as one look shows them.

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::Failure;

use crate::api::Fly;
use crate::machine;

/// A machine with its configuration.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) region: Option<String>,
    #[serde(default)]
    pub(crate) config: Value,
}

impl Part {
    /// Whether its configuration is known, as it is not where the machine's host cannot be reached.
    pub(crate) fn is_known(&self) -> bool {
        self.config.is_object()
    }

    /// Whether it is there to stay.
    pub(crate) fn stays(&self) -> bool {
        !machine::GOING.contains(&self.state.as_str())
    }
}

/// All of an app; none where Fly knows no such app.
pub(crate) fn all(fly: &Fly, app: &str) -> Result<Option<Vec<Part>>, Failure> {
    fly.look_up(&format!("/v1/apps/{app}/machines"), &format!("list the machines of app `{app}`"))
}

/// The one of this name, of which an app has no two.
pub(crate) fn named<'a>(parts: &'a [Part], name: &str) -> Option<&'a Part> {
    parts.iter().find(|part| part.name == name && part.stays())
}
