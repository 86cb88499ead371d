//! Tenants in a cloud: Fly.io, by the provider that the program carries, against a Fly of our own.

mod access;
pub(crate) mod application;
mod auth;
mod cancel;
mod crashes;
mod database;
mod document;
mod domain;
mod drift;
mod faults;
mod intake;
mod life;
mod losses;
pub(crate) mod managed;
mod others;
mod referee;
mod refusals;
mod rotation;
mod shown;
mod statements;
mod sync;
mod waits;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use systemprompt_fake_fly::{FakeFly, Inventory, RateLimits, Request, Settings};
use systemprompt_tests::{Output, Sandbox, until};

/// The id in the user's own document, and what follows from it.
pub(crate) const ID: &str = "999bc654-9a64-49bc-98be-db976fc84e76";
pub(crate) const APP: &str = "sp-999bc6549a64";
/// Creates the tenant of the document.
pub(crate) const CREATE: &str =
    "cloud tenant create --region iad --name my-project-prod --id 999bc654-9a64-49bc-98be-db976fc84e76";

/// A world in which somebody is logged in to this Fly.
pub(crate) fn logged_in(fly: &FakeFly) -> Sandbox {
    let mut sandbox = Sandbox::new();
    log_in(&mut sandbox, fly).ok();
    sandbox
}

/// A world with the tenant of the document, at a Fly that never says that it was asked too often.
pub(crate) fn with_tenant() -> (FakeFly, Sandbox) {
    with_tenant_at(1.0)
}

/// The same where time passes that much faster at Fly.
pub(crate) fn with_tenant_at(speed: f64) -> (FakeFly, Sandbox) {
    with_tenant_of(CREATE, speed)
}

/// The same with the tenant that this line makes.
pub(crate) fn with_tenant_of(create: &str, speed: f64) -> (FakeFly, Sandbox) {
    let settings = Settings { rate_limits: RateLimits::none(), speed, ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    let sandbox = logged_in(&fly);
    sandbox.say(create).ok();
    (fly, sandbox)
}

/// Asks this Fly for something, as somebody would in a browser; answers with the status.
pub(crate) fn ask_fly(fly: &FakeFly, method: &str, path: &str, body: &str) -> u16 {
    ask_fly_as(fly.token(), fly, method, path, body)
}

/// The same for whoever has this token.
pub(crate) fn ask_fly_as(token: &str, fly: &FakeFly, method: &str, path: &str, body: &str) -> u16 {
    ask_at(&fly.url().replace("http://", ""), token, method, path, body)
}

/// The same by way of whatever listens at this address.
pub(crate) fn ask_at(address: &str, token: &str, method: &str, path: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the fake reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the fake answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status: {answer}"))
}

/// Removes the tenant's app behind our back.
pub(crate) fn remove_app(fly: &FakeFly) {
    assert_eq!(ask_fly(fly, "DELETE", &format!("/v1/apps/{APP}?force=true"), ""), 202);
    until("the app is gone", || fly.inventory().apps.is_empty().then_some(()));
}

/// Whether database, Fly and the record agree on one password.
pub(crate) fn agree_on_password(fly: &FakeFly, sandbox: &Sandbox) -> bool {
    let password = password(sandbox);
    let requests = fly.requests();
    let told = requests.iter().filter(|request| request.path.ends_with("/secrets") && was_done(request));
    let handed_over = told.filter_map(|request| request.json()["values"].get("PGPASSWORD").cloned()).next_back();
    fly.takes_password(APP, &password) && handed_over == Some(password.into())
}

/// Whether Fly did what a request asked for, whatever it answered.
fn was_done(request: &Request) -> bool {
    match &request.fault {
        Some(fault) => fault.commits(),
        None => request.status.is_some_and(|status| status < 300),
    }
}

/// Logs in with the token in a variable, which is gone afterwards.
pub(crate) fn log_in(sandbox: &mut Sandbox, fly: &FakeFly) -> Output {
    sandbox.set("FLY_API_TOKEN", fly.token());
    let output = sandbox.say(&format!("cloud auth login --json --api-url {}", fly.url()));
    sandbox.set("FLY_API_TOKEN", "");
    output
}

/// The tenant's database URL, as `tenants.json` has it.
pub(crate) fn url(sandbox: &Sandbox) -> String {
    registered(sandbox)["internal_database_url"].as_str().expect("it has a URL").to_owned()
}

/// The tenant, as `tenants.json` has it.
pub(crate) fn registered(sandbox: &Sandbox) -> Value {
    let file = fs::read(sandbox.file("tenants.json")).expect("it is there");
    let registry: Value = serde_json::from_slice(&file).expect("it is JSON");
    registry["tenants"][0].clone()
}

/// The password in the tenant's URL.
pub(crate) fn password(sandbox: &Sandbox) -> String {
    url(sandbox).split([':', '@']).nth(2).expect("the URL has a password").to_owned()
}

/// How many of each there are: apps, machines, volumes, addresses.
pub(crate) fn counts(inventory: &Inventory) -> [usize; 4] {
    [inventory.apps.len(), inventory.machines.len(), inventory.volumes.len(), inventory.ips.len()]
}
