//! Taking in a file: one that changes between the two times that it is read, and one of which a log is made.

use std::{fs, io::Cursor, path::Path};

use systemprompt_events::{ExchangeFormat, ExportRequest, ImportError, NewLog, Reader, SqliteLog};

use crate::support::{TestLog, adopt};

/// What a log holds, as a file.
async fn file(log: &mut SqliteLog) -> Vec<u8> {
    let request = ExportRequest { format: ExchangeFormat::Ndjson, from: None, to: None, is_redacted: false };
    let mut file = vec![];
    log.export(&request, &mut file).await.unwrap();
    file
}

/// The first of these files the first time, the last of them from then on.
async fn import(log: &mut SqliteLog, files: &[Vec<u8>]) -> Result<u64, ImportError> {
    let mut next = files.iter();
    let mut open = || Reader::open(Cursor::new(next.next().or(files.last()).cloned().unwrap()));
    log.import(&mut open).await.map(|imported| imported.events - imported.known)
}

#[tokio::test]
async fn a_file_that_became_another_history_after_it_was_checked_writes_nothing() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "one")]).await.unwrap();
    let mut here = SqliteLog::create(&test.directory.path().join("here.db")).await.unwrap();
    let begun = file(&mut test.log).await;
    assert_eq!(import(&mut here, &[begun]).await.unwrap(), 2);
    let end = here.head().await.unwrap();

    test.execute(vec![adopt("local_2", "two")]).await.unwrap();
    let meant = file(&mut test.log).await;
    let mut other = TestLog::new().await;
    other.execute(vec![adopt("local_3", "three"), adopt("local_4", "four")]).await.unwrap();
    let foreign = file(&mut other.log).await;

    let refused = import(&mut here, &[meant.clone(), foreign]).await;
    assert!(matches!(refused, Err(ImportError::Differs { position }) if Some(position) == end.position), "{refused:?}");
    assert_eq!(here.head().await.unwrap(), end);
    assert_eq!(import(&mut here, &[meant]).await.unwrap(), 1);
    assert_eq!(here.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_file_that_grew_after_it_was_checked_is_taken_in_as_it_is_now() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "one")]).await.unwrap();
    let checked = file(&mut test.log).await;
    test.execute(vec![adopt("local_2", "two")]).await.unwrap();
    let grown = file(&mut test.log).await;
    let mut here = SqliteLog::create(&test.directory.path().join("here.db")).await.unwrap();
    assert_eq!(import(&mut here, &[checked, grown]).await.unwrap(), 3);
    assert_eq!(here.head().await.unwrap(), test.log.head().await.unwrap());
}

async fn made(path: &Path, file: &[u8]) -> Result<NewLog, ImportError> {
    NewLog::of(path, Reader::open(Cursor::new(file.to_vec()))?).await
}

/// The names of what lies in a directory.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_log_that_is_made_of_a_file_is_the_one_that_was_exported() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "one"), adopt("local_2", "two")]).await.unwrap();
    test.execute(vec![adopt("local_3", "three")]).await.unwrap();
    let whole = file(&mut test.log).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("here.db");
    // What a process left that was killed while it made one.
    fs::write(directory.path().join("here.db.import"), "half a log").unwrap();
    let made = made(&path, &whole).await.unwrap();
    assert!(!path.exists(), "nobody sees it yet");
    let imported = made.imported();
    assert_eq!((imported.events, imported.known, imported.head), (4, 0, test.log.head().await.unwrap()));
    let mut here = made.put_in_place().await.unwrap();
    assert_eq!(here.verify().await.unwrap().faults, []);
    assert!(!here.rebuild().await.unwrap().changed, "what follows from the events is there");
    assert_eq!(file(&mut here).await, whole);
    test.execute(vec![adopt("local_4", "four")]).await.unwrap();
    let longer = file(&mut test.log).await;
    assert_eq!(import(&mut here, &[longer]).await.unwrap(), 1, "it is written to as any other");
    here.close().await.unwrap();
    assert!(!names(directory.path()).contains(&"here.db.import".to_owned()));
    #[cfg(unix)]
    {
        let permissions = fs::metadata(&path).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, 0o600);
    }
}

#[tokio::test]
async fn no_log_is_made_of_a_file_that_is_wrong_somewhere_or_not_wanted() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "one")]).await.unwrap();
    let whole = file(&mut test.log).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("here.db");
    let exported = String::from_utf8(whole.clone()).unwrap();
    let damaged = exported.replacen("local_1", "local_9", 1);
    assert_ne!(damaged, exported);
    let refused = made(&path, damaged.as_bytes()).await;
    assert!(matches!(refused, Err(ImportError::Fault(_) | ImportError::Read(_))), "{:?}", refused.err());
    drop(made(&path, &whole).await.unwrap());
    assert_eq!(names(directory.path()), <[String; 0]>::default());
}

#[tokio::test]
async fn a_log_that_is_there_by_then_stays_as_it_is() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("local_1", "one")]).await.unwrap();
    let whole = file(&mut test.log).await;
    let here = test.directory.path().join("here.db");
    let other = fs::read(test.log.path()).unwrap();
    let made = made(&here, &whole).await.unwrap();
    fs::write(&here, &other).unwrap();
    assert!(matches!(made.put_in_place().await, Err(ImportError::Changed)));
    assert_eq!(fs::read(&here).unwrap(), other);
}
