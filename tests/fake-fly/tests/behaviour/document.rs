//! Answers held against Fly's published document, where it is at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use systemprompt_fake_fly::{Dns, FakeFly, RateLimits, Settings};

use crate::client::{Client, LONG, machine};

/// As Fly publishes it.
const PUBLISHED: &str = "fly-machines-openapi.json";

/// A stricter copy of it, which also has what is only in Fly's prose and clients.
const STRICTER: &str = "fly-machines-openapi-strict.json";

/// Method, path, status and body of a call.
type Seen = (&'static str, String, u16, Value);

/// Where they lie: beside the repository, for they are not ours to give away.
fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// A document of `OpenAPI` 3.0 as a schema of JSON: `nullable` is the one word that differs.
fn as_schema(node: &Value) -> Value {
    match node {
        Value::Array(items) => items.iter().map(as_schema).collect(),
        Value::Object(fields) => {
            let mut fields: Map<_, _> = fields.iter().map(|(key, value)| (key.clone(), as_schema(value))).collect();
            if fields.remove("nullable") == Some(json!(true)) {
                if let Some(kind) = fields.get("type").cloned() {
                    fields.insert("type".to_owned(), json!([kind, "null"]));
                }
                if let Some(Value::Array(values)) = fields.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
            Value::Object(fields)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => node.clone(),
    }
}

/// What the document says that this call answers with this status; none where it shows no body.
fn schema(document: &Value, method: &str, path: &str, status: u16) -> Result<Option<Validator>, String> {
    let wanted: Vec<_> = path.split('?').next().unwrap_or_default().trim_start_matches("/v1").split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<_> = pattern.split('/').collect();
        pattern.len() == wanted.len() && pattern.iter().zip(&wanted).all(|(p, w)| p == w || p.starts_with('{'))
    };
    let paths = document["paths"].as_object().ok_or("the document has no paths")?;
    // Words come before braces: `/certificates/acme` is no hostname.
    let named =
        paths.iter().filter(|(pattern, _)| fits(pattern)).min_by_key(|(pattern, _)| pattern.matches('{').count());
    let Some((_, calls)) = named else { return Err(format!("no path for {path}")) };
    let answer = &calls[method.to_lowercase()]["responses"][status.to_string()];
    if answer.is_null() {
        return Err(format!("{method} {path} does not answer {status}"));
    }
    let body = &answer["content"]["application/json"]["schema"];
    if body.is_null() {
        return Ok(None);
    }
    let mut whole = as_schema(body);
    whole["components"] = as_schema(&document["components"]);
    jsonschema::draft4::new(&whole).map(Some).map_err(|fault| fault.to_string())
}

/// A life of an app with all that it can have: each call, and what was answered.
fn life(nulls: bool) -> Vec<Seen> {
    let rate_limits = RateLimits::none();
    let fly = FakeFly::with(Settings { speed: 0.0, nulls, rate_limits, ..Settings::default() }).unwrap();
    fly.dns("acme.example.com", Dns::Right);
    let client = Client::of(&fly);
    let mut seen = Vec::new();
    let mut call = |method: &'static str, path: String, body: Option<Value>| {
        let reply = client.ask(method, &path, body.map(|body| body.to_string()).as_deref()).unwrap();
        fly.clock().advance(LONG);
        seen.push((method, path, reply.status, reply.body.clone()));
        reply.body
    };
    app_part(&mut call);
    machine_part(&mut call);
    cluster_part(&mut call);
    call("DELETE", "/v1/apps/sp-1?force=true".to_owned(), None);
    call("GET", "/v1/apps/nowhere".to_owned(), None);
    seen
}

type Call<'a> = dyn FnMut(&'static str, String, Option<Value>) -> Value + 'a;

fn app_part(call: &mut Call<'_>) {
    let app = |rest: &str| format!("/v1/apps/sp-1{rest}");
    call("GET", "/v1/tokens/current".to_owned(), None);
    call("GET", "/v1/platform/regions".to_owned(), None);
    call("POST", "/v1/apps".to_owned(), Some(json!({ "name": "sp-1", "org_slug": "acme" })));
    call("GET", app(""), None);
    call("GET", "/v1/apps?org_slug=acme".to_owned(), None);
    call("POST", app("/deploy_token"), Some(json!({ "expiry": "720h" })));
    call("POST", app("/secrets"), Some(json!({ "values": { "A": "b" } })));
    call("POST", app("/secrets/B"), Some(json!({ "value": "c" })));
    call("GET", app("/secrets"), None);
    call("GET", app("/secrets/A?show_secrets=true"), None);
    call("DELETE", app("/secrets/A"), None);
    call("POST", app("/ip_assignments"), Some(json!({ "type": "shared_v4" })));
    let ip = call("POST", app("/ip_assignments"), Some(json!({ "type": "v6" })));
    call("GET", app("/ip_assignments"), None);
    call("POST", app("/certificates/acme"), Some(json!({ "hostname": "acme.example.com" })));
    call("GET", app("/certificates/acme.example.com"), None);
    call("POST", app("/certificates/acme.example.com/check"), None);
    call("GET", app("/certificates"), None);
    call("DELETE", app("/certificates/acme.example.com"), None);
    call("DELETE", app(&format!("/ip_assignments/{}", ip["ip"].as_str().unwrap())), None);
}

fn machine_part(call: &mut Call<'_>) {
    let app = |rest: &str| format!("/v1/apps/sp-1{rest}");
    let volume = call("POST", app("/volumes"), Some(json!({ "name": "pg_data", "region": "iad" })));
    let volume = volume["id"].as_str().unwrap().to_owned();
    call("GET", app("/volumes"), None);
    call("PUT", app(&format!("/volumes/{volume}/extend")), Some(json!({ "size_gb": 20 })));
    call("POST", app(&format!("/volumes/{volume}/snapshots")), None);
    call("GET", app(&format!("/volumes/{volume}/snapshots")), None);
    let config = json!({
        "image": "postgres:17", "mounts": [{ "volume": volume, "path": "/data" }], "metadata": { "a": "b" },
        "checks": { "up": { "type": "tcp", "port": 5432 } },
    });
    let made = call("POST", app("/machines"), Some(json!({ "region": "iad", "config": config })));
    let path = machine("sp-1", made["id"].as_str().unwrap());
    let at = |rest: &str| format!("{path}{rest}");
    call("GET", at("/wait?state=started"), None);
    for list in ["/machines", "/machines?summary=true", "/volumes"] {
        call("GET", app(list), None);
    }
    for part in ["", "/events", "/versions", "/metadata", "/metadata/a"] {
        call("GET", at(part), None);
    }
    call("POST", at("/metadata/c"), Some(json!({ "value": "d" })));
    call("POST", at("/exec"), Some(json!({ "command": ["pg_isready"] })));
    call("POST", at(""), Some(json!({ "config": config })));
    for action in ["/stop", "/start", "/restart", "/cordon", "/uncordon", "/suspend"] {
        call("POST", at(action), None);
    }
    call("GET", "/v1/orgs/acme/machines".to_owned(), None);
    call("GET", "/v1/orgs/acme/volumes".to_owned(), None);
    call("DELETE", at("?force=true"), None);
    call("DELETE", app(&format!("/volumes/{volume}")), None);
}

/// Only the stricter copy knows these.
fn cluster_part(call: &mut Call<'_>) {
    let wanted = json!({ "org_slug": "acme", "region": "iad", "plan": "basic" });
    let made = call("POST", "/v1/postgres".to_owned(), Some(wanted));
    let at = |rest: &str| format!("/v1/postgres/{}{rest}", made["data"]["id"].as_str().unwrap());
    call("GET", at(""), None);
    call("GET", "/v1/postgres?org_slug=acme".to_owned(), None);
    call("POST", at("/databases"), Some(json!({ "name": "tenant" })));
    call("GET", at("/databases"), None);
    call("POST", at("/users"), Some(json!({ "username": "app", "role": "writer" })));
    call("GET", at("/users"), None);
    call("GET", at("/users/app/credentials"), None);
    call("POST", at("/users/app/rotate_password"), None);
    call("POST", at("/attachments"), Some(json!({ "app_name": "sp-1" })));
    call("DELETE", at("/users/app"), None);
    call("DELETE", at("/databases/tenant"), None);
    call("DELETE", at(""), None);
}

/// What a published document that knows neither errors nor managed clusters does not say.
fn is_unsaid(fault: &str) -> bool {
    fault.starts_with("no path for /v1/postgres") || fault.ends_with("does not answer 404")
}

/// Where answers differ from the document.
fn faults(document: &Value, name: &str, seen: &[Seen]) -> Vec<String> {
    let mut faults = Vec::new();
    for (method, path, status, body) in seen {
        match schema(document, method, path, *status) {
            Ok(Some(schema)) => faults.extend(
                schema.iter_errors(body).map(|e| format!("{method} {path} {status}: {} {e}", e.instance_path())),
            ),
            Ok(None) => {}
            Err(fault) if name == PUBLISHED && is_unsaid(&fault) => {}
            Err(fault) => faults.push(fault),
        }
    }
    faults
}

/// Says so where a person sees it: the runner captures what tests print, and not what they write.
fn skip(test: &str, why: &str) {
    let line = format!("\nskipped: {test}: {why}\n");
    let _nowhere_left_to_say_it = std::io::stdout().write_all(line.as_bytes());
}

#[test]
fn every_answer_is_as_the_published_document_and_the_stricter_one_say() {
    if !place().is_dir() {
        skip("every_answer_is_as_the_published_document_and_the_stricter_one_say", "Fly's document is not at hand");
        return;
    }
    for (name, nulls) in [(PUBLISHED, false), (STRICTER, false), (STRICTER, true)] {
        let document = std::fs::read_to_string(place().join(name)).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        let faults = faults(&document, name, &life(nulls));
        assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
    }
}
