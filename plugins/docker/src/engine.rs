//! The engine that a tenant's server was made on, and the proof that it is the one that answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use systemprompt_sdk::Failure;
use systemprompt_sdk::docker::Docker;

/// An engine, as it is recorded with what was made on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Engine {
    /// Who it is, wherever it answers.
    id: String,
    /// Where it answered.
    endpoint: String,
}

impl Engine {
    /// The engine that answers now.
    pub(crate) fn here() -> Result<Self, Failure> {
        Ok(Self { id: Docker.identity()?, endpoint: Docker.ping()?.endpoint })
    }

    /// The engine that is recorded in a tenant's resources.
    pub(crate) fn recorded(resources: &Value) -> Option<Self> {
        serde_json::from_value(resources.pointer("/server/engine")?.clone()).ok()
    }

    /// Refused when another engine answers: nothing of the tenant's is there, and that it is not there proves nothing.
    pub(crate) fn expect(&self, container: &str) -> Result<(), Failure> {
        let here = Self::here()?;
        if here.id == self.id {
            return Ok(());
        }
        let message = format!(
            "container `{container}` was made on the Docker engine `{}`, which answered at `{}`; the one that answers \
             now, at `{}`, is another: `{}`",
            self.id, self.endpoint, here.endpoint, here.id
        );
        Err(Failure::refused("engine-changed", message).help(self.way_back()))
    }

    /// The endpoint stands in a history, which may come from anybody: only a plain one becomes part of a command.
    fn way_back(&self) -> String {
        let plain = |character: char| character.is_ascii_alphanumeric() || "/._:-[]".contains(character);
        if self.endpoint.chars().all(plain) {
            format!("start that engine, then run the command again with `DOCKER_HOST={}`", self.endpoint)
        } else {
            "start that engine, set `DOCKER_HOST` to where it answers, and run the command again".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(endpoint: &str) -> Engine {
        Engine { id: "A".to_owned(), endpoint: endpoint.to_owned() }
    }

    #[test]
    fn only_a_plain_endpoint_is_shown_as_something_to_type() {
        assert!(engine("unix:///run/user/1000/docker.sock").way_back().contains("`DOCKER_HOST=unix:///run/user/1000/"));
        for endpoint in ["unix:///x;reboot", "unix:///$(id)", "unix:///a b", "unix:///`id`", "unix:///x\n"] {
            assert!(!engine(endpoint).way_back().contains(endpoint), "{endpoint:?}");
        }
    }

    #[test]
    fn resources_without_an_engine_tell_of_none() {
        let recorded = |text: &str| Engine::recorded(&serde_json::from_str(text).unwrap());
        assert_eq!(recorded(r#"{"server":{"engine":{"id":"A","endpoint":"unix:///d"}}}"#), Some(engine("unix:///d")));
        for text in ["{}", r#"{"server":{}}"#, r#"{"server":{"engine":"A"}}"#] {
            assert_eq!(recorded(text), None, "{text}");
        }
    }
}
