//! The kit finds providers that break a promise.

use std::marker::PhantomData;

use serde_json::{Value, json};
use systemprompt_sdk::docker::{ContainerSpec, Docker};
use systemprompt_sdk::testing::{Harness, conformance};
use systemprompt_sdk::{
    Description, Failure, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Tenant,
};

/// What is wrong with a provider; by default nothing.
trait Flaw: 'static {
    const UNDOES: bool = true;
    const LOOKS_BEFORE_IT_MAKES: bool = true;
    const PLANS_WHAT_IT_DOES: bool = true;
    const DELETES: bool = true;
}

/// Makes a container for each tenant.
struct Flawed<F>(PhantomData<F>);

const NAME: &str = "one";

impl<F: Flaw> Provider for Flawed<F> {
    type Config = Value;

    fn describe() -> Description {
        Description::local("flawed", "0.1.0", "Breaks a promise", "{}")
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("here"))
    }

    fn plan(request: &Request<Value>) -> Result<Vec<PlannedStep>, Failure> {
        Ok(match request.operation.as_str() {
            "create" if F::PLANS_WHAT_IT_DOES && F::UNDOES => vec![make().undoable(), look()],
            "create" if F::PLANS_WHAT_IT_DOES => vec![make(), look()],
            "create" => vec![make()],
            "delete" => vec![PlannedStep::new("remove", "removes it").irreversible()],
            _ => return Err(request.unknown()),
        })
    }

    fn create(op: &Operation<Value>) -> Result<Value, Failure> {
        let make = op.step("make");
        let make = if F::UNDOES { make.undo(remove) } else { make };
        make.run(|| {
            if !F::LOOKS_BEFORE_IT_MAKES && Docker.inspect(NAME)?.is_some() {
                return Err(Failure::refused("taken", "there is one already"));
            }
            Docker.ensure_container(&ContainerSpec::of_tenant(NAME, "image", 80)).map(|container| container.id)
        })?;
        op.step("look").run(|| Docker.inspect(NAME).map(|_| ()))?;
        Ok(json!({}))
    }

    fn delete(op: &Operation<Value>) -> Result<(), Failure> {
        op.step("remove").irreversible().run(|| if F::DELETES { remove() } else { Docker.stop_container(NAME) })
    }

    fn status(_: Option<&Tenant<Value>>) -> Result<LiveStatus, Failure> {
        Ok(LiveStatus::ready())
    }
}

fn make() -> PlannedStep {
    PlannedStep::new("make", "makes a container")
}

fn look() -> PlannedStep {
    PlannedStep::new("look", "looks at it")
}

fn remove() -> Result<(), Failure> {
    Docker.remove_container(NAME, &[])
}

fn harness<F: Flaw>() -> Harness<Flawed<F>> {
    Harness::new()
}

struct Sound;
impl Flaw for Sound {}

#[test]
fn a_sound_provider_passes() {
    conformance::a_plan_is_what_happens(harness::<Sound>);
    conformance::a_failed_create_leaves_nothing(harness::<Sound>);
    conformance::every_step_may_run_twice(harness::<Sound>);
    conformance::a_crash_changes_nothing(harness::<Sound>);
    conformance::a_crash_while_undoing_leaves_nothing(harness::<Sound>);
    conformance::a_cancelled_create_leaves_nothing(harness::<Sound>);
    conformance::a_failed_delete_can_be_resumed(harness::<Sound>);
}

struct Forgetful;
impl Flaw for Forgetful {
    const UNDOES: bool = false;
}

#[test]
#[should_panic(expected = "call 0, `docker.ensure-container`, failed (After), and something is left")]
fn a_forgotten_undo_is_found() {
    conformance::a_failed_create_leaves_nothing(harness::<Forgetful>);
}

#[test]
#[should_panic(expected = "cancelling before `look` left something")]
fn a_forgotten_undo_is_found_by_cancelling() {
    conformance::a_cancelled_create_leaves_nothing(harness::<Forgetful>);
}

#[test]
#[should_panic(expected = "while undoing left something")]
fn a_forgotten_undo_is_found_by_a_crash() {
    conformance::a_crash_while_undoing_leaves_nothing(harness::<Forgetful>);
}

struct Hasty;
impl Flaw for Hasty {
    const LOOKS_BEFORE_IT_MAKES: bool = false;
}

#[test]
#[should_panic(expected = "there is one already")]
fn a_step_that_stumbles_over_itself_is_found() {
    conformance::every_step_may_run_twice(harness::<Hasty>);
}

#[test]
#[should_panic(expected = "of `create`: there is one already")]
fn a_step_that_stumbles_over_itself_is_found_by_a_crash() {
    conformance::a_crash_changes_nothing(harness::<Hasty>);
}

struct Secretive;
impl Flaw for Secretive {
    const PLANS_WHAT_IT_DOES: bool = false;
}

#[test]
#[should_panic(expected = "the plan of `create` is not what happened")]
fn a_plan_that_leaves_something_out_is_found() {
    conformance::a_plan_is_what_happens(harness::<Secretive>);
}

struct Clinging;
impl Flaw for Clinging {
    const DELETES: bool = false;
}

#[test]
#[should_panic(expected = "`delete` left something")]
fn a_delete_that_leaves_something_is_found() {
    conformance::a_failed_delete_can_be_resumed(harness::<Clinging>);
}
