//! What a write transaction must know first, in one query: every call costs more than every column.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::LazyLock,
};

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{
    packed::{Cells, packed_cell},
    row::unreadable,
    schema::FORMAT,
    sql_error::log_error,
    tenants::optional,
};
use crate::{
    CommandId, Digest, EventId, Head, LogError, OperationId, Position, Project, State, Stream, Timestamp, Version,
    codec,
    log::record::{Beginning, KnownReceipt},
    projection::{Began, Folded},
    recorded::RowError,
};

/// Columns of an event that its stream's state follows from.
const FOLDED: [&str; 7] = ["position", "stream", "version", "type", "schema", "time", "payload"];

/// Four columns: the project, whose own events grow in number for ever, so that its state is read from its rows; and
/// the events of the streams in `?1`, each with the version after which they are wanted, packed into one text.
static STATES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "(SELECT log_id FROM project WHERE valid_to IS NULL), (SELECT tenant FROM selection WHERE valid_to IS NULL), \
         (SELECT max(version) FROM events WHERE stream = 'project'), \
         (SELECT group_concat(concat({}), '') FROM (SELECT {} FROM json_each(?1) w \
         CROSS JOIN events e ON e.stream = w.value ->> 0 AND e.version > w.value ->> 1 ORDER BY w.key, e.version))",
        FOLDED.map(packed_cell).join(", "),
        FOLDED.map(|column| format!("e.{column}")).join(", ")
    )
});

static BEGIN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT c.position, c.hash, e.time, v.user_version, (SELECT max(position) FROM events), \
         (SELECT group_concat(type || ' ' || schema, char(10)) FROM kinds), r.body, r.first, r.last, \
         (SELECT hash FROM events WHERE position = ?3), {} FROM chain c, pragma_user_version v \
         LEFT JOIN events e ON e.position = c.position LEFT JOIN receipts r ON r.command_id = ?2",
        STATES.as_str()
    )
});
/// The first column of [`STATES`] in [`BEGIN`].
const STATES_AT: usize = 10;

/// Operations as they were when the log ended somewhere: of them only what came later is read again, because a stream
/// that is written to step by step would be read again and again.
#[derive(Debug, Default)]
pub(super) struct Kept {
    end: Option<(Position, Digest)>,
    operations: HashMap<OperationId, Folded>,
}

impl Kept {
    /// Keeps the operations that go on.
    pub(super) fn new(head: &Head, states: impl Iterator<Item = Folded>) -> Self {
        let going_on = |folded: Folded| {
            let State::Operation(Some(operation)) = &folded.state else { return None };
            (!operation.state.has_ended()).then_some((operation.id, folded))
        };
        Self {
            end: head.position.map(|position| (position, head.hash)),
            operations: states.filter_map(going_on).collect(),
        }
    }

    /// What is kept of the wanted streams, and initial states of the others.
    fn states(mut self, wanted: Vec<Stream>) -> Vec<(Stream, Folded)> {
        let mut kept = |stream: &Stream| {
            let Stream::Operation(id) = stream else { return None };
            self.operations.remove(id)
        };
        let state = |stream: Stream| (kept(&stream).unwrap_or_else(|| Folded::initial(&stream)), stream);
        wanted.into_iter().map(state).map(|(folded, stream)| (stream, folded)).collect()
    }
}

/// Begins a request that concerns these streams: where the log is, what became of the request if it was made before,
/// and the states of the streams. Also the types of events that occur.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    path: &Path,
    command_id: CommandId,
    wanted: Vec<Stream>,
    kept: Kept,
) -> Result<(Beginning, BTreeSet<(String, u32)>), LogError> {
    let end = kept.end;
    let mut streams = kept.states(wanted);
    let query = sqlx::query(AssertSqlSafe(BEGIN.as_str())).bind(versions(&streams));
    let query = query.bind(command_id.uuid().as_bytes().to_vec()).bind(end.map(|(position, _)| position.sql()));
    let row = query.fetch_one(&mut *connection).await.map_err(log_error(path))?;
    let found: i64 = row.try_get(3).map_err(log_error(path))?;
    if found > FORMAT {
        return Err(LogError::Newer { found, known: FORMAT });
    }
    let head = head_of(&row).map_err(log_error(path))?;
    check_tail(&head, row.try_get(4).map_err(log_error(path))?)?;
    let kinds: Option<String> = row.try_get(5).map_err(log_error(path))?;
    let kinds = known_kinds(kinds.as_deref().unwrap_or_default())?;
    let known = receipt(connection, path, &row).await?;
    let hash: Option<Vec<u8>> = row.try_get(9).map_err(log_error(path))?;
    if end.is_some_and(|(_, end)| hash.as_deref() != Some(end.as_bytes())) {
        // Another log lies there now: what was kept says nothing about it.
        let wanted = streams.into_iter().map(|(stream, _)| stream).collect();
        streams = load(connection, path, wanted).await?;
    } else {
        fold(&row, STATES_AT, path, &mut streams)?;
    }
    Ok((Beginning { head, known, streams }, kinds))
}

/// The state of one stream.
pub(super) async fn load_one(
    connection: &mut SqliteConnection,
    path: &Path,
    stream: &Stream,
) -> Result<Folded, LogError> {
    let loaded = load(connection, path, vec![stream.clone()]).await?;
    Ok(loaded.into_iter().next().map_or_else(|| Folded::initial(stream), |(_, folded)| folded))
}

/// The states of some streams.
async fn load(
    connection: &mut SqliteConnection,
    path: &Path,
    wanted: Vec<Stream>,
) -> Result<Vec<(Stream, Folded)>, LogError> {
    let mut streams = Kept::default().states(wanted);
    let query = sqlx::query(AssertSqlSafe(format!("SELECT {}", STATES.as_str()))).bind(versions(&streams));
    let row = query.fetch_one(connection).await.map_err(log_error(path))?;
    fold(&row, 0, path, &mut streams)?;
    Ok(streams)
}

/// The streams as [`STATES`] takes them.
fn versions(streams: &[(Stream, Folded)]) -> String {
    let version = |folded: &Folded| folded.version.map_or(0, Version::sql);
    let others = streams.iter().filter(|(stream, _)| *stream != Stream::Project);
    let wanted = others.map(|(stream, folded)| serde_json::json!([stream.to_string(), version(folded)]));
    wanted.collect::<serde_json::Value>().to_string()
}

/// Brings streams up to date with the columns of [`STATES`], of which the first is at `at`.
fn fold(row: &SqliteRow, at: usize, path: &Path, streams: &mut [(Stream, Folded)]) -> Result<(), LogError> {
    if let Some((_, folded)) = streams.iter_mut().find(|(stream, _)| *stream == Stream::Project) {
        *folded = project(row, at).map_err(log_error(path))?;
    }
    // Bytes, because a text that is not UTF-8 must not hide its neighbours.
    let packed = row.try_get_unchecked::<Option<Vec<u8>>, _>(at + 3).map_err(log_error(path))?.unwrap_or_default();
    let mut places: HashMap<String, &mut Folded> =
        streams.iter_mut().map(|(stream, folded)| (stream.to_string(), folded)).collect();
    let mut rest = packed.as_slice();
    while !rest.is_empty() {
        let (stream, event) = next(&mut rest)?;
        if let Some(folded) = places.get_mut(&stream) {
            event.fold_into(folded)?;
        }
    }
    Ok(())
}

fn project(row: &SqliteRow, at: usize) -> Result<Folded, sqlx::Error> {
    let project = Project { log_id: optional(row.try_get(at)?)?, selected: optional(row.try_get(at + 1)?)? };
    let version: Option<i64> = row.try_get(at + 2)?;
    Ok(Folded { state: State::Project(project), version: version.and_then(Version::from_sql), began: None })
}

/// An event with no more than what a state follows from.
struct Event {
    position: Option<Position>,
    version: Option<Version>,
    kind: String,
    schema: u32,
    time: Timestamp,
    payload: String,
}

/// The next packed event, and its stream.
fn next(rest: &mut &[u8]) -> Result<(String, Event), LogError> {
    let mut wrong = None;
    let mut cells = Cells { rest, wrong: &mut wrong };
    let position = Position::from_sql(cells.number("position"));
    let stream = cells.text("stream");
    let event = Event {
        position,
        version: Version::from_sql(cells.number("version")),
        kind: cells.text("type"),
        schema: u32::try_from(cells.number("schema")).unwrap_or(u32::MAX),
        time: Timestamp::from_millis(cells.number("time")),
        payload: cells.text("payload"),
    };
    match wrong {
        None => Ok((stream, event)),
        Some(column) => Err(unreadable(position, RowError::Column { column })),
    }
}

impl Event {
    fn fold_into(self, folded: &mut Folded) -> Result<(), LogError> {
        let event = codec::decode(&self.kind, self.schema, &self.payload);
        let event = event.map_err(|error| unreadable(self.position, RowError::Event(error)))?;
        let evolved = std::mem::take(&mut folded.state).evolve(&event);
        folded.state = evolved.map_err(|error| damaged_at(self.position, error.to_string()))?;
        folded.version = self.version;
        if let Some(position) = self.position {
            folded.began.get_or_insert(Began { time: self.time, position });
        }
        Ok(())
    }
}

/// What became of this request, from columns of [`BEGIN`].
async fn receipt(
    connection: &mut SqliteConnection,
    path: &Path,
    row: &SqliteRow,
) -> Result<Option<KnownReceipt>, LogError> {
    let columns = || Ok((row.try_get(6)?, row.try_get(7)?, row.try_get(8)?));
    let columns: (Option<Vec<u8>>, Option<i64>, Option<i64>) = columns().map_err(log_error(path))?;
    let (Some(body), Some(first), Some(last)) = columns else { return Ok(None) };
    let ids = sqlx::query_scalar("SELECT id FROM events WHERE position BETWEEN ? AND ? ORDER BY position");
    let ids: Vec<Vec<u8>> = ids.bind(first).bind(last).fetch_all(connection).await.map_err(log_error(path))?;
    let receipt = || {
        Some(KnownReceipt {
            digest: Digest::from_bytes(body.try_into().ok()?),
            first: Position::from_sql(first)?,
            last: Position::from_sql(last)?,
            events: ids.iter().map(|id| Uuid::from_slice(id).ok().map(EventId::new)).collect::<Option<_>>()?,
        })
    };
    receipt().map(Some).ok_or_else(|| damaged_at(None, "a receipt does not hold what it should"))
}

/// The first three columns: position, hash and time of the last event.
pub(super) fn head_of(row: &SqliteRow) -> Result<Head, sqlx::Error> {
    let hash: Vec<u8> = row.try_get(1)?;
    let hash = hash.try_into().map_err(|_| sqlx::Error::Decode("the head of the chain is not a digest".into()))?;
    let time: Option<i64> = row.try_get(2)?;
    Ok(Head {
        position: Position::from_sql(row.try_get(0)?),
        hash: Digest::from_bytes(hash),
        time: time.map(Timestamp::from_millis),
    })
}

/// The last event must be where the head of the chain says.
fn check_tail(head: &Head, last: Option<i64>) -> Result<(), LogError> {
    let last = last.and_then(Position::from_sql);
    if head.position == last {
        return Ok(());
    }
    let shown = |position: Option<Position>| position.map_or("none".to_owned(), |position| position.to_string());
    let reason = format!("the last event is {}, and should be {}", shown(last), shown(head.position));
    Err(LogError::Damaged { position: last, reason })
}

/// What `kinds` holds; writing to a log whose events we do not understand would be guessing.
fn known_kinds(kinds: &str) -> Result<BTreeSet<(String, u32)>, LogError> {
    let parse = |line: &str| {
        let (kind, schema) = line.rsplit_once(' ')?;
        Some((kind.to_owned(), schema.parse().ok()?))
    };
    let mut known = BTreeSet::new();
    for line in kinds.lines() {
        let (kind, schema) = parse(line).ok_or_else(|| damaged_at(None, "the types of events cannot be read"))?;
        if !codec::understands(&kind, schema) {
            return Err(LogError::UnknownEvent { position: None, kind, schema });
        }
        known.insert((kind, schema));
    }
    Ok(known)
}

fn damaged_at(position: Option<Position>, reason: impl Into<String>) -> LogError {
    LogError::Damaged { position, reason: reason.into() }
}
