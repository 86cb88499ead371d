//! What a picture is drawn from: lanes, events, operations, and what the registry held when.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use systemprompt_events::{Held, Recorded, TenantId, TenantSummary, Timeline};

use super::Counts;
use super::lanes::{Lane, Lanes};
use super::operations::{Bar, bars};

/// The longest payload that is in the page whole: most are a tenth of it.
const PAYLOAD_BYTES_MAX: usize = 8 << 10;
/// How much of a longer one is shown.
const PAYLOAD_SHOWN_CHARS: usize = 2_000;
/// All payloads together: a browser opens a page of this size in a second or two. The newest are kept.
const PAYLOADS_BYTES_MAX: usize = 48 << 20;
/// What stands in the place of a value that is not shown.
const LEFT_OUT: &str = "(left out)";
/// Fields that hold sealed values, or prove what a user allowed: nothing for the eyes of whoever gets the picture.
const SEALED_FIELDS: [&str; 2] = ["sealed", "mac"];

/// Everything on the page.
#[derive(Debug, Serialize)]
pub struct Picture {
    about: About,
    /// Texts that many events share; these name them by their places.
    words: Vec<String>,
    lanes: Vec<Lane>,
    events: Vec<EventRow>,
    operations: Vec<Bar>,
    tenants: Vec<TenantRow>,
    selection: Vec<SelectionRow>,
}

/// Of what, when and by which command the picture was made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct About {
    /// Name of the project's directory.
    pub project: String,
    /// What was typed, secrets removed.
    pub command: String,
    /// Name and version of the program.
    pub program: String,
    /// When, as RFC 3339.
    pub written: String,
    /// How many events the log has.
    pub total: u64,
    /// The hash of the last of them, in hexadecimal.
    pub head: String,
}

/// An event as a list without names, because there are many: position, milliseconds since 1970, lane, and the places in
/// `words` of type, stream, actor, host, program and command; version in its stream, schema version, id, hash, payload,
/// and the payload's length where it is cut.
#[derive(Debug, Serialize)]
struct EventRow(u64, i64, usize, [usize; 6], u64, u32, String, String, Value, Option<usize>);

#[derive(Debug, Serialize)]
struct TenantRow {
    id: String,
    name: String,
    #[serde(rename = "type")]
    tenant_type: String,
    provider: String,
    region: Option<String>,
    state: &'static str,
    protected: bool,
    from: u64,
    until: Option<u64>,
}

#[derive(Debug, Serialize)]
struct SelectionRow {
    id: String,
    from: u64,
    until: Option<u64>,
}

impl Picture {
    /// The picture of these events, which come in the order of the log.
    pub fn new(about: About, events: &[Recorded], timeline: &Timeline) -> Picture {
        let mut lanes = Lanes::new(timeline);
        let places: Vec<usize> = events.iter().map(|event| lanes.place(event)).collect();
        let mut words = Words::default();
        let payloads = payloads(events);
        let rows = events.iter().zip(&places).zip(payloads);
        let rows = rows.map(|((event, lane), payload)| row(event, *lane, payload, &mut words)).collect();
        let operations = bars(events.iter().zip(places.iter().copied()));
        Picture {
            about,
            words: words.texts,
            lanes: lanes.drawn,
            events: rows,
            operations,
            tenants: timeline.tenants.iter().map(tenant).collect(),
            selection: timeline.selection.iter().map(selection).collect(),
        }
    }

    /// What is in it.
    pub fn counts(&self) -> Counts {
        Counts {
            events: self.events.len(),
            total: self.about.total,
            tenants: self.lanes.iter().filter(|lane| lane.is_tenant()).count(),
            operations: self.operations.len(),
        }
    }
}

fn row(event: &Recorded, lane: usize, (payload, cut): (Value, Option<usize>), words: &mut Words) -> EventRow {
    let who = &event.provenance;
    let command = who.argv.join(" ");
    let texts = [event.kind, &event.stream, &who.actor, &who.host, &who.cli, &command].map(|text| words.place(text));
    let (id, hash) = (event.id.to_string(), event.hash.to_string());
    EventRow(
        event.position.get(),
        event.time.millis(),
        lane,
        texts,
        event.version.get(),
        event.schema,
        id,
        hash,
        payload,
        cut,
    )
}

/// What is shown of each payload, and its length in bytes where that is not all.
fn payloads(events: &[Recorded]) -> Vec<(Value, Option<usize>)> {
    let mut left = PAYLOADS_BYTES_MAX;
    let mut shown: Vec<_> = events
        .iter()
        .rev()
        .map(|event| {
            let payload = visible(&event.payload);
            let text = payload.to_string();
            let is_whole = text.len() <= PAYLOAD_BYTES_MAX && text.len() <= left;
            let payload =
                if is_whole { payload } else { crate::text::one_line(&text, PAYLOAD_SHOWN_CHARS.min(left)).into() };
            left = left.saturating_sub(text.len().min(PAYLOAD_BYTES_MAX));
            (payload, (!is_whole).then_some(text.len()))
        })
        .collect();
    shown.reverse();
    shown
}

/// A payload without its sealed values. (One that is no JSON was never recorded.)
fn visible(payload: &str) -> Value {
    let mut value = serde_json::from_str(payload).unwrap_or_else(|_| Value::from(payload));
    leave_out(&mut value);
    value
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if field.is_string() && SEALED_FIELDS.contains(&name.as_str()) {
                    *field = LEFT_OUT.into();
                } else {
                    leave_out(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn tenant(held: &Held<TenantSummary>) -> TenantRow {
    let tenant = &held.what;
    TenantRow {
        id: tenant.id.to_string(),
        name: tenant.name.to_string(),
        tenant_type: tenant.tenant_type.to_string(),
        provider: tenant.provider.to_string(),
        region: tenant.region.as_ref().map(ToString::to_string),
        state: tenant.state.as_str(),
        protected: tenant.protected,
        from: held.from.get(),
        until: held.until.map(systemprompt_events::Position::get),
    }
}

fn selection(held: &Held<TenantId>) -> SelectionRow {
    let until = held.until.map(systemprompt_events::Position::get);
    SelectionRow { id: held.what.to_string(), from: held.from.get(), until }
}

/// Texts, each once.
#[derive(Default)]
struct Words {
    texts: Vec<String>,
    places: HashMap<String, usize>,
}

impl Words {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.texts.len();
        self.texts.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}
