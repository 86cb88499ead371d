//! Migrations of a tenant's database: plain SQL files, applied in order by sqlx's migrator, each at most once.
//!
//! ```text
//! files ──► Folder ──┐
//!                    ├──► Standing: what is applied, pending, changed … ──► run ──► Outcome ──► event
//! database ──► rows ─┘
//! ```
//!
//! Where only the provider reaches the database, [`remote`] does the same with scripts of `psql`, which [`script`] knows.

mod folder;
mod remote;
mod run;
pub mod script;
mod standing;
pub mod words;

pub use folder::Folder;
pub use remote::{look as look_remotely, run as run_remotely};
pub use run::{Outcome, interrupted, run};
pub use standing::{Standing, State, check};

use sqlx::migrate::Migration;
use systemprompt_events::{AppliedMigration, TenantCommand};

/// Where sqlx keeps what it has applied.
const TABLE: &str = "_sqlx_migrations";

impl Outcome<'_> {
    /// What is recorded of the run.
    pub fn command(&self) -> TenantCommand {
        let applied = self.applied.iter().map(|migration| recorded(migration)).collect();
        match &self.failed {
            None => TenantCommand::RecordMigrations { applied },
            Some(failed) => TenantCommand::RecordFailedMigration {
                applied,
                failed: recorded(failed.migration),
                reason: failed.reason.clone(),
            },
        }
    }
}

/// As it is recorded.
fn recorded(migration: &Migration) -> AppliedMigration {
    AppliedMigration {
        version: migration.version.unsigned_abs(),
        description: crate::text::one_line(&migration.description, folder::NAME_CHARS_MAX),
        checksum: hex::encode(&migration.checksum),
    }
}
