//! What an operation changed in the world outside, and no undo changes back.

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
