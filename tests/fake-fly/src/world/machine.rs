//! A machine: its states, and what time makes of them.
//!
//! Source: <https://fly.io/docs/machines/machine-states/>

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::event::Event;
use super::lease::Lease;
use crate::clock::Moment;

mod view;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    Starting,
    Started,
    Stopping,
    Stopped,
    Restarting,
    Suspending,
    Suspended,
    Replacing,
    LaunchFailed,
    Failed,
    Destroying,
    Destroyed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting => "starting",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Restarting => "restarting",
            Self::Suspending => "suspending",
            Self::Suspended => "suspended",
            Self::Replacing => "replacing",
            Self::LaunchFailed => "launch_failed",
            Self::Failed => "failed",
            Self::Destroying => "destroying",
            Self::Destroyed => "destroyed",
        }
    }

    pub(crate) fn is_gone(self) -> bool {
        self == Self::Destroyed
    }

    /// Whether it stays as it is until somebody asks for something else.
    pub(crate) fn is_settled(self) -> bool {
        match self {
            Self::Created | Self::Started | Self::Stopped | Self::Suspended | Self::Failed | Self::Destroyed => true,
            Self::Starting
            | Self::Stopping
            | Self::Restarting
            | Self::Suspending
            | Self::Replacing
            | Self::LaunchFailed
            | Self::Destroying => false,
        }
    }

    /// What the event is called that a machine comes into this state by.
    fn event(self) -> &'static str {
        match self {
            Self::Created => "launch",
            Self::Starting | Self::Started => "start",
            Self::Stopping | Self::Stopped => "stop",
            Self::Restarting => "restart",
            Self::Suspending | Self::Suspended => "suspend",
            Self::Replacing => "update",
            Self::LaunchFailed | Self::Failed => "launch_failed",
            Self::Destroying | Self::Destroyed => "destroy",
        }
    }
}

/// What a moment brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    To(State),
    /// The process ends with this code.
    Exit(i32),
    /// Nothing is known of it any more.
    Forget,
}

/// What is left of a machine after time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    /// It is destroyed, and still found by its id.
    Destroyed,
    Forgotten,
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) state: State,
    /// What Fly calls the instance id: another one for each configuration.
    pub(crate) version: String,
    /// Versions before this one, with their configurations, newest first.
    pub(crate) replaced: Vec<(String, Value)>,
    /// As it was given.
    pub(crate) config: Value,
    /// Of the image that was pulled for this version of it.
    pub(crate) digest: String,
    /// Secrets as this version of the machine got them.
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) secrets_version: u64,
    pub(crate) private_ip: String,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) visible_at: Moment,
    pub(crate) listed_at: Moment,
    /// Until then it refuses to start.
    pub(crate) active_until: Moment,
    pub(crate) lease: Option<Lease>,
    pub(crate) events: Vec<Event>,
    pub(crate) cordoned: bool,
    /// Whether its host can be reached.
    pub(crate) reachable: bool,
    pub(crate) plan: VecDeque<(Moment, Next)>,
}

impl Machine {
    /// Lets happen what was due until `now`.
    pub(crate) fn settle(&mut self, now: Moment) -> Fate {
        while let Some((at, next)) = self.plan.front().copied().filter(|(at, _)| *at <= now) {
            self.plan.pop_front();
            match next {
                Next::To(state) => self.enter(state, at),
                Next::Exit(_) if self.flag("auto_destroy") => return Fate::Forgotten,
                Next::Exit(code) => self.exit(code, false, at),
                Next::Forget => return Fate::Forgotten,
            }
        }
        if self.state.is_gone() { Fate::Destroyed } else { Fate::Stays }
    }

    /// The next moment that changes something.
    pub(crate) fn due(&self) -> Option<Moment> {
        self.plan.front().map(|(at, _)| *at)
    }

    /// What comes instead of what was planned.
    pub(crate) fn plan(&mut self, steps: impl IntoIterator<Item = (Moment, Next)>) {
        self.plan = steps.into_iter().collect();
    }

    pub(crate) fn enter(&mut self, state: State, at: Moment) {
        if self.state == State::Stopping && state == State::Stopped {
            self.exit(0, true, at);
        } else {
            self.state = state;
            self.happened(|id| Event::new(id, state.event(), state, at), at);
        }
    }

    fn exit(&mut self, code: i32, requested: bool, at: Moment) {
        self.state = State::Stopped;
        self.happened(|id| Event::new(id, "exit", State::Stopped, at).with_exit(code, requested), at);
    }

    fn happened(&mut self, event: impl FnOnce(String) -> Event, at: Moment) {
        let id = format!("01K5{:0>18}{:04}", self.id, self.events.len());
        self.events.insert(0, event(id));
        self.updated_at = at;
    }

    pub(crate) fn image(&self) -> &str {
        self.config["image"].as_str().unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.config[name].as_bool().unwrap_or_default()
    }

    /// The labels in the configuration.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        texts(&self.config["metadata"])
    }

    /// What its processes see.
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let mut env = self.secrets.clone();
        env.extend(texts(&self.config["env"]));
        env
    }

    /// The ports of its services, with their handlers.
    pub(crate) fn ports(&self) -> Vec<(u64, Vec<String>)> {
        let services = self.config["services"].as_array().into_iter().flatten();
        let ports = services.flat_map(|service| service["ports"].as_array().into_iter().flatten());
        let handlers = |port: &Value| {
            let handlers = port["handlers"].as_array().into_iter().flatten();
            handlers.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        ports.map(|port| (port["port"].as_u64().unwrap_or_default(), handlers(port))).collect()
    }

    pub(crate) fn volumes(&self) -> Vec<String> {
        mounted(&self.config)
    }
}

/// The volumes that a configuration mounts.
pub(crate) fn mounted(config: &Value) -> Vec<String> {
    let mounts = config["mounts"].as_array().into_iter().flatten();
    mounts.filter_map(|mount| mount["volume"].as_str()).map(str::to_owned).collect()
}

fn texts(map: &Value) -> BTreeMap<String, String> {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
