//! What a comparison makes of what a provider says.

use systemprompt_events::{Json, Timestamp};

use super::*;

#[test]
fn only_what_is_missing_vanishes_and_only_what_is_there_reappears() {
    let found = |state, live| finding(state, live);
    for there in ["ready", "stopped", "incomplete", "a word of tomorrow"] {
        assert_eq!(found(TenantState::Ready, there), Finding::Unchanged, "{there}");
        assert_eq!(found(TenantState::Vanished, there), Finding::Reappeared, "{there}");
    }
    assert_eq!(found(TenantState::Ready, "missing"), Finding::Vanished);
    assert_eq!(found(TenantState::Vanished, "missing"), Finding::Unchanged);
    for silent in ["unreachable", "elsewhere"] {
        assert_eq!(found(TenantState::Ready, silent), Finding::Unknown);
        assert_eq!(found(TenantState::Vanished, silent), Finding::Unknown);
    }
}

fn compared(id: &str, finding: Finding) -> Compared {
    let time = Timestamp::from_millis(0);
    let tenant = TenantView {
        id: id.parse().unwrap(),
        name: id.replace('_', "-").parse().unwrap(),
        tenant_type: TenantType::Cloud,
        provider: "fly".parse().unwrap(),
        region: None,
        config: Json::object(),
        resources: Json::object(),
        state: TenantState::Ready,
        operation: None,
        protected: false,
        created_at: time,
        updated_at: time,
    };
    Compared { tenant, finding, live: Some("missing".to_owned()), why: None }
}

#[test]
fn one_that_is_busy_meanwhile_is_named_and_the_others_are_recorded() {
    let marked = ["local_a", "local_b", "local_c"].map(|id| compared(id, Finding::Vanished));
    let mut comparison = Comparison {
        tenants: marked.into_iter().chain([compared("local_d", Finding::Unchanged)]).collect(),
        answered: BTreeSet::from(["fly".parse().unwrap()]),
        ..Comparison::default()
    };
    let operation = systemprompt_events::OperationId::new(env::fresh_uuid());
    let busy = |id: &str| Refusal::TenantBusy { id: id.parse().unwrap(), state: "being deleted", operation };
    assert!(comparison.leave_out(&busy("local_b")));
    assert!(comparison.leave_out(&Refusal::TenantGone { id: "local_c".parse().unwrap() }));
    let streams: Vec<_> = comparison.commands().iter().map(|command| format!("{:?}", command.stream())).collect();
    assert_eq!(streams.len(), 2, "the first, and the comparison itself: {streams:?}");
    let skipped = &comparison.tenants[1];
    assert_eq!(skipped.finding, Finding::Skipped);
    assert!(skipped.why.as_ref().is_some_and(|why| why.contains("is being deleted")), "{:?}", skipped.why);
    for other in [busy("local_b"), busy("local_d"), busy("local_x"), Refusal::NotInitialised] {
        assert!(!comparison.leave_out(&other), "{other}");
    }
}

#[test]
fn where_no_provider_answered_nothing_is_recorded() {
    assert_eq!(Comparison::default().commands(), []);
    let fly: PluginId = "fly".parse().expect("a fixed id is valid");
    let answered = Comparison { answered: BTreeSet::from([fly.clone()]), ..Comparison::default() };
    let synced = Command::Project(ProjectCommand::RecordSync { providers: vec![fly] });
    assert_eq!(answered.commands(), [synced]);
}
