//! What a step promises, tried with providers of a few lines.

use serde_json::{Value, json};
use systemprompt_sdk::postgres::Postgres;
use systemprompt_sdk::server::{ClusterSpec, Server};
use systemprompt_sdk::testing::{Crash, Fault, Harness, When};
use systemprompt_sdk::{
    Description, Failure, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Tenant, UndoKind,
};

/// A provider whose `create` is a function.
trait Create: 'static {
    fn create(op: &Operation<Value>) -> Result<Value, Failure>;
}

struct Only<C>(std::marker::PhantomData<C>);

impl<C: Create> Provider for Only<C> {
    type Config = Value;

    fn describe() -> Description {
        Description::local("only", "0.1.0", "Only creates", "{}")
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("here"))
    }

    fn plan(request: &Request<Value>) -> Result<Vec<PlannedStep>, Failure> {
        Err(request.unknown())
    }

    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        C::create(op)
    }

    fn delete(op: &Operation<Value>) -> Result<(), Failure> {
        Err(op.unknown())
    }

    fn status(_: Option<&Tenant<Value>>) -> Result<LiveStatus, Failure> {
        Ok(LiveStatus::ready())
    }
}

fn harness<C: Create>() -> Harness<Only<C>> {
    Harness::new()
}

/// The server of these tests, running.
fn server(op: &Operation<Value>) -> Result<Postgres, Failure> {
    let admin = op.machine_secret("admin")?;
    op.step("start").run(|| Server.ensure(&ClusterSpec::new("test", "admin", &admin)).map(|_| ()))?;
    Ok(Postgres::in_cluster("test", "admin", &admin))
}

/// Makes two roles, and fails when the second undo is to be looked at.
struct TwoRoles;

impl Create for TwoRoles {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        let (server, password) = (server(op)?, op.secret("password")?);
        op.step("first").undo(server.dropping_role("first")).run(|| server.ensure_role("first", &password))?;
        op.step("second").undo(server.dropping_role("second")).run(|| server.ensure_role("second", &password))?;
        op.step("look").run(|| server.wait_ready(std::time::Duration::from_secs(1)).map(|address| address.port))?;
        Ok(json!({}))
    }
}

#[test]
fn a_failure_undoes_the_step_that_failed_and_all_before_it_newest_first() {
    let mut harness = harness::<TwoRoles>();
    harness.fail(Fault::step("second", When::After));
    assert_eq!(harness.create().unwrap_err().code(), "injected");
    let undone = &harness.calls()[harness.calls().len() - 2..];
    assert_eq!(undone, ["postgres.drop-role", "postgres.drop-role"]);
    assert!(harness.left().is_empty());
    assert!(harness.stuck().is_none());
}

#[test]
fn an_undo_that_fails_leaves_the_earlier_ones_alone() {
    let mut harness = harness::<TwoRoles>();
    harness.create_cancelled_before("look").unwrap_err();
    assert!(harness.left().is_empty());
    harness.fail(Fault::undo("second", When::Before));
    assert_eq!(harness.create_cancelled_before("look").unwrap_err().code(), "unwinding");
    assert_eq!(harness.left().len(), 2, "both roles are left: {:?}", harness.left());
    assert_eq!(harness.stuck().map(|(step, failure)| (step, failure.code())), Some(("second", "injected")));
    harness.resume().unwrap_err();
    assert!(harness.stuck().is_none());
    assert!(harness.left().is_empty());
}

#[test]
fn a_recorded_step_returns_its_record_and_calls_nobody() {
    let mut harness = harness::<TwoRoles>();
    harness.crash(Crash { edge: 6, when: When::Before });
    harness.create().unwrap_err();
    assert!(harness.crashed());
    harness.resume().unwrap();
    let in_steps: Vec<_> = harness.calls().iter().filter(|call| call.starts_with("postgres.")).collect();
    assert_eq!(in_steps, ["postgres.wait-ready"]);
}

#[test]
fn a_resumed_undoing_takes_no_step() {
    let mut harness = harness::<TwoRoles>();
    harness.fail(Fault::step("second", When::Before));
    harness.crash(Crash { edge: 6, when: When::Before }); // at the first undo
    harness.create().unwrap_err();
    assert!(harness.crashed());
    assert_eq!(harness.resume().unwrap_err().code(), "unwinding");
    assert!(!harness.calls().contains(&"postgres.ensure-role".to_owned()));
    assert!(harness.left().is_empty());
}

/// Makes a role and drops it for good, so that nothing can be undone from there.
struct Forward;

impl Create for Forward {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        let (server, password) = (server(op)?, op.secret("password")?);
        op.step("first").undo(server.dropping_role("first")).run(|| server.ensure_role("first", &password))?;
        op.step("rename").irreversible().run(|| server.set_password("first", &password))?;
        op.step("look").run(|| server.ensure_role("first", &password))?;
        Ok(json!({}))
    }
}

#[test]
fn after_an_irreversible_step_nothing_is_undone_and_the_operation_can_be_completed() {
    let mut harness = harness::<Forward>();
    harness.fail(Fault::step("look", When::Before));
    assert_eq!(harness.create().unwrap_err().code(), "injected");
    assert!(!harness.calls().contains(&"postgres.drop-role".to_owned()));
    harness.resume().unwrap();
    assert_eq!(harness.steps()[2], ("rename".to_owned(), UndoKind::Irreversible));
}

#[test]
fn an_irreversible_step_that_failed_may_have_happened_so_nothing_is_undone() {
    let mut harness = harness::<Forward>();
    harness.fail(Fault::step("rename", When::Before));
    harness.create().unwrap_err();
    assert_eq!(harness.left().len(), 1);
    harness.resume().unwrap();
}

/// Changes something before its first step.
struct Hasty;

impl Create for Hasty {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        Server.ensure(&ClusterSpec::new("test", "admin", &op.machine_secret("admin")?))?;
        Ok(json!({}))
    }
}

#[test]
fn a_change_outside_of_a_step_is_refused_as_the_program_refuses_it() {
    let mut harness = harness::<Hasty>();
    let failure = harness.create().unwrap_err();
    assert_eq!((failure.code(), harness.everything().len()), ("outside-step", 0), "{failure}");
}

/// Swallows the failure of a step.
struct Swallows;

impl Create for Swallows {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        let _: Result<(), Failure> = op.step("fails").run(|| Err(Failure::refused("first", "no")));
        let _: Result<(), Failure> = op.step("goes on").run(|| Ok(()));
        Ok(json!({}))
    }
}

#[test]
fn a_failed_step_fails_the_operation_even_when_its_failure_is_swallowed() {
    let mut harness = harness::<Swallows>();
    assert_eq!(harness.create().unwrap_err().code(), "first");
    assert_eq!(harness.steps().len(), 1, "no step begins after a failed one");
}

/// Names two steps alike.
struct Repeats;

impl Create for Repeats {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        op.step("same").run(|| Ok(()))?;
        op.step("same").run(|| Ok(()))?;
        Ok(json!({}))
    }
}

#[test]
fn two_steps_of_one_name_are_a_mistake() {
    let failure = harness::<Repeats>().create().unwrap_err();
    assert_eq!(failure.to_string(), "there are two steps named `same`");
}

/// Takes a step inside a step.
struct Nests;

impl Create for Nests {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        op.step("outer").run(|| op.step("inner").run(|| Ok(())))?;
        Ok(json!({}))
    }
}

#[test]
fn a_step_inside_a_step_is_a_mistake() {
    let failure = harness::<Nests>().create().unwrap_err();
    assert_eq!(failure.to_string(), "step `inner` begins inside another step");
}

/// Takes another step each time.
struct Wavers;

impl Create for Wavers {
    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        op.step(&format!("at {}", systemprompt_sdk::clock::now_ms())).run(|| Ok(()))?;
        Ok(json!({}))
    }
}

#[test]
#[should_panic(expected = "nondeterministic plugin: step 0 was `at 1769940000000`")]
fn a_step_that_differs_from_the_record_is_an_error() {
    let mut harness = harness::<Wavers>();
    harness.crash(Crash { edge: 1, when: When::Before });
    harness.create().unwrap_err();
    harness.world().now_ms += 1;
    let _ = harness.resume();
}

#[test]
fn a_secret_shows_nothing_but_its_placeholder() {
    struct Shows;
    impl Create for Shows {
        fn create(op: &Operation<Value>) -> Result<Value, Failure> {
            let secret = op.secret("db-password")?;
            Ok(json!({ "shown": format!("{secret} {secret:?}") }))
        }
    }
    let shown = harness::<Shows>().create().unwrap();
    assert_eq!(shown, json!({ "shown": "{{secret:db-password@1}} Secret({{secret:db-password@1}})" }));
}
