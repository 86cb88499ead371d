//! The log's own form: a header, one line an event with every column, and a trailer, so that a cut is noticed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Extent, RenderError};
use crate::{
    Digest, LogId, Position,
    recorded::{EventRow, Rows, StoredEvent},
};

/// What the first line calls itself.
const NAME: &str = "log-export";
/// The format's number. One up when an older program must not read it.
pub(super) const VERSION: u64 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    systemprompt: Cow<'a, str>,
    version: u64,
    log_id: Cow<'a, str>,
    from: u64,
    to: u64,
    count: u64,
    previous: Option<Cow<'a, str>>,
    head: Option<Cow<'a, str>>,
    redacted: bool,
}

/// What the first line says.
pub(super) struct Announced {
    pub(super) log_id: LogId,
    pub(super) from: Position,
    pub(super) count: u64,
    pub(super) redacted: bool,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer<'a> {
    /// Events in the file.
    pub(super) count: u64,
    /// Hash of the last event, and so of everything; null in a redacted file.
    #[serde(borrow)]
    pub(super) head: Option<Cow<'a, str>>,
    /// SHA-256 of every byte before this line.
    pub(super) digest: Cow<'a, str>,
}

/// One event: the columns of the log, by their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    position: i64,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    version: i64,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    schema: i64,
    time: i64,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    host: Cow<'a, str>,
    #[serde(borrow)]
    cli: Cow<'a, str>,
    #[serde(borrow)]
    command: Cow<'a, str>,
    #[serde(borrow)]
    command_id: Cow<'a, str>,
    #[serde(borrow)]
    correlation_id: Cow<'a, str>,
    #[serde(borrow)]
    causation_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow)]
    hash: Option<Cow<'a, str>>,
}

/// The first line of an export.
pub(super) fn header(extent: &Extent, is_redacted: bool) -> String {
    let hash = |digest: &Digest| (!is_redacted).then(|| digest.to_string().into());
    line(&Header {
        systemprompt: NAME.into(),
        version: VERSION,
        log_id: extent.log_id.to_string().into(),
        from: extent.from.get(),
        to: extent.to.get(),
        count: extent.count(),
        previous: hash(&extent.previous),
        head: hash(&extent.head),
        redacted: is_redacted,
    })
}

/// The last line of an export.
pub(super) fn trailer(count: u64, head: Option<&Digest>, digest: &Digest) -> String {
    line(&Trailer { count, head: head.map(|head| head.to_string().into()), digest: digest.to_string().into() })
}

/// The line of an event; without its hash where the line does not say what was hashed.
pub(super) fn event(stored: &StoredEvent, is_redacted: bool) -> Result<String, RenderError> {
    Ok(line(&Line {
        position: stored.position,
        id: id_text(&stored.id, "id")?.into(),
        stream: (&*stored.stream).into(),
        version: stored.version,
        kind: (&*stored.kind).into(),
        schema: stored.schema,
        time: stored.time,
        actor: (&*stored.actor).into(),
        host: (&*stored.host).into(),
        cli: (&*stored.cli).into(),
        command: (&*stored.command).into(),
        command_id: id_text(&stored.command_id, "command_id")?.into(),
        correlation_id: id_text(&stored.correlation_id, "correlation_id")?.into(),
        causation_id: match &stored.causation_id {
            Some(id) => Some(id_text(id, "causation_id")?.into()),
            None => None,
        },
        payload: (&*stored.payload).into(),
        hash: if is_redacted { None } else { Some(hash_text(&stored.hash)?.into()) },
    }))
}

/// What the first line says of the file.
pub(super) fn read_header(document: &[u8]) -> Result<Announced, String> {
    let header: Header<'_> = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    if header.systemprompt != NAME {
        return Err(format!("it is not the beginning of a `{NAME}`"));
    }
    let from = Position::new(header.from).ok_or("`from` is not a position")?;
    if header.count == 0 || header.from.checked_add(header.count - 1) != Some(header.to) {
        return Err("`from`, `to` and `count` contradict each other".to_owned());
    }
    Ok(Announced {
        log_id: header.log_id.parse().map_err(|error: crate::InvalidUuid| error.to_string())?,
        from,
        count: header.count,
        redacted: header.redacted,
    })
}

/// Adds the event of a line.
pub(super) fn read_event(document: &[u8], rows: &mut Rows) -> Result<(), String> {
    let line: Line<'_> = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let hash = line.hash.ok_or("it has no hash")?;
    let causation_id = line.causation_id.map(|id| id_bytes(&id, "causation_id")).transpose()?;
    rows.push(&EventRow {
        position: line.position,
        id: &id_bytes(&line.id, "id")?,
        stream: &line.stream,
        version: line.version,
        kind: &line.kind,
        schema: line.schema,
        time: line.time,
        actor: &line.actor,
        host: &line.host,
        cli: &line.cli,
        command: &line.command,
        command_id: &id_bytes(&line.command_id, "command_id")?,
        correlation_id: &id_bytes(&line.correlation_id, "correlation_id")?,
        causation_id: causation_id.as_ref().map(<[u8; 16]>::as_slice),
        payload: &line.payload,
        hash: &hash_bytes(&hash)?,
    });
    Ok(())
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("BUG: texts and numbers have no JSON form");
    line.push('\n');
    line
}

/// An id as text.
pub(super) fn id_text(bytes: &[u8], column: &'static str) -> Result<String, RenderError> {
    Uuid::from_slice(bytes).map(|id| id.hyphenated().to_string()).map_err(|_| RenderError::Column { column })
}

/// A hash as text.
pub(super) fn hash_text(bytes: &[u8]) -> Result<String, RenderError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| RenderError::Column { column: "hash" })?;
    Ok(Digest::from_bytes(bytes).to_string())
}

/// An id from text.
pub(super) fn id_bytes(text: &str, field: &str) -> Result<[u8; 16], String> {
    Uuid::try_parse(text).map(Uuid::into_bytes).map_err(|_| format!("`{field}` is not a UUID"))
}

/// A hash from text.
pub(super) fn hash_bytes(text: &str) -> Result<[u8; 32], String> {
    text.parse().map(|hash: Digest| *hash.as_bytes()).map_err(|error| error.to_string())
}
