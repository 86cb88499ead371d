//! The functions of the contract, answered by the host in memory.

use super::host::{call, call_changing, with};

pub mod journal {
    //! The record behind every step, for providers of this program: what breaks its protocol is a bug of theirs.

    use super::checked_journal as checked;
    use crate::bindings::systemprompt::provider::journal::Position;
    use crate::{Failure, UndoKind};

    pub fn begin(name: &str, undo: UndoKind) -> Position {
        allowed(checked::begin(name, undo))
    }

    pub fn finish(outcome: Result<&str, &Failure>) {
        allowed(checked::finish(outcome));
    }

    pub fn begin_undo(name: &str) -> bool {
        allowed(checked::begin_undo(name))
    }

    pub fn finish_undo(outcome: Result<(), &Failure>) {
        allowed(checked::finish_undo(outcome));
    }

    fn allowed<T>(answer: Result<T, String>) -> T {
        answer.unwrap_or_else(|broken| panic!("{broken}"))
    }
}

pub mod checked_journal {
    //! The same for components: an error is how they broke its protocol, and ends their run.

    use super::with;
    use crate::bindings::systemprompt::provider::journal::Position;
    use crate::{Failure, UndoKind};

    pub fn begin(name: &str, undo: UndoKind) -> Result<Position, String> {
        with(|host| host.begin(name, undo))
    }

    pub fn finish(outcome: Result<&str, &Failure>) -> Result<(), String> {
        with(|host| host.finish(outcome))
    }

    pub fn begin_undo(name: &str) -> Result<bool, String> {
        with(|host| host.begin_undo(name))
    }

    pub fn finish_undo(outcome: Result<(), &Failure>) -> Result<(), String> {
        with(|host| host.finish_undo(outcome))
    }
}

pub mod log {
    //! Lines for the log.

    pub fn write(level: &str, message: &str) {
        super::with(|host| host.world.say(format!("{level}: {message}")));
    }
}

pub mod progress {
    //! What a step waits for.

    pub fn report(message: &str, current: u64, total: u64) {
        let extent = if total == 0 { String::new() } else { format!(" ({current}/{total})") };
        super::with(|host| host.world.say(format!("progress: {message}{extent}")));
    }
}

pub mod clock {
    //! Time that passes only when somebody waits.

    pub fn now() -> u64 {
        super::with(|host| host.world.now_ms)
    }

    pub fn sleep(milliseconds: u64) {
        super::with(|host| host.world.now_ms = host.world.now_ms.saturating_add(milliseconds));
    }
}

pub mod random {
    //! Bytes that differ from call to call, and not from test to test.

    /// As the contract says.
    const BYTES_MAX: u32 = 1_024;

    pub fn bytes(count: u32) -> Vec<u8> {
        assert!(count <= BYTES_MAX, "{count} random bytes are more than are given at once: {BYTES_MAX}");
        super::with(|host| (0..count).map(|_| host.world.next_byte()).collect())
    }
}

pub mod secrets {
    //! Placeholders.

    use crate::Failure;
    use crate::bindings::systemprompt::provider::secrets::{Renewal, Spec};

    pub fn ensure(spec: &Spec) -> Result<String, Failure> {
        super::call("secrets.ensure", |world| world.ensure_secret(spec))
    }

    pub fn renew(spec: &Spec) -> Result<Renewal, Failure> {
        super::call("secrets.renew", |world| world.renew_secret(spec))
    }
}

pub mod docker {
    //! A Docker engine.

    use super::call;
    use crate::docker::{Container, ContainerSpec, Engine, Image};
    use crate::{Failure, Scope};

    pub fn ping() -> Result<Engine, Failure> {
        call("docker.ping", |world| world.ping())
    }

    pub fn identity() -> Result<String, Failure> {
        call("docker.identity", |world| world.engine_identity())
    }

    pub fn ensure_image(reference: &str) -> Result<Image, Failure> {
        call("docker.ensure-image", |world| world.ensure_image(reference))
    }

    pub fn inspect(name: &str) -> Result<Option<Container>, Failure> {
        call("docker.inspect", |world| world.inspect(name))
    }

    pub fn ensure_container(spec: &ContainerSpec) -> Result<Container, Failure> {
        call("docker.ensure-container", |world| world.ensure_container(spec))
    }

    pub fn start_container(name: &str, scope: Scope) -> Result<Container, Failure> {
        call("docker.start-container", |world| world.start_ours(name, scope))
    }

    pub fn stop_container(name: &str) -> Result<(), Failure> {
        call("docker.stop-container", |world| world.stop_ours(name))
    }

    pub fn remove_container(name: &str, volumes: &[String]) -> Result<(), Failure> {
        call("docker.remove-container", |world| world.remove_container(name, volumes))
    }

    pub fn has_volume(name: &str) -> Result<bool, Failure> {
        call("docker.has-volume", |world| world.has_volume(name))
    }

    pub fn logs(name: &str, lines: u32) -> Result<String, Failure> {
        call("docker.logs", |world| world.logs(name, lines))
    }
}

pub mod postgres {
    //! PostgreSQL servers.

    use super::call;
    use crate::Failure;
    use crate::bindings::systemprompt::provider::postgres::{Address, Administrator, Login, Target};

    pub fn wait_ready(target: &Target, timeout_ms: u32) -> Result<Address, Failure> {
        call("postgres.wait-ready", |world| world.wait_ready(target, timeout_ms))
    }

    pub fn ensure_role(target: &Target, role: &str, password: &str) -> Result<(), Failure> {
        call("postgres.ensure-role", |world| world.ensure_role(target, role, password))
    }

    pub fn set_password(target: &Target, role: &str, password: &str) -> Result<(), Failure> {
        call("postgres.set-password", |world| world.set_password(target, role, password))
    }

    pub fn drop_role(target: &Target, role: &str) -> Result<(), Failure> {
        call("postgres.drop-role", |world| world.drop_role(target, role))
    }

    pub fn ensure_login(target: &Target, role: &str, owner: &str, password: &str) -> Result<(), Failure> {
        call("postgres.ensure-login", |world| world.ensure_login(target, role, owner, password))
    }

    pub fn expire_password(target: &Target, role: &str, until: Option<u64>) -> Result<(), Failure> {
        call("postgres.expire-password", |world| world.expire_password(target, role, until))
    }

    pub fn close_login(target: &Target, role: &str) -> Result<(), Failure> {
        call("postgres.close-login", |world| world.close_login(target, role))
    }

    pub fn end_sessions(target: &Target, role: &str) -> Result<(), Failure> {
        call("postgres.end-sessions", |world| world.end_sessions(target, role))
    }

    pub fn ensure_database(target: &Target, database: &str, owner: &str) -> Result<(), Failure> {
        call("postgres.ensure-database", |world| world.ensure_database(target, database, owner))
    }

    pub fn rename_database(target: &Target, database: &str, to: &str) -> Result<(), Failure> {
        call("postgres.rename-database", |world| world.rename_database(target, database, to))
    }

    pub fn drop_database(target: &Target, database: &str) -> Result<(), Failure> {
        call("postgres.drop-database", |world| world.drop_database(target, database))
    }

    pub fn check_login(target: &Target, login: &Login) -> Result<(), Failure> {
        call("postgres.check-login", |world| world.check_login(target, login))
    }

    pub fn whoami(target: &Target) -> Result<Administrator, Failure> {
        call("postgres.whoami", |world| world.administrator(target))
    }
}

pub mod server {
    //! PostgreSQL clusters.

    use super::call;
    use crate::Failure;
    use crate::server::{Binaries, Cluster, ClusterSpec};

    pub fn find_binaries(bin_dir: Option<&str>) -> Result<Binaries, Failure> {
        call("server.find-binaries", |world| world.find_binaries(bin_dir))
    }

    pub fn ensure(spec: &ClusterSpec) -> Result<Cluster, Failure> {
        call("server.ensure", |world| world.ensure_cluster(spec))
    }

    pub fn status(name: &str) -> Result<Cluster, Failure> {
        call("server.status", |world| Ok(world.cluster(name)))
    }

    pub fn identity(name: &str) -> Result<Option<String>, Failure> {
        call("server.identity", |world| Ok(world.cluster_identity(name)))
    }

    pub fn stop(name: &str) -> Result<(), Failure> {
        call("server.stop", |world| world.stop_cluster_of(name))
    }
}

pub mod http {
    //! Whatever answers at a destination.

    use super::call_changing;
    use crate::Failure;
    use crate::http::{Request, Response};

    pub fn send(request: &Request) -> Result<Response, Failure> {
        let changes = request.method != "GET" || request.has_captures();
        call_changing("http.send", changes, |world| world.exchange(request))
    }
}

pub mod account {
    //! What the user logged in with.

    use super::call;
    use crate::Failure;

    pub fn field(name: &str) -> Result<String, Failure> {
        call("account.field", |world| world.account_field(name))
    }
}
