//! Reading events.

use std::{fmt, str::FromStr};

use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::{
    SqliteLog,
    row::{COLUMNS, recorded},
    sql_error::log_error,
};
use crate::{EventId, LogError, Position, Recorded, TenantId, name::shown};

/// Hexadecimal digits of a UUID.
const ID_DIGITS: usize = 32;

/// Which events to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Those of this tenant's stream and of the operations on it.
    pub tenant: Option<TenantId>,
    /// Those of this type.
    pub kind: Option<String>,
    /// Those before this position.
    pub before: Option<Position>,
    /// At most so many.
    pub limit: u32,
    /// Whether the oldest come first, rather than the newest.
    pub oldest_first: bool,
}

/// How a person names an event: by its position, its id, or the first digits of its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventRef {
    /// Its place in the log.
    Position(Position),
    /// Its id.
    Id(EventId),
    /// The first hexadecimal digits of its id, in lower case, without hyphens.
    Prefix(String),
}

impl SqliteLog {
    /// The events that the filter lets through.
    pub async fn history(&mut self, filter: &HistoryFilter) -> Result<Vec<Recorded>, LogError> {
        let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM events WHERE true"));
        if let Some(tenant) = &filter.tenant {
            query.push(
                " AND stream IN (SELECT 'operation/' || key FROM operations WHERE valid_to IS NULL AND tenant = ",
            );
            query.push_bind(tenant.to_string()).push(" UNION ALL SELECT 'tenant/' || ");
            query.push_bind(tenant.to_string()).push(")");
        }
        if let Some(kind) = &filter.kind {
            query.push(" AND type = ").push_bind(kind.clone());
        }
        if let Some(before) = filter.before {
            query.push(" AND position < ").push_bind(before.sql());
        }
        query.push(if filter.oldest_first { " ORDER BY position LIMIT " } else { " ORDER BY position DESC LIMIT " });
        query.push_bind(filter.limit);
        self.read_all(query).await
    }

    /// Up to `limit` events after a position, oldest first.
    pub async fn read(&mut self, after: Option<Position>, limit: u32) -> Result<Vec<Recorded>, LogError> {
        let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM events WHERE position > "));
        query.push_bind(after.map_or(0, Position::sql)).push(" ORDER BY position LIMIT ").push_bind(limit);
        self.read_all(query).await
    }

    /// One event.
    pub async fn event(&mut self, event: &EventRef) -> Result<Option<Recorded>, FindEventError> {
        let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM events WHERE "));
        match event {
            EventRef::Position(position) => query.push("position = ").push_bind(position.sql()),
            EventRef::Id(id) => query.push("id = ").push_bind(id.uuid().as_bytes().to_vec()),
            EventRef::Prefix(prefix) => {
                let first = hex::decode(format!("{prefix:0<ID_DIGITS$}")).unwrap_or_default();
                let last = hex::decode(format!("{prefix:f<ID_DIGITS$}")).unwrap_or_default();
                query.push("id BETWEEN ").push_bind(first).push(" AND ").push_bind(last)
            }
        };
        query.push(" LIMIT 2");
        let mut found = self.read_all(query).await?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(FindEventError::Ambiguous { given: event.to_string() }),
        }
    }

    async fn read_all(&mut self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Recorded>, LogError> {
        let rows = query.build().fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(recorded).collect()
    }
}

impl fmt::Display for EventRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Id(id) => id.fmt(f),
            Self::Prefix(prefix) => f.write_str(prefix),
        }
    }
}

/// Digits alone are a position, unless they start with 0, as ids do and positions do not.
impl FromStr for EventRef {
    type Err = InvalidEventRef;

    fn from_str(text: &str) -> Result<Self, InvalidEventRef> {
        if let Ok(uuid) = Uuid::try_parse(text) {
            return Ok(Self::Id(EventId::new(uuid)));
        }
        if !text.starts_with('0')
            && let Ok(position) = text.parse()
        {
            return Ok(Self::Position(position));
        }
        let prefix: String =
            text.chars().filter(|digit| *digit != '-').map(|digit| digit.to_ascii_lowercase()).collect();
        if (1..ID_DIGITS).contains(&prefix.len()) && prefix.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Self::Prefix(prefix));
        }
        Err(InvalidEventRef { given: shown(text) })
    }
}

/// A text that names no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` does not name an event: a position, an id, or the first digits of an id")]
pub struct InvalidEventRef {
    /// What was given, escaped and shortened.
    pub given: String,
}

/// Why one event cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum FindEventError {
    /// Several ids start so.
    #[error("several events have ids that start with `{given}`")]
    Ambiguous {
        /// The digits.
        given: String,
    },
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
}
