//! Where a plugin is rehearsed: a tenant with its settings, an account, and somebody who plays what the plugin talks to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};
use systemprompt_sdk::testing::{Component, Harness};

use super::live::Live;
use super::service::{Performance, Player};
use super::tape::Tape;
use crate::account::Account;
use crate::error::CliError;
use crate::plugin::backtrace::Whereabouts;
use crate::plugin::candidate::Candidate;
use crate::plugin::destination;
use crate::plugin::v1::rehearsal::Rehearsal;
use crate::plugin::v1::stage::Trace;
use crate::report::Reporter;

/// What an account names for a server, and what that says of itself: any would do.
const SERVER_HOST: &str = "db.example.com";
const SERVER_IDENTITY: &str = "7460000000000000001";

/// What a rehearsal is to know beside the component itself.
#[derive(Clone, Default)]
pub struct Props {
    /// Settings of the tenant.
    pub config: serde_json::Map<String, Value>,
    /// Input of operations whose input is not known here.
    pub inputs: BTreeMap<String, Value>,
    /// Who plays the destinations that it talks to.
    pub players: BTreeMap<String, Player>,
    /// What plays the others, or records what is answered.
    pub reel: Option<Reel>,
    /// With whose account the others are asked themselves, while that is recorded.
    pub account: Option<Arc<Account>>,
}

/// A cassette's file, and what it is for.
#[derive(Debug, Clone)]
pub enum Reel {
    /// It is played.
    Play(PathBuf),
    /// What is answered is recorded on it.
    Record(PathBuf),
}

/// Who answers for a destination.
enum Part {
    Server(Performance),
    Cassette(Tape),
    Itself(Live),
}

fn unplayed(id: &str, destination: &str) -> CliError {
    CliError::usage("service-missing", format!("`{id}` talks to {destination}, which nobody plays")).help(format!(
        "start a server that answers like it on this machine, and say so: \
         `--service {destination}=http://127.0.0.1:PORT`; or play a cassette: `--cassette FILE`"
    ))
}

/// A component and all that its rehearsals have in common.
pub struct Scene {
    subject: Rc<Rehearsal>,
    config: Value,
    region: Option<String>,
    secrets: Vec<String>,
    server: Option<String>,
    parts: BTreeMap<String, Part>,
    tape: Option<Tape>,
    is_recording: bool,
}

impl Scene {
    /// Sets it. Whatever the plugin talks to has to be played by somebody.
    pub fn set(candidate: &Candidate, props: &Props, trace: Option<Trace>) -> Result<Scene, CliError> {
        let description = &candidate.description;
        let id = candidate.loaded.id.to_string();
        let (tape, is_recording) = match &props.reel {
            Some(Reel::Play(path)) => (Some(Tape::of(path)?), false),
            Some(Reel::Record(path)) => (Some(Tape::recording(path)?), true),
            None => (None, false),
        };
        let live = props.account.clone().map(Live::with).transpose()?;
        let mut parts = BTreeMap::new();
        for (destination, player) in &props.players {
            parts.insert(destination.clone(), Part::Server(player.meet()?));
        }
        for destination in destination::granted(&candidate.capabilities).destinations {
            let destination = destination.to_string();
            let other = match (&tape, &live) {
                (Some(tape), _) if !is_recording => Some(Part::Cassette(tape.clone())),
                (_, live) => live.clone().map(Part::Itself),
            };
            if !parts.contains_key(&destination) {
                parts.insert(destination.clone(), other.ok_or_else(|| unplayed(&id, &destination))?);
            }
        }
        let server = destination::server_field(description)?;
        let is_plain_secret = |name: &String| Some(name) != server.as_ref();
        let secrets = description.account_fields.iter().filter(|field| field.secret).map(|field| field.name.clone());
        Ok(Scene {
            subject: Rc::new(Rehearsal::of(&candidate.loaded.provider, &id, trace)?),
            config: Value::Object(props.config.clone()),
            region: description.regions.first().map(|region| region.code.clone()),
            secrets: secrets.filter(is_plain_secret).collect(),
            server,
            parts,
            tape,
            is_recording,
        })
    }

    /// Settings of the tenant.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// Where it was when the last call was ended from outside; nowhere when it was not.
    pub fn backtrace(&self) -> Whereabouts {
        self.subject.backtrace()
    }

    /// What was asked and is not on the cassette that is played, since this was asked last.
    pub fn missed(&self) -> Option<String> {
        self.tape.as_ref().and_then(Tape::missed)
    }

    /// Writes what was recorded, if that was wanted, and says so.
    pub fn save(&self, reporter: &Reporter) -> Result<(), CliError> {
        let Some(tape) = self.tape.as_ref().filter(|_| self.is_recording) else { return Ok(()) };
        let live = self.parts.values().filter_map(|part| match part {
            Part::Itself(live) => Some(live.secrets()),
            Part::Server(_) | Part::Cassette(_) => None,
        });
        let secrets: Vec<_> = live.flatten().collect();
        let (path, exchanges) = tape.save(&secrets.iter().map(|secret| secret.as_str()).collect::<Vec<_>>())?;
        reporter.note(&format!("recorded {exchanges} exchanges; the cassette is {}", crate::text::shown(&path)));
        Ok(())
    }

    /// A world without the tenant.
    pub fn fresh(&self) -> Harness<Component> {
        let subject: Rc<dyn systemprompt_sdk::testing::Subject> = self.subject.clone();
        let mut harness = Harness::of(subject).with_config(&self.config).in_region(self.region.as_deref());
        let world = harness.world();
        for field in &self.secrets {
            world.log_in(field);
        }
        if let Some(field) = &self.server {
            world.log_in_to_server(field, SERVER_HOST, Some(SERVER_IDENTITY));
        }
        if let Some(tape) = &self.tape {
            tape.rewind();
        }
        let recorder = self.tape.as_ref().filter(|_| self.is_recording);
        for (destination, part) in &self.parts {
            match (part, recorder) {
                (Part::Server(player), recorder) => {
                    // One that fails to forget keeps something that no promise allows for.
                    drop(player.forget());
                    match recorder {
                        Some(tape) => world.serve(destination, tape.recorder_of_server(player.clone())),
                        None => world.serve(destination, player.clone()),
                    }
                }
                (Part::Itself(live), Some(tape)) => world.serve(destination, tape.recorder_of_service(live.clone())),
                (Part::Itself(live), None) => world.serve(destination, live.clone()),
                (Part::Cassette(tape), _) => world.serve(destination, tape.player()),
            }
        }
        harness
    }

    /// A world with the tenant, as far as it can be created.
    pub fn with_tenant(&self) -> Harness<Component> {
        let mut harness = self.fresh();
        // Where that fails, the promises about `create` say so.
        drop(harness.create());
        harness
    }

    /// A world in which this operation makes sense, which is asked for next; none where its input is not known.
    pub fn ready_for(&self, operation: &str, inputs: &BTreeMap<String, Value>) -> Option<Harness<Component>> {
        if let Some(input) = inputs.get(operation) {
            let mut harness = self.with_tenant();
            harness.set_input(input);
            return Some(harness);
        }
        let mut harness = match operation {
            "create" => self.fresh(),
            "delete" | "set-aside" | "cancel" | "external-access" => self.with_tenant(),
            "edit" => return Some(self.edited_to_itself()),
            // So that the world before is one with a rotated password, as that after it is.
            "rotate-credentials" => self.after("rotate-credentials"),
            "bring-back" => self.after("set-aside"),
            "server-up" => {
                let mut harness = self.fresh();
                harness.without_tenant();
                harness
            }
            "server-down" => {
                let mut harness = self.with_tenant();
                harness.without_tenant();
                harness
            }
            _ => return None,
        };
        harness.set_input(&match operation {
            "external-access" => json!({ "open": true }),
            "server-up" | "server-down" => self.config.clone(),
            _ => json!({}),
        });
        Some(harness)
    }

    /// A world in which the tenant is asked to have the settings that it has.
    pub fn edited_to_itself(&self) -> Harness<Component> {
        let mut harness = self.with_tenant();
        harness.set_input(&json!({ "config": self.config }));
        harness
    }

    fn after(&self, operation: &str) -> Harness<Component> {
        let mut harness = self.with_tenant();
        drop(harness.operation(operation));
        harness
    }
}
