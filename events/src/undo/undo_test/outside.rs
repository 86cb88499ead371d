//! What an operation changed in the world outside: what is undone there, and what no undo changes back.

use super::*;

/// Why an operation that answered these resources has no undo, where others were before.
fn why(before: &str, event: TenantEvent) -> &'static str {
    why_after(before, None, event)
}

/// The same where the operation made something before.
fn why_after(before: &str, made: Option<TenantEvent>, event: TenantEvent) -> &'static str {
    let started = TenantEvent::TenantChangeStarted { operation: operation(), kind: "any".into() };
    let given = [adopted(before), started.into()].into_iter().chain(made.map(Into::into)).collect();
    match undo("tenant/t1", given, event) {
        Undo::Irreversible { why } => why,
        other @ (Undo::Inverse { .. } | Undo::Compensation { .. } | Undo::Part | Undo::Remark { .. }) => {
            panic!("{other:?}")
        }
    }
}

fn operation() -> OperationId {
    OperationId::new(Uuid::from_u128(1))
}

fn password() -> TenantEvent {
    TenantEvent::SecretSealed {
        name: "db-password".parse().unwrap(),
        version: 1,
        seal_id: Uuid::from_u128(2),
        sealed: "c2VhbGVk".into(),
    }
}

fn changed(resources: &str) -> TenantEvent {
    TenantEvent::TenantChanged { operation: operation(), config: None, resources: resources.parse().unwrap() }
}

#[test]
fn each_has_a_reason_of_its_own() {
    let (open, closed) = (r#"{"external_db_access":true}"#, r#"{"external_db_access":false}"#);
    for (before, after) in [(open, closed), (closed, open), ("{}", open)] {
        assert!(why(before, changed(after)).contains("edit it again"), "{before} {after}");
    }
    for resources in [open, closed, "{}"] {
        let rotated = why_after(resources, Some(password()), changed(resources));
        assert!(rotated.contains("rotate again"), "{resources}");
    }
    for resources in [open, closed] {
        assert!(why(resources, changed(resources)).contains("edit it again"), "{resources} was so already");
    }
    assert!(why("{}", changed("{}")).contains("its provider's to change back"));
    let cancelled = TenantEvent::TenantCancelled { operation: operation(), resources: "{}".parse().unwrap() };
    assert!(why(open, cancelled).contains("its database is gone"));
}

#[test]
fn what_was_made_outside_is_undone_outside_and_what_was_replaced_stays_out() {
    let operation = OperationId::new(Uuid::from_u128(3));
    let requested = || {
        let event = TenantEvent::TenantRequested {
            id: tenant(),
            name: "acme".parse().unwrap(),
            tenant_type: TenantType::Local,
            provider: "docker".parse().unwrap(),
            region: None,
            config: r#"{"port":1}"#.parse().unwrap(),
            operation,
        };
        Event::from(event)
    };
    let made = || TenantEvent::TenantCreated { operation, resources: crate::Json::object() };
    let changing = |kind: &str| Event::from(TenantEvent::TenantChangeStarted { operation, kind: kind.into() });
    let changed = |config: Option<&str>| TenantEvent::TenantChanged {
        operation,
        config: config.map(|config| config.parse().unwrap()),
        resources: crate::Json::object(),
    };
    let undone = |given, event| undo("tenant/t1", given, event);
    let what = Compensation::DeleteTenant { tenant: tenant() };
    let facet = Facet::Existence;
    assert_eq!(undone(vec![requested()], made()), Undo::Compensation { what, facet });
    let what = Compensation::ForgetTenant { tenant: tenant() };
    assert_eq!(undo("tenant/t1", vec![], adopted("{}")), Undo::Compensation { what, facet: Facet::Custody });
    let ready = || vec![requested(), made().into()];
    let what = Compensation::EditTenant { tenant: tenant(), config: r#"{"port":1}"#.parse().unwrap() };
    let edited = undone([ready(), vec![changing("edit")]].concat(), changed(Some(r#"{"port":2}"#)));
    assert_eq!(edited, Undo::Compensation { what, facet: Facet::Config });
    let rotated = undone([ready(), vec![changing("rotate-credentials")]].concat(), changed(None));
    assert!(matches!(rotated, Undo::Irreversible { .. }));
    assert!(matches!(undone(ready(), TenantEvent::TenantDeleted { operation: None }), Undo::Irreversible { .. }));
}
