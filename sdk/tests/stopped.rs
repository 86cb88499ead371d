//! The kit finds operations that leave something when they are stopped.

use std::marker::PhantomData;

use serde_json::{Value, json};
use systemprompt_sdk::docker::{ContainerSpec, Docker};
use systemprompt_sdk::testing::{Harness, conformance};
use systemprompt_sdk::{
    Description, Failure, LiveStatus, Operation, PlannedStep, ProbeReport, Provider, Request, Tenant,
};

/// How what was opened is closed, when the operation is undone.
trait Closing: 'static {
    const UNDO: Option<fn() -> Result<(), Failure>>;
    /// Whether the door is in the way of who asks for the settings that are there.
    const EDITS: bool = false;
}

/// Opens a door to a tenant: a container of its own.
struct Doors<C>(PhantomData<C>);

const DOOR: &str = "door";
const OPEN: &str = "open";

fn open() -> Result<(), Failure> {
    Docker.ensure_container(&ContainerSpec::of_tenant(DOOR, "image", 80)).map(|_| ())
}

fn close() -> Result<(), Failure> {
    Docker.remove_container(DOOR, &[])
}

impl<C: Closing> Provider for Doors<C> {
    type Config = Value;

    fn describe() -> Description {
        Description::local("doors", "0.1.0", "Opens doors", "{}").operations(&[OPEN, "edit"])
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("here"))
    }

    fn plan(_: &Request<Value>) -> Result<Vec<PlannedStep>, Failure> {
        Ok(Vec::new())
    }

    fn create(_: &Operation<Value>) -> Result<Value, Failure> {
        Ok(json!({}))
    }

    fn delete(op: &Operation<Value>) -> Result<(), Failure> {
        op.step("look").run(|| Docker.inspect(DOOR).map(|_| ()))?;
        op.step("close").irreversible().run(close)?;
        op.step("look again").run(|| Docker.inspect(DOOR).map(|_| ()))
    }

    fn operation(op: &Operation<Value>) -> Result<Value, Failure> {
        if op.operation == OPEN || C::EDITS {
            let step = op.step("open");
            if let Some(undo) = C::UNDO { step.undo(undo).run(open) } else { step.run(open) }?;
        }
        op.step("knock").run(|| Docker.inspect(DOOR).map(|_| ()))?;
        Ok(json!({}))
    }

    fn status(_: Option<&Tenant<Value>>) -> Result<LiveStatus, Failure> {
        Ok(LiveStatus::ready())
    }
}

fn harness<C: Closing>() -> Harness<Doors<C>> {
    Harness::new()
}

struct Sound;
impl Closing for Sound {
    const UNDO: Option<fn() -> Result<(), Failure>> = Some(close);
}

#[test]
fn an_operation_that_is_undone_whole_passes() {
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(harness::<Sound>, OPEN);
    conformance::an_edit_to_what_is_there_changes_nothing(harness::<Sound>);
}

#[test]
fn one_that_goes_on_after_an_irreversible_step_passes_when_it_is_finished() {
    let with_a_door = || {
        let mut harness = harness::<Sound>();
        harness.operation(OPEN).unwrap();
        harness
    };
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(with_a_door, "delete");
}

struct Ajar;
impl Closing for Ajar {
    const UNDO: Option<fn() -> Result<(), Failure>> = None;
    const EDITS: bool = true;
}

#[test]
#[should_panic(expected = "cancelling `open` before `knock` made another world: there is [container `door`")]
fn a_forgotten_undo_is_found_by_cancelling() {
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(harness::<Ajar>, OPEN);
}

#[test]
#[should_panic(expected = "an `edit` to the settings that the tenant has changes it: there is [container `door`")]
fn an_edit_that_changes_what_is_there_already_is_found() {
    conformance::an_edit_to_what_is_there_changes_nothing(harness::<Ajar>);
}

struct Jammed;
impl Closing for Jammed {
    const UNDO: Option<fn() -> Result<(), Failure>> = Some(|| match Docker.inspect(DOOR)? {
        Some(_) => close(),
        None => Err(Failure::refused("no-door", "there is no door to close")),
    });
}

#[test]
#[should_panic(
    expected = "while `open` is undone, as call 1 failed, the undo of `open` failed: there is no door to close"
)]
fn an_undo_that_stumbles_over_itself_is_found_by_a_crash() {
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(harness::<Jammed>, OPEN);
}
