//! Commands on machines, handed to whoever stands in for the machine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::clock::later;
use crate::exec::Command;
use crate::problem::Problem;
use crate::route::{Route, Work};
use crate::state::State as Fake;
use crate::world::World;
use crate::world::app::{App, NETWORK};
use crate::world::machine::State;

pub(super) const ROUTES: &[Route] =
    &[Route { method: hyper::Method::POST, path: "/v1/apps/{app}/machines/{machine}/exec", work: Work::Exec }];

/// Seconds that a command may take that says nothing about it.
const TIMEOUT_DEFAULT: u64 = 60;

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    command: Vec<String>,
    /// One text in place of `command`, which the document calls deprecated.
    cmd: Option<String>,
    stdin: Option<String>,
    timeout: Option<u64>,
}

pub(crate) async fn exec(fake: &Fake, call: &Call) -> Outcome {
    let command = command(&fake.world(), call)?;
    let deadline = later(call.now, command.timeout.as_secs());
    let mut listener = fake.clock.listen();
    let handler = fake.handler().clone();
    let _until_the_answer = fake.wait();
    let running = tokio::task::spawn_blocking(move || (handler.0)(command));
    let output = tokio::select! {
        output = running => output.map_err(|_| Problem::new(500, "internal: exec failed"))?,
        () = listener.sleep_until(deadline) => return Err(Problem::new(408, "deadline_exceeded: exec timed out")),
    };
    Answer::ok(json!({
        "exit_code": output.exit_code, "exit_signal": 0, "stdout": output.stdout, "stderr": output.stderr,
    }))
}

fn command(world: &World, call: &Call) -> Result<Command, Problem> {
    let wanted: Wanted = call.body()?;
    let machine = world.machine(call)?;
    machine.lease_allows(call.nonce(), call.now)?;
    if machine.state != State::Started {
        let state = machine.state.name();
        return Err(Problem::precondition(format!("unable to exec on machine in current state: '{state}'")));
    }
    let words = if wanted.command.is_empty() { split(wanted.cmd.as_deref())? } else { wanted.command };
    Ok(Command {
        app: call.param("app").to_owned(),
        machine: machine.id.clone(),
        image: machine.image().to_owned(),
        env: machine.env(),
        volumes: machine.volumes(),
        command: words,
        stdin: wanted.stdin,
        managed: reachable(world, world.app(call)?),
        timeout: Duration::from_secs(wanted.timeout.unwrap_or(TIMEOUT_DEFAULT)),
    })
}

/// Managed clusters answer in the network that their organisation has from the start, and in no other.
fn reachable(world: &World, app: &App) -> BTreeMap<String, BTreeMap<String, String>> {
    let there = world.clusters.values().filter(|cluster| cluster.org == app.org && app.network == NETWORK);
    there.map(|cluster| (cluster.host("direct"), cluster.passwords())).collect()
}

fn split(text: Option<&str>) -> Result<Vec<String>, Problem> {
    let words = text.and_then(shlex::split).filter(|words| !words.is_empty());
    words.ok_or_else(|| Problem::invalid("command is required"))
}
