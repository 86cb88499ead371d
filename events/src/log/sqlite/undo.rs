//! Finding what an undo or a redo is about, trying commands out, and recording them only if nobody was faster.

use std::collections::VecDeque;

use sqlx::AssertSqlSafe;

use super::{
    SqliteLog, checkpoint, read_head,
    row::{COLUMNS, recorded},
    sql_error::log_error,
};
use crate::{
    Append, Chain, Event, ExecuteError, Head, HistoryFilter, LogError, Position, Provenance, Receipt, Recorded,
    Restore, Standing, Streams, UndoPlan, UnitKind, log::record,
};

/// Events that are read at a time, newest first.
const PAGE: u32 = 200;

/// Walks over the requests of a log, newest first.
struct Walk<'a> {
    log: &'a mut SqliteLog,
    chain: Chain,
    streams: Streams,
    /// Read and not given out yet, newest first.
    read: VecDeque<Recorded>,
    /// What is read next lies before it; none: at the end.
    before: Option<Position>,
    is_at_start: bool,
}

impl SqliteLog {
    /// How to take back the newest command that changed something and stands. With `passing`, those that cannot be
    /// taken back are passed over.
    pub async fn newest_undo(&mut self, passing: bool) -> Result<Option<UndoPlan>, LogError> {
        Ok(self.newest_undos(1, passing).await?.pop())
    }

    /// The same for several commands, newest first, each as it would be after those before it are taken back.
    pub async fn newest_undos(&mut self, count: usize, passing: bool) -> Result<Vec<UndoPlan>, LogError> {
        let mut walk = Walk::new(self);
        let mut plans: Vec<UndoPlan> = vec![];
        while plans.len() < count
            && let Some((events, standing)) = walk.next_older().await?
        {
            if standing.is_settled || standing.kind == UnitKind::Undo {
                continue;
            }
            if let Some(mut plan) = walk.change(events).await? {
                plan.take_away(&plans);
                if !(passing && (plan.is_futile() || plan.obstacle().is_some())) {
                    plans.push(plan);
                }
            }
        }
        Ok(plans)
    }

    /// How to do again what was taken back last; none where nothing was, or something else was done since.
    pub async fn newest_redo(&mut self) -> Result<Option<UndoPlan>, LogError> {
        Ok(self.newest_redos(1).await?.pop())
    }

    /// The same for several undos, newest first.
    pub async fn newest_redos(&mut self, count: usize) -> Result<Vec<UndoPlan>, LogError> {
        let mut walk = Walk::new(self);
        let mut plans: Vec<UndoPlan> = vec![];
        while plans.len() < count
            && let Some((events, standing)) = walk.next_older().await?
        {
            match standing.kind {
                UnitKind::Undo if !standing.is_settled => {
                    if let Some(mut plan) = walk.plan(events).await? {
                        plan.take_away(&plans);
                        plans.push(plan);
                    }
                }
                UnitKind::Undo | UnitKind::Redo => {}
                UnitKind::Own => {
                    if walk.change(events).await?.is_some() {
                        break;
                    }
                }
            }
        }
        Ok(plans)
    }

    /// How to take back the command that recorded an event, and where it stands.
    pub async fn undo_of(&mut self, event: &Recorded) -> Result<Option<(UndoPlan, Standing)>, LogError> {
        let wanted = event.command_id;
        let mut walk = Walk::new(self);
        while let Some((events, standing)) = walk.next_older().await? {
            if events.first().is_some_and(|first| first.command_id == wanted) {
                return Ok(walk.plan(events).await?.map(|plan| (plan, standing)));
            }
        }
        Ok(None)
    }

    /// What brings tenants and profiles back to what they were at a position.
    pub async fn restore_to(&mut self, to: Position) -> Result<Restore, LogError> {
        let query = sqlx::query_scalar(
            "SELECT DISTINCT stream FROM events WHERE position > ? \
             AND (stream = 'project' OR stream LIKE 'tenant/%' OR stream LIKE 'profile/%')",
        );
        let changed: Vec<String> =
            query.bind(to.sql()).fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        let mut streams = Streams::default();
        for name in changed {
            let events = self.stream(&name).await?;
            streams.insert(name, events);
        }
        Restore::new(&streams, to).map_err(|error| LogError::Damaged { position: None, reason: error.to_string() })
    }

    /// The whole of a stream, oldest first.
    pub async fn stream(&mut self, stream: &str) -> Result<Vec<Recorded>, LogError> {
        let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM events WHERE stream = ? ORDER BY version"));
        let rows = sqlx::query(sql).bind(stream.to_owned()).fetch_all(&mut self.connection).await;
        rows.map_err(log_error(&self.path))?.iter().map(recorded).collect()
    }

    /// The events that a request would record, with all rules, and nothing recorded.
    pub async fn rehearse(
        &mut self,
        provenance: &Provenance,
        append: Append<'_>,
    ) -> Result<Vec<Recorded>, ExecuteError> {
        let path = self.path.clone();
        let mut transaction = self.begin_write().await?;
        let receipt = record::execute(&mut transaction, provenance, append).await?;
        let (first, last) = (receipt.first.map_or(1, Position::sql), receipt.last.map_or(0, Position::sql));
        let sql = format!("SELECT {COLUMNS} FROM events WHERE position BETWEEN ? AND ? ORDER BY position");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(first).bind(last);
        let rows = query.fetch_all(transaction.transaction.as_mut()).await.map_err(log_error(&path))?;
        let events: Result<Vec<_>, LogError> = rows.iter().map(recorded).collect();
        transaction.transaction.rollback().await.map_err(log_error(&path))?;
        Ok(events?)
    }

    /// As [`Self::execute`], if the log still ends where it did when the request was thought out.
    pub async fn execute_after(
        &mut self,
        provenance: &Provenance,
        append: Append<'_>,
        head: &Head,
    ) -> Result<Receipt, ExecuteError> {
        let path = self.path.clone();
        let mut transaction = self.begin_write().await?;
        let found = read_head(transaction.transaction.as_mut(), &path).await?;
        if found != *head {
            return Err(ExecuteError::Moved);
        }
        let receipt = record::execute(&mut transaction, provenance, append).await?;
        self.kept = transaction.end(&receipt).await?;
        checkpoint::when_large(&mut self.connection, &self.path).await;
        Ok(receipt)
    }
}

impl<'a> Walk<'a> {
    fn new(log: &'a mut SqliteLog) -> Self {
        let (chain, streams, read) = (Chain::default(), Streams::default(), VecDeque::new());
        Self { log, chain, streams, read, before: None, is_at_start: false }
    }

    /// The events of the next older request, in their order, and what it is to the chain.
    async fn next_older(&mut self) -> Result<Option<(Vec<Recorded>, Standing)>, LogError> {
        let mut events: Vec<Recorded> = vec![];
        loop {
            if self.read.is_empty() && !self.is_at_start {
                self.read_on().await?;
            }
            let belongs =
                |next: &Recorded| events.first().is_none_or(|first: &Recorded| first.command_id == next.command_id);
            if !self.read.front().is_some_and(belongs) {
                break;
            }
            events.extend(self.read.pop_front());
        }
        events.reverse();
        let standing = self.chain.see(&events);
        Ok((!events.is_empty()).then_some((events, standing)))
    }

    async fn read_on(&mut self) -> Result<(), LogError> {
        let filter = HistoryFilter { before: self.before, limit: PAGE, ..HistoryFilter::default() };
        let page = self.log.history(&filter).await?;
        self.before = page.last().map(|oldest| oldest.position);
        self.is_at_start = page.is_empty();
        self.read.extend(page);
        Ok(())
    }

    /// The plan for a request that changed something.
    async fn change(&mut self, events: Vec<Recorded>) -> Result<Option<UndoPlan>, LogError> {
        // The steps of operations are many, and none of them is a change by itself.
        if events.iter().all(|recorded| matches!(recorded.event, Event::Operation(_))) {
            return Ok(None);
        }
        Ok(self.plan(events).await?.filter(UndoPlan::is_change))
    }

    async fn plan(&mut self, events: Vec<Recorded>) -> Result<Option<UndoPlan>, LogError> {
        for recorded in &events {
            if !self.streams.has(&recorded.stream) {
                let stream = self.log.stream(&recorded.stream).await?;
                self.streams.insert(recorded.stream.clone(), stream);
            }
        }
        let plan = UndoPlan::new(events, &self.streams);
        plan.map_err(|error| LogError::Damaged { position: None, reason: error.to_string() })
    }
}
