//! What every command wants to know of a log first, in one query: each call costs two changes of threads.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    files::{FileView, HAD_PROFILE, Notes, PROFILES, TENANTS, changed_after, file_view},
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
    /// What we wrote last to the registry; none when we never did.
    pub file: Option<FileView>,
    /// What we wrote last to the files of profiles and sessions, where `tenants_changed` speaks of these, too; and whether
    /// there ever was a profile.
    pub daily: (Option<FileView>, bool),
    /// Whether there is a profile.
    pub has_profiles: bool,
    /// Whether a shell works in a tenant of its own.
    pub has_shells: bool,
    /// The tenant that commands apply to.
    pub selected: Option<TenantId>,
    /// The operations that have not ended, oldest first.
    pub unfinished: Vec<OperationId>,
}

static OVERVIEW: LazyLock<String> = LazyLock::new(|| {
    let living = |table: &str| format!("EXISTS (SELECT 1 FROM {table} WHERE valid_to IS NULL)");
    format!(
        "SELECT {MARKS}, (SELECT position FROM chain), (SELECT tenant FROM selection WHERE valid_to IS NULL), \
         (SELECT group_concat(key, ' ') FROM ({UNFINISHED})), {profiles}, {shells}, {HAD_PROFILE}, \
         r.digest, r.position, r.stamp, {changed}, d.digest, d.position, d.stamp, {changed_daily} \
         FROM (SELECT 1) LEFT JOIN files r ON r.name = ?1 LEFT JOIN files d ON d.name = ?2",
        profiles = living("profiles"),
        shells = living("shells"),
        changed = changed_after("r.position", &TENANTS),
        changed_daily = changed_after("d.position", &PROFILES),
    )
});

/// The overview, and the marks by which we know a log.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    notes: Notes<'_>,
) -> Result<(Marks, Overview), sqlx::Error> {
    let query = sqlx::query(AssertSqlSafe(OVERVIEW.as_str()));
    let query = query.bind(notes.registry.to_owned()).bind(notes.daily.to_owned());
    let row = query.fetch_one(connection).await?;
    Ok((Marks::of(&row)?, overview(&row)?))
}

fn overview(row: &SqliteRow) -> Result<Overview, sqlx::Error> {
    let unfinished: Option<&str> = row.try_get(5)?;
    Ok(Overview {
        is_empty: row.try_get::<i64, _>(3)? == 0,
        file: file_view(row, 9)?,
        daily: (file_view(row, 13)?, row.try_get(8)?),
        has_profiles: row.try_get(6)?,
        has_shells: row.try_get(7)?,
        selected: optional(row.try_get(4)?)?,
        unfinished: unfinished.unwrap_or_default().split_whitespace().map(parse).collect::<Result<_, _>>()?,
    })
}
