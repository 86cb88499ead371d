//! A connection that one verb is done with, kept for the next: a server takes milliseconds to let somebody in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::Admin;

/// A connection that is in order answers at once; another is simply made anew.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// What a call of a provider keeps between its verbs: at most one connection, of one administrator.
#[derive(Clone, Default)]
pub struct Idle(Arc<Mutex<Option<(Admin, PgConnection)>>>);

impl Idle {
    /// The connection of just this administrator, if it was kept and still answers.
    pub(super) async fn take(&self, admin: &Admin) -> Option<PgConnection> {
        let (of, mut connection) = self.slot().take()?;
        let is_same = of.host == admin.host && of.role == admin.role && of.password == admin.password;
        (is_same && answers(connection.ping()).await).then_some(connection)
    }

    /// Keeps it, without the locks that it holds; a connection that cannot give these up is not kept.
    pub(super) async fn keep(&self, admin: Admin, mut connection: PgConnection) {
        let unlock = sqlx::query("select pg_advisory_unlock_all()");
        if answers(unlock.execute(&mut connection)).await {
            // Without this slot, which would keep itself.
            *self.slot() = Some((Admin { idle: Idle::default(), ..admin }, connection));
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<(Admin, PgConnection)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answers<T>(asked: impl Future<Output = Result<T, sqlx::Error>> + Send) -> bool {
    tokio::time::timeout(ANSWER_TIMEOUT, asked).await.is_ok_and(|answer| answer.is_ok())
}
