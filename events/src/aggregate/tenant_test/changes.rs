//! Changes: operations on a tenant that stays.

use super::*;

#[test]
fn a_change_starts_once_and_waits_for_nobody() {
    let start = |number| Command::StartChange { operation: operation(number), kind: "rotate-credentials".to_owned() };
    let ready = [requested(), created()];
    check(&ready, start(2), Ok(vec![changing()]));
    check(&[&ready[..], &[changing()]].concat(), start(2), Ok(vec![]));
    let busy = |state, number| Err(Refusal::TenantBusy { id: id(), state, operation: operation(number) });
    check(&[&ready[..], &[changing()]].concat(), start(3), busy("being changed", 2));
    check(&[&ready[..], &[deleting()]].concat(), start(3), busy("being deleted", 2));
    check(&[requested()], start(2), busy("being created", 1));
    check(&[], start(2), Err(Refusal::NoSuchTenant { id: id() }));
    let rename = Command::Rename { name: "other".parse().unwrap() };
    check(&[&ready[..], &[changing()]].concat(), rename, busy("being changed", 2));
    let delete = |operation| Command::Deleted { operation };
    check(&[&ready[..], &[changing()]].concat(), delete(None), busy("being changed", 2));
    check(&[&ready[..], &[changing()]].concat(), delete(Some(operation(2))), not_this("being changed", 2));
    let start_deletion = Command::StartDeletion { operation: operation(3) };
    check(&[&ready[..], &[changing()]].concat(), start_deletion, busy("being changed", 2));
}

#[test]
fn a_change_ends_once_and_by_its_own_operation() {
    let given = [requested(), created(), changing()];
    let record = |number, resources: &str| Command::Changed {
        operation: operation(number),
        config: None,
        resources: resources.parse().unwrap(),
    };
    check(&given, record(2, r#"{"a":1}"#), Ok(vec![changed(r#"{"a":1}"#)]));
    check(&given, record(3, "{}"), not_this("being changed", 3));
    let done = [&given[..], &[changed(r#"{"a":1}"#)]].concat();
    check(&done, record(2, r#"{"a":1}"#), Ok(vec![]));
    check(&done, record(2, "{}"), not_this("ready", 2));
    check(&done, Command::ChangeUndone { operation: operation(1) }, not_this("ready", 1));
    let undo = || Command::ChangeUndone { operation: operation(2) };
    check(&given, undo(), Ok(vec![change_undone()]));
    check(&[&given[..], &[change_undone()]].concat(), undo(), Ok(vec![]));
    check(&[requested(), created()], undo(), not_this("ready", 2));
}

#[test]
fn a_change_brings_resources_and_settings_if_it_has_some() {
    let state = |change| {
        let tenant = living(&[requested(), created(), changing(), change]);
        (tenant.config.to_string(), tenant.resources.to_string())
    };
    assert_eq!(state(changed(r#"{"a":1}"#)), ("{}".to_owned(), r#"{"a":1}"#.to_owned()));
    let config = Some(r#"{"port":1}"#.parse().unwrap());
    let with_config = Event::TenantChanged { operation: operation(2), config, resources: Json::object() };
    assert_eq!(state(with_config), (r#"{"port":1}"#.to_owned(), "{}".to_owned()));
}

#[test]
fn what_an_undone_change_sealed_is_withdrawn_and_its_version_is_not_given_again() {
    let undo = || Command::ChangeUndone { operation: operation(2) };
    let given = [requested(), sealed(1), created(), changing(), sealed(2)];
    check(&given, undo(), Ok(vec![withdrawn(2), change_undone()]));
    let undone = [&given[..], &[withdrawn(2), change_undone()]].concat();
    check(&undone, undo(), Ok(vec![]));
    check(&undone, seal(3), Ok(vec![sealed(3)]));
    // What an earlier change sealed stays.
    let later =
        [&given[..], &[changed("{}")], &[Event::TenantChangeStarted { operation: operation(3), kind: "edit".into() }]]
            .concat();
    let undone = Event::TenantChangeUndone { operation: operation(3) };
    check(&later, Command::ChangeUndone { operation: operation(3) }, Ok(vec![undone]));
}
