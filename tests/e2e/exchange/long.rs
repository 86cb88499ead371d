//! Makes a long export out of a short one: the chain of hashes put together by hand, as docs/events.md says it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Adds events to an NDJSON export until it holds so many: the selected tenant is selected again and again, each time by
/// three events of one request.
pub(crate) fn lengthened(export: &str, count: u64) -> String {
    let mut lines: Vec<Value> =
        export.lines().map(|line| serde_json::from_str(line).expect("each line is a document")).collect();
    let (header, _trailer) = (lines.remove(0), lines.pop());
    let selected =
        lines.iter().rfind(|event| event["type"] == "TenantSelected").expect("a tenant was selected").clone();
    let mut last = lines.last().expect("there are events").clone();
    let project = |event: &&Value| event["stream"] == "project";
    let mut version = lines.iter().rfind(project).and_then(|event| event["version"].as_u64()).expect("a version");
    let mut position = lines.len() as u64;
    let mut body = String::new();
    for line in &lines {
        let _always = writeln!(body, "{line}");
    }
    while position < count {
        position += 1;
        version += 1;
        let mut event = selected.clone();
        event["position"] = position.into();
        event["version"] = version.into();
        event["id"] = uuid(position).into();
        event["command_id"] = uuid(1 << 40 | (position / 3)).into();
        event["correlation_id"] = event["command_id"].clone();
        event["hash"] = hash_after(&last, &event).into();
        let _always = writeln!(body, "{event}");
        last = event;
    }
    finished(header, &body, &last)
}

/// Adds one event to an NDJSON export: the last one again, changed, as the first of its stream.
pub(crate) fn followed_by(export: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut lines: Vec<Value> =
        export.lines().map(|line| serde_json::from_str(line).expect("each line is a document")).collect();
    let (header, _trailer) = (lines.remove(0), lines.pop());
    let last = lines.last().expect("there are events");
    let mut event = last.clone();
    let position = lines.len() as u64 + 1;
    event["position"] = position.into();
    event["version"] = 1.into();
    event["id"] = uuid(position).into();
    event["command_id"] = uuid(1 << 40 | position).into();
    change(&mut event);
    event["hash"] = hash_after(last, &event).into();
    let mut body = String::new();
    for line in lines.iter().chain([&event]) {
        let _always = writeln!(body, "{line}");
    }
    finished(header, &body, &event)
}

/// Header, events and trailer, where this is the last event.
fn finished(mut header: Value, body: &str, last: &Value) -> String {
    let count = last["position"].clone();
    header["to"] = count.clone();
    header["count"] = count.clone();
    header["head"] = last["hash"].clone();
    let text = format!("{header}\n{body}");
    let trailer = json!({ "count": count, "head": last["hash"], "digest": hex::encode(Sha256::digest(&text)) });
    format!("{text}{trailer}\n")
}

fn uuid(number: u64) -> String {
    format!("01980000-0000-7000-8{:03x}-{:012x}", number >> 48, number & 0xffff_ffff_ffff)
}

/// The hash of an event after another one.
fn hash_after(previous: &Value, event: &Value) -> String {
    let mut bytes = hex::decode(text(&previous["hash"])).expect("a hash is hexadecimal");
    let number = |bytes: &mut Vec<u8>, value: &Value| {
        bytes.extend(value.as_i64().expect("a number").to_be_bytes());
    };
    let field = |bytes: &mut Vec<u8>, field: &[u8]| {
        bytes.extend((field.len() as u64).to_be_bytes());
        bytes.extend(field);
    };
    let id = |value: &Value| hex::decode(text(value).replace('-', "")).expect("an id is hexadecimal");
    number(&mut bytes, &event["position"]);
    field(&mut bytes, &id(&event["id"]));
    field(&mut bytes, text(&event["stream"]).as_bytes());
    number(&mut bytes, &event["version"]);
    field(&mut bytes, text(&event["type"]).as_bytes());
    number(&mut bytes, &event["schema"]);
    number(&mut bytes, &event["time"]);
    for column in ["actor", "host", "cli", "command"] {
        field(&mut bytes, text(&event[column]).as_bytes());
    }
    field(&mut bytes, &id(&event["command_id"]));
    field(&mut bytes, &id(&event["correlation_id"]));
    field(&mut bytes, &event["causation_id"].as_str().map(|_| id(&event["causation_id"])).unwrap_or_default());
    field(&mut bytes, text(&event["payload"]).as_bytes());
    hex::encode(Sha256::digest(&bytes))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
