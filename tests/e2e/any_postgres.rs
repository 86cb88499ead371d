//! Tenants on a PostgreSQL server that the user names, by an administrator who is no superuser.

mod access;
mod administrators;
mod canary;
mod crashes;
mod home;
mod leftovers;
mod life;
mod refusals;
mod tls;

use systemprompt_tests::{Output, OwnServer, Sandbox};

pub(crate) const ADMIN: &str = "tenant_admin";
pub(crate) const PASSWORD: &str = "admins-canary-password";
pub(crate) const ID: &str = "5d0c0f3e-8a54-4c0e-9d3c-5a4f0e6b7c11";
pub(crate) const CREATE: &str =
    "cloud tenant create --provider postgres --name shop --id 5d0c0f3e-8a54-4c0e-9d3c-5a4f0e6b7c11";
/// What there is on the server before there is a tenant.
pub(crate) const ADMIN_ALONE: [&str; 1] = ["role:tenant_admin"];

/// A world with a server in it whose administrator may make roles and databases, and nothing else.
pub(crate) fn world() -> (Sandbox, OwnServer) {
    let sandbox = Sandbox::new();
    let server = OwnServer::plain(&sandbox);
    server.role(ADMIN, PASSWORD, "CREATEDB CREATEROLE");
    (sandbox, server)
}

/// The same, in which somebody is logged in.
pub(crate) fn logged_in() -> (Sandbox, OwnServer) {
    let (mut sandbox, server) = world();
    log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    (sandbox, server)
}

/// Logs in with a URL in the variable, which is gone afterwards.
pub(crate) fn log_in(sandbox: &mut Sandbox, url: &str) -> Output {
    sandbox.set("POSTGRES_ADMIN_URL", url);
    let output = sandbox.say("cloud auth login --provider postgres --json");
    sandbox.set("POSTGRES_ADMIN_URL", "");
    output
}

/// The URL of a tenant, with its password.
pub(crate) fn url(sandbox: &Sandbox, name: &str) -> String {
    let shown = sandbox.say(&format!("cloud tenant show {name} --reveal --json")).ok().data();
    shown["resources"]["database_url"].as_str().unwrap_or_else(|| panic!("there is no URL in {shown}")).to_owned()
}

#[track_caller]
pub(crate) fn refused(output: Output, exit: i32, code: &str, says: &[&str]) {
    assert_eq!(output.error_code(), code, "{}", output.whole());
    assert!(says.iter().all(|part| output.stdout.contains(part)), "{says:?}: {}", output.whole());
    output.exits(exit);
}
