//! Taking in a file that changes between the two times that it is read.

use std::io::Cursor;

use systemprompt_events::{ExchangeFormat, ExportRequest, ImportError, Reader, SqliteLog};

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
