//! What verifying finds, and what rebuilding mends.

use systemprompt_events::{
    Command, ExecuteError, Fault, FaultKind, LogError, OperationCommand, Position, TenantCommand, UndoKind,
};
use uuid::Uuid;

use crate::{
    opening::meddle,
    support::{TestLog, adopt, delete, on, select, start, tenant_id},
};

/// A log with something in every table; 12 events.
pub(crate) async fn filled() -> TestLog {
    let mut test = TestLog::new().await;
    let (name, seal_id, sealed) = ("pw".parse().unwrap(), Uuid::nil(), "c2VhbA==".to_owned());
    let seal = TenantCommand::SealSecret { name, version: 1, seal_id, sealed };
    let begin = OperationCommand::BeginStep { token: 1, name: "role".parse().unwrap(), undo: UndoKind::Undoable };
    let commands = vec![
        adopt("a", "acme"),
        adopt("b", "beta"),
        select("a"),
        Command::Tenant(tenant_id("a"), seal),
        start(1, Some("a")),
        on(1, begin),
        delete("b"),
        select("a"),
        adopt("c", "beta"),
        select("c"),
    ];
    test.execute(commands).await.unwrap();
    assert_eq!(test.log.verify().await.unwrap().faults, []);
    test
}

const UNGUARD: &str = "DROP TRIGGER events_are_not_updated; DROP TRIGGER events_are_not_deleted;";

/// All but that [`UNGUARD`] took the triggers away.
async fn faults(test: &mut TestLog) -> Vec<Fault> {
    let mut faults = test.log.verify().await.unwrap().faults;
    faults.retain(|fault| !fault.message.starts_with("trigger `events_are_not_"));
    faults
}

fn at(position: u64, kind: FaultKind) -> impl Fn(&Fault) -> bool {
    move |fault| (fault.position, fault.kind) == (Position::new(position), kind)
}

#[tokio::test]
async fn events_are_neither_updated_nor_deleted() {
    let test = filled().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(test.path());
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    for sql in ["UPDATE events SET actor = 'eve'", "DELETE FROM events"] {
        let error = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains("events are forever"), "{error}");
    }
}

#[tokio::test]
async fn a_flipped_byte_in_any_column_is_found_where_it_is() {
    let letter = |column: &str| format!("{column} = char(unicode({column}) + 1) || substr({column}, 2)");
    let blob = |column: &str| format!("{column} = unhex(replace(hex({column}), '0', '1'))");
    let number = |column: &str| format!("{column} = {column} + 64");
    let mut flips: Vec<String> = ["stream", "type", "actor", "host", "cli", "payload", "command"].map(letter).into();
    flips.extend(["id", "command_id", "correlation_id", "hash"].map(blob));
    flips.extend(["time", "schema", "version"].map(number));
    flips.push("causation_id = x''".into());
    flips.push("causation_id = randomblob(16)".into());
    flips.push("payload = replace(payload, 'acme', 'acne')".into());
    flips.push("payload = CAST(x'ff' AS TEXT)".into());
    for flip in flips {
        let mut test = filled().await;
        let sql = format!("{UNGUARD} PRAGMA ignore_check_constraints = 1; UPDATE events SET {flip} WHERE position = 2");
        meddle(&test.path(), &sql).await;
        let faults = faults(&mut test).await;
        let first = faults.first().unwrap_or_else(|| panic!("unnoticed: {flip}"));
        assert_eq!(first.position, Position::new(2), "{flip}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.kind != FaultKind::Hash || fault.position == Position::new(2)));
    }
}

#[tokio::test]
async fn a_long_reading_has_every_event_in_its_order_and_names_the_first_that_cannot_be_read() {
    let mut test = filled().await;
    for round in 0..300 {
        test.execute(vec![select(if round % 2 == 0 { "a" } else { "c" })]).await.unwrap();
    }
    let end = test.log.head().await.unwrap().position.unwrap().get();
    let all = test.log.read(None, u32::MAX).await.unwrap();
    let positions: Vec<_> = all.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, (1..=end).collect::<Vec<_>>());
    let mut piecewise = vec![];
    for after in (0..end).step_by(100) {
        piecewise.extend(test.log.read(Position::new(after), 100).await.unwrap());
    }
    assert_eq!(all, piecewise, "a thread that helps changes nothing");
    for position in [290, 270] {
        let sql = format!("UPDATE events SET payload = '{{' WHERE position = {position}");
        let unguard = if position == 290 { UNGUARD } else { "" };
        meddle(&test.path(), &format!("{unguard} {sql}")).await;
        let read = test.log.read(None, u32::MAX).await;
        assert!(
            matches!(read, Err(LogError::Damaged { position: at, .. }) if at == Position::new(position)),
            "{read:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_event_is_found() {
    let mut test = filled().await;
    meddle(&test.path(), &format!("{UNGUARD} DELETE FROM events WHERE position = 5")).await;
    assert!(faults(&mut test).await.iter().any(at(6, FaultKind::Gap)));
}

#[tokio::test]
async fn a_missing_tail_is_found_and_nothing_is_written_after_it() {
    let mut test = filled().await;
    meddle(&test.path(), &format!("{UNGUARD} DELETE FROM events WHERE position > 9")).await;
    assert!(faults(&mut test).await.iter().any(at(9, FaultKind::Head)));
    let written = test.execute(vec![adopt("d", "delta")]).await;
    assert!(matches!(written, Err(ExecuteError::Log(LogError::Damaged { .. }))));
}

#[tokio::test]
async fn a_rewritten_event_with_a_hash_that_fits_is_found_at_the_next() {
    let mut test = filled().await;
    let second = test.log.event(&"2".parse().unwrap()).await.unwrap().unwrap();
    let sql = format!(
        "{UNGUARD} UPDATE events SET actor = 'eve', hash = x'{}' WHERE position = 2",
        hash_by_hand(&second, "eve", &test.log.event(&"1".parse().unwrap()).await.unwrap().unwrap().hash)
    );
    meddle(&test.path(), &sql).await;
    let faults = faults(&mut test).await;
    assert_eq!(faults.iter().map(|fault| fault.position).collect::<Vec<_>>(), [Position::new(3)], "{faults:?}");
}

/// The documented bytes, put together independently.
fn hash_by_hand(
    event: &systemprompt_events::Recorded,
    actor: &str,
    previous: &systemprompt_events::Digest,
) -> systemprompt_events::Digest {
    let mut bytes = previous.as_bytes().to_vec();
    let number = |bytes: &mut Vec<u8>, number: u64| bytes.extend(number.to_be_bytes());
    let field = |bytes: &mut Vec<u8>, field: &[u8]| {
        bytes.extend((field.len() as u64).to_be_bytes());
        bytes.extend(field);
    };
    number(&mut bytes, event.position.get());
    field(&mut bytes, event.id.uuid().as_bytes());
    field(&mut bytes, event.stream.as_bytes());
    number(&mut bytes, event.version.get());
    field(&mut bytes, event.kind.as_bytes());
    number(&mut bytes, u64::from(event.schema));
    number(&mut bytes, u64::try_from(event.time.millis()).unwrap());
    field(&mut bytes, actor.as_bytes());
    field(&mut bytes, event.provenance.host.as_bytes());
    field(&mut bytes, event.provenance.cli.as_bytes());
    field(&mut bytes, serde_json::to_string(&event.provenance.argv).unwrap().as_bytes());
    field(&mut bytes, event.command_id.uuid().as_bytes());
    field(&mut bytes, event.correlation_id.as_bytes());
    field(&mut bytes, b"");
    field(&mut bytes, event.payload.as_bytes());
    systemprompt_events::Digest::of(&bytes)
}

#[tokio::test]
async fn a_hash_is_made_of_the_documented_bytes() {
    let mut test = filled().await;
    let events = test.log.read(None, 2).await.unwrap();
    assert_eq!(hash_by_hand(&events[0], "ada", &systemprompt_events::Digest::ZERO), events[0].hash);
    assert_eq!(hash_by_hand(&events[1], "ada", &events[0].hash), events[1].hash);
}

#[tokio::test]
async fn every_changed_projection_is_found_and_mended() {
    for (table, damage) in [
        ("tenants", "UPDATE tenants SET resources = '{}' WHERE key = 'a'"),
        ("tenants", "UPDATE tenants SET valid_to = 9 WHERE key = 'c'"),
        ("selection", "DELETE FROM selection"),
        ("operations", "UPDATE operations SET token = 2"),
        ("steps", "UPDATE steps SET valid_to = NULL, state = 'undone'"),
        ("secrets", "INSERT INTO secrets SELECT 'x', tenant, name, version, seal_id, sealed, 3, NULL FROM secrets"),
        ("grants", "DROP TABLE grants"),
        ("project", "UPDATE project SET valid_from = 2"),
    ] {
        let mut test = filled().await;
        let before = test.log.tenants().await.unwrap();
        meddle(&test.path(), damage).await;
        let faults = faults(&mut test).await;
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Projection), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.message.contains(table)), "{damage}: {faults:?}");
        let rebuilt = test.log.rebuild().await.unwrap();
        assert!(rebuilt.changed);
        let changed = rebuilt.tables.iter().filter(|rebuilt| rebuilt.before != rebuilt.after);
        assert_eq!(changed.map(|rebuilt| rebuilt.name).collect::<Vec<_>>(), [table]);
        assert_eq!(test.log.verify().await.unwrap().faults, []);
        assert_eq!(test.log.tenants().await.unwrap(), before);
        assert!(!test.log.rebuild().await.unwrap().changed);
    }
}

#[tokio::test]
async fn deleting_every_projection_loses_nothing() {
    let mut test = filled().await;
    let before = (test.log.tenants().await.unwrap(), test.log.selected().await.unwrap());
    let tables = ["project", "selection", "tenants", "secrets", "operations", "steps", "plugins", "grants", "kinds"];
    let drop_all = tables.map(|table| format!("DROP TABLE {table};")).concat();
    meddle(&test.path(), &drop_all).await;
    assert!(test.log.tenants().await.is_err());
    test.log.rebuild().await.unwrap();
    assert_eq!((test.log.tenants().await.unwrap(), test.log.selected().await.unwrap()), before);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
    test.execute(vec![adopt("d", "delta")]).await.unwrap();
}

#[tokio::test]
async fn what_a_rule_across_streams_refuses_is_a_fault_where_it_stands() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme")]).await.unwrap();
    // Whoever writes looks the name up in a table that does not say what follows from the events.
    meddle(&test.path(), "UPDATE tenants SET name = 'another'").await;
    test.execute(vec![adopt("b", "acme")]).await.unwrap();
    test.log.rebuild().await.unwrap();
    let faults = test.log.verify().await.unwrap().faults;
    assert!(matches!(faults.as_slice(), [fault] if at(3, FaultKind::Refused)(fault)), "{faults:?}");
    assert_eq!(faults[0].message, "the name `acme` is taken by tenant `a`");
}

#[tokio::test]
async fn no_rule_across_streams_is_said_to_be_broken_after_an_event_that_is_lost_or_changed() {
    for damage in [
        // That the name became free again.
        "DELETE FROM events WHERE position = 3",
        "UPDATE events SET type = 'TenantProtected', payload = '{}' WHERE position = 3",
        "UPDATE events SET payload = replace(payload, 'other', 'acme') WHERE position = 5",
    ] {
        let mut test = TestLog::new().await;
        test.execute(vec![adopt("a", "acme"), delete("a"), adopt("b", "acme"), adopt("c", "other")]).await.unwrap();
        meddle(&test.path(), &format!("{UNGUARD} {damage}")).await;
        let kinds: Vec<_> = faults(&mut test).await.iter().map(|fault| fault.kind).collect();
        assert!(kinds.contains(&FaultKind::Hash) && !kinds.contains(&FaultKind::Refused), "{damage}: {kinds:?}");
    }
}
