//! Whether a machine's database can be reached from outside: a service of its configuration, which Fly offers over TLS.

use serde_json::{Value, json};
use systemprompt_sdk::Failure;

use crate::api::Fly;
use crate::app::App;
use crate::machine::Machine;
use crate::update::{self, Change};

/// Where PostgreSQL listens, inside and outside.
pub(crate) const PORT: u16 = 5_432;
/// What Fly does at the port: the TLS of PostgreSQL, which begins after a question.
const HANDLER: &str = "pg_tls";

/// Refuses a machine of which another service offers the port: by that the database is reached, whatever is done here.
pub(crate) fn refuse_another(fly: &Fly, app: &App, machine: &Machine) -> Result<(), Failure> {
    let id = &machine.id;
    if is_open_by_another(&update::configuration(fly, app, id)?) {
        let message = format!("machine `{id}` has a service of somebody's own on its port {PORT}, which is left alone");
        return Err(Failure::refused("service-foreign", message)
            .help("take it out of the machine's services, and type the same again"));
    }
    Ok(())
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
    let apply = |config: &mut Value| config["services"] = services(config, open);
    let change = Change { is_done: &|config| is_open(config) == open, apply: &apply, secrets };
    update::carry_out(fly, app, &machine.id, &change)
}

fn of(config: &Value) -> Vec<Value> {
    config["services"].as_array().cloned().unwrap_or_default()
}

/// Whether this configuration offers it.
pub(crate) fn is_open(config: &Value) -> bool {
    of(config).iter().any(is_ours)
}

/// Whether a service of somebody's own offers it.
pub(crate) fn is_open_by_another(config: &Value) -> bool {
    of(config).iter().any(|service| service["internal_port"] == PORT && !is_ours(service))
}

/// Whether it is the service that is made here, and nothing was made of it since.
fn is_ours(service: &Value) -> bool {
    let is_alone = service["ports"].as_array().is_some_and(|ports| ports.len() == 1);
    let port = &service["ports"][0];
    service["internal_port"] == PORT && is_alone && port["port"] == PORT && port["handlers"] == json!([HANDLER])
}

/// All services but this one, and this one where it is wanted. Fly speaks TLS outside, and the machine need not.
fn services(config: &Value, open: bool) -> Value {
    let mut services = of(config);
    services.retain(|service| !is_ours(service));
    if open {
        services.push(json!({
            "protocol": "tcp",
            "internal_port": PORT,
            "autostop": "off",
            "ports": [{ "port": PORT, "handlers": [HANDLER] }],
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

    #[test]
    fn a_service_of_somebodys_own_on_the_port_is_not_taken_for_ours() {
        let bare = json!({ "internal_port": PORT, "ports": [{ "port": 15_432 }] });
        let more = json!({ "port": 443, "handlers": ["tls"] });
        let wider = json!({ "internal_port": PORT, "ports": [{ "port": PORT, "handlers": [HANDLER] }, more] });
        for another in [bare, wider, json!({ "internal_port": PORT })] {
            let config = json!({ "services": [another] });
            assert!(!is_open(&config), "{config}");
            assert_eq!(services(&config, false), json!([another]));
        }
    }
}
