//! Several processes on one log.

use std::{collections::BTreeSet, path::PathBuf};

use systemprompt_events::{
    Append, Command, CommandId, EventId, ExecuteError, OperationCommand, Refusal, SqliteLog, StepState, Timestamp,
    UndoKind,
};

use crate::support::{Ids, TestLog, adopt, execute, on, operation_id, provenance, start};

/// What a request would be if it were made by another process: a connection of its own.
async fn adopt_elsewhere(path: PathBuf, number: u128, name: String) -> Result<(), ExecuteError> {
    let mut log = SqliteLog::open(&path).await?;
    let mut ids = Ids::from(1_000_000 * number);
    let command_id = CommandId::new(ids.uuid());
    execute(&mut log, &mut ids, command_id, vec![adopt(&format!("t{number}"), &name)]).await?;
    log.close().await?;
    Ok(())
}

#[tokio::test]
async fn twenty_writers_at_once_leave_no_gap() {
    let mut test = TestLog::new().await;
    let writers = (1..=20).map(|number| tokio::spawn(adopt_elsewhere(test.path(), number, format!("name-{number}"))));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    let verification = test.log.verify().await.unwrap();
    assert_eq!((verification.events, verification.faults), (21, vec![]));
    assert_eq!(test.log.tenants().await.unwrap().len(), 20);
}

#[tokio::test]
async fn of_many_who_want_one_name_one_gets_it() {
    let mut test = TestLog::new().await;
    let writers = (1..=10).map(|number| tokio::spawn(adopt_elsewhere(test.path(), number, "acme".into())));
    let mut outcomes = vec![];
    for writer in writers.collect::<Vec<_>>() {
        outcomes.push(writer.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(refused.into_iter().all(|error| matches!(error, ExecuteError::Refused(Refusal::NameTaken { .. }))));
    assert_eq!(test.log.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_who_make_a_log_at_once_all_open_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    let makers = (1..=8).map(|number| {
        let path = path.clone();
        tokio::spawn(async move {
            drop(SqliteLog::create(&path).await.unwrap());
            adopt_elsewhere(path, number, format!("name-{number}")).await.unwrap();
        })
    });
    for maker in makers.collect::<Vec<_>>() {
        maker.await.unwrap();
    }
    let mut log = SqliteLog::open(&path).await.unwrap();
    assert_eq!(log.tenants().await.unwrap().len(), 8);
    let left: BTreeSet<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("new")), "{left:?}");
}

#[tokio::test]
async fn who_is_overtaken_records_nothing_more() {
    let mut test = TestLog::new().await;
    test.execute(vec![start(1, None)]).await.unwrap();
    let begin = |token| OperationCommand::BeginStep { token, name: "a".parse().unwrap(), undo: UndoKind::None };
    test.execute(vec![on(1, begin(1))]).await.unwrap();
    test.execute(vec![on(1, OperationCommand::Claim { holder: "process 2".into() })]).await.unwrap();
    let late = test.execute(vec![on(1, begin(1))]).await;
    let lost = Refusal::LeaseLost { id: operation_id(1), token: 1, newest: 2, holder: "process 2".into() };
    assert!(matches!(late, Err(ExecuteError::Refused(refusal)) if refusal == lost));
    test.execute(vec![on(1, begin(2))]).await.unwrap();
    let operation = test.log.operation(&operation_id(1)).await.unwrap().unwrap();
    assert_eq!((operation.steps.len(), &operation.steps[0].state), (1, &StepState::Began));
}

#[tokio::test]
async fn an_event_too_large_is_refused_whole() {
    let mut test = TestLog::new().await;
    let kept = systemprompt_events::ProjectCommand::KeepHandEdit {
        file: "x".repeat(3 << 20),
        kept_as: String::new(),
        digest: systemprompt_events::Digest::ZERO,
    };
    let refused = test.execute(vec![adopt("a", "acme"), Command::Project(kept)]).await;
    assert!(matches!(refused, Err(ExecuteError::Encode(_))));
    assert_eq!(test.log.tenants().await.unwrap(), []);
}

/// A request can be carried out by a task that moves between threads.
#[test]
fn a_request_is_send() {
    fn is_send<T: Send>(_: impl FnOnce(SqliteLog) -> T) {}
    is_send(|mut log| async move {
        let append = Append {
            commands: vec![],
            command_id: CommandId::new(uuid::Uuid::nil()),
            correlation_id: uuid::Uuid::nil(),
            causation_id: None,
            time: Timestamp::from_millis(0),
            ids: &mut || EventId::new(uuid::Uuid::nil()),
        };
        let _ = log.execute(&provenance(), append).await;
        let _ = (log.verify().await, log.rebuild().await, log.tenants().await, log.unfinished().await);
    });
}
