//! What would be recorded, and what was thought out too late.

use super::*;

fn append<'a>(test: &mut TestLog, commands: Vec<Command>, ids: &'a mut (dyn FnMut() -> EventId + Send)) -> Append<'a> {
    let command_id = CommandId::new(test.ids.uuid());
    let time = Timestamp::from_millis(1_769_940_000_000);
    Append { commands, command_id, correlation_id: command_id.uuid(), causation_id: None, time, ids }
}

#[tokio::test]
async fn a_rehearsal_says_what_would_be_recorded_and_records_nothing() {
    let mut test = two_tenants().await;
    test.execute(vec![create_profile(), login(7)]).await.unwrap();
    let (head, rows) = (test.log.head().await.unwrap(), open_rows(&test).await);
    let mut next = 1_u128 << 70;
    let mut ids = || {
        next += 1;
        EventId::new(Uuid::from_u128(next))
    };
    let rehearsed = append(&mut test, vec![of_profile(Pf::Delete)], &mut ids);
    let events = test.log.rehearse(&provenance(), rehearsed).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["ProfileDeleted", "ProfileSwitched"], "with what follows elsewhere");
    assert_eq!((test.log.head().await.unwrap(), open_rows(&test).await), (head, rows));
    let refused = append(&mut test, vec![rename("two")], &mut ids);
    let refused = test.log.rehearse(&provenance(), refused).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Refusal::NameTaken { .. }))), "with all rules");
    test.execute(vec![rename("a")]).await.unwrap();
}

#[tokio::test]
async fn what_was_thought_out_before_somebody_was_faster_is_not_recorded() {
    let mut test = two_tenants().await;
    let head = test.log.head().await.unwrap();
    test.execute(vec![rename("a")]).await.unwrap();
    let mut next = 1_u128 << 70;
    let mut ids = || {
        next += 1;
        EventId::new(Uuid::from_u128(next))
    };
    let late = append(&mut test, vec![rename("b")], &mut ids);
    assert!(matches!(test.log.execute_after(&provenance(), late, &head).await, Err(ExecuteError::Moved)));
    assert_eq!(name(&mut test).await, "a");
    let head = test.log.head().await.unwrap();
    let in_time = append(&mut test, vec![rename("b")], &mut ids);
    test.log.execute_after(&provenance(), in_time, &head).await.unwrap();
    assert_eq!(name(&mut test).await, "b");
}
