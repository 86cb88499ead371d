//! What every command wants to know of a log first, in one query: each call costs two changes of threads.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    files::{FileView, STATE, TENANTS, changed_after, file_view},
    operations::UNFINISHED,
    schema::{MARKS, Marks},
    tenants::{optional, parse},
};
use crate::{OperationId, TenantId};

/// A log at first sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether nothing happened yet.
    pub is_empty: bool,
    /// What we wrote last to the file that was asked about; none when we never did.
    pub file: Option<FileView>,
    /// The tenant that commands apply to.
    pub selected: Option<TenantId>,
    /// The operations that have not ended, oldest first.
    pub unfinished: Vec<OperationId>,
}

static OVERVIEW: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {MARKS}, (SELECT position FROM chain), (SELECT tenant FROM selection WHERE valid_to IS NULL), \
         (SELECT group_concat(key, ' ') FROM ({UNFINISHED})), {STATE}, {} \
         FROM (SELECT 1) LEFT JOIN files f ON f.name = ?",
        changed_after("f.position", &TENANTS)
    )
});

/// The overview, and the marks by which we know a log. `file` is the name of a file beside it.
pub(super) async fn read(connection: &mut SqliteConnection, file: &str) -> Result<(Marks, Overview), sqlx::Error> {
    let query = sqlx::query(AssertSqlSafe(OVERVIEW.as_str())).bind(file.to_owned());
    let row = query.fetch_one(connection).await?;
    Ok((Marks::of(&row)?, overview(&row)?))
}

fn overview(row: &SqliteRow) -> Result<Overview, sqlx::Error> {
    let unfinished: Option<&str> = row.try_get(5)?;
    Ok(Overview {
        is_empty: row.try_get::<i64, _>(3)? == 0,
        file: file_view(row, 6)?,
        selected: optional(row.try_get(4)?)?,
        unfinished: unfinished.unwrap_or_default().split_whitespace().map(parse).collect::<Result<_, _>>()?,
    })
}
