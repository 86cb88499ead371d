//! Reading events.

use std::{fmt, str::FromStr};

use rusqlite::{params_from_iter, types::Value};
use uuid::Uuid;

use super::{SqliteLog, decoding, row::COLUMNS};
use crate::{EventId, LogError, OperationId, Position, ProfileId, Recorded, Stream, TenantId, Version, name::shown};

/// Hexadecimal digits of a UUID.
const ID_DIGITS: usize = 32;

/// Which events to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Those of this tenant's stream, of the operations on it, of its session and of its profiles.
    pub tenant: Option<TenantId>,
    /// Those of this profile's stream.
    pub profile: Option<ProfileId>,
    /// Those of this operation's stream.
    pub operation: Option<OperationId>,
    /// Those that this user of the operating system caused.
    pub actor: Option<String>,
    /// Those of one of these types; empty: of all.
    pub kinds: Vec<String>,
    /// Those with this text in type, stream, command or payload, whatever the case of its ASCII letters.
    pub text: Option<String>,
    /// Those after this position.
    pub after: Option<Position>,
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

impl HistoryFilter {
    /// Its conditions, after one that always holds.
    fn push_to(&self, query: &mut Query) {
        if let Some(tenant) = &self.tenant {
            let id = tenant.to_string();
            query.push(
                " AND stream IN (SELECT 'operation/' || key FROM operations WHERE valid_to IS NULL AND tenant = ",
            );
            query.push_bind(id.clone()).push(" UNION ALL SELECT 'profile/' || key FROM profiles WHERE tenant = ");
            query
                .push_bind(id.clone())
                .push(" UNION ALL VALUES (")
                .push_bind(Stream::Tenant(tenant.clone()).to_string());
            query.push("), (").push_bind(Stream::Session(tenant.clone()).to_string()).push("))");
        }
        let streams = [self.profile.map(Stream::Profile), self.operation.map(Stream::Operation)];
        for stream in streams.into_iter().flatten() {
            query.push(" AND stream = ").push_bind(stream.to_string());
        }
        if let Some(actor) = &self.actor {
            query.push(" AND actor = ").push_bind(actor.clone());
        }
        if !self.kinds.is_empty() {
            query.push(" AND type IN (NULL");
            for kind in &self.kinds {
                query.push(", ").push_bind(kind.clone());
            }
            query.push(")");
        }
        if let Some(text) = &self.text {
            query.push(" AND instr(lower(concat_ws(char(10), type, stream, command, payload)), lower(");
            query.push_bind(text.clone()).push(")) > 0");
        }
        if let Some(after) = self.after {
            query.push(" AND position > ").push_bind(after.sql());
        }
        if let Some(before) = self.before {
            query.push(" AND position < ").push_bind(before.sql());
        }
    }
}

impl SqliteLog {
    /// The events that the filter lets through.
    pub async fn history(&mut self, filter: &HistoryFilter) -> Result<Vec<Recorded>, LogError> {
        let mut query = Query::select();
        query.push("true");
        filter.push_to(&mut query);
        query.push(if filter.oldest_first { " ORDER BY position LIMIT " } else { " ORDER BY position DESC LIMIT " });
        query.push_bind(filter.limit);
        self.read_all(query).await
    }

    /// Up to `limit` events after a position, oldest first.
    pub async fn read(&mut self, after: Option<Position>, limit: u32) -> Result<Vec<Recorded>, LogError> {
        let mut query = Query::select();
        query
            .push("position > ")
            .push_bind(after.map_or(0, Position::sql))
            .push(" ORDER BY position LIMIT ")
            .push_bind(limit);
        self.read_all(query).await
    }

    /// Up to `limit` events of one stream after a version, oldest first.
    pub(super) async fn read_stream(
        &mut self,
        stream: &str,
        after: Option<Version>,
        limit: u32,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut query = Query::select();
        query.push("stream = ").push_bind(stream.to_owned());
        query.push(" AND version > ").push_bind(after.map_or(0, Version::sql));
        query.push(" ORDER BY version LIMIT ").push_bind(limit);
        self.read_all(query).await
    }

    /// One event.
    pub async fn event(&mut self, event: &EventRef) -> Result<Option<Recorded>, FindEventError> {
        let mut query = Query::select();
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

    async fn read_all(&mut self, Query { sql, arguments }: Query) -> Result<Vec<Recorded>, LogError> {
        decoding::events(&mut self.connection, &self.path, &sql, params_from_iter(arguments)).await
    }
}

/// A query over all columns of the events.
struct Query {
    sql: String,
    arguments: Vec<Value>,
}

impl Query {
    /// As far as the conditions.
    fn select() -> Self {
        Self { sql: format!("SELECT {COLUMNS} FROM events WHERE "), arguments: vec![] }
    }

    fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    fn push_bind(&mut self, argument: impl Into<Value>) -> &mut Self {
        self.arguments.push(argument.into());
        self.push("?")
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
        if text.starts_with('-') {
            return Err(InvalidEventRef { given: shown(text) });
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
