//! Looking back: moments, what differed between them, and what is to blame.

use std::time::Duration;

use serde_json::json;
use systemprompt_events::{
    Command, ExecuteError, FindMomentError, LogError, Position, ProjectCommand, SqliteLog, Subject, TenantCommand,
    TenantView, Timestamp,
};

use crate::support::{TestLog, adopt, delete, select, tenant_id};

fn at(number: u64) -> Position {
    Position::new(number).unwrap()
}

fn rename(id: &str, name: &str) -> Command {
    Command::Tenant(tenant_id(id), TenantCommand::Rename { name: name.parse().unwrap() })
}

/// 1 initialised, 2 acme adopted, 3 acme selected, 4 beta adopted, 5 acme renamed, 6 acme protected, 7 beta deleted.
async fn story() -> TestLog {
    let mut test = TestLog::new().await;
    let steps = [
        adopt("local_1", "acme"),
        select("local_1"),
        adopt("local_2", "beta"),
        rename("local_1", "acme-2"),
        Command::Tenant(tenant_id("local_1"), TenantCommand::Protect),
        delete("local_2"),
    ];
    for step in steps {
        test.execute(vec![step]).await.unwrap();
    }
    test
}

fn names(tenants: &[TenantView]) -> Vec<&str> {
    tenants.iter().map(|tenant| tenant.name.as_str()).collect()
}

#[tokio::test]
async fn every_query_answers_as_it_would_have_then() {
    let mut test = story().await;
    assert_eq!(names(&test.log.tenants().await.unwrap()), ["acme-2"]);
    for (moment, expected) in [(1, &[][..]), (2, &["acme"]), (4, &["acme", "beta"]), (6, &["acme-2", "beta"])] {
        test.log.look_back(at(moment)).await.unwrap();
        assert_eq!(names(&test.log.tenants().await.unwrap()), expected, "after event {moment}");
        let summaries = test.log.tenant_summaries().await.unwrap();
        assert_eq!(summaries.len(), expected.len(), "after event {moment}");
    }
    test.log.look_back(at(4)).await.unwrap();
    assert_eq!(names(&test.log.find_tenants("acme").await.unwrap()), ["acme"]);
    assert_eq!(names(&test.log.find_tenants("acme-2").await.unwrap()), [""; 0]);
    assert_eq!(names(&test.log.find_tenants("local_").await.unwrap()), ["acme", "beta"]);
    assert_eq!(test.log.selected().await.unwrap(), Some(tenant_id("local_1")));
    assert_eq!(test.log.read(None, 100).await.unwrap().len(), 4);
    test.log.look_back(at(2)).await.unwrap();
    assert_eq!(test.log.selected().await.unwrap(), None);
}

#[tokio::test]
async fn the_past_cannot_be_changed() {
    let mut test = story().await;
    test.log.look_back(at(2)).await.unwrap();
    let refused = test.execute(vec![Command::Project(ProjectCommand::UnselectTenant)]).await;
    assert!(matches!(refused, Err(ExecuteError::Log(LogError::ReadOnly { .. }))), "{refused:?}");
}

#[tokio::test]
async fn a_log_that_is_open_for_reading_can_be_looked_back_into() {
    let test = story().await;
    let mut log = SqliteLog::open_read_only(&test.path()).await.unwrap();
    log.look_back(at(4)).await.unwrap();
    assert_eq!(names(&log.tenants().await.unwrap()), ["acme", "beta"]);
}

#[tokio::test]
async fn a_moment_is_its_last_event() {
    let mut test = story().await;
    let events = test.log.read(None, 100).await.unwrap();
    let time = |number: usize| events[number - 1].time;
    let now = Timestamp::from_millis(time(7).millis() + 3_600_000);
    let mut resolved = async |text: String| test.log.resolve(&text.parse().unwrap(), now).await.unwrap().position.get();
    assert_eq!(resolved("@".into()).await, 7);
    assert_eq!(resolved("@-6".into()).await, 1);
    assert_eq!(resolved("5".into()).await, 5);
    assert_eq!(resolved(events[4].id.to_string()).await, 5);
    for number in 1..=7 {
        assert_eq!(resolved(time(number).to_string()).await, number as u64);
    }
    let between = Timestamp::from_millis(time(5).millis() - 1);
    assert_eq!(resolved(between.to_string()).await, 4);
    assert_eq!(resolved("59m ago".into()).await, 7);
    let span = Duration::from_millis(u64::try_from(now.millis() - time(3).millis()).unwrap());
    assert_eq!(resolved(format!("{}ms ago", span.as_millis())).await, 3);
}

#[tokio::test]
async fn a_moment_that_never_was_says_so() {
    let mut test = story().await;
    let now = Timestamp::from_millis(4_000_000_000_000);
    let mut error = async |text: &str| test.log.resolve(&text.parse().unwrap(), now).await.unwrap_err();
    assert!(matches!(error("8").await, FindMomentError::NoSuchEvent { last } if last.get() == 7));
    assert!(matches!(error("@-7").await, FindMomentError::BeforeTheFirst { last } if last.get() == 7));
    assert!(matches!(error("2001-01-01").await, FindMomentError::BeforeTheBeginning { .. }));
    assert!(matches!(error("200y ago").await, FindMomentError::BeforeTheBeginning { .. }));
    assert!(matches!(error("2300-01-01").await, FindMomentError::Future));
    assert!(matches!(error("00").await, FindMomentError::Event(_)));
}

#[tokio::test]
async fn what_differs_is_told_thing_by_thing_and_field_by_field() {
    let mut test = story().await;
    let differences = test.log.differences(at(4), at(7)).await.unwrap();
    let told: Vec<_> = differences.iter().map(|difference| (difference.subject, difference.key.as_str())).collect();
    assert_eq!(told, [(Subject::Tenant, "local_1"), (Subject::Tenant, "local_2")]);
    let (old, new, yes, no) = (json!("acme"), json!("acme-2"), json!(true), json!(false));
    assert_eq!(
        differences[0].fields(),
        [("name", Some(&old), Some(&new)), ("protected", Some(&no), Some(&yes))],
        "nothing but what differs"
    );
    assert!(differences[1].after.is_none(), "the second tenant is gone");
    let back = test.log.differences(at(7), at(4)).await.unwrap();
    assert_eq!(back[0].fields()[0], ("name", Some(&new), Some(&old)), "the other way round");
    assert_eq!(test.log.differences(at(4), at(4)).await.unwrap(), []);
    let selection = test.log.differences(at(2), at(3)).await.unwrap();
    assert_eq!((selection[0].subject, selection.len()), (Subject::Selection, 1));
}

#[tokio::test]
async fn each_field_names_the_event_that_set_it() {
    let mut test = story().await;
    let mut blamed = async |id: &str, until: u64| {
        let blamed = test.log.blame(&tenant_id(id), at(until)).await.unwrap();
        blamed.into_iter().map(|blamed| (blamed.field, blamed.position.get())).collect::<Vec<_>>()
    };
    let expected =
        [("database_url", 2), ("name", 5), ("protected", 6), ("provider", 2), ("state", 2), ("tenant_type", 2)];
    assert_eq!(blamed("local_1", 7).await, expected.map(|(field, position)| (field.to_owned(), position)));
    assert!(blamed("local_1", 4).await.contains(&("name".to_owned(), 2)), "as of an earlier event");
    assert!(blamed("local_2", 7).await.contains(&("name".to_owned(), 4)), "of a tenant that is gone");
    assert_eq!(blamed("nobody", 7).await, []);
}
