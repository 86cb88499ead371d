//! Where a plugin is rehearsed: a tenant with its settings, an account, and somebody who plays what the plugin talks to.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::testing::{Component, Harness};

use super::service::{Performance, Player};
use crate::error::CliError;
use crate::plugin::candidate::Candidate;
use crate::plugin::destination;
use crate::plugin::v1::rehearsal::Rehearsal;
use crate::plugin::v1::stage::Trace;

/// What an account names for a server, and what that says of itself: any would do.
const SERVER_HOST: &str = "db.example.com";
const SERVER_IDENTITY: &str = "7460000000000000001";

/// What a rehearsal is to know beside the component itself.
#[derive(Debug, Clone, Default)]
pub struct Props {
    /// Settings of the tenant.
    pub config: serde_json::Map<String, Value>,
    /// Input of operations whose input is not known here.
    pub inputs: BTreeMap<String, Value>,
    /// Who plays the destinations that it talks to.
    pub players: BTreeMap<String, Player>,
}

/// A component and all that its rehearsals have in common.
pub struct Scene {
    subject: Rc<Rehearsal>,
    config: Value,
    region: Option<String>,
    secrets: Vec<String>,
    server: Option<String>,
    players: BTreeMap<String, Performance>,
}

impl Scene {
    /// Sets it. Whatever the plugin talks to has to be played by somebody.
    pub fn set(candidate: &Candidate, props: &Props, trace: Option<Trace>) -> Result<Scene, CliError> {
        let description = &candidate.description;
        let id = candidate.loaded.id.to_string();
        for destination in destination::granted(&candidate.capabilities).destinations {
            if !props.players.contains_key(&destination.to_string()) {
                return Err(CliError::usage(
                    "service-missing",
                    format!("`{id}` talks to {destination}, which nobody plays"),
                )
                .help(format!(
                    "start a server that answers like it on this machine, and say so: \
                         `--service {destination}=http://127.0.0.1:PORT`"
                )));
            }
        }
        let server = destination::server_field(description)?;
        let met = |(destination, player): (&String, &Player)| Ok((destination.clone(), player.meet()?));
        let players = props.players.iter().map(met).collect::<Result<_, CliError>>()?;
        let is_plain_secret = |name: &String| Some(name) != server.as_ref();
        let secrets = description.account_fields.iter().filter(|field| field.secret).map(|field| field.name.clone());
        Ok(Scene {
            subject: Rc::new(Rehearsal::of(&candidate.loaded.provider, &id, trace)?),
            config: Value::Object(props.config.clone()),
            region: description.regions.first().map(|region| region.code.clone()),
            secrets: secrets.filter(is_plain_secret).collect(),
            server,
            players,
        })
    }

    /// Settings of the tenant.
    pub fn config(&self) -> &Value {
        &self.config
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
        for (destination, player) in &self.players {
            // One that fails to forget keeps something that no promise allows for.
            drop(player.forget());
            world.serve(destination, player.clone());
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
            "delete" | "edit" | "set-aside" | "cancel" | "external-access" => self.with_tenant(),
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
            "edit" => json!({ "config": self.config }),
            "external-access" => json!({ "open": true }),
            "server-up" | "server-down" => self.config.clone(),
            _ => json!({}),
        });
        Some(harness)
    }

    fn after(&self, operation: &str) -> Harness<Component> {
        let mut harness = self.with_tenant();
        drop(harness.operation(operation));
        harness
    }
}
