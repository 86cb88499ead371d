//! Reading operations.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteLog,
    beginning::load_one,
    sql_error::log_error,
    tenants::{optional, parse},
};
use crate::{
    Failure, LogError, Operation, OperationId, OperationState, OperationView, State, Stream, TenantId, Timestamp,
    codec::failure_of_text,
};

/// The keys of the operations that have not ended, oldest first.
pub(super) const UNFINISHED: &str = "SELECT key FROM operations \
    WHERE valid_to IS NULL AND state IN ('running', 'unwinding', 'stuck') ORDER BY started_at, key";

const OF_TENANT: &str = "SELECT key, kind, provider, plugin_hash, tenant, input, state, token, holder, result, \
    failure, left_behind, started_at, updated_at FROM operations \
    WHERE valid_to IS NULL AND tenant = ? ORDER BY started_at, key";

impl SqliteLog {
    /// An operation with its steps.
    pub async fn operation(&mut self, id: &OperationId) -> Result<Option<Operation>, LogError> {
        let folded = load_one(&mut self.connection, &self.path, &Stream::Operation(*id)).await?;
        match folded.state {
            State::Operation(Some(operation)) => {
                Ok(Some(Operation { started_at: folded.began.map(|began| began.time), ..operation }))
            }
            State::Operation(None)
            | State::Project(_)
            | State::Tenant(_)
            | State::Plugin(_)
            | State::Profile(_)
            | State::Account(_)
            | State::Session(_)
            | State::Shell(_) => Ok(None),
        }
    }

    /// The operations that have not ended, oldest first.
    pub async fn unfinished(&mut self) -> Result<Vec<Operation>, LogError> {
        let keys = sqlx::query_scalar(UNFINISHED).fetch_all(&mut self.connection).await;
        let keys: Vec<String> = keys.map_err(log_error(&self.path))?;
        let mut operations = vec![];
        for key in keys {
            let id = parse(&key).map_err(log_error(&self.path))?;
            operations.extend(self.operation(&id).await?);
        }
        Ok(operations)
    }

    /// All operations on a tenant, oldest first, without their steps.
    pub async fn operations_of(&mut self, tenant: &TenantId) -> Result<Vec<OperationView>, LogError> {
        let query = sqlx::query(OF_TENANT).bind(tenant.to_string());
        let rows = query.fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        rows.iter().map(|row| view(row).map_err(log_error(&self.path))).collect()
    }
}

fn view(row: &SqliteRow) -> Result<OperationView, sqlx::Error> {
    Ok(OperationView {
        id: parse(row.try_get(0)?)?,
        kind: row.try_get(1)?,
        provider: parse(row.try_get(2)?)?,
        plugin_hash: parse(row.try_get(3)?)?,
        tenant: optional(row.try_get(4)?)?,
        input: parse(row.try_get(5)?)?,
        state: state(row)?,
        token: u64::try_from(row.try_get::<i64, _>(7)?).unwrap_or_default(),
        holder: row.try_get(8)?,
        started_at: Timestamp::from_millis(row.try_get(12)?),
        updated_at: Timestamp::from_millis(row.try_get(13)?),
    })
}

fn state(row: &SqliteRow) -> Result<OperationState, sqlx::Error> {
    let invalid = |what: &str| sqlx::Error::Decode(format!("an operation's {what} cannot be read").into());
    let failure = || -> Result<Failure, sqlx::Error> {
        row.try_get::<Option<&str>, _>(10)?.and_then(failure_of_text).ok_or_else(|| invalid("failure"))
    };
    let left = || -> Result<Vec<String>, sqlx::Error> {
        let left = row.try_get::<Option<&str>, _>(11)?.and_then(|left| serde_json::from_str(left).ok());
        left.ok_or_else(|| invalid("list of what is left"))
    };
    match row.try_get(6)? {
        "running" => Ok(OperationState::Running),
        "unwinding" => Ok(OperationState::Unwinding(failure()?)),
        "failed" => Ok(OperationState::Failed(failure()?)),
        "cancelled" => Ok(OperationState::Cancelled(failure()?)),
        "succeeded" => {
            let result = optional(row.try_get(9)?)?;
            result.map(OperationState::Succeeded).ok_or_else(|| invalid("result"))
        }
        "stuck" => Ok(OperationState::Stuck { failure: failure()?, left: left()? }),
        "abandoned" => Ok(OperationState::Abandoned { left: left()? }),
        _ => Err(invalid("state")),
    }
}
