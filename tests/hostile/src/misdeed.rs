//! The misdeeds of an operation, by mode.

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_sdk::docker::{ContainerSpec, Docker};
use systemprompt_sdk::http;
use systemprompt_sdk::postgres::Postgres;
use systemprompt_sdk::server::{ClusterSpec, Server};
use systemprompt_sdk::{Failure, Operation, clock, log, progress, random};

use crate::{Config, giant, raw};

/// Would clear a terminal, name it, and turn what follows around.
const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\r\n\u{8}evil";
/// More than any value may have.
const LARGE_BYTES: usize = 2 << 20;
/// What it asks for in its description: a service of this machine, under a name that anybody could give it.
pub(crate) const DESTINATION: &str = "https://localhost:9";
/// Longer than any test.
const SLEEP: Duration = Duration::from_mins(1);

pub(crate) fn create(op: &Operation<Config>, mode: &str) -> Result<Value, Failure> {
    op.step("prepare").undo(|| Ok(())).run(|| Ok(()))?;
    match mode {
        "escapes" => return Err(escapes(op)),
        "huge-answer" => return Ok(json!({ "filling": "x".repeat(LARGE_BYTES) })),
        "deep-answer" => return Ok((0..100).fold(json!({}), |inner, _| json!({ "in": inner }))),
        "stolen-secret" => return Ok(with_url("{{machine:shared-db-admin@1}}")),
        "unknown-secret" => return Ok(with_url("{{secret:of-somebody-else@1}}")),
        "broken-template" => return Ok(with_url("{{secret:")),
        "undo-fails" => return Err(undo_fails(op)),
        "undo-spin" => return Err(undo_spins(op)),
        "altered" => raw::finish_otherwise(),
        "odd-result" => raw::finish_with("{\"not\": json}"),
        "huge-result" => raw::finish_with(&format!("\"{}\"", "x".repeat(LARGE_BYTES))),
        "deep-result" => raw::finish_with(&format!("{}{}", "[".repeat(50_000), "]".repeat(50_000))),
        "finish-nothing" => raw::finish_nothing(),
        "begin-twice" => raw::begin_twice(),
        "undo-nothing" => raw::undo_nothing(),
        "leave-open" => raw::leave_open(),
        "odd-name" => raw::begin_named(&format!("step {ESCAPES}")),
        "huge-name" => raw::begin_named(&"x".repeat(LARGE_BYTES)),
        "outside-step" => change_outside_a_step()?,
        "http-change" => http::Request::post(DESTINATION, &json!({})).send().map(drop)?,
        "http-capture-outside" => {
            http::Request::get(DESTINATION).capture("/password", "db-password").send().map(drop)?;
        }
        "outside-trap" => panic!("between two steps"),
        "renamed" => renamed(op)?,
        "reordered" => reordered(op)?,
        "many-steps" => many_steps(op)?,
        _ => op.step("misbehave").undo(|| Ok(())).run(|| misbehave(op, mode))?,
    }
    Ok(with_url("no-secret"))
}

pub(crate) fn delete(op: &Operation<Config>, mode: &str) -> Result<(), Failure> {
    op.step("remove").irreversible().run(|| match mode {
        "delete-trap" => panic!("while deleting"),
        "delete-spin" => spin(),
        "delete-memory" => grab_memory(),
        _ => Ok(()),
    })
}

pub(crate) fn edit(op: &Operation<Config>, wanted: &str) -> Result<Value, Failure> {
    op.step("reconfigure").undo(|| Ok(())).run(|| match wanted {
        "edit-trap" => panic!("while editing"),
        "edit-spin" => spin(),
        "edit-memory" => grab_memory(),
        "edit-fails" => Err(Failure::refused("not-that", "this cannot be set")),
        _ => Ok(()),
    })?;
    Ok(with_url(if wanted == "edit-steals" { "{{machine:shared-db-admin@1}}" } else { "edited" }))
}

fn with_url(password: &str) -> Value {
    json!({ "database_url": format!("postgres://hostile:{password}@127.0.0.1:1/hostile") })
}

/// Inside a step.
fn misbehave(op: &Operation<Config>, mode: &str) -> Result<(), Failure> {
    match mode {
        "trap" => panic!("{ESCAPES}"),
        "spin" => spin(),
        "sleep" => clock::sleep(SLEEP),
        "overflow" => drop(overflow(op.operation_id.len())),
        "memory" => grab_memory(),
        "log-flood" => flood(),
        "log-much" => (0..50_000).for_each(|line| log::warn(&format!("line {line}"))),
        "log-huge" => log::warn(&"x".repeat(LARGE_BYTES)),
        "stolen-env" => run_container(&op.operation_id, "{{machine:shared-db-admin@1}}", "hostile-data")?,
        "host-mount" => run_container(&op.operation_id, "none", "/etc")?,
        "shared-container" => Docker.stop_container("systemprompt-shared-db")?,
        "shared-cluster" => Server.stop("shared")?,
        "shared-admin" => take_over_the_shared_cluster(op)?,
        "neighbour" => drop_the_neighbour(op)?,
        "account-server" => Postgres::of_account("admin-url").administrator().map(drop)?,
        "http-elsewhere" => ask("https://api.machines.dev/v1/apps", "nothing")?,
        "http-inside" => ask(DESTINATION, "nothing")?,
        "http-in-clear" => ask("http://localhost:9/", "nothing")?,
        "http-as-somebody" => ask("https://somebody:canary@localhost:9/", "nothing")?,
        "http-file" => ask("file:///etc/passwd", "nothing")?,
        "http-capture-of-another" => capture("/password", "local_19bff27604c3f2a/db-password")?,
        "http-capture-of-the-machine" => capture("/password", "machine:shared-db-admin")?,
        "http-capture-nowhere" => capture("password", "db-password")?,
        "http-capture-twice" => {
            let request = http::Request::get(DESTINATION).capture("/a", "db-password").capture("/b", "db-password");
            request.send().map(drop)?;
        }
        "http-secret" => ask(DESTINATION, "{{machine:shared-db-admin@1}}")?,
        "http-other-port" => ask("https://localhost:10", "nothing")?,
        "http-smuggled" => giant::smuggle()?,
        _ => giant::hand_over(mode)?,
    }
    Ok(())
}

/// Never ends, and never calls the host.
pub(crate) fn spin() -> ! {
    let turns = Cell::new(0_u64);
    loop {
        std::hint::black_box(&turns).set(turns.get().wrapping_add(1));
    }
}

/// Takes memory until there is none.
pub(crate) fn grab_memory() -> ! {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    loop {
        taken.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

fn overflow(depth: usize) -> usize {
    // Through a pointer that the compiler does not see through, or it would make a loop of it.
    let again: fn(usize) -> usize = std::hint::black_box(overflow);
    if depth == 0 { 0 } else { again(depth + 1) + again(depth + 2) }
}

/// A million lines.
fn flood() {
    (0..1_000_000).for_each(|line| log::warn(&format!("line {line}")));
}

fn escapes(op: &Operation<Config>) -> Failure {
    let said = op.step("say").undo(|| Ok(())).run(|| {
        log::warn(ESCAPES);
        log::error(&format!("error {ESCAPES}"));
        progress::waiting(ESCAPES);
        progress::report(ESCAPES, u64::MAX, 1);
        Err::<(), _>(Failure::refused(ESCAPES, format!("message {ESCAPES}")).help(format!("help {ESCAPES}")))
    });
    said.err().unwrap_or_else(|| Failure::broken("swallowed", "the failure was swallowed"))
}

fn undo_fails(op: &Operation<Config>) -> Failure {
    let undo = || Err(Failure::broken("undo-failed", "the undo does not work").help("ask its author"));
    if let Err(failure) = op.step("make a mess").undo(undo).run(|| Ok(())) {
        return failure;
    }
    let failed = op.step("fail").run(|| Err::<(), _>(Failure::refused("mess-made", "the step does not work")));
    failed.err().unwrap_or_else(|| Failure::broken("swallowed", "the failure was swallowed"))
}

/// The undo of its first step never ends.
fn undo_spins(op: &Operation<Config>) -> Failure {
    if let Err(failure) = op.step("spin later").undo(|| spin()).run(|| Ok(())) {
        return failure;
    }
    let failed = op.step("fail").run(|| Err::<(), _>(Failure::refused("failed", "the step does not work")));
    failed.err().unwrap_or_else(|| Failure::broken("swallowed", "the failure was swallowed"))
}

pub(crate) fn change_outside_an_operation() -> Result<(), Failure> {
    Server.stop("shared")
}

/// Sends a text to a destination.
fn ask(url: &str, text: &str) -> Result<(), Failure> {
    http::Request::post(url, &json!({ "text": text })).header("authorization", text).send().map(drop)
}

/// Wants a secret to be kept that is not its own to keep, or that is nowhere.
fn capture(pointer: &str, secret: &str) -> Result<(), Failure> {
    http::Request::get(DESTINATION).capture(pointer, secret).send().map(drop)
}

/// A plugin may look between two steps, and no more.
fn change_outside_a_step() -> Result<(), Failure> {
    Docker.ensure_image("systemprompt-test/postgres:15").map(drop)
}

/// The second time a step has another name.
fn renamed(op: &Operation<Config>) -> Result<(), Failure> {
    let random: Vec<String> = random::bytes(8).iter().map(|byte| format!("{byte:02x}")).collect();
    let random = random.concat();
    op.step(&format!("named {random}")).undo(|| Ok(())).run(|| Ok(()))?;
    panic!("so that it is resumed")
}

/// The second time the steps come in another order: a step's closure runs only the first time.
fn reordered(op: &Operation<Config>) -> Result<(), Failure> {
    let first_time = Cell::new(false);
    op.step("look").undo(|| Ok(())).run(|| {
        first_time.set(true);
        Ok(())
    })?;
    let order = if first_time.get() { ["one", "two"] } else { ["two", "one"] };
    for name in order {
        op.step(name).undo(|| Ok(())).run(|| Ok(()))?;
    }
    panic!("so that it is resumed")
}

fn many_steps(op: &Operation<Config>) -> Result<(), Failure> {
    (0..10_000).try_for_each(|number| op.step(&format!("step {number}")).undo(|| Ok(())).run(|| Ok(())))
}

fn run_container(operation_id: &str, secret: &str, volume: &str) -> Result<(), Failure> {
    let name = format!("systemprompt-hostile-{operation_id}");
    let spec = ContainerSpec::of_tenant(name, "systemprompt-test/postgres:15", 5432)
        .env("POSTGRES_PASSWORD", secret)
        .mount(volume, "/stolen");
    Docker.ensure_container(&spec).map(drop)
}

/// The cluster belongs to the `native` provider, and so does its administrator.
fn take_over_the_shared_cluster(op: &Operation<Config>) -> Result<(), Failure> {
    let mine = op.machine_secret("native-cluster-admin")?;
    Server.ensure(&ClusterSpec::new("shared", "systemprompt_admin", &mine))?;
    Postgres::in_cluster("shared", "systemprompt_admin", &mine).ensure_role("tenant_hostile", &mine)
}

/// Another tenant's database, by the administrator's socket. The name `drop-x` means the database `tenant_x`.
fn drop_the_neighbour(op: &Operation<Config>) -> Result<(), Failure> {
    let mine = op.machine_secret("native-cluster-admin")?;
    let tenant = op.tenant()?;
    let neighbour = tenant.name.replace("drop-", "tenant_");
    Postgres::in_cluster("shared", "systemprompt_admin", &mine).drop_database(&neighbour)
}
