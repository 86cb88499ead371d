//! Events without a model, as plain structs that rusqlite and `serde_json` fill.
#![expect(dead_code, reason = "they are filled, which is what is measured")]

use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Deserialize;
use serde_json::Value;

use crate::Outcome;

/// An event as somebody would hold it who had no model: every column, in a type of its own.
pub(crate) struct Event {
    position: i64,
    id: [u8; 16],
    stream: String,
    version: i64,
    kind: String,
    schema: i64,
    time: i64,
    actor: String,
    host: String,
    cli: String,
    command: Vec<String>,
    command_id: [u8; 16],
    correlation_id: [u8; 16],
    causation_id: Option<[u8; 16]>,
    payload: Payload,
    hash: [u8; 32],
}

/// The event in a row of all columns.
pub(crate) fn event(row: &Row<'_>) -> Outcome<Event> {
    let kind: String = column(row, 4)?;
    let payload = payload(&kind, row.get_ref(14)?.as_str()?)?;
    Ok(Event {
        position: column(row, 0)?,
        id: column(row, 1)?,
        stream: column(row, 2)?,
        version: column(row, 3)?,
        kind,
        schema: column(row, 5)?,
        time: column(row, 6)?,
        actor: column(row, 7)?,
        host: column(row, 8)?,
        cli: column(row, 9)?,
        command: serde_json::from_str(row.get_ref(10)?.as_str()?)?,
        command_id: column(row, 11)?,
        correlation_id: column(row, 12)?,
        causation_id: column(row, 13)?,
        payload,
        hash: column(row, 15)?,
    })
}

fn column<T: FromSql>(row: &Row<'_>, index: usize) -> Outcome<T> {
    Ok(row.get(index)?)
}

/// What a long log is made of; the few other events stay as they are.
enum Payload {
    Started(Started),
    Claimed(Claimed),
    Began(Began),
    Finished(Finished),
    Succeeded(Succeeded),
    Selected(Selected),
    Other(Value),
}

fn payload(kind: &str, text: &str) -> Result<Payload, serde_json::Error> {
    match kind {
        "OperationStarted" => serde_json::from_str(text).map(Payload::Started),
        "OperationClaimed" => serde_json::from_str(text).map(Payload::Claimed),
        "StepBegan" => serde_json::from_str(text).map(Payload::Began),
        "StepFinished" => serde_json::from_str(text).map(Payload::Finished),
        "OperationSucceeded" => serde_json::from_str(text).map(Payload::Succeeded),
        "TenantSelected" => serde_json::from_str(text).map(Payload::Selected),
        _ => serde_json::from_str(text).map(Payload::Other),
    }
}

#[derive(Deserialize)]
struct Started {
    id: String,
    kind: String,
    provider: String,
    plugin_hash: String,
    tenant: Option<String>,
    input: Value,
}

#[derive(Deserialize)]
struct Claimed {
    token: u64,
    holder: String,
}

#[derive(Deserialize)]
struct Began {
    index: u32,
    name: String,
    undo: String,
}

#[derive(Deserialize)]
struct Finished {
    index: u32,
    result: Value,
}

#[derive(Deserialize)]
struct Succeeded {
    result: Value,
}

#[derive(Deserialize)]
struct Selected {
    tenant: String,
}
