//! A Fly of a few lines: one app, and no trouble.

use serde_json::{Value, json};
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::Service;

use crate::managed::Managed;

/// Image whose process ends at once, so that nobody sees its machine run.
pub(crate) const ENDS: &str = "ends:1";

/// Image that cannot be launched, so that Fly destroys the machine that was to run it.
pub(crate) const VANISHES: &str = "vanishes:1";

/// What there is.
#[derive(Default)]
pub(crate) struct SmallFly {
    network: Option<Value>,
    secrets: u64,
    /// What Fly keeps for the machine.
    handed_over: String,
    /// What it keeps for an application.
    url: Value,
    volumes: Vec<Value>,
    machines: Vec<Value>,
    /// How many machines were ever made.
    made: u64,
    ips: Vec<Value>,
    /// The role's, once it was set by a statement.
    password: String,
    names: Vec<String>,
    managed: Managed,
}

impl SmallFly {
    fn work(&mut self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let (app, rest) = match path.strip_prefix("/v1/apps/") {
            Some(below) => below.split_once('/').map_or((below, ""), |(app, rest)| (app, rest)),
            None => ("", path),
        };
        if let Some(rest) = path.strip_prefix("/v1/postgres") {
            return self.managed.work(method, rest, body);
        }
        if !app.is_empty() {
            self.network.as_ref()?;
        }
        Some(match (method, rest) {
            ("GET", "/v1/tokens/current") => json!({ "tokens": [{ "org_slug": "acme", "organization": "Acme" }] }),
            ("POST", "/v1/apps") => {
                self.network = Some(body.get("network").cloned().unwrap_or_else(|| "default".into()));
                json!({ "id": "a1" })
            }
            ("GET", "") => json!({ "id": "a1", "network": self.network, "status": "deployed",
                "machine_count": self.machines.len(), "volume_count": self.volumes.len() }),
            ("DELETE", "") => {
                *self = Self { managed: std::mem::take(&mut self.managed), ..Self::default() };
                Value::Null
            }
            ("GET", "secrets") => {
                json!({ "secrets": self.names.iter().map(|name| json!({ "name": name })).collect::<Value>() })
            }
            ("POST", "secrets") => {
                self.secrets += 1;
                let values = &body["values"];
                self.names.extend(values.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
                if let Some(password) = values["PGPASSWORD"].as_str() {
                    password.clone_into(&mut self.handed_over);
                }
                if values["DATABASE_URL"].is_string() {
                    self.url = values["DATABASE_URL"].clone();
                }
                json!({ "version": self.secrets })
            }
            ("GET", "volumes") => self.volumes.clone().into(),
            ("POST", "volumes") => made(&mut self.volumes, body, json!({ "id": "vol_1", "state": "created" })),
            ("GET", "machines") => self.machines.clone().into(),
            ("POST", "machines") => {
                self.made += 1;
                let id = format!("m{}", self.made);
                let state = if body["config"]["image"] == ENDS { "stopped" } else { "started" };
                let more = json!({ "id": id, "state": state, "instance_id": "v1", "private_ip": "fdaa::2",
                    "sees": self.url });
                made(&mut self.machines, body, more)
            }
            (method, rest) if rest.starts_with("machines/") => return self.of_machine(method, &rest[9..], body),
            ("DELETE", rest) if rest.starts_with("ip_assignments/") => {
                self.ips.retain(|address| !rest.ends_with(address["ip"].as_str().unwrap_or_default()));
                Value::Null
            }
            ("GET", "ip_assignments") => json!({ "ips": self.ips }),
            ("POST", "ip_assignments") if body["type"] == "v6" => made(&mut self.ips, body, json!({ "ip": "2a09::1" })),
            ("POST", "ip_assignments") if body["type"] == "v4" => {
                made(&mut self.ips, body, json!({ "ip": "137.66.1.1", "shared": false }))
            }
            ("POST", "ip_assignments") => made(&mut self.ips, body, json!({ "ip": "66.241.1.1", "shared": true })),
            _ => return None,
        })
    }
}

impl SmallFly {
    /// What is asked of one machine; it sees the secrets as they are when it is replaced.
    fn of_machine(&mut self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let (id, rest) = path.split_once('/').unwrap_or((path, ""));
        let url = self.url.clone();
        if method == "DELETE" && rest.is_empty() || body["config"]["image"] == VANISHES {
            let machine = self.machines.extract_if(.., |machine| machine["id"] == id).next();
            return machine.map(|machine| json!({ "ok": true, "id": id, "instance_id": machine["instance_id"] }));
        }
        if rest == "wait" && !self.machines.iter().any(|machine| machine["id"] == id) {
            return Some(json!({ "ok": true, "state": "destroyed" }));
        }
        let machine = self.machines.iter_mut().find(|machine| machine["id"] == id)?;
        let ends = machine["config"]["image"] == ENDS;
        Some(match (method, rest) {
            ("GET", "wait") if ends => return None,
            ("GET", "wait") => json!({ "ok": true, "state": "started" }),
            ("POST", "exec") if body["command"][0] == "sh" => return Some(self.managed.psql(body)),
            ("POST", "exec") => return Some(self.psql(body["stdin"].as_str().unwrap_or_default())),
            ("POST", "lease") => json!({ "status": "success", "data": { "nonce": "n1" } }),
            ("DELETE", "lease") => json!({ "status": "success", "data": { "ok": true } }),
            ("GET", "") => machine.clone(),
            ("POST", "") => {
                machine["config"] = body["config"].clone();
                machine["sees"] = url;
                machine["state"] = if machine["config"]["image"] == ENDS || machine["state"] == "stopped" {
                    "stopped".into()
                } else {
                    "started".into()
                };
                machine.clone()
            }
            ("POST", "start") => {
                machine["state"] = if ends { "stopped" } else { "started" }.into();
                json!({ "previous_state": "stopped" })
            }
            _ => return None,
        })
    }

    /// One role that takes one password over the network, and any statement on the machine itself.
    fn psql(&mut self, script: &str) -> Value {
        let between = |line: &str, before: &str, after: char| {
            line.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found.to_owned())
        };
        let mut stdout = if script.is_empty() { "1\n".to_owned() } else { String::new() };
        for line in script.lines() {
            if let Some(password) = between(line, "password '", '\'') {
                self.password = password;
            } else if between(line, "password=", '"').is_some_and(|password| password != self.password) {
                return json!({ "exit_code": 3, "stdout": stdout, "stderr": "password authentication failed" });
            } else if line == "select 1;" {
                stdout += "1\n";
            }
        }
        json!({ "exit_code": 0, "stdout": stdout, "stderr": "" })
    }
}

/// Keeps what was asked for, with what Fly adds to it.
fn made(kept: &mut Vec<Value>, body: &Value, more: Value) -> Value {
    let mut item = body.clone();
    if let (Value::Object(item), Value::Object(more)) = (&mut item, more) {
        item.extend(more);
    }
    kept.push(item.clone());
    item
}

impl Service for SmallFly {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let path = request.url.trim_start_matches("https://api.machines.dev").split('?').next().unwrap_or_default();
        let body = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let answer = self.work(&request.method, path, &body);
        // Fly has waited as long as it does on a client's behalf.
        let none = if path.ends_with("/wait") { 408 } else { 404 };
        let (status, body) = answer.map_or((none, String::new()), |answer| (200, answer.to_string()));
        Ok(Response { status, headers: Vec::new(), body, ext: None })
    }

    fn kept(&self) -> Vec<String> {
        let app = self.network.iter().map(|network| format!("an app on network {network}"));
        let kinds = [("volume", &self.volumes), ("machine", &self.machines)];
        let inside =
            kinds.iter().flat_map(|(kind, items)| items.iter().map(move |item| format!("{kind} {}", item["id"])));
        let ips = self.ips.iter().map(|address| format!("address {}", address["ip"]));
        let inside = inside.chain(ips);
        let inside = inside.chain(self.machines.iter().map(|machine| {
            let config = &machine["config"];
            let (name, state) = (&machine["name"], &machine["state"]);
            format!("{name} with {} of {}, {state}, seeing {}", config["image"], config["guest"], machine["sees"])
        }));
        let passwords = [&self.handed_over, &self.password].into_iter().filter(|password| !password.is_empty());
        let passwords = passwords.map(|password| format!("password {password}"));
        let doors = self.machines.iter().filter_map(|machine| machine["config"]["services"].as_array());
        let doors = doors.flatten().map(|service| format!("service {service}"));
        app.chain(inside).chain(doors).chain(passwords).chain(self.managed.kept()).collect()
    }
}
