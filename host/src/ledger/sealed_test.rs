//! What a sealed value that does not open means, by where the log lives.

use super::*;

const MISSING: Opens = Opens::Locked(Why::Missing);

fn at(number: u64) -> Position {
    Position::new(number).unwrap()
}

fn seen(home: Home, values: &[(u64, &str, Opens)]) -> Sealed {
    let mut sealed = Sealed::new(home);
    for (position, name, opens) in values {
        sealed.see(&"local_19bff27604c".parse().unwrap(), at(*position), name, *opens);
    }
    sealed
}

#[test]
fn what_does_not_open_is_named_and_what_has_no_key_is_counted_by_tenant() {
    let values = [(3, "a", Opens::Yes), (9, "b", MISSING), (5, "c", MISSING), (7, "d", Opens::No)];
    let sealed = seen(Home::Here { claimed: None }, &values);
    let tenant: TenantId = "local_19bff27604c".parse().unwrap();
    assert_eq!((sealed.values, sealed.opened), (4, 1));
    assert_eq!(sealed.locked.get(&tenant), Some(&Locked { position: at(5), values: 2, why: Why::Missing }));
    assert_eq!(sealed.broken, [Broken { position: at(7), tenant, name: "d".to_owned() }]);
    assert!(sealed.elsewhere.is_empty());
}

#[test]
fn what_was_sealed_where_a_claimed_history_comes_from_is_no_fault() {
    let values = [(3, "a", MISSING), (4, "b", Opens::No), (5, "c", MISSING), (6, "d", Opens::No)];
    let sealed = seen(Home::Here { claimed: Some(at(4)) }, &values);
    let elsewhere = sealed.elsewhere.values().next().unwrap();
    assert_eq!((elsewhere.position, elsewhere.names.len()), (at(3), 2));
    assert_eq!(sealed.locked.values().map(|locked| locked.position).collect::<Vec<_>>(), [at(5)]);
    assert_eq!(sealed.broken.iter().map(|broken| broken.position).collect::<Vec<_>>(), [at(6)]);
}

#[test]
fn keys_that_are_kept_elsewhere_are_no_fault_and_what_is_changed_is() {
    let sealed = seen(Home::Elsewhere, &[(3, "a", MISSING), (4, "b", Opens::No)]);
    assert_eq!((sealed.elsewhere.len(), sealed.locked.len(), sealed.broken.len()), (1, 0, 1));
}

#[test]
fn of_two_passwords_that_overlap_both_are_in_use_until_the_older_one_ends() {
    let resources = serde_json::json!({
        "database_url": "postgres://b:{{secret:db-password@2}}@h/db",
        "previous_login": { "role": "a", "password": "{{secret:db-password@1}}", "valid_until_ms": 1_000 },
        "servers": [{ "admin": "{{machine:admin@7}}" }, "{{secret:token@3}}"],
    });
    let tenant = TenantView {
        id: "local_1".parse().unwrap(),
        name: "acme".parse().unwrap(),
        tenant_type: systemprompt_events::TenantType::Local,
        provider: "native".parse().unwrap(),
        region: None,
        state: systemprompt_events::TenantState::Ready,
        config: systemprompt_events::Json::object(),
        resources: systemprompt_events::Json::from_value(&resources).unwrap(),
        operation: None,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        protected: false,
    };
    let versions = |now| {
        let found = named(&tenant, Timestamp::from_millis(now));
        let found: BTreeSet<_> = found.into_iter().map(|(name, version)| (name.to_string(), version)).collect();
        found.into_iter().map(|(name, version)| format!("{name}@{version}")).collect::<Vec<_>>()
    };
    assert_eq!(versions(999), ["db-password@1", "db-password@2", "token@3"]);
    assert_eq!(versions(1_000), ["db-password@2", "token@3"]);
}
