//! What the log answers.

use std::collections::BTreeSet;

use systemprompt_events::{
    Command, Digest, EventRef, Failure, FailureKind, FileState, FindEventError, Grant, HistoryFilter, Json,
    OperationCommand, OperationState, PluginCommand, Position, StepState, TenantCommand, TenantState, UndoKind,
};
use uuid::Uuid;

use crate::support::{
    Ids, TestLog, adopt, adopt_in_cloud, delete, on, operation_id, request, select, start, tenant_id,
};

fn failure() -> Failure {
    Failure {
        kind: FailureKind::Retryable,
        code: "down".into(),
        message: "it is down".into(),
        help: Some("wait".into()),
    }
}

#[tokio::test]
async fn a_tenant_is_shown_through_its_life() {
    let mut test = TestLog::new().await;
    test.execute(vec![start(1, Some("local_1")), request("local_1", "acme", 1)]).await.unwrap();
    let creating = test.log.tenant(&tenant_id("local_1")).await.unwrap().unwrap();
    assert_eq!((creating.state, creating.operation), (TenantState::Creating, Some(operation_id(1))));
    let resources: Json = r#"{"database_url":"postgres://x"}"#.parse().unwrap();
    let created = TenantCommand::Created { operation: operation_id(1), resources: resources.clone() };
    test.execute(vec![Command::Tenant(tenant_id("local_1"), created)]).await.unwrap();
    let ready = test.log.tenant(&tenant_id("local_1")).await.unwrap().unwrap();
    assert_eq!((ready.state, ready.operation, &ready.resources), (TenantState::Ready, None, &resources));
    assert_eq!(ready.created_at, creating.created_at);
    assert!(ready.updated_at > creating.updated_at);
    assert_eq!(test.log.tenants().await.unwrap(), [ready]);
    assert_eq!(test.log.tenant(&tenant_id("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn tenants_are_found_by_id_name_or_prefix() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "acme"), adopt("local_12", "beta"), adopt("x9", "local")]).await.unwrap();
    let mut found = async |text: &str| {
        let found = test.log.find_tenants(text).await.unwrap();
        found.into_iter().map(|tenant| tenant.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("local_1").await, ["local_1"]);
    assert_eq!(found("beta").await, ["local_12"]);
    assert_eq!(found("local").await, ["x9"]);
    assert_eq!(found("local_").await, ["local_1", "local_12"]);
    assert_eq!(found("nobody").await, [""; 0]);
    assert_eq!(found("").await, [""; 0]);
    assert_eq!(found("' OR 1=1 --").await, [""; 0]);
    assert_eq!(found("ü").await, [""; 0]);
}

#[tokio::test]
async fn the_selection_is_known() {
    let mut test = TestLog::new().await;
    assert_eq!(test.log.selected().await.unwrap(), None);
    test.execute(vec![adopt("a", "acme"), select("a")]).await.unwrap();
    assert_eq!(test.log.selected().await.unwrap(), Some(tenant_id("a")));
    test.execute(vec![delete("a")]).await.unwrap();
    assert_eq!(test.log.selected().await.unwrap(), None);
}

#[tokio::test]
async fn operations_are_shown_with_their_steps() {
    let mut test = TestLog::new().await;
    test.execute(vec![start(1, Some("a")), start(2, Some("a")), start(3, None)]).await.unwrap();
    let begin = OperationCommand::BeginStep { token: 1, name: "role".parse().unwrap(), undo: UndoKind::Undoable };
    let result: Json = r#"{"role":"x"}"#.parse().unwrap();
    let finish = OperationCommand::FinishStep { token: 1, index: 0, result: result.clone() };
    let give_up = OperationCommand::Stick { token: 1, failure: failure(), left: vec!["a role".into()] };
    let end = OperationCommand::Succeed { token: 1, result: result.clone() };
    test.execute(vec![on(1, begin), on(1, finish), on(1, give_up), on(2, end)]).await.unwrap();

    let unfinished: Vec<_> = test.log.unfinished().await.unwrap().into_iter().map(|operation| operation.id).collect();
    assert_eq!(unfinished, [operation_id(1), operation_id(3)]);
    let operation = test.log.operation(&operation_id(1)).await.unwrap().unwrap();
    assert_eq!(operation.steps[0].state, StepState::Finished(result.clone()));
    assert!(operation.started_at.is_some());
    let stuck = OperationState::Stuck { failure: failure(), left: vec!["a role".into()] };
    let of_tenant = test.log.operations_of(&tenant_id("a")).await.unwrap();
    let states: Vec<_> = of_tenant.into_iter().map(|operation| operation.state).collect();
    assert_eq!(states, [stuck, OperationState::Succeeded(result)]);
    assert_eq!(test.log.operation(&operation_id(9)).await.unwrap(), None);
}

#[tokio::test]
async fn secrets_are_kept_by_version_until_the_key_is_destroyed() {
    let mut test = TestLog::new().await;
    let seal = |version: u32| {
        let (name, seal_id) = ("db-password".parse().unwrap(), Uuid::from_u128(u128::from(version)));
        let sealed = format!("sealed-{version}");
        Command::Tenant(tenant_id("a"), TenantCommand::SealSecret { name, version, seal_id, sealed })
    };
    test.execute(vec![adopt("a", "acme"), seal(1), seal(2)]).await.unwrap();
    let name = "db-password".parse().unwrap();
    let newest = test.log.secret(&tenant_id("a"), &name, None).await.unwrap().unwrap();
    assert_eq!((newest.version, newest.sealed.as_str()), (2, "sealed-2"));
    let first = test.log.secret(&tenant_id("a"), &name, Some(1)).await.unwrap().unwrap();
    assert_eq!((first.version, first.seal_id), (1, Uuid::from_u128(1)));
    assert_eq!(test.log.secret(&tenant_id("a"), &name, Some(3)).await.unwrap(), None);
    assert_eq!(test.log.secret(&tenant_id("a"), &"db".parse().unwrap(), None).await.unwrap(), None);
    assert_eq!(test.log.not_living(&[tenant_id("a")]).await.unwrap(), []);
    test.execute(vec![delete("a"), Command::Tenant(tenant_id("a"), TenantCommand::DestroyKey)]).await.unwrap();
    let not_living = test.log.not_living(&[tenant_id("a"), tenant_id("never")]).await.unwrap();
    assert_eq!(not_living, [tenant_id("a"), tenant_id("never")]);
    assert_eq!(test.log.secret(&tenant_id("a"), &name, None).await.unwrap(), None);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn plugins_are_shown_with_their_grants() {
    let mut test = TestLog::new().await;
    let id = "docker".parse().unwrap();
    let hash = Digest::of(b"plugin");
    let plugin = |command| Command::Plugin("docker".parse().unwrap(), command);
    let register = PluginCommand::Register {
        version: "1.0.0".into(),
        hash,
        world: "w".into(),
        capabilities: vec!["docker".into()],
        source: "embedded".into(),
        description: Json::object(),
    };
    let grant = PluginCommand::Grant { hash, capabilities: vec!["docker".into()], mac: "m".into() };
    test.execute(vec![plugin(register), plugin(grant)]).await.unwrap();
    let shown = test.log.plugin(&id).await.unwrap().unwrap();
    assert_eq!(shown.grant, Some(Grant { hash, capabilities: vec!["docker".into()], mac: "m".into() }));
    test.execute(vec![plugin(PluginCommand::Revoke { hash })]).await.unwrap();
    let shown = test.log.plugins().await.unwrap();
    assert_eq!((shown.len(), &shown[0].grant), (1, &None));
    test.execute(vec![plugin(PluginCommand::RecordPublisher { key: "RW".into() })]).await.unwrap();
    assert_eq!(test.log.plugins().await.unwrap()[0].publisher.as_deref(), Some("RW"));
    test.execute(vec![plugin(PluginCommand::Remove)]).await.unwrap();
    assert_eq!(test.log.plugins().await.unwrap(), []);
}

#[tokio::test]
async fn history_is_filtered_and_paged() {
    let mut test = TestLog::new().await;
    test.execute(vec![start(1, Some("a")), request("a", "acme", 1), adopt("b", "beta"), select("b")]).await.unwrap();
    let mut kinds = async |filter: HistoryFilter| {
        let events = test.log.history(&filter).await.unwrap();
        events.into_iter().map(|event| (event.position.get(), event.kind)).collect::<Vec<_>>()
    };
    let all = HistoryFilter { limit: 10, ..HistoryFilter::default() };
    assert_eq!(kinds(HistoryFilter { limit: 1, ..all.clone() }).await, [(6, "TenantSelected")]);
    let of_a = HistoryFilter { tenant: Some(tenant_id("a")), oldest_first: true, ..all.clone() };
    let expected = [(2, "OperationStarted"), (3, "OperationClaimed"), (4, "TenantRequested")];
    assert_eq!(kinds(of_a).await, expected);
    let adopted = HistoryFilter { kinds: vec!["TenantAdopted".into()], ..all.clone() };
    assert_eq!(kinds(adopted).await, [(5, "TenantAdopted")]);
    let before = HistoryFilter { before: Position::new(3), ..all };
    assert_eq!(kinds(before).await.len(), 2);
}

#[tokio::test]
async fn an_event_is_found_by_position_id_or_prefix() {
    let mut test = TestLog::new().await;
    let receipt = test.execute(vec![adopt("a", "acme"), adopt("b", "beta")]).await.unwrap();
    let id = receipt.events[0];
    let by_id = test.log.event(&EventRef::Id(id)).await.unwrap().unwrap();
    assert_eq!(by_id, test.log.event(&"2".parse().unwrap()).await.unwrap().unwrap());
    assert_eq!(*by_id.provenance, crate::support::provenance());
    test.ids = Ids::from(0xabcd << 112);
    let far = test.execute(vec![adopt("c", "gamma")]).await.unwrap().events[0];
    for prefix in ["abc", "abcd-0000", "ABCD"] {
        assert_eq!(test.log.event(&prefix.parse().unwrap()).await.unwrap().unwrap().id, far);
    }
    assert_eq!(test.log.event(&"ffff".parse().unwrap()).await.unwrap(), None);
    let ambiguous = test.log.event(&"0000".parse().unwrap()).await;
    assert!(matches!(ambiguous, Err(FindEventError::Ambiguous { .. })));
    assert!("x".parse::<EventRef>().is_err());
    assert_eq!(id.to_string().parse(), Ok(EventRef::Id(id)));
}

#[tokio::test]
async fn what_was_written_to_a_file_is_remembered() {
    let mut test = TestLog::new().await;
    assert_eq!(test.log.file_state("tenants.json").await.unwrap(), None);
    for text in ["1", "2"] {
        let (digest, stamp) = (Digest::of(text.as_bytes()), text.to_owned());
        let state = FileState { digest, stamp, position: Position::FIRST };
        test.log.set_file_state("tenants.json", state.clone()).await.unwrap();
        assert_eq!(test.log.file_state("tenants.json").await.unwrap(), Some(state));
    }
}

#[tokio::test]
async fn ids_of_events_are_unique() {
    let mut test = TestLog::new().await;
    test.execute((0..50).map(|number| adopt(&format!("t{number}"), &format!("n{number}"))).collect()).await.unwrap();
    let events = test.log.read(None, 100).await.unwrap();
    assert_eq!(events.iter().map(|event| event.id).collect::<BTreeSet<_>>().len(), 51);
}

#[tokio::test]
async fn an_operation_knows_the_secret_that_it_found_and_the_one_that_it_sealed() {
    let mut test = TestLog::new().await;
    let name = "db-password".parse().unwrap();
    let on_tenant = |command| Command::Tenant(tenant_id("a"), command);
    let seal = |version: u32| {
        let (name, seal_id) = ("db-password".parse().unwrap(), Uuid::from_u128(u128::from(version)));
        on_tenant(TenantCommand::SealSecret { name, version, seal_id, sealed: format!("sealed-{version}") })
    };
    let change = |number| {
        on_tenant(TenantCommand::StartChange { operation: operation_id(number), kind: "rotate-credentials".into() })
    };
    test.execute(vec![adopt("a", "acme"), seal(1)]).await.unwrap();
    test.execute(vec![change(1), start(1, Some("a"))]).await.unwrap();
    let around = test.log.secret_around(&tenant_id("a"), &name, operation_id(1)).await.unwrap();
    assert_eq!(around, (Some(1), None));
    test.execute(vec![seal(2)]).await.unwrap();
    let around = test.log.secret_around(&tenant_id("a"), &name, operation_id(1)).await.unwrap();
    assert_eq!(around, (Some(1), Some(2)));
    let changing = test.log.tenant(&tenant_id("a")).await.unwrap().unwrap();
    assert_eq!((changing.state, changing.operation), (TenantState::Changing, Some(operation_id(1))));

    // Undone: the version before holds on, and the next change seals a third.
    test.execute(vec![on_tenant(TenantCommand::ChangeUndone { operation: operation_id(1) })]).await.unwrap();
    let newest = test.log.secret(&tenant_id("a"), &name, None).await.unwrap().unwrap();
    assert_eq!(newest.version, 1);
    assert_eq!(test.log.next_secret_version(&tenant_id("a"), &name).await.unwrap(), 3);
    test.execute(vec![change(2), start(2, Some("a")), seal(3)]).await.unwrap();
    let around = test.log.secret_around(&tenant_id("a"), &name, operation_id(2)).await.unwrap();
    assert_eq!(around, (Some(1), Some(3)));
    let resources: Json = r#"{"database_url":"postgres://{{secret:db-password@3}}"}"#.parse().unwrap();
    let changed = TenantCommand::Changed { operation: operation_id(2), config: None, resources: resources.clone() };
    test.execute(vec![on_tenant(changed)]).await.unwrap();
    let ready = test.log.tenant(&tenant_id("a")).await.unwrap().unwrap();
    assert_eq!((ready.state, ready.operation, ready.resources), (TenantState::Ready, None, resources));

    test.execute(vec![delete("a"), on_tenant(TenantCommand::DestroyKey)]).await.unwrap();
    assert_eq!(test.log.secret(&tenant_id("a"), &name, None).await.unwrap(), None);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_tenant_is_renamed_to_a_name_that_is_free() {
    let mut test = TestLog::new().await;
    let rename =
        |id: &str, name: &str| Command::Tenant(tenant_id(id), TenantCommand::Rename { name: name.parse().unwrap() });
    test.execute(vec![adopt("a", "acme"), adopt("b", "beta")]).await.unwrap();
    let taken = test.execute(vec![rename("a", "beta")]).await.unwrap_err();
    assert_eq!(taken.to_string(), "the name `beta` is taken by tenant `b`");
    // In one request: the name that one gives up is another's.
    test.execute(vec![rename("b", "gamma"), rename("a", "beta"), adopt("c", "acme")]).await.unwrap();
    let names: Vec<_> =
        test.log.tenants().await.unwrap().into_iter().map(|tenant| format!("{} {}", tenant.id, tenant.name)).collect();
    assert_eq!(names, ["a beta", "b gamma", "c acme"]);
    let taken = test.execute(vec![adopt("d", "gamma")]).await.unwrap_err();
    assert_eq!(taken.to_string(), "the name `gamma` is taken by tenant `b`");
    assert_eq!(test.log.find_tenants("gamma").await.unwrap().len(), 1);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn what_keeps_a_tenant_from_harm_is_shown() {
    let mut test = TestLog::new().await;
    let on_tenant = |command| Command::Tenant(tenant_id("a"), command);
    test.execute(vec![adopt("a", "acme"), on_tenant(TenantCommand::Protect)]).await.unwrap();
    assert!(test.log.tenant(&tenant_id("a")).await.unwrap().unwrap().protected);
    assert!(test.log.tenants().await.unwrap()[0].protected);
    let refused = test.execute(vec![delete("a")]).await.unwrap_err();
    assert_eq!(refused.to_string(), "tenant `a` is protected");
    test.execute(vec![on_tenant(TenantCommand::Unprotect)]).await.unwrap();
    assert!(!test.log.tenant(&tenant_id("a")).await.unwrap().unwrap().protected);
}

#[tokio::test]
async fn what_vanished_is_shown_until_it_is_there_again_or_is_being_changed() {
    let mut test = TestLog::new().await;
    let on_tenant = |command| Command::Tenant(tenant_id("a"), command);
    test.execute(vec![adopt_in_cloud("a", "acme"), on_tenant(TenantCommand::MarkVanished)]).await.unwrap();
    let mut state = async |commands| {
        test.execute(commands).await.unwrap();
        let summary = test.log.tenant_summaries().await.unwrap()[0].state;
        assert_eq!(test.log.tenant(&tenant_id("a")).await.unwrap().unwrap().state, summary);
        summary
    };
    assert_eq!(state(vec![on_tenant(TenantCommand::Protect)]).await, TenantState::Vanished);
    let change = TenantCommand::StartChange { operation: operation_id(1), kind: "edit".into() };
    assert_eq!(state(vec![on_tenant(TenantCommand::Unprotect), on_tenant(change)]).await, TenantState::Changing);
    let undone = TenantCommand::ChangeUndone { operation: operation_id(1) };
    assert_eq!(state(vec![on_tenant(undone)]).await, TenantState::Vanished);
    assert_eq!(state(vec![on_tenant(TenantCommand::MarkReappeared)]).await, TenantState::Ready);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}
