//! Going back to a moment by what differs.

use super::*;

#[tokio::test]
async fn a_restore_brings_settings_back_by_what_differs() {
    let mut test = two_tenants().await;
    test.execute(vec![create_profile(), profiles_secret(1), tenants_secret(1), select("t1")]).await.unwrap();
    let (then, rows) = (test.log.head().await.unwrap().position.unwrap(), open_rows(&test).await);
    for name in ["a", "b", "c"] {
        test.execute(vec![rename(name)]).await.unwrap();
    }
    let other = Tn::Rename { name: "one".parse().unwrap() };
    test.execute(vec![Command::Tenant(tenant_id("t2"), other)]).await.unwrap();
    test.execute(vec![rename("two")]).await.unwrap();
    let later = vec![tenants_secret(2), on(Tn::Protect), on(Tn::AllowExternalAccess), select("t2")];
    test.execute(later).await.unwrap();
    test.execute(vec![edit_profile(), profiles_secret(2), of_profile(Pf::Delete)]).await.unwrap();
    let called = "local".parse().unwrap();
    let newer = Command::Profile(profile(2), Pf::Create { name: called, tenant: tenant_id("t2"), text: String::new() });
    test.execute(vec![newer]).await.unwrap();

    let restore = test.log.restore_to(then).await.unwrap();
    assert_eq!((restore.outside.len(), restore.left.len()), (0, 0));
    let renames = restore.commands.iter().filter(|command| matches!(command, Command::Tenant(_, Tn::Rename { .. })));
    assert_eq!(renames.count(), 3, "two names that were exchanged, by way of a third");
    test.execute(restore.commands).await.unwrap();
    assert_eq!(open_rows(&test).await, rows);
    assert_eq!(test.log.restore_to(then).await.unwrap().commands, [], "nothing differs any more");
    undo(&mut test).await;
    assert!(test.log.profile(profile(2)).await.unwrap().is_some(), "a restore is undone as any other command");
}

#[tokio::test]
async fn a_restore_names_what_it_cannot_bring_back_and_leaves_what_came_since() {
    let mut test = two_tenants().await;
    let then = test.log.head().await.unwrap().position.unwrap();
    test.execute(vec![delete("t2")]).await.unwrap();
    test.execute(vec![adopt("t3", "three")]).await.unwrap();
    let restore = test.log.restore_to(then).await.unwrap();
    let left: Vec<_> = restore.left.iter().map(|left| (left.kind.as_str(), left.is_irreversible)).collect();
    assert_eq!(left, [("TenantDeleted", true), ("TenantAdopted", false)]);
    assert_eq!(restore.commands, []);
}

#[tokio::test]
async fn a_name_that_what_came_since_has_is_left_out_and_the_rest_is_brought_back() {
    let mut test = two_tenants().await;
    test.execute(vec![create_profile()]).await.unwrap();
    let then = test.log.head().await.unwrap().position.unwrap();
    let second = |name: &str| Command::Tenant(tenant_id("t2"), Tn::Rename { name: name.parse().unwrap() });
    test.execute(vec![second("b"), rename("two"), on(Tn::Protect), of_profile(Pf::Delete)]).await.unwrap();
    test.execute(vec![adopt("t3", "one")]).await.unwrap();
    let called = "local".parse().unwrap();
    let newer = Command::Profile(profile(2), Pf::Create { name: called, tenant: tenant_id("t3"), text: String::new() });
    test.execute(vec![newer]).await.unwrap();

    let restore = test.log.restore_to(then).await.unwrap();
    let left: Vec<_> = restore.left.iter().map(|left| (left.kind.as_str(), left.is_irreversible)).collect();
    let renamed = ("TenantRenamed", true);
    assert_eq!(left, [renamed, renamed, ("ProfileDeleted", true), ("TenantAdopted", false)]);
    assert_eq!(restore.commands, [on(Tn::Unprotect)]);
    test.execute(restore.commands).await.unwrap();
}
