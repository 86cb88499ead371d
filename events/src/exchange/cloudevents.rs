//! CloudEvents 1.0 in JSON, with what else the log knows of an event as extension attributes.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    RenderError,
    ndjson::{hash_bytes, hash_text, id_bytes, id_text},
};
use crate::{LogId, Timestamp, recorded::StoredEvent};

const SPECVERSION: &str = "1.0";
/// What the log's id follows in `source`.
const SOURCE: &str = "urn:systemprompt:log:";
/// What an event's type follows in `type`.
const TYPE: &str = "io.systemprompt.";
/// What an event's type and schema follow in `dataschema`.
const SCHEMA: &str = "urn:systemprompt:event:";
/// Digits of a position, so that the order of texts is the order of events.
const SEQUENCE_DIGITS: usize = 20;

/// A document. What other programs added to it is passed over.
#[derive(Serialize, Deserialize)]
struct Attributes<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: Cow<'a, str>,
    source: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    subject: Cow<'a, str>,
    time: Cow<'a, str>,
    datacontenttype: Cow<'a, str>,
    dataschema: Cow<'a, str>,
    sequence: Cow<'a, str>,
    recordedtime: Cow<'a, str>,
    correlationid: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causationid: Option<Cow<'a, str>>,
    authtype: Cow<'a, str>,
    authid: Cow<'a, str>,
    host: Cow<'a, str>,
    cli: Cow<'a, str>,
    command: Cow<'a, str>,
    commandid: Cow<'a, str>,
    streamversion: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exportcount: Option<Cow<'a, str>>,
    /// Written by hand, because its bytes matter.
    #[serde(default, skip_serializing)]
    data: Option<Value>,
    #[serde(default, skip_serializing)]
    data_base64: Option<String>,
}

/// What a document says.
pub(super) struct Read {
    pub(super) log_id: LogId,
    pub(super) event: StoredEvent,
    /// How many events were exported: on the last one.
    pub(super) count: Option<u64>,
}

/// What a document says of its export.
pub(super) struct About<'a> {
    pub(super) log_id: &'a LogId,
    pub(super) is_redacted: bool,
    /// Of the whole export, where this is its last event.
    pub(super) count: Option<u64>,
}

/// The document of an event, on one line without its end.
pub(super) fn event(stored: &StoredEvent, about: &About<'_>) -> Result<String, RenderError> {
    let (kind, schema) = (&stored.kind, stored.schema);
    let moment = moment_text(stored.time)?;
    let attributes = Attributes {
        specversion: SPECVERSION.into(),
        id: id_text(&stored.id, "id")?.into(),
        source: format!("{SOURCE}{}", about.log_id).into(),
        kind: format!("{TYPE}{kind}").into(),
        subject: (&*stored.stream).into(),
        time: (&*moment).into(),
        datacontenttype: "application/json".into(),
        dataschema: format!("{SCHEMA}{kind}:{schema}").into(),
        sequence: format!("{:0SEQUENCE_DIGITS$}", stored.position).into(),
        recordedtime: (&*moment).into(),
        correlationid: id_text(&stored.correlation_id, "correlation_id")?.into(),
        causationid: match &stored.causation_id {
            Some(id) => Some(id_text(id, "causation_id")?.into()),
            None => None,
        },
        authtype: "user".into(),
        authid: (&*stored.actor).into(),
        host: (&*stored.host).into(),
        cli: (&*stored.cli).into(),
        command: (&*stored.command).into(),
        commandid: id_text(&stored.command_id, "command_id")?.into(),
        streamversion: stored.version.to_string().into(),
        hash: if about.is_redacted { None } else { Some(hash_text(&stored.hash)?.into()) },
        redacted: about.is_redacted.then_some(true),
        exportcount: about.count.map(|count| count.to_string().into()),
        data: None,
        data_base64: None,
    };
    let mut document = serde_json::to_string(&attributes).expect("BUG: texts have no JSON form");
    document.pop();
    document.push_str(&data(&stored.payload));
    document.push('}');
    Ok(document)
}

/// The payload as a member: as it is, where any program that changes its layout leaves us the same bytes in canonical
/// form; otherwise its bytes.
fn data(payload: &str) -> String {
    let value = serde_json::from_str::<Value>(payload);
    let canonical = value.ok().and_then(|value| serde_json_canonicalizer::to_string(&value).ok());
    // `null` is how a missing member is written, too.
    if canonical.as_deref() == Some(payload) && payload != "null" {
        format!(",\"data\":{payload}")
    } else {
        format!(",\"data_base64\":\"{}\"", STANDARD.encode(payload))
    }
}

/// The event of a document, or why it is none of ours.
pub(super) fn read(document: &[u8]) -> Result<Read, String> {
    let mut attributes: Attributes<'_> = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let payload = match (attributes.data.take(), attributes.data_base64.take()) {
        (Some(data), None) => serde_json_canonicalizer::to_string(&data).map_err(|error| error.to_string())?,
        (None, Some(bytes)) => {
            let bytes = STANDARD.decode(bytes).map_err(|_| "`data_base64` is not base64")?;
            String::from_utf8(bytes).map_err(|_| "`data_base64` is not UTF-8 text")?
        }
        (None, None) | (Some(_), Some(_)) => return Err("it needs one of `data` and `data_base64`".to_owned()),
    };
    let (log_id, kind, schema) = names(&attributes)?;
    let hash = attributes.hash.as_deref().ok_or("it has no `hash`")?;
    let event = StoredEvent {
        position: number(&attributes.sequence, "sequence")?,
        id: id_bytes(&attributes.id, "id")?.into(),
        stream: attributes.subject.into_owned(),
        version: number(&attributes.streamversion, "streamversion")?,
        kind,
        schema,
        time: attributes.time.parse::<Timestamp>().map_err(|error| error.to_string())?.millis(),
        actor: attributes.authid.into_owned(),
        host: attributes.host.into_owned(),
        cli: attributes.cli.into_owned(),
        command: attributes.command.into_owned(),
        command_id: id_bytes(&attributes.commandid, "commandid")?.into(),
        correlation_id: id_bytes(&attributes.correlationid, "correlationid")?.into(),
        causation_id: attributes.causationid.map(|id| id_bytes(&id, "causationid").map(Into::into)).transpose()?,
        payload,
        hash: hash_bytes(hash)?.into(),
    };
    let count = attributes.exportcount.map(|count| number(&count, "exportcount")).transpose()?;
    Ok(Read { log_id, event, count: count.map(i64::cast_unsigned) })
}

/// Whether a document says that it is redacted.
pub(super) fn is_redacted(document: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Mark {
        redacted: Option<Value>,
    }
    serde_json::from_slice::<Mark>(document).is_ok_and(|mark| mark.redacted == Some(Value::Bool(true)))
}

/// What stands in the names: the log, the event's type, and its schema.
fn names(attributes: &Attributes<'_>) -> Result<(LogId, String, i64), String> {
    if attributes.specversion != SPECVERSION {
        return Err(format!(
            "it is of CloudEvents {}, and not of {SPECVERSION}",
            crate::name::shown(&attributes.specversion)
        ));
    }
    let log_id = attributes.source.strip_prefix(SOURCE).and_then(|id| id.parse().ok());
    let log_id = log_id.ok_or_else(|| format!("its `source` is not `{SOURCE}<log id>`"))?;
    let kind = attributes.kind.strip_prefix(TYPE).ok_or_else(|| format!("its `type` does not begin with `{TYPE}`"))?;
    let schema = attributes.dataschema.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix(kind)?.strip_prefix(':'));
    let schema =
        schema.ok_or_else(|| format!("its `dataschema` is not `{SCHEMA}{}:<schema>`", crate::name::shown(kind)))?;
    Ok((log_id, kind.to_owned(), number(schema, "dataschema")?))
}

/// A whole number that is not negative.
fn number(digits: &str, field: &str) -> Result<i64, String> {
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.ok_or_else(|| format!("`{field}` is not a number"))
}

fn moment_text(millis: i64) -> Result<String, RenderError> {
    let moment = Timestamp::from_millis(millis);
    let text = moment.to_string();
    if text.parse() == Ok(moment) { Ok(text) } else { Err(RenderError::Time { millis }) }
}
