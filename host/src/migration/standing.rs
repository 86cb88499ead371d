//! What the database has and what the files say, side by side.

use std::collections::BTreeMap;

use sqlx::migrate::Migration;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Error, Row};
use systemprompt_events::TenantId;

use super::Folder;
use crate::error::{CliError, Exit};
use crate::text::one_line;

/// More than there can be files.
pub(super) const ROWS_MAX: i64 = 20_000;

/// Where one migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In the database, by the file that there is.
    Applied,
    /// In the file alone.
    Pending,
    /// In the database, by a file that was another one then.
    Changed,
    /// In the database, and its file is gone.
    Missing,
    /// Begun by a program that did not finish it.
    Unfinished,
}

impl State {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unfinished => "unfinished",
        }
    }

    /// Whether nothing can be applied as long as there is one like this.
    pub fn is_fault(self) -> bool {
        match self {
            Self::Applied | Self::Pending => false,
            Self::Changed | Self::Missing | Self::Unfinished => true,
        }
    }
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its number.
    pub version: i64,
    /// From the file, else from the database.
    pub description: String,
    /// Where it stands.
    pub state: State,
    /// When it was applied.
    pub applied_at: Option<String>,
}

/// What sqlx's table has of one migration.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) description: String,
    pub(super) success: bool,
    pub(super) checksum: Vec<u8>,
    pub(super) at: String,
}

impl Standing {
    /// Of every migration, by version. The database is only read.
    pub async fn of(folder: &Folder, connection: &mut PgConnection) -> Result<Vec<Standing>, Error> {
        Ok(compared(folder, done(connection).await?))
    }

    /// Of one that was applied just now.
    pub fn applied(migration: &Migration) -> Standing {
        Standing {
            version: migration.version,
            description: one_line(&migration.description, super::folder::NAME_CHARS_MAX),
            state: State::Applied,
            applied_at: None,
        }
    }
}

async fn done(connection: &mut PgConnection) -> Result<BTreeMap<i64, Done>, Error> {
    let is_there: bool =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut *connection).await?;
    if !is_there {
        return Ok(BTreeMap::new());
    }
    let query = "select version, description, success, checksum, \
                 to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as at \
                 from _sqlx_migrations order by version limit $1";
    let rows = sqlx::query(query).bind(ROWS_MAX).fetch_all(connection).await?;
    rows.iter().map(row).collect()
}

fn row(row: &PgRow) -> Result<(i64, Done), Error> {
    let description: String = row.try_get("description")?;
    let done = Done {
        description: one_line(&description, super::folder::NAME_CHARS_MAX),
        success: row.try_get("success")?,
        checksum: row.try_get("checksum")?,
        at: row.try_get("at")?,
    };
    Ok((row.try_get("version")?, done))
}

/// Of every migration, by what the database has of them.
pub(super) fn compared(folder: &Folder, mut done: BTreeMap<i64, Done>) -> Vec<Standing> {
    let mut all: Vec<Standing> = Vec::new();
    for migration in &folder.migrations {
        let found = done.remove(&migration.version);
        let state = match &found {
            None => State::Pending,
            Some(found) if !found.success => State::Unfinished,
            Some(found) if found.checksum != *migration.checksum => State::Changed,
            Some(_) => State::Applied,
        };
        all.push(Standing {
            version: migration.version,
            description: one_line(&migration.description, super::folder::NAME_CHARS_MAX),
            state,
            applied_at: found.map(|found| found.at),
        });
    }
    all.extend(done.into_iter().map(|(version, found)| Standing {
        version,
        description: found.description,
        state: if found.success { State::Missing } else { State::Unfinished },
        applied_at: Some(found.at),
    }));
    all.sort_by_key(|standing| standing.version);
    all
}

/// Nothing is applied to a database whose past is not that of the files.
///
/// What is hinted names the tenant, for another one may be selected.
pub fn check(folder: &Folder, all: &[Standing], tenant: &TenantId) -> Result<(), CliError> {
    let faults: Vec<_> = all.iter().filter(|standing| standing.state.is_fault()).collect();
    let Some(first) = faults.first() else { return Ok(()) };
    let refused = |code: &str, message: String| {
        let error = CliError::new(Exit::Refused, code, message);
        let causes = faults
            .iter()
            .take(20)
            .map(|each| format!("{} `{}`: {}", each.version, each.description, each.state.as_str()));
        causes
            .fold(error, CliError::cause)
            .try_command(format!("systemprompt infra db migrate --status --tenant {tenant}"))
    };
    Err(match first.state {
        State::Changed => {
            let file = folder.file_of(first.version);
            refused("migration-changed", format!("`{file}` is not what was applied: the file was changed since")).help(
                "nothing was applied; bring the file back to what it was, and put the change into a new migration",
            )
        }
        State::Missing => refused(
            "migration-missing",
            format!("migration {} `{}` was applied, and its file is gone", first.version, first.description),
        )
        .help("nothing was applied; bring the file back, or name the right directory with `--dir`"),
        State::Unfinished => refused(
            "migration-unfinished",
            format!("migration {} `{}` is half applied", first.version, first.description),
        )
        .help("another program began it; mend the database by hand, then delete its row, and migrate again")
        .try_command(format!(
            "systemprompt infra db psql --tenant {tenant} -- --command 'delete from {} where version = {}'",
            super::TABLE,
            first.version
        )),
        State::Applied | State::Pending => unreachable!("BUG: these are no faults"),
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::migrate::MigrationType;
    use sqlx::{AssertSqlSafe, SqlSafeStr};

    use super::*;

    fn folder(versions: &[i64]) -> Folder {
        let migration = |version: &i64| {
            let sql = AssertSqlSafe(format!("select {version}")).into_sql_str();
            Migration::new(*version, Cow::Borrowed("x"), MigrationType::Simple, sql, false)
        };
        let files = versions.iter().map(|version| format!("{version}_x.sql")).collect();
        Folder { dir: "/".into(), migrations: versions.iter().map(migration).collect(), files }
    }

    fn done(migration: &Migration) -> (i64, Done) {
        let done =
            Done { description: "x".into(), success: true, checksum: migration.checksum.to_vec(), at: "now".into() };
        (migration.version, done)
    }

    #[test]
    fn files_and_database_are_compared_by_version_and_checksum() {
        let folder = folder(&[1, 2, 4]);
        let mut database: BTreeMap<_, _> = folder.migrations.iter().take(2).map(done).collect();
        database.get_mut(&2).unwrap().checksum = vec![0];
        database.insert(3, Done { success: false, ..database[&1].clone() });
        database.insert(5, database[&1].clone());
        let found: Vec<_> =
            compared(&folder, database).iter().map(|each| (each.version, each.state.as_str())).collect();
        assert_eq!(found, [(1, "applied"), (2, "changed"), (3, "unfinished"), (4, "pending"), (5, "missing")]);
    }

    #[test]
    fn nothing_is_applied_on_top_of_another_past() {
        let folder = folder(&[1, 2]);
        let mut database: BTreeMap<_, _> = folder.migrations.iter().take(1).map(done).collect();
        assert!(check(&folder, &compared(&folder, database.clone()), &"local_1".parse().unwrap()).is_ok());
        for (version, code) in [(3, "migration-missing"), (1, "migration-changed"), (0, "migration-unfinished")] {
            let mut other = database[&1].clone();
            (other.success, other.checksum) = (version != 0, vec![0]);
            database.insert(version, other);
            assert_eq!(
                check(&folder, &compared(&folder, database.clone()), &"local_1".parse().unwrap()).unwrap_err().code,
                code
            );
        }
    }
}
