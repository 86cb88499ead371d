//! What is done with a machine as a whole: start, stop, restart, suspend, signal, cordon, destroy.

use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::machine::{Next, State};

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/apps/{app}/machines/{machine}/start", start),
    Route::post("/v1/apps/{app}/machines/{machine}/stop", stop),
    Route::post("/v1/apps/{app}/machines/{machine}/restart", restart),
    Route::post("/v1/apps/{app}/machines/{machine}/suspend", suspend),
    Route::post("/v1/apps/{app}/machines/{machine}/signal", signal),
    Route::post("/v1/apps/{app}/machines/{machine}/cordon", cordon),
    Route::post("/v1/apps/{app}/machines/{machine}/uncordon", uncordon),
    Route::delete("/v1/apps/{app}/machines/{machine}", destroy),
];

fn done() -> Outcome {
    Answer::ok(json!({ "ok": true }))
}

fn start(world: &mut World, call: &Call) -> Outcome {
    let machine = world.machine_mut(call)?;
    let (was, image) = (machine.state, machine.image().to_owned());
    match was {
        State::Stopped if call.now < machine.active_until => {
            return Err(Problem::precondition("machine still active, refusing to start"));
        }
        State::Created | State::Stopped | State::Suspended | State::Failed => {}
        State::Started | State::Starting => return Answer::ok(started(was)),
        State::Stopping => return Err(Problem::precondition("machine still active, refusing to start")),
        State::Restarting
        | State::Suspending
        | State::Replacing
        | State::LaunchFailed
        | State::Destroying
        | State::Destroyed => {
            return Err(Problem::precondition(format!("unable to start machine from current state: '{}'", was.name())));
        }
    }
    let steps = world.launch(&image, call.now);
    world.machine_mut(call)?.plan(steps);
    Answer::ok(started(was))
}

fn started(was: State) -> serde_json::Value {
    json!({ "previous_state": was.name(), "migrated": false, "new_host": "" })
}

/// Refuses what only a machine that runs can do.
fn must_run(state: State, what: &str) -> Result<(), Problem> {
    if matches!(state, State::Starting | State::Started) {
        return Ok(());
    }
    Err(Problem::precondition(format!("unable to {what} machine from current state: '{}'", state.name())))
}

fn stop(world: &mut World, call: &Call) -> Outcome {
    let (takes, lasts) = (world.delays.machine_stop, world.delays.machine_still_active);
    let machine = world.machine_mut(call)?;
    if matches!(machine.state, State::Created | State::Stopping | State::Stopped | State::Suspended | State::Failed) {
        return done();
    }
    must_run(machine.state, "stop")?;
    machine.enter(State::Stopping, call.now);
    machine.plan([(call.now + takes, Next::To(State::Stopped))]);
    machine.active_until = call.now + takes + lasts;
    done()
}

fn restart(world: &mut World, call: &Call) -> Outcome {
    let machine = world.machine_mut(call)?;
    must_run(machine.state, "restart")?;
    machine.enter(State::Restarting, call.now);
    let image = machine.image().to_owned();
    let steps = world.launch(&image, call.now);
    world.machine_mut(call)?.plan(steps);
    done()
}

fn suspend(world: &mut World, call: &Call) -> Outcome {
    let takes = world.delays.machine_stop;
    let machine = world.machine_mut(call)?;
    if matches!(machine.state, State::Suspending | State::Suspended) {
        return done();
    }
    must_run(machine.state, "suspend")?;
    machine.enter(State::Suspending, call.now);
    machine.plan([(call.now + takes, Next::To(State::Suspended))]);
    done()
}

fn signal(world: &mut World, call: &Call) -> Outcome {
    must_run(world.machine_mut(call)?.state, "signal")?;
    done()
}

fn cordon(world: &mut World, call: &Call) -> Outcome {
    world.machine_mut(call)?.cordoned = true;
    done()
}

fn uncordon(world: &mut World, call: &Call) -> Outcome {
    world.machine_mut(call)?.cordoned = false;
    done()
}

fn destroy(world: &mut World, call: &Call) -> Outcome {
    let steps = world.destruction(call.now);
    let machine = world.machine_mut(call)?;
    let rests = match machine.state {
        State::Destroyed => return Err(Problem::not_found("machine")),
        State::Destroying | State::LaunchFailed => return done(),
        State::Created | State::Stopped | State::Suspended | State::Failed => true,
        State::Starting
        | State::Started
        | State::Stopping
        | State::Restarting
        | State::Suspending
        | State::Replacing => false,
    };
    if !rests && !call.flag("force") {
        let state = machine.state.name();
        return Err(Problem::precondition(format!("unable to destroy machine from current state: '{state}'")));
    }
    machine.enter(State::Destroying, call.now);
    machine.plan(steps);
    done()
}
