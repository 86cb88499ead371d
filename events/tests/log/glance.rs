//! What a log says at first sight, and what is kept from one write to the next.

use systemprompt_events::{
    Command, Digest, FileState, LogError, Notes, OperationCommand, Position, ProjectCommand, SqliteLog, StepState,
    TenantCommand, UndoKind,
};

use crate::{
    daily::{create, enter},
    opening::meddle,
    support::{Ids, TestLog, adopt, delete, execute, on, operation_id, select, start, tenant_id},
};

const FILE: &str = "tenants.json";
const NOTES: Notes<'_> = Notes { registry: FILE, daily: "profiles" };

#[tokio::test]
async fn an_overview_says_what_one_would_ask_for_one_by_one() {
    let mut test = TestLog::new().await;
    let state = FileState { digest: Digest::of(b"x"), stamp: "now".into(), position: Position::FIRST };
    test.log.set_file_state(FILE, state.clone()).await.unwrap();
    test.execute(vec![adopt("a", "acme"), select("a"), start(1, None), start(2, Some("a"))]).await.unwrap();
    test.execute(vec![on(1, OperationCommand::Succeed { token: 1, result: "{}".parse().unwrap() })]).await.unwrap();
    let (_, reading) = SqliteLog::open_read_only_and_look(&test.path(), NOTES).await.unwrap();
    let (_, writing) = SqliteLog::open_and_look(&test.path(), NOTES).await.unwrap();
    assert_eq!(reading, writing);
    assert!(!reading.is_empty);
    assert_eq!(reading.selected, Some(tenant_id("a")));
    assert_eq!(reading.unfinished, [operation_id(2)]);
    let file = reading.file.unwrap();
    assert_eq!((file.state, file.tenants_changed), (state.clone(), true));
    assert_eq!((reading.daily, reading.has_profiles, reading.has_shells), ((None, false), false, false));
    test.log.set_file_state(NOTES.daily, state).await.unwrap();
    test.execute(vec![create(2, "local", "a"), enter("a", Some(2))]).await.unwrap();
    let (_, later) = SqliteLog::open_read_only_and_look(&test.path(), NOTES).await.unwrap();
    assert_eq!(later.daily, test.log.daily_files(NOTES.daily).await.unwrap());
    assert!(later.has_profiles && later.has_shells && later.daily.1);
    assert_eq!(
        SqliteLog::open_and_look(&test.path(), Notes { registry: "other", ..NOTES }).await.unwrap().1.file,
        None
    );
}

#[tokio::test]
async fn the_overview_of_a_new_log_is_empty_and_what_is_no_log_has_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    SqliteLog::create(&path).await.unwrap().close().await.unwrap();
    let (_, overview) = SqliteLog::open_and_look(&path, NOTES).await.unwrap();
    assert!(overview.is_empty && overview.file.is_none() && overview.unfinished.is_empty());
    meddle(&path, "PRAGMA user_version = 2").await;
    let newer = |error| matches!(error, LogError::Newer { found: 2, .. });
    assert!(newer(SqliteLog::open_read_only_and_look(&path, NOTES).await.unwrap_err()));
    std::fs::write(&path, "hello").unwrap();
    let foreign = |error| matches!(error, LogError::NotALog { .. });
    assert!(foreign(SqliteLog::open_read_only_and_look(&path, NOTES).await.unwrap_err()));
    assert!(foreign(SqliteLog::open_and_look(&path, NOTES).await.unwrap_err()));
}

#[tokio::test]
async fn only_what_happens_to_a_tenant_makes_a_file_old() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme"), adopt("b", "beta")]).await.unwrap();
    let mut changed_after = async |commands: Vec<Command>| {
        let position = test.log.head().await.unwrap().position.unwrap();
        let state = FileState { digest: Digest::ZERO, stamp: String::new(), position };
        test.log.set_file_state(FILE, state).await.unwrap();
        assert!(!test.log.file(FILE).await.unwrap().unwrap().tenants_changed);
        test.execute(commands).await.unwrap();
        test.log.file(FILE).await.unwrap().unwrap().tenants_changed
    };
    let kept = ProjectCommand::KeepHandEdit { file: "f".into(), kept_as: "g".into(), digest: Digest::ZERO };
    assert!(!changed_after(vec![select("a"), start(1, Some("a")), Command::Project(kept)]).await);
    let seal = TenantCommand::SealSecret {
        name: "db-password".parse().unwrap(),
        version: 1,
        seal_id: uuid::Uuid::from_u128(1),
        sealed: "x".into(),
    };
    assert!(changed_after(vec![Command::Tenant(tenant_id("a"), seal)]).await);
    assert!(changed_after(vec![Command::Project(ProjectCommand::RecordSync { providers: vec![] })]).await);
    assert!(changed_after(vec![delete("b")]).await);
    assert!(changed_after(vec![adopt("c", "gamma")]).await);
}

#[tokio::test]
async fn a_list_says_of_each_tenant_what_showing_it_does() {
    let mut test = TestLog::new().await;
    assert_eq!(test.log.tenant_summaries().await.unwrap(), []);
    test.execute(vec![adopt("b", "beta"), adopt("a", "acme"), adopt("c", "gamma"), delete("c")]).await.unwrap();
    let summaries: Vec<_> =
        test.log.tenants().await.unwrap().iter().map(systemprompt_events::TenantView::summary).collect();
    assert_eq!(summaries.iter().map(|tenant| tenant.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(test.log.tenant_summaries().await.unwrap(), summaries);
}

#[tokio::test]
async fn of_the_tenants_only_those_are_listed_whose_name_or_id_begins_as_asked() {
    let mut test = TestLog::new().await;
    let all =
        vec![adopt("b1", "shop"), adopt("a", "b"), adopt("c", "shop-two"), adopt("b2", "b2"), adopt("b3", "gone")];
    test.execute(all).await.unwrap();
    test.execute(vec![delete("b3")]).await.unwrap();
    let mut ids = async |beginning| {
        let found = test.log.tenant_summaries_like(beginning).await.unwrap();
        found.iter().map(|tenant| tenant.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids("shop").await, ["b1", "c"]);
    assert_eq!(ids("b").await, ["b1", "a", "b2"], "each once, oldest first");
    assert_eq!(ids("").await, ["b1", "a", "c", "b2"]);
    assert_eq!(ids("shop%").await, [""; 0]);
}

/// Each connection keeps the operation as it left it; what the other wrote meanwhile has to be seen all the same.
#[tokio::test]
async fn two_that_write_to_one_operation_in_turn_see_what_the_other_wrote() {
    let mut test = TestLog::new().await;
    test.execute(vec![start(1, None)]).await.unwrap();
    let mut logs = [SqliteLog::open(&test.path()).await.unwrap(), SqliteLog::open(&test.path()).await.unwrap()];
    let mut ids = Ids::from(1_000);
    for number in 0..6_u32 {
        let name = format!("step {number}").parse().unwrap();
        let begin = OperationCommand::BeginStep { token: 1, name, undo: UndoKind::None };
        let finish =
            OperationCommand::FinishStep { token: 1, index: number, result: number.to_string().parse().unwrap() };
        for (turn, command) in [begin, finish].into_iter().enumerate() {
            let log = &mut logs[(number as usize + turn) % 2];
            let command_id = systemprompt_events::CommandId::new(ids.uuid());
            execute(log, &mut ids, command_id, vec![on(1, command)]).await.unwrap();
        }
    }
    let operation = test.log.operation(&operation_id(1)).await.unwrap().unwrap();
    let results: Vec<_> = operation.steps.into_iter().map(|step| step.state).collect();
    assert_eq!(results, (0..6).map(|n| StepState::Finished(n.to_string().parse().unwrap())).collect::<Vec<_>>());
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn the_last_sync_is_known_by_its_time() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme")]).await.unwrap();
    assert_eq!(test.log.synced_at().await.unwrap(), None);
    let sync = || vec![Command::Project(ProjectCommand::RecordSync { providers: vec!["fly".parse().unwrap()] })];
    test.execute(sync()).await.unwrap();
    let (first, then) = (test.log.synced_at().await.unwrap(), test.log.head().await.unwrap());
    assert_eq!(first, then.time);
    test.execute(sync()).await.unwrap();
    test.execute(vec![select("a")]).await.unwrap();
    assert!(test.log.synced_at().await.unwrap() > first);
    test.log.look_back(then.position.unwrap()).await.unwrap();
    assert_eq!(test.log.synced_at().await.unwrap(), first, "as it was then");
}
