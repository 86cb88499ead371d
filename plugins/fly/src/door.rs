//! Whether a machine's database can be reached from outside: a service of its configuration, which Fly offers over TLS.

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};

use crate::api::{BASE, Fly, Once, patiently};
use crate::app::App;
use crate::database::Machine;
use crate::lease::{self, NONCE};
use crate::problem::Problem;

/// Where PostgreSQL listens, inside and outside.
pub(crate) const PORT: u16 = 5_432;
/// How long an update may be tried.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// A machine with what an update replaces whole.
#[derive(Deserialize)]
struct Whole {
    instance_id: String,
    name: String,
    region: String,
    /// None where the machine's host cannot be reached: what it last said is nothing to go by.
    #[serde(default)]
    config: Option<Value>,
}

/// Opens or closes it, under a lease; `secrets` is the version of the app's secrets that the machine is to see at least.
/// Answers the machine as it is then.
pub(crate) fn set(
    fly: &Fly,
    app: &App,
    machine: &Machine,
    open: bool,
    secrets: Option<u64>,
) -> Result<Machine, Failure> {
    let lease = lease::take(fly, app, &machine.id)?;
    let updated = patiently(PATIENCE, || update(fly, app, &machine.id, &lease.nonce, open, secrets));
    lease.release(fly);
    updated?
}

/// Looks before each try, as the one before may have been carried out.
fn update(
    fly: &Fly,
    app: &App,
    id: &str,
    nonce: &str,
    open: bool,
    secrets: Option<u64>,
) -> Result<Once<Machine>, Failure> {
    let path = app.path(&format!("/machines/{id}"));
    let shown: Option<Value> = fly.look_up(&path, &format!("show machine `{id}`"))?;
    let shown = shown.ok_or_else(|| lease::missing(id))?;
    let Whole { instance_id, name, region, config } = read(&shown)?;
    let Some(mut config) = config.filter(Value::is_object) else {
        let message = format!("the host of machine `{id}` cannot be reached, so that its configuration is not known");
        return Err(Failure::retryable("fly-busy", message).help("type the same again later"));
    };
    if is_open(&config) == open {
        return Ok(Once::Answered(read(&shown)?));
    }
    config["services"] = services(&config, open);
    let mut body = json!({ "name": name, "region": region, "config": config, "current_version": instance_id });
    if let Some(version) = secrets {
        body["min_secrets_version"] = version.into();
    }
    let request = Request::post(format!("{BASE}{path}"), &body).header(NONCE, nonce);
    let what = format!("update machine `{id}`");
    fly.ask(&request, &what, Problem::is_passing, |problem| Err(problem.failure(&what)), Response::json)
}

fn read<T: serde::de::DeserializeOwned>(shown: &Value) -> Result<T, Failure> {
    serde_json::from_value(shown.clone()).map_err(|error| {
        Failure::broken("http-answer", format!("Fly shows a machine that cannot be understood: {error}"))
    })
}

fn of(config: &Value) -> Vec<Value> {
    config["services"].as_array().cloned().unwrap_or_default()
}

fn is_open(config: &Value) -> bool {
    of(config).iter().any(|service| service["internal_port"] == PORT)
}

/// All services but this one, and this one where it is wanted. Fly speaks TLS outside, and the machine need not.
fn services(config: &Value, open: bool) -> Value {
    let mut services = of(config);
    services.retain(|service| service["internal_port"] != PORT);
    if open {
        services.push(json!({
            "protocol": "tcp",
            "internal_port": PORT,
            "autostop": "off",
            "ports": [{ "port": PORT, "handlers": ["pg_tls"] }],
        }));
    }
    services.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_else_a_machine_offers_stays() {
        let web = json!({ "internal_port": 8080 });
        let config = json!({ "image": "x", "services": [web] });
        let opened = services(&config, true);
        assert_eq!((opened.as_array().unwrap().len(), &opened[0]), (2, &web));
        let opened = json!({ "services": opened });
        assert!(is_open(&opened) && !is_open(&config));
        assert_eq!(services(&opened, false), json!([web]));
        assert_eq!(services(&json!({}), false), json!([]));
    }
}
