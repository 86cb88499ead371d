//! What a comparison makes of what a provider says.

use systemprompt_events::{Json, Timestamp};

use super::finding::finding;
use super::*;
use crate::plugin::v1::LiveStatus;

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
    Compared { tenant, finding, live: Some("missing".to_owned()), differs: Vec::new(), why: None }
}

#[test]
fn one_that_does_not_answer_or_of_which_something_differs_is_not_called_unchanged() {
    let told = |reachable, state: &str, label: &str| {
        let details = vec![(label.to_owned(), "its \u{7}volume".to_owned())];
        let compared = told(
            compared("local_a", Finding::Skipped).tenant,
            LiveStatus { reachable, state: state.to_owned(), details, ext: None },
        );
        (compared.finding, compared.differs)
    };
    assert_eq!(told(true, "ready", "Volume"), (Finding::Unchanged, vec![]));
    assert_eq!(told(false, "stopped", "Volume"), (Finding::Differs, vec![]));
    let (finding, differs) = told(true, "ready", "Missing");
    assert_eq!((finding, differs.len()), (Finding::Differs, 1));
    assert!(differs[0].starts_with("missing: its ") && !differs[0].contains('\u{7}'), "{differs:?}");
    assert_eq!(told(true, "ready", "Differs").0, Finding::Differs);
    assert_eq!(told(false, "missing", "Missing").0, Finding::Vanished);
    assert_eq!(told(false, "unreachable", "Why").0, Finding::Unknown);
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
