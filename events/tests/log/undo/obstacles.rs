//! What stands in the way of an undo.

use systemprompt_events::Compensation;

use super::*;
use crate::support::operation_id;

#[tokio::test]
async fn a_later_change_of_the_same_stands_in_the_way_and_another_does_not() {
    let mut test = two_tenants().await;
    let first = test.execute(vec![rename("a")]).await.unwrap();
    test.execute(vec![on(Tn::Protect)]).await.unwrap();
    let event = test.log.event(&EventRef::Id(first.events[0])).await.unwrap().unwrap();
    let (plan, _) = test.log.undo_of(&event).await.unwrap().unwrap();
    assert_eq!(plan.obstacle(), None, "being protected is something else than having a name");
    let later = test.execute(vec![rename("b")]).await.unwrap();
    let (plan, _) = test.log.undo_of(&event).await.unwrap().unwrap();
    assert_eq!(
        plan.obstacle().map(|(_, by)| (by.position, by.kind.as_str())),
        later.first.map(|at| (at, "TenantRenamed"))
    );
    undo(&mut test).await;
    let (plan, _) = test.log.undo_of(&event).await.unwrap().unwrap();
    assert_eq!(plan.obstacle(), None, "what stood in the way is undone");
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_named_and_can_be_passed_over() {
    let mut test = two_tenants().await;
    test.execute(vec![rename("a")]).await.unwrap();
    test.execute(vec![delete("t2")]).await.unwrap();
    let plan = test.log.newest_undo(false).await.unwrap().unwrap();
    assert_eq!(plan.irreversible().map(|(step, _)| step.kind.as_str()).collect::<Vec<_>>(), ["TenantDeleted"]);
    assert!(plan.is_futile());
    let plan = test.log.newest_undo(true).await.unwrap().unwrap();
    assert_eq!(plan.events[0].kind, "TenantRenamed");
    test.execute(vec![delete("t1")]).await.unwrap();
    let plan = test.log.newest_undo(true).await.unwrap();
    assert_eq!(plan, None, "a tenant that is gone has no name to go back to");
}

#[tokio::test]
async fn a_profile_comes_back_only_where_its_name_and_its_tenant_are() {
    let mut test = two_tenants().await;
    test.execute(vec![create_profile()]).await.unwrap();
    test.execute(vec![of_profile(Pf::Delete)]).await.unwrap();
    let called = "local".parse().unwrap();
    let other = Command::Profile(profile(2), Pf::Create { name: called, tenant: tenant_id("t2"), text: String::new() });
    test.execute(vec![other]).await.unwrap();
    let refused = test.execute(vec![of_profile(Pf::Restore)]).await;
    let taken = Refusal::ProfileNameTaken { name: "local".parse().unwrap(), by: profile(2) };
    assert!(matches!(refused, Err(ExecuteError::Refused(refusal)) if refusal == taken));
    test.execute(vec![Command::Profile(profile(2), Pf::Delete), delete("t1")]).await.unwrap();
    let refused = test.execute(vec![of_profile(Pf::Restore)]).await;
    let gone = Refusal::TenantGone { id: tenant_id("t1") };
    assert!(matches!(refused, Err(ExecuteError::Refused(refusal)) if refusal == gone));
}

#[tokio::test]
async fn a_tenant_that_got_a_password_here_since_it_was_taken_in_is_not_forgotten_by_an_undo() {
    let mut test = TestLog::new().await;
    let receipt = test.execute(vec![adopt("t1", "one")]).await.unwrap();
    let taken_in = test.log.event(&EventRef::Id(receipt.events[0])).await.unwrap().unwrap();
    test.execute(vec![rename("a")]).await.unwrap();
    changed(&mut test, 1, r#"{"database_url":"postgres://h/d","sync_token":"{{secret:sync-token@1}}"}"#).await;
    let (plan, _) = test.log.undo_of(&taken_in).await.unwrap().unwrap();
    assert_eq!(plan.obstacle(), None, "nobody needs a sync token to reach the database");
    changed(&mut test, 2, r#"{"database_url":"postgres://u:{{secret:db-password@1}}@h/d"}"#).await;
    let obstacle = |plan: &UndoPlan| plan.obstacle().map(|(_, by)| (by.kind.clone(), by.is_custody));
    let (plan, _) = test.log.undo_of(&taken_in).await.unwrap().unwrap();
    assert_eq!(obstacle(&plan), Some(("TenantChanged".to_owned(), true)));
    assert_eq!(plan.outside(), [Compensation::ForgetTenant { tenant: tenant_id("t1") }]);
    changed(&mut test, 3, r#"{"database_url":"postgres://h/d"}"#).await;
    let (plan, _) = test.log.undo_of(&taken_in).await.unwrap().unwrap();
    assert_eq!(plan.obstacle(), None, "its record names no secret of its own any more");
    test.execute(vec![delete("t1")]).await.unwrap();
    let (plan, _) = test.log.undo_of(&taken_in).await.unwrap().unwrap();
    assert_eq!(obstacle(&plan), Some(("TenantDeleted".to_owned(), false)), "what is gone loses nothing");
}

/// An operation leaves the tenant with these resources.
async fn changed(test: &mut TestLog, number: u128, resources: &str) {
    let operation = operation_id(number);
    let start = Tn::StartChange { operation, kind: "rotate-credentials".into() };
    let done = Tn::Changed { operation, config: None, resources: resources.parse().unwrap() };
    test.execute(vec![on(start), on(done)]).await.unwrap();
}
