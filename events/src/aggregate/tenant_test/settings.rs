//! What a tenant is called, and what it is protected from.

use super::*;

#[test]
fn a_tenant_gets_another_name_when_it_has_another() {
    let rename = |name: &str| Command::Rename { name: name.parse().unwrap() };
    let renamed = Event::TenantRenamed { name: "other".parse().unwrap() };
    check(&[requested(), created()], rename("acme"), Ok(vec![]));
    check(&[requested(), created()], rename("other"), Ok(vec![renamed.clone()]));
    check(&[requested(), created(), renamed], rename("other"), Ok(vec![]));
    check(&[], rename("other"), Err(Refusal::NoSuchTenant { id: id() }));
}

#[test]
fn a_protected_tenant_is_neither_deleted_nor_changed_in_the_world_outside() {
    let given = [requested(), created(), Event::TenantProtected];
    let protected = || Err(Refusal::TenantProtected { id: id() });
    check(&given, Command::StartDeletion { operation: operation(2) }, protected());
    check(&given, Command::StartChange { operation: operation(2), kind: "edit".into() }, protected());
    check(&[adopted(), Event::TenantProtected], Command::Deleted { operation: None }, protected());
    let token = Command::RotateSyncToken { secret: "db-password".parse().unwrap(), version: 1 };
    check(&[&given[..], &[sealed(1)]].concat(), token, protected());
    let renamed = Event::TenantRenamed { name: "other".parse().unwrap() };
    check(&given, Command::Rename { name: "other".parse().unwrap() }, Ok(vec![renamed]));
    // What began before goes on.
    let deleting_already = [requested(), created(), deleting()];
    check(&deleting_already, Command::StartDeletion { operation: operation(2) }, Ok(vec![]));
}

#[test]
fn a_tenant_is_protected_and_unprotected_once() {
    let given = [requested(), created()];
    let protected = [requested(), created(), Event::TenantProtected];
    check(&given, Command::Protect, Ok(vec![Event::TenantProtected]));
    check(&protected, Command::Protect, Ok(vec![]));
    check(&protected, Command::Unprotect, Ok(vec![Event::TenantUnprotected]));
    check(&given, Command::Unprotect, Ok(vec![]));
    let busy = Refusal::TenantBusy { id: id(), state: "being deleted", operation: operation(2) };
    check(&[requested(), created(), deleting()], Command::Protect, Err(busy));
    let freed = [&protected[..], &[Event::TenantUnprotected]].concat();
    check(&freed, Command::StartDeletion { operation: operation(2) }, Ok(vec![deleting()]));
}

#[test]
fn the_newest_version_of_a_secret_becomes_the_sync_token() {
    let rotate = |version| Command::RotateSyncToken { secret: "db-password".parse().unwrap(), version };
    let rotated = |version| Event::SyncTokenRotated { secret: "db-password".parse().unwrap(), version };
    let wrong = |expected| Err(Refusal::SecretVersion { name: "db-password".parse().unwrap(), expected });
    check(&[adopted()], rotate(1), wrong(1));
    check(&[adopted(), sealed(1)], rotate(1), Ok(vec![rotated(1)]));
    check(&[adopted(), sealed(1), rotated(1)], rotate(1), Ok(vec![]));
    check(&[adopted(), sealed(1), rotated(1), sealed(2)], rotate(1), wrong(2));
    let tenant = living(&[adopted(), sealed(1), rotated(1)]);
    assert_eq!(tenant.resources.as_str(), r#"{"sync_token":"{{secret:db-password@1}}"}"#);
}

#[test]
fn external_access_is_declared_where_it_is_not_so_already() {
    let given = [adopted()];
    let allowed = [adopted(), Event::ExternalAccessAllowed];
    check(&given, Command::EndExternalAccess, Ok(vec![]));
    check(&given, Command::AllowExternalAccess, Ok(vec![Event::ExternalAccessAllowed]));
    check(&allowed, Command::AllowExternalAccess, Ok(vec![]));
    check(&allowed, Command::EndExternalAccess, Ok(vec![Event::ExternalAccessEnded]));
}
