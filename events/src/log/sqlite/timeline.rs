//! What held during a stretch of the log: rows with the positions from which and until which they were true.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteLog,
    sql_error::log_error,
    tenants::{optional, parse, position},
};
use crate::{LogError, OperationId, Position, ProfileId, ProfileName, TenantId, TenantSummary, Timestamp};

/// Something that was true for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T> {
    /// What was true.
    pub what: T,
    /// The event that made it true.
    pub from: Position,
    /// The event that ended it; none: it holds at the end of the stretch.
    pub until: Option<Position>,
}

/// What held during a stretch of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Tenants, in the order of their births, and each in the order of its changes.
    pub tenants: Vec<Held<TenantSummary>>,
    /// Which tenant was selected, in order.
    pub selection: Vec<Held<TenantId>>,
    /// Operations with an event in the stretch, and the tenant that each is about.
    pub operations: Vec<(OperationId, Option<TenantId>)>,
    /// Profiles, their names and their tenants, in order; one that was renamed comes again.
    pub profiles: Vec<(ProfileId, ProfileName, TenantId)>,
}

/// The rows that held at some position from `?1` to `?2`, those that ended at `?1` among them: what ended them is seen.
macro_rules! held {
    ($columns:literal, $table:literal, $order:literal) => {
        concat!(
            "SELECT valid_from, CASE WHEN valid_to <= ?2 THEN valid_to END, ",
            $columns,
            " FROM ",
            $table,
            " WHERE valid_from <= ?2 AND (valid_to IS NULL OR valid_to >= ?1) ORDER BY ",
            $order
        )
    };
}

const TENANTS: &str = held!(
    "key, name, tenant_type, provider, region, state, created_at, updated_at, protected",
    "tenants",
    "created_position, valid_from"
);
const SELECTION: &str = held!("tenant", "selection", "valid_from");
const PROFILES: &str = held!("key, name, tenant", "profiles", "created_position, valid_from");
/// An operation's row is open for ever, and its tenant never changes.
const OPERATIONS: &str = "SELECT key, tenant FROM operations WHERE valid_to IS NULL AND key IN \
    (SELECT substr(stream, 11) FROM events WHERE position BETWEEN ?1 AND ?2 AND stream LIKE 'operation/%') \
    ORDER BY started_at, key";

impl SqliteLog {
    /// What held from one position to another, both included.
    ///
    /// Reads the rows that are past, too, so that it takes the longer, the more there are of them.
    pub async fn timeline(&mut self, first: Position, last: Position) -> Result<Timeline, LogError> {
        let tenants = self.stretch(TENANTS, first, last).await?;
        let selection = self.stretch(SELECTION, first, last).await?;
        let operations = self.stretch(OPERATIONS, first, last).await?;
        let profiles = self.stretch(PROFILES, first, last).await?;
        let timeline = || {
            Ok(Timeline {
                tenants: tenants.iter().map(|row| held(row, tenant(row)?)).collect::<Result<_, _>>()?,
                selection: selection.iter().map(|row| held(row, parse(row.try_get(2)?)?)).collect::<Result<_, _>>()?,
                operations: operations.iter().map(operation).collect::<Result<_, _>>()?,
                profiles: profiles.iter().map(profile).collect::<Result<_, _>>()?,
            })
        };
        timeline().map_err(log_error(&self.path))
    }

    async fn stretch(
        &mut self,
        sql: &'static str,
        first: Position,
        last: Position,
    ) -> Result<Vec<SqliteRow>, LogError> {
        let query = sqlx::query(sql).bind(first.sql()).bind(last.sql());
        query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))
    }
}

fn held<T>(row: &SqliteRow, what: T) -> Result<Held<T>, sqlx::Error> {
    Ok(Held {
        what,
        from: position(row.try_get(0)?)?,
        until: row.try_get::<Option<i64>, _>(1)?.map(position).transpose()?,
    })
}

fn tenant(row: &SqliteRow) -> Result<TenantSummary, sqlx::Error> {
    Ok(TenantSummary {
        id: parse(row.try_get(2)?)?,
        name: parse(row.try_get(3)?)?,
        tenant_type: parse(row.try_get(4)?)?,
        provider: parse(row.try_get(5)?)?,
        region: optional(row.try_get(6)?)?,
        state: parse(row.try_get(7)?)?,
        created_at: Timestamp::from_millis(row.try_get(8)?),
        updated_at: Timestamp::from_millis(row.try_get(9)?),
        protected: row.try_get::<i64, _>(10)? != 0,
    })
}

fn operation(row: &SqliteRow) -> Result<(OperationId, Option<TenantId>), sqlx::Error> {
    Ok((parse(row.try_get(0)?)?, optional(row.try_get(1)?)?))
}

fn profile(row: &SqliteRow) -> Result<(ProfileId, ProfileName, TenantId), sqlx::Error> {
    Ok((parse(row.try_get(2)?)?, parse(row.try_get(3)?)?, parse(row.try_get(4)?)?))
}
