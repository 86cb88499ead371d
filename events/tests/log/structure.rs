//! What verifying finds beside the events: receipts, tables, indexes, triggers; and tables of another version.

use systemprompt_events::{Fault, FaultKind, SqliteLog};

use crate::{
    opening::meddle,
    support::{TestLog, adopt, delete, select},
};

async fn filled() -> TestLog {
    let mut test = TestLog::new().await;
    for commands in [vec![adopt("a", "acme"), select("a")], vec![adopt("b", "beta")], vec![delete("b")]] {
        test.execute(commands).await.unwrap();
    }
    test
}

async fn faults_after(damage: &str) -> Vec<Fault> {
    let mut test = filled().await;
    assert_eq!(test.log.verify().await.unwrap().faults, []);
    meddle(&test.path(), damage).await;
    test.log.verify().await.unwrap().faults
}

#[tokio::test]
async fn what_guards_the_events_is_missed_when_it_is_gone() {
    for (damage, message) in [
        ("DROP TRIGGER events_are_not_updated", "trigger `events_are_not_updated` is missing"),
        ("DROP INDEX events_by_type", "index `events_by_type` is missing"),
        ("CREATE TABLE loot (x)", "table `loot` is not one of ours"),
        (
            "CREATE TRIGGER bend AFTER INSERT ON events BEGIN DELETE FROM selection; END",
            "trigger `bend` is not one of ours",
        ),
        (
            "DROP TRIGGER events_are_not_deleted; CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events \
             WHEN old.position > 3 BEGIN SELECT RAISE(ABORT, 'events are forever'); END",
            "trigger `events_are_not_deleted` is not as it was made",
        ),
    ] {
        let faults = faults_after(damage).await;
        let found: Vec<_> = faults.iter().map(|fault| (fault.kind, fault.message.as_str())).collect();
        assert_eq!(found, [(FaultKind::Structure, message)], "{damage}");
    }
}

#[tokio::test]
async fn a_derived_table_that_is_built_otherwise_is_found_and_mended() {
    let damage = "DROP INDEX tenants_by_name; ALTER TABLE steps ADD COLUMN extra TEXT";
    let mut test = filled().await;
    meddle(&test.path(), damage).await;
    let faults = test.log.verify().await.unwrap().faults;
    assert!(faults.iter().all(|fault| fault.kind == FaultKind::Projection), "{faults:?}");
    assert_eq!(faults.len(), 2, "{faults:?}");
    meddle(&test.path(), "UPDATE projections SET version = 0").await;
    let mut log = SqliteLog::open(&test.path()).await.unwrap();
    assert_eq!(log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn receipts_that_are_not_those_of_the_events_are_found() {
    for damage in [
        "DELETE FROM receipts WHERE first = 1",
        "UPDATE receipts SET last = last + 1 WHERE first = 1",
        "UPDATE receipts SET command_id = randomblob(16) WHERE first = 1",
        "INSERT INTO receipts VALUES (randomblob(16), zeroblob(32), 1, 1)",
    ] {
        let kinds: Vec<_> = faults_after(damage).await.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::Receipts], "{damage}");
    }
    let kinds = faults_after("DELETE FROM kinds WHERE type = 'TenantDeleted'").await;
    assert_eq!(kinds.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::Projection]);
}

#[tokio::test]
async fn a_value_of_another_type_than_its_column_is_found() {
    let damage = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') \
        WHERE name = 'chain'; PRAGMA writable_schema = RESET; UPDATE chain SET hash = 'text'";
    let faults = faults_after(damage).await;
    assert!(faults.iter().any(|fault| fault.kind == FaultKind::Structure), "{faults:?}");
}

#[tokio::test]
async fn tables_of_another_version_are_built_anew_when_the_log_is_opened() {
    for damage in [
        "UPDATE projections SET version = 0; DROP TABLE tenants; CREATE TABLE tenants (key TEXT, name TEXT)",
        "DROP TABLE projections",
    ] {
        let mut test = filled().await;
        let before = test.log.tenants().await.unwrap();
        meddle(&test.path(), damage).await;
        assert!(!SqliteLog::open_read_only(&test.path()).await.unwrap().is_current(), "{damage}");
        let mut log = SqliteLog::open(&test.path()).await.unwrap();
        assert!(log.is_current());
        assert_eq!(log.tenants().await.unwrap(), before);
        assert_eq!(log.verify().await.unwrap().faults, []);
        assert!(SqliteLog::open_read_only(&test.path()).await.unwrap().is_current());
    }
}

#[tokio::test]
async fn a_log_of_another_version_is_not_damaged_because_its_tables_are_others() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    let released = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/logs/v0.1.0.db");
    std::fs::copy(released, &path).unwrap();
    let mut log = SqliteLog::open_read_only(&path).await.unwrap();
    assert!(!log.is_current());
    assert_eq!(log.verify().await.unwrap().faults, []);
    // Its events and receipts are held to what they always were.
    meddle(&path, "DELETE FROM receipts WHERE first = 1").await;
    let faults = SqliteLog::open_read_only(&path).await.unwrap().verify().await.unwrap().faults;
    assert!(matches!(faults.as_slice(), [fault] if fault.kind == FaultKind::Receipts), "{faults:?}");
}

#[tokio::test]
async fn a_derived_table_that_is_gone_is_no_damage_to_what_was_recorded() {
    // Without the types that occur nothing can be written, not even by a rebuild.
    let kinds: Vec<_> = faults_after("DROP TABLE kinds").await.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::Structure, FaultKind::Projection]);
    for table in ["turns", "accounts", "tenants"] {
        let faults = faults_after(&format!("DROP TABLE {table}")).await;
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Projection), "{table}: {faults:?}");
        let unread = format!("table `{table}` cannot be read");
        assert!(faults.iter().any(|fault| fault.message.starts_with(&unread)), "{table}: {faults:?}");
    }
}
