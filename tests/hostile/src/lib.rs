//! A provider that does everything that a provider must not do, so that the tests can watch the host.
//!
//! What it does is chosen by a tenant's setting: `--config mode=trap`; the modes are the functions of `misdeed`. What a
//! host asks before there is a tenant is chosen by a [`STAMP`], which a test writes over the component's bytes.

mod early;
mod misdeed;
mod raw;
mod stamp;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Region, Request,
    Tenant,
};

pub use stamp::STAMP;

systemprompt_sdk::export_provider!(Hostile);

const SCHEMA: &str = r#"{ "type": "object", "properties": { "mode": { "type": "string" } } }"#;

/// Settings of one tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What to do.
    pub mode: String,
}

/// Arguments of `edit`.
#[derive(Deserialize)]
struct Edit {
    config: Config,
}

/// The provider.
pub struct Hostile;

impl Provider for Hostile {
    type Config = Config;

    fn describe() -> Description {
        early::call(stamp::read());
        let id = match stamp::read() {
            "describe-spin" => misdeed::spin(),
            "describe-trap" => panic!("describe"),
            "describe-memory" => misdeed::grab_memory(),
            "id-docker" => "docker",
            "id-path" => "../docker",
            "id-escapes" => "\u{1b}[2Jclean",
            _ => "hostile",
        };
        let title = "Hostile\u{1b}[2J\u{202e} provider";
        if stamp::read() == "cloud-regions" {
            return in_two_regions(Description::cloud(id, "0.1.0", title, SCHEMA));
        }
        let version = if stamp::read().starts_with("newer") { "0.2.0" } else { "0.1.0" };
        let description = Description::local(id, version, title, SCHEMA).operations(&["edit"]);
        match stamp::read() {
            "in-clear" => description.destinations(&["http://localhost:9"]),
            "newer-wider" => description.destinations(&[misdeed::DESTINATION, "https://wider.example"]),
            "newer-narrower" => description,
            _ => description.destinations(&[misdeed::DESTINATION]),
        }
    }

    fn probe() -> Result<ProbeReport, Failure> {
        match stamp::read() {
            "probe-trap" => panic!("probe"),
            "probe-spin" => misdeed::spin(),
            "probe-memory" => misdeed::grab_memory(),
            "probe-escapes" => Ok(ProbeReport::unusable("no\u{1b}[2J\nway", "type\u{1b}]0;x\u{7} this")),
            "probe-changes" => {
                misdeed::change_outside_an_operation().map(|()| ProbeReport::usable("changed the world"))
            }
            _ => Ok(ProbeReport::usable("ready to misbehave")),
        }
    }

    fn check(config: &Config) -> Vec<FieldError> {
        match config.mode.as_str() {
            "check-flood" => vec![FieldError::new("/mode\u{1b}[2J", "never\u{1b}[2J\n good"); 10_000],
            "check-trap" => panic!("check"),
            "check-spin" => misdeed::spin(),
            "check-memory" => misdeed::grab_memory(),
            _ => Vec::new(),
        }
    }

    fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
        let step = PlannedStep::new("misbehave\u{1b}[2J", "you will see\u{1b}[2J\u{202e}").undoable();
        let mode = request.tenant().map_or("", |tenant| tenant.config.mode.as_str());
        match mode {
            "plan-trap" => panic!("plan"),
            "plan-spin" => misdeed::spin(),
            "plan-memory" => misdeed::grab_memory(),
            "plan-flood" => Ok(vec![step; 10_000]),
            _ => Ok(vec![step]),
        }
    }

    fn create(op: &Operation<Config>) -> Result<Value, Failure> {
        misdeed::create(op, &op.tenant()?.config.mode)
    }

    fn delete(op: &Operation<Config>) -> Result<(), Failure> {
        misdeed::delete(op, &op.tenant()?.config.mode)
    }

    fn operation(op: &Operation<Config>) -> Result<Value, Failure> {
        match op.operation.as_str() {
            "edit" => misdeed::edit(op, &op.input::<Edit>()?.config.mode),
            _ => Err(op.unknown()),
        }
    }

    fn status(tenant: Option<&Tenant<Config>>) -> Result<LiveStatus, Failure> {
        match tenant.map_or("", |tenant| tenant.config.mode.as_str()) {
            "status-trap" => panic!("status"),
            "status-spin" => misdeed::spin(),
            "status-memory" => misdeed::grab_memory(),
            "status-escapes" => {
                Ok(LiveStatus::unreachable("gone\u{1b}[2J").detail("what\u{1b}[2J", "nothing\u{1b}]0;x\u{7}\u{202e}"))
            }
            "status-changes" => misdeed::change_outside_an_operation().map(|()| LiveStatus::ready()),
            _ => Ok(LiveStatus::ready()),
        }
    }
}

fn in_two_regions(description: Description) -> Description {
    let region = |(code, title): (&str, &str)| Region { code: code.to_owned(), title: title.to_owned() };
    let regions = [("iad", "US East (Virginia)"), ("lhr", "Europe (London)")].map(region);
    Description { regions: regions.into(), ..description }
}
