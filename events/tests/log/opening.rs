//! Making and opening logs, and what is refused.

use std::{fs, path::Path};

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use systemprompt_events::{ExecuteError, FaultKind, LogError, SqliteLog};

use crate::support::{TestLog, adopt, select};

/// Changes the file behind the log's back.
pub(crate) async fn meddle(path: &Path, sql: &str) {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_not_there_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    assert!(matches!(SqliteLog::open(&path).await, Err(LogError::Missing { .. })));
    assert!(matches!(SqliteLog::open_read_only(&path).await, Err(LogError::Missing { .. })));
    assert!(matches!(SqliteLog::create(&directory.path().join("no/log.db")).await, Err(LogError::Io { .. })));
}

#[tokio::test]
async fn what_is_not_a_log_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    for content in [&b""[..], b"hello", &[0x5a; 9000]] {
        fs::write(&path, content).unwrap();
        for opened in
            [SqliteLog::open(&path).await, SqliteLog::open_read_only(&path).await, SqliteLog::create(&path).await]
        {
            assert!(matches!(opened, Err(LogError::NotALog { .. })), "{opened:?}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(SqliteLog::open(&path).await, Err(LogError::NotALog { .. })));
}

#[tokio::test]
async fn a_foreign_database_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE events (x)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert!(matches!(SqliteLog::open(&path).await, Err(LogError::NotALog { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme")]).await.unwrap();
    for file in fs::read_dir(test.directory.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_log_of_a_newer_format_is_left_alone() {
    let mut test = TestLog::new().await;
    meddle(&test.path(), "PRAGMA user_version = 2").await;
    let newer = |error| matches!(error, LogError::Newer { found: 2, known: 1 });
    assert!(newer(SqliteLog::open(&test.path()).await.unwrap_err()));
    assert!(newer(SqliteLog::open_read_only(&test.path()).await.unwrap_err()));
    let Err(ExecuteError::Log(error)) = test.execute(vec![adopt("a", "acme")]).await else { panic!("it was written") };
    assert!(newer(error));
}

#[tokio::test]
async fn a_log_with_an_event_of_a_newer_program_is_read_but_not_written() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme")]).await.unwrap();
    meddle(&test.path(), "INSERT INTO kinds VALUES ('TenantTeleported', 1)").await;
    let refused = test.execute(vec![select("a")]).await;
    let Err(ExecuteError::Log(error)) = refused else { panic!("it was written") };
    assert!(matches!(&error, LogError::UnknownEvent { kind, schema: 1, .. } if kind == "TenantTeleported"), "{error}");
    assert_eq!(test.log.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_event_is_named_where_it_stands() {
    let mut test = TestLog::new().await;
    let insert = "INSERT INTO events SELECT 2, x'00000000000000000000000000000009', 'tenant/a', 1, 'TenantTeleported', 1, \
        time, actor, host, cli, command, command_id, correlation_id, causation_id, '{}', hash FROM events";
    meddle(&test.path(), insert).await;
    let read = test.log.read(None, 10).await;
    assert!(matches!(read, Err(LogError::UnknownEvent { position: Some(at), .. }) if at.get() == 2));
    let kinds: Vec<_> = test.log.verify().await.unwrap().faults.into_iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::Hash, FaultKind::Unknown, FaultKind::Head]);
}

#[tokio::test]
async fn a_reader_writes_nothing() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme"), select("a")]).await.unwrap();
    test.log = SqliteLog::open_read_only(&test.path()).await.unwrap();
    assert_eq!(test.log.tenants().await.unwrap().len(), 1);
    assert_eq!(test.log.verify().await.unwrap().faults, []);
    assert!(matches!(test.log.rebuild().await, Err(LogError::ReadOnly { .. })));
    let written = test.execute(vec![adopt("b", "beta")]).await;
    assert!(matches!(written, Err(ExecuteError::Log(LogError::ReadOnly { .. }))));
}

#[tokio::test]
async fn a_reader_sees_what_is_written_after_it_opened() {
    let mut test = TestLog::new().await;
    let mut reader = SqliteLog::open_read_only(&test.path()).await.unwrap();
    test.execute(vec![adopt("a", "acme")]).await.unwrap();
    assert_eq!(reader.tenants().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_survives_being_closed_and_opened() {
    let mut test = TestLog::new().await;
    for number in 0..5 {
        test.execute(vec![adopt(&format!("t{number}"), &format!("name-{number}"))]).await.unwrap();
        let path = test.path();
        let log = std::mem::replace(&mut test.log, SqliteLog::open(&path).await.unwrap());
        log.close().await.unwrap();
    }
    assert_eq!(test.log.verify().await.unwrap().faults, []);
    assert_eq!(test.log.tenants().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_large_wal_is_checkpointed() {
    let mut test = TestLog::new().await;
    let wal = test.directory.path().join("log.db-wal");
    let blob = "x".repeat(1 << 20);
    for number in 0..8 {
        let kept = systemprompt_events::ProjectCommand::KeepHandEdit {
            file: blob.clone(),
            kept_as: number.to_string(),
            digest: systemprompt_events::Digest::ZERO,
        };
        test.execute(vec![systemprompt_events::Command::Project(kept)]).await.unwrap();
        assert!(fs::metadata(&wal).unwrap().len() <= 6 << 20);
    }
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

/// (Whom permissions do not bind reads these logs in the usual way.)
#[cfg(unix)]
#[tokio::test]
async fn a_log_in_a_directory_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    for checkpointed in [false, true] {
        let mut test = TestLog::new().await;
        test.execute(vec![adopt("a", "acme")]).await.unwrap();
        let path = test.path();
        let TestLog { log, directory, ids: _ } = test;
        log.close().await.unwrap();
        if checkpointed {
            meddle(&path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o555)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let mut log = SqliteLog::open_read_only(&path).await.unwrap();
        assert_eq!(log.tenants().await.unwrap().len(), 1);
        assert_eq!(log.verify().await.unwrap().faults, []);
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
}
