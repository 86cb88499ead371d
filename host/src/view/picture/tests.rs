//! What is drawn, of which events.

use serde_json::{Value, json};
use systemprompt_events::{
    CommandId, Digest, Event, EventId, Failure, FailureKind, Held, Json, OperationEvent, OperationId, PluginEvent,
    Position, ProfileEvent, ProjectEvent, Provenance, Recorded, SessionEvent, TenantEvent, TenantState, TenantSummary,
    TenantType, Timeline, Timestamp, UndoKind, Version,
};
use uuid::Uuid;

use super::data::{About, Picture};

const OPERATION: &str = "operation/00000000-0000-0000-0000-000000000009";

fn recorded(position: u64, stream: &str, kind: &'static str, payload: &Value, event: impl Into<Event>) -> Recorded {
    let uuid = Uuid::from_u128(position.into());
    Recorded {
        position: Position::new(position).unwrap(),
        id: EventId::new(uuid),
        stream: stream.to_owned(),
        version: Version::FIRST,
        kind,
        schema: 1,
        time: Timestamp::from_millis(1_769_940_000_000),
        provenance: Provenance {
            actor: "ada".into(),
            argv: vec!["systemprompt".into(), "x".into()],
            ..Provenance::default()
        }
        .into(),
        command_id: CommandId::new(uuid),
        correlation_id: uuid,
        causation_id: None,
        payload: payload.to_string(),
        hash: Digest::of(b"x"),
        event: event.into(),
    }
}

fn in_operation(position: u64, event: OperationEvent) -> Recorded {
    recorded(position, OPERATION, "X", &json!({}), event)
}

fn started() -> OperationEvent {
    OperationEvent::OperationStarted {
        id: OperationId::new(Uuid::from_u128(9)),
        kind: "create".into(),
        provider: "docker".parse().unwrap(),
        plugin_hash: Digest::of(b"x"),
        tenant: Some("local_2".parse().unwrap()),
        input: Json::object(),
    }
}

fn failure() -> Failure {
    Failure { kind: FailureKind::Refused, code: String::new(), message: "no".into(), help: None }
}

fn held(id: &str, from: u64, until: Option<u64>) -> Held<TenantSummary> {
    let what = TenantSummary {
        id: id.parse().unwrap(),
        name: "acme".parse().unwrap(),
        tenant_type: TenantType::Local,
        provider: "docker".parse().unwrap(),
        region: None,
        state: TenantState::Ready,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        protected: true,
    };
    Held { what, from: Position::new(from).unwrap(), until: until.and_then(Position::new) }
}

fn drawn(events: &[Recorded], timeline: &Timeline) -> Value {
    serde_json::to_value(Picture::new(About::default(), events, timeline)).unwrap()
}

fn place(number: &Value) -> usize {
    usize::try_from(number.as_u64().unwrap()).unwrap()
}

#[test]
fn an_operation_is_a_bar_from_its_start_to_its_end_with_its_steps_and_what_was_undone() {
    let step =
        |index, name: &str| OperationEvent::StepBegan { index, name: name.parse().unwrap(), undo: UndoKind::Undoable };
    let events: Vec<_> = [
        started(),
        OperationEvent::OperationClaimed { token: 1, holder: "x".into() },
        step(0, "make role"),
        OperationEvent::StepFinished { index: 0, result: Json::object() },
        step(1, "make database"),
        OperationEvent::StepFailed { index: 1, failure: failure() },
        OperationEvent::UnwindStarted { failure: failure() },
        OperationEvent::UndoBegan { index: 1 },
        OperationEvent::UndoFailed { index: 1, failure: failure() },
        OperationEvent::OperationStuck { failure: failure(), left: vec![] },
    ]
    .into_iter()
    .zip(1..)
    .map(|(event, position)| in_operation(position, event))
    .collect();
    let bar = drawn(&events, &Timeline::default())["operations"][0].clone();
    assert_eq!((&bar["from"], &bar["until"], &bar["outcome"]), (&json!(1), &json!(10), &json!("stuck")));
    assert_eq!((&bar["kind"], &bar["provider"]), (&json!("create"), &json!("docker")));
    let steps = json!([
        { "index": 0, "name": "make role", "began": 3, "finished": 4, "failed": null, "undo_began": null, "undo_finished": null, "undo_failed": null },
        { "index": 1, "name": "make database", "began": 5, "finished": null, "failed": 6, "undo_began": 8, "undo_finished": null, "undo_failed": 9 },
    ]);
    assert_eq!(bar["steps"], steps);

    let resumed: Vec<_> =
        events.into_iter().chain([in_operation(11, OperationEvent::UndoBegan { index: 1 })]).collect();
    let bar = drawn(&resumed, &Timeline::default())["operations"][0].clone();
    assert_eq!((&bar["until"], &bar["outcome"]), (&Value::Null, &json!("running")), "one that is resumed goes on");
}

#[test]
fn what_began_before_the_picture_is_drawn_without_its_name_in_its_own_lane() {
    let timeline = Timeline {
        tenants: vec![held("local_1", 3, None), held("local_2", 5, None)],
        operations: vec![(OperationId::new(Uuid::from_u128(9)), Some("local_2".parse().unwrap()))],
        ..Timeline::default()
    };
    let ended = OperationEvent::StepFinished { index: 4, result: Json::object() };
    let drawn = drawn(&[in_operation(100, ended)], &timeline);
    let bar = &drawn["operations"][0];
    assert_eq!(drawn["lanes"][place(&bar["lane"])]["id"], "local_2");
    assert_eq!((&bar["kind"], &bar["from"], &bar["steps"][0]["name"]), (&Value::Null, &json!(100), &Value::Null));
}

#[test]
fn each_event_is_in_the_lane_of_what_it_is_about() {
    let profile = ProfileEvent::ProfileCreated {
        id: "00000000-0000-0000-0000-00000000000a".parse().unwrap(),
        name: "local".parse().unwrap(),
        tenant: "local_2".parse().unwrap(),
        text: String::new(),
    };
    let session = SessionEvent::ProfileSwitched { profile: None };
    let plugin = PluginEvent::GrantRevoked { hash: Digest::of(b"x") };
    let events = [
        recorded(
            1,
            "project",
            "TenantSelected",
            &json!({}),
            ProjectEvent::TenantSelected { tenant: "local_1".parse().unwrap() },
        ),
        recorded(2, "plugin/docker", "GrantRevoked", &json!({}), plugin),
        recorded(3, "tenant/local_1", "TenantProtected", &json!({}), TenantEvent::TenantProtected),
        recorded(4, "profile/00000000-0000-0000-0000-00000000000a", "ProfileCreated", &json!({}), profile),
        recorded(5, "session/local_2", "ProfileSwitched", &json!({}), session),
        in_operation(6, started()),
        recorded(7, "tenant/gone", "TenantKeyDestroyed", &json!({}), TenantEvent::TenantKeyDestroyed),
    ];
    let timeline =
        Timeline { tenants: vec![held("local_2", 1, None), held("local_1", 2, None)], ..Timeline::default() };
    let drawn = drawn(&events, &timeline);
    let lane = |event: usize| drawn["lanes"][place(&drawn["events"][event][2])]["id"].clone();
    let lanes: Vec<_> = (0..events.len()).map(lane).collect();
    assert_eq!(lanes, ["project", "plugins", "local_1", "local_2", "local_2", "local_2", "gone"]);
    let order: Vec<_> = drawn["lanes"].as_array().unwrap().iter().map(|lane| lane["id"].clone()).collect();
    assert_eq!(order, ["project", "plugins", "shells", "local_2", "local_1", "gone"], "by birth");
}

#[test]
fn sealed_values_are_left_out_however_deep_they_lie() {
    let payload =
        json!({ "name": "db-password", "sealed": "c2VhbGVk", "in": [{ "sealed": "c2Vh", "mac": "b3f1" }], "mac": 7 });
    let event = TenantEvent::TenantProtected;
    let drawn = drawn(&[recorded(1, "tenant/local_1", "SecretSealed", &payload, event)], &Timeline::default());
    let expected = json!({ "name": "db-password", "sealed": "(left out)", "in": [{ "sealed": "(left out)", "mac": "(left out)" }], "mac": 7 });
    assert_eq!(drawn["events"][0][8], expected);
    assert_eq!(drawn["events"][0][9], Value::Null, "else it is whole");
}

#[test]
fn a_payload_that_is_too_long_is_cut_and_that_is_said() {
    let payload = json!({ "text": "x".repeat(10_000) });
    let event = recorded(1, "tenant/local_1", "X", &payload, TenantEvent::TenantProtected);
    let drawn = drawn(&[event], &Timeline::default());
    let shown = drawn["events"][0][8].as_str().unwrap();
    assert!(shown.starts_with("{\"text\":\"xxx") && shown.ends_with('…'), "{shown}");
    assert!(shown.len() < 3_000, "{}", shown.len());
    assert_eq!(drawn["events"][0][9], payload.to_string().len());
}

#[test]
fn texts_that_events_share_are_there_once() {
    let event =
        |position| recorded(position, "tenant/local_1", "TenantProtected", &json!({}), TenantEvent::TenantProtected);
    let drawn = drawn(&[event(1), event(2)], &Timeline::default());
    assert_eq!(drawn["words"], json!(["TenantProtected", "tenant/local_1", "ada", "", "systemprompt x"]));
    assert_eq!(drawn["events"][0][3], json!([0, 1, 2, 3, 3, 4]));
}

#[test]
fn a_row_of_the_registry_says_from_when_until_when_it_held() {
    let timeline = Timeline { tenants: vec![held("local_1", 3, Some(7))], ..Timeline::default() };
    let expected = json!([{ "id": "local_1", "name": "acme", "type": "local", "provider": "docker", "region": null,
        "state": "ready", "protected": true, "from": 3, "until": 7 }]);
    assert_eq!(drawn(&[], &timeline)["tenants"], expected);
}
