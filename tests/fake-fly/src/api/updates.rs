//! A machine's new version: the whole configuration is replaced.

use serde_json::json;

use super::machines::{Wanted, attach, check_mounts};
use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::app::detach;
use crate::world::machine::{Machine, Next, State};

pub(super) const ROUTES: &[Route] = &[Route::post("/v1/apps/{app}/machines/{machine}", update)];

fn update(world: &mut World, call: &Call) -> Outcome {
    let wanted: Wanted = call.body()?;
    world.machine_mut(call)?;
    let (app, machine) = (world.app(call)?, world.machine(call)?);
    wanted.check(app)?;
    check_state(machine, &wanted)?;
    check_mounts(app, Some(&machine.id), &machine.region, &wanted.config)?;
    replace(world, call, wanted)
}

fn check_state(machine: &Machine, wanted: &Wanted) -> Result<(), Problem> {
    let outdated = wanted.current_version.as_ref().is_some_and(|version| *version != machine.version);
    if outdated || machine.state == State::Replacing {
        return Err(Problem::new(409, "aborted: machine update failed due to concurrent update"));
    }
    if matches!(machine.state, State::Destroying | State::Destroyed | State::LaunchFailed) {
        return Err(Problem::precondition(format!("machine is {}", machine.state.name())));
    }
    Ok(())
}

fn replace(world: &mut World, call: &Call, wanted: Wanted) -> Outcome {
    let version = world.ids.ulid();
    let lease = wanted.lease(world, call);
    let at = call.now + world.delays.machine_replace;
    let runs = matches!(world.machine(call)?.state, State::Starting | State::Started | State::Restarting);
    let steps = if runs && !wanted.skip_launch {
        world.launch(wanted.config["image"].as_str().unwrap_or_default(), at)
    } else {
        vec![(at, Next::To(State::Stopped))]
    };
    let digest = world.pull(wanted.config["image"].as_str().unwrap_or_default());
    let app = world.app_mut(call)?;
    let (id, secrets) = (call.param("machine"), app.secrets.clone());
    detach(&mut app.volumes, id);
    attach(app, id, &wanted.config);
    let machine = world.machine_mut(call)?;
    let old = std::mem::replace(&mut machine.version, version);
    machine.replaced.insert(0, (old, std::mem::replace(&mut machine.config, wanted.config)));
    machine.digest = digest;
    machine.secrets = secrets.as_env();
    machine.secrets_version = secrets.version;
    machine.enter(State::Replacing, call.now);
    machine.plan(steps);
    let mut view = machine.view();
    if let Some(lease) = lease {
        view["nonce"] = json!(lease.nonce);
        machine.lease = Some(lease);
    }
    Answer::ok(view)
}
