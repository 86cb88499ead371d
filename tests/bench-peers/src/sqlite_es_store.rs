//! sqlite-es, in WAL mode at FULL as our log is.

use std::convert::Infallible;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository as _, PersistedEventStore, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent, EventStore as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlite_es::SqliteEventRepository;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::Outcome;
use crate::events::{Event, STREAMS, stream};

/// As its migration makes it.
const TABLE: &str = "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL, \
    sequence integer CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL, \
    payload text NOT NULL, metadata text NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence)) STRICT";

/// An aggregate that takes events as they are: nothing of its own is measured.
#[derive(Default, Serialize, Deserialize)]
struct Tenant;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct AnyEvent(Value);

impl DomainEvent for AnyEvent {
    fn event_type(&self) -> String {
        "any".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Tenant {
    const TYPE: &'static str = "tenant";
    type Command = ();
    type Event = AnyEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _sink: &EventSink<Self>) -> Result<(), Infallible> {
        Ok(())
    }

    fn apply(&mut self, _event: AnyEvent) {}
}

pub(crate) async fn append(file: &Path, events: &[Event], batch: usize) -> Outcome<Duration> {
    let pool = open(file).await?;
    sqlx::query(TABLE).execute(&pool).await?;
    let repository = SqliteEventRepository::new(pool);
    let serialized = events.iter().map(serialized).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    for batch in serialized.chunks(batch) {
        repository.persist::<Tenant>(batch, None).await?;
    }
    Ok(begun.elapsed())
}

/// Every stream in turn.
pub(crate) async fn load(file: &Path) -> Outcome<Duration> {
    let repository = SqliteEventRepository::new(open(file).await?);
    let store = PersistedEventStore::<_, Tenant>::new_event_store(repository);
    let begun = Instant::now();
    for number in 0..STREAMS {
        let loaded = store.load_events(&stream(number)).await?;
        if loaded.is_empty() {
            return Err(format!("stream {number} is empty").into());
        }
        black_box(loaded);
    }
    Ok(begun.elapsed())
}

async fn open(file: &Path) -> Outcome<SqlitePool> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    Ok(SqlitePool::connect_with(options).await?)
}

fn serialized(event: &Event) -> Result<SerializedEvent, serde_json::Error> {
    Ok(SerializedEvent::new(
        event.stream.clone(),
        event.version,
        Tenant::TYPE.to_owned(),
        event.kind.clone(),
        "1".to_owned(),
        serde_json::from_str(&event.payload)?,
        Value::Object(serde_json::Map::new()),
    ))
}
