//! What every log does, in memory or on disk.

use systemprompt_events::{
    Append, Command, CommandId, Entry, Event, EventId, EventLog, ExecuteError, Expected, LogId, MemoryLog, Position,
    ProjectCommand, ProjectEvent, Receipt, Refusal, SqliteLog, Stream, Timestamp, Version,
};
use uuid::Uuid;

use crate::support::{Ids, adopt, delete, provenance, select, tenant_id};

#[tokio::test]
async fn the_memory_log_conforms() {
    conforms(MemoryLog::default()).await;
}

#[tokio::test]
async fn the_sqlite_log_conforms() {
    let directory = tempfile::tempdir().unwrap();
    conforms(SqliteLog::create(&directory.path().join("log.db")).await.unwrap()).await;
}

async fn conforms<L: EventLog>(log: L) {
    let mut suite = Suite { log, ids: Ids::from(0) };
    suite.an_empty_log_has_no_head().await;
    suite.events_are_appended_where_they_are_expected().await;
    suite.a_repeated_request_gets_the_first_receipt().await;
    suite.names_are_unique_among_the_living().await;
    suite.a_refused_request_leaves_nothing().await;
    suite.the_selection_ends_with_its_tenant().await;
    suite.commands_see_what_the_former_did().await;
    suite.what_cannot_follow_is_not_appended().await;
    suite.the_chain_holds().await;
}

struct Suite<L> {
    log: L,
    ids: Ids,
}

fn initialised() -> Event {
    ProjectEvent::ProjectInitialised { log_id: LogId::new(Uuid::from_u128(7)) }.into()
}

fn selected(id: &str) -> Event {
    ProjectEvent::TenantSelected { tenant: tenant_id(id) }.into()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

impl<L: EventLog> Suite<L> {
    async fn append(&mut self, expected: Expected, events: Vec<Event>) -> Result<Receipt, ExecuteError> {
        let command_id = CommandId::new(self.ids.uuid());
        let entry = Entry {
            stream: Stream::Project,
            expected,
            events,
            command_id,
            correlation_id: command_id.uuid(),
            causation_id: None,
            time: Timestamp::from_millis(0),
            ids: &mut || EventId::new(self.ids.uuid()),
        };
        self.log.append(&provenance(), entry).await
    }

    async fn execute_as(&mut self, id: CommandId, commands: Vec<Command>) -> Result<Receipt, ExecuteError> {
        let append = Append {
            commands,
            command_id: id,
            correlation_id: id.uuid(),
            causation_id: None,
            time: Timestamp::from_millis(0),
            ids: &mut || EventId::new(self.ids.uuid()),
        };
        self.log.execute(&provenance(), append).await
    }

    async fn execute(&mut self, commands: Vec<Command>) -> Result<Receipt, ExecuteError> {
        let id = CommandId::new(self.ids.uuid());
        self.execute_as(id, commands).await
    }

    async fn length(&mut self) -> u64 {
        self.log.head().await.unwrap().position.map_or(0, Position::get)
    }

    async fn an_empty_log_has_no_head(&mut self) {
        assert_eq!(self.log.head().await.unwrap().position, None);
        assert_eq!(self.log.read(None, 10).await.unwrap(), []);
    }

    async fn events_are_appended_where_they_are_expected(&mut self) {
        let conflict = |error| matches!(error, Err(ExecuteError::Conflict { .. }));
        assert!(conflict(self.append(Expected::Exact(version(1)), vec![initialised()]).await));
        let receipt = self.append(Expected::NoStream, vec![initialised()]).await.unwrap();
        assert_eq!((receipt.first, receipt.last, receipt.replayed), (Position::new(1), Position::new(1), false));
        assert!(conflict(self.append(Expected::NoStream, vec![]).await));
        assert!(conflict(self.append(Expected::Exact(version(2)), vec![]).await));
        self.execute(vec![adopt("a", "acme")]).await.unwrap();
        self.append(Expected::Exact(version(1)), vec![selected("a")]).await.unwrap();
        self.append(Expected::Any, vec![selected("a")]).await.unwrap();
        assert_eq!(self.length().await, 4);
    }

    async fn a_repeated_request_gets_the_first_receipt(&mut self) {
        let id = CommandId::new(self.ids.uuid());
        let first = self.execute_as(id, vec![adopt("b", "beta"), select("b")]).await.unwrap();
        let again = self.execute_as(id, vec![adopt("b", "beta"), select("b")]).await.unwrap();
        assert_eq!(again, Receipt { replayed: true, ..first });
        let other = self.execute_as(id, vec![select("b")]).await;
        assert!(matches!(other, Err(ExecuteError::CommandReused { command_id }) if command_id == id));
        let nothing = self.execute(vec![select("b")]).await.unwrap();
        assert_eq!((nothing.first, nothing.events.len()), (None, 0));
    }

    async fn names_are_unique_among_the_living(&mut self) {
        let taken = self.execute(vec![adopt("c", "beta")]).await;
        let expected = Refusal::NameTaken { name: "beta".parse().unwrap(), by: tenant_id("b") };
        assert!(matches!(taken, Err(ExecuteError::Refused(refusal)) if refusal == expected));
        let twice = self.execute(vec![adopt("c", "gamma"), adopt("d", "gamma")]).await;
        assert!(matches!(twice, Err(ExecuteError::Refused(Refusal::NameTaken { .. }))));
        self.execute(vec![delete("b"), adopt("c", "beta")]).await.unwrap();
        let id = self.execute(vec![adopt("b", "delta")]).await;
        assert!(matches!(id, Err(ExecuteError::Refused(Refusal::IdTaken { .. }))));
    }

    async fn a_refused_request_leaves_nothing(&mut self) {
        let before = self.log.head().await.unwrap();
        let refused = self.execute(vec![adopt("e", "epsilon"), select("nobody")]).await;
        let expected = Refusal::NoSuchTenant { id: tenant_id("nobody") };
        assert!(matches!(refused, Err(ExecuteError::Refused(refusal)) if refusal == expected));
        assert_eq!(self.log.head().await.unwrap(), before);
        self.execute(vec![adopt("e", "epsilon")]).await.unwrap();
    }

    async fn the_selection_ends_with_its_tenant(&mut self) {
        self.execute(vec![select("c")]).await.unwrap();
        let receipt = self.execute(vec![delete("c")]).await.unwrap();
        assert_eq!(receipt.events.len(), 2);
        let last = self.log.read(Position::new(receipt.first.unwrap().get()), 10).await.unwrap();
        assert_eq!(last[0].event, ProjectEvent::TenantUnselected { tenant: tenant_id("c") }.into());
        assert_eq!(last[0].causation_id, Some(receipt.events[0]));
        let gone = self.execute(vec![select("c")]).await;
        assert!(matches!(gone, Err(ExecuteError::Refused(Refusal::TenantGone { .. }))));
    }

    async fn commands_see_what_the_former_did(&mut self) {
        let commands = vec![
            adopt("f", "phi"),
            select("f"),
            delete("f"),
            Command::Project(ProjectCommand::UnselectTenant),
            adopt("g", "phi"),
        ];
        assert_eq!(self.execute(commands).await.unwrap().events.len(), 5);
    }

    async fn what_cannot_follow_is_not_appended(&mut self) {
        let before = self.log.head().await.unwrap();
        let again = self.append(Expected::Any, vec![initialised()]).await;
        assert!(matches!(again, Err(ExecuteError::CannotFollow { .. })));
        assert_eq!(self.log.head().await.unwrap(), before);
    }

    async fn the_chain_holds(&mut self) {
        let all = self.log.read(None, 1000).await.unwrap();
        let head = self.log.head().await.unwrap();
        assert_eq!(all.last().map(|last| (Some(last.position), last.hash)), Some((head.position, head.hash)));
        assert!(all.iter().zip(1..).all(|(event, place)| event.position.get() == place));
        assert_eq!(self.log.read(head.position, 10).await.unwrap(), []);
    }
}
