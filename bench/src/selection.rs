//! The smallest change that a command makes, through the model: two tenants, selected in turn.

use std::path::Path;

use systemprompt_events::{
    Append, Command, CommandId, EventId, ProjectCommand, Provenance, SqliteLog, TenantId, Timestamp,
};
use uuid::Uuid;

use crate::Outcome;

/// An open log and its first two tenants.
pub(crate) struct Selections {
    log: SqliteLog,
    tenants: [TenantId; 2],
    provenance: Provenance,
}

impl Selections {
    pub(crate) async fn open(path: &Path) -> Outcome<Self> {
        let mut log = SqliteLog::open(path).await?;
        let selected = log.selected().await?;
        let mut others =
            log.tenants().await?.into_iter().map(|tenant| tenant.id).filter(|id| Some(id) != selected.as_ref());
        let tenants = match (others.next(), others.next()) {
            (Some(one), Some(other)) => [one, other],
            _ => return Err("this needs a log with three tenants".into()),
        };
        Ok(Self { log, tenants, provenance: provenance("cloud tenant select") })
    }

    /// Records that the other of the two is selected.
    pub(crate) async fn select_next(&mut self) -> Outcome {
        self.tenants.swap(0, 1);
        let command = Command::Project(ProjectCommand::SelectTenant { tenant: self.tenants[0].clone() });
        self.log.execute(&self.provenance, append(vec![command], now()?)).await?;
        Ok(())
    }
}

/// Who the helper says it is.
pub(crate) fn provenance(words: &str) -> Provenance {
    Provenance {
        actor: "bench (uid 0)".to_owned(),
        host: "bench".to_owned(),
        cli: "systemprompt 0.1.0".to_owned(),
        argv: std::iter::once("systemprompt").chain(words.split(' ')).map(str::to_owned).collect(),
    }
}

/// A request as the program makes it.
pub(crate) fn append<'a>(commands: Vec<Command>, time: Timestamp) -> Append<'a> {
    Append {
        commands,
        command_id: CommandId::new(Uuid::now_v7()),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        time,
        ids: Box::leak(Box::new(|| EventId::new(Uuid::now_v7()))),
    }
}

/// The time, to the millisecond.
pub(crate) fn now() -> Outcome<Timestamp> {
    let since = std::time::UNIX_EPOCH.elapsed()?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}
