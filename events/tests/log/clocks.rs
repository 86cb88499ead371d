//! Clocks that ran ahead or behind: which event a time means then.

use proptest::{prelude::*, test_runner::TestRunner};
use systemprompt_events::{
    ExchangeFormat, ExportRequest, FaultKind, FindMomentError, Moment, Reader, SqliteLog, Timestamp,
};

use crate::{
    opening::meddle,
    support::{TestLog, adopt, select},
};

/// An event later than all of these.
const NOW: i64 = 2_000_000_000_000;

/// A log whose events have these times, after a first one of its own.
async fn log(times: &[i64]) -> TestLog {
    let mut test = TestLog::new().await;
    for (number, time) in times.iter().enumerate() {
        let id = format!("t{number}");
        test.execute_at(*time, vec![adopt(&id, &id), select(&id)]).await;
    }
    test
}

async fn found(log: &mut SqliteLog, time: i64) -> Option<u64> {
    match log.resolve(&Moment::Time(Timestamp::from_millis(time)), Timestamp::from_millis(NOW)).await {
        Ok(event) => Some(event.position.get()),
        Err(FindMomentError::BeforeTheBeginning { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_clock_that_ran_ahead_hides_nothing_of_what_came_after() {
    // 2 and 3 at 100 s, 4 and 5 years ahead, 6 and 7 at 200 s.
    let mut test = log(&[1_800_000_100_000, 1_900_000_000_000, 1_800_000_200_000]).await;
    assert_eq!(found(&mut test.log, 1_800_000_150_000).await, Some(3));
    assert_eq!(found(&mut test.log, 1_800_000_200_000).await, Some(7));
    assert_eq!(found(&mut test.log, 1_950_000_000_000).await, Some(7));
}

#[tokio::test]
async fn a_clock_that_ran_behind_is_passed_over_once_it_is_right_again() {
    let mut test = log(&[1_800_000_100_000, 1_000, 1_800_000_200_000]).await;
    assert_eq!(found(&mut test.log, 1_800_000_100_000).await, Some(5));
    assert_eq!(found(&mut test.log, 1_800_000_199_999).await, Some(5));
    assert_eq!(found(&mut test.log, 1_800_000_200_000).await, Some(7));
    assert_eq!(found(&mut test.log, 999).await, None);
}

#[test]
fn a_time_means_the_last_event_that_is_not_later_whatever_clocks_said() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let times = prop::collection::vec(1_800_000_000_000_i64..1_800_000_000_012, 0..12);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(24));
    let ran = runner.run(&times, |times| {
        runtime.block_on(async {
            let mut test = log(&times).await;
            prop_assert_eq!(test.log.verify().await.unwrap().faults, []);
            for time in 1_800_000_000_000..1_800_000_000_013 {
                // The first event is earlier than all of them; each of these is two.
                let expected = times.iter().rposition(|other| *other <= time).map_or(1, |number| 2 * number as u64 + 3);
                prop_assert_eq!(found(&mut test.log, time).await, Some(expected));
            }
            Ok(())
        })
    });
    ran.unwrap();
}

#[tokio::test]
async fn where_clocks_went_back_is_known_again_after_a_rebuild_and_an_import() {
    let mut test = log(&[1_800_000_000_005, 1_800_000_000_001, 1_800_000_000_003, 1_800_000_000_002]).await;
    meddle(&test.path(), "DELETE FROM turns").await;
    let faults = test.log.verify().await.unwrap().faults;
    assert!(matches!(faults.as_slice(), [fault] if fault.kind == FaultKind::Projection), "{faults:?}");
    assert!(test.log.rebuild().await.unwrap().changed);
    let request = ExportRequest { format: ExchangeFormat::Ndjson, from: None, to: None, is_redacted: false };
    let mut file = vec![];
    test.log.export(&request, &mut file).await.unwrap();
    let mut other = SqliteLog::create(&test.directory.path().join("other.db")).await.unwrap();
    other.import(&mut || Reader::open(std::io::Cursor::new(file.clone()))).await.unwrap();
    for log in [&mut test.log, &mut other] {
        assert_eq!(log.verify().await.unwrap().faults, []);
        assert_eq!(found(log, 1_800_000_000_003).await, Some(9));
        assert_eq!(found(log, 1_800_000_000_001).await, Some(5));
    }
}

#[tokio::test]
async fn in_a_log_in_which_no_turn_was_ever_noted_a_time_means_the_same_event() {
    let test = log(&[1_800_000_100_000, 1_000, 1_800_000_200_000]).await;
    meddle(&test.path(), "DROP TABLE turns; UPDATE projections SET version = 0").await;
    let mut old = SqliteLog::open_read_only(&test.path()).await.unwrap();
    for (time, expected) in [(999, None), (1_800_000_100_000, Some(5)), (1_800_000_200_000, Some(7))] {
        assert_eq!(found(&mut old, time).await, expected);
    }
}
